-- Search over what was said in the sessions of a folder, the newest session first. A file is read in
-- blocks; only lines that hold the longest of the words are decoded.
local chat_record = require "qwen.session.chat_record"
local folder = require "qwen.session.folder"
local fs = require "sys.fs"
local json = require "sys.json"
local message = require "qwen.session.message"
local summary = require "qwen.session.summary"
local task = require "sys.task"

local M = {}

local BLOCK = 1024 * 1024 -- bytes that are read at once
local LINE = 16 * 1024 * 1024 -- bytes of a line that is looked at
local SLICE = 0.02 -- seconds of work between two looks at what else there is to do
local BEFORE, AROUND = 40, 160 -- bytes of a line that is shown

-- A word as it may stand in JSON, in small letters: as it is, and with its letters as numbers.
local function in_json(word)
  local plain = json.encode(word):sub(2, -2):lower()
  local numbered = utf8.len(plain) and plain:gsub(utf8.charpattern, function(letter)
    local code = utf8.codepoint(letter)
    if code < 128 then return nil end
    if code < 0x10000 then return ("\\u%04x"):format(code) end
    code = code - 0x10000
    return ("\\u%04x\\u%04x"):format(0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
  end)
  return { plain, numbered ~= plain and numbered or nil }
end

-- Where the first word stands in a text that holds all of them.
local function place(text, words)
  local low, first = text:lower(), nil
  for _, word in ipairs(words) do
    local at = low:find(word, 1, true)
    if not at then return nil end
    first = first or at
  end
  return first
end

-- One line of a text around a place.
local function excerpt(text, at)
  local from = utf8.offset(text, 0, math.max(1, at - BEFORE)) or 1
  local piece = text:sub(from, from + AROUND - 1)
  return (from > 1 and "…" or "") .. summary.cleaned(piece):gsub("\u{FFFD}$", "")
    .. (#text > from + AROUND and "…" or "")
end

-- What a line says that holds all words.
local function hit_in(line, words)
  local record = #line <= LINE and json.decode(line)
  local m = type(record) == "table" and chat_record.decode(record)
  local title = type(record) == "table" and chat_record.title(record)
  local text = m and m.role ~= "tool" and message.text_of(m) or title
  local at = text and place(text, words)
  return at and { role = m and m.role or "title", text = excerpt(text, at) }
end

-- The same in whole lines.
local function hit_in_lines(text, needles, words)
  local low = text:lower()
  for _, needle in ipairs(needles) do
    local at = low:find(needle, 1, true)
    while at do
      local start = at
      while start > 1 and text:byte(start - 1) ~= 10 do start = start - 1 end
      local stop = text:find("\n", at, true) or #text + 1
      local hit = hit_in(text:sub(start, stop - 1), words)
      if hit then return hit end
      at = low:find(needle, stop, true)
    end
  end
end

-- Lets others work when this has worked for a while.
local function pause(state)
  if task.now() - state.since < SLICE then return end
  task.sleep(0)
  state.since = task.now()
end

local function hit_in_file(path, needles, words, state)
  local at, rest = 0, ""
  while true do
    local block = fs.read_part(path, at, BLOCK)
    if not block then return nil end
    local ended = #block < BLOCK
    at, rest = at + #block, rest .. block
    local stop = ended and #rest or rest:match "^.*()\n" or #rest > LINE and #rest or 0
    local hit = hit_in_lines(rest:sub(1, stop), needles, words)
    if hit or ended then return hit end
    rest = rest:sub(stop + 1)
    pause(state)
  end
end

---@class SessionHit
---@field role "user"|"assistant"|"title"
---@field text string the line around the first word

---The sessions in whose texts one message, or the title, holds all of the words, in any letters of
---ASCII.
---@param cwd string
---@param words string[] none of them empty
---@param progress fun(read: integer, all: integer)? from time to time
---@return fun(): SessionEntry?, SessionHit?
function M.each(cwd, words, progress)
  local list, i, state = folder.list(cwd), 0, { since = task.now() }
  local small, needle = {}, ""
  for n, word in ipairs(words) do
    small[n] = word:lower()
    if #word > #needle then needle = word end
  end
  local needles = in_json(needle)
  return function()
    while i < #list do
      i = i + 1
      local entry = list[i]
      local hit = hit_in_file(entry.path, needles, small, state)
      if progress then progress(i, #list) end
      pause(state)
      if hit then return entry, hit end
    end
  end
end

return M
