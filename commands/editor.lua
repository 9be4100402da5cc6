-- `/editor`: the next prompt in the person's own editor, as Ctrl-X Ctrl-E does with what stands in the input.

local tr = qwen.tr

local C = { summary = "write the next prompt in your own editor ($VISUAL, $EDITOR)", args = "[TEXT]", session = true }

function C.run(ctx, _, text)
  if not ctx.edit then return nil, qwen.err("usage", tr "/editor is for a session at the prompt") end
  local written, e = ctx.edit(text or "")
  if not written then return nil, e end
  ctx.prefill(written)
  return 0
end

return C
