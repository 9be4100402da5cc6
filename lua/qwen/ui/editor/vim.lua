-- vi keys: a layer over the editor with a normal mode of motions, operators and text objects, and a visual mode. Keys it has no meaning for
-- are the keymap's. state.vim holds the mode ("insert", "normal", "visual", "lines"), the other end of what is chosen, the keys of a command
-- that is not complete, the last letter that was looked for, and what `.` repeats. Pure, as the editor is.
local editor = require "qwen.ui.editor.editor"
local layout = require "qwen.ui.editor.layout"
local vim_motions = require "qwen.ui.editor.vim_motions"
local cursor_motions = require "qwen.ui.editor.cursor"
local vim_operators = require "qwen.ui.editor.vim_operators"

local M = {}

local at, set_vim, insert_mode, settle, operate = vim_operators.at, vim_operators.set, vim_operators.insert_mode, vim_operators.settle, vim_operators.operate

M.turn = vim_operators.turn

local function paste(state, after)
  local text = state.kills[#state.kills]
  if not text then return state end
  if text:sub(-1) == "\n" then
    local line = after and cursor_motions.line_end(state) or cursor_motions.line_start(state)
    local new = editor.replace(state, line, line, after and "\n" .. text:sub(1, -2) or text)
    return at(new, after and line + 1 or line)
  end
  local place = after and state.cursor < cursor_motions.line_end(state) and cursor_motions.right(state) or state.cursor
  local new = editor.replace(state, place, place, text)
  return at(new, math.max(layout.before(new.text, new.cursor), place))
end

local function to_end(operator)
  return function(state) return operate(state, operator, cursor_motions.line_end(state)) end
end

local function open_line(below)
  return function(state)
    local line = below and cursor_motions.line_end(state) or cursor_motions.line_start(state)
    return insert_mode(at(editor.replace(state, line, line, "\n"), below and line + 1 or line))
  end
end

local commands = {
  i = insert_mode,
  a = function(state) return insert_mode(state.cursor < cursor_motions.line_end(state) and at(state, cursor_motions.right(state)) or state) end,
  I = function(state) return insert_mode(at(state, vim_motions.first_word(state))) end,
  A = function(state) return insert_mode(at(state, cursor_motions.line_end(state))) end,
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
  ["~"] = function(state, to) return at(vim_operators.case["~"](state, state.cursor, to), to) end,
}

local function characters(state, count)
  local to = state
  for _ = 1, count do
    if to.cursor < cursor_motions.line_end(state) then to = at(to, cursor_motions.right(to)) end
  end
  return to.cursor
end

local function join(state)
  local newline = cursor_motions.line_end(state)
  if newline == #state.text then return state end
  local blank = #state.text:match("^%s*", newline + 1)
  return at(editor.replace(state, newline, newline + blank, " "), newline)
end

local opposite = { f = "F", F = "f", t = "T", T = "t" }

-- A motion by its keys: the position, and how an operator takes it; nil when the keys are none, "more" when they are not complete.
local function motion(state, keys, count)
  local finder, letter = keys:match "^([fFtT])(.*)$"
  if finder then
    if letter == "" then return "more" end
    return vim_motions.find(state, finder, letter, count)
  end
  local found = state.vim.found -- the last of these, for ; and ,
  if keys == ";" then return found and vim_motions.find_again(state, found.finder, found.letter, count) end
  if keys == "," then return found and vim_motions.find_again(state, opposite[found.finder], found.letter, count) end
  if keys == "g" then return "more" end
  local fn = vim_motions.keys[keys]
  if not fn then return nil end
  return fn(state, count)
end

-- The last f, F, t or T among the keys of a command.
local function note_find(state, keys)
  local finder, letter = keys:match "^%d*[dcy<>]?%d*([fFtT])(.+)$"
  return finder and set_vim(state, { found = { finder = finder, letter = letter } }) or state
end

local function pushed(list, item)
  return table.move({ item }, 1, 1, #list + 1, table.move(list, 1, #list, 1, {}))
end

-- A command by all its keys so far: a state, or "more", or nil for nonsense.
local function command(state, keys)
  local digits, rest = keys:match "^([1-9]%d*)(.*)$"
  rest = rest or keys
  local count = math.min(math.tointeger(tonumber(digits or 1)) or 1, 10000)
  if rest == "" then return "more" end
  local operator, more, object = rest:match "^([dcy<>])([1-9]?%d*)(.*)$"
  if operator and object:sub(1, 1) ~= "0" and more == "0" then more, object = "", "0" .. object end
  if operator then
    count = count * math.min(math.tointeger(tonumber(more)) or 1, 10000)
    if object == "" then return "more" end
    if object == operator then return operate(state, operator, vim_motions.lines_down(state, count - 1), "line") end
    if object:find "^[ia]" then
      if #object == 1 then return "more" end
      local from, to = vim_motions.object(state, object)
      return from and vim_operators.keys[operator](state, from, to)
    end
    if operator == "c" and object:lower() == "w" and state.text:find("^%S", state.cursor + 1) then -- to the end of the word, not to the next
      local _, to = vim_motions.object(state, "i" .. object)
      local last = at(state, layout.before(state.text, to))
      return operate(state, "c", count > 1 and vim_motions.keys[object == "w" and "e" or "E"](last, count - 1) or last.cursor, "inclusive")
    end
    local target, kind = motion(state, object, count)
    if target == "more" then return "more" end
    return target and operate(state, operator, target, kind)
  end
  if commands[rest] then return commands[rest](state) end
  if counted[rest] then return counted[rest](state, characters(state, count)) end
  if rest == "X" then return operate(state, "d", cursor_motions.left(state)) end
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

local names = { backspace = "h", left = "h", right = "l", home = "0", ["end"] = "$" }

---What is chosen in visual mode: bytes after `from` up to `to`; nil in other modes.
---@param state Editor
---@return integer? from
---@return integer? to
function M.chosen(state)
  local vim = state.vim
  if not vim or vim.mode ~= "visual" and vim.mode ~= "lines" then return nil end
  local from, to = math.min(vim.anchor, state.cursor), math.max(vim.anchor, state.cursor)
  if vim.mode == "lines" then return vim_operators.lines_of(state, from, to) end
  return from, cursor_motions.right(at(state, to))
end

-- What a key does with what is chosen; the mode is over afterwards.
local over_chosen = { d = "d", x = "d", X = "d", c = "c", s = "c", y = "y", [">"] = ">", ["<"] = "<" }

local function on_chosen(state, key)
  local from, to = M.chosen(state)
  local linewise = state.vim.mode == "lines"
  if vim_operators.case[key] then return vim_operators.case[key](state, from, to) end
  if key == "p" then
    local text = (state.kills[#state.kills] or ""):gsub("\n$", "")
    return at(editor.replace(state, from, to, text), from)
  end
  local operator = over_chosen[key]
  return operator and vim_operators.keys[operator](at(state, from), from, to, linewise)
end

-- A command of visual mode by its keys: a state that is still or no longer in it, "more", or nil.
local function choose(state, keys)
  local vim, count, rest = state.vim, keys:match "^([1-9]?%d*)(.*)$"
  if count == "0" then count, rest = "", keys end
  if rest == "" then return "more" end
  if rest == "o" then return set_vim(at(state, vim.anchor), { anchor = state.cursor }) end
  local other = ({ v = "visual", V = "lines" })[rest]
  if other then return set_vim(state, { mode = other == vim.mode and "normal" or other }) end
  if rest:find "^[ia]" then
    if #rest == 1 then return "more" end
    local from, to = vim_motions.object(state, rest)
    return from and to > from and set_vim(at(state, layout.before(state.text, to)), { anchor = from }) or nil
  end
  local new = on_chosen(state, rest)
  if new then return new.vim.mode == "insert" and new or set_vim(new, { mode = "normal" }) end
  local target = motion(state, rest, math.min(math.tointeger(tonumber(count)) or 1, 10000))
  return target == "more" and "more" or target and at(state, target) or nil
end

local function visual(state, event)
  local vim = state.vim
  if event.key == "esc" then return settle(set_vim(state, { mode = "normal", keys = "", trail = {} })) end
  local step = vim.keys == "" and ({ j = "down", k = "up", down = "down", up = "up" })[event.key]
  if step then
    local new = editor.actions[step](state)
    return new.at == state.at and set_vim(new, { trail = pushed(vim.trail, event) }) or state -- the history is not for here
  end
  local typed = event.text or names[event.key]
  if not typed then return state, "unused" end
  local trail, keys = pushed(vim.trail, event), vim.keys .. typed
  local result = choose(state, keys)
  if result == "more" then return set_vim(state, { keys = keys, trail = trail }) end
  result = set_vim(note_find(result or state, keys), { keys = "", trail = trail })
  if result.vim.mode ~= "normal" then return result end
  return settle(set_vim(result, { trail = {}, change = result.text ~= state.text and trail or vim.change }))
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
  local typed = event.text or names[event.key]
  if not typed then return state, "unused" end
  if vim.keys == "" and typed == "." then return repeat_change(state) end
  local mode = vim.keys == "" and ({ v = "visual", V = "lines" })[typed]
  if mode then return set_vim(state, { mode = mode, anchor = state.cursor, trail = { event } }) end
  local keys = vim.keys .. typed
  local trail = pushed(vim.trail, event)
  local result = command(state, keys)
  if result == "more" then return set_vim(state, { keys = keys, trail = trail }) end
  result = set_vim(note_find(result or state, keys), { keys = "" })
  if result.vim.mode == "insert" then return set_vim(result, { trail = trail }) end
  local change = result.text ~= state.text and typed ~= "u" and trail or vim.change
  return settle(set_vim(result, { trail = {}, change = change }))
end

local function insert(state, event)
  local trail = state.vim.trail
  if event.key ~= "esc" then
    local new, action = editor.key(state, event)
    if action == "submit" or action == "unused" then return new, action end
    return set_vim(new, { trail = pushed(trail, event) }), action
  end
  local left = state.cursor > cursor_motions.line_start(state) and at(state, cursor_motions.left(state)) or state
  local change = #trail > 0 and pushed(trail, event) or state.vim.change
  return set_vim(left, { mode = "normal", keys = "", trail = {}, change = change })
end

function through(state, event)
  local mode = state.vim.mode
  return (mode == "insert" and insert or mode == "normal" and normal or visual)(state, event)
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
