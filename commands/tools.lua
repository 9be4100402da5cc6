-- `/tools`: the tools that the model is offered, what each may do, and where it comes from.

local C = { summary = "list the tools that the model is offered", session = true }

local effects = { read = "reads", edit = "changes files", run = "runs commands", none = "no effect" }

function C.run(ctx)
  local offered = {}
  for _, tool in ipairs(ctx.tools) do offered[tool.name] = true end
  for _, entry in ipairs(qwen.x.registry.list "tools") do
    local effect = entry.value and effects[entry.value.effect] or "out of order"
    local summary = entry.problem or (entry.summary or ""):match "^[^.]*" or ""
    ctx.print(("%-22s %-14s %-8s %s%s"):format(entry.name, effect, entry.tier, summary, offered[entry.name] and "" or "  (not offered)"))
  end
  return 0
end

return C
