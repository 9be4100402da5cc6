-- `/reload`: takes the files of ~/.qwen/ as they are now; the session goes on.

local tr = qwen.tr

local C = { summary = "load commands, providers, tools and hooks again", aliases = { "reload-plugins" } }

function C.run(ctx)
  local problems, swapped = qwen.x.reload.all()
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  if not swapped then
    return nil, qwen.err("broken",
      tr "nothing was taken: until that is mended, everything stays as it was before")
  end
  local count = 0
  for _, kind in ipairs(qwen.x.registry.kinds) do count = count + #qwen.x.registry.names(kind) end
  ctx.print(tr("%d files loaded, %d out of order", count - #problems, #problems))
  return 0
end

return C
