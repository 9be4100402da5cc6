-- `/tools`: the tools that the model is offered, what each may do, and where it comes from.

local tr, phrase = qwen.tr, qwen.phrase

local C = { summary = "list the tools that the model is offered", session = true }

local effects = { read = phrase "reads", edit = phrase "changes files",
  run = phrase "runs commands", none = phrase "no effect" }

-- What tools of our hooks are for, by the hook: their own summaries are for the model.
local of_hook = {
  agents = phrase "Give a task to an agent; its last answer is the result",
  skills = phrase "Read a skill: instructions for a kind of task, written by the user",
}

function C.run(ctx)
  local offered, waiting = {}, {}
  for _, tool in ipairs(ctx.tools) do offered[tool.name] = true end
  for _, tool in ipairs(qwen.x.view.waiting(ctx)) do waiting[tool.name] = true end
  for _, entry in ipairs(qwen.x.registry.list "tools") do
    local effect = entry.value and effects[entry.value.effect] and tr(effects[entry.value.effect]) or tr "out of order"
    local first = (entry.summary or ""):match "^[^.]*"
    local known = entry.declared and first or of_hook[entry.tier]
    local summary = entry.problem or known and tr(known) or first
    ctx.print(("%-22s %s %s %s%s"):format(entry.name, qwen.text.pad(effect, 14),
      qwen.text.pad(tr(entry.tier), 8), summary,
      offered[entry.name] and "" or "  " .. (waiting[entry.name] and tr "(when it is searched for)"
        or tr "(not offered)")))
  end
  return 0
end

return C
