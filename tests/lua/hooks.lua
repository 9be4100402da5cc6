-- Hooks through a whole session: every event in its order, what handlers may give back, what happens when they fail.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local function ask(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "key-0123456789" } })
end

-- A hook that writes the name of each event into a file.
local function logger()
  local events = {}
  for event in pairs(require "qwen.extension.events") do events[#events + 1] = event end
  return ([[
local H = { summary = "keeps the order" }
for event in ("%s"):gmatch "%%S+" do
  H[event] = function(ctx, value, second)
    local log = qwen.fs.append(ctx.cwd .. "/events")
    log:write(event .. (event == "tool_ended" and " " .. second.text:sub(1, 7) or "") .. "\n")
    log:close()
  end
end
return H]]):format(table.concat(events, " "))
end

-- A file that needs a setting hears nothing while that has no value.
for value, heard in pairs { ["{}"] = false, ['{"ui": {"statusLine": {"command": "true"}}}'] = true } do
  local hook = [[return { needs = "ui.statusLine", session_started = function() qwen.fs.write("heard", "") end }]]
  local place = program.place { ["~/.qwen/hooks/needs.lua"] = hook, ["~/.qwen/settings.json"] = value }
  local server <close> = fake.start { { text = "done" } }
  t.eq(ask(place, server, "hi").code, 0)
  t.eq(fs.exists(place.cwd .. "/heard"), heard, value)
end

-- A shipped file that needs one is not loaded before, and then counts from the next event on.
do
  local hooks, registry = require "qwen.extension.hooks", require "qwen.extension.registry"
  local needs, set = {}, nil
  for _, name in ipairs(registry.names "hooks") do needs[name] = registry.shipped("hooks/" .. name).needs end
  t.eq(needs, hooks.NEEDS, "the list is what the files say")
  local settings = { get = function(_, key) return key == "ui.statusLine" and set or nil end }
  local ctx = { settings = settings, cwd = fs.cwd() }
  t.eq(hooks.emit(ctx, "status_built", { text = "" }), { text = "" })
  set = { type = "preset", items = { "run-state" } }
  t.eq(hooks.emit(ctx, "status_built", { text = "" }), { text = "Ready" })
end

-- Every event of a run, in order.
do
  local place = program.place { ["~/.qwen/hooks/log.lua"] = logger() }
  local file = place.cwd .. "/new.txt"
  local server <close> = fake.start {
    { calls = { { name = "write_file", arguments = { file_path = file, content = "hello" } } } },
    { calls = { { name = "run_shell_command", arguments = { command = "touch x" } } } },
    { text = "done" },
  }
  local r = ask(place, server, "--approval-mode", "auto-edit", "hi")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local got = fs.read(place.cwd .. "/events"):gsub("delta\n", "")
  t.eq(got, [[
system_built
session_started
prompt_submitted
message_added
turn_started
request_built
response_started
request_ended
answer_ended
message_added
turn_ended
before_tool
before_edit
tool_started
edit_ended
tool_ended Success
message_added
turn_started
request_built
response_started
request_ended
answer_ended
message_added
turn_ended
before_tool
permission_asked
notice_shown
permission_denied
tool_ended Refused
message_added
turn_started
request_built
response_started
request_ended
answer_ended
message_added
turn_ended
prompt_answered
session_ended
]], "the life of a session")
end

-- What handlers give back: pieces of the system prompt, of the prompt, of the answer, of a result; order by file name.
do
  local place = program.place {
    ["~/.qwen/hooks/20-b.lua"] = [[return {
      system_built = function(_, p) return { text = p.text .. " B" } end,
      prompt_submitted = function(_, p) return { text = p.text .. " b" } end,
    }]],
    ["~/.qwen/hooks/10-a.lua"] = [[return {
      system_built = function(_, p) return { text = p.text .. " A" } end,
      prompt_submitted = function(_, p) return { text = p.text .. " a" } end,
      delta = function(_, d) if d.type == "text" then return { text = d.text:upper() } end end,
      tool_ended = function(_, call, result) if call.name == "glob" then return { text = "changed " .. result.id } end end,
    }]],
  }
  local server <close> = fake.start { { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = { "do", "ne" } } }
  local r = ask(place, server, "hi")
  t.eq(r.out, "DONE\n", r.err)
  local messages = server:requests()[2].body.messages
  t.match(messages[1].content, " A B$", "the system prompt")
  t.eq(messages[2].content, "hi a b", "the prompt, by the order of file names")
  t.eq(messages[4].content, "changed call_0", "a result; what the table lacks stays as it was")
end

-- Against the convention: told with file, line and what was meant; the run goes on.
do
  local place = program.place {
    ["~/.qwen/hooks/text.lua"] = 'return { prompt_submitted = function() return "no" end }',
    ["~/.qwen/hooks/typo.lua"] = 'return {\n prompt_submitted = function() return { txt = "no" } end }',
    ["~/.qwen/hooks/kind.lua"] = "return { prompt_submitted = function() return { text = 1 } end }",
    ["~/.qwen/hooks/none.lua"] = "return { turn_started = function() return {} end, turn_ended = function() return false end }",
    ["~/.qwen/hooks/raises.lua"] = "return { delta = function()\n error 'fell over' end }",
    ["~/.qwen/hooks/odd.lua"] = "return { request_built = function() error(setmetatable({}, { __tostring = function() error 'x' end })) end }",
    ["~/.qwen/hooks/nothing.lua"] = "return { session_started = function() error() end }",
  }
  local server <close> = fake.start { { text = { "a", "b", "c", "d", "e" } } }
  local r = ask(place, server, "hi")
  t.eq({ r.code, r.out }, { 0, "abcde\n" }, "nothing of it harms the run")
  t.eq(server:requests()[1].body.messages[2].content, "hi")
  t.match(r.err, "hook text failed in prompt_submitted: ~/.qwen/hooks/text.lua:1: it gave back a string; nothing, a table, or false and a reason is understood")
  t.match(r.err, "hooks/typo.lua:2: it gave back an unknown field 'txt'; did you mean 'text'%?")
  t.match(r.err, "gave back a field 'text' that is a number, not a string")
  t.match(r.err, "none failed in turn_started: .*gave back a table, but this event takes none")
  t.match(r.err, "none failed in turn_ended: .*false, but this event cannot be blocked")
  local _, times = r.err:gsub("hook raises failed in delta: ~/.qwen/hooks/raises.lua:2: fell over", "")
  t.eq(times, 3, "left out after three failures")
  t.match(r.err, "third time: raises is left out of delta until /reload")
  t.match(r.err, "hook odd failed in request_built", "an error that cannot be printed")
  t.match(r.err, "hook nothing failed in session_started", "an error of nothing")
end

-- An event that does not exist is an error of the file; blocking; asking about what would be allowed; answering for the person.
do
  local place = program.place { ["~/.qwen/hooks/a.lua"] = "return {\n  before_toll = function() end }" }
  local server <close> = fake.start { { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = "ok" } }
  local r = ask(place, server, "-y", "hi")
  t.match(server:requests()[2].body.messages[4].content, "^Blocked: the hook file 'a' is broken", "a guard that is written wrong guards nothing, so nothing passes")
  t.eq(r.code, 0)
end
do
  local place = program.place { ["~/.qwen/hooks/a.lua"] = [[return {
    before_tool = function(_, call) if call.name == "glob" then call.ask = "globs are asked about" return call end end,
    permission_asked = function(_, q) if q.name == "run_shell_command" then return { verdict = "allow" } end end,
    before_edit = function(_, edit) if edit.paths[1]:find "main" then return false, "not on main" end end,
    prompt_answered = function(ctx, answer, turns) if turns == 2 then return false, "and the tests?" end end,
    prompt_submitted = function(_, p) if p.text == "secret" then return false, "say it otherwise" end end,
  }]] }
  local server <close> = fake.start {
    { calls = { { name = "glob", arguments = { pattern = "*" } }, { name = "run_shell_command", arguments = { command = "touch ran" } },
      { name = "write_file", arguments = { file_path = place.cwd .. "/main.c", content = "x" } } } },
    { text = "finished" }, { text = "they pass" },
  }
  local r = ask(place, server, "hi")
  t.eq(r.out, "finished\nthey pass\n", r.err)
  local messages = server:requests()[3].body.messages
  t.match(messages[4].content, "^Refused: .*globs are asked about", "asked although it would be free")
  t.ok(fs.stat(place.cwd .. "/ran"), "a hook allows")
  t.match(messages[6].content, "^Blocked: not on main", "an edit is blocked")
  t.eq(fs.stat(place.cwd .. "/main.c"), nil)
  t.eq(messages[8].content, "and the tests?", "a hook sends the model on")
  r = ask(place, server, "secret")
  t.eq(r.code, 1)
  t.match(r.err, "the prompt was blocked: say it otherwise")
end

-- A formatter after edits: the model's next edit is not refused for it.
do
  local place = program.place { ["~/.qwen/hooks/format.lua"] = [[return {
    edit_ended = function(_, edit) qwen.fs.write(edit.path, (qwen.fs.read(edit.path):gsub("  +", " "))) end }]] }
  local file = place.cwd .. "/a.txt"
  local server <close> = fake.start {
    { calls = { { name = "write_file", arguments = { file_path = file, content = "a   b\n" } } } },
    { calls = { { name = "edit", arguments = { file_path = file, old_string = "a b", new_string = "c   d" } } } }, { text = "ok" },
  }
  ask(place, server, "-y", "hi")
  t.eq(fs.read(file), "c d\n", "formatted twice, edited in between")
end

-- A handler that never ends, or asks for everything: stopped and named, the turn goes on; a guard that does it closes its gate.
do
  local place = program.place {
    ["~/.qwen/hooks/busy.lua"] = "return { turn_started = function()\n  while true do\n  end end }",
    ["~/.qwen/hooks/catch.lua"] = "return { turn_started = function() while true do pcall(function() while true do end end) end end }",
    ["~/.qwen/hooks/hog.lua"] = "return { turn_started = function() local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end end }",
    ["~/.qwen/hooks/yield.lua"] = "return { turn_started = function() coroutine.yield(1) end }",
    ["~/.qwen/hooks/task.lua"] = "return { turn_started = function() qwen.task.spawn(function() while true do end end) end }",
    ["~/.qwen/hooks/guard.lua"] = "return { before_tool = function() while true do end end }",
  }
  local server <close> = fake.start { { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = "went on" } }
  local r = ask(place, server, "hi")
  t.eq(r.out, "went on\n", r.err)
  t.match(r.err, "hook busy failed in turn_started: ~/.qwen/hooks/busy.lua:[23]: stopped after 150 ms of computing")
  t.match(r.err, "hook catch failed in turn_started: ~/.qwen/hooks/catch.lua:1: stopped")
  t.match(r.err, "hook hog failed in turn_started: ~/.qwen/hooks/hog.lua:1: ")
  t.match(r.err, "hook yield failed in turn_started: .*yield called outside a coroutine")
  t.match(server:requests()[2].body.messages[4].content, "^Blocked: hook guard failed in before_tool: .*guard.lua:1: stopped after")
end

-- A hook file that comes or changes within a session: its session_started, the end of its timers; others keep what they know.
do
  local ticking = 'return { session_started = function(ctx, s) ctx.notice("%s: " .. s.source) ctx.every(0.01, function() ctx.ticks.%s = (ctx.ticks.%s or 0) + 1 end) end }'
  local place = program.place {
    ["~/.qwen/lua/common.lua"] = "return { n = 0 }",
    ["~/.qwen/hooks/stays.lua"] = 'local n, common = 0, require "common"\nreturn { session_started = function(ctx, s) n = n + 1 common.n = common.n + 1 ctx.notice("stays: " .. s.source) end,'
      .. ' status_built = function() return { text = n .. "/" .. common.n } end }',
    ["~/.qwen/hooks/clock.lua"] = ticking:format("one", "one", "one"),
    ["~/.qwen/commands/common.lua"] = 'return { summary = "x", run = function(ctx) ctx.print(require("common").n) end }',
    ["~/.qwen/commands/play.lua"] = [[return { summary = "x", shell = true, run = function(ctx)
      local home = qwen.paths.qwen_home()
      ctx.ticks = {}
      local function ticked(name)
        local before = ctx.ticks[name] or 0
        while (ctx.ticks[name] or 0) < before + 2 do qwen.task.sleep(0.01) end
      end
      local function write(name, text) assert(qwen.fs.write(home .. "/" .. name .. ".lua", text)) end
      ctx.emit("session_started", { source = "startup" })
      ticked "one"
      write("hooks/clock", (]] .. ("%q"):format(ticking) .. [[):format("two", "two", "two"))
      write("hooks/later", 'return { session_started = function(ctx, s) ctx.notice("later: " .. s.source) end }')
      qwen.x.reload.take_saved(ctx)
      ctx.emit("status_built", { text = "" })
      ticked "two"
      local ones = ctx.ticks.one
      ticked "two"
      ctx.print("the old one is still: " .. tostring(ones == ctx.ticks.one))
      ctx.print(ctx.emit("status_built", { text = "" }).text)
      qwen.x.registry.get("commands", "common").run(ctx)
      qwen.x.reload.all()
      ctx.print(ctx.emit("status_built", { text = "" }).text)
      write("lua/common", "return { n = 10 }")
      qwen.x.reload.take_saved(ctx)
      ctx.print(ctx.emit("status_built", { text = "" }).text)
      ctx.emit("session_ended", { reason = "exit" })
    end }]],
  }
  local r = program.run(place, { "play" })
  t.eq(r.out, "the old one is still: true\n1/1\n1\n1/1\n1/11\n", r.err)
  t.eq(r.err, "qwen: one: startup\nqwen: stays: startup\nqwen: two: reload\nqwen: later: reload\nqwen: two: reload\nqwen: later: reload\nqwen: stays: reload\n", "who hears of it")
end

-- A hook that is saved broken: /reload says so each time while the old one counts; what is mended counts, and what came back as it was is the old one.
do
  local place = program.place {
    ["~/.qwen/hooks/one.lua"] = 'local n = 0\nreturn { status_built = function() n = n + 1 return { text = "first " .. n } end }',
    ["~/.qwen/commands/play.lua"] = [[return { summary = "x", shell = true, run = function(ctx)
      local path = qwen.paths.qwen_home() .. "/hooks/one.lua"
      local function reload()
        local code, e = qwen.x.registry.get("commands", "reload").run(ctx)
        if not code then ctx.print(e.message) end
        ctx.print(ctx.emit("status_built", { text = "" }).text)
      end
      reload()
      assert(os.rename(path, path .. ".kept"))
      assert(qwen.fs.write(path, "return {\n  status_built = 1 }"))
      qwen.x.reload.take_saved(ctx)
      qwen.x.reload.take_saved(ctx)
      reload()
      reload()
      assert(os.rename(path .. ".kept", path))
      reload()
      assert(qwen.fs.write(path, 'return { status_built = function() return { text = "second" } end }'))
      reload()
    end }]],
  }
  local r = program.run(place, { "play" })
  local nothing, wrong = "nothing was taken: until that is mended, everything stays as it was before\n",
    "qwen: ~/.qwen/hooks/one.lua:2: field 'status_built' must be a function, not a number\n"
  local all = r.out:match "^(%d+ files loaded, 0 out of order\n)" or "?"
  t.eq(r.out, all .. "first 1\n" .. nothing .. "first 2\n" .. nothing .. "first 3\n" .. all .. "first 4\n" .. all .. "second\n", r.err)
  t.eq(r.err, wrong .. "qwen: until that is mended, everything stays as it was before\n" .. wrong .. wrong, "at each /reload, and once at a turn")
end

t.done()
