-- The schema of a tool of a server in the form that ours have.
local json = require "sys.json"

local M = {}

local sane

local keep = {
  properties = function(value)
    local out = {}
    for name, child in pairs(value) do out[name] = type(child) == "table" and sane(child) or {} end
    return out
  end,
  items = function(value) return #value == 0 and sane(value) or {} end,
  required = function(value)
    local out = json.array {}
    for _, name in ipairs(value) do out[#out + 1] = type(name) == "string" and name or nil end
    return out
  end,
  enum = function(value) return json.array(value) end,
}
for _, key in ipairs { "anyOf", "oneOf", "allOf" } do
  keep[key] = function(value)
    local out = json.array {}
    for i, child in ipairs(value) do out[i] = type(child) == "table" and sane(child) or {} end
    return out
  end
end

-- Whether a schema is one of lists, also in its alternatives.
local function is_of_lists(schema)
  local kinds = schema.type
  for _, kind in ipairs(type(kinds) == "table" and kinds or { kinds }) do
    if kind == "array" then return true end
  end
  for _, key in ipairs { "anyOf", "oneOf" } do
    for _, child in ipairs(type(schema[key]) == "table" and schema[key] or {}) do
      if type(child) == "table" and child.type == "array" then return true end
    end
  end
  return false
end

-- An empty list of JSON is a table like any other: what must be a list is marked as one.
local function as_list(value)
  return type(value) == "table" and next(value) == nil and json.array {} or value
end

-- The schema of a stranger in the form that ours have: lists are lists, and what must be an object, a list or a number is one.
function sane(schema)
  local out = {}
  for key, value in pairs(schema) do
    if keep[key] then
      out[key] = type(value) == "table" and keep[key](value) or nil
    elseif key == "minimum" or key == "maximum" or key == "minItems" then
      out[key] = type(value) == "number" and value or nil
    elseif key == "type" then
      out[key] = type(value) == "string" and value or type(value) == "table" and #value > 0 and json.array(value) or nil
    elseif key == "default" or key == "const" then
      out[key] = is_of_lists(schema) and as_list(value) or value
    elseif key == "examples" then
      out[key] = type(value) == "table" and json.array(value) or nil
    else
      out[key] = value
    end
  end
  return out
end

---@param given any inputSchema, as the server lists it
---@return table
function M.of(given)
  local schema = sane(type(given) == "table" and given or {})
  schema.type = "object"
  return schema
end

---@param given any outputSchema, as the server lists it
---@return table?
function M.output(given) return type(given) == "table" and sane(given) or nil end

return M
