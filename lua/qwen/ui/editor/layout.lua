-- Where the text of the editor stands: rows of a given width, the cell of a position and the position of a cell. Pure; paints nothing.
-- Positions count the bytes before them, from 0. A tab is four columns. The last column of a row is left to the cursor.
local term = require "sys.term"

local M = { tab = "    " }

---Columns of a piece of one line.
---@param text string
---@return integer
function M.width(text)
  return term.width((text:gsub("\t", M.tab)))
end

---Length of the longest beginning of a piece of one line that fits.
---@param text string
---@param columns integer
---@return integer bytes
function M.cut(text, columns)
  if not text:find("\t", 1, true) then return #term.cut(text, columns) end
  local used, length = 0, 0
  for first, last, width in term.graphemes(text) do
    used = used + (text:byte(first) == 9 and #M.tab or width)
    if used > columns then break end
    length = last
  end
  return length
end

local function continues(text, position)
  return (text:byte(position + 1) or 0) & 0xC0 == 0x80
end

local function add_line(rows, text, from, to, columns)
  repeat
    local piece = text:sub(from + 1, math.min(to, from + 16 * columns + 64)) -- more than any row holds
    local length = M.cut(piece, columns)
    while length > 0 and continues(text, from + length) do length = length - 1 end
    local ending = length > 0 and from + length or math.min(to, M.after(text, from))
    rows[#rows + 1] = { from = from, to = ending }
    from = ending
  until from >= to
end

local last = {}

---Rows of a text: the bytes after `from` up to `to` stand on one. There is always at least one.
---@param text string
---@param columns integer
---@return {from: integer, to: integer}[]
function M.rows(text, columns)
  if last.text == text and last.columns == columns then return last.rows end
  local rows, from = {}, 0
  while true do
    local newline = text:find("\n", from + 1, true)
    add_line(rows, text, from, newline and newline - 1 or #text, math.max(columns - 1, 1))
    if not newline then break end
    from = newline
  end
  last = { text = text, columns = columns, rows = rows }
  return rows
end

---Row (from 1) and column (from 0) of a position.
---@return integer row
---@return integer column
function M.place(text, columns, position)
  local rows = M.rows(text, columns)
  local low, high = 1, #rows
  while low < high do
    local middle = (low + high + 1) // 2
    if rows[middle].from <= position then low = middle else high = middle - 1 end
  end
  return low, M.width(text:sub(rows[low].from + 1, math.min(position, rows[low].to)))
end

---The position nearest to a column of a row.
---@return integer position
function M.position(text, columns, row, column)
  local rows = M.rows(text, columns)
  local r = rows[row]
  local at = r.from + M.cut(text:sub(r.from + 1, r.to), column)
  local wrapped = rows[row + 1] and rows[row + 1].from == r.to
  if wrapped and at == r.to then at = M.before(text, at) end -- the end of a wrapped row is the beginning of the next
  return at
end

---The position one cluster to the left.
---@return integer
function M.before(text, position)
  if position <= 1 then return 0 end
  if text:byte(position) < 0x80 then return position - 1 end
  local start = position
  while start > 1 and text:byte(start) >= 0x80 do start = start - 1 end -- a cluster begins at every ASCII character
  local found = start - 1
  for first, ending in term.graphemes(text:sub(start, position)) do
    if ending == position - start + 1 then found = start + first - 2 end
  end
  return found
end

---The position one cluster to the right.
---@return integer
function M.after(text, position)
  if position >= #text then return #text end
  local _, length = term.graphemes(text:sub(position + 1, position + 256))()
  return position + length
end

return M
