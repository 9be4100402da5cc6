-- Processes: no byte lost, no descriptor left, no process outliving its time, and words for what cannot be run.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, proc, task, os_ = require "sys.fs", require "qwen.util.process", require "sys.task", require "sys.os"

local function sh(command, options)
  options = options or {}
  options.argv = { "sh", "-c", command }
  return assert(proc.run(options))
end

local function descriptors() return #assert(fs.list "/proc/self/fd") end

-- Processes whose command line contains the mark.
local function alive(mark)
  local n = 0
  for _, entry in ipairs(fs.list "/proc") do
    local text = entry.name:match "^%d+$" and fs.read("/proc/" .. entry.name .. "/cmdline") or ""
    if text:find(mark, 1, true) and math.tointeger(tonumber(entry.name)) ~= os_.pid() then n = n + 1 end
  end
  return n
end

local function becomes(mark, want)
  return wait.until_true(function() return alive(mark) == want end)
end

local function gone(mark) return becomes(mark, 0) end

-- A time to sleep that is found in command lines, and is of this run only: others may run the same test.
local function mark(seconds) return ("%d.%07d"):format(seconds, os_.pid()) end
local M1, M2, M3, M4, M5, M6 = mark(987654), mark(876543), mark(765432), mark(654321), mark(543210), mark(765433)

