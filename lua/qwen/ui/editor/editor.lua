-- The line editor: state and key event give a new state; nothing here waits or paints. Keys are those of emacs and readline.
-- The state is a table that is never changed: text, cursor (bytes before it), kills, undo, history.
-- Long pastes stand in the text as a label (placeholders.lua) and are put back by M.text.
local placeholders = require "qwen.ui.editor.placeholders"
local layout = require "qwen.ui.editor.layout"
local cursor_motions = require "qwen.ui.editor.cursor"
local texts = require "qwen.util.text"

local M = {}

local MOST_UNDO, MOST_KILLS = 200, 30

---@class Editor
---@field text string what is shown; long pastes as labels
---@field cursor integer bytes before the cursor
---@field columns integer of the area the text is shown in
---@field history string[] oldest first
---@field at integer entry of the history in the buffer; #history + 1 is the new one
---@field drafts table<integer, string> entries that were edited
---@field pastes {label: string, text: string}[]
---@field kills string[] newest last
---@field undo table[] states to go back to
---@field redo table[]
---@field last string? kind of the last key: what may join with the next
---@field mark integer? where the last yank began
---@field goal integer? column that vertical moves keep

---A new, empty state.
---@param options {history: string[]?, columns: integer?}?
---@return Editor
function M.new(options)
  options = options or {}
  local history = options.history or {}
  return { text = "", cursor = 0, columns = options.columns or 80, history = history, at = #history + 1, drafts = {}, pastes = {},
    kills = {}, undo = {}, redo = {} }
end

local function with(state, changes)
  local new = {}
  for key, value in pairs(state) do new[key] = value end
  new.last, new.goal = nil, nil
  for key, value in pairs(changes) do new[key] = value end
  return new
end

