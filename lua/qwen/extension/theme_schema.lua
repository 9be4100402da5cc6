-- What a theme may say: the names of the styles, and the words that a style is made of. Knows no terminal and paints nothing.
local text = require "qwen.util.text"

local M = {}

---Names that every theme understands, whatever it says itself.
M.plain = { bold = "bold", dim = "dim", chosen = "reverse" }

local names = {
  "accent", "good", "bad", "warn", "user", "heading", "strong", "em", "del", "tt", "link", "quote",
  "rule", "keyword", "string", "number", "comment", "added", "removed", "added_row", "removed_row",
  "added_word", "removed_word", "think",
}
local known = {}
for name in pairs(M.plain) do names[#names + 1] = name end
for _, name in ipairs(names) do known[name] = true end

---Words that are no colours, as the terminal's numbers.
M.attributes = { bold = 1, dim = 2, italic = 3, underline = 4, reverse = 7, strike = 9 }

local colours, words = {}, { "on" }
for i, name in ipairs { "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white" } do
  colours[name], colours["bright-" .. name] = i - 1, i + 7
end
for _, list in ipairs { M.attributes, colours } do
  for word in pairs(list) do words[#words + 1] = word end
end
table.sort(words)

---A colour: one of the sixteen names, a number of the 256, or #rrggbb. Nothing when it is none.
---@param word string
---@return integer? index
---@return integer? rgb
function M.colour(word)
  local rgb = tonumber(word:match "^#(%x%x%x%x%x%x)$" or "", 16)
  local index = colours[word] or math.tointeger(tonumber(word))
  if rgb or index and index >= 0 and index <= 255 then return index, rgb end
end

local function means(word)
  local index, rgb = M.colour(word)
  return word == "on" or M.attributes[word] or index or rgb
end

local function near(word, list)
  local found = text.nearest(word, list)
  return found and "; did you mean '" .. found .. "'?" or ""
end

---What is wrong with the styles of a theme, and with which of them.
---@param styles table
---@return any name
---@return string? problem
function M.problem(styles)
  for name, style in pairs(styles) do
    if not known[name] then return name, ("unknown style '%s'%s"):format(tostring(name), near(tostring(name), names)) end
    if type(style) ~= "string" then return name, ("style '%s' must be a string, not a %s"):format(name, type(style)) end
    for word in style:gmatch "%S+" do
      if not means(word) then return name, ("style '%s' has an unknown word '%s'%s"):format(name, word, near(word, words)) end
    end
  end
end

return M
