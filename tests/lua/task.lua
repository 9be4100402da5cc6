-- Tasks: results and errors, cancelling, where waiting works and the words where it cannot, queues, Ctrl-C in a busy loop.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, proc, task = require "sys.fs", require "qwen.util.process", require "sys.task"

local function closer(fn) return setmetatable({}, { __close = fn }) end

-- Results and errors.
do
  t.eq(table.pack(task.spawn(function(...) return select("#", ...), ... end, 1, nil, 3):join()), { true, 3, 1, nil, 3, n = 5 }, "arguments and results")
  local ok, e = task.spawn(function() error "boom" end):join()
  t.ok(not ok and e:find "tests/lua/task.lua:%d+: boom\nstack traceback", "an error with its traceback")
  local value = { kind = "x" }
  ok, e = task.spawn(function() error(value) end):join()
  t.ok(not ok and e == value, "an error value as it is")
  ok, e = task.spawn(task.sleep, 60):join(0.01)
  t.err(ok or nil, e, "timeout", "a join with a time limit")
  local done = task.spawn(function() end)
  done:join()
  t.ok(done:done(), "done")
  t.eq((done:join()), true, "joined twice")
  t.fails(function() task.current():join() end, "cannot join itself")
  local other = task.spawn(function() task.sleep(0.01) return "fine" end)
  task.spawn(function() error "alone" end):join()
  t.eq({ other:join() }, { true, "fine" }, "an error leaves the others alone")
end

