-- `/resume`: another session of this folder in the place of this one.

local tr = qwen.tr

local C = { summary = "go on with an earlier session of this folder", aliases = { "continue" }, args = "[--fork] [ID]", session = true }

local SHOWN = 200
local PROMPT, ANSWER = 200, 600 -- characters of a preview

function C.complete(ctx, _, before)
  if before[1] and before[1] ~= "--fork" or before[2] then return {} end
  local out = {}
  for i, entry in ipairs(qwen.sessions.list(ctx.cwd)) do out[i] = entry.id end
  if not before[1] then out[#out + 1] = { text = "--fork", detail = tr "go on with a copy of it" } end
  return out
end

local function short(words, width)
  local at = utf8.offset(words, width + 1)
  return at and words:sub(1, at - 1) .. "..." or words
end

-- A text as it is, for what shows Markdown.
local function plain(words) return (words:gsub("[%p]", "\\%0")) end

-- The last exchange of a session, or what was found in it, as Markdown.
local function preview(entry, said)
  if said and said ~= "" then return plain(said) end
  local last, out = qwen.sessions.exchange(entry.path), {}
  local asked = last.user and qwen.text.clean(qwen.text.utf8(last.user)):gsub("%s+", " ")
  if asked then out[1] = "> " .. plain(short(asked, PROMPT)) end
  if last.assistant then
    out[#out + 1] = short(qwen.text.clean(qwen.text.utf8(last.assistant)), ANSWER)
  end
  return table.concat(out, "\n\n")
end

local function row(entry)
  local seen, now = qwen.sessions.summary(entry.path), qwen.task.time()
  return { label = seen.title or tr "(no prompt)", columns = {
    qwen.x.words.ago(now - entry.time), seen.branch or "", qwen.text.human_bytes(entry.size) } }
end

-- The other sessions of the folder, and a row for each.
local function listed(ctx)
  local entries, rows = {}, {}
  for _, entry in ipairs(qwen.sessions.list(ctx.cwd)) do
    if entry.id ~= ctx.session.id and #entries < SHOWN then
      entries[#entries + 1] = entry
      rows[#entries] = row(entry)
    end
  end
  return entries, rows
end

-- Finds what was said in the sessions, also in those that have no row yet.
local function texts_of(ctx, entries)
  local at = {}
  for i, entry in ipairs(entries) do at[entry.id] = i end
  return function(query, hit)
    local words, count = {}, 0
    for word in query:gmatch "%S+" do words[#words + 1] = word end
    for entry, found in qwen.sessions.search(ctx.cwd, words) do
      local i = at[entry.id]
      if not i and entry.id ~= ctx.session.id then
        entries[#entries + 1], at[entry.id] = entry, #entries + 1
        i = row(entry)
      end
      if i then hit(i, found.role ~= "title" and found.text or "") end -- the row has the title
      count = count + 1
      if count == SHOWN then break end -- whoever sees so many types another word
    end
  end
end

-- The session a person chooses; without somebody to choose, the list is printed.
local function choose(ctx)
  local entries, rows = listed(ctx)
  if #entries == 0 then
    return nil, qwen.err("missing", tr "there is no other session in this folder")
  end
  if ctx.pick then
    local i = ctx.pick(tr "Which session?", rows, { search = true, texts = texts_of(ctx, entries),
      preview = function(at, said) return preview(entries[at], said) end })
    return i and entries[i].id or false
  end
  for i, entry in ipairs(entries) do
    ctx.print(("%s  %s  %s"):format(entry.id:sub(1, 8), rows[i].label, rows[i].columns[1]))
  end
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
  if ctx.settings:get "general.chatRecording" == false then
    return nil, qwen.err("usage", tr "sessions are not kept here (general.chatRecording, --no-session), so none is resumed")
  end
  local id = args[1]
  local fork = id == "--fork"
  if fork then id = args[2] end
  if not id then
    local e
    id, e = choose(ctx)
    if e then return nil, e end
    if not id then return 0 end
  end
  local session, e
  if fork then session, e = qwen.sessions.fork(ctx.cwd, id) else session, e = qwen.sessions.open(ctx.cwd, id) end
  if not session then return nil, e end
  ctx.take_session(session)
  recap(ctx)
  return 0
end

return C
