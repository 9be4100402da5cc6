-- A side request: one question to a model beside the conversation, without tools, whose answer is a text. It leaves nothing in the session,
-- has a budget of tokens, time and money, and a line of its own in the ledger, with its purpose.
local err = require "qwen.util.err"
local message = require "qwen.session.message"
local models = require "qwen.model.registry"
local Reply = require "qwen.agent.reply"
local registry = require "qwen.extension.registry"
local client = require "qwen.provider.client"
local task = require "sys.task"
local usage_ledger = require "qwen.usage.ledger"
local phrase = require("qwen.util.translate").phrase

local M = {}

local DEFAULT_MAX = 8000
local LEAST_ANSWER = 16 -- tokens; less is no answer
local BYTES_PER_TOKEN = 3 -- of the question, counted on the safe side

local function model_of(ctx, id)
  local function has(name) return registry.has("providers", name) end
  local current, e = ctx.model, nil
  if not current then current, e = models.choose(ctx.settings, ctx.opts, has) end -- a command of the shell
  if not current then return nil, e end
  return models.beside(ctx.settings, ctx.opts, has, current, id)
end

-- How many tokens of answer the money buys behind the question; an error when that is none, or prices are not known.
local function affordable(model, view, most)
  local provider = models.provider(model)
  local prices = usage_ledger.prices(model, provider)
  local bytes = #view.system
  for _, each in ipairs(view.messages) do
    for _, part in ipairs(each.parts) do bytes = bytes + #(part.text or part.args or part.data or "") end
  end
  local question = usage_ledger.cost({ input = math.ceil(bytes / BYTES_PER_TOKEN), output = 0 }, prices)
  local million = usage_ledger.cost({ input = 0, output = 1000000 }, prices)
  if not question then
    return nil, err("missing", phrase("nothing was asked: a budget of money needs the prices of "
      .. "%s, which are not known; set prices of its entry in modelProviders: "
      .. '{"input": 0.5, "output": 2}, per million tokens', model.id))
  end
  if million == 0 then return view.max_tokens end
  local tokens = (most - question) / million * 1e6
  if tokens < LEAST_ANSWER then
    local currency = prices.currency or "USD"
    return nil, err("limit", phrase("nothing was asked: the question alone costs about %.6f %s of "
      .. "the %g that it may cost", question, currency, most))
  end
  return math.floor(math.min(tokens, view.max_tokens))
end

local function ask(ctx, model, view, on_text)
  local reply = Reply.new(model.id)
  local deltas <close> = client.open(ctx, model, view)
  for delta in deltas.next do
    reply:add(delta)
    if delta.type == "text" and on_text then on_text(delta.text) end
  end
  return reply:message()
end

-- The same, but no longer than so many seconds, with all waiting.
local function ask_in_time(ctx, model, view, options)
  local child = task.spawn(ask, ctx, model, view, options.on_text)
  local ok, answer = child:join(options.seconds)
  if ok then return answer end
  if child:done() then error(answer, 0) end
  child:cancel()
  return nil, err("timeout", phrase("%s gave no whole answer within %g s", model.id, options.seconds))
end

---Asks a model once and waits for the whole answer.
---@param ctx Ctx
---@param options SideRequest
---@return string? text nil when the answer failed, was cut or is empty, or the budget does not reach
---@return Err?
---@return Message? answer with its usage
function M.ask(ctx, options)
  local model, e = model_of(ctx, options.model)
  if not model then return nil, e end
  local messages = table.move(options.messages or {}, 1, #(options.messages or {}), 1, {})
  if options.prompt then messages[#messages + 1] = message.user(options.prompt) end
  local view = { system = options.system or "", messages = messages, tools = options.tools or {},
    session = ctx.session and ctx.session.id, purpose = options.purpose or "side",
    max_tokens = options.max_tokens or math.min(model.max_output or DEFAULT_MAX, DEFAULT_MAX) }
  if options.cost then
    view.max_tokens, e = affordable(model, view, options.cost)
    if not view.max_tokens then return nil, e end
  end
  local answer
  if options.seconds then answer, e = ask_in_time(ctx, model, view, options) else answer = ask(ctx, model, view, options.on_text) end
  if not answer then return nil, e end
  if answer.stop == "error" and answer.err.kind == "missing" and model.borrowed then -- its service has no such model
    return M.ask(ctx, setmetatable({ model = "inherit" }, { __index = options }))
  end
  if answer.stop == "error" then return nil, answer.err, answer end
  local text = message.text_of(answer)
  if answer.stop == "length" then
    return nil, err("too_long", phrase("the answer of %s was longer than its limit of %d tokens",
      model.id, view.max_tokens)), answer
  end
  if not text:find "%S" then return nil, err("protocol", phrase("%s answered nothing", model.id)), answer end
  return text, nil, answer
end

return M
