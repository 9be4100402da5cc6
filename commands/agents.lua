-- `/agents`: the agents in Markdown that the model may give a task to, and where each is from.

local tr = qwen.tr

local C = { summary = "list the agents of ~/.qwen/agents and of this project", shell = true }

function C.run(ctx)
  return qwen.x.markdown_resource.show(ctx, "agents", tr "no agent; write one as ~/.qwen/agents/NAME.md (docs/extending.md)")
end

return C
