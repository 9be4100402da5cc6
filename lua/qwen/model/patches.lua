-- Which models edit by patches: families that learnt `*** Begin Patch`, unless a setting or the
-- model's entry says otherwise.
local M = {}

-- Of the name in lower case, without what stands before a slash.
local LEARNT = { "^gpt%-4%.1", "^gpt%-[5-9]", "^gpt%-oss", "^o[134]%f[%W]", "codex" }

---@param ctx Ctx
---@return boolean
function M.used(ctx)
  local model = ctx.model
  local own, set = model and model.config.applyPatch, ctx.settings:get "tools.applyPatch.enabled"
  if type(own) == "boolean" then return own end
  if type(set) == "boolean" or not model then return set == true end
  local name = model.id:lower():gsub("^.*/", "")
  for _, pattern in ipairs(LEARNT) do
    if name:find(pattern) then return true end
  end
  return false
end

return M
