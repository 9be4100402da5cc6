-- What the screen says by the names of lua/languages/en.lua, in the user's language; times, prices and counts for people.
local registry = require "qwen.extension.registry"
local translate = require "qwen.util.translate"

local M = {}

local english

---A text by its name, filled in as by string.format.
---@param id string
---@return string
function M.say(id, ...)
  if not english then english = (registry.get("languages", "en") or {}).words or {} end
  local text = english[id] or id
  if select("#", ...) == 0 then return translate.word(id) or text end
  return translate.fill(text, translate.word(id), ...)
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
  local text = M.say(id, n)
  if n ~= 1 then return text end
  return translate.word(id .. "_one") or not translate.word(id) and english[id .. "_one"] or text
end

-- From the longest on: seconds of a unit, and its name.
local units = { { 365 * 86400, "years" }, { 30 * 86400, "months" }, { 86400, "days" },
  { 3600, "hours" }, { 60, "whole_minutes" } }

---How long something has lasted, in its largest unit.
---@param seconds number
---@return string
function M.age(seconds)
  for _, unit in ipairs(units) do
    if seconds >= unit[1] then return M.plural(unit[2], seconds // unit[1] | 0) end
  end
  return M.say("seconds", math.max(0, seconds // 1 | 0))
end

---How long ago something was.
---@param seconds number
---@return string
function M.ago(seconds)
  if seconds < 60 then return M.say "just_now" end
  return M.say("ago", M.age(seconds))
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
