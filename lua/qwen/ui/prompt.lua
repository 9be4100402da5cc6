-- The rows of the input area: the editor's text behind its mark, and the cell of the cursor. Pure; ui/live.lua paints them.
local layout = require "qwen.ui.layout"
local style = require "qwen.ui.style"

local M = {}

local MARK, NORMAL, MORE, WIDTH = "> ", "N ", "  ", 2

---Columns of the text in a terminal of so many.
function M.columns(columns)
  return math.max(columns - WIDTH, 4)
end

---Rows of a state of the editor; only those around the cursor when there are more than `most`.
---@param state Editor
---@param columns integer
---@param most integer
---@return string[]
---@return {row: integer, column: integer} cursor
function M.rows(state, columns, most)
  local width = M.columns(columns)
  local rows = layout.rows(state.text, width)
  local row, column = layout.place(state.text, width, state.cursor)
  local first = math.max(1, math.min(row - most // 2, #rows - most + 1))
  local mark = style.paint("accent", state.vim and state.vim.mode == "normal" and NORMAL or MARK)
  local out = {}
  for i = first, math.min(#rows, first + most - 1) do
    local text = state.text:sub(rows[i].from + 1, rows[i].to):gsub("\n", ""):gsub("\t", layout.tab)
    out[#out + 1] = (i == first and mark or MORE) .. text
  end
  return out, { row = row - first + 1, column = column + WIDTH }
end

---A sent text as it stands in the scrollback.
---@param text string clean
---@return string
function M.sent(text)
  return style.paint("accent", MARK) .. style.paint("bold", (text:gsub("\n", "\n" .. MORE))) .. "\n"
end

return M
