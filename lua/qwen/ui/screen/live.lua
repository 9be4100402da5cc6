-- The region below the scrollback: the open tail of what is being written, the input, its menu. Finished lines are written once above it;
-- the region is painted by difference. What stands in it is the business of those who call set. A terminal that has not taken the last
-- frame gets no other: what it gets then is the newest state, with the lines that were finished meanwhile.
local ansi = require "qwen.ui.render.ansi"
local frame = require "qwen.ui.screen.frame"
local sys = require "sys.os"
local task = require "sys.task"
local term = require "sys.term"

local M = {}

-- Sections from top to bottom. "partial" is an unfinished line of M.write.
local ORDER = { "partial", "tail", "status", "todos", "agents", "beside", "queue", "input", "menu", "footer" }

local FRAME = 1 / 20 -- seconds between two paints that nobody waits for
local WIDE = 10000 -- columns and rows of a paper without end
local SLICE = 16 * 1024 -- bytes of finished lines in a frame: what is painted below them shall not wait for long
local ROOM = 1024 * 1024 -- bytes of finished lines that wait for a slow terminal, for those who can wait

local region = { open = false, sections = {}, partial = "", finished = {}, size = 0 } -- size: bytes of what is finished

local function finish(lines)
  region.finished[#region.finished + 1] = lines
  region.size = region.size + #lines
end

-- The finished lines that are written next, about so many bytes of them.
local function take_finished(most)
  local list = region.finished
  if region.size <= most then
    region.finished, region.size = {}, 0
    return list
  end
  local size, n = 0, 0
  while size < most do
    n = n + 1
    size = size + #list[n]
  end
  local slice, last = table.move(list, 1, n, 1, {}), list[n]
  local cut = last:find("\n", most - size + #last, true)
  slice[n] = last:sub(1, cut)
  region.finished = table.move(list, n + 1, #list, cut < #last and 2 or 1, cut < #last and { last:sub(cut + 1) } or {})
  region.size = region.size - size + #last - cut
  return slice
end

-- An unfinished line; what would fill the screen is finished where it wraps.
local function partial_rows(columns, height)
  if region.partial == "" then return {} end
  local rows = ansi.wrap(region.partial, columns)
  local most = math.max(height // 2, 1)
  if #rows > most then
    finish(table.concat(rows, "\n", 1, #rows - most) .. "\n")
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
  local rows, row, column, tail = partial_rows(columns, height), nil, 0, nil
  for _, name in ipairs(ORDER) do
    local section = region.sections[name]
    if section then
      local own = section_rows(section, columns, height)
      if section.cursor and #own > 0 then row, column = #rows + section.cursor.row, section.cursor.column end
      table.move(own, 1, #own, #rows + 1, rows)
      if name == "tail" and #own > 0 then tail = #rows end
    end
  end
  if tail and region.follow and #rows <= height then row, column = tail, ansi.width(rows[tail]) end
  if not row then row, column = math.max(#rows, 1), #rows > 0 and math.min(ansi.width(rows[#rows]), columns - 1) or 0 end
  local over = math.min(#rows - height, row - 1)
  if over > 0 then
    rows, row = table.move(rows, over + 1, #rows, 1, {}), row - over
  end
  for i = #rows, height + 1, -1 do rows[i] = nil end
  return rows, row, math.min(column, columns - 1)
end

-- Paints what has changed since the last time, with about so many bytes of finished lines.
local function draw(most)
  local height, columns = term.size()
  local rows, row, column = compose(columns, height)
  local bytes = frame.next(take_finished(most), rows, row, column, height, columns)
  region.last = task.now()
  if bytes then sys.out(bytes) end
end

-- Paints soon: what comes within a frame is painted together.
local function schedule()
  if region.due or not region.open then return end
  region.due = true
  region.wake:put(true)
end

---Paints what has changed since the last time: now, or as soon as the terminal has taken the last frame.
function M.paint()
  region.due = false
  if region.plain then
    local input = region.sections.input
    return region.plain.echo(input and section_rows(input, WIDE, WIDE) or {})
  end
  if not region.open then return end
  if not term.behind() then draw(SLICE) end
  if term.behind() or region.size > 0 then schedule() end
end

---Paints everything again, where the screen was spoilt by somebody else.
function M.redraw()
  frame.spoil()
  M.paint()
end

local function painter()
  while region.wake:get() do
    term.catch_up()
    local rest = (region.last or 0) + FRAME - task.now()
    if rest > 0 and region.size < SLICE then task.sleep(rest) end
    if region.due then M.paint() end
  end
end

---Shows rows in a section, in place of those before; none takes the section away.
---@param name "tail"|"status"|"todos"|"agents"|"beside"|"queue"|"input"|"menu"|"footer"
---@param rows string[]|fun(columns: integer, height: integer): string[], table?|nil clean rows, coloured by style.paint, that fit the width; a function is
---asked again when the size changes
---@param cursor {row: integer, column: integer}? where the cursor stands: row from 1, column from 0
function M.set(name, rows, cursor)
  local sections = region.hidden or region.sections -- what goes away meanwhile does not come back
  sections[name] = rows and { source = rows, cursor = cursor } or nil
  schedule()
end

---Where the cursor rests while the tail grows: at its end, so that what comes is written without a movement, or where M.set has put it.
---@param tail boolean
function M.follow(tail) region.follow = tail end

---Writes into the scrollback, above the region. An unfinished line stays in the region until it ends;
---while another program has the terminal, everything waits.
---@param bytes string clean
function M.write(bytes)
  if region.plain then return region.plain.write(bytes) end
  if not region.open and not region.hidden then return sys.out(bytes) end
  local whole, rest = bytes:match "^(.*\n)(.*)$"
  if whole then
    finish(region.partial .. whole)
    region.partial = rest
  else
    region.partial = region.partial .. bytes
  end
  schedule()
end

---Waits while very much of what was written has not come onto the screen: for those whose writing has no end of its own.
function M.room()
  while region.open and region.size > ROOM do task.sleep(FRAME) end
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
  region.plain = plain and require "qwen.ui.screen.typewriter" or nil
  if plain then return end
  region.open, region.wake, region.due = true, task.queue(), false
  frame.reset()
  task.spawn(painter)
end

---Takes the region off the screen, so that somebody else may write; M.show brings it back.
function M.hide()
  if not region.open then return end
  if region.partial ~= "" then M.write "\n" end
  region.sections, region.hidden = {}, region.sections
  draw(math.huge)
  sys.out(frame.WRAP)
  region.open = false
  sys.flush()
end

function M.show()
  if not region.hidden then return end
  region.open, region.sections, region.hidden = true, region.hidden, nil
  frame.reset()
  M.paint()
end

---Ends: everything is written, the region is gone.
function M.close()
  if region.plain then region.plain.leave() end
  if region.partial ~= "" then M.write "\n" end
  region.hidden = region.hidden or {}
  region.sections = {}
  if region.open then
    draw(math.huge)
    sys.out(frame.WRAP)
  end
  region.open, region.hidden = false, nil
  if region.wake then region.wake:close() end
  sys.flush()
end

return M
