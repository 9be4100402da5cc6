-- ctx.after and ctx.every: under the clock of a test, which stands until it is moved, and in a run of the program.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"

-- With a test's clock: order, stopping, the end of a session, errors, timers that wait themselves.
do
  local place = program.place {
    ["~/.qwen/tests/timers_test.lua"] = [[
return {
  ["each at its time, in order"] = function(t)
    local at, start = {}, t.clock.now()
    t.ctx.every(10, function() at[#at + 1] = "every " .. t.clock.now() - start end)
    t.ctx.after(15, function() at[#at + 1] = "after " .. t.clock.now() - start end)
    t.clock.advance(9)
    t:eq(at, {})
    t.clock.advance(21)
    t:eq(at, { "every 10", "after 15", "every 20", "every 30" })
  end,
  ["stopped from outside and from inside"] = function(t)
    local n, m = 0, 0
    local stop = t.ctx.every(1, function() n = n + 1 end)
    local own
    own = t.ctx.every(1, function() m = m + 1 if m == 2 then own() end end)
    t.clock.advance(3)
    stop()
    stop()
    t.clock.advance(3)
    t:eq({ n, m }, { 3, 2 })
  end,
  ["a session ends its own"] = function(t)
    local inner, outer = 0, 0
    t.ctx.every(1, function() outer = outer + 1 end)
    t:emit("session_started", { source = "startup" })
    t.ctx.every(1, function() inner = inner + 1 end)
    t.ctx.after(5, function() inner = inner + 100 end)
    t.clock.advance(2)
    t:emit("session_ended", { reason = "clear" })
    t.clock.advance(10)
    t:eq({ inner, outer }, { 2, 12 })
  end,
  ["an error is told and ends it"] = function(t)
    local n = 0
    t.ctx.every(1, function() n = n + 1 error "no way" end)
    t.ctx.every(1, function() while true do end end)
    t.clock.advance(3)
    t:eq({ n, #t.notices }, { 1, 2 })
    t:match(t.notices[1], "a timer failed: ~/.qwen/tests/timers_test.lua:35: no way")
    t:match(t.notices[2], "timers_test.lua:36: stopped after 1000 ms")
  end,
  ["one that sleeps"] = function(t)
    local n = 0
    t.ctx.every(1, function() n = n + 1 qwen.task.sleep(4) end)
    t.clock.advance(11)
    t:eq(n, 3)
  end,
  ["sleeping moves the clock as well"] = function(t)
    local n = 0
    t.ctx.every(60, function() n = n + 1 end)
    qwen.task.sleep(180)
    t:eq(n, 3)
  end,
  ["misuse is told where it stands"] = function(t)
    t:fails(function() t.ctx.every("1", print) end, "timers_test.lua:%d+: ctx.every%(seconds, fn%) takes a number and a function")
    t:fails(function() t.ctx.after(-1, print) end, "takes a number and a function")
    t:fails(function() t.ctx.after(0 / 0, print) end, "takes a number and a function")
    t:fails(function() t.ctx.every(0, print) end, "0 is less than 0.01 seconds")
    t:fails(function() t.ctx:background(print) end, "ctx.background%(fn%) takes a function")
  end,
}]],
  }
  local r = program.run(place, { "test" })
  t.match(r.out, "7 passed, 0 failed\n$", r.out .. r.err)
end

-- In the program: the real clock, a failure, and an end that waits for none of them.
do
  local place = program.place {
    ["~/.qwen/init.lua"] = "local ctx = ... ctx.every(0.01, function() ctx.ticks = (ctx.ticks or 0) + 1 end)\n ctx.after(0, function() error 'lost' end)",
    ["~/.qwen/commands/wait.lua"] = [[
return { summary = "x", shell = true, run = function(ctx)
  local done = qwen.task.queue()
  local stop = ctx.every(0.01, function() done:put "never" end)
  stop()
  ctx.after(3600, function() done:put "too late" end)
  ctx.after(0.02, function() done:put "in time" end)
  ctx.print(done:get())
  while (ctx.ticks or 0) < 2 do qwen.task.sleep(0.01) end
end }]],
  }
  local r = program.run(place, { "wait" })
  t.eq({ r.code, r.out }, { 0, "in time\n" }, r.err)
  t.match(r.err, "a job in the background failed: ~/.qwen/init.lua:2: lost")
end

t.done()
