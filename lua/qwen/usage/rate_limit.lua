-- Windows of limits in words and as tables: "60/min, 100/day, 6000/5h, 200k tokens/min, 100/day utc".
local err = require "qwen.util.err"
local tr = require("qwen.util.translate").tr
local texts = require "qwen.util.text"

local M = {}

local units = { s = 1, sec = 1, second = 1, m = 60, min = 60, minute = 60, h = 3600, hour = 3600, d = 86400, day = 86400, w = 604800, week = 604800 }
local names = { [60] = "min", [3600] = "hour", [86400] = "day", [604800] = "week" }
local scale = { [""] = 1, k = 1e3, m = 1e6 }

-- How much later than the service's own window a grant comes back: the spread of the way to it, measured (docs/decisions/0005-limits.md).
local function margin(per)
  return math.min(math.max(per / 30, 0.05), 2)
end

local function wrong(text)
  return nil, err("usage", tr("'%s' is no limit; write it like 60/min, 6000/5h, 100/day, 100/day "
    .. "utc or 200k tokens/min", text))
end

local LONGEST = 100 -- bytes of a limit as it is written

local function parse_one(text)
  if #text > LONGEST then return nil end
  local n, factor, what, count, unit, utc = text:lower():match "^(%d+%.?%d*)%s*([km]?)%s*(%a*)%s*/%s*(%d*%.?%d*)%s*(%a+)%s*(%a*)$"
  if factor == "m" and what ~= "" and not what:find "^tok" and not what:find "^req" then return nil end
  local kind = what == "" and "requests" or ({ token = "tokens", tokens = "tokens", request = "requests", requests = "requests" })[what]
  local per = units[unit] or unit and units[unit:gsub("s$", "")]
  if not (n and kind and per) or utc ~= "" and not (utc == "utc" and per == 86400 and (count == "" or count == "1")) then return nil end
  per = per * (count == "" and 1 or tonumber(count) or 0)
  local many = tonumber(n) * scale[factor]
  if per <= 0 or many < 1 then return nil end
  return { n = many, per = per, weighted = kind == "tokens", day = utc == "utc" }
end

local function from_table(t)
  local per = units[t.per] or tonumber(t.per)
  local n, day = tonumber(t.n), t.reset == "utc"
  if not (per and per > 0 and n and n >= 1) or day and per ~= 86400 then return nil end
  return { n = n, per = per, weighted = t.tokens == true or t.weight == "tokens", day = day, margin = tonumber(t.margin) }
end

---Reads windows: a text, a window table {n, per, reset = "utc"?, tokens = true?, margin?}, or a list of them.
---@param value any
---@return LimitWindow[]?, Err?
function M.read(value)
  local out = {}
  local function add(item)
    if type(item) == "string" then
      for text in item:gmatch "[^,]+" do
        text = texts.trim(text)
        local window = parse_one(text)
        if not window then return text end
        out[#out + 1] = window
      end
    elseif type(item) == "table" and (item.n ~= nil or item.per ~= nil) then
      local window = from_table(item)
      if not window then return ("n = %s, per = %s"):format(tostring(item.n), tostring(item.per)) end
      out[#out + 1] = window
    elseif type(item) == "table" then
      for _, one in ipairs(item) do
        local bad = add(one)
        if bad then return bad end
      end
    else
      return tostring(item)
    end
  end
  local bad = value ~= "off" and value ~= false and add(value)
  if bad then return wrong(bad) end
  if #out > 16 then return nil, err("usage", tr "a limit has at most 16 windows") end
  for _, window in ipairs(out) do window.margin = window.margin or margin(window.per) end
  return out
end

local function short(n)
  if n >= 1e6 and n % 1e5 == 0 then return ("%gM"):format(n / 1e6) end
  if n >= 1e4 and n % 1e3 == 0 then return ("%gk"):format(n / 1e3) end
  return ("%.14g"):format(n)
end

local function per_words(per)
  if names[per] then return names[per] end
  for _, unit in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "m" } } do
    if per % unit[1] == 0 then return ("%g%s"):format(per / unit[1], unit[2]) end
  end
  return ("%.14gs"):format(per)
end

---A window in the words that read understands.
---@param window LimitWindow
---@return string
function M.words(window)
  return ("%s%s/%s%s"):format(short(window.n), window.weighted and " tokens" or "", per_words(window.per), window.day and " utc" or "")
end

---All of them.
---@param windows LimitWindow[]
---@return string
function M.spec(windows)
  local out = {}
  for i, window in ipairs(windows) do out[i] = M.words(window) end
  return table.concat(out, ", ")
end

return M
