-- `/context`: how full the model's window is, and what fills it.

local tr = qwen.tr

local C = { summary = "show what fills the model's window", session = true }

local CELLS = 30

local function bar(share)
  local full = math.floor(math.min(share, 1) * CELLS + 0.5)
  return ("#"):rep(full) .. ("."):rep(CELLS - full)
end

function C.run(ctx)
  local rows, e, total = qwen.x.view.sizes(ctx)
  if not rows then return nil, e end
  local used, window = qwen.x.compaction.fill(ctx)
  ctx.print(("%s  [%s]  %s"):format(ctx.model.id, bar(used / window),
    tr("about %d of %d tokens (%d%%)", used, window, used * 100 // window)))
  for _, row in ipairs(rows) do
    ctx.print(("  %s %9s  %3d%%"):format(qwen.text.pad(tr(row.what), 24),
      qwen.text.human_bytes(row.bytes), row.bytes * 100 // total))
  end
  ctx.print(("  %s %9s"):format(qwen.text.pad(tr "the next request", 24), qwen.text.human_bytes(total)))
  for _, file in ipairs(qwen.x.instructions.files(ctx)) do
    ctx.print(tr("  with %s (%s)", qwen.paths.short(file.path), qwen.text.human_bytes(#file.text)))
  end
  return 0
end

return C
