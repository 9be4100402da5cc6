-- `/branch`: the conversation goes on in a session of its own; the one before stays as it is.

local tr = qwen.tr

local C = { summary = "go on in a copy of this session; the first stays as it is", args = "[TITLE]",
  aliases = { "fork" }, session = true }

local MOST = 200 -- characters, as of /rename

function C.run(ctx, _, rest)
  local title = qwen.text.clean(rest or ""):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  if (utf8.len(title) or math.huge) > MOST then
    return nil, qwen.err("usage", tr("a title has %d characters at most", MOST))
  end
  local old, granted, todos = ctx.session, ctx.granted, ctx.todos
  if #old.messages == 0 then return nil, qwen.err("usage", tr "nothing was said yet") end
  if not old.path then
    return nil, qwen.err("usage", tr "this session is not kept, and a copy of it would not be either")
  end
  local ok, e = old:sync()
  if not ok then return nil, e end
  local session
  session, e = old:branch_off(title ~= "" and title or nil)
  if not session then return nil, e end
  ctx.take_session(session)
  ctx.granted, ctx.todos = granted, todos
  ctx.print(tr("this is now the session '%s'", session.title))
  ctx.print(tr("the one before: /resume %s", old.id))
  return 0
end

return C
