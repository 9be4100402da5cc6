-- `/clear`: a new session in the place of this one, which stays on disk and can be resumed.

local tr = qwen.tr

local C = { summary = "start a new session; this one can be resumed", aliases = { "reset" } }

function C.run(ctx)
  local kept = ctx.settings:get "general.chatRecording" ~= false
  local session, e = qwen.sessions.create(ctx.cwd, nil, not kept)
  if not session then return nil, e end
  local old = ctx.session
  if old then
    ctx.emit("session_ended", { reason = "clear" })
    if kept and #old.messages > 0 then
      ctx.print(tr("the session before: qwen --resume %s", old.id))
    end
  end
  ctx.take_session(session)
  ctx.emit("session_started", { source = "clear", model = ctx.model and ctx.model.id })
  ctx.print(tr "a new session")
  return 0
end

return C
