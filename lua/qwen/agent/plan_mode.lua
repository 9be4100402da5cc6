-- What the model is told of plan mode: before the next prompt whenever the mode was entered or left, so that the system prompt stays the
-- same bytes.
local message = require "qwen.session.message"

local M = {}

local ON = message.note("Plan mode is on: only look, change nothing. Tools that change something are refused. End with a short plan of "
  .. "what you would do, for the user to approve.")
local OFF = message.note "Plan mode is off: you may change things again, as far as the user allows it."

-- Whether the newest word about it said that it is on.
local function told(messages)
  for i = #messages, 1, -1 do
    for _, part in ipairs(messages[i].role == "user" and messages[i].parts or {}) do
      if part.text == ON.text or part.text == OFF.text then return part.text == ON.text end
    end
  end
  return false
end

---Puts what has changed before a prompt that is not yet in the session.
---@param ctx Ctx
---@param prompt Message
function M.tell(ctx, prompt)
  if ctx.agent then return end -- it answers to another assistant, and makes no plan for the user
  local on = ctx.mode == "plan"
  if on ~= told(ctx.session.messages) then table.insert(prompt.parts, 1, on and ON or OFF) end
end

---What a shortened conversation has to say again; nil where plan mode is off.
---@param ctx Ctx
---@return TextPart?
function M.part(ctx) return ctx.mode == "plan" and not ctx.agent and ON or nil end

return M
