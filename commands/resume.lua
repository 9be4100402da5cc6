-- `/resume`: another session of this folder in the place of this one.

local tr = qwen.tr

local C = { summary = "go on with an earlier session of this folder", aliases = { "continue" }, args = "[ID]", session = true }

local SHOWN, WIDTH = 200, 60

function C.complete(ctx, _, before)
  if before[1] then return {} end
  local out = {}
  for i, entry in ipairs(qwen.sessions.list(ctx.cwd)) do out[i] = entry.id end
  return out
end

local function short(words, width)
  local at = utf8.offset(words, width + 1)
  return at and words:sub(1, at - 1) .. "..." or words
end

-- The session a person chooses; without somebody to choose, the list is printed.
local function choose(ctx)
  local entries, labels = {}, {}
  for _, entry in ipairs(qwen.sessions.list(ctx.cwd)) do
    if entry.id ~= ctx.session.id and #entries < SHOWN then
      local seen = qwen.sessions.summary(entry.path)
      entries[#entries + 1] = entry
      labels[#entries] = ("%s  %8s  %s"):format(os.date("%Y-%m-%d %H:%M", math.floor(entry.time)),
        qwen.text.human_bytes(entry.size),
        short(qwen.text.utf8(seen.prompt or tr "(no prompt)"), WIDTH))
    end
  end
  if #entries == 0 then return nil, qwen.err("missing", tr "there is no other session in this folder") end
  if ctx.pick then
    local i = ctx.pick(tr "Which session?", labels)
    return i and entries[i].id or false
  end
  for i, entry in ipairs(entries) do ctx.print(entry.id:sub(1, 8) .. "  " .. labels[i]) end
  ctx.print(tr "go on with one: /resume ID")
  return false
end

-- The last exchange, so that the person knows where it stopped.
local function recap(ctx)
  if ctx.earlier then return ctx.earlier() end
  local last = {}
  for _, m in ipairs(ctx.session.messages) do
    local words = qwen.message.text_of(m)
    if words:find "%S" then last[m.role] = words end
  end
  ctx.print(tr("%d messages in session %s", #ctx.session.messages, ctx.session.id))
  for _, words in ipairs(ctx.session:left_out()) do ctx.notice(words) end
  if last.user then ctx.print("> " .. short(last.user:gsub("%s+", " "), 400)) end
  if last.assistant then ctx.print(short(last.assistant, 2000)) end
end

function C.run(ctx, args)
  local id = args[1]
  if not id then
    local e
    id, e = choose(ctx)
    if e then return nil, e end
    if not id then return 0 end
  end
  local session, e = qwen.sessions.open(ctx.cwd, id)
  if not session then return nil, e end
  ctx.session:close()
  ctx.session, ctx.seen, ctx.granted, ctx.todos = session, {}, {}, nil
  recap(ctx)
  return 0
end

return C
