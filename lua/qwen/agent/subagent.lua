-- A conversation beside the person's own: another system prompt, its own messages, tools and limit of turns, run by the same loop. Guards, permission
-- and the ledger count as everywhere; the screen, the session file and the hooks about the person's own conversation do not see it.
local context = require "qwen.agent.view"
local effort = require "qwen.model.effort"
local err = require "qwen.util.err"
local hooks = require "qwen.extension.hooks"
local loop = require "qwen.agent.loop"
local message = require "qwen.session.message"
local models = require "qwen.model.registry"
local registry = require "qwen.extension.registry"
local Session = require "qwen.session.session"
local sys = require "sys.os"

local M = {}

local MOST_TURNS = 50

-- What hooks are told of it: requests, tools and changes, but not prompts, turns and messages.
local told = {}
for name in ("before_tool before_edit permission_asked permission_denied tool_started tool_ended edit_ended request_built response_started request_failed "
  .. "delta notice_shown"):gmatch "%S+" do told[name] = true end

-- The model that an agent names, with the effort that it names; else that of the conversation.
local function model_of(ctx, id, level)
  local function has(name) return registry.has("providers", name) end
  local model, e, note = models.beside(ctx.settings, ctx.opts, has, ctx.model, id)
  if model and level then model = effort.with(model, level) end
  return model, e, note
end

local function make_ctx(ctx, options, model)
  local turns = 0
  local own = { agent = { id = sys.uuid(), name = options.title }, budget = ctx.budget, session = Session.aside(ctx.session), model = model,
    fallbacks = table.move(ctx.fallbacks, 1, #ctx.fallbacks, 1, {}), seen = {}, found_tools = {},
    shows = {}, starting = false, steer = false, json = false, max_turns = math.min(options.max_turns or MOST_TURNS, MOST_TURNS), offers = options.offers,
    mode = options.plan and "plan" or ctx.mode }
  local sub = setmetatable(own, { __index = ctx })
  -- It has answered, or was stopped at its limit: `false` and a reason send it on.
  function own.ended(answer, count)
    return ctx.emit("agent_ended", { id = own.agent.id, name = options.title, text = message.text_of(answer), stop = answer.stop, turns = count })
  end
  function own.emit(event, value, second, ...)
    if event == "prompt_answered" then return own.ended(value, second) end
    if event == "turn_started" then
      turns = value
      ctx.status(("%s: turn %d"):format(options.title, turns))
    elseif event == "tool_started" then
      local tool = registry.get("tools", value.name)
      local label = tool and tool.label and tool.label(second) or ""
      ctx.status(("%s: turn %d, %s %s"):format(options.title, turns, value.name, label))
    end
    if told[event] then return hooks.emit(sub, event, value, second, ...) end
    return value
  end
  function own.show(delta)
    if delta.type == "note" then ctx.notice(("%s: %s"):format(options.title, delta.text)) end
  end
  function own.progress() end
  function own.switch(id)
    local other, e = model_of(sub, id)
    own.model = other or own.model
    return other, e
  end
  own.tools = context.tools(sub)
  own.system = require("qwen.agent.system_prompt").of_agent(ctx, options.system)
  return sub
end

---Runs it to its end.
---@param ctx Ctx
---@param options {title: string, system: string, prompt: string, model: string?, effort: string?, max_turns: integer?,
---plan: boolean?, offers: (fun(name: string): boolean)?}
---@return string? text of its last answer
---@return Err?
---@return integer? turns
function M.run(ctx, options)
  local model, e, note = model_of(ctx, options.model, options.effort)
  if not model then return nil, e end
  if note then ctx.notice(("%s: %s"):format(options.title, note)) end
  local sub = make_ctx(ctx, options, model)
  local _ <close> = setmetatable({}, { __close = function()
    ctx.status()
  end })
  local started, reason = ctx.emit("agent_started", { id = sub.agent.id, name = options.title, prompt = options.prompt })
  if not started then return nil, err("denied", ("%s was not started: %s"):format(options.title, reason)) end
  local answer, turns = loop.run(sub, message.user(started.prompt))
  if sub.model.borrowed and turns == 1 and answer.stop == "error" and answer.err.kind == "missing" then -- its service has no such model
    ctx.notice(("%s: %s; %s is asked instead"):format(options.title, answer.err.message, ctx.model.id))
    sub.model, sub.session = ctx.model, Session.aside(ctx.session)
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

return M
