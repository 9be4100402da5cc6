-- Running one thing to its end with Ctrl-C in mind: a prompt without a screen, or a command.
local err = require "qwen.util.err"
local exit = require "qwen.util.exit"
local hooks = require "qwen.extension.hooks"
local registry = require "qwen.extension.registry"
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local unfinished = require "qwen.util.unfinished"

local M = {}

local PATIENCE = 60 -- seconds for work that must not end half done

-- Gives work that must not end half done its time; a second signal ends it.
local function await_unfinished(signals)
  if not unfinished.any() then return end
  sys.err(tr("Renewing the sign-in; the run ends when the new token is stored. Press Ctrl-C again to end it now.") .. "\n")
  local deadline = task.now() + PATIENCE
  while unfinished.any() and task.now() < deadline and not signals:get(0.02) do end
end

---Runs fn as a task that a signal ends.
---@param fn function
---@return true? done, then the results of fn; nil and the exit code where it was stopped
function M.until_signal(fn)
  local child = task.spawn(fn)
  local signals = task.signals("int", "term", "hup", "quit")
  local got
  local watcher = task.spawn(function()
    got = exit[signals:get()]
    await_unfinished(signals)
    child:cancel()
  end)
  local results = table.pack(child:join())
  watcher:cancel()
  local busy = not results[1] and err.is(results[2]) and results[2].kind == "cancelled" -- stopped before the loop could tell us
  local place = busy and results[2].message:match "^(.-):%d+: " -- in a person's own file
  if place and not require("qwen.extension.user_modules").ships(place) then
    sys.err("qwen: " .. results[2].message .. "\n")
  end
  if got or busy then return nil, got or exit.int end
  if not results[1] then error(results[2], 0) end
  return true, table.unpack(results, 2, results.n)
end

local begun = setmetatable({}, { __mode = "k" }) -- by ctx: the hooks know that its session has started

---Tells the hooks that the session has started, once.
---@param ctx Ctx
function M.begin(ctx)
  if begun[ctx] then return end
  begun[ctx] = true
  ctx.emit("session_started", { source = hooks.session_source(ctx), model = ctx.model.id })
end

-- The prompt as the hooks leave it; nil where one of them blocks it.
local function submit(ctx, prompt, typed)
  M.begin(ctx)
  local submitted, reason = ctx.emit("prompt_submitted", { text = prompt, typed = typed })
  if not submitted then ctx.notice(tr("the prompt was blocked: %s", tostring(reason))) end
  return submitted and submitted.text, reason
end

