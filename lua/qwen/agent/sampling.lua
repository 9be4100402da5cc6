-- What a tool server asks the model: answered when the user allows it, within a budget of requests
-- and tokens, and without tools or anything of the conversation.
local message = require "qwen.session.message"
local one_shot = require "qwen.agent.one_shot"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_TOKENS, MOST_MESSAGES, MOST_BYTES, MOST_SHOWN = 4000, 50, 200 * 1024, 3000
local MORE = 10 -- requests that one answer can allow

-- The requests that the user has allowed ahead, by ctx and server.
local allowed = setmetatable({}, { __mode = "k" })

local function parts_of(content)
  local out = {}
  for _, item in ipairs(type(content) == "table" and (content[1] and content or { content }) or {}) do
    if type(item) ~= "table" then return nil, "a content is no object" end
    if item.type == "text" and type(item.text) == "string" then
      out[#out + 1] = { type = "text", text = text.utf8(item.text) }
    elseif item.type == "image" and type(item.data) == "string" then
      out[#out + 1] = { type = "image", mime = tostring(item.mimeType), data = item.data }
    else
      return nil, "only texts and images are taken"
    end
  end
  return out
end

-- The parts behind the first text.
local function rest_of(parts)
  return parts[1] and parts[1].text and table.move(parts, 2, #parts, 1, {}) or parts
end

-- The messages of the request as ours, and how many bytes they have.
local function messages_of(list)
  local out, bytes = {}, 0
  for i, one in ipairs(type(list) == "table" and list or {}) do
    local parts, why = parts_of(type(one) == "table" and one.content)
    if not parts then return nil, why end
    for _, part in ipairs(parts) do bytes = bytes + #(part.text or part.data) end
    if one.role == "assistant" then out[i] = message.assistant(parts, { stop = "end" })
    else out[i] = message.user((parts[1] or {}).text or "(see the image)", rest_of(parts)) end
  end
  if not out[1] then return nil, "there is no message" end
  if #out > MOST_MESSAGES or bytes > MOST_BYTES then return nil, "the request is too large" end
  return out
end

-- All that would be sent, for the person who decides.
local function shown(system, messages)
  local lines = { system ~= "" and "[system] " .. system or nil }
  for _, one in ipairs(messages) do
    for _, part in ipairs(one.parts) do
      lines[#lines + 1] = ("[%s] %s"):format(one.role, part.text or tr "(an image)")
    end
  end
  return text.head_tail(text.clean(table.concat(lines, "\n")), MOST_SHOWN)
end

local function permitted(ctx, server, system, messages, most)
  local budget = allowed[ctx] or {}
  allowed[ctx] = budget
  if (budget[server] or 0) > 0 then
    budget[server] = budget[server] - 1
    return true
  end
  local answer = ctx.ask { title = tr("The tool server %s wants to ask the model", server),
    detail = shown(system, messages),
    reason = tr("it costs you up to %d tokens of answer, and the server sees the answer", most),
    choices = { { key = "y", label = tr "Once" },
      { key = "m", label = tr("Up to %d times in this session", MORE), lasting = true },
      { key = "n", label = tr "No" } } }
  if answer == "m" then budget[server] = MORE - 1 end
  return answer == "y" or answer == "m"
end

---Answers sampling/createMessage.
---@param ctx Ctx
---@param server string
---@param params table
---@return table? result {role, content, model, stopReason}
---@return string? why not
function M.answer(ctx, server, params)
  local messages, why = messages_of(params.messages)
  if not messages then return nil, why end
  if params.tools then return nil, "tools are not offered" end
  local system = type(params.systemPrompt) == "string" and text.utf8(params.systemPrompt) or ""
  local asked = math.tointeger(tonumber(params.maxTokens) or nil)
  local most = math.max(1, math.min(asked or MOST_TOKENS, MOST_TOKENS))
  if not permitted(ctx, server, system, messages, most) then return nil, "the user declined" end
  local said, e, answer = one_shot.ask(ctx, { system = system, messages = messages,
    max_tokens = most, purpose = "mcp" })
  local cut = not said and answer and answer.stop == "length" and message.text_of(answer)
  if not said and not cut then return nil, e.message end
  return { role = "assistant", content = { type = "text", text = said or cut },
    model = answer.model, stopReason = cut and "maxTokens" or "endTurn" }
end

return M
