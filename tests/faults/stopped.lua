-- The program stands still (SIGSTOP) for longer than its limits of time, and what it waits for comes meanwhile: it is not lost.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local run = require("qwen.util.process").run
local fs, os, proc, task = require "sys.fs", require "sys.os", require "sys.proc", require "sys.task"

local LIMIT = 1 -- second, of each case

local ANSWER = [[
local stream = assert(require("sys.http").open { url = args.url .. "/chat/completions", method = "POST", body = '{"stream":true}', %s = %g })
local first = %s and stream:read()
say "ready"
while %s and not require("sys.fs").stat(args.go) do end
print(stream:all())]]
local COMMAND = [[
local child = require("sys.proc").open { argv = { "cat", args.fifo }, timeout = %g }
say "ready"
print(child:read(), child:wait().timed_out)]]
local JOIN = [[
local child = require("sys.proc").open { argv = { "cat", args.fifo } }
local one = require("sys.task").spawn(function() return (child:read()) end)
say "ready"
print(one:join(%g))]]

-- Runs it, stops it when it is ready, gives what it waits for, and lets it go on after the limit.
local function stopped(name, code, want, steps)
  local server <close> = fake.start({ { text = { "x", "rest" }, step = true, times = 0 } }, { log = false })
  local place = program.place {}
  local fifo = place.cwd .. "/fifo"
  assert(run { argv = { "mkfifo", fifo } })
  assert(fs.write(place.cwd .. "/case.lua", ("local args = { url = %q, fifo = %q, go = %q }\n"):format(server.url, fifo, place.cwd .. "/go")
    .. "local function say(words) print(words) io.stdout:flush() end\n" .. code))
  server:step(steps)
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR" }
  local running <close> = assert(proc.open { argv = { program.binary, "lua", place.cwd .. "/case.lua" }, cwd = place.cwd, env = env, stderr = "stdout", group = false })
  local out = running:read()
  t.match(out, "^ready\n", name)
  running:kill(19)
  wait.until_true(function() return (fs.read(("/proc/%d/stat"):format(running:pid()), 4096) or ""):find "%) T" end)
  server:step(9)
  if not name:find "timeout" then assert(run { argv = { "sh", "-c", "echo rest >" .. fifo } }) end
  task.sleep(2 * LIMIT)
  assert(fs.write(place.cwd .. "/go", "", { fsync = false }))
  running:kill(18)
  for bytes in function() return (running:read()) end do out = out .. bytes end
  t.match(out, want, name)
end

for _, limit in ipairs { "first_timeout", "idle_timeout", "total_timeout" } do
  local idle = limit == "idle_timeout"
  for _, computing in ipairs { false, true } do
    local code = ANSWER:format(limit, LIMIT, tostring(idle), tostring(computing))
    stopped(limit .. (computing and " while it computes" or ""), code, "rest.*%[DONE%]", idle and 1 or 0)
  end
end
stopped("command", COMMAND:format(LIMIT), "rest\n\tfalse", 0)
stopped("join", JOIN:format(LIMIT), "true\trest", 0)
t.done()
