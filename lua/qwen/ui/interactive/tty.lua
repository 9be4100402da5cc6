-- The session at the prompt: keys, signals and the end of a turn come in one queue, and each changes the state that is painted.
-- What a sent line does is turn.lua's business; what a key does to the text is the editor's.
local actions = require "qwen.ui.interactive.actions"
local editor = require "qwen.ui.editor.editor"
local hints = require "qwen.ui.widget.hints"
local history = require "qwen.ui.editor.history"
local hooks = require "qwen.extension.hooks"
local keymap = require "qwen.ui.editor.keymap"
local live = require "qwen.ui.screen.live"
local menu = require "qwen.ui.widget.menu"
local dialogs = require "qwen.ui.interactive.dialogs"
local key_dispatch = require "qwen.ui.interactive.key_dispatch"
local input_area = require "qwen.ui.editor.input_area"
local questions = require "qwen.ui.interactive.questions"
local registry = require "qwen.extension.registry"
local say = require("qwen.ui.render.words").say
local show = require "qwen.ui.transcript.show"
local style = require "qwen.ui.render.style"
local sys = require "sys.os"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local todos = require "qwen.ui.transcript.todos"
local wrap = require "qwen.ui.render.wrap"
local tr = require("qwen.util.translate").tr
local turn = require "qwen.ui.interactive.turn"

local M = {}

---@class TtySession
---@field ctx Ctx
---@field events Queue
---@field state Editor
---@field busy Task? what runs now
---@field queue string[] lines to be sent after it
---@field shown table<string, string> how a line that waits stood in the input
---@field failed string? the prompt whose answer failed
---@field pasted boolean? the text in the input began with a paste
---@field questions table[] what is asked; the first is shown above the input
---@field typed number? when a key went to a text that is not sent yet
---@field quit integer? the exit code
local Session = {}
Session.__index = Session

-- Painting ----------------------------------------------------------------------------------------------------------

local function queue_rows(self, columns)
  local rows = {}
  for i, line in ipairs(self.queue) do
    local said = ("… %d. %s"):format(i, (text.clean(line):gsub("%s+", " ")))
    rows[i] = style.paint("dim", (wrap.cut(said, math.max(columns - 1, 1))))
  end
  return rows
end

-- Who writes Chinese, Japanese or Korean composes at the cursor, and a screen reader reads there.
local function cursor_stays()
  local locale = sys.env "LC_ALL" or sys.env "LC_CTYPE" or sys.env "LANG" or ""
  return style.reader() or locale:find "^zh" or locale:find "^ja" or locale:find "^ko"
end

