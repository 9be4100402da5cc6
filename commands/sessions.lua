-- `qwen sessions`: the conversations of this folder, newest first, and deleting one.

local tr = qwen.tr

local C = { summary = "list the sessions of this folder, or delete one", aliases = { delete = "delete" }, shell = true }

local TITLED = 50 -- sessions that are offered with their titles: each is a file that is read

local function list(ctx, args)
  local as_json, limit, i = false, math.huge, 1
  while args[i] do
    local value = args[i]:match "^%-%-limit=(.*)$" or args[i] == "--limit" and args[i + 1]
    if args[i] == "--json" then
      as_json = true
    elseif value then
      limit = math.tointeger(tonumber(value))
      if not limit or limit < 0 then return nil, qwen.err("usage", tr "--limit wants a whole number") end
      if args[i] == "--limit" then i = i + 1 end
    else
      return nil, qwen.err("usage",
        tr("unknown argument '%s'; usage: qwen sessions list [--json] [--limit N]", args[i]))
    end
    i = i + 1
  end
  local rows = qwen.json.array {}
  for n, entry in ipairs(qwen.sessions.list(ctx.cwd)) do
    if n > limit then break end
    local seen = qwen.sessions.summary(entry.path)
    rows[n] = { id = entry.id, time = math.floor(entry.time), size = entry.size,
      messages = seen.messages, title = seen.title or "", branch = seen.branch,
      prompt = qwen.text.utf8(seen.prompt or "") }
  end
  if as_json then
    ctx.print(qwen.json.encode(rows))
  elseif #rows == 0 then
    ctx.print(tr "no sessions in this folder yet")
  else
    for _, row in ipairs(rows) do
      local title = row.title:sub(1, (utf8.offset(row.title, 61) or 0) - 1) -- 60 characters
      ctx.print(("%s  %s  %8s  %s"):format(row.id, os.date("%Y-%m-%d %H:%M", row.time),
        qwen.text.human_bytes(row.size), title))
    end
  end
  return 0
end

-- Those that can be deleted: all but the one that is open here.
local function ids(ctx)
  local out = {}
  for i, entry in ipairs(qwen.sessions.list(ctx.cwd)) do
    if not ctx.session or ctx.session.id ~= entry.id then
      local title = i <= TITLED and qwen.sessions.summary(entry.path).title or nil
      out[#out + 1] = { text = entry.id, detail = title }
    end
  end
  return out
end

local function delete(ctx, args)
  if args[2] then return false end
  local gone, e = qwen.sessions.delete(ctx.cwd, args[1])
  if not gone then return nil, e end
  ctx.emit("session_deleted", gone)
  ctx.print(tr("deleted %s", gone.id))
  return 0
end

C.subcommands = {
  list = { summary = "newest first", args = "[--json] [--limit N]", run = list, complete = function() return { "--json", "--limit" } end },
  delete = { summary = "delete one for good", args = "ID", run = delete, complete = ids },
}

return C
