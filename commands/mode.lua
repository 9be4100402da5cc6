-- `/mode`: how much the model may do without a question, for this session; the setting tools.approvalMode is for all.

local tr = qwen.tr

local C = { summary = "show the approval mode, or take another one for this session", aliases = { "approval-mode" },
  args = "[plan|default|auto-edit|auto|yolo]", session = true }

local plan_mode = qwen.x.plan_mode

local function names()
  local out = {}
  for i, mode in ipairs(plan_mode.MODES) do out[i] = mode.name end
  return out
end

function C.complete(_, _, before) return before and before[1] and {} or names() end

local function take(ctx, name)
  if plan_mode.is_mode(name) then
    plan_mode.take(ctx, name)
    ctx.print(tr("mode: %s", name))
    return 0
  end
  local near = qwen.text.nearest(name, names())
  return nil, qwen.err("usage", tr("there is no mode '%s'%s", name, near and tr("; did you mean %s?", near) or
    tr "; use plan, default, auto-edit, auto or yolo"))
end

function C.run(ctx, args)
  if args[2] then return false end
  if args[1] then return take(ctx, args[1]) end
  ctx.print(tr("mode: %s", ctx.mode))
  local rows = {}
  for at, mode in ipairs(plan_mode.MODES) do rows[at] = { label = mode.name, detail = tr(mode.about) } end
  local i = ctx.pick and ctx.pick(tr "Which mode?", rows)
  return i and take(ctx, plan_mode.MODES[i].name) or 0
end

return C
