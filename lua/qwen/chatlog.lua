-- The record of one message on disk, in the shape that Qwen Code writes, both ways. Files and folders are in session.lua.
local json = require "sys.json"

local M = {}

local roles = { user = "user", assistant = "model", tool = "user" }
local types = { user = "user", assistant = "assistant", tool = "tool_result" }

local function timestamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(seconds)) .. (".%03dZ"):format(math.floor(seconds % 1 * 1000))
end

local function seconds(text)
  local y, mo, d, h, mi, s = tostring(text):match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):([%d.]+)"
  if not y then return 0 end
  -- Days since 1970 by the civil calendar, so that no time zone comes in.
  y, mo, d = tonumber(y), tonumber(mo), tonumber(d)
  if mo <= 2 then y, mo = y - 1, mo + 12 end
  local days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * (mo - 3) + 2) // 5 + d - 719469
  return days * 86400 + tonumber(h) * 3600 + tonumber(mi) * 60 + tonumber(s)
end

-- Our fields that theirs has no place for travel under "qwen" in the part; their reader ignores them.
local function part_out(part)
  if part.type == "text" then return { text = part.text } end
  if part.type == "think" then return { text = part.text, thought = true, thoughtSignature = part.signature, qwen = part.data } end
  if part.type == "call" then
    local args = part.args == "" and {} or json.decode(part.args)
    local readable = type(args) == "table" and args ~= json.null
    return { functionCall = { id = part.id, name = part.name, args = readable and json.raw(part.args == "" and "{}" or part.args) or {} },
      qwen = part.data or not readable and { args = part.args } or nil }
  end
  if part.type == "result" then
    return { functionResponse = { id = part.id, name = part.name, response = { [part.error and "error" or "output"] = part.text } },
      qwen = part.display and { display = part.display } or nil }
  end
  return { inlineData = { mimeType = part.mime, data = part.data } }
end

---One line for a message.
---@param message Message
---@param head table uuid fields: parentUuid, sessionId, cwd, version
---@return string line with its end
function M.encode(message, head)
  local parts = json.array {}
  for i, part in ipairs(message.parts) do parts[i] = part_out(part) end
  local usage = message.usage
  return json.encode {
    uuid = message.id, parentUuid = head.parent or json.null, sessionId = head.session, timestamp = timestamp(message.time),
    type = types[message.role], cwd = head.cwd, version = head.version, model = message.model,
    message = { role = roles[message.role], parts = parts },
    usageMetadata = usage and {
      promptTokenCount = usage.input, candidatesTokenCount = usage.output, cachedContentTokenCount = usage.cached, thoughtsTokenCount = usage.reasoning,
    },
    qwen = message.stop and { stop = message.stop, err = message.err and { kind = message.err.kind, message = message.err.message } } or nil,
  } .. "\n"
end

local function text(value)
  return type(value) == "string" and value or nil
end

local function object(value)
  return type(value) == "table" and value or {}
end

local function call_in(part)
  local call, own = object(part.functionCall), object(part.qwen)
  return { type = "call", id = text(call.id) or "", name = text(call.name) or "", data = not own.args and part.qwen or nil,
    args = text(own.args) or json.encode(type(call.args) == "table" and next(call.args) and call.args or {}) }
end

local function result_in(part)
  local answer = object(part.functionResponse)
  local response = object(answer.response)
  local failed = text(response.error)
  local output = failed or text(response.output) or response.output and json.encode(response.output) or ""
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

---The message of a decoded record; nil for records that are not conversation.
---@param record table
---@return Message?
function M.decode(record)
  if type(record) ~= "table" or type(record.message) ~= "table" or type(record.message.parts) ~= "table" then return nil end
  local role = record.type == "assistant" and "assistant" or record.type == "tool_result" and "tool" or record.type == "user" and "user"
  if not role then return nil end
  local parts = {}
  for _, part in ipairs(record.message.parts) do parts[#parts + 1] = part_in(object(part)) end
  local usage, own = object(record.usageMetadata), object(record.qwen)
  local message = { role = role, parts = parts, id = text(record.uuid), time = seconds(record.timestamp), model = text(record.model) }
  if role == "assistant" then
    message.stop = text(own.stop) or "end"
    for _, part in ipairs(parts) do
      if part.type == "call" and not own.stop then message.stop = "calls" end
    end
    if record.usageMetadata then
      message.usage = { input = math.tointeger(usage.promptTokenCount), output = math.tointeger(usage.candidatesTokenCount),
        cached = math.tointeger(usage.cachedContentTokenCount), reasoning = math.tointeger(usage.thoughtsTokenCount) }
    end
  end
  return message
end

return M
