-- A session: the messages of one conversation and the file they live in, append only. A torn last line is normal and repaired here.
local chatlog = require "qwen.chatlog"
local embed = require "sys.embed"
local err = require "qwen.err"
local fs = require "sys.fs"
local json = require "sys.json"
local messages = require "qwen.message"
local paths = require "qwen.paths"
local sys = require "sys.os"

local Session = {}
Session.__index = Session

local CUT = "The program ended before this call was answered."

local function new(cwd, id, path)
  return setmetatable({ id = id, path = path, cwd = cwd, messages = {} }, Session)
end

-- The file is made with the first message, so that a look around leaves nothing behind.
local function open_file(self)
  if self.file then return true end
  local ok, e = fs.mkdir(self.path:match "^(.*)/", 448)
  if not ok then return nil, e end
  self.lock, e = fs.lock(self.path .. ".lock", 0)
  if not self.lock then
    if e.kind == "timeout" then
      return nil, err("denied", ("session %s is open in another qwen; end that one, or start a new session"):format(self.id), { path = self.path })
    end
    return nil, e
  end
  self.file, e = fs.append(self.path, 384)
  if not self.file then return nil, e end
  return true
end

---A new session. Without a home folder it lives in memory only.
---@param cwd string
---@param id string? a UUID
---@return Session?, Err?
function Session.create(cwd, id)
  if id and not id:match "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$" then
    return nil, err("usage", ("'%s' is not a session id; use a UUID such as %s"):format(id, sys.uuid()))
  end
  local chats = paths.chats(cwd)
  id = id or sys.uuid()
  if chats and fs.stat(chats .. "/" .. id .. ".jsonl") then
    return nil, err("usage", ("session %s is there already; go on with it: qwen --resume %s"):format(id, id))
  end
  return new(cwd, id, chats and chats .. "/" .. id .. ".jsonl")
end

---Appends a message: one line, written at once.
---@param message Message
---@return boolean?, Err?
function Session:add(message)
  local before = self.messages[#self.messages]
  self.messages[#self.messages + 1] = message
  if not self.path then return true end
  local ok, e = open_file(self)
  if not ok then return nil, e end
  return self.file:write(chatlog.encode(message, {
    parent = before and before.id or nil, session = self.id, cwd = self.cwd, version = embed.version,
  }))
end

---Brings what was added to the disk.
---@return boolean?, Err?
function Session:sync()
  if not self.file then return true end
  return self.file:sync()
end

---Lets go of the file and its lock.
function Session:close()
  if self.file then self.file:close() end
  if self.lock then self.lock:close() end
  self.file, self.lock = nil, nil
end

-- Cuts a last line that was not written whole, and keeps the fragment beside the file.
local function repair(path, text)
  local whole = text:match "^.*()\n" or 0
  if whole == #text then return text end
  local rest = text:sub(whole + 1)
  if json.decode(rest) then return text .. "\n", true end
  local ok, e = fs.write(path .. ".torn", rest)
  if not ok then return nil, e end
  ok, e = fs.truncate(path, whole)
  if not ok then return nil, e end
  return text:sub(1, whole)
end

local function load(self)
  local ok, e = open_file(self)
  if not ok then return nil, e end
  local text
  text, e = fs.read(self.path, 1 << 30)
  if not text then return nil, e end
  local fixed, needs_end = repair(self.path, text)
  if not fixed then return nil, needs_end end
  if needs_end == true then self.file:write "\n" end
  for line in fixed:gmatch "[^\n]+" do
    local record = not line:find("\0", 1, true) and json.decode(line)
    local message = record and chatlog.decode(record)
    if message then self.messages[#self.messages + 1] = message end
  end
  local closing = messages.close_dangling(self.messages, CUT)
  if closing then
    ok, e = self:add(closing)
    if not ok then return nil, e end
  end
  return self
end

---The sessions of a folder, newest first.
---@param cwd string
---@return {id: string, path: string, time: number, size: integer}[]
function Session.list(cwd)
  local chats, out = paths.chats(cwd), {}
  for _, entry in ipairs(chats and fs.list(chats) or {}) do
    local id = entry.name:match "^(.*)%.jsonl$"
    local stat = id and fs.stat(chats .. "/" .. entry.name)
    if stat then out[#out + 1] = { id = id, path = chats .. "/" .. entry.name, time = stat.mtime, size = stat.size } end
  end
  table.sort(out, function(a, b)
    if a.time ~= b.time then return a.time > b.time end
    return a.id < b.id
  end)
  return out
end

---The first prompt of a session file, from its first lines only.
---@param path string
---@return string?
function Session.title(path)
  local f = io.open(path, "r")
  if not f then return nil end
  for _ = 1, 20 do
    local line = f:read "l"
    if not line then break end
    local record = #line < 1024 * 1024 and json.decode(line)
    local message = record and chatlog.decode(record)
    if message and message.role == "user" then
      f:close()
      return (messages.text_of(message):gsub("%s+", " "))
    end
  end
  f:close()
end

---Goes on with a session.
---@param cwd string
---@param id string its id, or the only one that begins so
---@return Session?, Err?
function Session.open(cwd, id)
  local found = {}
  for _, entry in ipairs(Session.list(cwd)) do
    if entry.id == id then
      found = { entry }
      break
    end
    if entry.id:sub(1, #id) == id then found[#found + 1] = entry end
  end
  if #found == 0 then return nil, err("missing", ("there is no session '%s' in this folder; see: qwen sessions list"):format(id)) end
  if #found > 1 then return nil, err("usage", ("%d sessions begin with '%s'; give more of the id"):format(#found, id)) end
  return load(new(cwd, found[1].id, found[1].path))
end

---Goes on with the newest session of the folder.
---@param cwd string
---@return Session?, Err?
function Session.latest(cwd)
  local newest = Session.list(cwd)[1]
  if not newest then return nil, err("missing", "there is no session in this folder yet; start one: qwen") end
  return load(new(cwd, newest.id, newest.path))
end

return Session
