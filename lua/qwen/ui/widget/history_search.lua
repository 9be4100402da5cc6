-- Ctrl-R: what was typed before, found by a piece of it while it is typed. The keys that it does
-- not know are the prompt's again.
local Dialog = require "qwen.ui.widget.dialog"
local editor = require "qwen.ui.editor.editor"
local keymap = require "qwen.ui.editor.keymap"
local input_area = require "qwen.ui.editor.input_area"
local style = require "qwen.ui.render.style"
local term = require "sys.term"

-- The newest entry before `from` that holds what is typed; where there is none, the one that is
-- shown stays.
local function find(self, from)
  local at = editor.find(self.before, self.line.text, from)
  self.failed = not at
  if at then self.at, self.state = at, editor.recall(self.before, at) end
end

local function older(self) find(self, self.at) end

local Search = Dialog.class({
  list_up = older, search_history = older,
  list_cancel = function() return false end,
  -- Sends it, too, where the key does that at the prompt.
  list_accept = function(self, event)
    return { state = self.state, event = keymap.action(event.key) == "submit" and event or nil }
  end,
}, "list")

---@param state Editor
function Search.new(state)
  local newest = #state.history + 1
  return Search.make { before = state, state = state, at = newest, line = editor.new {} }
end

function Search:rows(columns, height)
  local rows = input_area.rows(self.state, columns, math.max(height // 2, 1))
  local lead = (self.failed and "not found: " or "search: ") .. self.line.text
  rows[#rows + 1] = style.paint("dim", "(" .. term.cut(lead, math.max(columns - 3, 1)) .. ")")
  return rows, { row = #rows, column = math.min(1 + term.width(lead), columns - 2) }
end

-- What is typed has changed: a longer text is looked for from the entry that is shown.
local function typed(self, before)
  local text, newest = self.line.text, #self.before.history + 1
  if text == "" then
    self.state, self.at, self.failed = self.before, newest, false
    return
  end
  find(self, text:sub(1, #before) == before and not self.failed and self.at + 1 or newest)
end

---@param event KeyEvent
---@return {state: Editor, event: KeyEvent?}|false|nil the state found, and the key that is still to be done on it
function Search:key(event)
  local before = self.line.text
  if event.type == "paste" then
    self.line = editor.insert(self.line, (event.text:gsub("\n.*", "")))
  elseif event.type == "key" then
    local action = self.keys:action(event, true)
    if action == false then return nil end
    action = action or keymap.action(event.key)
    if self.actions[action] then return self.actions[action](self, event) end
    local edits = action == "delete_left" or not action and event.text
    if not edits then return { state = self.state, event = event } end
    self.line = editor.key(self.line, event, action)
  end
  if self.line.text ~= before then typed(self, before) end
end

return Search
