-- A conversation beside the person's own: another system prompt, its own messages, tools and limit of turns, run by the same loop. Guards, permission
-- and the ledger count as everywhere; the session file and the hooks about the person's own conversation do not see it.
-- When it runs, waits and ends is in agents.lua.
local budget = require "qwen.usage.budget"
local context = require "qwen.agent.view"
local effort = require "qwen.model.effort"
local err = require "qwen.util.err"
local hooks = require "qwen.extension.hooks"
local jobs = require "qwen.session.jobs"
local loop = require "qwen.agent.loop"
local message = require "qwen.session.message"
local models = require "qwen.model.registry"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local Session = require "qwen.session.session"
local task = require "sys.task"
local usage_ledger = require "qwen.usage.ledger"

local M = {}

local MOST_TURNS = 50
local MOST_TAIL = 4096 -- bytes of what its call printed that are kept for people

-- What hooks are told of it: requests, tools and changes, but not prompts, turns and messages.
local told = {}
for name in ("before_tool before_edit permission_asked permission_denied tool_started tool_ended edit_ended request_built response_started request_failed "
  .. "delta notice_shown agent_started agent_ended"):gmatch "%S+" do told[name] = true end

-- The model that an agent names, with the effort that it names; else that of the conversation.
local function model_of(ctx, id, level)
  local function has(name) return registry.has("providers", name) end
  local model, e, note = models.beside(ctx.settings, ctx.opts, has, ctx.model, id)
  if model and level then model = effort.with(model, level) end
  return model, e, note
end

-- What a request of it cost.
local function count(usage, row)
  local used = row.usage or {}
  usage.requests = usage.requests + 1
  usage.input, usage.output = usage.input + (used.input or 0), usage.output + (used.output or 0)
  local cost = usage_ledger.cost(used, row.prices)
  if not cost then
    usage.unpriced = usage.unpriced or row.outcome == "ok"
    return
  end
  usage.cost = (usage.cost or 0) + cost
  usage.currency = type(row.prices.currency) == "string" and row.prices.currency or "USD"
end

-- What it does now, for those who look.
local function note_progress(ctx, agent, event, value, second)
  if event == "turn_started" then
    agent.turns, agent.now = value, nil
  elseif event == "tool_started" then
    agent.now = { call = value, args = second }
  elseif event == "permission_asked" then
    agent.now = { call = value, args = value.args, asks = true }
  elseif event == "tool_ended" or event == "permission_denied" then
    agent.now = nil
  elseif event == "request_ended" then
    count(agent.usage, value)
    if ctx.agent_request then ctx.agent_request(value) end
  else
    return
  end
  if ctx.agents_changed and not agent.alone then return ctx.agents_changed(agent) end
  local name = agent.now and ", " .. agent.now.call.name or ""
  if agent.alone then ctx.status(("%s: turn %d%s"):format(agent.name, agent.turns, name)) end
end

---What is known of an agent, from its beginning on.
---@param ctx Ctx
---@param options {title: string, description: string?, call: string?}
---@return Agent
function M.record(ctx, options)
  return { id = jobs.id "agent", name = options.title, title = options.description,
    call = options.call, depth = ctx.agent and ctx.agent.depth + 1 or 1, parent = ctx.agent,
    state = "waiting", since = task.now(), turns = 0, usage = { requests = 0, input = 0, output = 0 } }
end

