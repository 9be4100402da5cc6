-- What the screen says, in the person's language: lua/languages/NAME.lua and ~/.qwen/languages/NAME.lua. A text without a translation is English.
local registry = require "qwen.extension.registry"
local sys = require "sys.os"

local M = {}

local english, chosen, translator

local function words_of(name)
  local value = registry.get("languages", name)
  return value and value.words
end

-- "zh_CN.UTF-8", "zh-CN" and "Chinese" are "zh" when there is a file of that name.
local function find(name)
  local lower = (name or ""):lower()
  local spoken = { chinese = "zh", ["中文"] = "zh", english = "en" }
  for _, candidate in ipairs { name or "", lower, lower:match "^%a+" or "", spoken[lower] or "" } do
    if registry.has("languages", candidate) then return candidate end
  end
end

local function of_environment()
  for _, variable in ipairs { "LC_ALL", "LC_MESSAGES", "LANG" } do
    local value = sys.env(variable)
    if value and value ~= "" then return value end
  end
end

---Takes a language from now on.
---@param set string? setting general.language; nil and "auto": what the environment says
---@return string name
---@return string? problem of its file; English is spoken then
function M.use(set)
  local name = set and set ~= "auto" and find(set) or find(of_environment()) or "en"
  english = words_of "en" or {}
  local value, e = registry.get("languages", name)
  chosen = value and value.words or english
  translator = value and value.texts and require("qwen.ui.render.translate").new(value.texts) or nil
  return name, e and e.message
end

---A text by its name, or the translation of an English one; filled in as by string.format.
---@param id string
---@return string
function M.say(id, ...)
  if not chosen then M.use() end
  local text = chosen[id] or english[id] or id
  return select("#", ...) > 0 and text:format(...) or text
end

---An English text of ours in the person's language, where the language has it.
---@param text string
---@param exactly boolean? only as it stands in the table, with nothing filled in: for what must not become another text
---@return string
function M.translate(text, exactly)
  if not chosen then M.use() end
  if not translator then return text end
  return exactly and translator.texts[text] or not exactly and translator:whole(text) or text
end

---As translate, line by line, and in rows of cells each cell.
---@param lines string
---@return string
function M.lines(lines)
  if not chosen then M.use() end
  return translator and translator:lines(lines) or lines
end

---A time for people; whole seconds while it still runs.
---@param seconds number
---@param whole boolean?
---@return string
function M.span(seconds, whole)
  if seconds < 10 and not whole then return M.say("seconds_short", seconds) end
  if seconds < 60 then return M.say("seconds", seconds // 1 | 0) end
  return M.say("minutes", seconds // 60 | 0, seconds % 60 // 1 | 0)
end

---So many of something: the text `id`, or `id_one` for one where the language has it.
---@param id string
---@param n integer
---@return string
function M.plural(id, n)
  local one = n == 1 and (chosen or {})[id .. "_one"]
  return one or M.say(id, n)
end

---A price for people: enough digits to tell it from nothing.
---@param amount number
---@param currency string
---@return string
function M.money(amount, currency)
  local sign = ({ USD = "$", EUR = "€", CNY = "¥" })[currency] or currency .. " "
  return sign .. (amount >= 1 and "%.2f" or amount >= 0.01 and "%.3f" or "%.4f"):format(amount)
end

---A count of tokens for people.
---@param n number
---@return string
function M.count(n)
  if n < 1000 then return ("%d"):format(n) end
  if n < 999500 then return ("%.3gk"):format(n / 1000) end
  return ("%.3gM"):format(n / 1000000)
end

return M
