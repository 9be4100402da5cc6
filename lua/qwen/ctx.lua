-- The `ctx` of a run: the session, the settings and the person at the other end, as every command, tool and hook gets it.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local events = require "qwen.extension.events"
local fs = require "sys.fs"
local hooks = require "qwen.extension.hooks"
local models = require "qwen.model.registry"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local secret = require "sys.secret"
local secret_input = require "qwen.util.secret_input"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = {}

local function has_provider(name)
  return registry.has("providers", name)
end

-- A too long output goes to a private file, whole.
local function spill(ctx)
  return function(name, text, ending)
    local folder = require("qwen.session.storage").outputs(ctx, true)
    if not folder then return nil end
    local ok, e = fs.mkdir(folder, 448)
    local path = ("%s/%s_%s.%s"):format(folder, (name:gsub("[^%w_]", "_")), sys.uuid():sub(1, 8),
      ending or "output")
    if ok then ok, e = fs.write(path, text, { mode = 384, fsync = false }) end
    if ok then return path end
    require "qwen.session.unwritten"(ctx, "outputs", tr("the rest of a long output is not kept: %s", e.message))
  end
end

local HEARTBEAT = 30
local BACKGROUND_SECONDS = 1 -- of computing between two waits

-- Waiting where nobody watches a screen: said once, again when the reason changes, and as a sign of life.
local function waiting_in_words(ctx)
  local told, at
  return function(e, left, attempt)
    if not e or e.message == told and task.now() - at < HEARTBEAT then return end
    told, at = e.message, task.now()
    local seconds = math.ceil(left)
    ctx.notice(attempt and tr("%s; attempt %d in %.0f s", e.message, attempt + 1, seconds)
      or tr("%s; it goes on in %.0f s", e.message, seconds))
  end
end

-- Background jobs belong to the session, not to the task that asked for them. `beside` is for our own, which
-- compute as long as they like.
local function beside()
  local jobs = task.queue()
  task.spawn(function()
    while true do task.spawn(jobs:get()) end
  end)
  return function(fn) jobs:put(fn) end
end

local function background(ctx)
  return function(fn)
    if type(fn) ~= "function" then error("ctx.background(fn) takes a function", 2) end
    ctx.beside(function()
      local ok, e = task.limited(BACKGROUND_SECONDS, fn)
      if not ok then
        ctx.notice(tr("a job in the background failed: %s",
          require("qwen.extension.user_modules").words(e)))
      end
    end)
  end
end

-- What a ctx can do with its session.
local function add_session(ctx)
  function ctx.take_session(session)
    if ctx.session then ctx.session:close() end
    ctx.session, ctx.seen, ctx.granted, ctx.todos, ctx.told_next = session, {}, {}, nil, nil
    require("qwen.agent.choices").attach(ctx, session)
  end
  function ctx.tell_next(words) require("qwen.agent.told_next").add(ctx, words) end
end

-- What is said to people where no screen is kept.
local function attach_words(ctx)
  local function for_people(text, lead, as_is) -- a pipe gets the bytes as they are
    text = require("sys.text").clean(text)
    return as_is and text or require("qwen.ui.render.wrap").text(lead .. text, (select(2, require("sys.term").size())))
  end
  function ctx.print(text, as_is)
    text = secret.redact(text)
    sys.out((sys.isatty(1) and for_people(text, "", as_is) or text) .. "\n")
  end
  function ctx.print_markdown(text) ctx.print(text, true) end
  function ctx.print_diff(diff) ctx.print((diff:gsub("\n$", "")), true) end
  function ctx.notice(text)
    text = secret.redact(text)
    sys.err((sys.isatty(2) and for_people(text, "qwen: ") or "qwen: " .. text) .. "\n")
  end
  function ctx.hint(words)
    if ctx.opts.verbose or sys.isatty(2) then ctx.notice(words) end
  end
end

---A ctx with the parts that do not depend on who watches; the front end fills in print, notice, ask and show.
---@param where {cwd: string, trusted: boolean, settings: Settings, opts: table}
---@return Ctx
function M.new(where)
  local opts, platform = where.opts, sys.platform()
  local ctx = {
    cwd = where.cwd, trusted = where.trusted, settings = where.settings, opts = opts, interactive = false,
    seen = {}, granted = {}, lent = {}, denials = {}, jobs = {}, asides = {}, agents = {}, fallbacks = {}, shows = { text = true },
    mode = where.settings:get "tools.approvalMode", tools = {}, found_tools = {}, home = paths.qwen_home(),
    max_turns = where.settings:get "model.maxSessionTurns",
    user_agent = ("qwen/%s (%s; %s)"):format(embed.version, platform.system, platform.arch),
  }
  ctx.spill = spill(ctx)
  secret_input.line = sys.isatty(0) and sys.isatty(1) and function(title, hidden)
    return require("qwen.ui.widget.ask").line(title, hidden)
  end or nil
  require("qwen.net.transport").attach(ctx)
  local session_began, session_ended = require("qwen.extension.timers").attach(ctx)
  function ctx.emit(event, value, second, ...)
    if event == "session_started" then session_began() end
    local result, reason = hooks.emit(ctx, event, value, second, ...)
    local watcher = result ~= false and ctx.watch and ctx.watch[event]
    if watcher and (events[event] or {}).second then
      watcher(value, result, ...)
    elseif watcher then
      watcher(result, second, ...)
    end
    if event == "session_ended" then session_ended() end
    return result, reason
  end
  function ctx.listens(event)
    return hooks.wants(ctx, event) or ctx.watch ~= nil and ctx.watch[event] ~= nil
  end
  ctx.beside, ctx.background = beside(), background(ctx)
  add_session(ctx)
  function ctx.ask() return nil end
  function ctx.progress() end
  function ctx.status() end
  function ctx.show() end
  ctx.waiting = waiting_in_words(ctx)
  function ctx.switch(id, provider, url)
    local model, e = models.take(ctx.settings, opts, id, provider, has_provider, url, ctx.model)
    if model then
      ctx.model = model
      ctx.emit("model_switched", model)
    end
    return model, e
  end
  attach_words(ctx)
  return ctx
end

---Chooses the model, or says what is missing.
---@param ctx Ctx
---@param quiet boolean? it is done again, and what is odd is told then
---@return Model?, Err?
function M.choose_model(ctx, quiet)
  local model, e, problems = models.choose(ctx.settings, ctx.opts, has_provider)
  if not model or quiet then return model, e end
  for _, sentence in ipairs(problems) do ctx.notice(sentence) end
  if not has_provider(model.provider) then
    return nil, err("usage", tr("there is no provider file for '%s'; write ~/.qwen/providers/%s.lua", model.provider, model.provider))
  end
  ctx.model = model
  if model.effort_chosen and model.effort_told ~= model.effort then
    ctx.notice(require("qwen.model.effort").words(model))
  end
  ctx.fallbacks, e = models.fallbacks(ctx.settings, ctx.opts, has_provider, model)
  if not ctx.fallbacks then return nil, e end
  return model
end

---What is asked before a session begins: which model, where none is named, and whether an address of the project may be used.
---@param ctx Ctx
---@return Err? why it cannot begin
function M.ask_first(ctx)
  local settings = ctx.settings
  if not next(settings.dotenv.addresses) and (ctx.opts.model or settings:get "model.name") then return nil end
  local model, e = M.choose_model(ctx, true)
  if model or not e.unnamed then return e end
  local ok
  ok, e = require("qwen.model.unnamed").settle(ctx, e, require("qwen.ui.widget.ask").pick)
  return not ok and e or nil
end

return M