-- An error that nobody joins is told once.
do
  local told = {}
  task.on_error(function(e, trace) told[#told + 1] = tostring(e) .. trace end)
  task.spawn(function() error "nobody" end)
  task.sleep(0)
  collectgarbage()
  collectgarbage()
  t.eq(#told, 1, "told once")
  t.match(told[1], "nobody.*stack traceback")
end

-- Cancelling.
do
  local log = {}
  local function victim(wait)
    return task.spawn(function()
      local _ <close> = closer(function() log[#log + 1] = "closed" end)
      pcall(pcall, wait)
      log[#log + 1] = "swallowed"
    end)
  end
  local queue = task.queue()
  local waits = {
    sleep = function() task.sleep(60) end, queue = function() queue:get() end, join = function() task.spawn(task.sleep, 60):join() end,
    process = function() proc.run { argv = { "sleep", "60" } } end, lock = function() fs.lock(os.getenv "TMPDIR" .. "/lock") task.sleep(60) end,
    stdin = function() local p <close> = proc.open { argv = { "cat" }, stdin = "pipe" } p:read() end,
  }
  for name, wait in pairs(waits) do
    log = {}
    local v = victim(wait)
    task.sleep(0)
    v:cancel()
    local ok, e = v:join()
    t.err(ok or nil, e, "cancelled", name)
    t.eq(log, { "closed" }, name .. ": closed, and no pcall swallows it")
  end
  log = {}
  local started = task.queue()
  local parent = task.spawn(function()
    local _ <close> = closer(function() log[#log + 1] = "parent" end)
    task.spawn(function()
      local _ <close> = closer(function() log[#log + 1] = "child" end)
      started:put(true)
      task.sleep(60)
    end)
    task.sleep(60)
  end)
  started:get()
  parent:cancel()
  t.eq(log, { "child", "parent" }, "children end first")
  log = {}
  task.spawn(function()
    task.spawn(function()
      local _ <close> = closer(function() log[#log + 1] = "left" end)
      started:put(true)
      task.sleep(60)
    end)
    started:get()
  end):join()
  t.eq(log, { "left" }, "children end with their parent")
  local own = task.spawn(function()
    task.current():cancel()
    task.sleep(0)
    log[#log + 1] = "went on"
  end)
  t.err(own:join() or nil, select(2, own:join()), "cancelled", "itself")
  local up = task.spawn(function()
    local me = task.current()
    task.spawn(function() me:cancel() end)
    task.sleep(60)
  end)
  t.err(up:join() or nil, select(2, up:join()), "cancelled", "a parent by its child")
  local fails = task.spawn(function()
    local _ <close> = closer(function() task.sleep(1) end)
    task.sleep(60)
  end)
  task.sleep(0)
  fails:cancel()
  t.err(fails:join() or nil, select(2, fails:join()), "cancelled", "waiting while closing fails in words, and ends")
end

-- A `<close>` that cancels the task below it, which runs.
do
  local went, runner = false, nil
  local victim = task.spawn(function()
    local _ <close> = closer(function() runner:cancel() end)
    task.sleep(60)
  end)
  task.sleep(0)
  runner = task.spawn(function()
    victim:cancel()
    went = ("x"):rep(3) == "xxx"
    task.sleep(60)
    went = "too far"
  end)
  t.err(runner:join() or nil, select(2, runner:join()), "cancelled")
  t.eq(went, true, "it runs on to its next wait")
end

-- Tasks that always have something to do leave the loop its turn, also when the last one of a round is cancelled in it.
do
  local a, b, wake, stop = task.queue(1), task.queue(1), task.queue(), false
  task.spawn(function() while not stop do a:put(1) b:get() end end)
  task.spawn(function() while not stop do a:get() b:put(1) end end)
  local last = task.spawn(function() wake:get() end)
  task.sleep(0.005)
  task.spawn(function() last:cancel() end)
  wake:put(1)
  task.sleep(0.005)
  stop = true
  t.ok(true, "a timer fires beside them")
end

-- The thread of a task in foreign hands.
do
  for _, harm in ipairs { coroutine.close, coroutine.resume } do
    local thread
    local v = task.spawn(function()
      thread = coroutine.running()
      task.sleep(0.001)
    end)
    task.sleep(0)
    pcall(harm, thread)
    local ok, e = v:join()
    t.ok(not ok and type(e) == "string", "it fails: " .. tostring(e))
  end
  local depth = 0
  local function nest()
    depth = depth + 1
    if depth < 2000 then task.spawn(nest) end
    task.sleep(60)
  end
  local top = task.spawn(nest)
  while depth < 2000 do task.sleep(0) end
  top:cancel()
  t.ok(top:done(), "a deep family ends")
end

-- Where waiting works.
do
  t.ok(pcall(task.sleep, 0), "under pcall")
  t.ok(xpcall(task.sleep, debug.traceback, 0), "under xpcall")
  local n = 0
  for _ in function() task.sleep(0) n = n + 1 if n < 3 then return n end end do end
  t.eq(n, 3, "in an iterator")
  local object = setmetatable({}, { __index = function(_, key) task.sleep(0) return key end, __add = function() task.sleep(0) return 1 end,
    __call = function() task.sleep(0) return 2 end })
  t.eq({ object.x, object + 1, object() }, { "x", 1, 2 }, "in metamethods")
  t.fails(coroutine.wrap(function() task.sleep(0) end), "inside a coroutine of your own.*qwen.task.spawn", "in a coroutine")
  t.fails(function() table.sort({ 2, 1 }, function() task.sleep(0) end) end, "a C function.*table.sort", "in table.sort")
  t.fails(function() ("x"):gsub("x", function() task.sleep(0) end) end, "a C function", "in gsub")
  package.preload["waits.in.body"] = function() task.sleep(0) end
  t.fails(function() require "waits.in.body" end, "a C function %(require", "in a module's body")
  local ok, e = task.spawn(function() coroutine.yield(1) end):join()
  t.ok(not ok and e:find "coroutine.yield called outside a coroutine", "a yield to nobody")
  local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
  t.eq({ co(1), co(5) }, { 2, 10 }, "coroutines of one's own still work")
  t.fails(co, "cannot resume dead coroutine")
  local half = coroutine.create(function()
    local _ <close> = closer(function() error "late" end)
    coroutine.yield()
  end)
  coroutine.resume(half)
  t.match(table.concat({ tostring(coroutine.close(half)), coroutine.status(half) }, " "), "false dead", "closing one")
  t.fails(function() coroutine.close(coroutine.running()) end, "cannot close a running coroutine")
  local r = coroutine.create(function() error "inner" end)
  local fine, words = coroutine.resume(r)
  t.ok(not fine and words:find "^tests/lua/task.lua:%d+: inner$", "and their errors")
end

-- Queues.
do
  local q, log = task.queue(2), {}
  local producer = task.spawn(function()
    for i = 1, 5 do
      q:put(i)
      log[#log + 1] = "p" .. i
    end
    q:close()
  end)
  task.sleep(0)
  t.eq(log, { "p1", "p2" }, "a full queue holds the producer")
  local got = {}
  for value in function() return q:get() end do got[#got + 1] = value end
  t.eq(got, { 1, 2, 3, 4, 5 }, "in order, until closed")
  producer:join()
  t.eq(q:put(1), false, "a closed queue takes nothing")
  t.eq(task.queue():get(0.005), nil, "a time limit")
  t.fails(function() q:put(nil) end, "close the queue")
  local many, sum = task.queue(), 0
  for i = 1, 10000 do task.spawn(function() task.sleep(0) many:put(i) end) end
  for _ = 1, 10000 do sum = sum + many:get() end
  t.eq(sum, 50005000, "ten thousand tasks")
end

-- Signals come as names, to who asked last.
do
  local earlier, signals = task.signals "winch", task.signals("winch", "cont")
  proc.run { argv = { "sh", "-c", 'kill -WINCH "$PPID"' } }
  t.eq(signals:get(), "winch")
  proc.run { argv = { "sh", "-c", 'kill -CONT "$PPID"' } }
  t.eq({ signals:get(), earlier:get(0) }, { "cont", nil })
  t.fails(function() task.signals "kill" end, "unknown signal")
end

-- Budgets: what computes or asks for too much is ended with file and line; who called it goes on.
do
  local limited = task.limited
  t.eq({ limited(0.1, function(...) return ... end, 1, nil, 3) }, { true, 1, nil, 3 }, "results")
  t.eq({ limited(0.1, error, { kind = "x" }) }, { false, { kind = "x" } }, "an error value")
  local function forever() while true do end end
  local cases = {
    ["a loop"] = forever,
    ["a loop that catches"] = function() while true do pcall(forever) end end,
    ["in a coroutine"] = function() coroutine.wrap(forever)() end,
    ["in a coroutine that catches"] = function() while true do pcall(coroutine.wrap(function() while true do pcall(forever) end end)) end end,
    ["on its way out"] = function() local _ <close> = setmetatable({}, { __close = forever }) end,
    ["in a sort"] = function() table.sort({ 1, 2, 3 }, forever) end,
    ["through limited calls"] = function() while true do limited(10, function() end) end end,
  }
  for name, fn in pairs(cases) do
    local ok, e = limited(0.05, fn)
    t.ok(not ok, name)
    t.match(e, "task.lua:%d+: stopped after 50 ms of computing", name)
  end
  t.match(select(2, limited(0.1, function() return ("x"):rep(1 << 30) end)), "task.lua:%d+: it asked for more than 256 MB of memory")
  t.eq(select(2, limited(0.5, function() return 1, limited(0.05, forever) end)), 1, "the inner one is to blame")
  t.eq({ limited(0.05, function() task.sleep(0.2) return "slept" end) }, { true, "slept" }, "waiting costs nothing")
  local child
  limited(0.1, function() child = task.spawn(forever) end)
  local ok, e = child:join()
  t.ok(not ok and tostring(e):find "stopped after", "a task that it starts has a budget too")
  t.match(select(2, limited(0.1, coroutine.yield)), "outside a coroutine", "a stray yield ends nothing else")
  local co
  limited(0.1, function()
    co = coroutine.wrap(function() limited(0.1, coroutine.yield) return 2 end)
    co()
  end)
  collectgarbage()
  t.eq(co(), 2, "a coroutine left in the middle of a limited call")
  task.sleep(0)
  local sum = 0
  for i = 1, 1e6 do sum = sum + i end
  t.eq(sum, 500000500000, "nothing of it stays behind")
end

-- From outside: Ctrl-C in a busy loop, a wait without end, closed descriptors.
do
  local place = program.place {
    ["busy.lua"] = 'qwen.os.out "go\\n" qwen.os.flush() while true do pcall(function() while true do end end) end',
    ["inner.lua"] = 'local co = coroutine.wrap(function() while true do pcall(function() while true do end end) end end) qwen.os.out "go\\n" qwen.os.flush() while true do pcall(co) end',
    ["wait.lua"] = 'qwen.os.out "go\\n" qwen.os.flush() qwen.task.queue():get()',
    ["heavy.lua"] = 'qwen.os.out "go\\n" qwen.os.flush() while true do pcall(function() local s = ("x"):rep(30000000):gsub("x", "y") end) end',
    ["search.lua"] = 'local s = ("x"):rep(1 << 25) qwen.os.out "go\\n" qwen.os.flush() s:find ".-.-y"', -- its budget is more than four seconds
    ["sort.lua"] = 'qwen.os.out "go\\n" qwen.os.flush() while true do pcall(table.sort, { 1, 2, 3 }, function(a, b) while true do end end) end',
    ["closing.lua"] = 'qwen.os.out "go\\n" qwen.os.flush() local _ <close> = setmetatable({}, { __close = function() while true do end end }) error "x"',
    ["end.lua"] = [[local co = coroutine.create(function()
      local _ <close> = setmetatable({}, { __close = function() while true do end end })
      coroutine.yield()
    end)
    coroutine.resume(co) qwen.os.out "go\n" qwen.os.flush() while true do pcall(coroutine.close, co) end]],
    ["waits.lua"] = 'qwen.os.out "go\\n" qwen.task.sleep(60)',
  }
  for _, name in ipairs { "busy", "inner", "heavy", "search", "sort", "closing", "end", "wait", "waits" } do
    local child <close> = assert(proc.open { argv = { program.binary, "lua", name .. ".lua" }, cwd = place.cwd, group = false,
      env = { PATH = os.getenv "PATH", HOME = place.home } })
    t.eq(child:read(), "go\n")
    child:kill(2)
    t.eq(child:wait().code, 130, name .. " ends after Ctrl-C")
  end
  local r = assert(proc.run { argv = { "sh", "-c", '"$0" --version <&- && "$0" --help <&- | head -c 4 && "$0" --version >&- 2>&-; echo " $?"', program.binary } })
  t.match(r.out, "^qwen %d.*\nqwen %d", "closed standard descriptors")
  fs.write(place.cwd .. "/in.lua", 'print(#qwen.os.stdin(), (qwen.proc.run { argv = { "sh", "-c", "exit 3" } }).code)')
  r = assert(proc.run { argv = { "sh", "-c", '"$0" lua in.lua <&-; trap "" CHLD; "$0" lua in.lua </dev/null; echo abc | ("$0" lua in.lua; grep flags /proc/self/fdinfo/0)', program.binary },
    cwd = place.cwd, env = { PATH = os.getenv "PATH", HOME = place.home } })
  t.match(r.out, "^0\t3\n0\t3\n4\t3\nflags:%s*00\n", "closed input; SIGCHLD ignored by our parent; a shared input stays blocking")
  -- Every signal that asks for the end is the same end: what was started ends with us.
  fs.write(place.cwd .. "/starts.lua", 'local p <close> = require("sys.proc").open { argv = { "/bin/sh", "-c", "echo $$; exec sleep 1000" } } '
    .. 'qwen.os.out(p:read()) qwen.os.flush() p:wait()')
  for number, code in pairs { [1] = 129, [2] = 130, [3] = 131, [15] = 143 } do
    local starter <close> = assert(proc.open { argv = { program.binary, "lua", "starts.lua" }, cwd = place.cwd, group = false,
      env = { PATH = os.getenv "PATH", HOME = place.home } })
    local started = starter:read():match "%d+"
    starter:kill(number)
    t.eq(starter:wait().code, code, "ends by signal " .. number)
    t.eq(fs.stat("/proc/" .. started), nil, "and what it started, by signal " .. number)
  end
  local child <close> = assert(proc.open { argv = { "sh", "-c", 'trap "" HUP; exec "$0" lua waits.lua', program.binary }, cwd = place.cwd, group = false,
    env = { PATH = os.getenv "PATH", HOME = place.home } })
  t.eq(child:read(), "go\n")
  child:kill(1)
  child:kill(15)
  t.eq(child:wait().code, 143, "started by nohup it outlives the hang-up, and ends by TERM")
end
t.done()
