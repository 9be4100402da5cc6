-- A value against a JSON Schema (2020-12, and what draft 7 writes otherwise), with words that a model can act on. A keyword of a wrong
-- form, or one that is not known, counts as not there; schema_problems.lua says which those are.
local json = require "sys.json"
local schema_parts = require "qwen.util.schema_parts"
local text = require "qwen.util.text"

local M = {}

local MOST_STEPS, DEEPEST = 200000, 400 -- schemas that were looked at, and inside of each other

---The type of a JSON value; "empty" is a table that may be either.
---@param value any
---@return string
function M.type_of(value)
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

---Whether a schema takes values of a type.
---@param schema table
---@param kind string
---@return boolean
function M.wants(schema, kind)
  local list = type(schema.type) == "table" and schema.type or { schema.type }
  for _, name in ipairs(list) do
    if fits(kind, name) then return true end
  end
  return false
end

-- A keyword's value where it has the form that it must have.
local function number(value) return type(value) == "number" and value or nil end
local function list(value) return type(value) == "table" and value or {} end
local function plain(n) return math.tointeger(n) or n end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  return json.encode(a) == json.encode(b)
end

local check

-- What was given under names that are not known, for the words about one that is missing.
local function unknown_names(value, properties)
  local names = {}
  for name in pairs(value) do
    if properties[name] == nil then names[#names + 1] = "'" .. tostring(name) .. "'" end
  end
  table.sort(names)
  return #names > 0 and ", and there is no " .. table.concat(names, ", ") or ""
end

local function below(path, name)
  return path == "arguments" and tostring(name) or path .. "." .. tostring(name)
end

local function of_type(_, schema, value, path)
  local kind, want = M.type_of(value), schema.type
  if want == nil or M.wants(schema, kind) then return nil end
  local words = type(want) == "table" and table.concat(want, " or ") or tostring(want)
  return ("%s must be %s, not %s"):format(path, words, kind == "empty" and "object" or kind)
end

local function word(value) return type(value) == "string" and value or json.encode(value) end

local function of_values(_, schema, value, path)
  if schema.const ~= nil and not same(schema.const, value) then return ("%s must be %s"):format(path, word(schema.const)) end
  if type(schema.enum) ~= "table" then return nil end
  local words = {}
  for _, item in ipairs(schema.enum) do
    if same(item, value) then return nil end
    words[#words + 1] = word(item)
  end
  return ("%s must be one of %s"):format(path, table.concat(words, ", "))
end

local function of_number(_, schema, value, path)
  local least, most, above, under = number(schema.minimum), number(schema.maximum), number(schema.exclusiveMinimum), number(schema.exclusiveMaximum)
  if least and value < least then return ("%s must be at least %s"):format(path, plain(least)) end
  if most and value > most then return ("%s must be at most %s"):format(path, plain(most)) end
  if above and value <= above then return ("%s must be more than %s"):format(path, plain(above)) end
  if under and value >= under then return ("%s must be less than %s"):format(path, plain(under)) end
  local step = number(schema.multipleOf)
  if step and step > 0 then
    local times = value / step
    local off = math.abs(times) < 2 ^ 53 and math.abs(times - math.floor(times + 0.5)) > 1e-9 * math.max(1, math.abs(times))
      or math.abs(times) >= 2 ^ 53 and (1 / step) % 1 ~= 0 and math.fmod(value + 0.0, step + 0.0) ~= 0
    if off then return ("%s must be a multiple of %s"):format(path, plain(step)) end
  end
end

local function of_string(_, schema, value, path)
  local least, most = number(schema.minLength), number(schema.maxLength)
  local length = (least or most) and (utf8.len(value) or #value)
  if least and length < least then return ("%s needs at least %s characters"):format(path, plain(least)) end
  if most and length > most then return ("%s may have at most %s characters"):format(path, plain(most)) end
  local found = type(schema.pattern) == "string" and schema_parts.pattern(schema.pattern)
  local fitting = not found or found(value)
  if fitting == nil then return ("%s is too long to be searched for the pattern %s"):format(path, schema.pattern) end
  if not fitting then return ("%s must fit the pattern %s"):format(path, schema.pattern) end
end

-- Each item by its own schema or by that of the rest: prefixItems and items, or in draft 7 items and additionalItems.
local function of_items(state, schema, value, path)
  local tuple, rest = schema.prefixItems, schema.items
  if type(rest) == "table" and rest[1] ~= nil then tuple, rest = rest, schema.additionalItems end
  for i, item in ipairs(value) do
    local own = list(tuple)[i]
    if own == nil then own = rest end
    local wrong = own ~= nil and check(state, own, item, ("%s[%d]"):format(path, i - 1))
    if wrong then return wrong end
  end
end

local function of_array(state, schema, value, path)
  local least, most = number(schema.minItems), number(schema.maxItems)
  if least and #value < least then return ("%s needs at least %s items"):format(path, plain(least)) end
  if most and #value > most then return ("%s may have at most %s items"):format(path, plain(most)) end
  local wrong = of_items(state, schema, value, path)
  if wrong then return wrong end
  if schema.uniqueItems == true then
    local seen = {}
    for i, item in ipairs(value) do
      local key = json.encode(item)
      if seen[key] then return ("%s[%d] is there a second time"):format(path, i - 1) end
      seen[key] = true
    end
  end
  if schema.contains == nil then return nil end
  local hits, from, to = 0, number(schema.minContains) or 1, number(schema.maxContains)
  for _, item in ipairs(value) do
    if not check(state, schema.contains, item, path) then hits = hits + 1 end
  end
  if hits < from then return ("%s needs at least %s of the items of `contains`"):format(path, plain(from)) end
  if to and hits > to then return ("%s may have at most %s of the items of `contains`"):format(path, plain(to)) end
end

local function not_known(properties, name, path)
  local names = {}
  for known in pairs(properties) do names[#names + 1] = known end
  table.sort(names)
  local near = text.nearest(tostring(name), names)
  return ("%s: there is no '%s'%s (known: %s)"):format(path, tostring(name), near and ", did you mean '" .. near .. "'?" or "", table.concat(names, ", "))
end

-- One property, by all schemas that speak of its name.
local function of_property(state, schema, name, item, path)
  local properties = list(schema.properties)
  local child, known = properties[name], properties[name] ~= nil
  local wrong = known and check(state, child, item, below(path, name))
  if wrong then return wrong end
  for source, own in pairs(list(schema.patternProperties)) do
    local found = schema_parts.pattern(source)
    if found and found(tostring(name)) then
      known, wrong = true, check(state, own, item, below(path, name))
      if wrong then return wrong end
    end
  end
  if known or schema.additionalProperties == nil then return nil end
  if schema.additionalProperties == false then return not_known(properties, name, path) end
  return check(state, schema.additionalProperties, item, below(path, name))
end

-- What must be there beside a name that is there.
local function of_dependencies(state, schema, value, path)
  for _, keyword in ipairs { "dependentRequired", "dependentSchemas", "dependencies" } do
    for name, needs in pairs(list(schema[keyword])) do
      if value[name] ~= nil then
        local names = type(needs) == "table" and type(needs[1]) == "string" and needs or {}
        for _, other in ipairs(names) do
          if value[other] == nil then return ("%s: with '%s', '%s' is missing"):format(path, name, other) end
        end
        local wrong = not names[1] and check(state, needs, value, path)
        if wrong then return wrong end
      end
    end
  end
end

local function of_object(state, schema, value, path)
  for _, name in ipairs(list(schema.required)) do
    if value[name] == nil then return ("%s: '%s' is missing%s"):format(path, name, unknown_names(value, list(schema.properties))) end
  end
  local count = 0
  for name, item in pairs(value) do
    count = count + 1
    local wrong = of_property(state, schema, name, item, path)
      or schema.propertyNames ~= nil and check(state, schema.propertyNames, tostring(name), ("%s: the name '%s'"):format(path, tostring(name)))
    if wrong then return wrong end
  end
  local least, most = number(schema.minProperties), number(schema.maxProperties)
  if least and count < least then return ("%s needs at least %s properties"):format(path, plain(least)) end
  if most and count > most then return ("%s may have at most %s properties"):format(path, plain(most)) end
  return of_dependencies(state, schema, value, path)
end

-- How many schemas of a list fit, and what is wrong with the others.
local function count_fitting(state, schemas, value, path)
  local hits, words = 0, {}
  for _, schema in ipairs(list(schemas)) do
    local wrong = check(state, schema, value, path)
    if wrong then words[#words + 1] = wrong else hits = hits + 1 end
  end
  return hits, table.concat(words, "; or ")
end

local function of_combination(state, schema, value, path)
  local wrong
  for _, each in ipairs(list(schema.allOf)) do
    wrong = check(state, each, value, path)
    if wrong then return wrong end
  end
  if schema.anyOf ~= nil then
    local hits, words = count_fitting(state, schema.anyOf, value, path)
    if hits == 0 then return words end
  end
  if schema.oneOf ~= nil then
    local hits, words = count_fitting(state, schema.oneOf, value, path)
    if hits == 0 then return words end
    if hits > 1 then return ("%s fits %d schemas of `oneOf`, and must fit one"):format(path, hits) end
  end
  if schema["not"] ~= nil and not check(state, schema["not"], value, path) then return path .. " fits what `not` excludes" end
  if schema["if"] == nil then return nil end
  local branch = schema[check(state, schema["if"], value, path) and "else" or "then"]
  return branch ~= nil and check(state, branch, value, path) or nil
end

-- Properties or items that nothing else of the schema speaks of.
local function of_unevaluated(state, schema, value, path)
  local keyword = M.type_of(value) == "array" and "unevaluatedItems" or "unevaluatedProperties"
  if schema[keyword] == nil or type(value) ~= "table" then return nil end
  local items = keyword == "unevaluatedItems"
  local function admits(child, part) return not check(state, child, part, path) end
  local how = { root = state.root, items = items, fits = admits }
  local seen = require("qwen.util.schema_evaluated").of(schema, value, how)
  for name, item in pairs(value) do
    local place = items and ("%s[%d]"):format(path, name - 1) or below(path, name)
    local wrong = not seen[name] and check(state, schema[keyword], item, place)
    if wrong then return wrong end
  end
end

local by_kind = { number = of_number, integer = of_number, string = of_string, array = of_array, object = of_object, empty = of_object }

local function all_of(state, schema, value, path)
  local wrong = check(state, schema_parts.resolve(state.root, schema["$ref"]), value, path)
  wrong = wrong or of_type(state, schema, value, path) or of_values(state, schema, value, path)
  if wrong then return wrong end
  local kind = M.type_of(value)
  local may_be_list = schema.type == "array" or schema.type == nil and (schema.minItems or schema.contains ~= nil)
  if kind == "empty" and may_be_list then kind = "array" end
  wrong = by_kind[kind] and by_kind[kind](state, schema, value, path)
  return wrong or of_combination(state, schema, value, path) or of_unevaluated(state, schema, value, path)
end

function check(state, schema, value, path)
  if schema == false then return path .. " may not be there" end
  if type(schema) ~= "table" then return nil end
  state.steps, state.depth = state.steps + 1, state.depth + 1
  if state.steps > MOST_STEPS or state.depth > DEEPEST then error(state, 0) end
  local wrong = all_of(state, schema, value, path)
  state.depth = state.depth - 1
  return wrong or nil
end

---What is wrong with a value, and where; nil when it fits.
---@param schema table|boolean
---@param value any
---@return string?
function M.wrong(schema, value)
  local state = { root = schema, steps = 0, depth = 0 }
  local ok, wrong = pcall(check, state, schema, value, "arguments")
  if ok then return wrong end
  if wrong ~= state then error(wrong, 0) end
  return "the schema refers to itself without end, or is too large for this value"
end

return M
