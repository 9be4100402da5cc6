-- Messages: the vocabulary inside. Makes them and answers questions about them; how they look on the wire is a provider's business.
local sys = require "sys.os"
local task = require "sys.task"

local M = {}

local function make(role, parts, fields)
  local message = fields or {}
  message.role, message.parts = role, parts
  message.id = message.id or sys.uuid()
  message.time = message.time or task.time()
  return message
end

---A message of the person.
---@param text string
---@param more table[]? further parts (images, files)
---@return Message
function M.user(text, more)
  local parts = { { type = "text", text = text } }
  for _, part in ipairs(more or {}) do parts[#parts + 1] = part end
  return make("user", parts)
end

---An answer of the model.
---@param parts Part[]
---@param fields table model, stop, usage, err
---@return Message
function M.assistant(parts, fields)
  return make("assistant", parts, fields)
end

---The results of one turn's calls, in the order of the calls.
---@param parts ResultPart[]
---@return Message
function M.results(parts)
  return make("tool", parts)
end

---The text of a message without thinking, calls and results.
---@param message Message
---@return string
function M.text_of(message)
  local pieces = {}
  for _, part in ipairs(message.parts) do
    if part.type == "text" then pieces[#pieces + 1] = part.text end
  end
  return table.concat(pieces)
end

---The calls in a message.
---@param message Message
---@return CallPart[]
function M.calls_of(message)
  local calls = {}
  for _, part in ipairs(message.parts) do
    if part.type == "call" then calls[#calls + 1] = part end
  end
  return calls
end

---The last message must not have calls without results: closes them, as after a crash or a cancelled turn.
---@param messages Message[]
---@param why string words for the model
---@return Message? a message of results to be added
function M.close_dangling(messages, why)
  local last = messages[#messages]
  if not last or last.role ~= "assistant" then return nil end
  local parts = {}
  for _, call in ipairs(M.calls_of(last)) do
    parts[#parts + 1] = { type = "result", id = call.id, name = call.name, text = why, error = true, display = why }
  end
  return #parts > 0 and M.results(parts) or nil
end

return M
