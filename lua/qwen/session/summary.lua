-- What lists show of a session file: its title, first prompt, branch and last exchange. Only the
-- beginning and the end of the file are read.
local chat_file = require "qwen.session.chat_file"
local chat_record = require "qwen.session.chat_record"
local fs = require "sys.fs"
local json = require "sys.json"
local message = require "qwen.session.message"
local text = require "qwen.util.text"

local M = {}

local SHORT = 64 * 1024 -- bytes of a file that is read whole, and of the end of a longer one
local TITLE = 80 -- characters of a title that is made of a prompt
local LOOK, RECORDS = 1024 * 1024, 200 -- what is read from the end on for the last exchange

-- How many messages a short file has; what would take long to read is not counted.
local function count(lines)
  local n = 0
  for kind in lines:gmatch '"type":"(%a+)"' do
    if kind == "user" or kind == "assistant" then n = n + 1 end
  end
  return n
end

---One line without what a terminal would take for more than a text.
---@param words string
---@return string
function M.cleaned(words)
  return (text.clean(text.utf8(words)):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- The first line of a prompt that says something.
local function made_of(prompt)
  for line in prompt:gmatch "[^\r\n]+" do
    local title = M.cleaned(line)
    if title ~= "" then
      local cut = utf8.offset(title, TITLE + 1)
      return cut and title:sub(1, cut - 1) or title
    end
  end
end

---The title that somebody gave: the last one in the end of the file, where each program that
---writes these files keeps it.
---@param path string
---@param size integer of the file
---@return string? title
---@return integer? behind bytes that stand after it
function M.given(path, size)
  local from = math.max(0, size - SHORT)
  local tail = fs.read_part(path, from, SHORT) or ""
  local title, behind
  local at = tail:find('"custom_title"', 1, true)
  while at do
    local start = at
    while start > 1 and tail:byte(start - 1) ~= 10 do start = start - 1 end
    local stop = tail:find("\n", at, true) or #tail + 1
    local found = chat_record.title(json.decode(tail:sub(start, stop - 1)))
    if found then title, behind = found, #tail - stop end
    at = tail:find('"custom_title"', stop, true)
  end
  return title and M.cleaned(title), behind
end

---@class SessionSummary
---@field title string? given, or made of the first prompt
---@field prompt string? the first one, on one line
---@field branch string? of git, when the session began
---@field messages integer? of a short file

---@param path string
---@return SessionSummary
function M.of(path)
  local out, stat = {}, fs.stat(path)
  if not stat then return out end
  local first = chat_file.first(path, function(record)
    local branch = record.gitBranch
    out.branch = out.branch or type(branch) == "string" and M.cleaned(branch) or nil
    local m = chat_record.decode(record)
    return m and m.role == "user" and message.text_of(m):find "%S" and m
  end)
  if first then
    out.prompt = (message.text_of(first):gsub("%s+", " "))
    out.title = made_of(message.prompt_of(first)) or made_of(out.prompt)
  end
  out.title = M.given(path, stat.size) or out.title
  if stat.size < SHORT then out.messages = count(fs.read_part(path, 0, SHORT) or "") end
  return out
end

---The newest prompt of a file and the last words that answered it.
---@param path string
---@return {user: string?, assistant: string?}
function M.exchange(path)
  local out, bytes = {}, 0
  local file = chat_file.open(path)
  for _ = 1, file and RECORDS or 0 do
    local record, size = file:record()
    bytes = bytes + (size or 0)
    if not record or bytes > LOOK then break end
    local m = chat_record.decode(record)
    local words = m and message.text_of(m) or ""
    if m and words:find "%S" and not out[m.role] then out[m.role] = words end
    if out.user then break end
  end
  return { user = out.user, assistant = out.assistant }
end

return M
