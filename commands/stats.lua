-- `/stats`: this session and today, by model; the rest is `/usage`.

local tr = qwen.tr

local C = { summary = "requests, tokens and cost of this session and of today", aliases = { "cost" } }

function C.run(ctx)
  local usage, e = qwen.x.registry.get("commands", "usage")
  if not usage then return nil, e end
  local code
  if ctx.session then
    ctx.print(tr "This session:")
    code, e = usage.run(ctx, { "--by", "model,purpose", "--session", "--days", "3650" })
    if not code then return nil, e end
  end
  ctx.print(tr "Today:")
  return usage.run(ctx, { "--by", "model", "--days", "1" })
end

return C
