-- What a command or a skill of the user's own lets run unasked: the rules of its `allowed-tools`, from
-- when its prompt is made until that prompt is answered. Rules that refuse or ask stay stronger.
local message = require "qwen.session.message"

local M = {}

-- The rules in a field: commas or blanks stand between them, but for those in brackets.
local function rules_of(field)
  local out, word, depth = {}, "", 0
  for char in (field:gsub("^%s*%[(.*)%]%s*$", "%1"):gsub("[\"']", "") .. ","):gmatch "." do
    depth = depth + (char == "(" and 1 or char == ")" and -1 or 0)
    if depth > 0 or not char:find "[%s,]" then
      word = word .. char
    elseif word ~= "" then
      out[#out + 1], word = word, ""
    end
  end
  return out
end

---Lends what a field names.
---@param ctx Ctx
---@param field string
function M.lend(ctx, field) ctx.lent.rules, ctx.lent.prompt = rules_of(field), nil end

---Says for which prompt it was lent: another one does not get it.
---@param ctx Ctx
---@param prompt string
function M.expect(ctx, prompt)
  if ctx.lent.rules then ctx.lent.prompt = prompt end
end

---@param ctx Ctx
function M.forget(ctx) ctx.lent.rules, ctx.lent.prompt = nil, nil end

---To be closed when a prompt has been answered; hooks may have added to its text.
---@param ctx Ctx
---@param prompt Message
---@return table
function M.until_answered(ctx, prompt)
  local expected = ctx.lent.prompt
  if expected and message.text_of(prompt):sub(1, #expected) ~= expected then M.forget(ctx) end
  return setmetatable({}, { __close = function() M.forget(ctx) end })
end

return M
