-- What a sent line does: a message to the model, a command, a shell line, a line to be kept. What is sent while one of them runs waits in a queue;
-- messages among it reach the model between two rounds of tools.
local commands = require "qwen.extension.commands"
local KeyReader = require "qwen.ui.editor.key_reader"
local live = require "qwen.ui.screen.live"
local input_area = require "qwen.ui.editor.input_area"
local show = require "qwen.ui.transcript.show"
local task = require "sys.task"
local shell_words = require("qwen.util.text").shell_words
local tr = require("qwen.util.translate").tr

local M = {}

local TOLD = 20000 -- bytes of a shell line's output that the model is told
local MOST_ALONE = 20 -- turns that begin by themselves, without a prompt of the person between them

-- A job that Ctrl-C may stop; its end comes back as an event.
local function start(self, fn)
  self.busy = task.spawn(fn)
  local job, events = self.busy, self.events
  task.spawn(function()
    local ok, e = job:join()
    events:put { type = "done", ok = ok, err = e }
  end)
end

---Whether a line is one to be kept (`#` at its beginning): one line, with a blank or a letter behind the sign, so that `#12` and
---pasted Markdown are none.
---@param ctx Ctx
---@param line string
---@return boolean
function M.is_memory(ctx, line)
  return line:find "^#%s*[%a\128-\255]" ~= nil and not line:find("\n", 1, true) and ctx.settings:get "ui.hashMemory" ~= false
end

---Whether a line goes to the model: no command, no line for the shell, none to be kept.
---@param ctx Ctx
---@param line string
---@return boolean
function M.is_message(ctx, line)
  return not (line:find "^!" or commands.split(line) or M.is_memory(ctx, line))
end

-- A line goes to the scrollback as it stood in the input: a long paste as its label.
local function write_sent(self, line)
  live.write(input_area.sent(self.shown[line] or line))
  self.shown[line] = nil
end

