-- Ctrl-R: what was typed before, found by a piece of it while it is typed. It gives rows and takes keys.
local editor = require "qwen.ui.editor.editor"
local prompt = require "qwen.ui.editor.input_area"
local style = require "qwen.ui.render.style"
local term = require "sys.term"

local Search = {}
Search.__index = Search

---@param state Editor
function Search.new(state)
  return setmetatable({ before = state, state = state, at = #state.history + 1, query = "" }, Search)
end

-- The newest entry before `from` that holds the query; where there is none, the one that is shown stays.
local function find(self, from)
  local at = editor.find(self.before, self.query, from)
  self.failed = not at
  if at then self.at, self.state = at, editor.recall(self.before, at) end
end

function Search:rows(columns, height)
  local rows = prompt.rows(self.state, columns, math.max(height // 2, 1))
  local lead = (self.failed and "not found: " or "search: ") .. self.query
  rows[#rows + 1] = style.paint("dim", "(" .. term.cut(lead, math.max(columns - 3, 1)) .. ")")
  return rows, { row = #rows, column = math.min(1 + term.width(lead), columns - 2) }
end

---@param event KeyEvent
---@return {state: Editor, event: KeyEvent}|false|nil the state found, and the key that is still to be done on it
function Search:key(event)
  local key = event.key
  if event.type == "paste" or event.text and event.type == "key" then
    self.query = self.query .. event.text:gsub("\n.*", "")
    find(self, self.failed and #self.before.history + 1 or self.at + 1)
  elseif event.type ~= "key" then
    return nil
  elseif key == "ctrl-r" or key == "up" then
    find(self, self.at)
  elseif key == "backspace" or key == "ctrl-h" then
    self.query = self.query:sub(1, (utf8.offset(self.query, -1) or 1) - 1)
    self.state = self.query == "" and self.before or self.state
    find(self, #self.before.history + 1)
  elseif key == "esc" or key == "ctrl-g" or key == "ctrl-c" then
    return false
  else
    return { state = self.state, event = event }
  end
end

return Search
