-- `/plan`: plan mode, in which the model only looks until the user approves its plan; and the plan
-- as it is now.

local tr = qwen.tr

local C = { summary = "plan before anything is changed; again: show the plan",
  args = "[PROMPT|exit]", session = true }

function C.complete(_, _, before) return before and before[1] and {} or { "exit" } end

local function show(ctx)
  local plan, approved = qwen.x.plan_mode.plan(ctx)
  if not plan then
    ctx.print(tr "Plan mode is on; there is no plan yet. /plan exit leaves it.")
    return 0
  end
  ctx.print(approved and tr "The plan that you approved last:" or tr "The plan, not approved yet:")
  ctx.print_markdown(plan)
  return 0
end

function C.run(ctx, _, rest)
  local plan_mode, on = qwen.x.plan_mode, ctx.mode == "plan"
  if rest == "exit" or rest == "off" then -- nobody means this as a prompt
    if not on then return nil, qwen.err("usage", tr "plan mode is off; /plan turns it on") end
    plan_mode.leave(ctx)
    ctx.print(tr("mode: %s", ctx.mode))
    return 0
  end
  if not on then
    plan_mode.take(ctx, "plan")
    ctx.print(tr("plan mode is on: the model looks and plans, and changes nothing until you "
      .. "approve its plan"))
  end
  if rest ~= "" then return { prompt = rest } end
  return on and show(ctx) or 0
end

return C
