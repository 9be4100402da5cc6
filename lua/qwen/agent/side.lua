-- A side request: one question to a model beside the conversation, without tools, whose answer is a text. It leaves nothing in the session.
local err = require "qwen.err"
local message = require "qwen.message"
local models = require "qwen.models"
local Reply = require "qwen.agent.reply"
local resource = require "qwen.resource"
local send = require "qwen.net.send"

local M = {}

local DEFAULT_MAX = 8000

local function model_of(ctx, id)
  if not id or id == ctx.model.id then return ctx.model end
  return models.choose(ctx.settings, setmetatable({ model = id }, { __index = ctx.opts }), function(name) return resource.has("providers", name) end)
end

---Asks a model once and waits for the whole answer.
---@param ctx Ctx
---@param options {prompt: string?, messages: Message[]?, system: string?, model: string?, max_tokens: integer?, purpose: string?, on_text: fun(text: string)?}
---@return string? text nil when the answer failed, was cut or is empty
---@return Err?
---@return Message? answer with its usage
function M.ask(ctx, options)
  local model, e = model_of(ctx, options.model)
  if not model then return nil, e end
  local messages = table.move(options.messages or {}, 1, #(options.messages or {}), 1, {})
  if options.prompt then messages[#messages + 1] = message.user(options.prompt) end
  local reply = Reply.new(model.id)
  local deltas <close> = send.open(ctx, model, { system = options.system or "", messages = messages, tools = {},
    max_tokens = options.max_tokens or math.min(model.max_output or DEFAULT_MAX, DEFAULT_MAX), session = ctx.session and ctx.session.id,
    purpose = options.purpose or "side" })
  for delta in deltas.next do
    reply:add(delta)
    if delta.type == "text" and options.on_text then options.on_text(delta.text) end
  end
  local answer = reply:message()
  if answer.stop == "error" then return nil, answer.err, answer end
  local text = message.text_of(answer)
  if not text:find "%S" then return nil, err("protocol", ("%s answered nothing"):format(model.id)), answer end
  if answer.stop == "length" then return nil, err("too_long", ("the answer of %s was longer than its limit"):format(model.id)), answer end
  return text, nil, answer
end

return M
