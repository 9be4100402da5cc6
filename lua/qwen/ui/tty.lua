-- The session at the prompt: keys, signals and the end of a turn come in one queue, and each changes the state that is painted.
-- What a sent line does is turn.lua's business; what a key does to the text is the editor's.
local actions = require "qwen.ui.actions"
local editor = require "qwen.ui.editor"
local history = require "qwen.ui.history"
local keymap = require "qwen.ui.keymap"
local live = require "qwen.ui.live"
local person = require "qwen.ui.person"
local prompt = require "qwen.ui.prompt"
local resource = require "qwen.resource"
local say = require("qwen.ui.words").say
local show = require "qwen.ui.show"
local style = require "qwen.ui.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "sys.text"
local turn = require "qwen.ui.turn"

local M = {}

local TYPING = 0.5 -- seconds between two keys of somebody who types

---@class TtySession
---@field ctx Ctx
---@field events Queue
---@field state Editor
---@field busy Task? what runs now
---@field queue string[] lines to be sent after it
---@field questions table[] what is asked; the first is shown in the place of the input
---@field quit integer? the exit code
local Session = {}
Session.__index = Session

-- Painting ----------------------------------------------------------------------------------------------------------

local function queue_rows(self, columns)
  local rows = {}
  for i, line in ipairs(self.queue) do
    rows[i] = style.paint("dim", "… " .. term.cut(text.clean(line):gsub("%s+", " "), math.max(columns - 3, 1)))
  end
  return rows
end

