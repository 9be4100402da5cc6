-- `/mode`: how much the model may do without a question, for this session; the setting tools.approvalMode is for all.

local tr = qwen.tr

local C = { summary = "show the approval mode, or take another one for this session", aliases = { "approval-mode" },
  args = "[plan|default|auto-edit|auto|yolo]", session = true }

local modes = {
  { label = "plan", detail = qwen.phrase "it looks and plans, and changes nothing" },
  { label = "default", detail = qwen.phrase "it asks before it changes files or runs commands" },
  { label = "auto-edit", detail = qwen.phrase "it changes files without a question, and asks before commands" },
  { label = "auto", detail = qwen.phrase "it changes files, and a model judges what else would be asked" },
  { label = "yolo", detail = qwen.phrase "it asks nothing" },
}

local function names() return { "plan", "default", "auto-edit", "auto", "yolo" } end

function C.complete(_, _, before) return before and before[1] and {} or names() end

local function take(ctx, name)
  for _, mode in ipairs(modes) do
    if mode.label == name then
      qwen.x.plan_mode.take(ctx, name)
      ctx.print(tr("mode: %s", name))
      return 0
    end
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
  for at, mode in ipairs(modes) do rows[at] = { label = mode.label, detail = tr(mode.detail) } end
  local i = ctx.pick and ctx.pick(tr "Which mode?", rows)
  return i and take(ctx, modes[i].label) or 0
end

return C
