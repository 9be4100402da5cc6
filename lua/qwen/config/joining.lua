-- How the values of several sources become one: the stronger replaces the weaker, lists add up and objects
-- go part by part, as each key says.
local config_value = require "qwen.config.value"
local project_keys = require "qwen.config.project_keys"

local M = {}

-- An object over another one, part by part.
local function merged(under, over)
  if not (config_value.is_object(under) and config_value.is_object(over)) then return over end
  local out = {}
  for key, value in pairs(under) do out[key] = value end
  for key, value in pairs(over) do out[key] = merged(out[key], value) end
  return out
end

local function rule_of(key) return (project_keys.option(key) or {}).merge end

---The stronger value and the weaker one together, by the rule of the key.
---@param key string
---@param under any
---@param over any
---@return any
function M.joined(key, under, over)
  local rule = rule_of(key)
  if under == nil or rule == "replace" then return over end
  if rule ~= "append" then return merged(under, over) end
  local out = table.move(under, 1, #under, 1, {})
  return table.move(over, 1, #over, #out + 1, out)
end

---Whether a weaker value shows through a stronger one.
---@param key string
---@param under any
---@param over any
---@return boolean
function M.shows(key, under, over)
  local rule = rule_of(key)
  if over == nil then return true end
  if rule == "append" then return #under > 0 end
  if rule == "replace" or not (config_value.is_object(under) and config_value.is_object(over)) then return false end
  for name, item in pairs(under) do
    if M.shows(key .. "." .. name, item, over[name]) then return true end
  end
  return false
end

---Two objects of lists as one: lists of the same name behind each other.
---@param first table?
---@param second table
---@return table
function M.with_lists(first, second)
  local out = {}
  for name, list in pairs(config_value.is_object(first) and first or {}) do out[name] = list end
  for name, list in pairs(second) do
    local before = type(out[name]) == "table" and out[name] or {}
    out[name] = table.move(list, 1, #list, #before + 1, table.move(before, 1, #before, 1, {}))
  end
  return out
end

return M
