-- vi keys: a layer over the editor with a normal mode of motions, operators and text objects. Keys it has no meaning for are the keymap's.
-- state.vim holds the mode, the keys of a command that is not complete, and what `.` repeats. Pure, as the editor is.
local editor = require "qwen.ui.editor"
local layout = require "qwen.ui.layout"
local motions = require "qwen.ui.motions"
local moves = require "qwen.ui.moves"

local M = {}

local function with(state, changes)
  local new = {}
  for key, value in pairs(state) do new[key] = value end
  for key, value in pairs(changes) do new[key] = value end
  return new
end

local function at(state, position)
  return with(state, { cursor = position, last = false, goal = false })
end

local function set_vim(state, changes)
  return with(state, { vim = with(state.vim, changes) })
end

---Vi keys on or off.
---@param state Editor
---@param on boolean
---@return Editor
function M.turn(state, on)
  return with(state, { vim = on and { mode = "insert", keys = "", trail = {} } or false })
end

local function insert_mode(state)
  return set_vim(state, { mode = "insert" })
end

-- In normal mode the cursor stands on a character, not behind the last one of a line.
local function settle(state)
  if state.vim.mode == "insert" then return state end
  local first = moves.line_start(state)
  if state.cursor == moves.line_end(state) and state.cursor > first then return at(state, moves.left(state)) end
  return state
end

-- Whole lines that two positions touch, with the newline behind them (or the one before, at the end of the text).
local function lines_of(state, from, to)
  from, to = moves.line_start(at(state, from)), moves.line_end(at(state, to))
  return from, to
end

