-- The handlers of `delta` over one answer: each piece goes through them, and they hear where text ends,
-- so that one that holds some back can give it before what follows.
local Hooks = {}
Hooks.__index = Hooks

---Where text ends: what was held back.
---@return Delta?
function Hooks:text_end()
  if not self.in_text then return nil end
  self.in_text = false
  local last = self.ctx.emit("delta", { type = "text", text = "", last = true })
  return last and last.text ~= "" and last or nil
end

---@param delta Delta
---@return Delta? delta as the handlers leave it; nil where nothing is left
---@return boolean? before it comes before the one that was given, which is to be given again
function Hooks:pass(delta)
  local held = delta.type ~= "text" and self:text_end()
  if held then return held, true end
  self.in_text = delta.type == "text"
  return self.ctx.emit("delta", delta)
end

---@param ctx Ctx
---@return table? hooks nil where nobody listens
return function(ctx)
  return ctx.listens "delta" and setmetatable({ ctx = ctx, in_text = false }, Hooks) or nil
end
