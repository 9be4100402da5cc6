-- Which properties or items of a value a JSON Schema speaks of, by itself and by what it applies to the
-- same value: the others are what `unevaluatedProperties` and `unevaluatedItems` are about.
local schema_parts = require "qwen.util.schema_parts"

local M = {}

local function list(value) return type(value) == "table" and value or {} end

local function own_properties(schema, value, seen)
  local all = schema.additionalProperties ~= nil or schema.unevaluatedProperties ~= nil
  for name in pairs(value) do
    local known = all or list(schema.properties)[name] ~= nil
    for source in pairs(list(schema.patternProperties)) do
      local found = schema_parts.pattern(source)
      known = known or found ~= nil and found(tostring(name)) == true
    end
    if known then seen[name] = true end
  end
end

local function own_items(schema, value, seen, fits)
  local tuple, rest = schema.prefixItems, schema.items
  if type(rest) == "table" and rest[1] ~= nil then tuple, rest = rest, schema.additionalItems end
  local all = rest ~= nil or schema.unevaluatedItems ~= nil
  for i, item in ipairs(value) do
    local hit = all or list(tuple)[i] ~= nil or schema.contains ~= nil and fits(schema.contains, item)
    if hit then seen[i] = true end
  end
end

local mark

-- What a schema applies to the same value, as far as it fits.
local function applied(schema, value, seen, how)
  local function follow(child)
    if type(child) == "table" and how.fits(child, value) then mark(child, value, seen, how) end
  end
  follow(schema_parts.resolve(how.root, schema["$ref"]))
  for _, keyword in ipairs { "allOf", "anyOf", "oneOf" } do
    for _, child in ipairs(list(schema[keyword])) do follow(child) end
  end
  if schema["if"] ~= nil then
    follow(schema["if"])
    follow(schema[how.fits(schema["if"], value) and "then" or "else"])
  end
  for name, child in pairs(list(schema.dependentSchemas)) do
    if value[name] ~= nil then follow(child) end
  end
end

function mark(schema, value, seen, how)
  if how.items then own_items(schema, value, seen, how.fits) else own_properties(schema, value, seen) end
  applied(schema, value, seen, how)
end

---What a schema speaks of without its own `unevaluated` keyword.
---@param schema table
---@param value table
---@param how {root: table, items: boolean, fits: fun(schema: any, value: any): boolean}
---@return table<string|integer, boolean>
function M.of(schema, value, how)
  local seen, plain = {}, {}
  for keyword, child in pairs(schema) do plain[keyword] = child end
  plain.unevaluatedProperties, plain.unevaluatedItems = nil, nil
  mark(plain, value, seen, how)
  return seen
end

return M
