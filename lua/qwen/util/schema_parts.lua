-- What a JSON Schema refers to: other parts of itself, and regular expressions.
local regex = require "qwen.util.regex"

local M = {}

---What a reference leads to: a pointer into the schema itself.
---@param root table
---@param reference any
---@return table|boolean?
function M.resolve(root, reference)
  local pointer = type(reference) == "string" and reference:match "^#(.*)$"
  if pointer == "" then return root end
  if not pointer or pointer:sub(1, 1) ~= "/" then return nil end
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
