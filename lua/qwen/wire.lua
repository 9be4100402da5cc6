-- What every protocol needs: bytes kept between turns, bodies with one order of fields, plain values out of foreign ones, errors in streams.
local err = require "qwen.err"
local families = require "qwen.families"
local failure = require "qwen.net.failure"
local json = require "sys.json"

local M = {}

local weak = { __mode = "k" }

---Keeps bytes by model and by the message or tool they were made of: a turn costs what is new, not what is old.
---@return fun(model: Model, thing: table, make: fun(model: Model, thing: table): string): string
function M.cache()
  local kept = setmetatable({}, weak)
  return function(model, thing, make)
    local of_model = kept[model]
    if not of_model then
      of_model = setmetatable({}, weak)
      kept[model] = of_model
    end
    local bytes = of_model[thing]
    if not bytes then
      bytes = make(model, thing)
      of_model[thing] = bytes
    end
    return bytes
  end
end

local function add_list(pieces, list)
  pieces[#pieces + 1] = "["
  local mark = ""
  for _, bytes in ipairs(list) do
    if bytes ~= "" then
      pieces[#pieces + 1] = mark
      pieces[#pieces + 1] = bytes
      mark = ","
    end
  end
  pieces[#pieces + 1] = "]"
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

---The headers of a request for a stream, with the user's own on top.
---@param model Model
---@param more table<string, string>?
---@return table<string, string>
function M.headers(model, more)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "text/event-stream" }
  for _, source in ipairs { more or {}, model.config.customHeaders or {} } do
    for name, value in pairs(source) do headers[name] = value end
  end
  return headers
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
  return args:find "^%s*{" and type(json.decode(args)) == "table" and args or "{}"
end

local kinds = { image = "image", audio = "audio", video = "video" }

---Whether a model takes a file of that type: as its entry says, else as the family of its name does, else as is usual at its service.
---@param model Model
---@param part MediaPart
---@param usual string? kinds of files in words ("image pdf audio video"); all when left out
---@return string? note words to send instead of what it would not take
function M.unseen(model, part, usual)
  local kind = kinds[part.mime:match "^%a+"] or part.mime == "application/pdf" and "pdf"
  local modalities, files = model.config.modalities, nil
  if type(modalities) == "table" then
    if kind == nil or modalities[kind] == true then return nil end
  elseif model.vision == false then
    files = ""
  else
    files = families.of(model.id).files or usual
    if kind == nil or not files or files:find(kind, 1, true) or model.vision and kind == "image" then return nil end
  end
  return ("[a file of type %s is left out: this model %s]"):format(part.mime, files == "" and "takes text only" or "does not take it")
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

---A whole number, or nil.
---@param value any
---@return integer?
function M.integer(value)
  return type(value) == "number" and math.tointeger(value) or nil
end

---Text that is not empty, or nil.
---@param value any
---@return string?
function M.text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

---A table, or an empty one.
---@param value any
---@return table
function M.object(value)
  return type(value) == "table" and value or {}
end

---An error inside a stream, read like the body of an error answer; a code that is a number stands for the status.
---@param e any what the service put where an error stands
---@param read (fun(status: integer, headers: table, body: string): Err)? default qwen.failure
---@return Err
function M.failed(e, read)
  e = type(e) == "table" and e or { message = e }
  local code = type(e.code) ~= "userdata" and e.code or nil
  local words = { message = M.text(e.message), type = M.text(e.type) or M.text(e.status), code = M.text(code) }
  if not words.message then words.message = words.code or words.type or "the service gave no reason" end
  local status = math.tointeger(tonumber(code)) or 0
  return (read or failure)(status >= 400 and status < 600 and status or 0, {}, json.encode { error = words })
end

---A decoder that reads runs of events that differ in one text without decoding each. One delta serves them all: it is good until the next event.
---@param decode fun(data: string?, out: Delta[], learn: fun(data: string, key: string, delta: Delta)) for all other events; `learn` takes one that
---was decoded and gave this delta alone, by the text under this key
---@return fun(data: string?, event: string?, out: Delta[])
function M.runs(decode)
  local frame, delta = json.frame(), {}
  local read = frame.read
  local function learn(data, key, given)
    frame:learn(data, key, given.text)
    delta.type = given.type
  end
  return function(data, _, out)
    local text = data and read(frame, data)
    if not text then return decode(data, out, learn) end
    delta.text = text
    out[#out + 1] = delta
  end
end

---The event of a stream as a table; else the error to report.
---@param data string
---@return table?, Err?
function M.event(data)
  local value = json.decode(data)
  if type(value) == "table" then return value end
  return nil, err("protocol", "the service sent an event that is not JSON: " .. data:sub(1, 120))
end

---An answer that the service itself calls bad, or that says nothing; another try may bring a good one.
---@param word string
---@param why string?
---@return Err
function M.spoilt(word, why)
  local what = why or "it says nothing"
  return err("overloaded", ("the service gave an answer that cannot be used (%s): %s"):format(word, what), { code = word, retries = 1 })
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
        if #held > LONGEST_LINE and not held:find("\n", 1, true) then return nil, err("protocol", "the service sent a line without an end") end
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

---A stream that ended too early.
---@return Err
function M.cut()
  return err("network", "the answer ended before the service said that it was complete")
end

return M
