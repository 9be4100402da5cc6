-- `/mode`: how much the model may do without a question, for this session; the setting tools.approvalMode is for all.

local C = { summary = "show the approval mode, or take another one for this session", aliases = { "approval-mode", plan = "plan" },
  args = "[plan|default|auto-edit|yolo]", session = true }

local modes = {
  { label = "plan", detail = "it looks and plans, and changes nothing" },
  { label = "default", detail = "it asks before it changes files or runs commands" },
  { label = "auto-edit", detail = "it changes files without a question, and asks before commands" },
  { label = "yolo", detail = "it asks nothing" },
}

local function names() return { "plan", "default", "auto-edit", "yolo" } end

function C.complete(_, _, before) return before and before[1] and {} or names() end

local function take(ctx, name)
  for _, mode in ipairs(modes) do
    if mode.label == name then
      ctx.mode = name
      ctx.print("mode: " .. name)
      return 0
    end
  end
  local near = qwen.text.nearest(name, names())
  return nil, qwen.err("usage", ("there is no mode '%s'%s"):format(name, near and "; did you mean " .. near .. "?" or
    "; use plan, default, auto-edit or yolo"))
end

function C.run(ctx, args)
  if args[2] then return false end
  if args[1] then return take(ctx, args[1]) end
  ctx.print("mode: " .. ctx.mode)
  local i = ctx.pick and ctx.pick("Which mode?", modes)
  return i and take(ctx, modes[i].label) or 0
end

return C
