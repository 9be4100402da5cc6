-- `/compact`: the conversation made shorter now; the words say what must stay.

local C = { summary = "shorten the conversation; say what must stay",
  aliases = { "compress", "compress-fast", "summarize" },
  args = "[WHAT MUST STAY]", session = true }

function C.run(ctx, _, rest)
  ctx.print(("shortening %d messages ..."):format(#ctx.session.messages))
  local result, e = qwen.x.compaction.run(ctx, { instruction = rest:find "%S" and rest or nil })
  if not result then return nil, e end
  ctx.print(("about %d tokens are now %d; the whole conversation stays in the session file"):format(result.before, result.after))
  return 0
end

return C
