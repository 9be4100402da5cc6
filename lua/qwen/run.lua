-- Running one thing to its end with Ctrl-C in mind: a prompt without a screen, or a command.
local err = require "qwen.util.err"
local resource = require "qwen.extension.registry"
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"

local M = {}

local INTERRUPTED = 130

-- Runs fn as a task that a signal ends. Gives true and its results, or nil and the signal's exit code.
local function until_signal(fn)
  local child = task.spawn(fn)
  local signals = task.signals("int", "term", "hup")
  local codes, got = { int = INTERRUPTED, term = 143, hup = 129 }, nil
  local watcher = task.spawn(function()
    got = codes[signals:get()]
    child:cancel()
  end)
  local results = table.pack(child:join())
  watcher:cancel()
  local busy = not results[1] and err.is(results[2]) and results[2].kind == "cancelled" -- stopped before the loop could tell us
  if got or busy then return nil, got or INTERRUPTED end
  if not results[1] then error(results[2], 0) end
  return true, table.unpack(results, 2, results.n)
end

---How the session came to be, as hooks are told.
---@param ctx Ctx
---@return "resume"|"startup"
function M.source(ctx)
  return (ctx.opts.resume or ctx.opts.continue) and "resume" or "startup"
end

---Answers one prompt.
---@param ctx Ctx
---@param prompt string
---@param front table the front end: finish(ctx, answer, turns)
---@return integer exit code
function M.headless(ctx, prompt, front)
  local loop, message = require "qwen.agent.loop", require "qwen.session.message"
  ctx.emit("session_started", { source = M.source(ctx), model = ctx.model.id })
  local submitted, reason = ctx.emit("prompt_submitted", { text = prompt })
  if not submitted then
    ctx.notice("the prompt was blocked: " .. tostring(reason))
    return 1
  end
  local done, answer, turns = until_signal(function()
    local parts, told = {}, {}
    if submitted.text:find("@", 1, true) then parts, told = require("qwen.agent.mentions").parts(ctx, submitted.text) end
    for _, line in ipairs(told) do
      if sys.isatty(2) then sys.err(text.clean(line) .. "\n") end
    end
    return loop.run(ctx, message.user(submitted.text, parts))
  end)
  ctx.emit("session_ended", { reason = done and "done" or "interrupted" })
  ctx.session:close()
  if not done then
    if front.cancelled then front.cancelled() end
    sys.flush()
    return answer
  end
  return front.finish(ctx, answer, turns)
end

---Words of a line as a shell would split them, with both quotes.
---@param line string
---@return string[]
function M.split(line)
  local words, word, quote = {}, nil, nil
  for c in line:gmatch(".") do
    if quote then
      if c == quote then quote = nil else word = word .. c end
    elseif c == '"' or c == "'" then
      quote, word = c, word or ""
    elseif c:find "%s" then
      if word then words[#words + 1] = word end
      word = nil
    else
      word = (word or "") .. c
    end
  end
  if word then words[#words + 1] = word end
  return words
end

---The command of a name, as it is saved now, or an error that names the nearest.
---@param name string
---@param ctx Ctx? what was saved in the meantime counts
---@return table?, Err?
function M.find_command(name, ctx)
  if ctx and name ~= "reload" then resource.take_saved(ctx) end -- that one tells by itself
  if resource.has("commands", name) then return resource.get("commands", name) end
  local near = text.nearest(name, resource.names "commands")
  return nil, err("usage", ("there is no command /%s; %s"):format(name, near and "did you mean /" .. near .. "?" or "see /help"))
end

---Tells those who listen that a command has ended.
---@param started number when it began, by task.now
---@param code any what it gave back
function M.ended(ctx, name, started, code)
  ctx.emit("command_ended", { name = name, ok = code == 0 or type(code) == "table", seconds = task.now() - started })
end

---Runs a command. What a person's own file raises is a failure like any other, with the file it stands in the place of.
---@return integer|{prompt: string}|nil, Err?
function M.call(ctx, name, command, words, rest)
  local ok, code, e = xpcall(command.run, debug.traceback, ctx, words, rest)
  if ok then return code, e end
  local told = require("qwen.extension.environment").own_error(code)
  if not told then error(code, 0) end
  return nil, err("broken", resource.blamed(told, "commands", name))
end

local function run_command(ctx, name, command, words, rest)
  local started = task.now()
  local done, code, e = until_signal(function() return M.call(ctx, name, command, words, rest) end)
  if not done then return code end
  M.ended(ctx, name, started, code)
  if code == nil and e then
    ctx.notice(tostring(e))
    return err.is(e) and e.kind == "usage" and 2 or 1
  end
  return code or 0
end

---A slash command in a headless run.
---@return integer|{prompt: string} exit code, or what the model is to be asked
function M.command(ctx, name, rest)
  local command, e = M.find_command(name)
  if not command then
    ctx.notice(tostring(e))
    return 2
  end
  return run_command(ctx, name, command, M.split(rest), rest)
end

---`qwen NAME ARGS...`
---@return integer exit code
function M.shell_command(ctx, called)
  local command, e = resource.get("commands", called.name)
  local subs = command and command.subcommands or {}
  if called.args[#called.args] == "--help" and (#called.args == 1 or #called.args == 2 and subs[called.args[1]]) then
    called = { name = "help", args = { called.name } }
    command, e = resource.get("commands", "help")
  end
  if not command then
    ctx.notice(tostring(e))
    return 1
  end
  if not command.shell then
    ctx.notice(("'%s' is a command of the session: start qwen and type /%s"):format(called.name, called.name))
    return 2
  end
  local ask = require "qwen.ui.widget.ask"
  if ask.possible() then ctx.pick, ctx.line, ctx.status, ctx.live = ask.pick, ask.line, ask.status, ask.live end
  local code = run_command(ctx, called.name, command, called.args, table.concat(called.args, " "))
  if type(code) ~= "table" then return code end
  ctx.notice(("'%s' makes a prompt: qwen -p '/%s'"):format(called.name, called.name))
  return 2
end

return M