local function pushed(list, value, most)
  local new = table.move(list, math.max(1, #list - most + 2), #list, 1, {})
  new[#new + 1] = value
  return new
end

local function snapshot(state)
  return { text = state.text, cursor = state.cursor, pastes = state.pastes }
end

---Puts text in the place of the bytes after `from` up to `to`; the cursor stands behind it.
---@param state Editor
---@param from integer
---@param to integer
---@param text string
---@param changes table? further fields of the new state
---@return Editor
function M.replace(state, from, to, text, changes)
  changes = changes or {}
  changes.text = state.text:sub(1, from) .. text .. state.text:sub(to + 1)
  changes.cursor = from + #text
  if not changes.joins then changes.undo = pushed(state.undo, snapshot(state), MOST_UNDO) end
  changes.joins, changes.redo = nil, {}
  return with(state, changes)
end

function M.insert(state, text, changes)
  return M.replace(state, state.cursor, state.cursor, text, changes)
end

---The whole text anew, as from the history or an external editor.
---@param state Editor
---@param text string
---@param pastes table? what its labels stand for
function M.set(state, text, pastes)
  return M.replace(state, 0, #state.text, text, { pastes = pastes or {} })
end

---The cursor after so many bytes, but never inside a character.
function M.move_to(state, position)
  position = math.max(0, math.min(position, #state.text))
  while (state.text:byte(position + 1) or 0) & 0xC0 == 0x80 do position = position - 1 end
  return with(state, { cursor = cursor_motions.snap(state, position) })
end

---The text as the user means it: labels replaced by what they stand for.
---@param state Editor
---@return string
function M.text(state)
  return placeholders.expand(state.text, state.pastes)
end

---The same text in another width.
function M.resize(state, columns)
  return columns == state.columns and state or with(state, { columns = columns })
end

---The state after the text was sent: empty, with the text in the history (not twice in a row).
---@param state Editor
---@param text string
---@return Editor
function M.sent(state, text)
  local history = state.history
  if text:find "%S" and history[#history] ~= text then history = pushed(history, text, math.huge) end
  return with(state, { text = "", cursor = 0, history = history, at = #history + 1, drafts = {}, pastes = {}, undo = {}, redo = {} })
end

-- Inserting ---------------------------------------------------------------------------------------------------------

local function type_text(state, event)
  local word_goes_on = state.last == "type" and (event.text ~= " " or state.text:sub(state.cursor, state.cursor) == " ")
  return M.insert(state, event.text, { last = "type", joins = word_goes_on })
end

local function insert_folded(state, text, changes)
  if not placeholders.is_long(text) then return M.insert(state, text, changes) end
  local paste = placeholders.new(text, state.text, state.pastes)
  changes.pastes = pushed(state.pastes, paste, math.huge)
  return M.insert(state, paste.label, changes)
end

---What was pasted, cleaned of everything invisible; a long one becomes a label.
---@param state Editor
---@param text string
---@return Editor
function M.paste(state, text)
  text = texts.clean(text)
  return text == "" and state or insert_folded(state, text, {})
end

---A label that stands for something that goes with the text.
---@param state Editor
---@param paste {label: string, text: string}
---@return Editor
function M.attach(state, paste)
  return M.insert(state, paste.label .. " ", { pastes = pushed(state.pastes, paste, math.huge) })
end

local function newline(state)
  return M.insert(state, "\n")
end

local function enter(state)
  local before = state.cursor
  if state.text:sub(before, before) == "\\" then return M.replace(state, before - 1, before, "\n") end
  return state, "submit"
end

-- Moving ------------------------------------------------------------------------------------------------------------

local function move(to)
  return function(state) return with(state, { cursor = to(state) }) end
end

---Takes an entry of the history, #history + 1 for the new one; what was in the buffer is kept for the way back.
---@param state Editor
---@param at integer
---@return Editor
function M.recall(state, at)
  if at < 1 or at > #state.history + 1 then return state end
  local drafts = {}
  for key, value in pairs(state.drafts) do drafts[key] = value end
  drafts[state.at] = { text = state.text, pastes = state.pastes }
  local draft = drafts[at] or placeholders.entry(state.history[at] or "")
  return with(state, { text = draft.text, cursor = #draft.text, pastes = draft.pastes, at = at, drafts = drafts, undo = {}, redo = {} })
end

---The newest entry of the history before `from` that holds the words.
---@param state Editor
---@param words string
---@param from integer
---@return integer? at
function M.find(state, words, from)
  for at = math.min(from - 1, #state.history), 1, -1 do
    if state.history[at]:find(words, 1, true) then return at end
  end
end

local function vertical(step)
  return function(state)
    local row, column = layout.place(state.text, state.columns, state.cursor)
    local goal = state.goal or column
    if not layout.rows(state.text, state.columns)[row + step] then return M.recall(state, state.at + step) end
    local position = layout.position(state.text, state.columns, row + step, goal)
    return with(state, { cursor = cursor_motions.snap(state, position), goal = goal })
  end
end

local function older(state) return M.recall(state, state.at - 1) end
local function newer(state) return M.recall(state, state.at + 1) end

-- Killing -----------------------------------------------------------------------------------------------------------

local function between(state, position)
  return math.min(state.cursor, position), math.max(state.cursor, position)
end

local function delete(to)
  return function(state)
    local from, till = between(state, to(state))
    return from == till and state or M.replace(state, from, till, "")
  end
end

-- As delete, into the kill ring; kills in a row become one.
local function kill(to)
  return function(state)
    local from, till = between(state, to(state))
    if from == till then return state end
    local text, kills = placeholders.expand(state.text:sub(from + 1, till), state.pastes), state.kills
    if state.last == "kill" then
      local before = kills[#kills]
      kills = table.move(kills, 1, #kills - 1, 1, {})
      kills[#kills + 1] = from < state.cursor and text .. before or before .. text
    else
      kills = pushed(kills, text, MOST_KILLS)
    end
    return M.replace(state, from, till, "", { kills = kills, last = "kill" })
  end
end

local function yank(state)
  local text = state.kills[#state.kills]
  return text and insert_folded(state, text, { last = "yank", mark = state.cursor }) or state
end

-- After a yank: the kill before it instead.
local function yank_pop(state)
  if state.last ~= "yank" or #state.kills < 2 then return state end
  local kills = table.move(state.kills, 1, #state.kills - 1, 2, { state.kills[#state.kills] })
  local without = M.replace(state, state.mark, state.cursor, "", { joins = true })
  return insert_folded(without, kills[#kills], { kills = kills, last = "yank", mark = state.mark, joins = true })
end

local function transpose(state)
  local right = state.cursor == cursor_motions.line_end(state) and state.cursor or cursor_motions.right(state)
  local middle = cursor_motions.left(with(state, { cursor = right }))
  local left = cursor_motions.left(with(state, { cursor = middle }))
  if left == middle or left < cursor_motions.line_start(state) then return state end
  local a, b = state.text:sub(left + 1, middle), state.text:sub(middle + 1, right)
  return M.replace(state, left, right, b .. a)
end

-- Undo --------------------------------------------------------------------------------------------------------------

local function travel(from, to)
  return function(state)
    local list = state[from]
    local target = list[#list]
    if not target then return state end
    return with(state, { text = target.text, cursor = target.cursor, pastes = target.pastes,
      [from] = table.move(list, 1, #list - 1, 1, {}), [to] = pushed(state[to], snapshot(state), MOST_UNDO) })
  end
end

local function delete_or_leave(state)
  if state.text == "" then return state, "end" end
  return delete(cursor_motions.right)(state)
end

---What the actions of the keymap do to a state; those that are not here concern more than the text.
M.actions = {
  submit = enter, newline = newline, delete_or_leave = delete_or_leave,
  left = move(cursor_motions.left), right = move(cursor_motions.right),
  word_left = move(cursor_motions.word_left), word_right = move(cursor_motions.word_right),
  line_start = move(cursor_motions.line_start), line_end = move(cursor_motions.line_end),
  text_start = move(cursor_motions.start), text_end = move(cursor_motions.finish),
  up = vertical(-1), down = vertical(1), older = older, newer = newer,
  delete_left = delete(cursor_motions.left), delete_right = delete(cursor_motions.right),
  kill_line = kill(cursor_motions.kill_right), kill_line_left = kill(cursor_motions.line_start), kill_space_left = kill(cursor_motions.space_left),
  kill_word_left = kill(cursor_motions.word_left), kill_word_right = kill(cursor_motions.word_right),
  yank = yank, yank_older = yank_pop, transpose = transpose, undo = travel("undo", "redo"), redo = travel("redo", "undo"),
}

---The state after an event, and what the event asks for: "submit" (the text is M.text), "end" (Ctrl-D on an empty line),
---"unused" when it means nothing here.
---@param state Editor
---@param event KeyEvent
---@param action string|function|nil what the keymap says of it; what it does not know is typed
---@return Editor
---@return "submit"|"end"|"unused"|nil
function M.key(state, event, action)
  if event.type == "paste" then return M.paste(state, event.text) end
  if event.type ~= "key" then return state, "unused" end
  if M.actions[action] then return M.actions[action](state) end
  if not action and event.text then return type_text(state, event) end
  return state, "unused"
end

return M
