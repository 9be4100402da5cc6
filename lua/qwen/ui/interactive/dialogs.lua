-- What commands, tools and the agent ask of the person at the prompt: questions, pickers, a line, a text in their own editor.
local editor = require "qwen.ui.editor.editor"
local live = require "qwen.ui.screen.live"
local show = require "qwen.ui.transcript.show"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local turn = require "qwen.ui.interactive.turn"

local M = {}

---The terminal for somebody else: fn runs while it is as the shell left it.
function M.lend(self, fn)
  self.away = true
  if self.reader then self.reader:cancel() end
  self.reader = nil
  live.hide()
  term.close()
  local _ <close> = setmetatable({}, { __close = function() self.events:put { type = "returned" } end })
  return fn()
end

---The external editor on a text; nil and why when it was left without saving.
---@param before string
---@param suffix string?
---@return string?, Err?
function M.edit(self, before, suffix)
  return M.lend(self, function() return require("qwen.ui.editor.external").edit(before, suffix) end)
end

---The person's pager on all of the session, or of an agent's conversation; why there is none.
---@param self TtySession
---@param agent Agent?
---@return boolean?, Err?
function M.view(self, agent)
  local ctx = self.ctx
  local session = agent and (agent.session or { messages = {} }) or ctx.session
  local rows = require("qwen.ui.transcript.whole").rows(session.messages, select(2, term.size()), ctx.agents, agent)
  local content = require("sys.secret").redact(table.concat(rows, "\n") .. "\n")
  return M.lend(self, function() return require("qwen.ui.editor.external").view(content) end)
end

---Lines that are made anew every second, until the person leaves.
---@param self TtySession
---@param make fun(): string[]?, Err?
---@return integer? code
---@return Err?
function M.live(self, make)
  local view, e = require("qwen.ui.widget.watch_view").new(make)
  if not view then return nil, e end
  local _ <close> = task.spawn(function()
    while true do
      task.sleep(view.every)
      view:tick()
      self:repaint()
    end
  end)
  self:ask(view)
  return 0
end

---Fills in what a ctx asks of the person.
---@param self TtySession
function M.attach(self)
  local ctx = self.ctx
  ctx.interactive = true
  function ctx.hint(words)
    show.settle()
    show.hint(text.clean((words:gsub("%s+", " "))))
  end
  function ctx.ask(asked)
    local question = require("qwen.ui.widget.approval_dialog").new(asked)
    local beside = asked.leave and question.stands -- the answer that streams goes on above it
    if not beside then show.asking(asked, question.stands) end
    if not question.stands then
      live.write(question:lines())
      tool_calls.told()
    end
    local answer = self:ask(question, true)
    if answer then return answer.key, answer.words end
    if asked.leave then asked.leave() elseif asked.turn and self.busy then self.busy:cancel() end
  end
  function ctx.questions(list)
    local form = require("qwen.ui.widget.form").new(list)
    show.asking({}, form.stands)
    if not form.stands then live.write(form:lines()) end
    return self:ask(form, true)
  end
  function ctx.pick(title, choices, options) return self:ask(require("qwen.ui.widget.picker").new(title, choices, options)) end
  function ctx.line(title, hidden) return self:ask(require("qwen.ui.widget.text_input").new(title, hidden)) end
  require("qwen.util.secret_input").line = ctx.line
  function ctx.live(make) return M.live(self, make) end
  function ctx.transcript(agent) return M.view(self, agent) end
  function ctx.edit(before, suffix) return M.edit(self, before, suffix) end
  function ctx.suggest(words)
    if self.busy or self.state.text ~= "" then return end
    self.suggestion = text.clean(words):gsub("%s+", " ")
    self:repaint()
  end
  function ctx.prefill(words)
    self.state = editor.set(self.state, text.clean(words))
    self:repaint()
  end
  function ctx.move(to) return require("qwen.ui.interactive.move").to(ctx, to) end
  function ctx.print_markdown(words)
    show.settle()
    require("qwen.ui.transcript.reply").whole(require("sys.secret").redact(words))
  end
  function ctx.prompt(line, typed) return turn.prompt(self, line, typed) end
  function ctx.idle(seconds, over) return turn.idle(self, seconds, over) end
  function ctx.steer() return turn.steer(self) end
  function ctx.news_came()
    self.events:put { type = "answered", fn = function() turn.next(self) end }
  end
  function ctx.quit(code) ctx.leave = code or 0 end
end

return M
