-- A session: the messages of one conversation and the file they live in, append only. A torn last line is normal and repaired here.
local chat_record = require "qwen.session.chat_record"
local embed = require "sys.embed"
local err = require "qwen.util.err"
local folder = require "qwen.session.folder"
local fs = require "sys.fs"
local messages = require "qwen.session.message"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local Session = {}
Session.__index = Session
Session.list, Session.delete = folder.list, folder.delete

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
      return nil, err("denied", tr("session %s is open in another qwen; end that one, or go on with a "
        .. "copy: qwen --resume %s --fork-session", self.id, self.id), { path = self.path })
    end
    return nil, e
  end
  self.file, e = fs.append(self.path, 384)
  if not self.file then return nil, e end
  self.branch = require("qwen.util.git").branch(self.here or self.cwd)
  return true
end

-- What each record says of the session, and of the one that it follows.
local function head(self, id)
  return { id = id, parent = self.leaf, session = self.id, cwd = self.here or self.cwd, version = embed.version,
    branch = self.branch and text.utf8(self.branch), time = id and task.time(),
    choices = self.choices and self.choices() }
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
  local self = new(cwd, id, chats and chats .. "/" .. id .. ".jsonl")
  self.in_memory = in_memory
  return self
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
  if self.private then fs.remove_tree(self.private) end
  self.file, self.lock, self.private = nil, nil, nil
end

---The session goes on in another folder; its file stays where it is. One without a file begins there.
---@param where string real path
function Session:move(where)
  if self.path and not self.file then
    self.cwd, self.path = where, ("%s/%s.jsonl"):format(paths.chats(where), self.id)
  end
  self.here = where ~= self.cwd and where or nil
  self.branch = require("qwen.util.git").branch(where)
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
  self.compacted, self.omitted, self.left = kept.compacted, kept.omitted, kept.left
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
  return setmetatable({ id = of.id, cwd = of.cwd, messages = {}, main = of.main or of,
    in_memory = of.in_memory }, Session)
end

---What a list shows of a session file.
---@param path string
---@return SessionSummary
function Session.summary(path) return require("qwen.session.summary").of(path) end

---The sessions of a folder in whose texts one message holds all of the words.
---@param cwd string
---@param words string[]
---@param progress fun(read: integer, all: integer)?
---@return fun(): SessionEntry?, SessionHit?
function Session.search(cwd, words, progress)
  return require("qwen.session.search").each(cwd, words, progress)
end

---The newest prompt of a session file and the last words that answered it.
---@param path string
---@return {user: string?, assistant: string?}
function Session.exchange(path) return require("qwen.session.summary").exchange(path) end

---Goes on with a session.
---@param cwd string
---@param id string its id, or the only one that begins so
---@return Session?, Err?
function Session.open(cwd, id)
  local found, e = folder.find(cwd, id)
  if not found then return nil, e end
  return load(new(cwd, found.id, found.path))
end

---Goes on with a copy of a session under a new id; the first stays as it is, and may be open.
---@param cwd string
---@param id string? its id, or the only one that begins so; without it the newest
---@param as {id: string?, title: string?, leaf: string?}? leaf: the newest record that counts, where
---that is not the last one
---@return Session?, Err?
function Session.fork(cwd, id, as)
  local made
  local found, e
  if id then found, e = folder.find(cwd, id) else found, e = folder.newest(cwd) end
  if found then made, e = Session.create(cwd, as and as.id) end
  if not made then return nil, e end
  local ok
  ok, e = require("qwen.session.fork").copy(cwd, found, made, as or {})
  if not ok then return nil, e end
  return load(made)
end

---Goes on with a copy of this session.
---@param title string? without it that of this one, with a number
---@return Session?, Err?
function Session:branch_off(title)
  local made, e = Session.fork(self.cwd, self.id, { title = title, leaf = self.leaf })
  if made and self.here then made:move(self.here) end
  return made, e
end

---Goes on with the newest session of the folder.
---@param cwd string
---@return Session?, Err?
function Session.latest(cwd)
  local newest, e = folder.newest(cwd)
  if not newest then return nil, e end
  return load(new(cwd, newest.id, newest.path))
end

return Session