-- Output and ends.
do
  local r = sh "echo out; echo err >&2; exit 3"
  t.eq({ r.out, r.err, r.code, r.signal, r.timed_out }, { "out\n", "err\n", 3, nil, false }, "both streams and the code")
  t.eq(sh("echo a; echo b >&2; echo c", { stderr = "stdout" }).out, "a\nb\nc\n", "joined in order")
  t.eq(sh("kill -9 $$").signal, 9, "a signal")
  t.eq(#sh("head -c 3000000 /dev/zero").out, 3000000, "more than the buffer")
  t.eq(sh("cat", { input = ("x"):rep(8000000) }).out, ("x"):rep(8000000), "through a pipe and back")
  r = sh("cat", { input = "" })
  t.eq({ r.out, r.code }, { "", 0 }, "empty input")
  t.eq(sh("env", { env = { A = "1 2" } }).out:gsub("PWD=[^\n]*\n", ""):gsub("SHLVL[^\n]*\n", ""):gsub("_=[^\n]*\n", ""):gsub("OLD[^\n]*\n", ""), "A=1 2\n", "the whole environment")
  t.eq(sh("pwd", { cwd = "/" }).out, "/\n", "a folder")
  t.match(sh("tty; stty size", { pty = { rows = 10, cols = 20 } }).out, "^/dev/pts/%d+\n10 20\n", "a terminal of its own")
  t.eq(sh("yes | head -c 5000000 | wc -c").out, "5000000\n", "SIGPIPE is as usual in children")
  t.eq(sh("x", { limit = 3, stderr = "stdout" }).truncated, true, "kept up to a limit")
end

-- A background child that holds the pipe does not hold us; what was written before is there.
do
  local r = sh("sleep " .. M1 .. " & echo hi")
  t.eq({ r.out, r.code }, { "hi\n", 0 })
  t.ok(gone(M1), "and its background child ends with it")
  r = sh "(i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done) & echo first"
  t.ok(select(2, r.out:gsub("\n", "")) >= 1, "a background writer")
end

-- Time limits and closing end the whole tree, also what left the group. Each command says when it is ready for its end.
local function cut(command)
  return wait.with_limit(function(limit)
    local r = sh(command, { timeout = limit })
    return r.out ~= "" and r
  end)
end
do
  local r = cut("setsid sleep " .. M2 .. " & echo before; sleep " .. M2)
  t.eq({ r.out, r.timed_out }, { "before\n", true }, "the output until then")
  t.ok(gone(M2), "nobody is left")
  r = cut("trap '' TERM; echo deaf; while :; do sleep " .. M3 .. "; done")
  t.eq({ r.out, r.signal }, { "deaf\n", 9 }, "KILL follows TERM")
  t.ok(gone(M3))
  r = cut("setsid sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 0.1; : " .. M6 .. "; done' & exec sleep " .. M6)
  t.eq({ r.timed_out, r.signal }, { true, 15 }, "the leader goes at once")
  t.ok(gone(M6), "who left the group and is deaf to TERM goes too")
  r = sh("trap '' INT HUP; exec sh -c 'kill -INT $$; echo deaf; kill -HUP $$; trap - INT; echo still'")
  t.eq(r.out, "deaf\nstill\n", "what a child ignores stays its own matter")
  do
    local _ <close> = proc.open { argv = { "sleep", M4 } }
    t.ok(becomes(M4, 1), "it runs")
  end
  t.ok(gone(M4), "closed")
  local job = task.spawn(function() proc.run { argv = { "sh", "-c", "sleep " .. M5 .. "; true" } } end)
  t.ok(becomes(M5, 2), "a shell and its child run")
  job:cancel()
  t.ok(gone(M5), "cancelled")
end

-- Backpressure: a reader that waits does not make us keep all of it.
do
  local p <close> = proc.open { argv = { "yes" } }
  p:read()
  local before = os_.memory().rss
  task.sleep(0.3) -- time for a fault to show; no result depends on it
  t.ok(os_.memory().rss - before < 16 * 1024 * 1024, "memory while nobody reads")
  p:kill(9)
  local bytes = 0
  for chunk in function() return (p:read()) end do bytes = bytes + #chunk end
  t.ok(bytes > 0, "what was there is read after the end")
  t.eq(p:wait().signal, 9)
  t.eq(p:wait().signal, 9, "waiting twice")
  p:close()
  t.fails(function() p:read() end, "is closed")
end

-- Input: who no longer reads is told of; handles.
do
  local p <close> = proc.open { argv = { "head", "-c", "1" }, stdin = "pipe" }
  local ok, e = p:write(("x"):rep(1000000))
  t.err(ok, e, "broken", "the reader went away")
  t.err(p:write "y", select(2, p:write "y"), "broken")
  t.eq({ p:read(), p:read(), p:wait().code }, { "x", nil, 0 }, "its output is there")
  p:close()
  p:close()
  for _, method in ipairs { "write", "close_stdin", "wait", "kill", "pid", "resize" } do
    t.fails(function() p[method](p, 1, 1) end, "is closed", method)
  end
  local q <close> = proc.open { argv = { "cat" }, stdin = "pipe" }
  t.ok(q:write "", "nothing to write")
  t.ok(q:write "a" and q:write "b")
  q:close_stdin()
  local text = ""
  for chunk in function() return (q:read()) end do text = text .. chunk end
  t.eq({ text, q:read(), q:wait().code, q:read() }, { "ab", nil, 0, nil }, "read after the end gives nil")
  t.eq(sh("cat", { pty = { rows = 5, cols = 5 }, input = "line\n" }).out, "line\nline\n", "the end of input on a terminal")
  -- Ours is written before what an inheriting child writes.
  local place = program.place { ["o.lua"] = 'qwen.os.out "one\\n" qwen.proc.run { argv = { "echo", "two" }, stdout = "inherit" } qwen.os.out "three\\n"' }
  t.eq(program.run(place, { "lua", "o.lua" }).out, "one\ntwo\nthree\n", "output in order")
end

-- Words for what cannot be run.
do
  local folder = assert(fs.mkdtemp "proc-")
  fs.write(folder .. "/plain", "x")
  fs.write(folder .. "/script", "#!/no/such/sh\n", { mode = 493 })
  for _, case in ipairs {
    { { argv = { "no-such-program" } }, "missing", "not found in PATH" }, { { argv = { "/no/such" } }, "missing", "/no/such" },
    { { argv = { folder .. "/plain" } }, "denied", "plain: Permission denied" }, { { argv = { folder } }, "usage", "directory" }, { { argv = { folder .. "/script" } }, "missing", "interpreter" },
    { { argv = { "ls" }, cwd = folder .. "/plain" }, "missing", "plain: Not a directory" }, { { argv = { "ls" }, cwd = "/no/such" }, "missing", "/no/such" }, { { argv = { "./ls" } }, "missing", "absolute" },
  } do
    local p, e = proc.open(case[1])
    t.err(p, e, case[2], case[3])
    t.match(e.message, case[3])
  end
  t.fails(function() proc.open { argv = {} } end, "empty")
  t.fails(function() proc.open { argv = { "ls", "a\0b" } } end, "zero byte")
  t.fails(function() proc.open { argv = { "ls" }, env = { A = "a\0b" } } end, "zero byte")
  t.fails(function() proc.open { argv = { "ls" }, env = { ["A=B"] = "c" } } end, "=")
  t.fails(function() proc.open { argv = { "ls" }, cwd = "/\0x" } end, "zero byte")
  t.eq(assert(proc.run { argv = { "echo", 1, 2.5 }, env = { N = 7 } }).out, "1 2.5\n", "numbers become text")
  -- PATH without relative entries: a program of the same name in the working directory is never run.
  local place = program.place { ["look.lua"] = 'print(qwen.proc.which "rg", qwen.proc.which "ls")' }
  fs.write(place.cwd .. "/rg", "#!/bin/sh\ntouch ran\n", { mode = 493 })
  fs.write(place.cwd .. "/ls", "#!/bin/sh\ntouch ran\n", { mode = 493 })
  local r = program.run(place, { "lua", "look.lua" }, { env = { PATH = ".:bin::/usr/bin:/bin" } })
  t.ok(not r.out:find(place.cwd, 1, true) and r.out:find "/ls", "PATH entries: " .. r.out)
  fs.remove_tree(folder)
end

-- A program that ends without reading its input: no task is left behind that fails on the closed child.
do
  local place = program.place { ["deaf.lua"] = [[
    local r = qwen.proc.run { argv = { "true" }, input = ("x"):rep(4000000) }
    qwen.task.sleep(0)
    print(r.code)]] }
  local r = program.run(place, { "lua", "deaf.lua" })
  t.eq(r.out .. r.err, "0\n", "input that nobody reads")
end

-- Two thousand short commands, 64 at a time: nothing lost. Then: no descriptor left.
do
  sh "true"
  local before, wrong, places, jobs = descriptors(), 0, task.queue(64), {}
  for i = 1, 2000 do
    places:put(true)
    jobs[i] = task.spawn(function()
      local r = proc.run { argv = { "sh", "-c", "echo line " .. i } }
      if r.out ~= "line " .. i .. "\n" or r.code ~= 0 then wrong = wrong + 1 end
      places:get()
    end)
  end
  for _, job in ipairs(jobs) do t.ok((job:join()), "joined") end
  t.eq(wrong, 0, "outputs that were not whole")
  t.eq(descriptors(), before, "descriptors")
end
t.done()