-- The message of a text after the hooks saw it; nil and the reason when one of them blocked it.
local function message_of(ctx, text, typed)
  local submitted, reason = ctx.emit("prompt_submitted", { text = text, typed = typed })
  if not submitted then
    ctx.notice(tr("the prompt was blocked: %s", tostring(reason)))
    return nil
  end
  local parts, told = require("qwen.agent.mentions").parts(ctx, submitted.text, typed)
  for _, line in ipairs(told) do ctx.print(line) end
  for _, part in ipairs(require("qwen.ui.editor.attach").parts(submitted.text)) do parts[#parts + 1] = part end
  return require("qwen.session.message").user(submitted.text, parts)
end

-- Asks the model; nothing else may be answered meanwhile.
local function run_loop(self, message)
  self.answering = true
  local _ <close> = setmetatable({}, { __close = function() self.answering = nil end })
  local last = require("qwen.agent.loop").run(self.ctx, message)
  show.ended(self.ctx, last)
  return last
end

local function answer(self, text, typed)
  local message = message_of(self.ctx, text, typed)
  if not message then return nil end
  return run_loop(self, message)
end

-- Raises where something else may be answered at the same time: beside the job, or within an answer.
local function check_alone(self, name)
  if task.current() == self.busy and not self.answering then return end
  error(("ctx.%s is for a command, which nothing else runs beside"):format(name), 3)
end

-- `typed`: how the text stood in the input, where a label stood for a part of it.
local function ask_model(self, text, typed)
  return function()
    self.failed, self.alone = nil, 0
    local last = answer(self, text, typed)
    if not last or last.stop ~= "error" or last.err.budget then return end
    self.failed = text
    show.hint(tr("%s sends it again", (KeyReader.labels "yank")))
  end
end

-- A turn that news from the background begin, where the person wants that.
local function answer_news(self)
  local ctx = self.ctx
  if self.alone and self.alone >= MOST_ALONE or not ctx.settings:get "agents.startTurns" then return end
  local news = require("qwen.session.jobs").take(ctx)
  if not news then return end
  self.alone = (self.alone or 0) + 1
  start(self, function()
    run_loop(self, require("qwen.session.message").told(news))
  end)
end

-- `!cmd`: the person's own command; the model is told what it printed. `!!cmd`: it is not.
local function shell_line(self, command, told)
  local ctx = self.ctx
  return function()
    show.runs()
    local through = require("sys.text").cleaner()
    local result, e, job = require("qwen.permission.background").run_own(ctx, command, TOLD * 4,
      function(chunk) ctx.raw(through(chunk)) end)
    if not result then return ctx.notice(e.message) end
    if job then
      ctx.print(tr("in the background: %s", job.id))
    elseif result.code ~= 0 then
      ctx.print(result.code and tr("(exit code %d)", result.code)
        or tr("(signal %d)", result.signal))
    end
    if not told then return end
    local text = require("qwen.util.text").head_tail(result.out, TOLD)
    local goes_on = job and ("\n[it goes on in the background as %s]"):format(job.id) or ""
    ctx.session:add(require("qwen.session.message").user(("I ran `%s` myself. It printed:\n%s%s"):format(command, text, goes_on)))
  end
end

local function command_line(self, line)
  local ctx = self.ctx
  local name, rest = commands.split(line)
  local command, e = commands.find(name, ctx, rest)
  if not command and not commands.may_come(name, ctx) then
    ctx.notice(tostring(e))
    return nil
  end
  return function()
    if not command then command, e = commands.await(name, ctx, rest) end
    if not command then return ctx.notice(tostring(e)) end
    local started = task.now()
    local code, problem = commands.call(ctx, name, command, shell_words(rest), rest)
    commands.ended(ctx, name, started, code, problem)
    if code == nil and problem then ctx.notice(tostring(problem)) end
    if type(code) == "table" then return answer(self, code.prompt, line) end
  end
end

-- `# text`: kept in a file with instructions, unless it is a prompt after all.
local function memory_line(self, line)
  local ctx, words = self.ctx, line:match "^#%s*(.*)$"
  return function()
    local memory = require "qwen.agent.memory"
    local where = memory.ask(ctx, tr("Keep it for whom? %s", words), true)
    if where == "send" then return answer(self, line) end
    if not where then return ctx.prefill(line) end
    local path, e = memory.add(ctx, where, words)
    if not path then return ctx.notice(e.message) end
    ctx.print(tr("added to %s; it counts from the next prompt on", require("qwen.util.paths").short(path)))
  end
end

-- What a line does, to be called in a task; nil when it does nothing.
local function job_of(self, line)
  local typed = self.shown[line]
  write_sent(self, line)
  local bangs, command = line:match "^(!!?)%s*(.*)$"
  if bangs then return command ~= "" and shell_line(self, command, bangs == "!") or nil end
  if M.is_memory(self.ctx, line) then return memory_line(self, line) end
  if M.is_message(self.ctx, line) then return ask_model(self, line, typed) end
  return command_line(self, line)
end

local function route(self, line)
  local job = job_of(self, line)
  if job then start(self, job) end
end

---Does what a line says, or queues it while something runs.
---@param self table the session at the prompt
---@param line string
---@param shown string? how it stood in the input
function M.send(self, line, shown)
  self.shown[line] = shown
  if not self.busy then return route(self, line) end
  if not require("qwen.ui.interactive.beside").start(self, line) then self.queue[#self.queue + 1] = line end
  if self.bell then self.bell:put(true) end
end

---Does within a command what a line says: a prompt is answered.
---@param line string
---@param typed string? what the person typed, where it is not the line
---@return Message? last of what was answered
---@return boolean done false when a hook blocked it, or there is no such command
function M.prompt(self, line, typed)
  check_alone(self, "prompt")
  show.finish_line()
  if M.is_message(self.ctx, line) then
    live.write(input_area.sent(line))
    local last = answer(self, line, typed)
    return last, last ~= nil
  end
  local job = job_of(self, line)
  return job and job(), job ~= nil
end

---Waits within a command, and does meanwhile what is sent.
---@param seconds number
---@param over (fun(): boolean)? ends the wait earlier; asked when something was sent
---@return boolean goes_on false when the session ends
function M.idle(self, seconds, over)
  check_alone(self, "idle")
  local due, outer = task.now() + seconds, self.bell
  self.bell = task.queue()
  local _ <close> = setmetatable({}, { __close = function() self.bell = outer end })
  repeat
    while self.queue[1] and not self.ctx.leave do
      local job = job_of(self, table.remove(self.queue, 1))
      self:repaint()
      if job then job() end
    end
    if self.ctx.leave then return false end
    if over and over() then return true end
    self.bell:get(math.max(0, due - task.now()))
  until task.now() >= due
  return true
end

---What the flags say that the session begins with.
---@param self table the session at the prompt
function M.begin(self)
  local opts = self.ctx.opts
  if opts.resume == true then M.send(self, opts.fork_session and "/resume --fork" or "/resume") end
  if opts.prompt_interactive then M.send(self, opts.prompt_interactive) end
end

---The next of what is queued, after a job has ended.
function M.next(self)
  while not self.busy and not self.quit and self.queue[1] do route(self, table.remove(self.queue, 1)) end
  if not self.busy and not self.quit then answer_news(self) end
end

---The messages that were queued first, as one, for the agent between two rounds; nil when there is none.
---@return Message?
function M.steer(self)
  local lines, typed = {}, {}
  while self.queue[1] and M.is_message(self.ctx, self.queue[1]) do
    local line = table.remove(self.queue, 1)
    show.settle()
    lines[#lines + 1], typed[#typed + 1] = line, self.shown[line] or line
    write_sent(self, line)
  end
  if #lines == 0 then return nil end
  self:repaint()
  return message_of(self.ctx, table.concat(lines, "\n\n"), table.concat(typed, "\n\n"))
end

---The last line of the queue, taken out of it.
---@return string?
function M.take_last(self) return table.remove(self.queue) end

---Takes everything out of the queue, as one text for the editor.
---@return string
function M.take_back(self)
  local text = table.concat(self.queue, "\n")
  self.queue = {}
  return text
end

return M
