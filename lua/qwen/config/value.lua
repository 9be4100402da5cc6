-- Shapes of settings: objects and lists apart, the value under a dotted key, and whether a value is what its option wants.
local json = require "sys.json"

local M = {}

local array_meta = getmetatable(json.array {})

---@param value any
---@return boolean
function M.is_list(value)
  return type(value) == "table" and (#value > 0 or getmetatable(value) == array_meta)
end

---@param value any
---@return boolean
function M.is_object(value)
  return type(value) == "table" and not M.is_list(value)
end

---The value under a dotted key, list items counted from 0; null is nothing.
---@param value any
---@param key string
function M.dig(value, key)
  for name in key:gmatch "[^.]+" do
    if type(value) ~= "table" then return nil end
    local index = M.is_list(value) and math.tointeger(tonumber(name))
    if index then value = value[index + 1] else value = value[name] end
  end
  if value == json.null then return nil end
  return value
end

---A number, or true and false, as the text that stands for it in a variable; other values as they are.
---@param value any
---@return any
function M.as_text(value)
  if type(value) == "boolean" then return tostring(value) end
  return math.type(value) and tostring(math.tointeger(value) or value) or value
end

local checks = {
  any = function() return true end,
  list = M.is_list,
  object = M.is_object,
}
local called = { list = "a list [ ... ]", object = "an object { ... }", string = "a text", boolean = "true or false", number = "a number" }

---What is wrong with a value of an option, as the end of a sentence; nil when it fits.
---@param option table? as declared in options.lua
---@param value any
---@return string?
function M.problem(option, value)
  if not option then return nil end
  local check = checks[option.type]
  local fits = type(value) == option.type
  if check then fits = check(value) end
  if not fits then return "must be " .. called[option.type] end
  if option.least and value ~= -1 and (value < option.least or option.whole and value % 1 ~= 0 or value == math.huge) then
    return ("must be %s from %s on, or -1 for no limit"):format(option.whole and "a whole number" or "a number", option.least)
  end
  if not option.choices then return nil end
  for _, choice in ipairs(option.choices) do
    if choice == value then return nil end
  end
  return ("must be one of %s, not '%s'"):format(table.concat(option.choices, ", "), value)
end

---A value that a person typed: text for texts, JSON for the rest.
---@param option table?
---@param text string
---@return any value
---@return string? problem end of a sentence
function M.read(option, text)
  local value = text
  if not option or option.type ~= "string" then
    local parsed, e = require("qwen.util.jsonc").parse(text)
    if parsed ~= nil and parsed ~= json.null and text:find "%S" then
      value = parsed
    elseif text:find "^%s*[%[{]" then
      return nil, "is no JSON: " .. (parsed == nil and e.message or "null")
    end
  end
  local problem = M.problem(option, value)
  if problem then return nil, problem end
  return value
end

return M
