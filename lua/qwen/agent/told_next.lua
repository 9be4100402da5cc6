-- What the model is told with the next prompt of what the user did in between, so that the system
-- prompt stays the same bytes.
local message = require "qwen.session.message"

local M = {}

---@param ctx Ctx
---@param words string
function M.add(ctx, words)
  ctx.told_next = ctx.told_next or {}
  table.insert(ctx.told_next, words)
end

---Puts it before a prompt that is not yet in the session.
---@param ctx Ctx
---@param prompt Message
function M.tell(ctx, prompt)
  if ctx.agent or not ctx.told_next then return end
  for i, words in ipairs(ctx.told_next) do table.insert(prompt.parts, i, message.note(words)) end
  ctx.told_next = nil
end

---What a shortened conversation has to say again: the folders that the system prompt does not name.
---@param ctx Ctx
---@return TextPart?
function M.part(ctx)
  local out = {}
  for _, folder in ipairs(ctx.folders or {}) do
    if not (ctx.system or ""):find(folder, 1, true) then out[#out + 1] = folder end
  end
  return out[1] and message.note("Also yours to read and change: " .. table.concat(out, ", "))
end

return M