local function make_ctx(ctx, options, model)
  local agent = options.agent or M.record(ctx, options)
  agent.alone = not options.agent -- nobody keeps it
  local own = { agent = agent, budget = ctx.budget, session = Session.aside(ctx.session), model = model,
    fallbacks = table.move(ctx.fallbacks, 1, #ctx.fallbacks, 1, {}), seen = {}, found_tools = {},
    shows = {}, starting = false, steer = false, json = false, worktree = false,
    max_turns = math.min(options.max_turns or MOST_TURNS, MOST_TURNS), offers = options.offers,
    mode = options.plan and "plan" or ctx.mode, cwd = options.cwd or ctx.cwd,
    folders = ctx.folders, settings = ctx.settings, trusted = ctx.trusted } -- /cd moves the conversation, not it
  local sub = setmetatable(own, { __index = ctx })
  agent.session = own.session
  if options.cwd then own.shown_folders = { [paths.real(paths.tmp(ctx.cwd) or "/nowhere")] = true } end
  -- It has answered, or was stopped at its limit: `false` and a reason send it on.
  function own.ended(answer, turns)
    return ctx.emit("agent_ended", { id = agent.id, name = options.title,
      text = message.text_of(answer), stop = answer.stop, turns = turns })
  end
  function own.emit(event, value, second, ...)
    if event == "prompt_answered" then return own.ended(value, second) end
    note_progress(ctx, agent, event, value, second)
    if told[event] then return hooks.emit(sub, event, value, second, ...) end
    return value
  end
  function own.notice(words) ctx.notice(("%s: %s"):format(options.title, words)) end
  function own.show(delta)
    if delta.type == "note" then own.notice(delta.text) end
  end
  function own.progress(chunk)
    local now = agent.now
    if now then now.tail = ((now.tail or "") .. chunk):sub(-MOST_TAIL) end
  end
  function own.switch(id)
    local other, e = model_of(sub, id)
    own.model = other or own.model
    return other, e
  end
  own.tools = context.tools(sub)
  own.system = require("qwen.agent.system_prompt").of_agent(sub, options.system)
  return sub
end

local function run(ctx, options)
  local model, e, note = model_of(ctx, options.model, options.effort)
  if not model then return nil, e end
  if note then ctx.notice(("%s: %s"):format(options.title, note)) end
  local sub = make_ctx(ctx, options, model)
  local _ <close> = setmetatable({}, { __close = function()
    if sub.agent.alone then ctx.status() end
  end })
  local started, reason = ctx.emit("agent_started", { id = sub.agent.id, name = options.title, prompt = options.prompt })
  if not started then return nil, err("denied", ("%s was not started: %s"):format(options.title, reason)) end
  local answer, turns = loop.run(sub, message.user(started.prompt))
  if sub.model.borrowed and turns == 1 and answer.stop == "error" and answer.err.kind == "missing" then -- its service has no such model
    ctx.notice(("%s: %s; %s is asked instead"):format(options.title, answer.err.message, ctx.model.id))
    sub.model, sub.session = ctx.model, Session.aside(ctx.session)
    sub.agent.session = sub.session
    answer, turns = loop.run(sub, message.user(started.prompt))
  end
  local text = message.text_of(answer)
  if answer.stop == "turns" then
    sub.ended(answer, turns)
    local last = text ~= "" and text or "nothing"
    return nil, err("limit", ("%s was stopped at its limit of %d turns. The last it said: %s"):format(options.title, turns, last)), turns
  end
  if answer.stop == "error" or answer.stop == "loop" then return nil, answer.err, turns end
  if not text:find "%S" then return nil, err("protocol", ("%s ended without an answer (%s)"):format(options.title, answer.stop)), turns end
  return answer.stop == "end" and text or text .. ("\n\n[its answer was cut: %s]"):format(answer.stop), nil, turns
end

---Runs it to its end, or to that of the limits, which are of its own where no prompt of the user's is being answered.
---@param ctx Ctx
---@param options {agent: Agent?, title: string, system: string, prompt: string, model: string?, effort: string?,
--- max_turns: integer?, plan: boolean?, cwd: string?, offers: (fun(name: string): boolean)?} cwd: another folder than the project's
---@return string? text of its last answer
---@return Err?
---@return integer? turns
function M.run(ctx, options)
  local _ <close> = budget.begin(ctx)
  local in_time, text, e, turns = budget.within(ctx, function() return run(ctx, options) end)
  if in_time then return text, e, turns end
  return nil, text
end

return M
