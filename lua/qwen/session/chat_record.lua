-- The record of one message on disk, in the shape that Qwen Code writes, both ways. Which records of a file are the conversation is in
-- chat_branch.lua; files and folders are in session.lua.
local date = require "qwen.util.date"
local json = require "sys.json"
local redact = require("sys.secret").redact
local sys = require "sys.os"

local M = {}

local roles = { user = "user", assistant = "model", tool = "user" }
local types = { user = "user", assistant = "assistant", tool = "tool_result" }

local second, written -- the last one, and its text: the messages of a turn are of one

local function timestamp(seconds)
  local whole = math.floor(seconds)
  if whole ~= second then second, written = whole, os.date("!%Y-%m-%dT%H:%M:%S", whole) end
  return written .. (".%03dZ"):format(math.floor(seconds % 1 * 1000))
end

local function seconds(text)
  local y, mo, d, h, mi, s = tostring(text):match "^(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d%.?%d*)"
  return y and date.utc(y, mo, d, h, mi, s) or 0
end

-- What decoding and encoding again may change: empty lists (here they are as empty objects), long numbers, numbers beyond range.
local fragile = { "%[%s*%]", ("%d"):rep(16), "%d[eE]" }

-- Whether arguments are so deep that the record around them could not be read again.
local MANY, AROUND = 64, ("["):rep(16)
local function too_deep(args)
  return select(2, args:gsub("[%[{]", "")) > MANY and json.decode(AROUND .. args .. AROUND:gsub("%[", "]")) == nil
end

-- A call in their shape has its arguments decoded. Where that loses something, as for text that is no object, the text goes with it.
local function call_out(part)
  local readable = part.args == "" or type(json.decode(part.args)) == "table" and not too_deep(part.args)
  local own = part.data and { data = part.data } or {}
  if not readable then own.args = part.args end
  for _, pattern in ipairs(fragile) do
    if part.args:find(pattern) then own.args = part.args end
  end
  return { functionCall = { id = part.id, name = part.name, args = readable and json.raw(part.args == "" and "{}" or part.args) or {} },
    qwen = next(own) and own or nil }
end

-- Our fields that theirs has no place for travel under "qwen" in the part; their reader ignores them.
local function part_out(part)
  if part.type == "text" then return { text = part.text } end
  if part.type == "think" then return { text = part.text, thought = true, thoughtSignature = part.signature, qwen = part.data } end
  if part.type == "call" then return call_out(part) end
  if part.type == "result" then
    return { functionResponse = { id = part.id, name = part.name, response = { [part.error and "error" or "output"] = part.text } },
      qwen = part.display and { display = part.display } or nil }
  end
  return { inlineData = { mimeType = part.mime, data = part.data } }
end

local function contents(message)
  local parts = json.array {}
  for i, part in ipairs(message.parts) do parts[i] = part_out(part) end
  return { role = roles[message.role], parts = parts }
end

-- Our fields of a record: what the user chose for the session, and how an answer ended.
local function ours(head, message)
  local out, failure = head.choices or {}, message and message.err
  if message and message.stop then
    out.stop, out.word = message.stop, message.word
    out.err = failure and { kind = failure.kind, message = failure.message }
  end
  return next(out) and out or nil
end

---One line for a message.
---@param message Message
---@param head table parent, session, cwd, version, branch, choices
---@return string line with its end
function M.encode(message, head)
  local usage = message.usage
  return redact(json.encode {
    uuid = message.id, parentUuid = head.parent or json.null, sessionId = head.session, timestamp = timestamp(message.time),
    type = types[message.role], cwd = head.cwd, version = head.version, gitBranch = head.branch, model = message.model,
    message = contents(message),
    usageMetadata = usage and {
      promptTokenCount = usage.input, candidatesTokenCount = usage.output, cachedContentTokenCount = usage.cached, thoughtsTokenCount = usage.reasoning,
    },
    qwen = ours(head, message),
  }) .. "\n"
end

---One line for a shorter history in the place of all before it.
---@param messages Message[]
---@param head table id, parent, session, cwd, version, time, choices
---@param tokens {before: integer, after: integer}
---@return string line with its end
function M.encode_compaction(messages, head, tokens)
  local history = json.array {}
  for i, message in ipairs(messages) do history[i] = contents(message) end
  return redact(json.encode {
    uuid = head.id, parentUuid = head.parent or json.null, sessionId = head.session, timestamp = timestamp(head.time), type = "system",
    subtype = "chat_compression", cwd = head.cwd, version = head.version, qwen = ours(head),
    systemPayload = { compressedHistory = history, info = { originalTokenCount = tokens.before, newTokenCount = tokens.after, compressionStatus = 1 } },
  }) .. "\n"
