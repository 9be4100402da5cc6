-- `/cd`: the session goes on in another folder.

local tr = qwen.tr

local C = { summary = "go on with this session in another folder", args = "PATH" }

function C.complete(ctx, word, before)
  local out = {}
  if before[1] then return out end
  for i, name in ipairs(qwen.paths.folders_like(word == "" and "../" or word, ctx.cwd)) do
    out[i] = { text = name, opens = true }
  end
  return out
end

function C.run(ctx, args)
  if not ctx.move then
    return nil, qwen.err("usage", tr "/cd is for a session at the prompt; start qwen in that folder")
  end
  if not args[1] or args[2] then return nil, qwen.err("usage", tr("usage: %s", "/cd PATH")) end
  local folder, e = ctx.move(args[1])
  if not folder then return nil, e end
  ctx.print(tr("the session goes on in %s", qwen.paths.short(folder)))
  if folder ~= ctx.session.cwd and not ctx.session.in_memory then
    ctx.print(tr("its file stays where it began: resume it in %s",
      qwen.paths.short(ctx.session.cwd)))
  end
  return 0
end

return C
