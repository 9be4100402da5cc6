-- The bytes of a frame: what must be written so that the rows on the screen become other rows. Each byte counts: a slow answer is painted in
-- very many small frames. Rows are clean and painted, as ansi.lua knows them.
local ansi = require "qwen.ui.render.ansi"
local sys = require "sys.os"

local M = {}

local BEGIN, FINISH = "\27[?2026h", "\27[?2026l" -- a synchronized update
local SMALL = 256 -- bytes of a frame that a terminal takes at once anyway
local SAVE, RESTORE = "\0277", "\0278"
local CUT, WRAP = "\27[?7l", "\27[?7h" -- a row of the region that is too wide must not wrap, a line of the scrollback shall

-- From the first column of a row: that row and all below it. Not from the corner of the screen, because tmux takes that for the end of a page
-- and keeps what stood there.
local CLEAR = "\27[K\27[C\27[J\r"

M.WRAP = WRAP

-- Rows on the screen, the row and column of the cursor among them, the size they were painted for.
local shown

---What stands on the screen below the cursor is nobody's.
function M.reset() shown = { rows = {}, row = 1, column = 0 } end

---The screen was spoilt by somebody else.
function M.spoil() shown.columns = nil end

-- The terminal folds the rows that were painted for another width; xterm cuts them.
local function rows_above(columns)
  if not shown.columns or shown.columns == columns or sys.env "XTERM_VERSION" then return shown.row - 1 end
  local count = shown.column // columns
  for i = 1, shown.row - 1 do count = count + math.max(1, (ansi.width(shown.rows[i]) + columns - 1) // columns) end
  return count
end

-- A cursor movement: "\27[2A", in as few bytes as possible.
local function move(n, letter) return n > 1 and ("\27[%d%s"):format(n, letter) or n == 1 and "\27[" .. letter or "" end
local function up(n) return move(n, "A") end
local function down(n) return move(n, "B") end
local function to_column(n) return n == 0 and "\r" or ("\27[%dG"):format(n + 1) end

-- How many rows at the end are the same, when there are more rows than before and all of them fit: the terminal moves those down.
local function moved(rows, height)
  local old, same = shown.rows, 0
  if #rows <= #old or #rows > height then return 0 end
  while same < #old and rows[#rows - same] == old[#old - same] do same = same + 1 end
  return same
end

-- Only what differs from the rows on the screen; nil when nothing does.
local function difference(rows, row, column, height)
  local out, at, col = {}, shown.row, shown.column -- col: nil when nobody knows
  local fixed = row == shown.row and column == shown.column -- the cursor comes back to where it was, and that place has not moved
  local function go(to)
    if to > #shown.rows and to > 1 and at < to then
      out[#out + 1] = down(#shown.rows - at) .. ("\r\n"):rep(to - math.max(#shown.rows, at))
      col, fixed = 0, false
    else
      out[#out + 1] = to < at and up(at - to) or down(to - at)
    end
    at = to
  end
  local function place(n)
    if col ~= n then out[#out + 1] = to_column(n) end
    col = n
  end
  local same, more = moved(rows, height), #rows - #shown.rows
  if same > 0 then
    local first = #shown.rows - same + 1
    go(#rows)
    go(first)
    out[#out + 1] = move(more, "L")
    col = nil
    table.move(shown.rows, first, #shown.rows, first + more)
    for i = first, first + more - 1 do shown.rows[i] = "" end
  end
  for i, text in ipairs(rows) do
    local before = shown.rows[i]
    if text ~= before then
      go(i)
      local bytes, columns, styles = 0, 0, ""
      if before and before ~= "" then bytes, columns, styles = ansi.shared(before, text) end
      if columns ~= col and bytes < 4 + #styles then bytes, columns, styles = 0, 0, "" end
      place(columns)
      local width = ansi.width(text)
      out[#out + 1] = styles .. text:sub(bytes + 1) .. (before and ansi.width(before) > width and "\27[K" or "")
      col = width < shown.columns and width or nil
      if not before then shown.rows[i] = text end
    end
  end
  if #rows < #shown.rows then
    go(#rows + 1)
    out[#out + 1] = "\r\27[J"
    col = 0
  end
  local back = #out + 1
  go(row)
  place(column)
  local bytes, way = table.concat(out), #table.concat(out, "", back)
  if bytes == "" then return nil end
  if fixed and way > #SAVE + #RESTORE and back > 1 then bytes = SAVE .. bytes:sub(1, -way - 1) .. RESTORE end
  return #bytes > SMALL and BEGIN .. bytes .. FINISH or bytes
end

-- The finished lines as rows; nil when one of them fills more than a row.
local function rows_of(finished, columns)
  local rows = {}
  for _, bytes in ipairs(finished) do
    for line in bytes:gmatch "([^\n]*)\n?" do
      if line:find("\t", 1, true) or #line > columns and ansi.width(line) > columns then return nil end
      rows[#rows + 1] = line
    end
  end
  return rows
end

-- Everything anew: above it the finished lines, which may be wider than the screen and wrap there.
local function anew(finished, rows, row, column, columns)
  return BEGIN .. up(rows_above(columns)) .. "\r" .. CLEAR .. WRAP .. table.concat(finished) .. CUT .. table.concat(rows, "\r\n") .. up(#rows - row)
    .. to_column(column) .. FINISH
end

---The next frame.
---@param finished string[] lines with their newlines that go into the scrollback
---@param rows string[] what stands below them
---@param row integer of the cursor among them
---@param column integer
---@param height integer of the screen
---@param columns integer
---@return string? bytes nil when nothing changes
function M.next(finished, rows, row, column, height, columns)
  local above = shown.columns == columns and shown.height == height and rows_of(finished, columns)
  local bytes
  if not above then
    bytes = anew(finished, rows, row, column, columns)
  elseif #above == 0 then
    bytes = difference(rows, row, column, height)
  else -- most often they stand on the screen already, as the tail
    local count = #above
    bytes = difference(table.move(rows, 1, #rows, count + 1, above), count + row, column, height)
  end
  shown = { rows = rows, row = row, column = column, columns = columns, height = height }
  return bytes
end

return M
