-- OpenAI responses: a request from a view, deltas from a stream. Nothing stays at the service, so encrypted reasoning goes back and forth.
-- Long because one protocol is one file.
-- Protocol facts: platform.openai.com/docs/api-reference/responses.
local json, wire = qwen.json, qwen.wire
local encode = json.encode
local chat = qwen.shipped "providers/openai"

local P = {
  summary = "OpenAI responses",
  protocol = "openai-responses",
  default_url = chat.default_url,
  failure = function(...) return qwen.x.failure(...) end, -- read when the first one comes
  media = "image pdf", -- files that models here take, where neither entry nor name tells
  sampling_alone = true, -- samplingParams go out as they are: no limit of ours is added to them
  models = chat.models,
  efforts = chat.efforts,
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
  return { type = "input_file", filename = "file." .. part.mime:gsub("^.*%W", ""), file_data = url }
end

-- A call as the service gave it, or would have.
local function encode_call(model, part)
  if not P.is_plain(model, part.name) then
    return { type = "function_call", call_id = part.id, name = part.name, arguments = wire.arguments(part.args) }
  end
  local args = wire.object(json.decode(part.args, false, true))
  return { type = "custom_tool_call", call_id = part.id, name = part.name, input = wire.text(args.input) or part.args }
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
      item = encode_call(model, part)
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
      local kind = P.is_plain(model, part.name) and "custom_tool_call_output" or "function_call_output"
      out[#out + 1] = { type = kind, call_id = part.id, output = part.text }
    elseif part.type == "text" then
      content[#content + 1] = { type = "input_text", text = part.text }
    elseif part.type ~= "think" and part.type ~= "call" then
      content[#content + 1] = P.encode_media(model, part)
    end
  end
  if #content > 0 then out[#out + 1] = { type = "message", role = "user", content = content } end
  return out
end

-- Tools that models of OpenAI call with a plain text, the argument `input`, as they learnt it.
P.plain_tools = { apply_patch = [[
start: begin file+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?
file: added | deleted | updated
added: "*** Add File: " TEXT LF new_line+
deleted: "*** Delete File: " TEXT LF
updated: "*** Update File: " TEXT LF renamed? part?
renamed: "*** Move to: " TEXT LF
part: (head | line)+ last?
head: ("@@" | "@@ " TEXT) LF
line: (" " | "-" | "+") TEXT? LF
new_line: "+" TEXT? LF
last: "*** End of File" LF
TEXT: /.+/
%import common.LF
]] }

---Whether a tool is called with a plain text: at OpenAI and Azure by models from GPT-5 on, or where customTools says so.
---@param model Model
---@param name string
---@return boolean
function P.is_plain(model, name)
  if not P.plain_tools[name] then return false end
  local set, url = model.config.customTools, qwen.http.parse_url(model.base_url)
  if set ~= nil then return set == true end
  local home = url and (url.host:find "%f[%w]openai%.com$" or url.host:find "%f[%w]azure%.com$")
  return home ~= nil and (model.id:find "^gpt%-[5-9]" or model.id:find "codex") ~= nil
end

---The JSON of one tool; its schema is JSON text already.
---@param model Model
---@param tool {name: string, description: string, schema: string}
---@return string
function P.encode_tool(model, tool)
  if P.is_plain(model, tool.name) then
    return encode { type = "custom", name = tool.name, description = tool.description,
      format = { type = "grammar", syntax = "lark", definition = P.plain_tools[tool.name] } }
  end
  return encode { type = "function", name = tool.name, description = tool.description, parameters = json.raw(tool.schema), strict = false }
end

local messages_of, tools_of = wire.encoders(P)

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
  if config.reasoning == false and P.efforts(model):find "^none" then fields.reasoning = { effort = "none" } end
  if reasoning then fields.reasoning = { effort = reasoning.effort, summary = reasoning.summary or "auto" } end
  if reasoning or reasons then fields.include, fields.temperature = json.array { "reasoning.encrypted_content" }, nil end
  wire.extra(fields, config.extra_body)
  return fields
end

---The address of answers.
---@param model Model
---@return string
function P.url(model)
  return model.base_url .. "/responses"
end

---Headers beside the usual ones.
---@return table<string, string>?
function P.headers(_, _) end

local first = { "model", "instructions", "input", "max_output_tokens", "stream", "store", "tools" }

---The request of a view. Pure: same in, same bytes; the credential is joined later.
---@param model Model
---@param view View
---@return Request
function P.request(model, view)
  local tools = #view.tools > 0 and tools_of(model, view.tools) or nil
  local body = wire.body(P.body(model, view), { input = messages_of(model, view.messages), tools = tools }, first)
  return wire.post(model, P.url(model), body, P.headers(model, view))
end

-- Streams -----------------------------------------------------------------------------------------------------------

local reasons = { max_output_tokens = "length", content_filter = "filter" }

-- The call that an event is of: by the id of its item, which some gateways leave out; by its place, which others give to all calls alike.
-- `begun`: the event says that a call begins.
local function call_at(answer, event, item, begun)
  local id = wire.text(event.item_id) or item and (wire.text(item.id) or wire.text(item.call_id))
  local place = event.output_index or false
  local index = id and answer.by_id[id] or not begun and (not id or not item) and answer.by_place[place]
  if not index then index = answer:call(item and item.name, nil, item and item.call_id) end
  if id then answer.by_id[id] = index end
  if item and wire.text(item.call_id) then answer.by_id[item.call_id] = index end
  answer.by_place[place] = index
  return index
end

-- Arguments come in pieces, or only whole.
local function add_arguments(answer, index, text, is_piece)
  if not wire.text(text) or not is_piece and answer.given[index] then return end
  answer.given[index] = true
  answer:more(index, text)
end

-- The plain text of a call as its arguments. It comes whole at the end, as pieces before.
local function add_plain(answer, index, text)
  if wire.text(text) then add_arguments(answer, index, encode { input = text }, false) end
end

local IS_CALL = { function_call = true, custom_tool_call = true }

-- Text and thinking come in pieces, or only whole. What was told of is noted by the id of its item and by its place, either of which may
-- be missing, so that nothing is told twice.
local function keys_of(event)
  local part, id = wire.integer(event.content_index) or wire.integer(event.summary_index) or 0, wire.text(event.item_id)
  return ("%d %d"):format(wire.integer(event.output_index) or 0, part), id and ("%s %d"):format(id, part)
end

local function note_told(answer, event)
  local place, id = keys_of(event)
  if id then answer.told[id] = true end
  answer.told[place] = id or true
end

local function was_told(answer, event)
  local place, id = keys_of(event)
  return id and answer.told[id] or answer.told[place] and (not id or answer.told[place] == true)
end

local function add_whole(answer, event, text, kind)
  if not wire.text(text) or was_told(answer, event) then return end
  note_told(answer, event)
  answer[kind](answer, text)
end

-- Which part the pieces of a run are of; runs of one part are read without coming here.
local function piece(kind)
  return function(answer, event)
    note_told(answer, event)
    answer[kind](answer, event.delta, "delta")
  end
end

local text, think = piece "text", piece "think"

local function read_refusal(answer, words)
  if not wire.text(words) then return end
  answer.refused = true
  answer:text(words)
end

-- What of an item is told by none of the events before.
local function read_item(answer, event, item)
  local function part_event(number) return { item_id = item.id, output_index = event.output_index, content_index = number } end
  if item.type == "function_call" then
    add_arguments(answer, call_at(answer, event, item), item.arguments, false)
  elseif item.type == "custom_tool_call" then
    add_plain(answer, call_at(answer, event, item), item.input)
  elseif item.type == "message" then
    for i, part in ipairs(wire.object(item.content)) do
      if type(part) == "table" and part.type == "refusal" and not answer.refused then read_refusal(answer, part.refusal) end
      if type(part) == "table" and part.type ~= "refusal" then add_whole(answer, part_event(i - 1), part.text, "text") end
    end
  end
end

local function stop(answer, event)
  local response = wire.object(event.response)
  local u, called = wire.object(response.usage), answer.calls > 0
  for i, item in ipairs(wire.object(response.output)) do
    item = wire.object(item)
    local known = answer.by_id[item.id or false] or answer.by_id[item.call_id or false]
    if not IS_CALL[item.type] or not called or known then read_item(answer, { output_index = i - 1 }, item) end
  end
  answer:usage {
    input = u.input_tokens, output = u.output_tokens, cached = wire.object(u.input_tokens_details).cached_tokens,
    reasoning = wire.object(u.output_tokens_details).reasoning_tokens,
  }
  local why = wire.text(wire.object(response.incomplete_details).reason)
  answer:stop(answer.refused and "refusal" or reasons[why] or "end", why or wire.text(response.status) or (event.type:gsub("^.*%.", "")))
  answer:over()
end

local on = {
  ["response.output_text.delta"] = text,
  ["response.reasoning_text.delta"] = think,
  ["response.reasoning_summary_text.delta"] = think,
  ["response.completed"] = stop,
  ["response.incomplete"] = stop,
  ["response.done"] = stop,
}

on["response.output_text.done"] = function(answer, event) add_whole(answer, event, event.text, "text") end
on["response.reasoning_text.done"] = function(answer, event) add_whole(answer, event, event.text, "think") end
on["response.reasoning_summary_text.done"] = on["response.reasoning_text.done"]

on["response.content_part.done"] = function(answer, event)
  local part = wire.object(event.part)
  if part.type == "output_text" then add_whole(answer, event, part.text, "text") end
end

on["response.refusal.delta"] = function(answer, event) read_refusal(answer, event.delta) end

on["response.refusal.done"] = function(answer, event)
  if not answer.refused then read_refusal(answer, event.refusal) end
end

on["response.output_item.added"] = function(answer, event)
  local item = wire.object(event.item)
  if IS_CALL[item.type] then call_at(answer, event, item, true) end
end

on["response.function_call_arguments.delta"] = function(answer, event)
  add_arguments(answer, call_at(answer, event), event.delta, true)
end

on["response.custom_tool_call_input.done"] = function(answer, event)
  add_plain(answer, call_at(answer, event), event.input)
end

on["response.function_call_arguments.done"] = function(answer, event)
  add_arguments(answer, call_at(answer, event), event.arguments, false)
end

-- Reasoning in its encrypted form comes with the end of its item.
on["response.output_item.done"] = function(answer, event)
  local item = wire.object(event.item)
  if item.type == "reasoning" and wire.text(item.encrypted_content) then
    local kept = { id = wire.text(item.id), summary = wire.object(item.summary), encrypted_content = item.encrypted_content }
    answer:add { type = "think", text = "", data = { reasoning = kept } }
  else
    read_item(answer, event, item)
  end
end

on["response.failed"] = function(answer, event)
  if not answer.failed then answer:fail(wire.object(event.response).error or event) end
end

P.decoder = wire.decoder(P, function(answer, event, name)
  if name == "whole" and event.object == "response" then return stop(answer, { type = "response.completed", response = event }) end
  local handler = on[event.type]
  if handler then handler(answer, event) end
end, { begin = function(answer) answer.by_id, answer.by_place, answer.given, answer.told = {}, {}, {}, {} end })

return P
