-- What of a JSON Schema cannot be checked here, in words: keywords that are not known, and those of a wrong form. A schema that a
-- person gave must hold as a whole; that of a tool holds as far as it is understood.
local schema_parts = require "qwen.util.schema_parts"
local text = require "qwen.util.text"

local M = {}

local types = { string = true, number = true, integer = true, boolean = true, object = true, array = true, null = true }

-- The form of each keyword's value.
local keywords = {
  schema = "additionalProperties propertyNames contains not if then else additionalItems unevaluatedItems unevaluatedProperties",
  schemas = "properties $defs definitions dependentSchemas", patterns = "patternProperties", list = "allOf anyOf oneOf prefixItems",
  items = "items", names = "required", number = "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
  count = "minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains", boolean = "uniqueItems",
  type = "type", values = "enum", any = "const", pattern = "pattern", reference = "$ref", needs = "dependentRequired", mixed = "dependencies",
  note = "title description default examples $comment $schema $id $anchor id format deprecated readOnly writeOnly contentEncoding "
    .. "contentMediaType contentSchema $vocabulary",
}

local form_of, known = {}, {}
for form, names in pairs(keywords) do
  for name in names:gmatch "%S+" do
    form_of[name] = form
    known[#known + 1] = name
  end
end

local walk

local function is_list(value) return type(value) == "table" and (next(value) == nil or #value > 0) end
local function is_object(value) return type(value) == "table" and #value == 0 end

local function each(walked, value, path)
  for name, child in pairs(value) do
    local problem = walk(walked, child, ("%s/%s"):format(path, type(name) == "number" and math.tointeger(name) - 1 or name))
    if problem then return problem end
  end
end

local function all_texts(value)
  for _, item in ipairs(is_list(value) and value or { 0 }) do
    if type(item) ~= "string" then return false end
  end
  return is_list(value)
end

local forms = {
  any = function() end,
  note = function() end,
  schema = function(walked, value, path) return walk(walked, value, path) end,
  schemas = function(walked, value, path) return is_object(value) and each(walked, value, path) or not is_object(value) and "must be an object" end,
  list = function(walked, value, path) return is_list(value) and each(walked, value, path) or not is_list(value) and "must be a list" end,
  items = function(walked, value, path)
    if type(value) == "table" and #value > 0 then return each(walked, value, path) end
    return walk(walked, value, path)
  end,
  names = function(_, value) return not all_texts(value) and "must be a list of names" end,
  number = function(_, value) return type(value) ~= "number" and "must be a number" end,
  count = function(_, value) return not (type(value) == "number" and value >= 0 and value % 1 == 0) and "must be a whole number from 0 on" end,
  boolean = function(_, value) return type(value) ~= "boolean" and "must be true or false" end,
  values = function(_, value) return not is_list(value) and "must be a list" end,
  needs = function(_, value)
    for _, names in pairs(is_object(value) and value or { 0 }) do
      if not all_texts(names) then return "must be an object of lists of names" end
    end
  end,
  mixed = function(walked, value, path)
    for name, needs in pairs(is_object(value) and value or {}) do
      local problem = not all_texts(needs) and walk(walked, needs, path .. "/" .. name)
      if problem then return problem end
    end
  end,
  type = function(_, value)
    for _, name in ipairs(type(value) == "table" and value or { value }) do
      if not types[name] then return ("cannot be '%s'"):format(tostring(name)) end
    end
  end,
  pattern = function(_, value)
    if type(value) ~= "string" then return "must be a text" end
    local _, problem = schema_parts.pattern(value)
    return problem
  end,
  patterns = function(walked, value, path)
    for source in pairs(is_object(value) and value or {}) do
      local _, problem = schema_parts.pattern(source)
      if problem then return ("has the pattern %s: %s"):format(source, problem) end
    end
    return is_object(value) and each(walked, value, path) or nil
  end,
  reference = function(walked, value)
    return schema_parts.resolve(walked.root, value) == nil
      and ("is '%s': only parts of the schema itself can be referred to, as #/$defs/NAME"):format(tostring(value))
  end,
}

-- The schemas that a schema applies to the same value as itself.
local function of_the_same(root, schema)
  local out = { schema_parts.resolve(root, schema["$ref"]), schema["not"], schema["if"], schema["then"], schema["else"] }
  for _, keyword in ipairs { "allOf", "anyOf", "oneOf" } do
    for _, child in ipairs(is_list(schema[keyword]) and schema[keyword] or {}) do out[#out + 1] = child end
  end
  return out
end

-- Whether a schema comes back to itself without a step into its value: then no value can be checked.
local function endless(root, schema, state)
  if type(schema) ~= "table" or state[schema] == "done" then return false end
  if state[schema] == "open" then return true end
  state[schema] = "open"
  for _, child in pairs(of_the_same(root, schema)) do
    if endless(root, child, state) then return true end
  end
  state[schema] = "done"
  return false
end

local MARK = "\0" -- a problem that has its place already

function walk(walked, schema, path)
  if type(schema) == "boolean" then return nil end
  if not is_object(schema) then return MARK .. path .. ": a schema is an object, true or false" end
  if walked[schema] then return nil end
  walked[schema] = true
  for name, value in pairs(schema) do
    local form = form_of[name]
    if not form and not tostring(name):find "^x%-" then
      local near = text.nearest(tostring(name), known)
      return MARK .. ("%s: qwen does not check '%s'%s"):format(path, tostring(name), near and "; did you mean '" .. near .. "'?" or "")
    end
    local problem = form and forms[form](walked, value, path .. "/" .. name)
    if form == "reference" and not problem and endless(walked.root, schema, {}) then problem = "leads back to itself" end
    if problem then return problem:sub(1, 1) == MARK and problem or MARK .. ("%s: '%s' %s"):format(path, name, problem) end
  end
end

---The first thing in a schema that cannot be checked; nil when all can.
---@param schema any
---@return string?
function M.of(schema)
  local problem = walk({ root = schema }, schema, "#")
  return problem and problem:sub(#MARK + 1) or nil
end

return M
