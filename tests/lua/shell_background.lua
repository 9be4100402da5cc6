-- What a command leaves behind: it goes on, is listed, can be read and stopped, and ends with the session; what ends by itself is waited for.
local t = dofile "tests/check.lua"
local wait = dofile "tests/wait.lua"
local background = require "qwen.permission.background"
local fs, task = require "sys.fs", require "sys.task"
local proc = require "qwen.util.process"

local root, ctx = dofile "tests/tool_ctx.lua" "background"
local jobs = {}
ctx.interactive = true
function ctx.background(fn) jobs[#jobs + 1] = task.spawn(fn) end

local tool = assert(qwen.x.registry.get("tools", "run_shell_command"))
local function run(command, more)
  local args = more or {}
  args.command = command
  return assert(tool.run(ctx, args)).text
end

local sleepers = dofile "tests/sleepers.lua"
local mark, alive, gone = sleepers.mark, sleepers.alive, sleepers.gone

-- Each of these leaves a process: the command, what it printed itself.
for _, case in ipairs { { "sleep %s & echo hi", "hi" }, { "nohup sleep %s >/dev/null 2>&1 & echo hi", "hi" },
  { "sleep %s & disown; echo hi; exit 3", "hi" }, { "sleep %s >log 2>&1 &", "" }, { "(sleep %s; true) &", "" }, { "set -m; sleep %s & echo hi", "hi" },
  { "sleep %s | cat & echo hi", "hi" }, { "exec >/dev/null 2>&1; sleep %s &", "" } } do
  local time = mark()
  local command = case[1]:format(time)
  local text = run(command)
  t.match(text, "^" .. case[2], command)
  local pid = text:match("%[still running:\n.*%f[%d](%d+) sleep " .. time:gsub("%p", "%%%0"))
  t.ok(pid, command .. ": " .. text)
  t.match(text, "it ends with the session, or by kill PID%]", command)
  t.ok(alive("sleep\0" .. time), command .. ": it goes on")
  if text:find "exit code" then t.match(text, "%[exit code 3%]", command) end
  run("kill " .. (pid or 0))
  t.ok(gone("sleep\0" .. time), command .. ": stopped")
end

-- What it writes later can be read, and its end.
do
  local text = run "(sleep 0.6; echo late; echo later >&2) & echo now"
  t.match(text, "^now\n%[still running:")
  local path = text:match "output goes to (%S+)"
  t.ok(wait.until_true(function() return fs.read(path):find "ended with" end))
  t.match(fs.read(path), "^late\nlater\n\n%[bg_%x+ ended with code 0%]\n$")
end

-- What ends by itself is waited for, and nothing is told of it.
for command, want in pairs {
  ["printf 'b\\na\\n' > >(sleep 0.5; sort > sorted); echo ok"] = "ok", ["echo x | tee >(sleep 0.5; cat > teed) >/dev/null"] = "(no output)",
  ["echo y > >(sleep 0.4; cat)"] = "y", ["(sleep 0.05; echo soon) & echo now"] = "now\nsoon", ["true & true"] = "(no output)",
  ["cat < <(echo in; sleep 0.1)"] = "in", ["head -1 <(yes)"] = "y" } do
  t.eq(run(command), want, command)
end
t.eq({ fs.read(root .. "/sorted"), fs.read(root .. "/teed") }, { "a\nb\n", "x\n" }, "process substitutions")

-- A time limit ends what was left, too; and a substitution is waited for within it only.
do
  local time = mark()
  local text = wait.with_limit(function(limit)
    local out = run("sleep " .. time .. " & echo before; sleep " .. time, { timeout = math.floor(limit * 1000) })
    return out:find "^before" and out
  end)
  t.ok(text:find "time limit" and not text:find "still running", text)
  t.ok(gone("sleep\0" .. time))
end

-- One that left the session of the command holds its output.
do
  local time = mark()
  local text = run("setsid sleep " .. time .. " & sleep 0.1; echo hi")
  local pid = text:match("^hi\n%[still running:\n(%d+) sleep " .. time:gsub("%p", "%%%0") .. "\n")
  t.ok(pid, text)
  run("kill " .. (pid or 0))
  t.ok(gone("sleep\0" .. time))
end

-- One that left the session, and holds nothing: it is listed, and nothing that others started is.
for _, command in ipairs { "setsid sleep %s >/dev/null 2>&1 & echo hi", "setsid -f sleep %s </dev/null >/dev/null 2>&1; echo hi",
  "(setsid nohup sleep %s >log 2>&1 &); echo hi", "set -m; setsid sleep %s >/dev/null 2>&1 & disown; echo hi" } do
  local time, other = mark(), mark()
  local _ <close> = assert(proc.open { argv = { "setsid", "sleep", other } })
  local text = run(command:format(time))
  local pid = text:match("^hi\n%[still running, apart from the command:\n(%d+) [%w ]*sleep " .. time:gsub("%p", "%%%0") .. "\nit goes on after this session")
  t.ok(pid, command .. ": " .. text)
  t.ok(not text:find(other, 1, true), "not what others started")
  t.ok(alive("sleep\0" .. time), command .. ": it goes on")
  t.ok(pid and run("kill " .. pid))
  t.ok(gone("sleep\0" .. time), command .. ": stopped")
end
-- set -m with another output is in the session.
do
  local time = mark()
  local text = run("set -m; sleep " .. time .. " >/dev/null 2>&1 & echo hi")
  local pid = text:match("%[still running:\n(%d+) sleep")
  t.ok(pid, text)
  t.ok(pid and run("kill " .. pid))
  t.ok(gone("sleep\0" .. time))
end

-- is_background: the same, until the session ends.
do
  local time = mark()
  local text = run("echo started; sleep " .. time, { is_background = true })
  local pid, path = text:match "^Started in the background as bg_%x+, pid (%d+)%. Its output goes to (%S+) %(task_output shows what is new, read_file all%)"
  t.ok(wait.until_true(function() return fs.read(path) == "started\n" end), "its output file")
  run("kill " .. pid)
  t.ok(wait.until_true(function() return fs.read(path):find "\n%[bg_%x+ ended with signal 15%]\n$" end), "its end")
  text = run("sleep " .. time .. " & echo gone", { is_background = true })
  path = text:match "goes to (%S+)"
  t.ok(wait.until_true(function() return fs.read(path) == "gone\n" end) and alive("sleep\0" .. time), "its shell ends before")
  text = run("c=" .. ("y"):rep(200000) .. "; echo ${#c}", { is_background = true })
  path = text:match "goes to (%S+)"
  t.ok(wait.until_true(function() return fs.read(path):find "^200000\n\n%[bg_%x+ ended with code 0" end), "a long command")
end

-- Where nobody is there, what is left ends after a time.
do
  local time = mark()
  ctx.interactive = false
  t.match(run("sleep " .. time .. " &"), "it ends in 120 s at the latest %(is_background has no limit%), or by kill PID%]")
  local child = assert(proc.open { argv = { "sh", "-c", "sleep " .. time .. " & wait" }, leave = true })
  local hold <close> = nil
  local job = background.adopt(ctx, child, hold, 0.2)
  t.ok(wait.until_true(function() return fs.read(job.path):find "ended with signal 15" end), "it is ended")
  for _, each in ipairs(jobs) do each:cancel() end
  t.ok(gone("sleep\0" .. time), "all end with the session")
end

fs.remove_tree(root)
t.done()
