-- `/diff`: what tools changed in files in this session, or for the last prompt.

local tr = qwen.tr

local C = { summary = "show what was changed in files in this session", args = "[last]", session = true }

function C.complete() return { "last" } end

-- The first content of each file among the edits.
local function first_contents(edits, only)
  local out, order = {}, {}
  for _, edit in ipairs(edits) do
    if (not only or edit.prompt == only) and not out[edit.path] then
      out[edit.path] = edit
      order[#order + 1] = edit.path
    end
  end
  return order, out
end

function C.run(ctx, args)
  if args[2] or args[1] and args[1] ~= "last" then return nil, qwen.err("usage", tr("usage: %s", "/diff [last]")) end
  local edits = qwen.x.checkpoints.list(ctx)
  local order, first = first_contents(edits, args[1] and #edits > 0 and edits[#edits].prompt or nil)
  local shown = false
  for _, path in ipairs(order) do
    local before = qwen.x.checkpoints.content(ctx, first[path].before)
    local after = qwen.fs.stat(path) and qwen.fs.read(path) or ""
    if not before then
      ctx.notice(tr("what was in %s before is no longer kept", path))
    elseif before ~= after then
      shown = true
      ctx.print_diff(qwen.text.diff(before, after, qwen.x.files.relative(ctx, path)))
    end
  end
  if not shown then ctx.print(tr "nothing is changed") end
  return 0
end

return C
