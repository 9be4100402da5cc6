-- Events and those who listen: handlers of all hook files in the order of file names, whatever their tier.
-- nil leaves the value as it is, a table replaces it, false and a reason block. A broken guard (before_*) closes its gate; any other
-- handler that keeps failing is left out.
local events = require "qwen.extension.events"
local is_own = require "qwen.extension.own_events"
local user_modules = require "qwen.extension.user_modules"
local registry = require "qwen.extension.registry"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {
  ---The setting of each shipped file that is for one (its `needs`): without it the file is not even loaded.
  NEEDS = { programs = "hooks", statusline = "ui.statusLine",
    suggestions = "ui.enableFollowupSuggestions" },
}

local MOST_FAILURES = 3
local SECONDS, SHIPPED_SECONDS = 0.15, 60 -- of computing, between two waits

local limited = require("sys.task").limited

local by_event, broken, generation, on_problem
local tables                                  -- what the files returned, by name
local fresh = {}                              -- names of those that came into a running session, and were not told yet
local live = setmetatable({}, { __mode = "k" }) -- each ctx whose session has started

local waiting = {} -- such files whose setting is not there yet, by name
local looked       -- at these values of the settings: others are there once those were read anew

local function is_unset(ctx, key)
  return ctx.settings:get(key) == nil
end

-- An event of a file's own: any table may take the place of its value.
local OWN = { replace = true, block = true, own = true }

