-- What every protocol needs: bytes kept between turns, bodies with one order of fields, headers, plain values out of foreign ones.
local Answer = require "qwen.provider.answer"
local err = require "qwen.util.err"
local json = require "sys.json"
local merge = require("qwen.net.headers").merge
local phrase = require("qwen.util.translate").phrase
local with_query = require("qwen.config.addresses").with_query

local M = {
  decoder = require("qwen.provider.stream").decoder, unseen = require("qwen.provider.media").unseen, on_top = merge,
  failed = Answer.failed, integer = Answer.integer, text = Answer.text, spoilt = Answer.spoilt,
}

---Puts fields of an entry's `extra_body` on top of others; null takes a field out.
---@param fields table
---@param extra table?
function M.extra(fields, extra)
  for key, value in pairs(type(extra) == "table" and extra or {}) do
    if value == json.null then value = nil end
    fields[key] = value
  end
end

---A splitter of <think> tags for one stream: fun(text, out) appends deltas; nil ends it.
---@param model {opened: boolean?}? what is known of the model, kept between its answers
---@return fun(text: string?, out: Delta[]): boolean
function M.think_splitter(model)
  return require "qwen.provider.think_tags"(model)
end

---A finder of tool calls that a model writes into its text, for one stream.
---@param names table<string, any>? the tools that were offered, by name; nil for any
---@return fun(text: string?, out: Delta[]): boolean|string|nil
function M.tool_call_splitter(names)
  return require "qwen.provider.text_tool_calls"(names)
end

local MARKS = { "[", "<", "`", "{" } -- each form of a call has one of them; finding none costs little in a long text

---Whether a whole text has a call that such a finder takes.
---@param text string
---@param names table<string, any>?
---@return boolean
function M.has_tool_call(text, names)
  local marked = false
  for _, mark in ipairs(MARKS) do marked = marked or text:find(mark, 1, true) ~= nil end
  if not marked then return false end
  local find, out = M.tool_call_splitter(names), {}
  find(text, out)
  find(nil, out)
  for _, delta in ipairs(out) do
    if delta.type == "call" then return true end
  end
  return false
end

local weak = { __mode = "k" }

-- Keeps bytes by model and by the message or tool they were made of: a turn costs what is new, not what is old.
local function cached(make)
  local kept = setmetatable({}, weak)
  return function(model, things)
    local of_model, out = kept[model], {}
    if not of_model then
      of_model = setmetatable({}, weak)
      kept[model] = of_model
    end
    for i = 1, #things do -- no iterator: each turn walks over all before it
      local thing = things[i]
      local bytes = of_model[thing]
      if not bytes then
        bytes = make(model, thing)
        of_model[thing] = bytes
      end
      out[i] = bytes
    end
    return out
  end
end

---Makes the JSON of messages and of tools by the provider's own `encode_message`, which gives tables, and `encode_tool`, which gives JSON.
---Each is made once; what a message comes to is joined by commas, "" for nothing.
---@param provider table
---@return fun(model: Model, messages: Message[]): string[] messages
---@return fun(model: Model, tools: table[]): string[] tools
function M.encoders(provider)
  local function message(model, one)
    local pieces = {}
    for i, item in ipairs(provider.encode_message(model, one)) do pieces[i] = json.encode(item) end
    return table.concat(pieces, ",")
  end
  return cached(message), cached(function(model, tool) return provider.encode_tool(model, tool) end)
end

local function add_list(pieces, list)
  local n, mark = #pieces, "["
  for i = 1, #list do
    local bytes = list[i]
    if bytes ~= "" then
      pieces[n + 1], pieces[n + 2] = mark, bytes
      n, mark = n + 2, ","
    end
  end
  pieces[n + 1] = mark == "[" and "[]" or "]"
end

