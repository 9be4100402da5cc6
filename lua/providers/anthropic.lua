-- Anthropic messages: a request from a view, deltas from a stream. Thinking goes back as it came, with its signature; results come first.
-- Long because one protocol is one file.
-- Protocol facts: platform.claude.com/docs/en/api/messages.
local json, wire = qwen.json, qwen.wire
local encode = json.encode

local P = {
  summary = "Anthropic messages",
  protocol = "anthropic",
  default_url = "https://api.anthropic.com",
  failure = function(...) return qwen.x.failure(...) end, -- read when the first one comes
  media = "image pdf", -- files that models here take, where neither entry nor name tells
  sign = function(_, key) return { ["x-api-key"] = { key } } end,
}

local VERSION = "2023-06-01"

-- An address may end in /v1 or not.
local function root(model)
  return (model.base_url:gsub("/v1$", ""))
end

-- Requests ----------------------------------------------------------------------------------------------------------

---The block of an image or a file; a note in words for what the model would not take.
---@param model Model
---@param part MediaPart
---@return table
function P.encode_media(model, part)
  local note = wire.unseen(model, part, P.media)
  local pdf = part.mime == "application/pdf"
  if not note and part.type ~= "image" and not pdf then note = ("[a file of type %s is left out: this service takes images and PDF]"):format(part.mime) end
  if note then return { type = "text", text = note } end
  return { type = pdf and "document" or "image", source = { type = "base64", media_type = part.mime, data = part.data } }
end

---The block of one part; nil for what cannot be sent: empty text, and thinking that is not signed or of another model.
---@param model Model
---@param part Part
---@param message Message
---@return table?
function P.encode_part(model, part, message)
  if part.type == "text" then return part.text:find "%S" and { type = "text", text = part.text } or nil end
  if part.type == "call" then return { type = "tool_use", id = part.id, name = part.name, input = json.raw(wire.arguments(part.args)) } end
  if part.type == "result" then return { type = "tool_result", tool_use_id = part.id, content = part.text, is_error = part.error or nil } end
  if part.type ~= "think" then return P.encode_media(model, part) end
  if message.model ~= model.id then return nil end
  if part.data and part.data.redacted_thinking then return { type = "redacted_thinking", data = part.data.redacted_thinking } end
  return part.signature and { type = "thinking", thinking = part.text, signature = part.signature } or nil
end

---The JSON of one tool; its schema is JSON text already.
---@param _ Model
---@param tool {name: string, description: string, schema: string}
---@return string
function P.encode_tool(_, tool)
  return encode { name = tool.name, description = tool.description, input_schema = json.raw(tool.schema) }
end

