-- Other names of commands: `aliases = { "compress", remember = "add" }` of a command's file. A name with words puts them before the others.
-- The name of a file is always stronger than an alias.
local registry = require "qwen.extension.registry"

local M = {}

local index, made -- by alias: the command and the words in front

---The aliases of a command's table, sorted, with the words that each puts in front.
---@param value table?
---@return {name: string, words: string}[]
function M.of(value)
  local out = {}
  for key, item in pairs(value and value.aliases or {}) do
    local plain = type(key) == "number"
    out[#out + 1] = { name = plain and item or key, words = plain and "" or item }
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local function find(name)
  if made ~= registry.generation() then
    index, made = {}, registry.generation()
    for _, entry in ipairs(registry.list "commands") do
      for _, alias in ipairs(M.of(entry.value)) do
        index[alias.name] = index[alias.name] or { command = entry.name, words = alias.words }
      end
    end
  end
  return index[name]
end

---The command that a name stands for, and the text behind it; what is no alias comes back as it is.
---@param name string
---@param rest string?
---@return string name
---@return string rest
function M.resolve(name, rest)
  rest = rest or ""
  local alias = not registry.has("commands", name) and find(name)
  if not alias then return name, rest end
  local words = alias.words ~= "" and rest ~= "" and alias.words .. " " .. rest or alias.words .. rest
  return alias.command, words
end

return M
