-- `/skills`: the skills in Markdown that the model may read, and where each is from.

local tr = qwen.tr

local C = { summary = "list the skills of ~/.qwen/skills and of this project", shell = true }

function C.run(ctx)
  return qwen.x.markdown_resource.show(ctx, "skills", tr "no skill; write one as ~/.qwen/skills/NAME/SKILL.md (docs/extending.md)")
end

return C
