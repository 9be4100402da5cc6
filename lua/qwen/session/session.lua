-- A session: the messages of one conversation and the file they live in, append only. A torn last line is normal and repaired here.
local chat_record = require "qwen.session.chat_record"
local embed = require "sys.embed"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local messages = require "qwen.session.message"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local Session = {}
Session.__index = Session

local UUID = 36 -- bytes
-- Bytes after which the title is written again: it is looked for in the last 64 KB.
local FAR = 32 * 1024
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
      return nil, err("denied", tr("session %s is open in another qwen; end that one, or start a new session", self.id), { path = self.path })
    end
    return nil, e
  end
  self.file, e = fs.append(self.path, 384)
  if not self.file then return nil, e end
  self.branch = require("qwen.util.git").branch(self.cwd)
  return true
end

-- What each record says of the session, and of the one that it follows.
local function head(self, id)
  return { id = id, parent = self.leaf, session = self.id, cwd = self.cwd, version = embed.version,
    branch = self.branch and text.utf8(self.branch), time = id and task.time() }
end

---A new session. Without a home folder it lives in memory only.
---@param cwd string
---@param id string? a UUID
---@param in_memory boolean? nothing is written
---@return Session?, Err?
function Session.create(cwd, id, in_memory)
  if id and not id:match "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$" then
    return nil, err("usage", tr("'%s' is not a session id; use a UUID such as %s", id, sys.uuid()))
  end
  local chats = not in_memory and paths.chats(cwd) or nil
  id = id or sys.uuid()
  if chats and fs.stat(chats .. "/" .. id .. ".jsonl") then
    return nil, err("usage", tr("session %s is there already; go on with it: qwen --resume %s", id, id))
  end
  return new(cwd, id, chats and chats .. "/" .. id .. ".jsonl")
end

-- A full disk may have taken half of the line before: this one must not become its end.
local function write_line(self, line, id)
  local ok, e = self.file:write(self.torn and "\n" .. line or line)
  self.torn = not ok
  if not ok then return nil, e end
  self.leaf, self.behind = id, (self.behind or 0) + #line
  return true
end

---Gives the session a title.
---@param title string one line
---@return boolean?, Err?
function Session:rename(title)
  self.title = title
  if not self.path then return true end
  local ok, e = open_file(self)
  if not ok then return nil, e end
  local id = sys.uuid()
  ok, e = write_line(self, chat_record.encode_title(title, head(self, id)), id)
  if ok then self.behind = 0 end
  return ok, e
end