---Asks the model, to be called in a task.
---@param ctx Ctx
---@param prompt string
---@param more Part[]? what comes with it
---@return Message last answer
---@return integer turns
function M.answer(ctx, prompt, more)
  local parts, told = {}, {}
  if prompt:find("@", 1, true) then parts, told = require("qwen.agent.mentions").parts(ctx, prompt) end
  if more then table.move(parts, 1, #parts, #more + 1, more) end
  for _, line in ipairs(told) do
    if sys.isatty(2) then sys.err(text.clean(line) .. "\n") end
  end
  return require("qwen.agent.loop").run(ctx, require("qwen.session.message").user(prompt, more or parts))
end

---Answers one prompt.
---@param ctx Ctx
---@param prompt string
---@param front table the front end: finish(ctx, answer, turns)
---@param typed string? what the person typed, where a command made the prompt of it
---@return integer exit code
function M.headless(ctx, prompt, front, typed)
  local reason
  prompt, reason = submit(ctx, prompt, typed)
  if not prompt then return front.blocked and front.blocked(ctx, reason) or exit.failed end
  local done, answer, turns = M.until_signal(function()
    front.on_lost(task.current())
    return M.answer(ctx, prompt)
  end)
  ctx.emit("session_ended", { reason = done and "done" or "interrupted" })
  ctx.session:close()
  if not done then
    front.cancelled(ctx)
    return sys.flush() and answer or exit.failed
  end
  return front.finish(ctx, answer, turns)
end

local function run_command(ctx, name, command, words, rest)
  local commands, started = require "qwen.extension.commands", task.now()
  local done, code, e = M.until_signal(function() return commands.call(ctx, name, command, words, rest) end)
  if not done then return code end
  commands.ended(ctx, name, started, code, e)
  if code == nil and e then
    ctx.notice(tostring(e))
    return err.is(e) and (e.exit or e.kind == "usage" and 2) or 1
  end
  return code or 0
end

-- What a command may ask of the model in several prompts; the last answer is the one of the run. Gives what ends the run.
local function attach_prompt(ctx, front)
  local last, answering
  function ctx.prompt(prompt, typed)
    if answering then error("ctx.prompt is for a command, which nothing else runs beside", 2) end
    answering = true
    local _ <close> = setmetatable({}, { __close = function() answering = false end })
    if front.start and not last then front.start(ctx) end
    prompt = submit(ctx, prompt, typed)
    if not prompt then return nil, false end
    last = table.pack(M.answer(ctx, prompt))
    return last[1], true
  end
  function ctx.idle(seconds)
    task.sleep(seconds)
    return true
  end
  return function(code)
    if not last then return code end
    ctx.emit("session_ended", { reason = "done" })
    ctx.session:close()
    local ended = front.finish(ctx, last[1], last[2])
    return code ~= 0 and code or ended
  end
end

---The line at the prompt that a command of the shell stands for, where the command needs the conversation.
---@param called {name: string, args: string[]}
---@return string?
function M.session_line(called)
  local command = registry.has("commands", called.name) and registry.get("commands", called.name)
  if not command or not command.shell or not command.session or called.args[#called.args] == "--help" then return nil end
  local words = { "/" .. called.name }
  for i, word in ipairs(called.args) do
    words[i + 1] = word:find "^[%w_./:@#=-]+$" and word or word:find("'", 1, true) and '"' .. word .. '"' or "'" .. word .. "'"
  end
  return table.concat(words, " ")
end

---A slash command in a headless run.
---@param front table? the front end, where the session is there
---@return integer|{prompt: string} exit code, or what the model is to be asked
function M.command(ctx, name, rest, front)
  function ctx.begin()
    M.begin(ctx)
    ctx.tools = require("qwen.agent.view").tools(ctx)
  end
  local commands = require "qwen.extension.commands"
  local find = begun[ctx] and commands.await or commands.find
  local command, e = find(name, ctx, rest)
  if not command then
    ctx.notice(tostring(e))
    return 2
  end
  local _ <close> = require("qwen.usage.budget").begin(ctx)
  local finish = front and attach_prompt(ctx, front)
  local code = run_command(ctx, name, command, text.shell_words(rest), rest)
  return finish and type(code) ~= "table" and finish(code) or code
end

---`qwen NAME ARGS...`
---@return integer exit code
function M.shell_command(ctx, called)
  local real, words = require("qwen.extension.aliases").resolve(called.name)
  if real ~= called.name then called = { name = real, args = text.shell_words(words) } end
  local command, e = registry.get("commands", called.name)
  local subs = command and command.subcommands or {}
  if called.args[#called.args] == "--help" and (#called.args == 1 or #called.args == 2 and subs[called.args[1]]) then
    called = { name = "help", args = { called.name } }
    command, e = registry.get("commands", "help")
  end
  if not command then
    ctx.notice(tostring(e))
    return 1
  end
  if not command.shell then
    ctx.notice(tr("'%s' is a command of the session: start qwen and type /%s", called.name, called.name))
    return 2
  end
  local ask = require "qwen.ui.widget.ask"
  if ask.possible() then ctx.pick, ctx.line, ctx.status, ctx.live = ask.pick, ask.line, ask.status, ask.live end
  local code = run_command(ctx, called.name, command, called.args, table.concat(called.args, " "))
  if type(code) ~= "table" then return code end
  ctx.notice(tr("'%s' makes a prompt: qwen -p '/%s'", called.name, called.name))
  return 2
end

return M
