-- Numbers of the command line as people write them: a count, a time, an amount of money. -1 is no limit, where there is such a thing.
local M = {}

local UNITS = { [""] = 1, s = 1, m = 60, h = 3600 }
local LONGEST = 24 * 86400 -- seconds of a run

-- A number without sign and exponent.
local function plain(word)
  return word:find "^%d" and not word:find "[^%d.]" and tonumber(word) or nil
end

local readers = {
  count = function(word) return word:find "^%d+$" and math.tointeger(tonumber(word)) end,
  time = function(word)
    local unit = word:match "[smh]$" or ""
    local number = plain(word:sub(1, #word - #unit))
    local seconds = number and number * UNITS[unit]
    return seconds and seconds >= 1 and seconds <= LONGEST and seconds
  end,
  amount = plain,
}

local wanted = { count = "a whole number", time = "a time from 1s to 24 days such as 90, 90s, 5m or 1.5h", amount = "an amount such as 0.50" }

---@param flag {kind: "count"|"time"|"amount", least: number?, most: number?, unlimited: boolean?}
---@param word string
---@return number?
---@return string? problem the end of a sentence
function M.read(flag, word)
  if flag.unlimited and word == "-1" then return -1 end
  local value = readers[flag.kind](word)
  if value and value >= (flag.least or 0) and value <= (flag.most or math.huge) then return value end
  local range = value and (flag.least and value < flag.least and (", at least %s"):format(flag.least)
    or flag.most and value > flag.most and (", at most %s"):format(flag.most)) or ""
  return nil, ("wants %s%s%s, not '%s'"):format(wanted[flag.kind], range, flag.unlimited and " (-1: no limit)" or "", word)
end

return M
