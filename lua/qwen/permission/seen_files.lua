-- Which files the model has seen as they are now, so that it may change them.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local seen = require "qwen.session.seen"

local M = {}

---A file that another program wrote since it was read.
---@param path string
---@return Err
function M.changed(path)
  return err("usage", ("%s has changed on disk since it was read. Nothing was written. Read it again with "
    .. "read_file."):format(path), { code = "changed" })
end

---Notes that lines of a file were shown, so that it may be edited while it stays the same.
---@param ctx Ctx
---@param path string
---@param stat Stat? what it was before it was read
---@param shown {first: integer, last: integer, total: integer}? which lines of how many; nil: no
--- more than before, and all of a file that was not seen before
function M.mark_seen(ctx, path, stat, shown)
  local real = paths.real(path)
  stat = stat or fs.stat_exact(real)
  if stat then ctx.seen[real] = seen.add(ctx.seen[real], stat, shown) end
end

---Whether a tool just wrote a file by `write`.
---@param ctx Ctx
---@param path string
---@return boolean
function M.wrote(ctx, path)
  local file = ctx.seen[paths.real(path)]
  return file ~= nil and file.hash ~= nil
end

---Whether a file may be changed: it was read in this session and is still the same.
---@param ctx Ctx
---@param path string
---@param stat Stat? what it is now
---@param whole boolean? all of it is replaced: then all of it was shown
---@return boolean?, Err?
function M.check_seen(ctx, path, stat, whole)
  local file = ctx.seen[paths.real(path)]
  if not file then
    return nil, err("usage", ("%s has not been read in this session. Nothing was written. Read it with read_file first."):format(path),
      { code = "unread" })
  end
  if not stat or not seen.same(file, stat) then
    return nil, M.changed(path)
  end
  local first, last = seen.gap(file)
  if whole and first then
    return nil, err("usage", ("Lines %d-%d of %s (%d lines) have not been shown to you, and would be lost. Nothing was "
      .. "written. Change parts of the file with edit, or read those lines first."):format(first, last, path, file.total))
  end
  return true
end

return M
