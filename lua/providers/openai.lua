-- OpenAI chat completions, and everything that speaks like it. Two pure functions: a request from a view, deltas from a stream.
-- Long because one protocol is one file: what a request may hold and what a stream may bring are read side by side.
-- Vendor files (base = "openai") amend the small steps of this table: each is looked up here when it is needed.
-- Options of ours in a model's generationConfig: systemRole ("developer"), thinkTags, textToolCalls (true or false).
-- Protocol facts: platform.openai.com/docs/api-reference/chat.
local json, wire = qwen.json, qwen.wire
local encode, decode, null = json.encode, json.decode, json.null

local P = {
  summary = "OpenAI chat completions and compatible services",
  protocol = "openai",
  default_url = "https://api.openai.com/v1",
  failure = function(...) return qwen.x.failure(...) end, -- read when the first one comes
  media = "image", -- files that models here take, where neither entry nor name tells
  sampling_alone = true, -- samplingParams go out as they are: no limit of ours is added to them
  think_tags = false, -- thinking arrives inside the text, as <think>
  text_tool_calls = false, -- calls arrive inside the text, in the form that the model learnt
  thinking_field = nil, -- the field in which the service wants a model's own thinking back
  alternate = false, -- the service refuses two messages of the person after each other
}

-- Requests ----------------------------------------------------------------------------------------------------------

local function data_url(part)
  return "data:" .. part.mime .. ";base64," .. part.data
end

---The wire form of an image or a file; a note in words for a model that is known not to see.
---@param model Model
---@param part MediaPart
---@return table
function P.encode_media(model, part)
  local note = wire.unseen(model, part, P.media)
  if note then return { type = "text", text = note } end
  if part.type == "image" then return { type = "image_url", image_url = { url = data_url(part) } } end
  return { type = "file", file = { filename = "file." .. part.mime:gsub("^.*%W", ""), file_data = data_url(part) } }
end

