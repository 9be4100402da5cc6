-- The region below the scrollback: the open tail of what is being written, the input, its menu. Finished lines are written once above it;
-- the region is painted by difference, in one synchronized update a frame. What stands in it is the business of those who call set.
local ansi = require "qwen.ui.ansi"
local sys = require "sys.os"
local task = require "sys.task"
local term = require "sys.term"

local M = {}

-- Sections from top to bottom. "partial" is an unfinished line of M.write.
local ORDER = { "partial", "tail", "status", "queue", "input", "menu", "footer" }

local FRAME = 1 / 20 -- seconds between two paints that nobody waits for
local BEGIN, FINISH = "\27[?2026h", "\27[?2026l"
local WIDE = 10000 -- columns and rows of a paper without end
local SMALL = 256 -- bytes of a frame that a terminal takes at once anyway
local SAVE, RESTORE = "\0277", "\0278"
local CUT, WRAP = "\27[?7l", "\27[?7h" -- a row of the region that is too wide must not wrap, a line of the scrollback shall

local region = { open = false, sections = {}, partial = "", finished = {} }

-- Rows on the screen, the row and column of the cursor among them, the size they were painted for.
local shown = { rows = {}, row = 1, column = 0 }

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

-- An unfinished line; what would fill the screen is finished where it wraps.
local function partial_rows(columns, height)
  if region.partial == "" then return {} end
  local rows = ansi.wrap(region.partial, columns)
  local most = math.max(height // 2, 1)
  if #rows > most then
    region.finished[#region.finished + 1] = table.concat(rows, "\n", 1, #rows - most) .. "\n"
    region.partial = table.concat(rows, "", #rows - most + 1)
    rows = table.move(rows, #rows - most + 1, #rows, 1, {})
  end
  return rows
end

local function section_rows(section, columns, height)
  if type(section.source) == "function" and (not section.rows or section.columns ~= columns or section.height ~= height) then
    section.rows, section.cursor = section.source(columns, height)
    section.columns, section.height = columns, height
  end
  return section.rows or section.source
end

-- All rows from top to bottom and the cell of the cursor; what the screen cannot hold is left out at the top.
local function compose(columns, height)
  local rows, row, column = partial_rows(columns, height), nil, 0
  for _, name in ipairs(ORDER) do
    local section = region.sections[name]
    if section then
      local own = section_rows(section, columns, height)
      if section.cursor and #own > 0 then row, column = #rows + section.cursor.row, section.cursor.column end
      table.move(own, 1, #own, #rows + 1, rows)
    end
  end
  if not row then row, column = math.max(#rows, 1), #rows > 0 and math.min(ansi.width(rows[#rows]), columns - 1) or 0 end
  local over = math.min(#rows - height, row - 1)
  if over > 0 then
    rows, row = table.move(rows, over + 1, #rows, 1, {}), row - over
  end
  for i = #rows, height + 1, -1 do rows[i] = nil end
  return rows, row, math.min(column, columns - 1)
end

-- How many rows at the end are the same, when there are more rows than before and all of them fit: the terminal moves those down.
local function moved(rows, height)
  local old, same = shown.rows, 0
  if #rows <= #old or #rows > height then return 0 end
  while same < #old and rows[#rows - same] == old[#old - same] do same = same + 1 end
  return same
end

-- Only what differs from the rows on the screen; nil when nothing does. Each byte counts: a slow answer is painted in very many small frames.
local function difference(rows, row, column, height)
  local out, at, changed = {}, shown.row, 0
  local function go(to)
    if to > #shown.rows and to > 1 and at < to then
      out[#out + 1] = down(#shown.rows - at) .. ("\r\n"):rep(to - math.max(#shown.rows, at))
    else
      out[#out + 1] = to < at and up(at - to) or down(to - at)
    end
    at = to
  end
  local same, more = moved(rows, height), #rows - #shown.rows
  if same > 0 then
    local first = #shown.rows - same + 1
    go(#rows)
    go(first)
    out[#out + 1] = move(more, "L")
    changed = 2
    table.move(shown.rows, first, #shown.rows, first + more)
    for i = first, first + more - 1 do shown.rows[i] = "" end
  end
  for i, text in ipairs(rows) do
    local before = shown.rows[i]
    if text ~= before then
      go(i)
      changed = changed + 1
      local rest = before and ansi.width(before) > ansi.width(text) and "\27[K" or ""
      if before and #before > 16 then
        local bytes, columns, styles = ansi.shared(before, text)
        out[#out + 1] = to_column(columns) .. styles .. text:sub(bytes + 1) .. rest
      else
        out[#out + 1] = "\r" .. text .. rest
      end
      if not before then shown.rows[i], changed = text, changed + 1 end
    end
  end
  if #rows < #shown.rows then
    go(math.max(#rows, 0) + 1)
    out[#out + 1] = "\r\27[J"
    changed = changed + 1
  end
  if #out == 0 and row == shown.row and column == shown.column then return nil end
  if changed == 1 and row == shown.row and column == shown.column then return SAVE .. table.concat(out) .. RESTORE end
  go(row)
  out[#out + 1] = to_column(column)
  local bytes = table.concat(out)
  return #bytes > SMALL and BEGIN .. bytes .. FINISH or bytes
end

-- The finished lines as rows; nil when one of them fills more than a row.
local function finished_rows(columns)
  local rows = {}
  for _, bytes in ipairs(region.finished) do
    for line in bytes:gmatch "([^\n]*)\n" do
      if line:find("\t", 1, true) or #line > columns and ansi.width(line) > columns then return nil end
      rows[#rows + 1] = line
    end
  end
  return rows
end

-- Everything anew: above it the finished lines, which may be wider than the screen and wrap there.
local function anew(rows, row, column, columns)
  return BEGIN .. up(rows_above(columns)) .. "\r\27[J" .. WRAP .. table.concat(region.finished) .. CUT .. table.concat(rows, "\r\n") .. up(#rows - row)
    .. to_column(column) .. FINISH
end

---Paints what has changed since the last time, now.
function M.paint()
  region.due = false
  if region.plain then
    local input = region.sections.input
    return region.plain.echo(input and section_rows(input, WIDE, WIDE) or {})
  end
  if not region.open then return end
  local height, columns = term.size()
  local rows, row, column = compose(columns, height)
  local above = shown.columns == columns and shown.height == height and finished_rows(columns)
  local bytes
  if not above then
    bytes = anew(rows, row, column, columns)
  elseif #above == 0 then
    bytes = difference(rows, row, column, height)
  else -- most often they stand on the screen already, as the tail
    local count = #above
    bytes = difference(table.move(rows, 1, #rows, count + 1, above), count + row, column, height)
  end
  region.finished = {}
  shown = { rows = rows, row = row, column = column, columns = columns, height = height }
  region.last = task.now()
  if bytes then sys.out(bytes) end
end

---Paints everything again, where the screen was spoilt by somebody else.
function M.redraw()
  shown.columns = nil
  M.paint()
end

-- Paints soon: what comes within a frame is painted together.
local function schedule()
  if region.due or not region.open then return end
  region.due = true
  region.wake:put(true)
end

local function painter()
  while region.wake:get() do
    local rest = (region.last or 0) + FRAME - task.now()
    if rest > 0 then task.sleep(rest) end
    if region.due then M.paint() end
  end
end

---Shows rows in a section, in place of those before; none takes the section away.
---@param name "tail"|"status"|"queue"|"input"|"menu"|"footer"
---@param rows string[]|fun(columns: integer, height: integer): string[], table?|nil clean rows, coloured by style.paint, that fit the width; a function is
---asked again when the size changes
---@param cursor {row: integer, column: integer}? where the cursor stands: row from 1, column from 0
function M.set(name, rows, cursor)
  region.sections[name] = rows and { source = rows, cursor = cursor } or nil
  schedule()
end

---Writes into the scrollback, above the region. An unfinished line stays in the region until it ends.
---@param bytes string clean
function M.write(bytes)
  if region.plain then return region.plain.write(bytes) end
  if not region.open then return sys.out(bytes) end
  local whole, rest = bytes:match "^(.*\n)(.*)$"
  if whole then
    region.finished[#region.finished + 1] = region.partial .. whole
    region.partial = rest
  else
    region.partial = region.partial .. bytes
  end
  schedule()
end

---Whether the terminal knows no escape sequence.
---@return boolean
function M.dumb()
  local name = sys.env "TERM" or ""
  return name == "" or name == "dumb"
end

---Begins: the region stands where the cursor is. The terminal must be open.
---@param plain boolean? no region: the lines as they come, the input echoed behind them
function M.open(plain)
  region.plain = plain and require "qwen.ui.typewriter" or nil
  if plain then return end
  region.open, region.wake, region.due = true, task.queue(), false
  shown = { rows = {}, row = 1, column = 0 }
  task.spawn(painter)
end

---Takes the region off the screen, so that somebody else may write; M.show brings it back.
function M.hide()
  if not region.open then return end
  if region.partial ~= "" then M.write "\n" end
  region.sections, region.hidden = {}, region.sections
  M.paint()
  sys.out(WRAP)
  region.open = false
  sys.flush()
end

function M.show()
  if not region.hidden then return end
  for name, section in pairs(region.hidden) do region.sections[name] = region.sections[name] or section end
  region.open, region.hidden = true, nil
  shown = { rows = {}, row = 1, column = 0 }
  M.paint()
end

---Ends: everything is written, the region is gone.
function M.close()
  if region.plain then region.plain.leave() end
  if region.partial ~= "" then M.write "\n" end
  region.hidden = region.hidden or {}
  region.sections = {}
  M.paint()
  if region.open then sys.out(WRAP) end
  region.open, region.hidden = false, nil
  if region.wake then region.wake:close() end
  sys.flush()
end

return M
