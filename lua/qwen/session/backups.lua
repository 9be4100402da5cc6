-- What was in files before tools changed them, by its hash in one folder: on the disk before a change,
-- and never given out damaged.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = { MOST = 16 * 1024 * 1024 } -- bytes of a file that is kept

local DAYS = 30 * 24 * 3600 -- seconds that contents are kept

---Removes contents and logs that were not used for a month.
---@param folder string
function M.sweep(folder)
  local now = task.time()
  for _, entry in ipairs(fs.list(folder) or {}) do
    local path = folder .. "/" .. entry.name
    local stat = fs.stat(path, false)
    if stat and stat.type == "file" and now - stat.mtime > DAYS then fs.remove(path) end
  end
end

---Keeps the content of a file.
---@param folder string
---@param path string
---@return string|false|nil hash false: there is no file
---@return Stat|Err|nil what the file was, with the hash
function M.keep(folder, path)
  local stat, e = fs.stat_exact(path)
  if not stat then
    if e.kind == "missing" then return false end
    return nil, e
  end
  if stat.type ~= "file" then return nil, err("usage", tr("%s is not a file", path)) end
  if stat.size > M.MOST then
    return nil, err("too_long", tr("%s is larger than 16 MB", path), { code = "large" })
  end
  local text, now = fs.read_exact(path)
  if not text then return nil, now end
  now.hash = sys.sha256(text)
  local place = folder .. "/" .. now.hash
  if fs.read(place) == text and fs.touch(place) then return now.hash, now end
  local ok
  ok, e = fs.write(place, text, { mode = 384 })
  if not ok then return nil, e end
  return now.hash, now
end

---A content that was kept.
---@param folder string
---@param hash string
---@return string?, Err?
function M.content(folder, hash)
  local text, e = fs.read(folder .. "/" .. hash)
  if not text then return nil, e end
  if sys.sha256(text) == hash then return text end
  return nil, err("broken", tr("the copy in %s is damaged", folder .. "/" .. hash), { code = "damaged" })
end

return M