local function spec_of(event)
  local spec = events[event] or is_own(event) and OWN
  if spec then return spec end
  local names = {}
  for name in pairs(events) do names[#names + 1] = name end
  local near = text.nearest(tostring(event), names)
  error(("there is no event '%s'%s; one of your own has a colon in it, such as mine:done"):format(tostring(event),
    near and "; did you mean '" .. near .. "'?" or ""), 4)
end

local function take(name, shipped, before)
  local hook, e = registry.get("hooks", name)
  if not hook then broken = broken or name end
  if not hook and not before and on_problem then on_problem(e.message) end -- /reload tells it itself
  tables[name] = hook
  if hook and before and before[name] ~= hook and not waiting[name] then fresh[name] = true end
  for event, handler in pairs(hook or {}) do
    if events[event] or is_own(event) and type(handler) == "function" then
      by_event[event] = by_event[event] or {}
      table.insert(by_event[event], { name = name, run = handler, failures = 0, shipped = shipped, needs = hook.needs })
    end
  end
end

-- Collected when an event is first emitted, and again after the files were found anew, or a setting
-- came that one of them waits for.
local function collect(ctx)
  local before, left = tables, {}
  by_event, broken, generation, tables = {}, nil, registry.generation(), {}
  for _, name in ipairs(registry.names "hooks") do
    local shipped = registry.tiers("hooks", name)[1].tier == "shipped"
    if shipped and M.NEEDS[name] and is_unset(ctx, M.NEEDS[name]) then
      left[name] = M.NEEDS[name]
    else
      take(name, shipped, before)
    end
  end
  waiting = left
end

local function refresh(ctx)
  local stale, values = generation ~= registry.generation(), ctx.settings.cache
  if values ~= looked or not values then
    for _, key in pairs(waiting) do stale = stale or not is_unset(ctx, key) end
    looked = values
  end
  if stale then collect(ctx) end
end

---Who hears of a handler that failed: fn(text).
function M.on_problem(fn)
  on_problem = fn
end

local function fits(kind, found)
  local base, optional = kind:match "^(%a+)(%??)$"
  if found == nil then return optional == "?" end
  return base == "any" or type(found) == base
end

-- What is wrong with a table that a handler gave back, as the end of a sentence. What it lacks is taken from the old one.
local function complete(spec, old, new)
  if spec.own then return nil end
  if not spec.replace then return "gave back a table, but this event takes none" end
  for name, found in pairs(new) do
    local kind = spec.value[name]
    if not kind then
      local names = {}
      for known in pairs(spec.value) do names[#names + 1] = known end
      local near = text.nearest(tostring(name), names)
      return ("gave back an unknown field '%s'%s"):format(name, near and "; did you mean '" .. near .. "'?" or "")
    end
    if not fits(kind, found) then return ("gave back a field '%s' that is a %s, not a %s"):format(name, type(found), kind:gsub("%?", "")) end
  end
  if new == old or type(old) ~= "table" then return nil end
  for name in pairs(spec.value) do
    if new[name] == nil then new[name] = old[name] end
  end
end

-- What is wrong with what a handler gave back; nil when it keeps the convention.
local function misuse(spec, old, result)
  if result == nil or result == false and spec.block then return nil end
  if type(result) == "table" then return complete(spec, old, result) end
  if result == false then return "gave back false, but this event cannot be blocked" end
  return ("gave back a %s; nothing, a table%s is understood"):format(type(result), spec.block and ", or false and a reason" or "")
end

-- Told with the place and, when it was once too often, with how to get it back.
local function failed(handler, event, why)
  local words = registry.blamed(tr("hook %s failed in %s: %s", handler.name, event, why), "hooks", handler.name)
  handler.failures = handler.failures + 1
  local guard = event:sub(1, 7) == "before_"
  if handler.failures == MOST_FAILURES and not guard then
    handler.off = true
    words = words .. "\n" .. tr("that was the third time: %s is left out of %s until /reload", handler.name, event)
  end
  if on_problem then on_problem(words) end
  return guard and words or nil
end

local function seconds_of(handler)
  return handler.shipped and SHIPPED_SECONDS or SECONDS
end

local function is_on(handler, ctx)
  return not handler.off and not (handler.needs and is_unset(ctx, handler.needs))
end

-- Those that came into a running session hear that it has started, as far as they are concerned.
local function begin_fresh(ctx)
  local names = fresh
  fresh = {}
  for _, handler in ipairs(by_event.session_started or {}) do
    if names[handler.name] and is_on(handler, ctx) then
      local ok, e = limited(seconds_of(handler), handler.run, ctx, { source = "reload", model = ctx.model and ctx.model.id })
      if not ok then failed(handler, "session_started", user_modules.words(e)) end
    end
  end
end

local function place_of(handler)
  local info = debug.getinfo(handler.run, "S")
  return ("%s:%d: it "):format(info.short_src, info.linedefined)
end

---Whether any handler wants an event: asked once before something that would be emitted very often.
---@param ctx Ctx
---@param event string
---@return boolean
function M.wants(ctx, event)
  refresh(ctx)
  return by_event[event] ~= nil
end

---Runs the handlers of an event.
---@param ctx Ctx
---@param event string
---@param value any first argument of the event
---@param second any
---@return any value the argument that may be replaced, after all handlers, or false when one blocked
---@return string? reason
function M.emit(ctx, event, value, second, ...)
  refresh(ctx)
  if event == "session_started" then live[ctx], fresh = true, {} end
  if next(fresh) and live[ctx] then begin_fresh(ctx) end
  if event == "session_ended" then live[ctx] = nil end
  local spec, handlers = spec_of(event), by_event[event]
  if broken and event:sub(1, 7) == "before_" then
    return false, ("the hook file '%s' is broken, so nothing may pass it; see /doctor"):format(broken)
  end
  for i = 1, handlers and #handlers or 0 do
    local handler = handlers[i]
    if is_on(handler, ctx) then
      local ok, result, reason = limited(seconds_of(handler), handler.run, ctx, value, second, ...)
      local old = value
      if spec.second then old = second end
      local wrong
      if ok then wrong = misuse(spec, old, result) end
      if not ok or wrong then
        local closed = failed(handler, event, ok and place_of(handler) .. wrong or user_modules.words(result))
        if closed then return false, closed end
      elseif result == false then
        return false, reason and tostring(reason) or "blocked by the hook " .. handler.name
      elseif result ~= nil and spec.second then
        second = result
      elseif result ~= nil then
        value = result
      end
    end
  end
  if spec.second then return second end
  return value
end

---How the session came to be, as hooks are told.
---@param ctx Ctx
---@return "resume"|"startup"
function M.session_source(ctx)
  return (ctx.opts.resume or ctx.opts.continue) and "resume" or "startup"
end

---From now on hooks hear what the person is told; called when the front end has put its own notice in place.
---@param ctx Ctx
function M.attach_notices(ctx)
  local show, telling = ctx.notice, false
  function ctx.notice(words)
    show(words)
    if telling then return end -- a hook that fails over a notice is told without another
    telling = true
    local _ <close> = setmetatable({}, { __close = function() telling = false end })
    ctx.emit("notice_shown", words)
  end
end

return M
