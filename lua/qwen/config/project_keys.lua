-- What a project's own settings may say of each key.
local config_value = require "qwen.config.value"
local schema = require "qwen.config.schema"

local M = {}

---The options of a key or of the nearest part above it that is declared.
---@param key string dotted
---@return table?
function M.option(key)
  while key do
    if schema[key] then return schema[key] end
    key = key:match "^(.*)%.[^.]+$"
  end
end

---Whether a trusted folder's own settings may set a key.
---@param key string
---@return boolean
function M.may(key)
  local option = M.option(key)
  return option ~= nil and option.project ~= nil
end

-- Whether a project's value allows more than the user's own: true after false, a higher number, or
-- a negative one, which is no limit.
local function looser(value, own)
  if own == false then return value ~= false end
  local limited = math.type(own) and own >= 0
  return limited and not (math.type(value) and value >= 0 and value <= own)
end

---What a project may say; of an object only the parts that it may set.
---@param key string
---@param value any what it says
---@param own fun(key: string): any what everybody else says
---@return any
function M.allowed(key, value, own)
  local option = M.option(key) or {}
  if option.project == "tighter" and looser(value, own(key)) then return nil end
  if option.project then return value end
  if not config_value.is_object(value) then return nil end
  local out
  for name, item in pairs(value) do
    local kept = M.allowed(key .. "." .. name, item, own)
    if kept ~= nil then
      out = out or {}
      out[name] = kept
    end
  end
  return out
end

return M
