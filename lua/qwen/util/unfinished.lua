-- Work that a signal waits for, because half of it would cost what cannot be had again.
local M = {}

local count = 0

---Such work begins; it ends with the scope: `local _ <close> = unfinished.begin()`.
---@return table
function M.begin()
  count = count + 1
  return setmetatable({}, { __close = function() count = count - 1 end })
end

---@return boolean
function M.any() return count > 0 end

return M
