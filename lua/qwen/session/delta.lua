-- What a delta may hold: looks at what a person's own decoder gives, so that a wrong piece is told where it was made.
local err = require "qwen.util.err"
local text = require "qwen.util.text"

local M = {}

local MOST_CALLS = 10000

local function is(kind, name)
  return function(value) return type(value) == kind, name or "a " .. kind end
end

local string_field, table_field, boolean_field = is("string", "a text"), is "table", is "boolean"

local reasons = { ["end"] = true, length = true, calls = true, filter = true, refusal = true, cancelled = true, error = true }

local function known_reason(value)
  return reasons[value] ~= nil, "one of end, calls, length, filter, refusal, error"
end

local function place_of_call(value)
  return type(value) == "number" and math.tointeger(value) ~= nil and value >= 1 and value <= MOST_CALLS, "a whole number from 1"
end

local function numbers(value)
  if type(value) ~= "table" then return false, "a table of whole numbers" end
  for _, n in pairs(value) do
    if type(n) ~= "number" or not math.tointeger(n) or n < 0 then return false, "a table of whole numbers, and those are not" end
  end
  return true
end

local function error_of_ours(value)
  return err.is(value), "a qwen.err"
end

-- By type: its fields, and the one that it cannot be without.
local kinds = {
  text = { text = string_field, data = table_field, needs = "text" },
  think = { text = string_field, signature = string_field, data = table_field, taken = boolean_field },
  call = { index = place_of_call, id = string_field, name = string_field, args = string_field, data = table_field, needs = "index" },
  usage = { usage = numbers, needs = "usage" },
  stop = { reason = known_reason, word = string_field, needs = "reason" },
  error = { err = error_of_ours, needs = "err" },
  note = { text = string_field, needs = "text" },
}

---What is wrong with a delta, as the end of a sentence that begins with "its decoder gave"; nil when it is one.
---@param delta any
---@return string?
function M.problem(delta)
  if type(delta) ~= "table" then return ("a %s; a delta is a table"):format(type(delta)) end
  local fields = kinds[delta.type]
  if not fields then
    return ("a delta whose type is %s; it must be text, think, call, usage, stop, error or note"):format(text.visible(tostring(delta.type)))
  end
  for name, check in pairs(fields) do
    local value = delta[name]
    if name ~= "needs" and value ~= nil then
      local ok, want = check(value)
      if not ok then
        local found = (type(value) == "string" or type(value) == "number") and ("'%s'"):format(text.visible(tostring(value):sub(1, 40))) or "a " .. type(value)
        return ("a delta of type %s whose field '%s' is %s; it must be %s"):format(delta.type, name, found, want)
      end
    end
  end
  local needs = fields.needs
  if needs and delta[needs] == nil then
    local has = {}
    for name in pairs(delta) do has[#has + 1] = name ~= "type" and not fields[name] and ("'%s'"):format(text.visible(tostring(name))) or nil end
    table.sort(has)
    return ("a delta of type %s without a field '%s'%s"):format(delta.type, needs, #has > 0 and ", but with " .. table.concat(has, ", ") or "")
  end
end

return M
