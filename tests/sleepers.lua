-- Programs that a test starts and looks for: times to sleep that are of this run only, and whether a program runs.
local wait = dofile "tests/wait.lua"
local fs, os_ = require "sys.fs", require "sys.os"

local M = {}

local count = 0

---A time to sleep that nobody else sleeps.
---@return string
function M.mark()
  count = count + 1
  return ("%d.%07d"):format(4000 + count, os_.pid())
end

---The pid of a program by how its command line begins: its own, not that of a program which will start it.
---@param words string with a zero byte between two words
---@return string?
function M.alive(words)
  for _, entry in ipairs(fs.list "/proc") do
    local text = entry.name:match "^%d+$" and fs.read("/proc/" .. entry.name .. "/cmdline") or ""
    if text:sub(1, #words) == words then return entry.name end
  end
end

---Waits until it is gone.
function M.gone(words) return wait.until_true(function() return not M.alive(words) end) end

return M
