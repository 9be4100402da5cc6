-- Arguments and the JSON Schema of a tool: what does not fit, and texts that are read as what the schema wants.
local json = require "sys.json"
local schema_check = require "qwen.util.schema_check"
local schema_parts = require "qwen.util.schema_parts"

local M = {}

local MOST_STEPS = 16 -- from one reference to the next

local wants, type_of = schema_check.wants, schema_check.type_of

local typed

-- The schema that a reference leads to, or that of a list of choices which speaks of the value: the only one of its type, else, for a
-- text, the first that reads it as something else.
local function meant(root, schema, value)
  for _ = 1, MOST_STEPS do
    if type(schema) ~= "table" then return {} end
    local choices = schema.anyOf or schema.oneOf
    local target = schema["$ref"] ~= nil and schema_parts.resolve(root, schema["$ref"])
    if type(choices) == "table" and schema.type == nil then
      local fitting, reads, kind = {}, nil, type_of(value)
      for _, choice in ipairs(choices) do
        local one = type(choice) == "table" and choice["$ref"] ~= nil and schema_parts.resolve(root, choice["$ref"]) or choice
        if type(one) ~= "table" or one.type == nil or wants(one, kind) then fitting[#fitting + 1] = one
        elseif kind == "string" and not reads and typed(root, one, value) ~= value then reads = one end
      end
      target = #fitting == 1 and fitting[1] or #fitting == 0 and reads
    end
    if not target then return schema end
    schema = target
  end
  return {}
end

-- As M.typed, for a part of a schema.
function typed(root, schema, value)
  schema = meant(root, schema, value)
  if (math.type(value) or type(value) == "boolean") and schema.type and wants(schema, "string") and not wants(schema, type_of(value)) then
    return tostring(math.type(value) and math.tointeger(value) or value)
  end
  if type(value) == "string" and schema.type and not wants(schema, "string") then
    local read = json.decode(value:find "^%s*[TFN][%a]+%s*$" and (value:gsub("None", "null"):lower()) or value, false, true)
    if read ~= nil and type(read) ~= "string" and wants(schema, type_of(read)) then value = read end
  end
  if math.type(value) == "float" then return math.tointeger(value) or value end
  if type(value) ~= "table" then return value end
  local required, properties = {}, type(schema.properties) == "table" and schema.properties or {}
  for _, name in ipairs(type(schema.required) == "table" and schema.required or {}) do required[name] = true end
  for name, child in pairs(properties) do
    local want = type(child) == "table" and child.type
    if value[name] == json.null and want and not wants(child, "null") and not required[name] then value[name] = nil end
    if value[name] ~= nil then value[name] = typed(root, child, value[name]) end
  end
  for i, item in ipairs(type(schema.items) == "table" and value or {}) do value[i] = typed(root, schema.items, item) end
  if schema.type == "array" and not getmetatable(value) then return json.array(value) end -- an empty one stays a list
  return value
end

---The value with texts read as numbers, booleans, lists or objects, where the schema wants these and no text. Some models write
---every argument as text, and null for what they leave out: such a null goes where it is not asked for. A whole number is an integer: JSON
---does not tell 3 from 3.0, Lua's tostring does.
---@param schema table|boolean
---@param value any
---@return any
function M.typed(schema, value) return typed(schema, schema, value) end

---Whether a value fits.
---@param schema table
---@param value any
---@return boolean?
---@return string? what is wrong and where
function M.check(schema, value)
  local wrong = schema_check.wrong(schema, value)
  if wrong then return nil, wrong end
  return true
end

return M
