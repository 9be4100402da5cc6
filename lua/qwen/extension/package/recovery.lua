-- What a process that was killed in the middle of its work on the packages left behind: a version that was
-- moved aside comes back unless the new one is whole and approved; what was being fetched goes.
local files = require "qwen.extension.package.files"
local fs = require "sys.fs"
local lock = require "qwen.extension.package.lock"

local M = {
  ---How a version that is being replaced is called, before its name.
  aside = ".old-",
  ---How a folder for what is being fetched is called, before the number of its process.
  stage = ".stage-",
}

local function whole(dir, entry)
  local now = entry and fs.exists(dir) and files.hashes(dir)
  return now and #files.differences(entry.files, now) == 0
end

-- One version that was moved aside.
local function settle(folder, name, entries)
  local dir, old = folder .. "/" .. name, folder .. "/" .. M.aside .. name
  if whole(dir, entries[name]) then
    fs.remove_tree(old)
    return
  end
  if fs.exists(dir) then fs.remove_tree(dir) end
  fs.rename(old, dir)
end

---Whether a folder holds something that was left behind.
---@param list {name: string}[]
---@return boolean
function M.needed(list)
  for _, entry in ipairs(list) do
    if entry.name:sub(1, #M.aside) == M.aside then return true end
  end
  return false
end

---Puts a folder of packages in order; the caller holds the lock.
---@param folder string
function M.run(folder)
  local entries = lock.read()
  for _, found in ipairs(fs.list(folder) or {}) do
    local name = found.name:match("^" .. M.aside:gsub("%p", "%%%0") .. "(.+)$")
    if name then settle(folder, name, entries) end
  end
end

---Removes what processes that are gone were fetching.
---@param folder string
function M.sweep(folder)
  for _, found in ipairs(fs.list(folder) or {}) do
    local pid = found.name:match("^" .. M.stage:gsub("%p", "%%%0") .. "(%d+)")
    if pid and not fs.exists("/proc/" .. pid) then fs.remove_tree(folder .. "/" .. found.name) end
  end
end

---The entries of a folder of packages, put in order first where that is needed.
---@param folder string
---@return {name: string, type: string}[]
function M.list(folder)
  local list = fs.list(folder) or {}
  if not M.needed(list) then return list end
  local held <close> = lock.hold() -- another process may be in the middle of it
  if held then M.run(folder) end
  return fs.list(folder) or {}
end

return M
