-- Flags in a line of free text, such as `/goal Don't stop --rounds 3`: only they are taken out of it,
-- so that quotes and apostrophes of the text stay as they were typed.
local err = require "qwen.util.err"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- Where the next flag begins from a place on, the place behind its name, and the name.
local function next_flag(line, at, known)
  while true do
    local first, last, name = line:find("%-%-(%a[%w-]*)", at)
    if not first then return nil end
    local begins = first == 1 or line:find("^%s", first - 1)
    local ends = last == #line or line:find("^[%s=]", last + 1)
    if begins and ends and known[name] then return first, last + 1, name end
    at = last + 1
  end
end

-- The value that begins at a place, and the place behind it. `whole` ones may have blanks: they go
-- up to the next flag unless they are in quotes.
local function value_at(line, at, whole, known)
  at = line:match("^[=%s]%s*()", at) or at
  local mark = line:match("^[\"']", at)
  local stop = mark and line:find(mark .. "%f[%s\0]", at + 1)
  if stop then return line:sub(at + 1, stop - 1), stop + 1 end
  if whole then
    local behind = next_flag(line, at, known) or #line + 1
    return text.trim(line:sub(at, behind - 1)), behind
  end
  local word = line:match("^%S*", at)
  return word, at + #word
end

---Takes flags out of a line. A flag that is there without a value has "".
---@param line string
---@param known table<string, "switch"|"word"|"text"> text: a value that may have blanks
---@return table<string, string|true> flags
---@return string rest of the line
function M.read(line, known)
  local flags, pieces, at = {}, {}, 1
  while true do
    local first, behind, name = next_flag(line, at, known)
    pieces[#pieces + 1] = text.trim(line:sub(at, (first or 0) - 1))
    if not first then break end
    if known[name] == "switch" then
      flags[name], at = true, behind
    else
      flags[name], at = value_at(line, behind, known[name] == "text", known)
    end
  end
  return flags, text.trim(table.concat(pieces, " "))
end

local UNITS = { [""] = 60, s = 1, m = 60, h = 3600, d = 86400 }

---A time as people write it, in seconds: "90s", "5m", "2h", "1d"; a number alone is minutes.
---@param word string
---@return number?
function M.seconds(word)
  local n, unit = word:match "^(%d+)([smhd]?)$"
  local seconds = n and tonumber(n) * UNITS[unit]
  return seconds and seconds > 0 and seconds < 1e9 and seconds or nil
end

local TIMES = { [""] = 1, k = 1000, m = 1000000 }

---A count as people write it: "20", "200k", "2m"; from 1 on.
---@param word string
---@return integer?
function M.count(word)
  local n, unit = word:lower():match "^(%d+)([km]?)$"
  local count = n and math.tointeger(tonumber(n) * TIMES[unit])
  return count and count > 0 and count < 1e12 and count or nil
end

local LIMITS = { { flag = "rounds", field = "rounds", read = M.count },
  { flag = "for", field = "seconds", read = M.seconds },
  { flag = "tokens", field = "tokens", read = M.count } }

---The limits of a command that goes on by itself: --rounds N, --for TIME, --tokens N.
---@param flags table<string, string|true>
---@param otherwise {rounds: integer?, seconds: number?, tokens: integer?} where no flag says one
---@return {rounds: integer?, seconds: number?, tokens: integer?}?
---@return Err?
function M.limits(flags, otherwise)
  local out = {}
  for _, limit in ipairs(LIMITS) do
    local word = flags[limit.flag]
    out[limit.field] = otherwise[limit.field]
    if word then out[limit.field] = limit.read(word) end
    if word and not out[limit.field] then
      return nil, err("usage", tr("--%s does not take '%s'", limit.flag, word))
    end
  end
  return out
end

return M
