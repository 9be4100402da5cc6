-- Timers: `ctx.after` and `ctx.every` are jobs in the background that wait for their time. Those begun in a session end with it; those of
-- init.lua with the program; and those of a hook file that is replaced, when it is. A test's clock runs them when it is moved (trial.lua).
local registry = require "qwen.extension.registry"
local task = require "sys.task"

local M = {}

local LEAST = 0.01

-- A bell that is closed ends the waiting at once.
local function real(ctx, seconds, run)
  local bell, due = task.queue(), task.now() + seconds
  ctx.background(function()
    repeat
      bell:get(due - task.now())
      due = math.max(due, task.now()) + seconds
    until not run()
  end)
  return function() bell:close() end
end

-- The hook files that are at work where a timer is begun, by the names of their chunks.
local function owners_of(fn)
  local out, level, info = {}, 1, debug.getinfo(fn, "S")
  while info do
    out[info.source] = registry.hook_of(info.source)
    level = level + 1
    info = debug.getinfo(level, "S")
  end
  return out
end

local function replaced(owners)
  for source, entry in pairs(owners) do
    if registry.hook_of(source) ~= entry then return true end
  end
end

---Gives a ctx its timers.
---@param ctx Ctx
---@return fun() session_began, fun() session_ended
function M.attach(ctx)
  local session -- the timers of the running one, by what stops them

  local function begin(name, seconds, fn, again)
    if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) or type(fn) ~= "function" then
      error(("ctx.%s(seconds, fn) takes a number and a function"):format(name), 3)
    end
    if again and seconds < LEAST then error(("ctx.every: %g is less than %g seconds"):format(seconds, LEAST), 3) end
    local on, close, mine, owners = true, nil, session, owners_of(fn)
    local function stop()
      on = false
      if mine then mine[stop] = nil end
      close()
    end
    if mine then mine[stop] = true end
    close = (ctx.clock and ctx.clock.timer or real)(ctx, seconds, function()
      if not on or replaced(owners) then return false end
      if not again and mine then mine[stop] = nil end
      fn()
      return on and again
    end)
    return stop
  end

  -- In brackets: a tail call would leave no line to blame.
  function ctx.after(seconds, fn) return (begin("after", seconds, fn, false)) end
  function ctx.every(seconds, fn) return (begin("every", seconds, fn, true)) end

  return function() session = {} end, function()
    local ended = session or {}
    session = nil
    for stop in pairs(ended) do stop() end
  end
end

return M