---The pieces of a JSON object: the names of `first` in their order, then the others sorted. Always the same, so that services can reuse
---what they read before. A field that is there wins over a list of that name.
---@param fields table<string, any>
---@param lists table<string, string[]> JSON of each item; items of no bytes stay out
---@param first string[]
---@return string[]
function M.body(fields, lists, first)
  local names, is_first, rest = {}, {}, {}
  for i, name in ipairs(first) do names[i], is_first[name] = name, true end
  for _, source in ipairs { fields, lists } do
    for name in pairs(source) do
      if not is_first[name] then rest[#rest + 1], is_first[name] = name, true end
    end
  end
  table.sort(rest)
  table.move(rest, 1, #rest, #names + 1, names)
  local body, mark = {}, "{"
  for _, name in ipairs(names) do
    local value, list = fields[name], lists[name]
    if value ~= nil or list then
      body[#body + 1] = mark .. json.encode(name) .. ":"
      mark = ","
      if value ~= nil then body[#body + 1] = json.encode(value) else add_list(body, list) end
    end
  end
  body[#body + 1] = "}"
  return body
end

---A request for a stream, with the user's own headers on top of all others.
---@param model Model
---@param url string a path is one below the model's address
---@param body table of fields, or the pieces of one as `body` gives them
---@param headers table<string, HeaderValue>?
---@return Request
function M.post(model, url, body, headers)
  local all = merge({ ["Content-Type"] = "application/json", ["Accept"] = "text/event-stream" }, headers)
  if url:find "^/" then url = model.base_url .. url end
  return { method = "POST", url = with_query(url, model.query), headers = merge(all, model.config.customHeaders),
    body = body[1] and body or { json.encode(body) } }
end

---The JSON of an object with a mark: the service is to keep what comes before its end.
---@param bytes string
---@return string
function M.marked(bytes)
  return bytes:sub(1, -2) .. ',"cache_control":{"type":"ephemeral"}}'
end

---The thinking of an answer as text, for a service that wants its own models' thinking back; "" for another model's.
---@param model Model
---@param message Message
---@return string
function M.thinking(model, message)
  local texts = {}
  for _, part in ipairs(message.model == model.id and message.parts or {}) do
    if part.type == "think" then texts[#texts + 1] = part.text end
  end
  return table.concat(texts)
end

local alternating = setmetatable({}, weak) -- by list: how far it was read, and what came of it; a list only grows

---The messages with those of the person that follow each other made one, for services that want the sides to take turns.
---@param messages Message[]
---@return Message[]
function M.alternate(messages)
  local state = alternating[messages]
  if not state or state.last ~= messages[state.count] then
    state = { count = 0, out = {} }
    alternating[messages] = state
  end
  local out = state.out
  for i = state.count + 1, #messages do
    local message, last = messages[i], out[#out]
    if last and last.role == "user" and message.role == "user" then
      local parts = table.move(last.parts, 1, #last.parts, 1, {})
      out[#out] = { role = "user", parts = table.move(message.parts, 1, #message.parts, #parts + 1, parts) }
    else
      out[#out + 1] = message
    end
  end
  state.count, state.last = #messages, messages[#messages]
  return out
end

---The arguments of a call as JSON of an object: as the model wrote them when that is what they are.
---@param args string
---@return string
function M.arguments(args)
  return args:find "^%s*{" and type(json.decode(args, false, true)) == "table" and args or "{}"
end

-- A schema in the words of OpenAPI 3.0.
local function openapi(schema)
  if type(schema) ~= "table" then return schema end
  local out = {}
  for key, value in pairs(schema) do
    if key == "properties" then
      out.properties = {}
      for name, item in pairs(value) do out.properties[name] = openapi(item) end
    elseif type(value) == "table" and #value > 0 and type(value[1]) == "table" then
      out[key] = {}
      for i, item in ipairs(value) do out[key][i] = openapi(item) end
    elseif key == "const" then
      out.enum = { value }
    elseif key == "exclusiveMinimum" or key == "exclusiveMaximum" then
      out[key:gsub("exclusiveM", "m")] = value
    elseif key ~= "$schema" and key ~= "$id" and key ~= "additionalProperties" and key ~= "default" then
      out[key] = openapi(value)
    end
  end
  if type(schema.type) == "table" then
    out.type = nil
    for _, name in ipairs(schema.type) do
      if name == "null" then out.nullable = true else out.type = out.type or name end
    end
  end
  return out
end

---A schema reduced to what OpenAPI 3.0 has, for services that refuse more; nil when nothing is left of it.
---@param schema string JSON text
---@return table?
function M.openapi_schema(schema)
  local value = M.object(json.decode(schema))
  return next(M.object(value.properties)) and openapi(value) or nil
end

---A table, or an empty one.
---@param value any
---@return table
function M.object(value)
  return type(value) == "table" and value or {}
end

local LONGEST_LINE = 1024 * 1024

---The lines of an answer that are not empty, where each is an event of its own.
---@param stream HttpStream
---@return fun(): string?, Err?
function M.lines(stream)
  local held, at, ended = "", 1, false
  return function()
    while true do
      local stop = held:find("\n", at, true) or ended and #held + 1
      if not stop then
        local bytes, e = stream:read()
        if e then return nil, e end
        held, at, ended = held:sub(at) .. (bytes or ""), 1, bytes == nil
        if #held > LONGEST_LINE and not held:find("\n", 1, true) then
          return nil, err("protocol", phrase "the service sent a line without an end")
        end
      elseif at > #held then
        return nil
      else
        local line = held:sub(at, stop - 1)
        at = stop + 1
        if line:find "%S" then return line end
      end
    end
  end
end

return M
