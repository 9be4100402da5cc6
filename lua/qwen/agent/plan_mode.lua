-- The approval modes, and plan mode among them: entering and leaving it, and what the model is told of it: before the next prompt
-- whenever that has changed, so that the system prompt stays the same bytes.
local kept = require "qwen.agent.kept"
local message = require "qwen.session.message"

local phrase = require("qwen.util.translate").phrase

local M = {
  ---The approval modes, the strictest first, with what each does.
  MODES = {
    { name = "plan", about = phrase "it looks and plans, and changes nothing" },
    { name = "default", about = phrase "it asks before it changes files or runs commands" },
    { name = "auto-edit", about = phrase "it changes files without a question, and asks before commands" },
    { name = "auto", about = phrase "it changes files, and a model judges what else would be asked" },
    { name = "yolo", about = phrase "it asks nothing" },
  },
}

---@param name any
---@return boolean
function M.is_mode(name)
  for _, mode in ipairs(M.MODES) do
    if mode.name == name then return true end
  end
  return false
end

local ON = "Plan mode is on: only look, change nothing. Tools that change something are refused. "
local IN_WORDS = ON .. "End with a short plan of what you would do, for the user to approve."
local BY_CALL = ON .. "When you know what to do, call exit_plan_mode with the plan in Markdown: the "
  .. "user approves it, or says what should be different. What only the user can decide ask before, "
  .. "with ask_user_question."
local OFF = "Plan mode is off: you may change things again, as far as the user allows it."

local notes = { [message.note(IN_WORDS).text] = true, [message.note(BY_CALL).text] = true,
  [message.note(OFF).text] = false }

-- What the results of calls say of it: only those of tools that change it.
local function by_result(part)
  local entered = part.text == IN_WORDS or part.text == BY_CALL
  if part.name == "enter_plan_mode" and entered then return true end
  if part.name == "exit_plan_mode" and part.text:sub(1, #kept.YES) == kept.YES then return false end
end

-- Whether the newest word about it said that it is on.
local function told(messages)
  for i = #messages, 1, -1 do
    for _, part in ipairs(messages[i].parts) do
      local on
      if messages[i].role == "user" then on = notes[part.text] end
      if part.type == "result" then on = by_result(part) end
      if on ~= nil then return on end
    end
  end
  return false
end

---What the model is told where it is on: the call that ends it is named, where there is one, and not
---offered before it is made, so that the tools stay the same bytes, too.
---@param ctx Ctx
---@return string
function M.words(ctx)
  for _, list in ipairs { ctx.tools, require("qwen.agent.view").waiting(ctx) } do
    for _, tool in ipairs(list) do
      if tool.name == "exit_plan_mode" then return BY_CALL end
    end
  end
  return IN_WORDS
end

---Puts what has changed before a prompt that is not yet in the session.
---@param ctx Ctx
---@param prompt Message
function M.tell(ctx, prompt)
  if ctx.agent then return end -- it answers to another assistant, and makes no plan for the user
  local on = ctx.mode == "plan"
  if on == told(ctx.session.messages) then return end
  table.insert(prompt.parts, 1, message.note(on and M.words(ctx) or OFF))
end

---What a shortened conversation has to say again; nil where plan mode is off.
---@param ctx Ctx
---@return TextPart?
function M.part(ctx)
  return ctx.mode == "plan" and not ctx.agent and message.note(M.words(ctx)) or nil
end

---Takes a mode; what it was before plan mode is known until that is left.
---@param ctx Ctx
---@param mode string
function M.take(ctx, mode)
  local before = ctx.mode ~= "plan" and ctx.mode or ctx.mode_before
  ctx.mode, ctx.mode_before = mode, mode == "plan" and before or nil
end

---Leaves plan mode for what was before it.
---@param ctx Ctx
function M.leave(ctx) M.take(ctx, ctx.mode_before or "default") end

---The newest plan of the conversation, and whether it was approved.
---@param ctx Ctx
---@return string?
---@return boolean? approved
function M.plan(ctx) return kept.plan(ctx.session.messages) end

---What a call is told whose plan was approved.
---@param words string behind the sentence that says so
---@param changed string? the plan as the user changed it
---@return string
function M.approved(words, changed)
  return kept.YES .. " " .. words .. (changed and kept.CHANGED .. changed or "")
end

---What a call is told that would leave a mode which is not on.
---@param mode string
---@return string
function M.off(mode)
  return ("%s The mode is %s: go on in it, and do not call this again."):format(kept.OFF, mode)
end

return M
