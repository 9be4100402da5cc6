-- `hooks` of settings.json as they are written: which run for an event and a name, and what is wrong with the others.
-- A matcher is a regular expression over the name of a tool and its other names. Runs nothing; that is lua/hooks/programs.lua.
local config_value = require "qwen.config.value"
local text = require "qwen.util.text"
local tool_names = require "qwen.permission.tool_names"
local tr = require("qwen.util.translate").tr

local M = {}

---The events, each with what its matcher is held to; false: it has none.
M.events = {
  PreToolUse = "tool", PostToolUse = "tool", PostToolUseFailure = "tool", PermissionRequest = "tool", PermissionDenied = "tool",
  PostToolBatch = false, UserPromptSubmit = false, Stop = false, MessageDisplay = false, SessionDelete = false, TodoCreated = false,
  TodoCompleted = false, UserPromptExpansion = "name", SessionStart = "name", SessionEnd = "name", StopFailure = "name",
  SubagentStart = "name", SubagentStop = "name", PreCompact = "name", PostCompact = "name", Notification = "name",
  InstructionsLoaded = "name",
}

---Other names of tools, in Qwen Code and Claude Code; the first is the one of Claude Code.
M.tool_names = tool_names.others

local compiled = {} -- by matcher: a function, or false

-- The regular expression of a matcher; nil when it cannot be understood, and why.
local function expression(matcher)
  local known = compiled[matcher]
  if known == nil then
    local regex = require "qwen.util.regex"
    local found, problem = regex.compile((text.trim(matcher):gsub("%f[%s|]%s*|%s*", "|")))
    known = { found = found, problem = problem }
    compiled[matcher] = known
  end
  return known.found, known.problem
end

---Whether a matcher fits a name. One that cannot be understood fits every name: it may be a guard.
---@param matcher any
---@param name string?
---@param others string[]? other names, which must fit as a whole
---@return boolean
function M.matches(matcher, name, others)
  if type(matcher) ~= "string" or name == nil then return true end
  local plain = text.trim(matcher)
  if plain == "" or plain == "*" or plain == name then return true end
  local found = expression(matcher)
  if not found or found(name) ~= false then return true end
  for _, other in ipairs(others or {}) do
    if found(other, true) ~= false then return true end
  end
  return false
end

-- The other names of a tool, and those of tools whose work it does.
local function names_of(tool)
  local out = table.move(tool_names.others[tool] or {}, 1, #(tool_names.others[tool] or {}), 1, {})
  for _, other in ipairs(tool_names.through[tool] or {}) do
    out[#out + 1] = other
    table.move(tool_names.others[other], 1, #tool_names.others[other], #out + 1, out)
  end
  return out
end

---The hooks of an event that run for a name.
---@param hooks any the setting
---@param event string
---@param name string?
---@return {hook: table, sequential: boolean?}[]
function M.chosen(hooks, event, name)
  local out, kind = {}, M.events[event]
  local groups = type(hooks) == "table" and hooks[event]
  for _, group in ipairs(type(groups) == "table" and groups or {}) do
    local list = type(group) == "table" and type(group.hooks) == "table" and group.hooks or {}
    if #list > 0 and (not kind or M.matches(group.matcher, name, kind == "tool" and names_of(name) or nil)) then
      for _, hook in ipairs(list) do
        if type(hook) == "table" then out[#out + 1] = { hook = hook, sequential = group.sequential } end
      end
    end
  end
  return out
end

---Seconds that a hook may take. A command's number of 1000 and more is milliseconds.
---@param hook table
---@param default number
---@return number
function M.seconds(hook, default)
  local value = tonumber(hook.timeout)
  if not value or value <= 0 then return default end
  return (hook.type or "command") == "command" and value >= 1000 and value / 1000 or value
end

local targets = { command = "command", http = "url", prompt = "prompt", callback = "callback_id" }

local function hook_problem(hook)
  if type(hook) ~= "table" then return "must be an object { ... }" end
  local kind = hook.type == nil and "command" or hook.type
  local target = targets[kind]
  if not target then return ("has the type '%s'; use command, http or prompt"):format(tostring(kind)) end
  if type(hook[target]) ~= "string" or hook[target] == "" then return ("has no %s"):format(target) end
  if hook.timeout ~= nil and not (tonumber(hook.timeout) and tonumber(hook.timeout) > 0) then
    return "has a timeout that is no number of seconds"
  end
end

local function is_list(value)
  return config_value.is_list(value) or type(value) == "table" and next(value) == nil
end

local function group_problems(place, group, out)
  if not config_value.is_object(group) then
    out[#out + 1] = { key = place, text = tr "must be an object { \"matcher\": ..., \"hooks\": [ ... ] }" }
  elseif not is_list(group.hooks) then
    local bare = group.command or group.url or group.prompt
    out[#out + 1] = { key = place, text = bare and tr "must have its command in a list \"hooks\": [ ... ]" or tr "has no list \"hooks\": [ ... ]" }
  else
    local matcher = group.matcher
    local _, problem
    if type(matcher) == "string" and text.trim(matcher) ~= "*" then _, problem = expression(matcher) end
    if matcher ~= nil and type(matcher) ~= "string" then problem = "it is not a text" end
    if problem then out[#out + 1] = { key = place .. ".matcher", text = tr("fits every name: %s", problem) } end
    for i, hook in ipairs(group.hooks) do
      local wrong = hook_problem(hook)
      if wrong then out[#out + 1] = { key = ("%s.hooks.%d"):format(place, i - 1), text = wrong } end
    end
  end
end

---What is wrong with the setting: hooks that do not run, or run for more than they say.
---@param hooks any the setting
---@return {key: string, text: string}[]
function M.problems(hooks)
  local out, names, known = {}, {}, {}
  if type(hooks) ~= "table" then return out end
  for event in pairs(hooks) do names[#names + 1] = tostring(event) end
  for event in pairs(M.events) do known[#known + 1] = event end
  table.sort(names)
  table.sort(known)
  for _, event in ipairs(names) do
    local groups, place = hooks[event], "hooks." .. event
    if M.events[event] == nil then
      local near = text.nearest(event, known)
      out[#out + 1] = { key = place, text = tr("is no event%s", (near and tr("; did you mean %s?", near) or "")) }
    elseif not is_list(groups) then
      out[#out + 1] = { key = place, text = tr "must be a list [ ... ]" }
    else
      for i, group in ipairs(groups) do group_problems(("%s.%d"):format(place, i - 1), group, out) end
    end
  end
  return out
end

return M
