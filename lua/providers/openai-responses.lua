-- OpenAI responses: a request from a view, deltas from a stream. Nothing stays at the service, so encrypted reasoning goes back and forth.
-- Protocol facts: platform.openai.com/docs/api-reference/responses.
local json, wire = qwen.json, qwen.wire
local encode = json.encode
local chat = qwen.shipped "providers/openai"

local P = {
  summary = "OpenAI responses",
  protocol = "openai-responses",
  default_url = chat.default_url,
  failure = qwen.failure,
  media = "image pdf", -- files that models here take, where neither entry nor name tells
  sampling_alone = true, -- samplingParams go out as they are: no limit of ours is added to them
  models = chat.models,
}

-- Requests ----------------------------------------------------------------------------------------------------------

---The content part of an image or a file; a note in words for a model that is known not to see.
---@param model Model
---@param part MediaPart
---@return table
function P.encode_media(model, part)
  local note = wire.unseen(model, part, P.media)
  if note then return { type = "input_text", text = note } end
  local url = "data:" .. part.mime .. ";base64," .. part.data
  if part.type == "image" then return { type = "input_image", image_url = url, detail = "auto" } end
  return { type = "input_file", filename = "file." .. part.mime:match "[%w]*$", file_data = url }
end

-- Reasoning may stand only before what it led to: it waits for that. Calls follow each other: DeepSeek refuses text between them.
local function encode_assistant(model, message)
  local out, calls, waiting = {}, {}, {}
  for _, part in ipairs(message.parts) do
    local item
    local kept = part.type == "think" and part.data and part.data.reasoning
    if kept and message.model == model.id then
      local summary = json.array(table.move(kept.summary, 1, #kept.summary, 1, {}))
      waiting[#waiting + 1] = { type = "reasoning", id = kept.id, summary = summary, encrypted_content = kept.encrypted_content }
    elseif part.type == "text" and part.text ~= "" then
      item = { type = "message", role = "assistant", content = part.text }
    elseif part.type == "call" then
      item = { type = "function_call", call_id = part.id, name = part.name, arguments = wire.arguments(part.args) }
    end
    if item then
      local list = part.type == "call" and calls or out
      table.move(waiting, 1, #waiting, #list + 1, list)
      list[#list + 1], waiting = item, {}
    end
  end
  return table.move(calls, 1, #calls, #out + 1, out)
end

---The items of one message.
---@param model Model
---@param message Message
---@return table[]
function P.encode_message(model, message)
  if message.role == "assistant" then return encode_assistant(model, message) end
  local out, content = {}, {}
  for _, part in ipairs(message.parts) do
    if part.type == "result" then
      out[#out + 1] = { type = "function_call_output", call_id = part.id, output = part.text }
    elseif part.type == "text" then
      content[#content + 1] = { type = "input_text", text = part.text }
    elseif part.type ~= "think" and part.type ~= "call" then
      content[#content + 1] = P.encode_media(model, part)
    end
  end
  if #content > 0 then out[#out + 1] = { type = "message", role = "user", content = content } end
  return out
end

---The JSON of one tool; its schema is JSON text already.
---@param _ Model
---@param tool {name: string, description: string, schema: string}
---@return string
function P.encode_tool(_, tool)
  return encode { type = "function", name = tool.name, description = tool.description, parameters = json.raw(tool.schema), strict = false }
end

local bytes_of = wire.cache()

local function message_bytes(model, message)
  local pieces = {}
  for i, item in ipairs(P.encode_message(model, message)) do pieces[i] = encode(item) end
  return table.concat(pieces, ",")
end

local function tool_bytes(model, tool)
  return P.encode_tool(model, tool)
end

---The fields of the body but input and tools.
---@param model Model
---@param view View
---@return table
function P.body(model, view)
  local config, reasons = model.config, chat.own_terms(model.id)
  local fields = { model = model.id, stream = true, store = false, max_output_tokens = view.max_tokens, prompt_cache_key = view.session }
  if view.system ~= "" then fields.instructions = view.system end
  for key, value in pairs(config.samplingParams or {}) do fields[key == "max_tokens" and "max_output_tokens" or key] = value end
  local reasoning = type(config.reasoning) == "table" and config.reasoning
  if reasoning then fields.reasoning = { effort = reasoning.effort, summary = reasoning.summary or "auto" } end
  if reasoning or reasons then fields.include, fields.temperature = json.array { "reasoning.encrypted_content" }, nil end
  for key, value in pairs(config.extra_body or {}) do
    if value == json.null then value = nil end -- null takes a field out
    fields[key] = value
  end
  return fields
end

local first = { "model", "instructions", "input", "max_output_tokens", "stream", "store", "tools" }

---The request of a view. Pure: same in, same bytes; the credential is joined later.
---@param model Model
---@param view View
---@return Request
function P.request(model, view)
  local input, tools = {}, #view.tools > 0 and {} or nil
  for i, message in ipairs(view.messages) do input[i] = bytes_of(model, message, message_bytes) end
  for i, tool in ipairs(view.tools) do tools[i] = bytes_of(model, tool, tool_bytes) end
  local body = wire.body(P.body(model, view), { input = input, tools = tools }, first)
  return { method = "POST", url = model.base_url .. "/responses", headers = wire.headers(model), body = body }
end

-- Streams -----------------------------------------------------------------------------------------------------------

local reasons = { max_output_tokens = "length", content_filter = "filter" }

local function usage_delta(u)
  return {
    type = "usage",
    usage = {
      input = wire.integer(u.input_tokens), output = wire.integer(u.output_tokens),
      cached = wire.integer(wire.object(u.input_tokens_details).cached_tokens),
      reasoning = wire.integer(wire.object(u.output_tokens_details).reasoning_tokens),
    },
  }
end

local function fail(state, e, out)
  state.failed = true
  out[#out + 1] = { type = "error", err = wire.failed(e, P.failure) }
end

-- The call at that place of the answer; a new one when none is there yet.
local function call_at(state, place, item, out)
  place = place or item.id or item.call_id or false
  local call = state.by_place[place]
  if not call then
    state.calls = state.calls + 1
    call = { index = state.calls }
    state.by_place[place] = call
    out[#out + 1] = { type = "call", index = call.index, id = wire.text(item.call_id), name = wire.text(item.name), args = "" }
  end
  return call
end

-- Arguments come in pieces, or only whole.
local function add_arguments(call, text, is_piece, out)
  if not wire.text(text) or not is_piece and call.given then return end
  call.given = true
  out[#out + 1] = { type = "call", index = call.index, args = text }
end

local function text(state, event, out)
  if wire.text(event.delta) then
    out[#out + 1] = { type = "text", text = event.delta }
  end
end

local function think(_, event, out)
  if wire.text(event.delta) then out[#out + 1] = { type = "think", text = event.delta } end
end

local function stop(state, event, out)
  local response = wire.object(event.response)
  if type(response.usage) == "table" then out[#out + 1] = usage_delta(response.usage) end
  local why = wire.text(wire.object(response.incomplete_details).reason)
  state.word = why or wire.text(response.status) or tostring(event.type):match "[^.]*$"
  state.reason = state.refused and "refusal" or reasons[why] or "end"
end

local on = {
  ["response.output_text.delta"] = text,
  ["response.reasoning_text.delta"] = think,
  ["response.reasoning_summary_text.delta"] = think,
  ["response.completed"] = stop,
  ["response.incomplete"] = stop,
}

on["response.refusal.delta"] = function(state, event, out)
  state.refused = true
  text(state, event, out)
end

on["response.output_item.added"] = function(state, event, out)
  local item = wire.object(event.item)
  if item.type == "function_call" then call_at(state, event.output_index, item, out) end
end

on["response.function_call_arguments.delta"] = function(state, event, out)
  add_arguments(call_at(state, event.output_index or event.item_id, {}, out), event.delta, true, out)
end

on["response.function_call_arguments.done"] = function(state, event, out)
  add_arguments(call_at(state, event.output_index or event.item_id, {}, out), event.arguments, false, out)
end

-- Reasoning in its encrypted form comes with the end of its item.
on["response.output_item.done"] = function(state, event, out)
  local item = wire.object(event.item)
  if item.type == "function_call" then
    add_arguments(call_at(state, event.output_index, item, out), item.arguments, false, out)
  elseif item.type == "reasoning" and wire.text(item.encrypted_content) then
    local kept = { id = wire.text(item.id), summary = wire.object(item.summary), encrypted_content = item.encrypted_content }
    out[#out + 1] = { type = "think", text = "", data = { reasoning = kept } }
  end
end

on["response.failed"] = function(state, event, out)
  fail(state, wire.object(event.response).error, out)
end

on["error"] = function(state, event, out)
  fail(state, type(event.error) == "table" and event.error or { message = event.message or event.error, code = event.code }, out)
end

local function finish(state, out)
  if state.ended or state.failed then return end
  state.ended = true
  if not state.reason then
    out[#out + 1] = { type = "error", err = wire.cut() }
  else
    out[#out + 1] = { type = "stop", reason = state.calls > 0 and state.reason == "end" and "calls" or state.reason, word = state.word }
  end
end

---A decoder for one stream.
---@param _ Model
---@return fun(data: string?, event: string?, out: Delta[])
function P.decoder(_)
  local state = { calls = 0, by_place = {} }
  return wire.runs(function(data, out, learn)
    if data == nil then return finish(state, out) end
    if data == "[DONE]" then return end
    local event, problem = wire.event(data)
    if not event then
      state.failed = true
      out[#out + 1] = { type = "error", err = problem }
      return
    end
    local kind = event.type == nil and event.error and "error" or event.type
    local handler, before = on[kind], #out
    if handler then handler(state, event, out) end
    if #out == before + 1 and (handler == text or handler == think) then learn(data, "delta", out[#out]) end
  end)
end

return P