---Shows the state.
function Session:repaint()
  local question = self.questions[1]
  live.set("queue", function(columns) return queue_rows(self, columns) end)
  live.set("input", function(columns, height)
    if question then return question:rows(columns, height) end
    return prompt.rows(self.state, columns, math.max(height // 2, 1))
  end)
  live.paint()
end

-- Questions ---------------------------------------------------------------------------------------------------------

---Shows a question in the place of the input until it is answered; nil when the person leaves.
---@param question table with rows, key and said
---@return any
function Session:ask(question)
  question.answers = task.queue()
  question.begun = self.state.text ~= "" and task.now() - (self.last_key or 0) < TYPING -- a key that is already on its way is for the text
  table.insert(self.questions, question)
  local _ <close> = setmetatable({}, { __close = function()
    for i, other in ipairs(self.questions) do
      if other == question then table.remove(self.questions, i) end
    end
    self:repaint()
  end })
  self:repaint()
  local answer = question.answers:get().value
  live.write(question:said(answer) .. "\n")
  return answer or nil
end

-- True when the key was for the question.
local function to_question(self, event)
  local question = self.questions[1]
  if not question then return false end
  question.begun = question.begun and task.now() - self.last_key < TYPING
  if question.begun then return false end
  local answer = question:key(event)
  if answer ~= nil then question.answers:put { value = answer } end
  return true
end

-- Events ------------------------------------------------------------------------------------------------------------

local on = {}

local function submit(self)
  local line = editor.text(self.state)
  if not line:find "%S" then return end
  self.state = editor.sent(self.state, line)
  history.add(self.ctx.cwd, line)
  turn.send(self, line)
end

-- A function that the person bound to a key.
local function call_bound(self, fn)
  local state = self.state
  task.spawn(function()
    local ok, new, cursor = pcall(fn, self.ctx, editor.text(state), state.cursor)
    if not ok then
      self.ctx.notice("the function of this key failed: " .. tostring(new))
    elseif type(new) == "string" then
      self.state = editor.set(self.state, text.clean(new))
      if math.type(cursor) == "integer" then self.state = editor.move_to(self.state, cursor) end
    end
    self.events:put { type = "changed" }
  end)
end

local function act(self, action, event)
  if type(action) == "function" then return call_bound(self, action) end
  if actions[action] then return actions[action](self) end
  local asks
  if editor.actions[action] then
    self.state, asks = editor.actions[action](self.state)
  else
    self.state = editor.key(self.state, event)
  end
  if asks == "submit" then
    submit(self)
  elseif asks == "end" and not self.busy then
    self.quit = 0
  end
end

-- Rows of keys such as ctrl-x ctrl-e are collected until they mean something.
local function press(self, event)
  local keys = self.chord and self.chord .. " " .. event.key or event.key
  local action, more = keymap.action(keys)
  local continued = self.chord
  self.chord = more and keys or nil
  if more or continued and not action then return end
  self.leaving = nil
  if action ~= "cancel" then self.last_cancel = nil end
  act(self, action, event)
end

function on.key(self, event)
  local mine = not to_question(self, event)
  self.last_key = task.now()
  if mine then
    self.state = editor.resize(self.state, prompt.columns(select(2, term.size())))
    if event.type == "paste" then
      self.state = editor.paste(self.state, event.text)
    else
      press(self, event)
    end
  end
  self:repaint()
  if self.state.text ~= "" and not self.busy then self.ctx.warm() end
end

on.paste = on.key

function on.resize(self) self:repaint() end
function on.changed(self) self:repaint() end

-- Whoever had the terminal is done with it.
function on.returned(self)
  if not term.open() then
    self.quit = 1
    return
  end
  self.away = false
  self:read_keys()
  live.show()
  self:repaint()
end

function on.done(self, event)
  self.busy = nil
  show.finish_line(self.ctx)
  if not event.ok then
    local cancelled = event.err.kind == "cancelled"
    if cancelled then self.ctx.print(say "stopped") else self.ctx.notice("this went wrong inside qwen: " .. tostring(event.err)) end
    local back = turn.take_back(self)
    if back ~= "" then self.state = editor.set(self.state, self.state.text == "" and back or back .. "\n" .. editor.text(self.state)) end
  end
  if self.ctx.leave then self.quit = self.ctx.leave end
  turn.next(self)
  self:repaint()
end

function on.reply(self, event) show.reply(self.ctx, event.text) end

function on.int(self)
  if self.away then return end
  local question = self.questions[1]
  if question then
    question.answers:put { value = false }
  elseif self.busy then
    self.busy:cancel()
  elseif self.state.text ~= "" then
    live.write(prompt.sent(self.state.text))
    self.state, self.leaving = editor.sent(self.state, ""), nil
  elseif self.leaving then
    self.quit = 0
  else
    self.leaving = true
    self.ctx.print(say "leave_again")
  end
  self:repaint()
end

function on.term(self) self.quit = 143 end
function on.hup(self) self.quit = 129 end

function on.tstp(self)
  if self.away then return term.suspend() end
  actions.suspend()
  self:repaint()
end

on["end"] = function(self) self.quit = 0 end

function Session:read_keys()
  local events = self.events
  self.reader = task.spawn(function()
    while true do
      local event = term.key()
      if not event then break end
      events:put(event)
    end
    events:put { type = "end" }
  end)
end

local function read_signals(self)
  local signals = task.signals("int", "term", "hup", "tstp")
  task.spawn(function()
    while true do self.events:put { type = signals:get() } end
  end)
end

-- Before the first prompt is typed for nothing.
local function tell_missing_key(ctx)
  local provider = require("qwen.vendors").of(ctx.model)
  local auth = resource.get("auth", provider and provider.auth or "api-key")
  if not auth then return end
  local signed, problem = auth.headers(ctx, ctx.model, { method = "GET", url = ctx.model.base_url, headers = {}, body = {} })
  if not signed then ctx.notice(problem.message) end
end

local function bind_settings(ctx)
  for keys, action in pairs(ctx.settings:get "ui.keys" or {}) do
    local ok, e = keymap.bind(keys, action ~= "" and action or false)
    if not ok then ctx.notice("setting ui.keys: " .. e.message) end
  end
end

---Runs the session until the person leaves.
---@param ctx Ctx
---@return integer exit code
function M.run(ctx)
  local ok, e = term.open()
  if not ok then
    ctx.notice(e.message)
    return 1
  end
  local _ <close> = setmetatable({}, { __close = function()
    live.close()
    show.leave()
    term.close()
  end })
  local self = setmetatable({ ctx = ctx, events = task.queue(), state = editor.new { history = history.load(ctx.cwd) }, queue = {}, questions = {} },
    Session)
  live.open()
  show.attach(ctx)
  person.attach(self)
  show.greet(ctx)
  self:read_keys()
  read_signals(self)
  self:repaint()
  bind_settings(ctx)
  ctx.emit "session_started"
  tell_missing_key(ctx)
  self:repaint()
  while not self.quit do
    local event = self.events:get()
    local handler = on[event.type]
    if handler then handler(self, event) end
  end
  if self.busy then self.busy:cancel() end
  ctx.emit "session_ended"
  ctx.session:close()
  return self.quit
end

return M
