-- How a run ends: the exit codes of docs/headless.md are those of the code, each comes where the page says, and a
-- run that was to write JSON writes JSON also where it cannot begin.
local t = dofile "tests/check.lua"
local exit = require "qwen.util.exit"
local fake = dofile "tests/fake/fake.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"

-- One table.
local documented, used = {}, {}
local page = assert(fs.read "docs/headless.md"):match "## Exit codes\n(.-)\n## "
for codes in page:gmatch "\n| ([%d, ]+) |" do
  for code in codes:gmatch "%d+" do documented[#documented + 1] = tonumber(code) end
end
for _, code in pairs(exit) do used[#used + 1] = code end
table.sort(documented)
table.sort(used)
t.eq(documented, used, "docs/headless.md and lua/qwen/util/exit.lua")
t.eq(tonumber(assert(fs.read "src/host.c"):match "EXIT_BUG = (%d+)"), exit.bug, "src/host.c")

-- What a run ends with that cannot begin, in every form of output.
local NOTHING = { OPENAI_API_KEY = false }
local broken = { ["~/.qwen/settings.json"] = "{ nonsense" }
local rows = {
  { "a bad flag", { "--nonsense", "hi" }, exit.usage, "usage" },
  { "a bad value", { "--approval-mode", "all", "hi" }, exit.usage, "usage" },
  { "a contradiction", { "-y", "--approval-mode", "plan", "hi" }, exit.usage, "usage" },
  { "no prompt", {}, exit.usage, "usage" },
  { "nothing configured", { "hi" }, exit.failed, nil, NOTHING },
  { "a session that is not there", { "--resume", "nowhere", "hi" }, nil },
  { "settings that cannot be read", { "hi" }, exit.config, nil, nil, broken },
  { "a schema that cannot be read", { "--json-schema", "nowhere.json", "hi" }, exit.usage },
  { "tool servers that cannot be read", { "--mcp-config", "{", "hi" }, exit.config },
  { "a session to type in", { "-i", "hi" }, exit.usage, "usage" },
}
local server <close> = fake.start { { text = "hello", times = 0 } }
local env = { OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" }
for _, row in ipairs(rows) do
  local codes = {}
  for i, output in ipairs { "text", "json", "stream-json" } do
    local r = program.run(program.place(row[6]), { "-o", output, table.unpack(row[2]) }, { alone = true, env = row[5] or env })
    local name = ("%s, %s: %s%s"):format(row[1], output, r.out, r.err)
    codes[i] = r.code
    t.ok(r.code ~= 0 and (not row[3] or r.code == row[3]), name .. tostring(r.code))
    t.match(r.err, "^qwen: ", name)
    if output == "text" then
      t.eq(r.out, "", name)
    else
      local value = assert(json.decode(r.out), name)
      if output == "json" then t.eq(#value, 1, name) value = value[1] end
      t.eq({ value.type, value.subtype, value.is_error, value.num_turns }, { "result", "error_during_execution", true, 0 }, name)
      t.ok(type(value.error.message) == "string" and value.errors[1] and value.permission_denials, name)
      if row[4] then t.eq(value.error.type, row[4], name) end
      t.eq(select(2, r.out:gsub("\n", "")), 1, name .. ": one line")
    end
  end
  t.eq(codes[1], codes[2], row[1])
  t.eq(codes[1], codes[3], row[1])
end
t.eq(#server:requests(), 0, "nothing was asked")

-- The other codes.
local call = { calls = { { name = "read_file", arguments = { file_path = "a.txt" } } }, times = 0 }
local endings = {
  { exit.done, { "hi" }, { { text = "x" } } },
  { exit.failed, { "hi" }, { { status = 401, json = { error = { message = "no" } }, times = 0 } } },
  { exit.failed, { "--auth-type", "anthropic", "-m", "claude-x", "hi" }, {} }, -- no key
  { exit.turns, { "--max-session-turns", "1", "hi" }, { call } },
  { exit.limit, { "--max-tool-calls", "0", "hi" }, { call } },
  { exit.loop, { "hi" }, { call } },
  { exit.sandbox, { "hi" }, {}, { ["~/.qwen/settings.json"] = '{"tools": {"sandbox": "no-such-program"}}' } },
}
for _, row in ipairs(endings) do
  local one <close> = fake.start(row[3])
  env.OPENAI_BASE_URL = one.url
  local files = row[4] or {}
  files["a.txt"] = "a"
  local r = program.run(program.place(files), { "-o", "json", table.unpack(row[2]) }, { alone = true, env = env })
  t.eq(r.code, row[1], r.out .. r.err)
  local all = assert(json.decode(r.out), r.out)
  t.eq({ all[#all].type, all[#all].is_error }, { "result", row[1] ~= 0 }, r.out)
end
t.eq(program.run(program.place {}, { "--no-such-flag" }).code, exit.usage, "usage")

-- Signals: the code, and a result.
for signal, number in pairs { hup = 1, int = 2, quit = 3, term = 15 } do
  for _, output in ipairs { "text", "json", "stream-json" } do
    local slow <close> = fake.start { { text = { "slow", " answer" }, fault = "stall", after = 200 } }
    local place = program.place {}
    local child <close> = assert(require("sys.proc").open { argv = { program.binary, "-o", output, "hi" }, cwd = place.cwd, group = false,
      env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", OPENAI_BASE_URL = slow.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" } })
    assert(wait.until_true(function() return #select(3, slow:requests()) > 0 end), "it waits")
    assert(proc.run { argv = { "kill", "-" .. number, tostring(child:pid()) } })
    local out = ""
    for chunk, from in function() return child:read() end do out = from == "out" and out .. chunk or out end
    t.eq(child:wait().code, exit[signal], signal .. " " .. output .. out)
    if output ~= "text" then t.match(out, '"is_error":true.*"type":"result"', signal .. " " .. output) end
  end
end

-- Figures of a run, with the names of Qwen Code.
do
  local one <close> = fake.start {
    { calls = { { name = "write_file", arguments = { file_path = "n.txt", content = "a\nb\n" } } } },
    { calls = { { name = "edit", arguments = { file_path = "n.txt", old_string = "b", new_string = "c" } } } },
    { calls = { { name = "read_file", arguments = { file_path = "nowhere.txt" } } } },
    { calls = { { name = "run_shell_command", arguments = { command = "touch /etc/x", is_background = false } } } },
    { text = "done" },
  }
  env.OPENAI_BASE_URL = one.url
  local r = program.run(program.place {}, { "-o", "json", "--approval-mode", "auto-edit", "hi" }, { alone = true, env = env })
  t.eq(r.code, 0, r.err)
  local all = assert(json.decode(r.out))
  local result = all[#all]
  local stats = assert(result.stats, r.out)
  t.eq({ stats.models.m.api.totalRequests, stats.models.m.api.totalErrors, stats.models.m.tokens.total > 0 }, { 5, 0, true }, "models")
  t.eq({ stats.tools.totalCalls, stats.tools.totalSuccess, stats.tools.totalFail }, { 4, 2, 2 }, "tools")
  t.eq({ stats.tools.byName.edit.count, stats.tools.byName.run_shell_command.decisions.reject }, { 1, 1 }, "by name")
  t.eq(stats.files, { totalLinesAdded = 3, totalLinesRemoved = 1 }, "files")
  t.eq({ #result.permission_denials, result.permission_denials[1].tool_name, result.permission_denials[1].tool_input.command },
    { 1, "run_shell_command", "touch /etc/x" }, "what was refused")
end

-- What agents ask of a model counts, too.
do
  local function task(prompt) return { name = "task", arguments = { subagent_type = "explore", prompt = prompt, description = prompt } } end
  local one <close> = fake.start { { asked = "hi", calls = { task "look A", task "look B" } }, { asked = "look A", text = "a" },
    { asked = "look B", text = "b" }, { text = "done" } }
  env.OPENAI_BASE_URL = one.url
  local r = program.run(program.place {}, { "-o", "json", "hi" }, { alone = true, env = env })
  local all = assert(json.decode(r.out))
  t.eq({ r.code, all[#all].stats.models.m.api.totalRequests, #one:requests() }, { 0, 4, 4 }, r.err)
end
t.done()
