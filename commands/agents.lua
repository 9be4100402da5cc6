-- `/agents`: the agents in Markdown that the model may give a task to, and where each is from.

local tr = qwen.tr

local C = { summary = "list the agents of ~/.qwen/agents and of this project", shell = true }

function C.run(ctx)
  local cards, problems = qwen.x.markdown_resource.list(ctx, "agents")
  for _, card in ipairs(cards) do
    ctx.print(("%-24s %s  (%s)"):format(card.name, card.description:gsub("%s+", " "), qwen.paths.short(card.path)))
  end
  if #cards == 0 then ctx.print(tr "no agent; write one as ~/.qwen/agents/NAME.md (docs/extending.md)") end
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  return 0
end

return C
