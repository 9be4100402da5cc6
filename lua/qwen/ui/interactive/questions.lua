-- What is asked of the person at the prompt: the first question stands above the input until it is
-- answered or left. What is being typed meanwhile stays in the input (key_guard.lua).
local budget = require "qwen.usage.budget"
local input_area = require "qwen.ui.editor.input_area"
local key_guard = require "qwen.ui.interactive.key_guard"
local live = require "qwen.ui.screen.live"
local task = require "sys.task"

local M = {}

---Shows a question; done gets the answer, false when the person leaves.
---@param self TtySession
---@param question table with rows, key, wants and types
---@param done fun(answer: any)
---@param since number? when somebody typed, or it came up unasked: KeyGuard.since
function M.show(self, question, done, since)
  question.done, question.guard = done, key_guard.new(since)
  question.repaint = function() self.events:put { type = "changed" } end
  table.insert(self.questions, question)
  self:repaint()
end

local function take_away(self, question)
  for i, other in ipairs(self.questions) do
    if other == question then table.remove(self.questions, i) end
  end
  if question.close then question:close() end
  local held = question.guard.held
  question.guard.held = nil
  if held then self:type_key(held) end
end

---Answers the first question; false: the person leaves it.
---@param self TtySession
---@param value any
function M.answer(self, value)
  local question = self.questions[1]
  take_away(self, question)
  question.done(value)
end

---Answers a question in the place of the user, wherever it stands.
---@param self TtySession
---@param question table
---@param value any
function M.give(self, question, value)
  take_away(self, question)
  question.done(value)
  self:repaint()
end

---Ctrl-C: the first question is left, and the turn that asks it stops.
---@param self TtySession
function M.interrupt(self)
  local question = self.questions[1]
  M.answer(self, false)
  if question.turn and self.busy then self.busy:cancel() end
end

local function to_question(self, event)
  local value = self.questions[1]:key(event)
  if value ~= nil then M.answer(self, value) end
end

---Gives a key to the question or to the text.
---@param self TtySession
---@param event KeyEvent
function M.key(self, event)
  local question = self.questions[1]
  for _, item in ipairs(question.guard:sort(event, task.now(), question)) do
    if item.to == "text" or self.questions[1] ~= question then
      self:type_key(item.event)
    else
      to_question(self, item.event)
    end
  end
end

---What time alone decides: a character that waited is the answer.
---@param self TtySession
function M.tick(self)
  local question = self.questions[1]
  local event = question and question.guard:due(task.now())
  if event then to_question(self, event) end
end

-- Comes back when the guard changes by itself.
local function wake_for(self, guard)
  local seconds = guard:timer(task.now())
  if not seconds or guard.sleeps then return end
  guard.sleeps = true
  task.spawn(function()
    task.sleep(seconds)
    guard.sleeps = nil
    self.events:put { type = "tick" }
  end)
end

---The rows of the first question, with what is being typed below it.
---@param self TtySession
---@param columns integer
---@param height integer
---@return string[] rows
---@return {row: integer, column: integer} cursor
function M.rows(self, columns, height)
  local question = self.questions[1]
  local typing = self.state.text ~= ""
  local below, in_text = {}, nil
  if typing then below, in_text = input_area.rows(self.state, columns, math.max(height // 4, 1)) end
  local armed = question.guard:armed(task.now())
  local rows, cursor = question:rows(columns, height - #below, armed, typing)
  if in_text and not armed then
    cursor = { row = #rows + in_text.row, column = in_text.column }
  end
  return table.move(below, 1, #below, #rows + 1, rows), cursor
end

---Keeps the first question on the screen up to date with time.
---@param self TtySession
function M.watch(self)
  local question = self.questions[1]
  if question then wake_for(self, question.guard) end
end

---Shows a question until it is answered; nil when the person leaves.
---@param self TtySession
---@param question table with rows, key, wants, types and said
---@param unasked boolean? nothing that the person did opens it
---@return any
function M.ask(self, question, unasked)
  local answers = task.queue()
  local _ <close> = budget.hold(self.ctx)
  local _ <close> = setmetatable({}, { __close = function()
    take_away(self, question)
    self:repaint()
  end })
  M.show(self, question, function(answer) answers:put { value = answer } end,
    unasked and task.now() or self.typed)
  local answer = self:await(answers).value
  local said = question:said(answer)
  if said then live.write(said .. "\n") end
  return answer or nil
end

return M