local function keep(state, text, linewise)
  return with(state, { kills = table.move({ linewise and text .. "\n" or text }, 1, 1, #state.kills + 1, table.move(state.kills, 1, #state.kills, 1, {})) })
end

local operators = {}

function operators.d(state, from, to, linewise)
  local text = state.text:sub(from + 1, to)
  if linewise then
    if state.text:sub(to + 1, to + 1) == "\n" then to = to + 1 elseif from > 0 then from = from - 1 end
  end
  local new = keep(editor.replace(state, from, to, ""), text, linewise)
  return linewise and at(new, motions.first_word(at(new, math.min(from, #new.text)))) or at(new, from)
end

function operators.c(state, from, to, linewise)
  local new = keep(editor.replace(state, from, to, ""), state.text:sub(from + 1, to), linewise)
  return insert_mode(at(new, from))
end

function operators.y(state, from, to, linewise)
  return at(keep(state, state.text:sub(from + 1, to), linewise), linewise and state.cursor or from)
end

local function operate(state, operator, target, kind)
  local from, to = math.min(state.cursor, target), math.max(state.cursor, target)
  if kind == "line" then
    from, to = lines_of(state, from, to)
    return operators[operator](state, from, to, true)
  end
  if kind == "inclusive" then to = layout.after(state.text, to) end
  return operators[operator](state, from, to)
end

local function paste(state, after)
  local text = state.kills[#state.kills]
  if not text then return state end
  if text:sub(-1) == "\n" then
    local line = after and moves.line_end(state) or moves.line_start(state)
    local new = editor.replace(state, line, line, after and "\n" .. text:sub(1, -2) or text)
    return at(new, after and line + 1 or line)
  end
  local place = after and state.cursor < moves.line_end(state) and moves.right(state) or state.cursor
  local new = editor.replace(state, place, place, text)
  return at(new, math.max(layout.before(new.text, new.cursor), place))
end

local function to_end(operator)
  return function(state) return operate(state, operator, moves.line_end(state)) end
end

local function open_line(below)
  return function(state)
    local line = below and moves.line_end(state) or moves.line_start(state)
    return insert_mode(at(editor.replace(state, line, line, "\n"), below and line + 1 or line))
  end
end

local commands = {
  i = insert_mode,
  a = function(state) return insert_mode(state.cursor < moves.line_end(state) and at(state, moves.right(state)) or state) end,
  I = function(state) return insert_mode(at(state, motions.first_word(state))) end,
  A = function(state) return insert_mode(at(state, moves.line_end(state))) end,
  o = open_line(true), O = open_line(false),
  D = to_end "d", C = to_end "c", Y = function(state) return operate(state, "y", state.cursor, "line") end,
  S = function(state) return operate(state, "c", state.cursor, "line") end,
  p = function(state) return paste(state, true) end, P = function(state) return paste(state, false) end,
  u = function(state) return (editor.actions.undo(state)) end,
}

-- Commands that take a count as so many characters of the line.
local counted = {
  x = function(state, to) return operate(state, "d", to) end,
  s = function(state, to) return operate(state, "c", to) end,
  ["~"] = function(state, to)
    local piece = state.text:sub(state.cursor + 1, to):gsub("%a", function(c) return c:lower() == c and c:upper() or c:lower() end)
    return editor.replace(state, state.cursor, to, piece)
  end,
}

local function characters(state, count)
  local to = state
  for _ = 1, count do
    if to.cursor < moves.line_end(state) then to = at(to, moves.right(to)) end
  end
  return to.cursor
end

local function join(state)
  local newline = moves.line_end(state)
  if newline == #state.text then return state end
  local blank = #state.text:match("^%s*", newline + 1)
  return at(editor.replace(state, newline, newline + blank, " "), newline)
end

-- A motion by its keys: the position, and how an operator takes it; nil when the keys are none, "more" when they are not complete.
local function motion(state, keys, count)
  local finder, letter = keys:match "^([fFtT])(.*)$"
  if finder then
    if letter == "" then return "more" end
    return motions.find(state, finder, letter, count)
  end
  if keys == "g" then return "more" end
  local fn = motions.keys[keys]
  if not fn then return nil end
  return fn(state, count)
end

-- A command by all its keys so far: a state, or "more", or nil for nonsense.
local function command(state, keys)
  local digits, rest = keys:match "^([1-9]%d*)(.*)$"
  rest = rest or keys
  local count = math.min(math.tointeger(tonumber(digits or 1)) or 1, 10000)
  if rest == "" then return "more" end
  local operator, more, object = rest:match "^([dcy])([1-9]?%d*)(.*)$"
  if operator and object:sub(1, 1) ~= "0" and more == "0" then more, object = "", "0" .. object end
  if operator then
    count = count * math.min(math.tointeger(tonumber(more)) or 1, 10000)
    if object == "" then return "more" end
    if object == operator then return operate(state, operator, motions.lines_down(state, count - 1), "line") end
    if object:find "^[ia]" then
      if #object == 1 then return "more" end
      local from, to = motions.object(state, object)
      return from and operators[operator](state, from, to)
    end
    if operator == "c" and object:lower() == "w" and state.text:find("^%S", state.cursor + 1) then -- to the end of the word, not to the next
      local _, to = motions.object(state, "i" .. object)
      local last = at(state, layout.before(state.text, to))
      return operate(state, "c", count > 1 and motions.keys[object == "w" and "e" or "E"](last, count - 1) or last.cursor, "inclusive")
    end
    local target, kind = motion(state, object, count)
    if target == "more" then return "more" end
    return target and operate(state, operator, target, kind)
  end
  if commands[rest] then return commands[rest](state) end
  if counted[rest] then return counted[rest](state, characters(state, count)) end
  if rest == "X" then return operate(state, "d", moves.left(state)) end
  if rest == "J" then return join(state) end
  if rest == "r" then return "more" end
  local letter = rest:match "^r(.+)$"
  if letter then
    local to = characters(state, count)
    return at(editor.replace(state, state.cursor, to, letter:rep(count)), state.cursor)
  end
  local target = motion(state, rest, count)
  return target == "more" and "more" or target and at(state, target)
end

local through

-- `.`: the keys of the last change again.
local function repeat_change(state)
  for _, event in ipairs(state.vim.change or {}) do state = through(state, event) end
  return state
end

local function normal(state, event)
  local vim = state.vim
  if event.key == "esc" then
    if vim.keys == "" then return state, "unused" end
    return set_vim(state, { keys = "", trail = {} })
  end
  if event.key == "ctrl-r" then return settle((editor.actions.redo(state))) end
  local step = vim.keys == "" and ({ j = "down", k = "up" })[event.key]
  if step then return settle((editor.actions[step](state))) end
  local typed = event.text or ({ backspace = "h", left = "h", right = "l", home = "0", ["end"] = "$" })[event.key]
  if not typed then return state, "unused" end
  if vim.keys == "" and typed == "." then return repeat_change(state) end
  local keys = vim.keys .. typed
  local trail = table.move({ event }, 1, 1, #vim.trail + 1, table.move(vim.trail, 1, #vim.trail, 1, {}))
  local result = command(state, keys)
  if result == "more" then return set_vim(state, { keys = keys, trail = trail }) end
  result = set_vim(result or state, { keys = "" })
  if result.vim.mode == "insert" then return set_vim(result, { trail = trail }) end
  local change = result.text ~= state.text and typed ~= "u" and trail or vim.change
  return settle(set_vim(result, { trail = {}, change = change }))
end

local function insert(state, event)
  local trail = state.vim.trail
  if event.key ~= "esc" then
    local new, action = editor.key(state, event)
    if action == "submit" or action == "unused" then return new, action end
    return set_vim(new, { trail = table.move({ event }, 1, 1, #trail + 1, table.move(trail, 1, #trail, 1, {})) }), action
  end
  local left = state.cursor > moves.line_start(state) and at(state, moves.left(state)) or state
  local change = #trail > 0 and table.move({ event }, 1, 1, #trail + 1, table.move(trail, 1, #trail, 1, {})) or state.vim.change
  return set_vim(left, { mode = "normal", keys = "", trail = {}, change = change })
end

function through(state, event)
  if state.vim.mode == "insert" then return insert(state, event) end
  return normal(state, event)
end

---The state after a key, as editor.key gives it; "unused" when the keymap decides.
---@param state Editor
---@param event KeyEvent
---@return Editor
---@return "submit"|"end"|"unused"|nil
function M.key(state, event)
  return through(state, event)
end

return M
