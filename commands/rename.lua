-- `/rename`: gives the session a title, by which the lists of sessions show and find it.

local tr = qwen.tr

local C = { summary = "give this session a title", args = "[TITLE]", session = true }

local MOST = 200 -- characters, as in Qwen Code

function C.run(ctx, _, rest)
  local title = qwen.text.clean(rest or ""):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  if title == "" then
    ctx.print(ctx.session.title and tr("title: %s", ctx.session.title)
      or tr "no title was given: lists show the first prompt; give one: /rename TITLE")
    return 0
  end
  if (utf8.len(title) or math.huge) > MOST then
    return nil, qwen.err("usage", tr("a title has %d characters at most", MOST))
  end
  local ok, e = ctx.session:rename(title)
  if not ok then return nil, e end
  ctx.print(tr("title: %s", title))
  return 0
end

return C
