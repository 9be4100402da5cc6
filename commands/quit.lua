-- `/quit`: ends the session.

local C = { summary = "end the session", aliases = { "bye" } }

function C.run(ctx)
  ctx.quit(0)
  return 0
end

return C
