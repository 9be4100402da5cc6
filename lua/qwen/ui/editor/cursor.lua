-- Where the editor's motions lead: each takes a state and gives a position. A paste's label is passed as one character.
local layout = require "qwen.ui.editor.layout"
local texts = require "qwen.util.text"

local M = {}

local WORD = "^[%w_\x80-\xff]"

-- The label that ends at a position, or begins there.
local function label_ending(state, position)
  for _, paste in ipairs(state.pastes) do
    if state.text:sub(position - #paste.label + 1, position) == paste.label then return #paste.label end
  end
end

local function label_starting(state, position)
  for _, paste in ipairs(state.pastes) do
    if state.text:sub(position + 1, position + #paste.label) == paste.label then return #paste.label end
  end
end

function M.left(state)
  local label = label_ending(state, state.cursor)
  return label and state.cursor - label or layout.before(state.text, state.cursor)
end

function M.right(state)
  local label = label_starting(state, state.cursor)
  return label and state.cursor + label or layout.after(state.text, state.cursor)
end

function M.start() return 0 end

function M.finish(state) return #state.text end

function M.line_start(state)
  local before = state.text:sub(1, state.cursor)
  return #before - #texts.last_line(before)
end

function M.line_end(state)
  local newline = state.text:find("\n", state.cursor + 1, true)
  return newline and newline - 1 or #state.text
end

---To the end of the line; from there, over its newline.
function M.kill_right(state)
  local to = M.line_end(state)
  return to == state.cursor and to < #state.text and to + 1 or to
end

-- One byte at a time while the one next to the position is, or is not, of a class.
local function run_left(state, position, class, is)
  local text = state.text
  while position > 0 and not label_ending(state, position) and (text:find(class, position) == position) == is do
    position = position - 1
  end
  return position
end

local function run_right(state, position, class, is)
  local text = state.text
  while position < #text and not label_starting(state, position) and (text:find(class, position + 1) == position + 1) == is do
    position = position + 1
  end
  return position
end

function M.word_left(state)
  local position = run_left(state, state.cursor, WORD, false)
  local label = label_ending(state, position)
  return label and position - label or run_left(state, position, WORD, true)
end

function M.word_right(state)
  local position = run_right(state, state.cursor, WORD, false)
  local label = label_starting(state, position)
  return label and position + label or run_right(state, position, WORD, true)
end

---To the beginning of what stands between white space.
function M.space_left(state)
  local position = run_left(state, state.cursor, "^%s", true)
  local label = label_ending(state, position)
  return label and position - label or run_left(state, position, "^%s", false)
end

---A position that is not inside a label: the end of the label where it is.
function M.snap(state, position)
  for _, paste in ipairs(state.pastes) do
    local from = 1
    while true do
      local first, last = state.text:find(paste.label, from, true)
      if not first or first > position then break end
      if position < last and position >= first then return last end
      from = last + 1
    end
  end
  return position
end

return M
