-- No memory at one allocation, or at all from one on: a start, an answer, a turn with a tool and a line at the prompt end in a result or in a
-- sentence, never in an abort, an internal error, a wait without an end or a damaged file. A few places; with QWEN_LONG=1 all of them.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os, proc, task = require "sys.fs", require "sys.json", require "sys.os", require "sys.proc", require "sys.task"

local shim = assert(fs.realpath((program.binary:match "^(.*)/"))) .. "/tests/fail_alloc.so"
local long = os.env "QWEN_LONG" == "1"
local SETTINGS = '{\n  // kept as it is\n  "ui": { "theme": "light" }\n}\n'
local call = { name = "run_shell_command", arguments = { command = "echo done", is_background = false } }

-- A line at the prompt, and the end: both are typed before it asks. Where that comes to nothing, the keys that leave always help.
local function line(place, env)
  for name, value in pairs { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "xterm" } do env[name] = value end
  local p <close> = assert(proc.open { argv = { program.binary }, cwd = place.cwd, env = env, pty = { rows = 24, cols = 80 } })
  local out, hung = "", nil
  p:write "hi\r/quit\r"
  local _ <close> = task.spawn(function()
    for _, keys in ipairs { "\3", "\3", "\4", "\r", "\3", "\4" } do
      task.sleep(5)
      p:write(keys)
    end
    task.sleep(30)
    hung = true
    p:close()
  end)
  for bytes in function() return p:read() end do out = out .. bytes end
  if hung then return { signal = "no key", err = out } end
  local r = p:wait()
  return { code = r.code, signal = r.signal, err = out }
end

-- Runs it with these variables of the shim; the answer, and why it is wrong.
local function try(server, scenario, fields)
  local place = program.place { ["~/.qwen/settings.json"] = SETTINGS }
  local env = { OPENAI_API_KEY = "sk-test-0123456789", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m", LD_PRELOAD = shim, FAIL_COUNT = place.root .. "/count" }
  for name, value in pairs(fields) do env[name] = tostring(value) end
  local r = scenario.args and program.run(place, scenario.args, { env = env, timeout = 60 }) or line(place, env)
  local wrong
  if r.signal or r.code == 70 then wrong = "it ended by " .. (r.signal or r.code)
  elseif r.err:find "internal error" or r.err:find "inside qwen" or r.err:find "stack traceback" or r.err:find "out of control" then wrong = "an internal error"
  elseif r.code ~= 0 and not r.err:find "%w" then wrong = "code " .. r.code .. " without a word"
  elseif fs.read(place.home .. "/.qwen/settings.json") ~= SETTINGS then wrong = "the settings changed" end
  for _, project in ipairs(fs.list(place.home .. "/.qwen/projects") or {}) do
    local chats = place.home .. "/.qwen/projects/" .. project.name .. "/chats"
    for _, chat in ipairs(fs.list(chats) or {}) do
      for row in (fs.read(chats .. "/" .. chat.name) or ""):gmatch "([^\n]*)\n" do
        if chat.name:find "%.jsonl$" and not json.decode(row) then wrong = "a line of the session is damaged" end
      end
    end
  end
  return r, wrong, tonumber(fs.read(place.root .. "/count") or "")
end

local scenarios = {
  start = { args = { "--help" }, turns = 0 },
  answer = { args = { "-p", "hi" }, turns = 0 },
  tool = { args = { "--yolo", "-p", "hi" }, turns = 1 },
  line = { turns = 0 },
}
for name, scenario in pairs(scenarios) do
  local server <close> = fake.start({ { loop = { turns = scenario.turns, call = call }, times = 0 } }, { log = false })
  local r, wrong, count = try(server, scenario, {})
  t.eq({ r.code, wrong }, { 0, nil }, name .. ": " .. r.err)
  t.ok(count and count > 100, name .. " allocates")
  count = count or 100
  local step = long and 1 or scenario.args and count // 16 or count // 6
  for _, span in ipairs { 1, 1 << 30 } do
    for at = 0, count, step do
      r, wrong = try(server, scenario, { FAIL_AT = at, FAIL_FOR = span })
      t.eq(wrong, nil, ("%s, allocation %d and %d more: %s"):format(name, at, span - 1, r.err))
    end
  end
  for at = count - 70, count, 4 do -- those of the last request
    if name == "tool" and not long then t.eq(select(2, try(server, scenario, { FAIL_AT = at })), nil, "the last request, allocation " .. at) end
  end
end
t.done()
