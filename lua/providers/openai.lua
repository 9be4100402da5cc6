-- OpenAI chat completions, and everything that speaks like it. Two pure functions: a request from a view, deltas from a stream.
-- Long because one protocol is one file: what a request may hold and what a stream may bring are read side by side.
-- Vendor files amend the small steps (encode_message, body_fields) of this table. Protocol facts: platform.openai.com/docs/api-reference/chat.
local json = qwen.json
local encode, decode, null = json.encode, json.decode, json.null

local P = {
  summary = "OpenAI chat completions and compatible services",
  protocol = "openai",
  default_url = "https://api.openai.com/v1",
}

-- Requests ----------------------------------------------------------------------------------------------------------

local function data_url(part)
  return { type = "image_url", image_url = { url = "data:" .. part.mime .. ";base64," .. part.data } }
end

local function content_of(parts)
  local texts, media = {}, nil
  for _, part in ipairs(parts) do
    if part.type == "text" then
      texts[#texts + 1] = part.text
    elseif part.type == "image" or part.type == "file" then
      media = media or {}
      media[#media + 1] = data_url(part)
    end
  end
  local text = table.concat(texts, "\n\n")
  if not media then return text end
  if text ~= "" then table.insert(media, 1, { type = "text", text = text }) end
  return media
end

local function encode_assistant(message)
  local calls, texts, thoughts = {}, {}, {}
  for _, part in ipairs(message.parts) do
    if part.type == "call" then
      calls[#calls + 1] = { id = part.id, type = "function", ["function"] = { name = part.name, arguments = part.args == "" and "{}" or part.args } }
    elseif part.type == "text" then
      texts[#texts + 1] = part.text
    elseif part.type == "think" then
      thoughts[#thoughts + 1] = part
    end
  end
  local out = { role = "assistant", content = table.concat(texts) }
  if #calls > 0 then
    out.tool_calls = calls
    if out.content == "" then out.content = null end
  end
  for _, part in ipairs(thoughts) do
    if part.data and part.data.reasoning_details then out.reasoning_details = part.data.reasoning_details end
    if part.data and part.data.reasoning_content then out.reasoning_content = (out.reasoning_content or "") .. part.text end
  end
  return out
end

---The wire form of one message: a list, because each tool result is a message of its own here.
---@param _ Model
---@param message Message
---@return table[]
function P.encode_message(_, message)
  if message.role == "user" then return { { role = "user", content = content_of(message.parts) } } end
  if message.role == "assistant" then return { encode_assistant(message) } end
  local out, media = {}, {}
  for _, part in ipairs(message.parts) do
    if part.type == "result" then
      out[#out + 1] = { role = "tool", tool_call_id = part.id, content = part.text }
    else
      media[#media + 1] = part
    end
  end
  if #media > 0 then out[#out + 1] = { role = "user", content = content_of(media) } end
  return out
end

-- Bytes of a message for a provider table, made once: a turn costs what is new, not what is old.
local cache = setmetatable({}, { __mode = "k" })

local function message_bytes(provider, model, message)
  local by_provider = cache[message]
  if not by_provider then
    by_provider = {}
    cache[message] = by_provider
  end
  local key = provider.cache_key and provider.cache_key(model) or model.base_url .. "\0" .. model.id
  local bytes = by_provider[key]
  if not bytes then
    local pieces = {}
    for _, item in ipairs(provider.encode_message(model, message)) do pieces[#pieces + 1] = encode(item) end
    bytes = table.concat(pieces, ",")
    by_provider[key] = bytes
  end
  return bytes
end

local function reasoning_family(id)
  return id:match("^o%d") or id:match("^gpt%-5")
end

---Fields of the body beside model, messages and tools, before extra_body is laid over them.
---@param model Model
---@param view View
---@return table
function P.body_fields(model, view)
  local fields = { stream = true, stream_options = { include_usage = true } }
  if view.max_tokens then fields[reasoning_family(model.id) and "max_completion_tokens" or "max_tokens"] = view.max_tokens end
  for key, value in pairs(model.config.samplingParams or {}) do
    if key == "max_tokens" and reasoning_family(model.id) then key = "max_completion_tokens" end
    fields[key] = value
  end
  local reasoning = model.config.reasoning
  if type(reasoning) == "table" and reasoning.effort then fields.reasoning_effort = reasoning.effort end
  for key, value in pairs(model.config.extra_body or {}) do
    if value == null then value = nil end
    fields[key] = value
  end
  return fields
end

local function tool_json(tool)
  return ('{"type":"function","function":{"description":%s,"name":%s,"parameters":%s}}'):format(encode(tool.description), encode(tool.name), tool.schema)
end

local function system_bytes(model, text)
  local role = model.config.systemRole or (reasoning_family(model.id) and "developer") or "system"
  return encode { role = role, content = text }
end

---The request of a view. Pure: same in, same bytes; the credential is joined later.
---@param model Model
---@param view View
---@return Request
function P.request(model, view)
  local provider = model.provider_table or P
  local body = { '{"model":', encode(model.id), ',"messages":[' }
  local separator = ""
  if view.system ~= "" then
    body[#body + 1] = system_bytes(model, view.system)
    separator = ","
  end
  for _, message in ipairs(view.messages) do
    local bytes = message_bytes(provider, model, message)
    if bytes ~= "" then
      body[#body + 1] = separator
      body[#body + 1] = bytes
      separator = ","
    end
  end
  body[#body + 1] = "]"
  if #view.tools > 0 then
    local tools = {}
    for i, tool in ipairs(view.tools) do tools[i] = tool_json(tool) end
    body[#body + 1] = ',"tools":[' .. table.concat(tools, ",") .. "]"
  end
  local fields = encode((provider.body_fields or P.body_fields)(model, view))
  body[#body + 1] = fields == "{}" and "}" or "," .. fields:sub(2)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "text/event-stream" }
  for name, value in pairs(model.config.customHeaders or {}) do headers[name] = value end
  return { method = "POST", url = model.base_url .. "/chat/completions", headers = headers, body = body }
end

-- Streams -----------------------------------------------------------------------------------------------------------

local reasons = {
  stop = "end", length = "length", tool_calls = "calls", function_call = "calls", content_filter = "filter", end_turn = "end", eos = "end",
}

local function number(value)
  return type(value) == "number" and math.tointeger(value) or nil
end

local function usage_delta(u)
  local prompt, completion = u.prompt_tokens_details, u.completion_tokens_details
  return {
    type = "usage",
    usage = {
      input = number(u.prompt_tokens),
      output = number(u.completion_tokens),
      cached = type(prompt) == "table" and number(prompt.cached_tokens) or number(u.prompt_cache_hit_tokens),
      reasoning = type(completion) == "table" and number(completion.reasoning_tokens) or number(u.reasoning_tokens),
    },
  }
end

local function error_delta(body)
  local e = body.error
  local text = type(e) == "table" and (e.message or e.type) or e
  local code = type(e) == "table" and e.code or nil
  local status = math.tointeger(tonumber(code))
  local err = qwen.failure(status or 0, {}, encode { error = { message = tostring(text), code = code, type = type(e) == "table" and e.type or nil } })
  return { type = "error", err = err }
end

local function text_of(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local function arguments_text(value)
  if type(value) == "table" then return encode(value) end -- some local servers send an object
  return type(value) == "string" and value or ""
end

-- A missing index goes to the last open call; a new id together with a name starts a new call whatever the index says.
local function call_delta(state, piece, out)
  local fn = type(piece["function"]) == "table" and piece["function"] or {}
  local id, name, index = text_of(piece.id), text_of(fn.name), number(piece.index)
  local key = index
  local current = key and state.by_index[key] or state.last
  local fresh = current == nil
    or (key and not state.by_index[key])
    or (id and name and current.id and current.id ~= id)
    or (not key and name and current.name ~= name)
  if fresh then
    state.calls = state.calls + 1
    current = { index = state.calls }
    if key then state.by_index[key] = current end
  end
  local delta = { type = "call", index = current.index, args = arguments_text(fn.arguments) }
  if id and not current.id then current.id, delta.id = id, id end
  if name and not current.name then current.name, delta.name = name, name end
  state.last = current
  out[#out + 1] = delta
end

local function thinking_delta(delta, out)
  local content, reasoning = text_of(delta.reasoning_content), text_of(delta.reasoning)
  if content then
    out[#out + 1] = { type = "think", text = content }
  elseif reasoning then
    out[#out + 1] = { type = "think", text = reasoning }
  end
end

local function finish(state, out)
  if state.ended then return end
  state.ended = true
  state.split(nil, out)
  if state.details then out[#out + 1] = { type = "think", data = { reasoning_details = state.details } } end
  if state.failed then
    if state.word then out[#out + 1] = { type = "stop", reason = "error", word = state.word } end
    return
  end
  if state.reason then
    out[#out + 1] = { type = "stop", reason = state.calls > 0 and state.reason == "end" and "calls" or state.reason, word = state.word }
  elseif state.done or state.calls > 0 then
    out[#out + 1] = { type = "stop", reason = state.calls > 0 and "calls" or "end" }
  else
    out[#out + 1] = { type = "error", err = qwen.err("network", "the answer ended before the service said that it was complete") }
  end
end

local function read_choice(state, choice, out)
  local delta = type(choice.delta) == "table" and choice.delta or type(choice.message) == "table" and choice.message or nil
  if delta then
    thinking_delta(delta, out)
    local text = text_of(delta.content)
    if text then state.split(text, out) end
    local refusal = text_of(delta.refusal)
    if refusal then
      out[#out + 1] = { type = "text", text = refusal }
      state.refused = true
    end
    if type(delta.reasoning_details) == "table" then
      state.details = state.details or {}
      for _, item in ipairs(delta.reasoning_details) do state.details[#state.details + 1] = item end
    end
    if type(delta.tool_calls) == "table" then
      for _, piece in ipairs(delta.tool_calls) do call_delta(state, piece, out) end
    elseif type(delta.function_call) == "table" then
      call_delta(state, { ["function"] = delta.function_call, index = 0 }, out)
    end
  end
  local word = text_of(choice.finish_reason)
  if word then
    state.word, state.reason = word, state.refused and "refusal" or reasons[word] or "end"
    if word == "error" and not state.failed then
      state.failed = true
      out[#out + 1] = { type = "error", err = qwen.err("overloaded", "the service ended the answer with an error") }
    end
  end
end

-- Models of MiniMax and many on this machine write their thinking into the text; elsewhere such tags are the answer's own.
local function wants_split(model)
  if model.config.thinkTags ~= nil then return model.config.thinkTags end
  local url = model.base_url
  return url:find "://127%." or url:find "://localhost" or url:find "://%[::1%]" or url:find "%.minimaxi?%.%w+/"
end

-- One delta for all pieces of a stream: it is good until the next event.
local function plain_text()
  local delta = { type = "text" }
  return function(text, out)
    if not text then return end
    delta.text = text
    out[#out + 1] = delta
  end
end

---A decoder for one stream.
---@param model Model
---@return fun(data: string?, event: string?, out: Delta[])
function P.decoder(model)
  local state = { calls = 0, by_index = {}, split = wants_split(model) and qwen.text.think_splitter() or plain_text() }
  local frame, split = qwen.text.frame(), state.split
  return function(data, _, out)
    if data == nil then return finish(state, out) end
    local known = frame:read(data)
    if known then return split(known, out) end
    if data == "[DONE]" then
      state.done = true
      return
    end
    local chunk = decode(data)
    if type(chunk) ~= "table" then
      state.failed = true
      out[#out + 1] = { type = "error", err = qwen.err("protocol", "the service sent an event that is not JSON: " .. data:sub(1, 120)) }
      return
    end
    if chunk.error and chunk.error ~= null then
      state.failed = true
      out[#out + 1] = error_delta(chunk)
    end
    local choice = type(chunk.choices) == "table" and chunk.choices[1]
    if type(choice) == "table" then
      local before = #out
      read_choice(state, choice, out)
      local only = #out == before + 1 and out[#out]
      if only and only.type == "text" and only.text == choice.delta.content and not chunk.usage then frame:learn(data, "content", only.text) end
    end
    local usage = type(chunk.usage) == "table" and chunk.usage or type(chunk.x_groq) == "table" and type(chunk.x_groq.usage) == "table" and chunk.x_groq.usage
    if usage then out[#out + 1] = usage_delta(usage) end
  end
end

---Reads an error answer.
P.failure = qwen.failure

return P
