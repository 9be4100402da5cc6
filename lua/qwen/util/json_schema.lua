-- Checks a value against the part of JSON Schema that tools use, with words a model can act on. It does not resolve references.
local json = require "sys.json"
local text = require "qwen.util.text"

local M = {}

local function type_of(value)
  if value == json.null then return "null" end
  local kind = type(value)
  if kind == "number" then return math.tointeger(value) and "integer" or "number" end
  if kind ~= "table" then return kind end
  if #value > 0 or (getmetatable(value) and next(value) == nil) then return "array" end
  return next(value) == nil and "empty" or "object"
end

local function fits(kind, want)
  return kind == want or kind == "integer" and want == "number" or kind == "empty" and (want == "array" or want == "object")
end

local function wants(schema, kind)
  local list = type(schema.type) == "table" and schema.type or { schema.type }
  for _, name in ipairs(list) do
    if fits(kind, name) then return true end
  end
  return false
end

-- What was given under names that are not known, for the words about one that is missing.
local function unknown_names(value, properties)
  local names = {}
  for name in pairs(value) do
    if not properties[name] then names[#names + 1] = "'" .. tostring(name) .. "'" end
  end
  table.sort(names)
  return #names > 0 and ", and there is no " .. table.concat(names, ", ") or ""
end

local check

local function check_object(schema, value, path)
  local properties = schema.properties or {}
  for _, name in ipairs(schema.required or {}) do
    if value[name] == nil then return ("%s: '%s' is missing%s"):format(path, name, unknown_names(value, properties)) end
  end
  for name, item in pairs(value) do
    local child = properties[name]
    if child then
      local wrong = check(child, item, path == "arguments" and tostring(name) or path .. "." .. tostring(name))
      if wrong then return wrong end
    elseif schema.additionalProperties == false then
      local names = {}
      for known in pairs(properties) do names[#names + 1] = known end
      table.sort(names)
      local near = text.nearest(tostring(name), names)
      return ("%s: there is no '%s'%s (known: %s)"):format(path, tostring(name), near and ", did you mean '" .. near .. "'?" or "", table.concat(names, ", "))
    end
  end
end

function check(schema, value, path)
  local kind, want = type_of(value), schema.type
  if want and not wants(schema, kind) then
    local words = type(want) == "table" and table.concat(want, " or ") or want
    return ("%s must be %s, not %s"):format(path, words, kind == "empty" and "object" or kind)
  end
  if schema.enum then
    local words = {}
    for _, item in ipairs(schema.enum) do
      if item == value then words = nil break end
      words[#words + 1] = tostring(item)
    end
    if words then return ("%s must be one of %s"):format(path, table.concat(words, ", ")) end
  end
  if type(value) == "number" then
    if schema.minimum and value < schema.minimum then return ("%s must be at least %s"):format(path, schema.minimum) end
    if schema.maximum and value > schema.maximum then return ("%s must be at most %s"):format(path, schema.maximum) end
  end
  if type(value) == "table" and value ~= json.null then
    if schema.items then
      if schema.minItems and #value < schema.minItems then return ("%s needs at least %d items"):format(path, schema.minItems) end
      for i, item in ipairs(value) do
        local wrong = check(schema.items, item, ("%s[%d]"):format(path, i - 1))
        if wrong then return wrong end
      end
    elseif kind ~= "array" then
      return check_object(schema, value, path)
    end
  end
end

---The value with texts read as numbers, booleans, lists or objects, where the schema wants these and no text. Some models write
---every argument as text, and null for what they leave out: such a null goes where it is not asked for. A whole number is an integer: JSON
---does not tell 3 from 3.0, Lua's tostring does.
---@param schema table
---@param value any
---@return any
function M.typed(schema, value)
  if (math.type(value) or type(value) == "boolean") and schema.type and wants(schema, "string") and not wants(schema, type_of(value)) then
    return tostring(math.type(value) and math.tointeger(value) or value)
  end
  if type(value) == "string" and schema.type and not wants(schema, "string") then
    local read = json.decode(value:find "^%s*[TFN][%a]+%s*$" and (value:gsub("None", "null"):lower()) or value, false, true)
    if read ~= nil and type(read) ~= "string" and wants(schema, type_of(read)) then value = read end
  end
  if math.type(value) == "float" then return math.tointeger(value) or value end
  if type(value) ~= "table" then return value end
  local required = {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  for name, child in pairs(schema.properties or {}) do
    if value[name] == json.null and child.type and not wants(child, "null") and not required[name] then value[name] = nil end
    if value[name] ~= nil then value[name] = M.typed(child, value[name]) end
  end
  for i, item in ipairs(schema.items and value or {}) do value[i] = M.typed(schema.items, item) end
  if schema.type == "array" and not getmetatable(value) then return json.array(value) end -- an empty one stays a list
  return value
end

---Whether a value fits.
---@param schema table
---@param value any
---@return boolean?
---@return string? what is wrong and where
function M.check(schema, value)
  local wrong = check(schema, value, "arguments")
  if wrong then return nil, wrong end
  return true
end

return M
