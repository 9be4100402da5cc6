-- The conversation in a session file: the branch that was written last, from its newest record
-- back to where the conversation was shortened, or as far as there is room for it. What stands
-- before that stays in the file.
local chat_record = require "qwen.session.chat_record"
local json = require "sys.json"
local message = require "qwen.session.message"
local task = require "sys.task"
local text = require "qwen.util.text"

local M = {}

-- What is taken: bytes of text, more than the window of any model has room for; messages; bytes of
-- pictures and files, which weigh little for a model and much in memory, so that older ones are
-- left out of their messages; bytes that are read for all of it.
local TEXT, MESSAGES, MEDIA, ALL = 4 * 1024 * 1024, 4000, 6 * 1024 * 1024, 24 * 1024 * 1024
-- Records before one, and their bytes, among which the one that it follows is looked for, before
-- the file is searched.
local AHEAD, AHEAD_BYTES = 32, 1024 * 1024
local IN_VAIN = 256 * 1024 * 1024 -- bytes that are searched for records that are not there
local LONG = 2 * 1024 * 1024 -- bytes of one text that are taken
local PROMPT = 8000 -- bytes of the first prompt that stand in the place of what is left out

local Branch = {}
Branch.__index = Branch

local function new(file)
  return setmetatable({ file = file, queue = {}, in_vain = 0, media = 0, faded = 0 }, Branch)
end

local function id_of(value)
  return type(value) == "string" and value or nil
end

-- The n-th record before the current one, in the order of the file.
local function ahead(self, n)
  while #self.queue < n do
    local record, size = self.file:record()
    if not record then return nil end
    self.queue[#self.queue + 1] = { record = record, size = size, at = self.file.at }
  end
  return self.queue[n]
end

local function take(self, n)
  local item = ahead(self, n)
  self.queue = table.move(self.queue, n + 1, #self.queue, 1, {})
  return item
end

-- Bytes of the file before a record that was taken last.
local function bytes_before(self, item)
  local bytes = self.file.at + item.size
  for _, other in ipairs(self.queue) do bytes = bytes + other.size end
  return bytes
end

-- The one that a record follows, when it is not the line before: what lies between was left by
-- going back.
local function parent_of(self, id)
  local bytes, n = 0, 1
  while n <= AHEAD and bytes < AHEAD_BYTES do
    local item = ahead(self, n)
    if not item then return nil end
    if item.record.uuid == id then return take(self, n) end
    bytes, n = bytes + item.size, n + 1
  end
  if self.in_vain > IN_VAIN then return nil end
  local record, size = self.file:go_to(id)
  if record then
    self.queue = {}
    return { record = record, size = size, at = self.file.at }
  end
  self.in_vain = self.in_vain + size
end

-- Each record names the one before it, so that what was rewound is not on the way. Where that one
-- is not in the file (its line was lost), the line before is taken.
local function before(self, record)
  local next_line = ahead(self, 1)
  if not next_line then return nil end
  local twin = next_line.record.uuid == record.uuid -- a message in several records
  if not twin and record.parentUuid == json.null and record.type ~= "system" then return nil end
  local parent = id_of(record.parentUuid)
  if twin or not parent or next_line.record.uuid == parent then return take(self, 1) end
  return parent_of(self, parent) or take(self, 1)
end

-- A message without its pictures and files where newer messages have enough of them, and with the
-- ends of very long texts; and how many bytes do not count as text.
local function limited(self, m)
  local bytes = 0
  for i, part in ipairs(m and m.parts or {}) do
    if part.text and #part.text > LONG then
      local ends = text.utf8((text.head_tail(part.text, LONG)))
      bytes = bytes + #part.text - #ends
      part.text, self.faded = ends, self.faded + 1
    end
    local media = (part.type == "image" or part.type == "file") and #part.data or 0
    bytes = bytes + media
    if media > 0 and self.media + media > MEDIA then
      m.parts[i] = { type = "text", text = "[a file was shown here]" }
      self.faded = self.faded + 1
    else
      self.media = self.media + media
    end
  end
  return m, bytes
end

-- What stands in the place of messages that are left out: the prompt that the session began with,
-- and a word about the rest.
local function head(file, bytes)
  local first = file.first(file.path, function(record)
    local m = chat_record.decode(record)
    return m and m.role == "user" and message.prompt_of(m):find "%S" and m
  end, ALL)
  local note = message.note(("What was said between the first prompt and the following is not "
    .. "shown: it was too long. It is in the file %s (JSON lines, %d bytes before the part that follows); "
    .. "search it with grep_search where it matters."):format(file.path, bytes))
  local words = first and message.prompt_of(first) or ""
  local out = message.user(text.utf8((text.head_tail(words, PROMPT))), { note })
  if not first then table.remove(out.parts, 1) end
  return out
end

-- The messages of the branch, newest first, and what ended the way back: a shorter history, or the
-- record before those taken.
local function collect(self, item)
  local newest_first, said, all = {}, 0, 0
  while item do
    local m, media = limited(self, chat_record.decode(item.record))
    newest_first[#newest_first + 1] = m
    self.left = self.left or chat_record.choices(item.record)
    said, all = said + item.size - media, all + item.size
    local shorter = chat_record.compressed(item.record)
    if shorter then return newest_first, shorter end
    local following = before(self, item.record)
    local full = said > TEXT or all > ALL or #newest_first > MESSAGES
    if following and full then return newest_first, nil, following end
    item = following
  end
  return newest_first
end

---@class Kept
---@field messages Message[]
---@field leaf string? id of the last record, on which the next one follows
---@field compacted integer? how many of the messages have no record of their own
---@field omitted integer? bytes of the file before the messages, where those are not all since the
---last shortening
---@field left {mode: string?, effort: string?}? what the user had chosen for it
---@field faded integer pictures and files left out of messages, and long texts cut in them

---The conversation that a file holds.
---@param file table of chat_file.lua
---@return Kept?
---@return Err?
function M.read(file)
  local self = new(file)
  local last = ahead(self, 1) and take(self, 1)
  local newest_first, shorter, left = collect(self, last)
  if file.err then return nil, file.err end
  local omitted = left and bytes_before(self, left)
  local messages = shorter or left and { head(file, omitted) } or {}
  local compacted = (shorter or left) and #messages or nil
  for i = shorter and #shorter or 0, 1, -1 do limited(self, shorter[i]) end
  for i = #newest_first, 1, -1 do
    if left then newest_first[i].usage = nil end -- what a service counted was another conversation
    messages[#messages + 1] = newest_first[i]
  end
  local leaf = last and id_of(last.record.uuid)
  return { messages = messages, leaf = leaf, compacted = compacted, omitted = omitted,
    faded = self.faded, left = self.left }
end

---All messages of the branch that ends with a record, oldest first, also those before a shortening.
---They are read one by one.
---@param file table of chat_file.lua
---@param leaf string id of that record
---@return (fun(): Message?)?, Err?
function M.all(file, leaf)
  local self, at, size = new(file), {}, {}
  local item = ahead(self, 1) and take(self, 1)
  if item and item.record.uuid ~= leaf then item = parent_of(self, leaf) end
  if not item then return nil, file.err end
  while item do
    if item.record.type ~= "system" then at[#at + 1], size[#size + 1] = item.at, item.size end
    if #at % 1000 == 0 then task.sleep(0) end -- the screen stays alive
    item = before(self, item.record)
  end
  if file.err then return nil, file.err end
  local i = #at + 1
  return function()
    while i > 1 do
      i = i - 1
      local record = file:record_at(at[i], size[i])
      local m = record and chat_record.decode(record)
      if m then return m end
    end
  end
end

return M
