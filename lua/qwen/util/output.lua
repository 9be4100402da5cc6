-- What a command wrote, as a model reads it: without what was meant for a terminal, and within a limit.
local text = require "qwen.util.text"

local M = {}

local SAMPLE = 4096
local LAST_LINES = 60 -- of a failure: the cause stands at the end

-- Zero bytes between names are a list; more of them, or other bytes that no text has, are none.
local function strange(sample)
  local _, zeros = sample:gsub("%z", "")
  local _, controls = sample:gsub("[\1-\7\14-\26\28-\31]", "")
  local _, broken = text.utf8(sample):gsub("\u{FFFD}", "")
  return zeros > #sample * 0.34 or controls + broken > #sample * (zeros > 0 and 0.1 or 0.3)
end

---Whether bytes are no text; looks at three places.
---@param bytes string
---@return boolean
function M.binary(bytes)
  for _, at in ipairs { 1, #bytes // 2, #bytes - SAMPLE } do
    if strange(bytes:sub(math.max(1, at), math.max(1, at) + SAMPLE - 1)) then return true end
  end
  return false
end

-- Where the last lines begin: at most `count` of them.
local function last_lines(words, count)
  local size = 4096
  while true do
    local from = math.max(1, #words - size + 1)
    local at, starts = from - 1, {}
    while at do
      at = words:find("\n", at + 1, true)
      if at and at < #words then starts[#starts + 1] = at + 1 end
    end
    if #starts >= count then return starts[#starts - count + 1] end
    if from == 1 then return 1 end
    size = size * 4
  end
end

-- The last lines of a failure within a limit, and how many bytes they were: long ones are cut, so that each of them is there.
local function failure_end(words, limit)
  local from = last_lines(words, LAST_LINES)
  local size = #words - from + 1
  if size <= limit then return words:sub(from), size end
  local all, lines = text.lines(words:sub(from)), {}
  local most = limit // #all - #" [...]\n"
  for _, line in ipairs(all) do
    lines[#lines + 1] = #line > most and text.head(line, most) .. " [...]" or line
  end
  return table.concat(lines, "\n"), size
end

---The beginning (a quarter) and the end of what is too long, whole lines where that costs little; of a failure the last lines always.
---@param words string
---@param limit integer bytes of the beginning and the end together
---@param failed boolean
---@return string head
---@return string? tail nil: nothing was left out
---@return integer? left_out bytes between them
function M.cut(words, limit, failed)
  if #words <= limit then return words end
  local least = limit - limit // 4
  local tail, size = "", 0
  if failed then tail, size = failure_end(words, limit) end
  if size < least then
    tail = text.tail(words, least)
    local line_end = tail:find("\n", 1, true)
    if line_end and line_end < #tail // 2 then tail = tail:sub(line_end + 1) end
    size = #tail
  end
  local head = text.head(words, math.max(0, math.min(limit - #tail, #words - size)))
  local line_end = head:match "^.*()\n"
  if line_end and line_end > #head // 2 then head = head:sub(1, line_end - 1) end
  return head, tail, #words - #head - #tail
end

return M
