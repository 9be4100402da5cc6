-- What a repository says of itself without running git.
local fs = require "sys.fs"

local M = {}

local MOST = 4096 -- bytes of a file of git that names one thing

-- The text of a regular file; a pipe of that name would keep us waiting.
local function text_of(path)
  local stat = fs.stat(path)
  return stat and stat.type == "file" and fs.read(path, MOST) or nil
end

local function absolute(path, folder)
  return path:sub(1, 1) == "/" and path or folder .. "/" .. path
end

---The folder with the history that a working tree belongs to, which linked ones have in common.
---@param folder string with .git in it
---@return string? real path
function M.common(folder)
  local at = folder .. "/.git"
  local named = (text_of(at) or ""):match "^gitdir: ([^\n]+)"
  if named then at = absolute(named, folder) end
  local shared = named and (text_of(at .. "/commondir") or ""):match "^([^\n]+)"
  return fs.realpath(shared and absolute(shared, at) or at)
end

---The branch that the repository around a folder is on, or the beginning of its commit.
---@param folder string real path
---@return string? not clean
function M.branch(folder)
  while folder and folder ~= "" do
    local at = folder .. "/.git"
    local named = (text_of(at) or ""):match "^gitdir: ([^\n]+)"
    if named then at = absolute(named, folder) end
    local head = text_of(at .. "/HEAD")
    if head then
      return head:match "^ref: refs/heads/([^\n]+)" or head:match "^%x%x%x%x%x%x%x"
    end
    folder = folder:match "^(.+)/[^/]*$"
  end
end

return M
