-- `/compact`: the conversation made shorter now; the words say what must stay.

local tr = qwen.tr

local C = { summary = "shorten the conversation; say what must stay",
  aliases = { "compress", "compress-fast", "summarize" },
  args = "[WHAT MUST STAY]", session = true }

function C.run(ctx, _, rest)
  if ctx.begin then ctx.begin() end -- the summary is asked for with the tools of a turn
  ctx.print(tr("shortening %d messages ...", #ctx.session.messages))
  local result, e = qwen.x.compaction.run(ctx, { instruction = rest:find "%S" and rest or nil })
  if not result then return nil, e end
  ctx.print(tr("about %d tokens are now %d; the whole conversation stays in the session file",
    result.before, result.after))
  return 0
end

return C
