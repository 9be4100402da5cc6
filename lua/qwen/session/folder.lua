-- The sessions of a folder: which there are, the one of an id, and deleting one.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local UUID = 36 -- bytes

---@class SessionEntry
---@field id string
---@field path string
---@field time number
---@field size integer

-- The folder that a session says it is of.
local function said_by(path)
  return require("qwen.session.chat_file").first(path, function(record)
    return type(record.cwd) == "string" and record.cwd or nil
  end)
end

-- Several folders have one place for their sessions, because "a/b" and "a-b" have the same name there. A file that says another
-- place was put here, as that of a project that was moved.
local function is_of(path, cwd)
  local said = said_by(path)
  return not said or said == cwd or paths.project_key(said) ~= paths.project_key(cwd)
end

local function add(out, chats)
  for _, entry in ipairs(fs.list(chats) or {}) do
    local id = entry.name:match "^(.*)%.jsonl$"
    local stat = id and fs.stat(chats .. "/" .. entry.name)
    if stat then
      out[#out + 1] = { id = id, path = chats .. "/" .. entry.name, time = stat.mtime,
        size = stat.size }
    end
  end
end

local function newer(a, b)
  if a.time ~= b.time then return a.time > b.time end
  return a.id < b.id
end

-- What stands in the place of a folder's sessions, newest first.
local function entries(cwd)
  local chats, out = paths.chats(cwd), {}
  if chats then add(out, chats) end
  table.sort(out, newer)
  return out
end

---The sessions of all folders, newest first.
---@return SessionEntry[]
function M.all()
  local projects, out = (paths.qwen_home() or "") .. "/projects", {}
  for _, entry in ipairs(fs.list(projects) or {}) do add(out, projects .. "/" .. entry.name .. "/chats") end
  table.sort(out, newer)
  return out
end

---The sessions of a folder, newest first.
---@param cwd string
---@return SessionEntry[]
function M.list(cwd)
  local out = {}
  for _, entry in ipairs(entries(cwd)) do
    if is_of(entry.path, cwd) then out[#out + 1] = entry end
  end
  return out
end

---The newest one.
---@param cwd string
---@return SessionEntry?, Err?
function M.newest(cwd)
  for _, entry in ipairs(entries(cwd)) do
    if is_of(entry.path, cwd) then return entry end
  end
  return nil, err("missing", tr "there is no session in this folder yet; start one: qwen")
end

---The folder that a session belongs to, by what it says itself.
---@param id string
---@return string?
function M.owner(id)
  if id:find("/", 1, true) then return nil end
  local projects = (paths.qwen_home() or "") .. "/projects"
  for _, entry in ipairs(fs.list(projects) or {}) do
    local path = ("%s/%s/chats/%s.jsonl"):format(projects, entry.name, id)
    local cwd = fs.exists(path) and said_by(path)
    if cwd then return cwd end
  end
end

-- Why there is none with an id, and what to do.
local function none(id)
  local cwd = #id == UUID and M.owner(id)
  local tree = cwd and cwd:match "/%.qwen/worktrees/([%w._-]+)$"
  if tree then return tr("session %s is of a worktree; go on: qwen -w %s --resume %s", id, tree, id) end
  if not cwd then return tr("there is no session '%s' in this folder; see: qwen sessions list", id) end
  local short = paths.short(text.clean(cwd))
  if paths.is_folder(cwd) then
    return tr("session %s belongs to %s; start qwen there", id, short)
  end
  return tr("session %s belongs to %s, which is gone; make that folder again to go on with it", id,
    short)
end

---The one with this id, or the only one that begins so.
---@param cwd string
---@param id string
---@return {id: string, path: string}?, Err?
function M.find(cwd, id)
  local chats, found = paths.chats(cwd), {}
  local whole = chats and #id == UUID and not id:find("/", 1, true)
  local path = whole and chats .. "/" .. id .. ".jsonl"
  if path and fs.exists(path) and is_of(path, cwd) then return { id = id, path = path } end
  for _, entry in ipairs(entries(cwd)) do
    local begins = entry.id:sub(1, #id) == id and is_of(entry.path, cwd)
    if begins and entry.id == id then
      found = { entry }
      break
    end
    if begins then found[#found + 1] = entry end
  end
  if #found == 0 then
    return nil, err("missing", none(id))
  end
  if #found > 1 then
    return nil, err("usage", tr("%d sessions begin with '%s'; give more of the id", #found, id))
  end
  return found[1]
end

---Deletes a session that nobody has open, with what its edits are taken back by.
---@param cwd string
---@param id string its id, or the only one that begins so
---@return {id: string, path: string}?, Err?
function M.delete(cwd, id)
  local found, e = M.find(cwd, id)
  if not found then return nil, e end
  local lock <close>, busy = fs.lock(found.path .. ".lock", 0)
  if not lock and busy.kind == "timeout" then
    busy = err("denied", tr("session %s is open; end it first", found.id), { path = found.path })
  end
  if not lock then return nil, busy end
  local ok
  ok, e = fs.remove(found.path)
  if not ok then return nil, e end
  local log = paths.project(cwd) .. "/backups/" .. found.id .. ".jsonl"
  for _, path in ipairs { found.path .. ".torn", found.path .. ".lock", log } do fs.remove(path) end
  return { id = found.id, path = found.path }
end

return M