end

---One line for a title that somebody gave the session.
---@param title string
---@param head table id, parent, session, cwd, version, branch, time
---@return string line with its end
function M.encode_title(title, head)
  return redact(json.encode {
    uuid = head.id, parentUuid = head.parent or json.null, sessionId = head.session,
    timestamp = timestamp(head.time), type = "system", subtype = "custom_title", cwd = head.cwd,
    version = head.version, gitBranch = head.branch,
    systemPayload = { customTitle = title, titleSource = "manual" },
  }) .. "\n"
end

local function text(value)
  return type(value) == "string" and value or nil
end

local function object(value)
  return type(value) == "table" and value or {}
end

-- JSON of what was decoded; a number beyond range has none.
local function encoded(value)
  local ok, words = pcall(json.encode, value)
  return ok and words or "{}"
end

local function call_in(part)
  local call, own = object(part.functionCall), object(part.qwen)
  return { type = "call", id = text(call.id) or "", name = text(call.name) or "", data = type(own.data) == "table" and own.data or nil,
    args = text(own.args) or encoded(object(call.args)) }
end

local function result_in(part)
  local answer = object(part.functionResponse)
  local response = object(answer.response)
  local failed = text(response.error)
  local output = failed or text(response.output) or response.output and encoded(response.output) or ""
  return { type = "result", id = text(answer.id) or "", name = text(answer.name) or "", text = output, error = failed and true or nil,
    display = text(object(part.qwen).display) }
end

local function part_in(part)
  if part.functionCall then return call_in(part) end
  if part.functionResponse then return result_in(part) end
  if part.inlineData then
    local data = object(part.inlineData)
    return { type = tostring(data.mimeType):match("^image/") and "image" or "file", mime = text(data.mimeType) or "", data = text(data.data) or "" }
  end
  if text(part.text) then
    return { type = part.thought == true and "think" or "text", text = part.text, signature = text(part.thoughtSignature),
      data = part.thought == true and type(part.qwen) == "table" and part.qwen or nil }
  end
end

local function parts_in(list)
  local parts = {}
  for _, part in ipairs(list) do parts[#parts + 1] = part_in(object(part)) end
  return parts
end

local kinds = { user = "user", assistant = "assistant", tool_result = "tool" }

-- Facts of an answer; files of others have no stop reason, so that the calls decide.
local function add_facts(message, record)
  local own, usage = object(record.qwen), object(record.usageMetadata)
  message.model, message.stop, message.word = text(record.model), text(own.stop) or "end", text(own.word)
  for _, part in ipairs(message.parts) do
    if part.type == "call" and not own.stop then message.stop = "calls" end
  end
  if next(usage) then
    message.usage = { input = math.tointeger(usage.promptTokenCount), output = math.tointeger(usage.candidatesTokenCount),
      cached = math.tointeger(usage.cachedContentTokenCount), reasoning = math.tointeger(usage.thoughtsTokenCount) }
  end
end

---The message of a decoded record; nil for records that are not conversation.
---@param record table
---@return Message?
function M.decode(record)
  local role = kinds[record.type]
  local parts = role and object(record.message).parts
  if type(parts) ~= "table" then return nil end
  local message = { role = role, parts = parts_in(parts), id = text(record.uuid) or sys.uuid(), time = seconds(record.timestamp) }
  if role == "assistant" then add_facts(message, record) end
  return message
end

---What the user had chosen for the session when a record was written; nil for titles, which may be
---those of a copy.
---@param record table
---@return {mode: string?, effort: string?}?
function M.choices(record)
  if record.subtype == "custom_title" then return nil end
  local own_fields = object(record.qwen)
  return { mode = text(own_fields.mode), effort = text(own_fields.effort) }
end

---The title that a record gives the session; nil for other records.
---@param record any
---@return string?
function M.title(record)
  record = object(record)
  if record.type ~= "system" or record.subtype ~= "custom_title" then return nil end
  local title = text(object(record.systemPayload).customTitle)
  return title and title:find "%S" and title or nil
end

---The shorter history that a compression left in the place of what was before it; nil for other records.
---@param record table
---@return Message[]?
function M.compressed(record)
  local history = record.type == "system" and record.subtype == "chat_compression" and object(record.systemPayload).compressedHistory
  if type(history) ~= "table" then return nil end
  local out = {}
  for _, content in ipairs(history) do
    local parts = object(object(content).parts)
    local type = content.role == "model" and "assistant" or object(parts[1]).functionResponse and "tool_result" or "user"
    out[#out + 1] = M.decode { type = type, timestamp = record.timestamp, message = { parts = parts } }
  end
  return out
end

return M
