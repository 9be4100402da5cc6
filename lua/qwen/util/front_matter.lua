-- The fields at the beginning of a Markdown file, between two lines of `---`.
local text = require "qwen.util.text"

local M = {}

---The fields, and the rest of the file. A list becomes its items with commas, lines that go on a field become one.
---@param source string
---@return table<string, string> fields
---@return string body
function M.read(source)
  local head, body = source:gsub("^\xef\xbb\xbf", ""):match "^%-%-%-[ \t]*\r?\n(.-)\r?\n%-%-%-[ \t]*\r?\n?(.*)$"
  local fields = {}
  if not head then return fields, source end
  local last
  for line in head:gmatch "[^\r\n]+" do
    local key, value = line:match "^([%w_-]+):[ \t]*(.*)$"
    local item = not key and last and line:match "^[ \t]*%-[ \t]+(.*)$"
    local more = not key and last and line:match "^[ \t]+(.*)$"
    if key then
      value = text.trim(value)
      last, fields[key] = key, value:match '^"(.*)"$' or value:match "^'(.*)'$" or value:gsub("^[|>][-+]?$", "")
    elseif item then
      fields[last] = fields[last] .. (fields[last] ~= "" and ", " or "") .. text.trim(item)
    elseif more then
      fields[last] = fields[last] .. (fields[last] ~= "" and " " or "") .. text.trim(more)
    end
  end
  return fields, body
end

return M