local function content_of(model, parts)
  local texts, media = {}, {}
  for _, part in ipairs(parts) do
    if part.type == "text" then
      texts[#texts + 1] = part.text
    elseif part.type == "image" or part.type == "file" then
      media[#media + 1] = P.encode_media(model, part)
    end
  end
  local text = table.concat(texts, "\n\n")
  if #media == 0 then return text end
  if text ~= "" then table.insert(media, 1, { type = "text", text = text }) end
  return media
end

---The wire form of an answer; nil when nothing of it can be sent. Thinking stays here, but for what its own model wants back unchanged.
---@param model Model
---@param message Message
---@return table?
function P.encode_assistant(model, message)
  local calls, out = {}, { role = "assistant", content = qwen.message.text_of(message) }
  for _, part in ipairs(message.parts) do
    if part.type == "call" then
      -- Some services refuse a whole conversation for arguments that are not JSON; the result after them says what was wrong.
      local args = type(decode(part.args)) == "table" and part.args or "{}"
      calls[#calls + 1] = { id = part.id, type = "function", ["function"] = { name = part.name, arguments = args } }
    elseif part.type == "think" and part.data and message.model == model.id then
      out.reasoning_details = part.data.reasoning_details
    end
  end
  if #calls > 0 then
    out.tool_calls = calls
    if out.content == "" then out.content = null end
  end
  if out.content == "" then return nil end
  if P.thinking_field then out[P.thinking_field] = wire.thinking(model, message) end
  return out
end

---The wire form of one message: a list, because each tool result is a message of its own here, directly after the calls.
---@param model Model
---@param message Message
---@return table[]
function P.encode_message(model, message)
  if message.role == "user" then return { { role = "user", content = content_of(model, message.parts) } } end
  if message.role == "assistant" then return { P.encode_assistant(model, message) } end
  local out, others = {}, {}
  for _, part in ipairs(message.parts) do
    if part.type == "result" then
      out[#out + 1] = { role = "tool", tool_call_id = part.id, content = part.text }
    else
      others[#others + 1] = part
    end
  end
  if #others > 0 then out[#out + 1] = { role = "user", content = content_of(model, others) } end
  return out
end

---The wire form of the system prompt.
---@param model Model
---@param text string
---@return table
function P.encode_system(model, text)
  local refused = model.id:find "^o1%-mini" or model.id:find "^o1%-preview"
  return { role = model.config.systemRole or refused and "user" or "system", content = text }
end

---The JSON of one tool; its schema is JSON text already.
---@param model Model
---@param tool {name: string, description: string, schema: string}
---@return string
function P.encode_tool(model, tool)
  local plain = model.config.schemaCompliance == "openapi_30"
  local parameters = plain and wire.openapi_schema(tool.schema) or not plain and json.raw(tool.schema) or nil
  return encode { type = "function", ["function"] = { name = tool.name, description = tool.description, parameters = parameters } }
end

local messages_of, tools_of = wire.encoders(P)

---Models that think on OpenAI's own terms: another name for the limit, no temperature, effort as a field of its own.
---@param id string
---@return boolean
function P.own_terms(id)
  return (id:find "^o%d" or id:find "^gpt%-5" and not id:find "chat") and true or false
end

-- What models can be told by this protocol, by the first pattern that fits; the others know low, medium and high, and are asked for
-- nothing with none. A service that knows more, or says it in another way, has a file of its own.
local efforts = {
  { "^gpt%-5.*chat", "" }, { "^gpt%-5%-pro", "high" }, { "^gpt%-5%.%d%-pro", "medium high xhigh" },
  { "^gpt%-5%.1%-codex%-max", "low medium high xhigh" }, { "^gpt%-5%.[2-9]%-codex", "low medium high xhigh" },
  { "^gpt%-5.*codex", "low medium high" }, { "^gpt%-5%.1", "none low medium high" },
  { "^gpt%-5%.[2-5]", "none low medium high xhigh" }, { "^gpt%-5%.[6-9]", "none low medium high xhigh max" },
  { "^gpt%-[34]", "" }, { "^o1%-mini", "" }, { "^o1%-preview", "" },
  { "^qwen", "" }, { "^coder%-model", "" }, { "^deepseek%-chat", "" }, { "^deepseek", "low medium high xhigh max" }, { "^gemini%-1", "" },
  { "^gemini%-2%.0", "" }, { "^claude%-3[%-.]5", "" }, { "^claude%-3%-[ohs]", "" }, { "^claude%-opus%-4[%-.][7-9]", "none low medium high xhigh max" },
  { "^claude%-opus%-[5-9]", "none low medium high xhigh max" }, { "^claude%-%a+%-4[%-.]6", "none low medium high max" }, { "instruct", "" },
}

---@param model Model
---@return string
function P.efforts(model)
  local name = model.id:lower():gsub("^.*/", "")
  for _, row in ipairs(efforts) do
    if name:find(row[1]) then return row[2] end
  end
  return P.own_terms(name) and "low medium high" or "none low medium high"
end

---How much to think, as the person set it; false for not at all.
---@param fields table of the body
---@param model Model
---@param reasoning {effort: string?}|false
function P.reason(fields, model, reasoning)
  local own = P.own_terms(model.id)
  if not reasoning then
    fields.reasoning_effort = own and P.efforts(model):find "^none" and "none" or nil
  elseif own then
    fields.reasoning_effort = reasoning.effort
  else
    fields.reasoning = reasoning
  end
end

---The fields of the body but messages and tools.
---@param model Model
---@param view View
---@return table
function P.body(model, view)
  local config = model.config
  local fields = { model = model.id, stream = true, stream_options = { include_usage = true }, max_tokens = view.max_tokens }
  for key, value in pairs(config.samplingParams or {}) do fields[key] = value end
  if P.own_terms(model.id) then
    fields.max_completion_tokens, fields.max_tokens, fields.temperature = fields.max_completion_tokens or fields.max_tokens, nil, nil
  end
  local reasoning, alone = config.reasoning, config.samplingParams and not model.effort_chosen -- parameters that go out as they are
  if not alone and (type(reasoning) == "table" or reasoning == false) then P.reason(fields, model, reasoning) end
  wire.extra(fields, config.extra_body)
  return fields
end

---The address of answers.
---@param model Model
---@return string
function P.url(model)
  return model.base_url .. "/chat/completions"
end

---Headers beside the usual ones.
---@return table<string, string>?
function P.headers(_, _) end

---Whether the service keeps what comes before marks, and wants them.
---@return boolean
function P.marks(_)
  return false
end

local MARK = { type = "ephemeral" }

-- The same message with a mark on its last part.
local function marked(item)
  if type(item.content) == "string" then item.content = { { type = "text", text = item.content } } end
  if type(item.content) == "table" then item.content[#item.content].cache_control = MARK end
  return item
end

local function marked_bytes(model, message)
  local items = P.encode_message(model, message)
  if #items > 0 then items[#items] = marked(items[#items]) end
  for i, item in ipairs(items) do items[i] = encode(item) end
  return table.concat(items, ",")
end

local first = { "model", "messages", "max_tokens", "max_completion_tokens", "stream", "stream_options", "tools" }

---The request of a view. Pure: same in, same bytes; the credential is joined later.
---@param model Model
---@param view View
---@return Request
function P.request(model, view)
  local list = P.alternate and wire.alternate(view.messages) or view.messages
  local messages, tools, marks = messages_of(model, list), #view.tools > 0 and tools_of(model, view.tools) or nil, P.marks(model)
  if marks and #list > 0 then messages[#list] = marked_bytes(model, list[#list]) end
  if marks and tools then tools[#tools] = wire.marked(tools[#tools]) end
  if view.system ~= "" then
    local system = P.encode_system(model, view.system)
    table.insert(messages, 1, encode(marks and marked(system) or system))
  end
  return wire.post(model, P.url(model), wire.body(P.body(model, view), { messages = messages, tools = tools }, first), P.headers(model, view))
end

---The models that the service offers.
---@param ctx Ctx
---@param model Model any model there: its address and key are used
---@return {id: string, name: string?, context: integer?, max_output: integer?}[]?, Err?
function P.models(ctx, model)
  return qwen.x.remote_models.ask(ctx, model, P, {
    url = model.base_url .. "/models",
    list = function(answer) return answer.data or answer.models or answer end,
    item = function(item)
      local limits, meta = wire.object(wire.object(item.capabilities).limits), wire.object(item.meta) -- Copilot; llama.cpp
      return {
        id = item.id or item.name, name = item.name,
        context = item.loaded_context_length or item.context_length or item.context_window or item.max_model_len or item.max_context_length
          or limits.max_prompt_tokens or limits.max_context_window_tokens or meta.n_ctx or meta.n_ctx_train or wire.object(item.metadata).context_length,
        max_output = item.max_output_tokens or item.max_completion_tokens or limits.max_output_tokens
          or wire.object(item.top_provider).max_completion_tokens or wire.object(item.metadata).max_tokens, -- OpenRouter; DeepInfra
      }
    end,
  })
end

-- Streams -----------------------------------------------------------------------------------------------------------

local reasons = {
  stop = "end", length = "length", tool_calls = "calls", function_call = "calls", content_filter = "filter", end_turn = "end", eos = "end",
  tool_call = "calls", model_length = "length", max_tokens = "length", MAX_TOKENS = "length", refusal = "refusal",
  sensitive = "filter", safety = "filter", SAFETY = "filter", recitation = "filter", guardrail_intervened = "filter",
}

local number, text_of = wire.integer, wire.text

local function field(value, name)
  return type(value) == "table" and number(value[name]) or nil
end

---What an answer cost, in our words.
---@param u table as the service says it
---@return Usage
function P.usage(u)
  return {
    input = number(u.prompt_tokens),
    output = number(u.completion_tokens),
    cached = field(u.prompt_tokens_details, "cached_tokens") or number(u.prompt_cache_hit_tokens) or number(u.cached_tokens),
    cache_write = field(u.prompt_tokens_details, "cache_creation_input_tokens") or field(u.prompt_tokens_details, "cache_write_tokens"),
    reasoning = field(u.completion_tokens_details, "reasoning_tokens") or number(u.reasoning_tokens),
  }
end

-- Whether the arguments of a call are complete. Each piece is looked at once, however often this is asked.
local function is_whole(call)
  if call.whole or call.broken then return call.whole == true end
  for i = call.seen + 1, #call.pieces do
    local piece, at = call.pieces[i], 1
    while true do
      local found, _, mark = piece:find(call.quoted and '(["\\])' or '([{}%[%]"])', at)
      if not found then break end
      at = found + (mark == "\\" and 2 or 1)
      if mark == '"' then
        call.quoted = not call.quoted
      elseif mark ~= "\\" then
        call.depth = call.depth + ((mark == "{" or mark == "[") and 1 or -1)
      end
    end
  end
  call.seen = #call.pieces
  if call.seen == 0 or call.depth ~= 0 or call.quoted then return false end
  call.whole = type(decode(table.concat(call.pieces))) == "table"
  call.broken = not call.whole and call.seen > 1 or nil
  return call.whole
end

-- Whether a piece begins a call. An index that is missing or always the same does not say so; a new id with a name does, and so do
-- a name and arguments after arguments that were complete.
local function begins(current, id, name, args)
  if not current then return true end
  if not name then return false end
  if id and current.id then return id ~= current.id end
  return current.name ~= nil and (current.name ~= name and args ~= "" or args ~= "" and is_whole(current))
end

local function read_call(answer, piece)
  if type(piece) ~= "table" then return end
  local fn = wire.object(piece["function"])
  local id, name, index = text_of(piece.id), text_of(fn.name), number(piece.index)
  local args = type(fn.arguments) == "table" and fn.arguments or text_of(fn.arguments) or "" -- some local servers send an object
  local current = answer.last
  if index then current = answer.by_index[index] end
  if begins(current, id, name, args) then
    current = { index = answer:call(name, args, id), pieces = {}, seen = 0, depth = 0 }
    if index then answer.by_index[index] = current end
  elseif type(args) == "string" and args:find "^%s*{" and is_whole(current) then
    args = "" -- the last piece repeats all of them
  else
    answer:more(current.index, args, not current.name and name or nil, not current.id and id or nil)
  end
  current.id, current.name = current.id or id, current.name or name
  if type(args) == "string" then
    current.pieces[#current.pieces + 1] = args ~= "" and args or nil
  else
    current.whole = true
  end
  answer.last = current
end

-- Pieces of the same item follow each other under one index: joined they are what the service wants back.
local function add_details(answer, list)
  local details = answer.details or {}
  answer.details = details
  for _, item in ipairs(list) do
    local last = details[#details]
    if type(item) == "table" then
      if last and last.item.type == item.type and last.item.index == item.index and not text_of(last.item.signature) then
        for key, value in pairs(item) do
          if key ~= "text" and key ~= "summary" and value ~= null then last.item[key] = value end
        end
      else
        last = { item = item, text = {}, summary = {} }
        details[#details + 1] = last
      end
      for _, key in ipairs { "text", "summary" } do last[key][#last[key] + 1] = text_of(item[key]) end
    end
  end
end

local function finish(answer)
  local list = {}
  for i, entry in ipairs(answer.details or {}) do
    for _, key in ipairs { "text", "summary" } do
      if #entry[key] > 0 then entry.item[key] = table.concat(entry[key]) end
    end
    list[i] = entry.item
  end
  -- What JSON cannot hold (a number beyond range) could not go back either.
  if #list > 0 and pcall(encode, list) then answer:add { type = "think", data = { reasoning_details = list } } end
  if not answer.reason and answer.last and is_whole(answer.last) then answer:stop "end" end
end

-- Text, or a list of parts of text and thinking.
local function read_content(answer, content)
  for _, part in ipairs(content) do
    if type(part) == "table" and part.type == "thinking" then
      for _, item in ipairs(type(part.thinking) == "table" and part.thinking or { { text = part.thinking } }) do
        answer:think(wire.object(item).text)
      end
    elseif type(part) == "table" then
      answer:text(part.text)
    end
  end
end

local function read_delta(answer, delta, lone)
  local field_of, content = text_of(delta.reasoning_content) and "reasoning_content" or "reasoning", delta.content
  if delta[field_of] then answer:think(delta[field_of], lone and field_of) end
  if type(content) == "table" then read_content(answer, content) elseif content then answer:text(content, lone and "content") end
  if text_of(delta.refusal) then
    answer:text(delta.refusal)
    answer.refused = true
  end
  if type(delta.reasoning_details) == "table" then add_details(answer, delta.reasoning_details) end
  if (type(delta.tool_calls) == "table" and #delta.tool_calls > 0 or type(delta.function_call) == "table") and answer.split then
    answer.split(nil, answer.out) -- the server looks for calls itself, and nothing that was said before them may come behind
    answer.split = nil
  end
  if type(delta.tool_calls) == "table" then
    for _, piece in ipairs(delta.tool_calls) do read_call(answer, piece) end
  elseif type(delta.function_call) == "table" then
    read_call(answer, { ["function"] = delta.function_call, index = 0 })
  end
end

local ENDED = "the service ended the answer with an error"
local failures = {
  error = ENDED, error_finish = ENDED, network_error = "the service lost the connection to its model",
  insufficient_system_resource = "the service had not enough resources for the whole answer",
  abort = "the service broke the answer off", aborted = "the service broke the answer off",
}

local function read_choice(answer, choice, lone)
  local delta = type(choice.delta) == "table" and choice.delta or wire.object(choice.message)
  local word = text_of(choice.finish_reason)
  if word then answer:stop(reasons[word] or "end", word) end
  if failures[word] and not answer.failed then
    answer:fail { message = text_of(delta.content) or failures[word], code = "server_error" }
  else
    read_delta(answer, delta, lone)
  end
  if word and answer.refused then answer.reason = "refusal" end
end

-- Calls that the model writes into its text, for servers that do not look for them (textToolCalls). It says what `split` says.
local function with_calls(answer, split, names)
  local find_calls, pieces, found = qwen.wire.tool_call_splitter(names), {}, {}
  local function pass(text, out)
    local state = find_calls(text, found)
    for i, delta in ipairs(found) do
      found[i] = nil
      if delta.type == "call" then answer:call(delta.name, delta.args) else out[#out + 1] = delta end
    end
    return state
  end
  return function(text, out)
    if not split then return pass(text, out) end
    local state, over = nil, split(text, pieces)
    for i, piece in ipairs(pieces) do
      pieces[i] = nil
      if piece.type == "text" then state = pass(piece.text, out) else out[#out + 1] = piece end
    end
    if over == true then split = nil elseif not over or state == true then state = over end
    if not text then pass(nil, out) end
    return state
  end
end

local function usage_in(chunk, choice)
  if type(chunk.usage) == "table" then return chunk.usage end
  if type(choice.usage) == "table" then return choice.usage end
  local groq = wire.object(chunk.x_groq).usage
  return type(groq) == "table" and groq or nil
end

local function names_of(tools)
  local names = {}
  for _, tool in ipairs(tools) do names[tool.name] = true end
  return names
end

-- By model: whether its template has the opening tag, so that its answers begin with thinking and only close it.
local templates = setmetatable({}, { __mode = "k" })

local function begin(answer, model, view)
  local tags, calls = model.config.thinkTags, model.config.textToolCalls
  if tags == nil then tags = P.think_tags end
  if calls == nil then calls = P.text_tool_calls end
  templates[model] = templates[model] or { opened = tags == "open" }
  answer.by_index, answer.split = {}, tags and qwen.wire.think_splitter(templates[model]) or nil
  if calls and not (view and #view.tools == 0) then answer.split = with_calls(answer, answer.split, view and names_of(view.tools)) end
end

-- The first of several answers (n > 1), which come side by side under numbers from 0.
local function first_choice(list)
  for _, choice in ipairs(wire.object(list)) do
    if type(choice) == "table" and (number(choice.index) or 0) == 0 then return choice end
  end
  return {}
end

P.decoder = wire.decoder(P, function(answer, chunk)
  local choice = first_choice(chunk.choices)
  local usage = usage_in(chunk, choice)
  read_choice(answer, choice, not usage)
  if usage then answer:usage(P.usage(usage)) end
end, { begin = begin, finish = finish })

return P
