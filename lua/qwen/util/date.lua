-- Moments in UTC by the civil calendar, so that no time zone comes in.

local M = {}

---Seconds since 1970. Numbers may come as text; they are not checked for being a day that exists.
---@param year number|string
---@param month number|string
---@param day number|string
---@param hour number|string
---@param minute number|string
---@param second number|string
---@return number
function M.utc(year, month, day, hour, minute, second)
  local y, m = tonumber(year), tonumber(month)
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * (m - 3) + 2) // 5 + tonumber(day) - 719469
  return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

return M
