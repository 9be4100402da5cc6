-- What vi's operators do to a piece of the text, and how the state of vi keys changes. Pure, as the editor is.
local editor = require "qwen.ui.editor.editor"
local layout = require "qwen.ui.editor.layout"
local vim_motions = require "qwen.ui.editor.vim_motions"
local cursor_motions = require "qwen.ui.editor.cursor"

local M = {}

local function with(state, changes)
  local new = {}
  for key, value in pairs(state) do new[key] = value end
  for key, value in pairs(changes) do new[key] = value end
  return new
end

---The cursor elsewhere.
function M.at(state, position)
  return with(state, { cursor = position, last = false, goal = false })
end

local at = M.at

---Vi keys on or off.
---@param state Editor
---@param on boolean
---@return Editor
function M.turn(state, on)
  return with(state, { vim = on and { mode = "insert", keys = "", trail = {} } or false })
end

---Fields of the vi keys' own state.
function M.set(state, changes)
  return with(state, { vim = with(state.vim, changes) })
end

function M.insert_mode(state)
  return M.set(state, { mode = "insert" })
end

---In normal mode the cursor stands on a character, not behind the last one of a line.
function M.settle(state)
  if state.vim.mode ~= "normal" then return state end
  local first = cursor_motions.line_start(state)
  if state.cursor == cursor_motions.line_end(state) and state.cursor > first then return at(state, cursor_motions.left(state)) end
  return state
end

---Whole lines that two positions touch, without the newline behind them.
function M.lines_of(state, from, to)
  return cursor_motions.line_start(at(state, from)), cursor_motions.line_end(at(state, to))
end

local function keep(state, text, linewise)
  return with(state, { kills = table.move({ linewise and text .. "\n" or text }, 1, 1, #state.kills + 1, table.move(state.kills, 1, #state.kills, 1, {})) })
end

---By the key: each takes the state, the bytes after `from` up to `to`, and whether they are whole lines.
M.keys = {}

function M.keys.d(state, from, to, linewise)
  local text = state.text:sub(from + 1, to)
  if linewise then -- with the newline behind them, or the one before, at the end of the text
    if state.text:sub(to + 1, to + 1) == "\n" then to = to + 1 elseif from > 0 then from = from - 1 end
  end
  local new = keep(editor.replace(state, from, to, ""), text, linewise)
  return linewise and at(new, vim_motions.first_word(at(new, math.min(from, #new.text)))) or at(new, from)
end

function M.keys.c(state, from, to, linewise)
  local new = keep(editor.replace(state, from, to, ""), state.text:sub(from + 1, to), linewise)
  return M.insert_mode(at(new, from))
end

function M.keys.y(state, from, to, linewise)
  return at(keep(state, state.text:sub(from + 1, to), linewise), linewise and state.cursor or from)
end

-- Whole lines, each changed by a pattern.
local function shift(pattern, by)
  return function(state, from, to)
    from, to = M.lines_of(state, from, to)
    local new = editor.replace(state, from, to, (("\n" .. state.text:sub(from + 1, to)):gsub(pattern, by):sub(2)))
    return at(new, vim_motions.first_word(at(new, from)))
  end
end

M.keys[">"] = shift("\n%f[^\n]", "\n  ")
M.keys["<"] = shift("\n ? ?", "\n")

local function letters(change)
  return function(state, from, to)
    return at(editor.replace(state, from, to, (state.text:sub(from + 1, to):gsub("%a", change))), from)
  end
end

M.case = { u = letters(string.lower), U = letters(string.upper),
  ["~"] = letters(function(c) return c:lower() == c and c:upper() or c:lower() end) }

---An operator on what lies between the cursor and a position.
---@param kind "line"|"inclusive"|nil
function M.operate(state, operator, target, kind)
  local from, to = math.min(state.cursor, target), math.max(state.cursor, target)
  if kind == "line" then
    from, to = M.lines_of(state, from, to)
    return M.keys[operator](state, from, to, true)
  end
  if kind == "inclusive" then to = layout.after(state.text, to) end
  return M.keys[operator](state, from, to)
end

return M
