-- The program ends by SIGKILL: what commands and tool servers started ends after it, and what is nobody's or a stranger's does not.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local json, os, proc = require "sys.json", require "sys.os", require "sys.proc"
local task = require "sys.task"

local sleepers = dofile "tests/sleepers.lua"
local mark, alive, gone = sleepers.mark, sleepers.alive, sleepers.gone

-- Starts it so that it stays in the middle of something, and kills it once `words` run.
local function killed(words, command, more)
  local call = { name = "run_shell_command", arguments = { command = command, is_background = more.background or false } }
  local server <close> = fake.start({ { calls = { call } }, { text = { "x" }, fault = "stall", times = 0 } }, { log = false })
  local place = program.place { ["~/.qwen/settings.json"] = json.encode(more.settings or {}) }
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", OPENAI_API_KEY = "sk-test-0123456789", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
  local running <close> = assert(proc.open { argv = { program.binary, "--yolo", "-p", "hi" }, cwd = place.cwd, env = env, group = false })
  local out, ended = {}, false
  local _ <close> = setmetatable({ task.spawn(function()
    for bytes in function() return (running:read()) end do out[#out + 1] = bytes end
    ended = true
  end) }, { __close = function(self) self[1]:cancel() end })
  wait.until_true(function() return ended or alive(words) and (not more.also or alive(more.also)) end)
  t.eq(ended, false, command .. ": it runs; " .. table.concat(out))
  running:kill(9)
  t.eq(running:wait().signal, 9, command)
end

for _, case in ipairs { { "sleep %s" }, { "sleep %s", background = true }, { "sleep %s & sleep 5999" }, { "sleep %s & exit" }, { "(sleep %s &)" },
  { "setsid sleep %s" }, { "setsid sleep %s & wait" }, { "trap '' TERM HUP; sleep %s; true" }, { "nohup sleep %s >/dev/null 2>&1 &" }, { "sleep %s | cat" },
  { "trap 'setsid sleep %s' TERM; sleep %s; true" } } do
  local time = mark()
  local command = case[1]:gsub("%%s", time)
  killed("sleep\0" .. time, command, case)
  t.ok(gone("sleep\0" .. time), command .. ": it has ended")
end

-- A tool server, which does not look at the end of its input.
do
  local time = mark()
  local servers = { deaf = { command = "sh", args = { "-c", "trap '' TERM HUP PIPE; sleep " .. time .. "; true" }, trust = true } }
  killed("sleep\0" .. time, "true", { settings = { mcpServers = servers } })
  t.ok(gone("sleep\0" .. time), "the tool server has ended")
end

-- What left its session and its output, and what does not belong to a command, goes on as it does after a usual end.
do
  local time, left, other = mark(), mark(), mark()
  local _ <close> = assert(proc.open { argv = { "sleep", other } })
  killed("sleep\0" .. time, ("(setsid sleep %s </dev/null >/dev/null 2>&1 &); sleep %s"):format(left, time), { also = "sleep\0" .. left })
  t.ok(gone("sleep\0" .. time), "the command has ended")
  t.ok(alive("sleep\0" .. other), "a stranger goes on")
  local pid = alive("sleep\0" .. left)
  t.ok(pid, "what was made a service of its own goes on")
  require("qwen.util.process").run { argv = { "kill", pid } }
end
t.done()
