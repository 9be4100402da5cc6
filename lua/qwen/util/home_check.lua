-- Whether a folder of the user can hold what qwen keeps: files, their bytes on the disk, and locks.
local fs = require "sys.fs"
local sys = require "sys.os"

local M = {}

local PROBE = ("x"):rep(8192) -- more than a file that lives in its own entry of the folder

---What a folder cannot do; nil when it can hold everything.
---@param folder string made when it is missing
---@return Err?
function M.problem(folder)
  local ok, e = fs.mkdir(folder, 448)
  if not ok then return e end
  local path = ("%s/.probe-%s"):format(folder, sys.uuid():sub(1, 8))
  ok, e = fs.write(path, PROBE, { mode = 384 })
  local lock
  if ok then lock, e = fs.lock(path, 0) end
  if lock then lock:close() end
  fs.remove(path)
  return not lock and e or nil
end

return M