---Shows the state.
function Session:repaint()
  local question = self.questions[1]
  live.follow(not question and self.state.text == "" and not cursor_stays())
  live.set("queue", function(columns) return queue_rows(self, columns) end)
  if question then live.set "todos" else todos.show(self.ctx) end
  questions.watch(self)
  live.set("input", function(columns, height)
    if question then return questions.rows(self, columns, height) end
    local rows, cursor = input_area.rows(self.state, columns, math.max(height // 2, 1), self.suggestion)
    if live.dumb() then return rows, cursor end
    table.insert(rows, 1, "") -- as in the scrollback, when it is sent
    cursor.row = cursor.row + 1
    return rows, cursor
  end)
  live.set("menu", function(columns, height)
    if self.hints and not question then return hints.rows(columns) end
    return question and {} or menu.rows(self, columns, height)
  end)
  live.paint()
end

-- Questions ---------------------------------------------------------------------------------------------------------

Session.show_question, Session.ask = questions.show, questions.ask

local on = {} -- what each event does

---Waits for an answer. Before the session runs nobody looks at its events: then this does.
---@param answers Queue
---@return {value: any}
function Session:await(answers)
  local answer
  while not self.running and not answer do
    self:read_keys()
    local event = self.events:get()
    if on[event.type] then on[event.type](self, event) end
    answer = answers:get(0)
    if self.quit then return { value = false } end
  end
  return answer or answers:get()
end

Session.press = key_dispatch

-- Events ------------------------------------------------------------------------------------------------------------

---A key of the text. `typed` is when somebody was typing last: their keys answer no question.
---@param event KeyEvent
function Session:type_key(event)
  self.state = editor.resize(self.state, input_area.columns(select(2, term.size())))
  if event.type == "paste" then
    actions.paste(self, event.text)
  else
    self:press(event)
  end
  if self.state.text == "" then self.pasted = nil end
  self.typed = self.state.text ~= "" and task.now() or nil
  if not self.questions[1] then menu.follow(self) end
end

function on.key(self, event)
  if self.questions[1] then questions.key(self, event) else self:type_key(event) end
  self:repaint()
  if self.state.text ~= "" and not self.busy then self.ctx.warm() end
end

on.paste = on.key

function on.resize(self) self:repaint() end
function on.changed(self) self:repaint() end

function on.tick(self)
  questions.tick(self)
  self:repaint()
end

-- What was asked beside the loop is done within it: a job ends with the task that starts it.
function on.answered(self, event)
  event.fn()
  self:repaint()
end

function on.listed(self)
  menu.follow(self)
  self:repaint()
end

-- Whoever had the terminal is done with it.
function on.returned(self)
  self.quit = not term.open() and 1 or self.quit
  if self.quit then return end
  self.away = false
  self:read_keys()
  live.show()
  self:repaint()
end

function on.done(self, event)
  self.busy = nil
  show.finish_line(self.ctx)
  if self.beside then require("qwen.ui.interactive.beside").settle(self) end
  if not event.ok then
    local stopped = event.err.kind == "cancelled" and say "stopped"
    local words = tostring(event.err)
    local wrong = words:find("not enough memory", 1, true) and tr "not enough memory" or tr("this went wrong inside qwen: %s", words)
    if stopped then self.ctx.print(stopped) else self.ctx.notice(wrong) end
    require("qwen.ui.widget.status_line").refresh() -- what repeated is over
    local back = turn.take_back(self)
    if back ~= "" then self.state = editor.set(self.state, self.state.text == "" and back or back .. "\n" .. editor.text(self.state)) end
  end
  if self.ctx.leave then self.quit = self.ctx.leave end
  turn.next(self)
  self:repaint()
  if not self.busy then collectgarbage() end -- the person reads; what the turn leaves behind would grow with the history
end

function on.reply(self, event) require("qwen.ui.transcript.colours").reply(self.ctx, event.text) end

function on.int(self)
  if self.away then return end
  if self.questions[1] then
    questions.interrupt(self)
  elseif self.busy then
    self.busy:cancel()
  elseif self.state.text ~= "" then
    live.write(input_area.sent(self.state.text))
    self.state, self.leaving = editor.sent(self.state, ""), nil
  elseif self.leaving then
    self.quit = 0
  else
    self.leaving = true
    self.ctx.print(say "leave_again")
  end
  self:repaint()
end

function on.sent(_, event) event.run() end
function on.term(self) self.quit = 143 end
function on.hup(self) self.quit = 129 end
function on.quit(self) self.quit = 131 end

function on.tstp(self)
  if self.away then return term.suspend() end
  actions.suspend()
  self:repaint()
end

on["end"] = function(self) self.quit = 0 end

function Session:read_keys()
  if self.reader then return end
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
  local signals = task.signals("int", "term", "hup", "quit", "tstp")
  task.spawn(function()
    while true do self.events:put { type = signals:get() } end
  end)
end

-- Before the first prompt is typed for nothing.
local function tell_missing_key(ctx)
  local provider = require("qwen.model.provider_of").of(ctx.model)
  local auth = registry.get("auth", provider and provider.auth or "api-key")
  if not auth then return end
  local signed, problem = auth.headers(ctx, ctx.model, { method = "GET", url = ctx.model.base_url, headers = {}, body = {} })
  if not signed then ctx.notice(problem.message) end
end

local function bind_settings(ctx)
  for keys, action in pairs(ctx.settings:get "ui.keys" or {}) do
    keymap.bind(keys, action ~= "" and action or false, tr "setting ui.keys:")
  end
  for _, problem in ipairs(keymap.problems()) do ctx.notice(problem) end
end

---Runs the session until the person leaves.
---@param ctx Ctx
---@param prepare fun(): boolean?, Err?, integer? gives the ctx its model and session, while the input is there already
---@return integer? exit code
---@return Err? problem what prepare could not do
---@return integer? failed and its exit code
function M.run(ctx, prepare)
  local ok, e = term.open()
  if not ok then return nil, e end
  local _ <close> = setmetatable({}, { __close = function()
    live.close()
    show.leave()
    term.close()
  end })
  local self = setmetatable({ ctx = ctx, events = task.queue(), state = editor.new { history = history.load(ctx.cwd) }, queue = {}, shown = {},
    questions = {} },
    Session)
  live.open(live.dumb())
  show.attach(ctx)
  hooks.attach_notices(ctx)
  dialogs.attach(self)
  self:repaint()
  sys.flush()
  local ready, problem, failed = prepare()
  if not ready then return nil, problem, failed end
  function ctx.vim_mode() return self.state.vim and self.state.vim.mode end
  require("qwen.ui.widget.status_line").attach(ctx)
  show.greet(ctx)
  self:read_keys()
  read_signals(self)
  self:repaint()
  bind_settings(ctx)
  ctx.emit("session_started", { source = hooks.session_source(ctx), model = ctx.model.id })
  ctx.tools = require("qwen.agent.view").tools(ctx) -- hooks may have brought some
  tell_missing_key(ctx)
  local leave = (ctx.opts.json_fd or ctx.settings:get "dualOutput") and require("qwen.ui.interactive.side_program").attach(self)
  turn.begin(self)
  self:repaint()
  self.running = true
  while not self.quit do
    local event = self.events:get()
    local handler = on[event.type]
    if handler then handler(self, event) end
  end
  if self.busy then self.busy:cancel() end
  ctx.emit("session_ended", { reason = "exit" })
  if leave then leave() end
  show.farewell(ctx)
  ctx.session:close()
  return self.quit
end

return M
