-- The rows of the input area: the editor's text behind its mark, and the cell of the cursor. Pure; ui/live.lua paints them.
local layout = require "qwen.ui.editor.layout"
local style = require "qwen.ui.render.style"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local MORE, WIDTH = "  ", 2
local LINES, LINE = 20, 2000 -- of a sent text in the scrollback, and columns of one
local marks = { insert = "> ", normal = "N ", visual = "v ", lines = "V " }

---Columns of the text in a terminal of so many.
function M.columns(columns)
  return math.max(columns - WIDTH, 4)
end

-- A piece of the text on one row, for the screen.
local function shown(text)
  return (text:gsub("\n", ""):gsub("\t", layout.tab))
end

---Rows of a state of the editor; only those around the cursor when there are more than `most`.
---@param state Editor
---@param columns integer
---@param most integer
---@param suggestion string? stands dim in an empty input
---@return string[]
---@return {row: integer, column: integer} cursor
function M.rows(state, columns, most, suggestion)
  local width = M.columns(columns)
  local rows = layout.rows(state.text, width)
  local row, column = layout.place(state.text, width, state.cursor)
  local first = math.max(1, math.min(row - most // 2, #rows - most + 1))
  local mark = style.paint("accent", marks[state.vim and state.vim.mode or "insert"])
  local from, to = #state.text, #state.text
  if state.vim then
    local first_chosen, last_chosen = require("qwen.ui.editor.vim").chosen(state)
    from, to = first_chosen or from, last_chosen or to
  end
  local out = {}
  for i = first, math.min(#rows, first + most - 1) do
    local a, b = rows[i].from, rows[i].to
    local f, g = math.max(a, math.min(from, b)), math.min(b, math.max(to, a))
    local text = shown(state.text:sub(a + 1, f)) .. style.paint("chosen", shown(state.text:sub(f + 1, g))) .. shown(state.text:sub(g + 1, b))
    out[#out + 1] = (i == first and mark or MORE) .. text
  end
  if suggestion and state.text == "" then out[1] = out[1] .. style.paint("dim", (wrap.cut(suggestion, width))) end
  return out, { row = row - first + 1, column = column + WIDTH }
end

---A sent text as it stands in the scrollback, apart from what was before: a long one, such as a
---paste, with its beginning.
---@param text string clean
---@return string
function M.sent(text)
  local lines, all = {}, 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    all = all + 1
    if all <= LINES then lines[all] = wrap.cut(line, LINE) end
  end
  local more = all > LINES and MORE .. style.paint("dim", words.plural("more_lines", all - LINES)) .. "\n" or ""
  for i, line in ipairs(lines) do
    local mark = i == 1 and style.paint("accent", marks.insert) or MORE
    lines[i] = mark .. style.paint("user", line) .. "\n"
  end
  return "\n" .. table.concat(lines) .. more
end

return M
