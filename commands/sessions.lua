-- `qwen sessions`: the conversations of this folder, newest first; a search in them; deleting one.

local tr = qwen.tr

local C = { summary = "list the sessions of this folder, search in them, or delete one", aliases = { delete = "delete" }, shell = true }

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

local SEARCH = "qwen sessions search WORDS [--json] [--limit N]"

-- The words of a search, and what flags say. Whatever is no flag of ours is a word, also `-e`.
local function wanted(args)
  local out, words_only, i = { words = {}, limit = math.huge }, false, 1
  while args[i] do
    local limit = not words_only and (args[i]:match "^%-%-limit=(.*)$" or args[i] == "--limit" and args[i + 1])
    if not words_only and args[i] == "--" then
      words_only = true
    elseif not words_only and args[i] == "--json" then
      out.json = true
    elseif limit then
      out.limit = math.tointeger(tonumber(limit))
      if not out.limit or out.limit < 1 then return nil, qwen.err("usage", tr "--limit wants a whole number") end
      if args[i] == "--limit" then i = i + 1 end
    elseif args[i]:find "%S" then
      table.insert(out.words, args[i])
    end
    i = i + 1
  end
  if not out.words[1] then return nil, qwen.err("usage", tr("usage: %s", SEARCH)) end
  return out
end

local function search(ctx, args)
  local asked, e = wanted(args)
  if not asked then return nil, e end
  local status = not asked.json and ctx.status or function() end
  local rows, count = qwen.json.array {}, 0
  local function progress(at, all)
    count = all
    if at % 50 == 0 then status(tr("%d of %d sessions read", at, all)) end
  end
  for entry, hit in qwen.sessions.search(ctx.cwd, asked.words, progress) do
    local seen = qwen.sessions.summary(entry.path)
    rows[#rows + 1] = { id = entry.id, time = math.floor(entry.time), title = seen.title or "",
      role = hit.role, text = hit.text }
    if not asked.json then
      status()
      ctx.print(("%s  %s  %s"):format(entry.id, os.date("%Y-%m-%d %H:%M", entry.time // 1),
        seen.title or ""))
      ctx.print("  " .. hit.text)
    end
    if #rows == asked.limit then break end
  end
  status()
  if asked.json then
    ctx.print(qwen.json.encode(rows))
  elseif not rows[1] then
    ctx.print(tr("found in none of %d sessions", count))
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
  search = { summary = "find what was said", args = "WORDS [--json] [--limit N]", run = search, complete = function() return {} end },
  delete = { summary = "delete one for good", args = "ID", run = delete, complete = ids },
}

return C
