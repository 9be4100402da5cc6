-- What a JSON Schema refers to: other parts of itself, and regular expressions.
local regex = require "qwen.util.regex"

local M = {}

-- The part of a schema that has an anchor.
local function anchored(schema, name, seen)
  if type(schema) ~= "table" or seen[schema] then return nil end
  seen[schema] = true
  if schema["$anchor"] == name then return schema end
  for _, child in pairs(schema) do
    local found = anchored(child, name, seen)
    if found then return found end
  end
end

local anchors = setmetatable({}, { __mode = "k" }) -- by schema, by name: the part, or false

---What a reference leads to: a pointer into the schema itself, or an anchor in it.
---@param root table
---@param reference any
---@return table|boolean?
function M.resolve(root, reference)
  local pointer = type(reference) == "string" and reference:match "^#(.*)$"
  if pointer == "" then return root end
  if not pointer then return nil end
  if pointer:sub(1, 1) ~= "/" then
    local known = anchors[root] or {}
    anchors[root] = known
    if known[pointer] == nil then known[pointer] = anchored(root, pointer, {}) or false end
    return known[pointer] or nil
  end
  pointer = pointer:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  local at = root
  for step in pointer:gmatch "/([^/]*)" do
    step = step:gsub("~1", "/"):gsub("~0", "~")
    if type(at) ~= "table" then return nil end
    local index = #at > 0 and math.tointeger(tonumber(step))
    at = at[index and index + 1 or step]
  end
  return at
end

local patterns = {} -- by source: the search, or false

---A regular expression of a schema, ready for use.
---@param source string
---@return (fun(text: string): boolean?)? found
---@return string? problem
function M.pattern(source)
  if patterns[source] == nil then
    local found, problem = regex.compile(source)
    if not found then return nil, problem end
    patterns[source] = found
  end
  return patterns[source]
end

return M
