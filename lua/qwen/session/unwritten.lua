-- What cannot be written below the home folder is said once for each kind; the conversation goes on without it.
local told = {}

---@param ctx Ctx
---@param kind string what is not written
---@param words string
return function(ctx, kind, words)
  if not told[kind] then ctx.notice(words) end
  told[kind] = true
end
