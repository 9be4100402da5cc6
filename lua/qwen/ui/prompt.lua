-- The input area at the end of the scrollback: paints the editor's text by rewriting only its own rows, with the real cursor in place.
local layout = require "qwen.ui.layout"
local style = require "qwen.ui.style"
local sys = require "sys.os"
local term = require "sys.term"

local Prompt = {}
Prompt.__index = Prompt

local MARK, MORE, WIDTH = "> ", "  ", 2

function Prompt.new()
  return setmetatable({ row = 0, shown = false }, Prompt)
end

-- To the first row of the area, everything from there on cleared.
local function home(self)
  if not self.shown then return "" end
  return "\r" .. (self.row > 0 and ("\27[%dA"):format(self.row) or "") .. "\27[J"
end

---Shows a state of the editor; only the rows around the cursor when there are more than fit half the screen.
---@param state Editor
function Prompt:paint(state)
  local height, columns = term.size()
  local width = math.max(columns - WIDTH, 4)
  local rows = layout.rows(state.text, width)
  local row, column = layout.place(state.text, width, state.cursor)
  local most = math.max(height // 2, 1)
  local first = math.max(1, math.min(row - most // 2, #rows - most + 1))
  local last = math.min(#rows, first + most - 1)
  local out = { "\27[?2026h", home(self) }
  for i = first, last do
    local text = state.text:sub(rows[i].from + 1, rows[i].to):gsub("\n", ""):gsub("\t", layout.tab)
    out[#out + 1] = (i == first and style.paint("accent", MARK) or MORE) .. text .. (i < last and "\r\n" or "")
  end
  if last > row then out[#out + 1] = ("\27[%dA"):format(last - row) end
  out[#out + 1] = ("\r\27[%dC\27[?2026l"):format(column + WIDTH)
  sys.out(table.concat(out))
  self.row, self.shown = row - first, true
end

---Takes the area away; what is written next stands in its place.
function Prompt:clear()
  sys.out(home(self))
  self.row, self.shown = 0, false
end

---Writes a sent text into the scrollback, as it was typed.
---@param text string clean
function Prompt:keep(text)
  self:clear()
  sys.out(style.paint("accent", MARK) .. style.paint("bold", (text:gsub("\n", "\n" .. MORE))) .. "\n")
end

return Prompt
