-- How long a service asks to wait, and for which of its windows: read from headers, from the fields of an error, from its words.
local date = require "qwen.util.date"
local task = require "sys.task"

local M = {}

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

local function http_date(text)
  local day, month, year, h, m, s = text:match "%f[%d](%d+) (%a%a%a) (%d%d%d%d) (%d+):(%d+):(%d+)"
  return months[month] and date.utc(year, months[month], day, h, m, s)
end

-- `usual`: seconds east of Greenwich where the text names no zone.
local function iso_date(text, usual)
  local year, month, day, h, m, s, zone = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d):?(%d*)%.?%d*(.*)$"
  if not year then return nil end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  local offset = sign and (hours * 3600 + minutes * 60) * (sign == "+" and 1 or -1) or zone ~= "" and 0 or usual or 0
  return date.utc(year, month, day, h, m, s ~= "" and s or 0) - offset
end

local units = {
  ms = 0.001, millisecond = 0.001, milliseconds = 0.001, s = 1, sec = 1, second = 1, seconds = 1, m = 60, min = 60, minute = 60, minutes = 60,
  h = 3600, hour = 3600, hours = 3600, d = 86400, day = 86400, days = 86400,
}
local EPOCH = 1e9 -- larger numbers are moments, not lengths

-- A length at the beginning of a text: "6m0s", "12ms", "1.5 seconds". Also gives what stands behind it.
local function length(text)
  local sum, rest = nil, text
  while true do
    local n, unit, after = rest:match "^%s*(%d+%f[%D]%.?%d*)%s*(%a+)(.*)$"
    if not n or not units[unit] then return sum, rest end
    sum, rest = (sum or 0) + tonumber(n) * units[unit], after
  end
end

---Seconds from now that a value says: a length ("7", "6m0s", "12ms"), a moment since 1970 in seconds or milliseconds, or a date.
---@param value any
---@return number?
function M.seconds(value)
  if type(value) ~= "string" and type(value) ~= "number" then return nil end
  local plain = tonumber(value)
  if plain then
    if plain ~= plain or plain == math.huge or plain == -math.huge then return nil end
    if plain >= 1e12 then plain = plain / 1000 - task.time() elseif plain > EPOCH then plain = plain - task.time() end
    return plain
  end
  local sum, rest = length(value)
  if sum and not rest:find "%S" then return sum end
  local moment = http_date(value) or iso_date(value)
  return moment and moment - task.time() or nil
end

-- "Your limit will reset at 2026-01-02 15:04:05", "将在 2026-01-02 15:04:05 重置": services that name no zone are in China.
local BEIJING = 8 * 3600
local before, behind = { "reset", "again at", "until", "available", "after", "将在", "请在", "于" }, { "重置", "恢复", "后重试", "刷新" }

-- The moment that the words name, and how they write it where they name no zone.
local function moment_in_words(text)
  local from, written, to = text:match "()(%d%d%d%d%-%d%d%-%d%d[Tt ]%d%d:%d%d[%d:.]*)()"
  if not from then return nil end
  local zone = text:match("^ ?[Zz]%f[%A]", to) or text:match("^ ?UTC", to) or text:match("^ ?[+-]%d%d:?%d%d", to)
  local head, tail = text:sub(math.max(1, from - 60), from - 1):lower(), text:sub(to, to + 40)
  local meant = false
  for _, word in ipairs(before) do meant = meant or head:find(word, 1, true) ~= nil end
  for _, word in ipairs(behind) do meant = meant or tail:find(word, 1, true) ~= nil end
  written = written:gsub("%f[.:][.:]+$", "")
  local at = meant and iso_date(written .. (zone or ""):gsub("^ ?UTC", "Z"):gsub("^ ", ""), BEIJING)
  if at then return at - task.time(), not zone and written or nil end
end

local asks = { "try again in about ", "try again in ", "try again after ", "retry in ", "retry after " }

-- "Please try again in 6m0s."
local function from_words(text)
  text = text:lower()
  for _, ask in ipairs(asks) do
    local _, last = text:find(ask, 1, true)
    local wait = last and length(text:sub(last + 1))
    if wait then return wait end
  end
end

local function from_fields(e)
  for _, name in ipairs { "retry_after", "resets_in_seconds", "retryDelay", "resets_at" } do
    local wait = M.seconds(e[name])
    if wait then return wait end
  end
  for _, detail in ipairs(type(e.details) == "table" and e.details or {}) do
    local wait = type(detail) == "table" and M.seconds(detail.retryDelay)
    if wait then return wait end
  end
end

-- "x-ratelimit-remaining-requests", "anthropic-ratelimit-input-tokens-remaining", "x-ratelimit-remaining-tokens-minute": the words
-- that are left name the window.
local function window_of(name)
  local words = {}
  for word in name:gmatch "%w+" do
    if not (word == "x" or word == "anthropic" or word == "ratelimit" or word == "remaining" or word == "unified") then words[#words + 1] = word end
  end
  return table.concat(words, " ")
end

-- The window that stays shut longest, of those that are used up.
local function from_windows(headers)
  local wait, window
  for name, value in pairs(headers) do
    if name:find("ratelimit", 1, true) and name:find("remaining", 1, true) and tonumber(value) == 0 then
      local reset = M.seconds(headers[name:gsub("remaining", "reset")])
      local words = window_of(name)
      if reset and (not wait or reset > wait or reset == wait and words < window) then wait, window = reset, words end
    end
  end
  return wait, window
end

---@param headers table<string, string>
---@param e table the error object of the body
---@param text string its words
---@return number? seconds never negative
---@return string? window which one is used up: "requests", "tokens day"
---@return string? written the moment as the words have it, where they name no zone
function M.read(headers, e, text)
  local ms = tonumber(headers["retry-after-ms"])
  local reset, window = from_windows(headers)
  local wait, written = M.seconds(ms and ms / 1000) or M.seconds(headers["retry-after"]) or reset or from_fields(e) or from_words(text), nil
  local at, words = moment_in_words(text)
  if at and (not wait or at > wait) then wait, written = at, words end
  return wait and math.max(wait, 0), window ~= "" and window or nil, written
end

return M
