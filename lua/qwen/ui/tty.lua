-- The session at the prompt: keys, signals and the end of a turn come in one queue; answers are written above the input area.
-- What a turn does is the agent's business; what a key does to the text is the editor's.
local complete = require "qwen.ui.complete"
local editor = require "qwen.ui.editor"
local history = require "qwen.ui.history"
local live = require "qwen.ui.live"
local prompt = require "qwen.ui.prompt"
local resource = require "qwen.resource"
local run = require "qwen.run"
local show = require "qwen.ui.show"
local task = require "sys.task"
local term = require "sys.term"

local M = {}

local Session = {}
Session.__index = Session

local function repaint(self)
  live.set("input", not self.question and function(columns, height)
    return prompt.rows(self.state, columns, math.max(height // 2, 1))
  end)
  live.paint()
end

-- Writes what was sent into the scrollback, as it was typed.
local function keep(text)
  live.write(prompt.sent(text))
end

-- A job that Ctrl-C may stop; its end comes back as an event.
local function start(self, fn)
  self.busy = task.spawn(fn)
  local job, events = self.busy, self.events
  task.spawn(function()
    local ok, e = job:join()
    events:put { type = "done", ok = ok, err = e }
  end)
end

local function ask_model(self, text)
  local ctx = self.ctx
  local submitted, reason = ctx.emit("prompt_submitted", { text = text })
  if not submitted then return ctx.notice("the prompt was blocked: " .. tostring(reason)) end
  start(self, function()
    local loop, message = require "qwen.agent.loop", require "qwen.message"
    local answer = loop.run(ctx, message.user(submitted.text))
    show.ended(ctx, answer)
  end)
end

-- `!cmd`: the person's own command; the model is told what it printed.
local function shell_line(self, command)
  local ctx = self.ctx
  start(self, function()
    local out = {}
    local result, e = require("qwen.proc").run { argv = { "/bin/sh", "-c", command }, cwd = ctx.cwd, stderr = "stdout",
      on_output = function(chunk)
        out[#out + 1] = chunk
        ctx.raw(chunk)
      end }
    if not result then return ctx.notice(e.message) end
    if result.code ~= 0 then ctx.print(result.code and ("(exit code %d)"):format(result.code) or ("(signal %d)"):format(result.signal)) end
    local text = require("qwen.text").head_tail(table.concat(out), 20000)
    ctx.session:add(require("qwen.message").user(("I ran `%s` myself. It printed:\n%s"):format(command, text)))
  end)
end

local function command_line(self, text)
  local ctx = self.ctx
  local name, rest = text:match "^/([%w_-]*)%s*(.-)%s*$"
  local command, e = run.find_command(name or "")
  if not command then return ctx.notice(tostring(e)) end
  start(self, function()
    local code, problem = command.run(ctx, run.split(rest), rest)
    if code == nil and problem then ctx.notice(tostring(problem)) end
  end)
end

local function submit(self)
  local text = editor.text(self.state)
  if not text:find "%S" then return end
  keep(self.state.text)
  self.state = editor.sent(self.state, text)
  history.add(self.ctx.cwd, text)
  local bang = text:match "^!%s*(.+)"
  if bang then
    shell_line(self, bang)
  elseif text:match "^/[%w_-]*%f[%s%z]" or text:match "^/[%w_-]*$" then
    command_line(self, text)
  else
    ask_model(self, text)
  end
end

-- One key for an open question; Esc and Ctrl-C refuse.
local function answer(self, key)
  local question = self.question
  for _, choice in ipairs(question.choices) do
    if choice.key == key then
      self.question = nil
      self.ctx.raw(choice.label .. "\n")
      question.answers:put(key)
      return repaint(self)
    end
  end
  if key == "esc" then
    self.question = nil
    self.ctx.raw "no\n"
    question.answers:close()
    repaint(self)
  end
end

-- Tab: the word grows as far as it is certain; what it can become is shown when that is nothing.
local function complete_word(self)
  local state = self.state
  local length, words, sure = complete.find(self.ctx, state.text:sub(1, state.cursor))
  if #words == 0 then return end
  if sure ~= state.text:sub(state.cursor - length + 1, state.cursor) then
    self.state = editor.replace(state, state.cursor - length, state.cursor, sure)
  else
    local shown = table.move(words, 1, math.min(#words, 40), 1, {})
    self.ctx.print(table.concat(shown, "  ") .. (#words > #shown and ("  (%d more)"):format(#words - #shown) or ""))
  end
end

local on = {}

function on.key(self, event)
  if self.question then return answer(self, event.key) end
  if event.key == "esc" and self.busy then return self.busy:cancel() end
  if event.key == "tab" and not self.busy then
    complete_word(self)
    return repaint(self)
  end
  self.state = editor.resize(self.state, prompt.columns(select(2, term.size())))
  local state, action = editor.key(self.state, event)
  self.state, self.leaving = state, nil
  if action == "submit" and not self.busy then
    submit(self)
  elseif action == "end" and not self.busy then
    self.quit = 0
  end
  repaint(self)
  if self.state.text ~= "" and not self.busy then self.ctx.warm() end
end

on.paste = on.key

function on.resize(self) repaint(self) end

function on.done(self, event)
  self.busy, self.question = nil, nil
  show.finish_line(self.ctx)
  if not event.ok and event.err.kind ~= "cancelled" then self.ctx.notice("this went wrong inside qwen: " .. tostring(event.err)) end
  if not event.ok and event.err.kind == "cancelled" then self.ctx.print "(stopped)" end
  if self.ctx.leave then self.quit = self.ctx.leave end
  repaint(self)
end

function on.int(self)
  if self.question then return answer(self, "esc") end
  if self.busy then return self.busy:cancel() end
  if self.state.text ~= "" then
    keep(self.state.text)
    self.state, self.leaving = editor.sent(self.state, ""), nil
  elseif self.leaving then
    self.quit = 0
  else
    self.leaving = true
    self.ctx.print "(Ctrl-C again to leave)"
  end
  repaint(self)
end

function on.term(self) self.quit = 143 end
function on.hup(self) self.quit = 129 end

function on.tstp(self)
  live.hide()
  term.suspend()
  live.show()
end

on["end"] = function(self) self.quit = 0 end

local function read_events(self)
  local events = self.events
  task.spawn(function()
    while true do
      local event = term.key()
      if not event then break end
      events:put(event)
    end
    events:put { type = "end" }
  end)
  local signals = task.signals("int", "term", "hup", "tstp")
  task.spawn(function()
    while true do events:put { type = signals:get() } end
  end)
end

-- A question of a turn: shown whole, answered by one key. nil when it was refused.
local function ask(self, question)
  show.question(self.ctx, question)
  local answers = task.queue()
  self.question = { choices = question.choices, answers = answers }
  repaint(self)
  return answers:get()
end

-- Before the first prompt is typed for nothing.
local function tell_missing_key(ctx)
  local provider = require("qwen.vendors").of(ctx.model)
  local auth = resource.get("auth", provider and provider.auth or "api-key")
  if not auth then return end
  local signed, problem = auth.headers(ctx, ctx.model)
  if not signed then ctx.notice(problem.message) end
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
    term.close()
  end })
  local self = setmetatable({ ctx = ctx, events = task.queue(), state = editor.new { history = history.load(ctx.cwd) } }, Session)
  ctx.interactive = true
  live.open()
  show.attach(ctx)
  function ctx.ask(question) return ask(self, question) end
  function ctx.quit(code) ctx.leave = code or 0 end
  show.greet(ctx)
  read_events(self)
  ctx.emit "session_started"
  repaint(self)
  tell_missing_key(ctx)
  repaint(self)
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