---Appends a message: one line, written at once. What cannot be written is still in `messages`.
---@param message Message
---@return boolean?, Err?
function Session:add(message)
  self.messages[#self.messages + 1] = message
  if not self.path then return true end
  local ok, e = open_file(self)
  if ok then ok, e = write_line(self, chat_record.encode(message, head(self)), message.id) end
  if ok and self.title and self.behind > FAR then self:rename(self.title) end
  return ok, e
end

---Puts a shorter history in the place of the messages so far; the file keeps those.
---@param shorter Message[]
---@param tokens {before: integer, after: integer}
---@return boolean?, Err?
function Session:compact(shorter, tokens)
  if self.path then
    local id = sys.uuid()
    local ok, e = open_file(self)
    if not ok then return nil, e end
    ok, e = write_line(self, chat_record.encode_compaction(shorter, head(self, id), tokens), id)
    if not ok then return nil, e end
    ok, e = self.file:sync()
    if not ok then return nil, e end
  end
  self.messages, self.compacted, self.omitted = shorter, #shorter, nil
  return true
end

---Goes back to before a message: what is added next begins another branch. The file keeps the one that is left.
---@param at integer its place in `messages`
---@return boolean?, Err?
function Session:rewind(at)
  local before = self.messages[at - 1]
  if self.compacted and at - 1 <= self.compacted then
    return nil, err("usage", tr("that is before the place where the conversation was shortened; go "
      .. "back to a later prompt, or start anew: /clear"))
  end
  self.messages = table.move(self.messages, 1, at - 1, 1, {})
  while before and before.unwritten do
    at = at - 1
    before = self.messages[at - 1]
  end
  self.leaf = before and before.id or nil
  return true
end

---Sentences about what the file has and `messages` have not, though nobody shortened the
---conversation.
---@return string[]
function Session:left_out()
  local out = {}
  if self.omitted then
    out[1] = tr("the session is long: its last %d messages go on; what was said before (%s) stays "
      .. "in %s, and the model is told so", #self.messages - self.compacted, text.human_bytes(self.omitted), paths.short(self.path))
  end
  if self.faded then
    out[#out + 1] = tr("%d older pictures, files or long texts are shown to the model in part or not "
      .. "at all", self.faded)
  end
  return out
end

---All messages from the first to the newest, also those that a shortening left in the file.
---@return fun(): Message?
function Session:history()
  local chat_branch, chat_file = require "qwen.session.chat_branch", require "qwen.session.chat_file"
  local file = self.path and self.compacted and self.leaf and not self.torn and chat_file.open(self.path)
  local all = file and chat_branch.all(file, self.leaf)
  local i = 0
  return all or function()
    i = i + 1
    return self.messages[i]
  end
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

local function load(self)
  local chat_branch = require "qwen.session.chat_branch" -- here: a new session needs neither
  local chat_file = require "qwen.session.chat_file"
  local ok, e = open_file(self)
  if not ok then return nil, e end
  local file, kept
  file, e = chat_file.open(self.path, self.file)
  if file then kept, e = chat_branch.read(file) end
  if not kept then
    self:close()
    return nil, e
  end
  self.resumed, self.leaf = true, kept.leaf
  local stat = fs.stat(self.path)
  self.title, self.behind = require("qwen.session.summary").given(self.path, stat and stat.size or 0)
  self.compacted, self.omitted = kept.compacted, kept.omitted
  self.faded = kept.faded > 0 and kept.faded or nil
  local closing
  self.messages, closing = messages.mend(kept.messages, CUT)
  if closing then
    ok, e = self:add(closing)
    if not ok then return nil, e end
  end
  return self
end

---One that is kept in memory alone, for a conversation beside another: of the same id, with what tools changed in common.
---@param of Session
---@return Session
function Session.aside(of)
  return setmetatable({ id = of.id, cwd = of.cwd, messages = {}, main = of.main or of }, Session)
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

---What a list shows of a session file.
---@param path string
---@return SessionSummary
function Session.summary(path) return require("qwen.session.summary").of(path) end

---The newest prompt of a session file and the last words that answered it.
---@param path string
---@return {user: string?, assistant: string?}
function Session.exchange(path) return require("qwen.session.summary").exchange(path) end

-- The one of a folder with this id, or the only one that begins so.
local function find(cwd, id)
  local chats, found = paths.chats(cwd), {}
  local whole = chats and #id == UUID and not id:find("/", 1, true)
  local path = whole and chats .. "/" .. id .. ".jsonl"
  if path and fs.exists(path) then return { id = id, path = path } end
  for _, entry in ipairs(Session.list(cwd)) do
    if entry.id == id then
      found = { entry }
      break
    end
    if entry.id:sub(1, #id) == id then found[#found + 1] = entry end
  end
  if #found == 0 then
    return nil, err("missing",
      tr("there is no session '%s' in this folder; see: qwen sessions list", id))
  end
  if #found > 1 then return nil, err("usage", tr("%d sessions begin with '%s'; give more of the id", #found, id)) end
  return found[1]
end

---Goes on with a session.
---@param cwd string
---@param id string its id, or the only one that begins so
---@return Session?, Err?
function Session.open(cwd, id)
  local found, e = find(cwd, id)
  if not found then return nil, e end
  return load(new(cwd, found.id, found.path))
end

---Deletes a session that nobody has open, with what its edits are taken back by.
---@param cwd string
---@param id string its id, or the only one that begins so
---@return {id: string, path: string}?, Err?
function Session.delete(cwd, id)
  local found, e = find(cwd, id)
  if not found then return nil, e end
  local lock <close>, busy = fs.lock(found.path .. ".lock", 0)
  if not lock and busy.kind == "timeout" then
    busy = err("denied", tr("session %s is open; end it first", found.id), { path = found.path })
  end
  if not lock then return nil, busy end
  local ok
  ok, e = fs.remove(found.path)
  if not ok then return nil, e end
  for _, path in ipairs { found.path .. ".torn", found.path .. ".lock", paths.project(cwd) .. "/backups/" .. found.id .. ".jsonl" } do fs.remove(path) end
  return { id = found.id, path = found.path }
end

---Goes on with the newest session of the folder.
---@param cwd string
---@return Session?, Err?
function Session.latest(cwd)
  local newest = Session.list(cwd)[1]
  if not newest then return nil, err("missing", tr "there is no session in this folder yet; start one: qwen") end
  return load(new(cwd, newest.id, newest.path))
end

return Session
