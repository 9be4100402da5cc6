-- Rows of clean text with our own colours and links in them: their width, how they wrap, what two of them begin with alike.
local term = require "sys.term"

local M = {}

local LONGEST = 4 -- bytes of a character
local COLOUR, LINK = "\27%[[%d;:]*m", "\27%]8;[^\27]*\27\\"

---Where the colour or link ends that stands at a place in a row; nil when none does.
---@param row string
---@param at integer
---@return integer?
function M.sequence(row, at)
  local _, last = row:find("^" .. COLOUR, at)
  if not last then _, last = row:find("^" .. LINK, at) end
  return last
end

---The text alone.
---@param row string
---@return string
function M.plain(row)
  if not row:find("\27", 1, true) then return row end
  return (row:gsub(COLOUR, ""):gsub(LINK, ""))
end

---Columns of a row.
---@param row string
---@return integer
function M.width(row)
  return term.width(M.plain(row))
end

---What must be written again to go on in the colours and the link that stand at the end of a piece of a row.
---@param piece string
---@return string
local function open_styles(piece)
  local out, from = {}, 1
  while true do
    local first, last = piece:find("\27[%[%]][^m\\]*[m\\]", from)
    if not first then return table.concat(out) end
    local sequence = piece:sub(first, last)
    if sequence == "\27[0m" or sequence == "\27[m" then
      out = {}
    else
      out[#out + 1] = sequence
    end
    from = last + 1
  end
end

---Rows of a line that is too wide for one; colours go on in the next row. Tabs become spaces.
---@param line string without a newline
---@param columns integer
---@return string[]
function M.wrap(line, columns)
  columns = math.max(columns, 1)
  local rows, row, used, at = {}, "", 0, 1
  while at <= #line do
    local first = line:find("[\27\t]", at) or #line + 1
    while at < first do
      local piece, width = term.cut(line:sub(at, math.min(first - 1, at + 16 * columns + 64)), columns - used)
      if piece == "" and used == 0 then piece, width = line:sub(at, utf8.offset(line, 2, at) - 1), columns end -- a wide character in one column
      row, used, at = row .. piece, used + width, at + #piece
      if at < first then
        local styles = open_styles(row)
        rows[#rows + 1] = row .. (styles ~= "" and "\27[0m" or "")
        row, used = styles, 0
      end
    end
    local sequence = line:match("^" .. COLOUR, at) or line:match("^" .. LINK, at)
    if sequence then
      row, at = row .. sequence, at + #sequence
    elseif at <= #line then -- a tab; an ESC of nobody is left out
      local spaces = line:byte(at) == 9 and math.min(8 - used % 8, columns - used) or 0
      row, used, at = row .. (" "):rep(spaces), used + spaces, at + 1
    end
  end
  rows[#rows + 1] = row
  return rows
end

local function alike(a, b)
  local low, high = 0, math.min(#a, #b)
  while low < high do
    local middle = (low + high + 1) // 2
    if a:sub(1, middle) == b:sub(1, middle) then low = middle else high = middle - 1 end
  end
  return low
end

-- Where the sequence ends that begins last in the piece; nothing when it is torn.
local function last_sequence(piece)
  local esc = piece:match "^.*()\27"
  if not esc then return nil end
  return esc, M.sequence(piece, esc)
end

---How much of two rows needs not be written again: bytes, columns, and the styles that are open there. Never cuts a cluster or a sequence.
---@param a string
---@param b string
---@return integer bytes
---@return integer columns
---@return string styles
function M.shared(a, b)
  local same = alike(a, b)
  local start
  repeat
    local esc, last = last_sequence(a:sub(1, same))
    start = same
    while start > 0 and a:byte(start) >= 0x80 do start = start - 1 end
    local after_sequence = esc and (not last or start <= last) -- torn, or what follows it may join with what is before it
    if after_sequence then
      same = esc - 1
    elseif start > 0 then
      start = start - 1 -- a cluster begins at every ASCII character
    end
  until not after_sequence
  local function last_cluster(row) -- its end; what comes behind the shared bytes may belong to it
    local ending, most = start, row:byte(same + 1) == 27 and same - 1 or same -- or to the text behind a sequence
    for _, stop in term.graphemes(row:sub(start + 1, same + LONGEST)) do
      if start + stop > most then break end
      ending = start + stop
    end
    return ending
  end
  local from = math.min(last_cluster(a), last_cluster(b))
  local piece = a:sub(1, from)
  return from, M.width(piece), open_styles(piece)
end

return M