---The blocks of a message; results stand before all others, as the service wants them.
---@param model Model
---@param message Message
---@return table[]
function P.encode_message(model, message)
  local out, others = {}, {}
  for _, part in ipairs(message.parts) do
    local list = message.role == "tool" and part.type ~= "result" and others or out
    list[#list + 1] = P.encode_part(model, part, message)
  end
  return table.move(others, 1, #others, #out + 1, out)
end

local messages_of, tools_of = wire.encoders(P)

local marked = wire.marked

-- Messages of one side after each other are one message here: the service wants the sides to take turns.
local function message_list(model, view, marks)
  local turns = {}
  for i, bytes in ipairs(messages_of(model, view.messages)) do
    local role = view.messages[i].role == "assistant" and "assistant" or "user"
    local last = turns[#turns]
    if bytes ~= "" and last and last.role == role then
      last[#last + 1] = bytes
    elseif bytes ~= "" then
      turns[#turns + 1] = { role = role, bytes }
    end
  end
  local out, last = {}, turns[#turns]
  if marks and last and last.role == "user" then last[#last] = marked(last[#last]) end
  for i, turn in ipairs(turns) do out[i] = ('{"role":"%s","content":[%s]}'):format(turn.role, table.concat(turn, ",")) end
  return out
end

local budgets = { low = 16000, medium = 32000, high = 64000, max = 64000 }
local DEFAULT_MAX, USUAL_MOST, DEFAULT_BUDGET, LEAST_BUDGET = 8000, 64000, 32000, 1024

-- Versions as numbers, 406 for 4.6; dates in names are none, and names of other makers are 0.
local FIRST_TO_THINK, FIRST_ADAPTIVE, ONLY_ADAPTIVE = 307, 406, 407

local function version(id)
  local major, minor = id:match "claude%-%a+%-(%d+)[%-.]?(%d*)"
  if not major then major, minor = id:match "claude%-(%d+)[%-.](%d*)" end
  return major and #major <= 2 and tonumber(major) * 100 + (#minor <= 2 and tonumber(minor) or 0) or 0
end

---The levels of effort that a model can be told: as a budget, or as a word where it thinks as it sees fit.
---@param model Model
---@return string
function P.efforts(model)
  local number = version(model.id)
  if number > 0 and number < FIRST_TO_THINK then return "" end
  if number < FIRST_ADAPTIVE then return "none low medium high" end
  return number >= ONLY_ADAPTIVE and "none low medium high xhigh max" or "none low medium high max"
end

-- In a loop of calls the service wants back the thinking that led to them. Where that is missing, as after another model or a
-- shortened conversation, thinking begins again with the next prompt.
local function may_begin(model, messages)
  if #messages == 0 or messages[#messages].role ~= "tool" then return true end
  local started
  for i = #messages, 1, -1 do
    local message = messages[i]
    if message.role == "user" then break end
    if message.role == "assistant" then
      if message.model ~= model.id then return false end
      started = message
    end
  end
  for _, part in ipairs(started and started.parts or {}) do
    local block = P.encode_part(model, part, started)
    if block then return block.type == "thinking" or block.type == "redacted_thinking" end
  end
  return true
end

-- How to think: as the entry has it; without a word there, models that can do so think about the conversation, unless sampling is set that
-- the service refuses beside thinking.
local function reasoning_of(model, view)
  local set, sampling = model.config.reasoning, model.config.samplingParams or {}
  if set ~= nil then return type(set) == "table" and set or nil end
  if version(model.id) < FIRST_TO_THINK or view.purpose then return nil end
  return not (sampling.temperature or sampling.top_k or sampling.top_p) and {} or nil
end

-- Thinking counts as output: the limit of the answer gets room for it, as far as the model has any. A limit that the person set stays.
local function think(fields, headers, model, view, reasoning)
  local number, asked = version(model.id), wire.integer(reasoning.budget_tokens) or wire.integer(reasoning.budget)
  local adaptive = number >= ONLY_ADAPTIVE or number >= FIRST_ADAPTIVE and not asked
  local budget = not adaptive and asked or budgets[reasoning.effort] or DEFAULT_BUDGET
  local limit, set = fields.max_tokens, (model.config.samplingParams or {}).max_tokens
  local total = set and limit or math.min(limit + budget, model.max_output or math.max(limit, USUAL_MOST))
  if adaptive then
    fields.thinking = { type = "adaptive", display = number >= ONLY_ADAPTIVE and "summarized" or nil } -- else they keep it to themselves
    fields.output_config = reasoning.effort and { effort = reasoning.effort } or nil
  else
    budget = math.min(budget, asked and total - 1 or math.max(total - limit, total // 2))
    if budget < LEAST_BUDGET or not may_begin(model, view.messages) then return end
    fields.thinking = { type = "enabled", budget_tokens = budget }
    headers["anthropic-beta"] = "interleaved-thinking-2025-05-14"
  end
  fields.max_tokens, fields.temperature, fields.top_k = total, nil, nil -- sampling is refused beside thinking
end

---The fields of the body but system, messages and tools, and headers that they need.
---@param model Model
---@param view View
---@return table fields
---@return table<string, string> headers
function P.body(model, view)
  local fields, headers = { model = model.id, stream = true, max_tokens = view.max_tokens }, { ["anthropic-version"] = VERSION }
  for key, value in pairs(model.config.samplingParams or {}) do fields[key] = value end
  fields.max_tokens = wire.integer(fields.max_tokens) or model.max_output or DEFAULT_MAX
  local reasoning = reasoning_of(model, view)
  if reasoning then think(fields, headers, model, view, reasoning) end
  wire.extra(fields, model.config.extra_body)
  return fields, headers
end

---The address of answers.
---@param model Model
---@return string
function P.url(model)
  return root(model) .. "/v1/messages"
end

---Headers beside the usual ones.
---@return table<string, string>?
function P.headers(_, _) end

local first = { "model", "max_tokens", "stream", "tools", "system", "messages" }

---The request of a view. Pure: same in, same bytes; the credential is joined later.
---@param model Model
---@param view View
---@return Request
function P.request(model, view)
  local fields, headers = P.body(model, view)
  local marks = model.config.enableCacheControl ~= false
  local tools, system = #view.tools > 0 and tools_of(model, view.tools) or nil, nil
  if tools and marks then tools[#tools] = marked(tools[#tools]) end
  if view.system ~= "" then
    system = encode { type = "text", text = view.system }
    system = { marks and marked(system) or system }
  end
  local body = wire.body(fields, { messages = message_list(model, view, marks), tools = tools, system = system }, first)
  return wire.post(model, P.url(model), body, wire.on_top(headers, P.headers(model, view)))
end

---The models that the service offers, with the room for context and answers where it tells.
---@param ctx Ctx
---@param model Model any model there: its address and key are used
---@return {id: string, name: string?, context: integer?, max_output: integer?}[]?, Err?
function P.models(ctx, model)
  return qwen.x.remote_models.ask(ctx, model, P, {
    url = root(model) .. "/v1/models?limit=1000", headers = { ["anthropic-version"] = VERSION },
    list = function(answer) return answer.data end,
    item = function(item) return { id = item.id, name = item.display_name, context = item.max_input_tokens, max_output = item.max_tokens } end,
    next = function(answer) return answer.has_more == true and wire.text(answer.last_id) and { after_id = answer.last_id } or nil end,
  })
end

-- Streams -----------------------------------------------------------------------------------------------------------

local reasons = {
  end_turn = "end", stop_sequence = "end", pause_turn = "end", tool_use = "calls", max_tokens = "length", model_context_window_exceeded = "length",
  refusal = "refusal",
}

-- Numbers come at the beginning and again, as sums so far, at the end; what is not there again stays.
local function read_usage(answer, u)
  if type(u) ~= "table" then return end
  local all = answer.counts
  for _, key in ipairs { "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens" } do
    all[key] = wire.integer(u[key]) or all[key]
  end
  local cached, written = all.cache_read_input_tokens, all.cache_creation_input_tokens
  answer:usage {
    input = all.input_tokens and all.input_tokens + (cached or 0) + (written or 0), output = all.output_tokens, cached = cached, cache_write = written,
    reasoning = wire.object(u.output_tokens_details).thinking_tokens,
  }
end

local on = {}

function on.message_start(answer, event)
  read_usage(answer, wire.object(event.message).usage)
end

function on.content_block_start(answer, event)
  local given = wire.object(event.content_block)
  local block = { type = given.type }
  answer.blocks[event.index or false] = block
  if given.type == "text" then
    answer:text(given.text)
  elseif given.type == "thinking" then
    answer:think(given.thinking)
    block.signature = wire.text(given.signature)
  elseif given.type == "redacted_thinking" then
    answer:add { type = "think", text = "", data = { redacted_thinking = wire.text(given.data) } }
  elseif given.type == "tool_use" then
    block.call, block.input = answer:call(given.name, nil, given.id), given.input
  end
end

function on.content_block_delta(answer, event)
  local block, delta = answer.blocks[event.index or false] or {}, wire.object(event.delta)
  if delta.type == "text_delta" then
    answer:text(delta.text, "text")
  elseif delta.type == "thinking_delta" then
    answer:think(delta.thinking, "thinking")
  elseif delta.type == "signature_delta" then
    block.signature = (block.signature or "") .. (wire.text(delta.signature) or "")
  elseif delta.type == "input_json_delta" and block.call and wire.text(delta.partial_json) then
    block.input = nil
    answer:more(block.call, delta.partial_json)
  end
end

-- What a block only shows whole: a signature, and arguments of services that send them at once, as an object or as its JSON.
local function end_block(answer, block)
  local input = block.input
  if block.type == "thinking" and block.signature then answer:add { type = "think", text = "", signature = block.signature } end
  if block.call and (type(input) == "table" and next(input) or wire.text(input)) then answer:more(block.call, input) end
end

function on.content_block_stop(answer, event)
  end_block(answer, answer.blocks[event.index or false] or {})
  answer.blocks[event.index or false] = nil
end

function on.message_delta(answer, event)
  local delta = wire.object(event.delta)
  read_usage(answer, event.usage)
  local word = wire.text(delta.stop_reason)
  if word then answer:stop(reasons[word] or "end", word) end
  local why = wire.text(wire.object(delta.stop_details).explanation)
  if why and word == "refusal" then answer:add { type = "note", text = why } end
end

function on.message_stop(answer)
  answer:over()
end

-- A whole message, from what does not stream.
function on.message(answer, event)
  for _, block in ipairs(wire.object(event.content)) do
    on.content_block_start(answer, { content_block = block })
    on.content_block_stop(answer, {})
  end
  on.message_delta(answer, { delta = event, usage = event.usage })
end

-- Blocks that were not ended stand in the order in which they began.
local function finish(answer)
  local places = {}
  for place in pairs(answer.blocks) do places[#places + 1] = tonumber(place) and place or nil end
  table.sort(places)
  for _, place in ipairs(places) do end_block(answer, answer.blocks[place]) end
end

P.decoder = wire.decoder(P, function(answer, event)
  local handler = on[event.type]
  if handler then handler(answer, event) end
end, { begin = function(answer) answer.blocks, answer.counts = {}, {} end, finish = finish })

return P
