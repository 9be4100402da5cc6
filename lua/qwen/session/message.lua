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

---A message of the program to the model.
---@param words string
---@return Message
function M.told(words)
  return make("user", { M.note(words) })
end

---The results of one turn's calls, in the order of the calls.
---@param parts ResultPart[]
---@return Message
function M.results(parts)
  return make("tool", parts)
end

-- What the program itself tells the model stands in a user's message, in a part of its own that begins so.
local NOTE = "[qwen] "

---A part of a user's message that is the program's, not the user's.
---@param words string
---@return TextPart
function M.note(words)
  return { type = "text", text = NOTE .. words }
end

---Whether a text is the program's.
---@param message Message
---@param part TextPart
---@return boolean
function M.is_note(message, part)
  return message.role == "user" and part.text:sub(1, #NOTE) == NOTE
end

---The text of a message without thinking, calls, results and notes of the program.
---@param message Message
---@return string
function M.text_of(message)
  local pieces = {}
  for _, part in ipairs(message.parts) do
    if part.type == "text" and not M.is_note(message, part) then pieces[#pieces + 1] = part.text end
  end
  return table.concat(pieces)
end

---What the user typed, without the files that came with it; "" for a message that is the program's.
---@param message Message
---@return string
function M.prompt_of(message)
  for _, part in ipairs(message.parts) do
    if part.type == "text" and not M.is_note(message, part) then return part.text end
  end
  return ""
end

---What the service said of its newest answer that it counted.
---@param messages Message[]
---@return Usage?
function M.last_usage(messages)
  for i = #messages, 1, -1 do
    if messages[i].usage then return messages[i].usage end
  end
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

local function results_for(calls, why)
  local parts = {}
  for _, call in ipairs(calls) do
    parts[#parts + 1] = { type = "result", id = call.id, name = call.name, text = why, error = true, display = why }
  end
  return M.results(parts)
end

-- Takes the calls that a message of results answers out of `open`. Gives the message without results that answer nothing;
-- nil when nothing is left of it.
local function answered(message, open)
  local parts = {}
  for _, part in ipairs(message.parts) do
    local at = part.type ~= "result" and 0 or nil
    for i, call in ipairs(open) do at = at or call.id == part.id and i or nil end
    if at then parts[#parts + 1] = part end
    if at and at > 0 then table.remove(open, at) end
  end
  if #parts == #message.parts then return message end
  if #parts == 0 then return nil end
  local copy = {}
  for key, value in pairs(message) do copy[key] = value end
  copy.parts = parts
  return copy
end

---A conversation that a service takes: every call is answered directly after it, and every result answers a call.
---@param messages Message[]
---@param why string words for the model about a call without a result
---@return Message[] mended
---@return Message? closing results for the calls at the end that have none, not yet in the list
function M.mend(messages, why)
  local out, open = {}, {}
  for _, message in ipairs(messages) do
    local kept = message
    if message.role == "tool" then
      kept = answered(message, open)
    else
      if #open > 0 then
        out[#out + 1] = results_for(open, why)
        out[#out].unwritten = true
      end
      open = message.role == "assistant" and M.calls_of(message) or {}
    end
    out[#out + 1] = kept
  end
  return out, #open > 0 and results_for(open, why) or nil
end

---The service's own words for why its filter ended an answer, to stand behind ours.
---@param answer Message
---@return string
function M.filter_word(answer)
  return answer.word and answer.word ~= "content_filter" and ": " .. answer.word or ""
end

---Whether an answer came to its end without a word for the person.
---@param answer Message
---@return boolean
function M.is_empty(answer)
  return answer.stop == "end" and not M.text_of(answer):find "%S"
end

---The calls at the end must not stay without results: closes them, as after a crash or a cancelled turn.
---@param messages Message[]
---@param why string words for the model
---@return Message? a message of results to be added
function M.close_dangling(messages, why)
  local first = #messages
  while first > 1 and messages[first].role == "tool" do first = first - 1 end
  return (select(2, M.mend(table.move(messages, first, #messages, 1, {}), why)))
end

return M
