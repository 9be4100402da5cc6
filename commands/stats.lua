-- `/stats`: this session and today, by model; the rest is `/usage`.

local tr = qwen.tr

local C = { summary = "requests, tokens and cost of this session and of today", aliases = { "cost" } }

local function price(used)
  if not used.cost then return used.unpriced and tr "unknown" or "" end
  return qwen.x.words.money(used.cost, used.currency) .. (used.unpriced and " +?" or "")
end

-- What each agent of this session has cost, the newest last.
local function agents(ctx)
  if not ctx.agents[1] then return end
  ctx.print(tr "Agents of this session:")
  for _, agent in ipairs(ctx.agents) do
    local used = agent.usage
    local state = agent.over and tr(agent.state) or tr "running"
    local name = qwen.text.clean(qwen.x.agents.words(agent)):gsub("%s+", " ")
    ctx.print(tr("%s  %s, %d requests, %s in, %s out  %s", name, state, used.requests,
      qwen.x.words.count(used.input), qwen.x.words.count(used.output), price(used)))
  end
end

function C.run(ctx)
  local usage, e = qwen.x.registry.get("commands", "usage")
  if not usage then return nil, e end
  local code
  if ctx.session then
    ctx.print(tr "This session:")
    code, e = usage.run(ctx, { "--by", "model,purpose", "--session", "--days", "3650" })
    if not code then return nil, e end
    agents(ctx)
  end
  ctx.print(tr "Today:")
  return usage.run(ctx, { "--by", "model", "--days", "1" })
end

return C
