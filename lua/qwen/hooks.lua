-- Events and those who listen: handlers of all hook files in the order of file names, shipped before user before project.
-- nil leaves the value as it is, a table replaces it, false and a reason block. A broken guard (before_*) closes its gate.
local resource = require "qwen.resource"

local M = {}

local by_event, broken, generation, on_problem

-- Collected when an event is first emitted, and again after the files were found anew.
local function collect()
  if generation == resource.generation() then return end
  by_event, broken, generation = {}, nil, resource.generation()
  for _, name in ipairs(resource.names "hooks") do
    local hook = resource.get("hooks", name)
    if not hook then broken = broken or name end
    for event, handler in pairs(hook or {}) do
      if type(handler) == "function" then
        by_event[event] = by_event[event] or {}
        table.insert(by_event[event], { name = name, run = handler })
      end
    end
  end
end

---Who hears of a handler that failed: fn(text).
function M.on_problem(fn)
  on_problem = fn
end

---Whether any handler wants an event: asked once before something that would be emitted very often.
---@param event string
---@return boolean
function M.wants(event)
  collect()
  return by_event[event] ~= nil
end

---Runs the handlers of an event.
---@param ctx Ctx
---@param event string
---@param value any first argument of the event, may be replaced
---@param ... any
---@return any value after all handlers, or false when one blocked it
---@return string? reason
function M.emit(ctx, event, value, ...)
  collect()
  local guard = event:sub(1, 7) == "before_"
  if guard and broken then
    return false, ("the hook file '%s' is broken, so nothing may pass it"):format(broken)
  end
  for _, handler in ipairs(by_event[event] or {}) do
    local ok, result, reason = pcall(handler.run, ctx, value, ...)
    if not ok then
      local words = ("hook %s failed in %s: %s"):format(handler.name, event, tostring(result))
      if on_problem then on_problem(words) end
      if guard then return false, words end
    elseif result == false then
      return false, reason or ("blocked by the hook " .. handler.name)
    elseif result ~= nil then
      value = result
    end
  end
  return value
end

return M
