-- Sessions from outside: copies of them, searching in them, and runs that leave nothing on the disk. The real program, a scripted server.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local paths = require "qwen.util.paths"

local function env_of(server) return { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" } end

local function chats(where) return where.home .. "/.qwen/projects/" .. paths.project_key(where.cwd) .. "/chats" end

-- The sessions of a place: lines by id; of one that is torn its last line is left out.
local function sessions(where, torn)
  local out = {}
  for _, entry in ipairs(fs.list(chats(where)) or {}) do
    local id = entry.name:match "^(.*)%.jsonl$"
    local records = id and {}
    for line in id and fs.read(chats(where) .. "/" .. entry.name):gmatch "[^\n]+" or function() end do
      local record = json.decode(line)
      records[#records + 1] = id ~= torn and assert(record, line) or record
    end
    if id then out[id] = records end
  end
  return out
end

local ONE = "11111111-1111-4111-8111-111111111111"
local TWO = "22222222-2222-4222-8222-222222222222"

-- A copy: of the newest, of one by its id, with an id of its own; the first stays byte by byte, and the model hears the whole of it.
do
  local where = program.place { ["~/.qwen/settings.json"] = "{}" }
  local server <close> = fake.start { { text = "one" }, { text = "two", times = 0 } }
  local function run(...) return program.run(where, { ... }, { env = env_of(server) }) end
  t.eq(run("-p", "first question", "--session-id", ONE).out, "one\n", "a session")
  local before = fs.read(chats(where) .. "/" .. ONE .. ".jsonl")
  local copied = run("-p", "second", "-c", "--fork-session", "--session-id", TWO)
  t.eq(copied.code, 0, "a copy goes on: " .. copied.err)
  t.eq(fs.read(chats(where) .. "/" .. ONE .. ".jsonl"), before, "the first is as it was")
  local all = sessions(where)
  t.eq(#all[TWO], #all[ONE] + 3, "the copy has its records, a title and the new exchange")
  for _, record in ipairs(all[TWO]) do t.eq(record.sessionId, TWO, "of the new session") end
  local requests = server:requests()
  t.match(json.encode(requests[#requests].body.messages), "first question.*one.*second", "the model hears all of it")
  t.eq(run("-p", "third", "-r", ONE:sub(1, 8), "--fork-session").code, 0, "a third by the beginning of an id")
  local titles = {}
  for _, row in ipairs(json.decode(run("sessions", "list", "--json").out)) do titles[#titles + 1] = row.title end
  table.sort(titles)
  t.eq(titles, { "first question", "first question (2)", "first question (3)" }, "their titles")
  local elsewhere = where.root .. "/elsewhere"
  assert(fs.mkdir(elsewhere))
  local there = program.run(where, { "-p", "x", "-r", ONE }, { env = env_of(server), cwd = elsewhere })
  t.match(there.err, "belongs to " .. where.cwd:gsub("%p", "%%%0") .. "; start qwen there", "a session of another folder")
  assert(fs.rename(where.cwd, where.root .. "/moved"))
  t.match(program.run(where, { "-p", "x", "-r", ONE }, { env = env_of(server), cwd = elsewhere }).err, "which is gone", "whose folder is gone")
  assert(fs.rename(where.root .. "/moved", where.cwd))
  for _, row in ipairs {
    { { "-p", "x", "--fork-session" }, 2, "needs %-%-continue or %-%-resume" },
    { { "-p", "x", "-r", "deadbeef", "--fork-session" }, 1, "no session 'deadbeef'" },
    { { "-p", "x", "-r", ONE, "--fork-session", "--session-id", TWO }, 2, "is there already" },
    { { "-p", "x", "-r", ONE, "--session-id", TWO }, 2, "names a new session" },
    { { "-p", "x", "-c", "--no-session" }, 2, "resumes none" },
    { { "-i", "x", "-p", "y" }, 2, "two prompts" },
    { { "-i", "x", "y" }, 2, "two prompts" },
    { { "-i", "x" }, 2, "terminal" },
    { { "-i", "" }, 2, "value" },
  } do
    local r = run(table.unpack(row[1]))
    t.eq(r.code, row[2], table.concat(row[1], " ") .. ": " .. r.err)
    t.match(r.err, row[3], table.concat(row[1], " "))
  end
end

-- One that is open elsewhere, by many at once; one whose last line is torn; one that went back.
do
  local where = program.place { ["~/.qwen/settings.json"] = "{}" }
  local server <close> = fake.start { { text = "answer", times = 0 } }
  program.run(where, { "-p", "kept", "--session-id", ONE }, { env = env_of(server) })
  local path = chats(where) .. "/" .. ONE .. ".jsonl"
  local _ <close> = assert(fs.lock(path .. ".lock", 0))
  local refused = program.run(where, { "-p", "x", "-r", ONE }, { env = env_of(server) })
  t.match(refused.err, "open in another", "it is open")
  assert(fs.append(path)):write '{"uuid":"torn","type":"user","message":{"parts":[{"te'
  local children, env = {}, env_of(server)
  env.HOME, env.PATH, env.LANG = where.home, os.getenv "PATH", "C.UTF-8"
  for i = 1, 4 do
    children[i] = assert(require("sys.proc").open { argv = { program.binary, "-p", "go on " .. i, "-r", ONE, "--fork-session" },
      cwd = where.cwd, env = env, stdin = "null", stderr = "inherit" })
  end
  for i, child in ipairs(children) do
    while child:read() do end
    t.eq(child:wait().code, 0, "copy " .. i)
  end
  local count = 0
  for id, records in pairs(sessions(where, ONE)) do
    count = count + 1
    if id ~= ONE then t.match(json.encode(records), "kept.*answer.*go on %d.*answer", "a whole conversation") end
  end
  t.eq(count, 5, "each has its own")
end

-- What a copy holds after going back, and what its edits are taken back by.
do
  local Session = require "qwen.session.session"
  local message = require "qwen.session.message"
  local cwd = assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/branch-"))
  local one = assert(Session.create(cwd))
  for _, words in ipairs { "a", "b", "c" } do one:add(message.user(words)) end
  one:rewind(3)
  one:add(message.user "d")
  one:rewind(3)
  local function said(session)
    local out = {}
    for i, m in ipairs(session.messages) do out[i] = message.text_of(m) end
    return out
  end
  local two = assert(one:branch_off "A title \u{4f60}")
  t.eq({ said(two), two.title }, { { "a", "b" }, "A title \u{4f60}" }, "what was left stays left")
  two:add(message.user "e")
  two:close()
  one:add(message.user "f")
  one:close()
  t.eq(said(assert(Session.open(cwd, two.id))), { "a", "b", "e" }, "the copy, opened again")
  t.eq(said(assert(Session.open(cwd, one.id))), { "a", "b", "f" }, "the first, opened again")
  local nothing = assert(Session.create(cwd))
  local made, e = Session.fork(cwd, nothing.id)
  t.eq({ made, e.kind }, { nil, "missing" }, "one without a file")
end

-- Searching: what fits, what does not, and what is no pattern.
do
  local where = program.place { ["~/.qwen/settings.json"] = "{}" }
  local folder = chats(where)
  assert(fs.mkdir(folder))
  local n = 0
  local function session(texts, title)
    n = n + 1
    local lines = {}
    for i, words in ipairs(texts) do
      lines[i] = json.encode { uuid = "u" .. i, sessionId = "s", type = i % 2 == 1 and "user" or "assistant", timestamp = "2026-03-01T10:00:00.000Z",
        message = { role = i % 2 == 1 and "user" or "model", parts = { { text = words } } } } .. "\n"
    end
    if title then
      lines[#lines + 1] = json.encode { uuid = "t", type = "system", subtype = "custom_title", systemPayload = { customTitle = title } } .. "\n"
    end
    local id = ("%08d-0000-4000-8000-000000000000"):format(n)
    assert(fs.write(("%s/%s.jsonl"):format(folder, id), table.concat(lines)))
    return id
  end
  local cache = session { "look at the Flush of the cache", "It flushes \"too\" early: a.b*c [x] \\d+ -e 100%" }
  local chinese = session({ "缓存为什么失效", "因为刷新太早。\nsecond line" }, "标题 Zwölf")
  local split = session { "flush only", "cache only" }
  local esc = session { "red \27[31mtext\27[0m", "uuid sessionId" }
  local long = session { ("x"):rep(3 * 1024 * 1024) .. " needle at the end", "ok" }
  local numbered = session { "x" }
  assert(fs.write(folder .. "/" .. numbered .. ".jsonl", '{"uuid":"u","type":"user","message":{"parts":[{"text":"\\u7F13\\u5b58\\ud83d\\ude00 kept"}]}}\n'))
  assert(fs.write(folder .. "/broken.jsonl", "no json flush cache\n{\"type\":\"user\"}\n\0\0\n{\"half"))
  local function found(...)
    local r = program.run(where, { "sessions", "search", ... })
    local ids = {}
    for id in ("\n" .. r.out):gmatch "\n(%d%d%d%d%d%d%d%d%-0000%-4000%-8000%-%d+)" do ids[#ids + 1] = id end
    table.sort(ids)
    return ids, r
  end
  for _, row in ipairs {
    { { "flush", "cache" }, { cache } }, { { "FLUSH", "CaChE" }, { cache } }, { { "flush" }, { cache, split } },
    { { "flush of the cache" }, { cache } }, { { "nowhere" }, {} }, { { "-e" }, { cache } }, { { "--", "--json" }, {} },
    { { "a.b*c" }, { cache } }, { { "a.b.c" }, {} }, { { "[x]" }, { cache } }, { { "\\d+" }, { cache } }, { { '"too"' }, { cache } },
    { { "100%" }, { cache } }, { { "(" }, {} }, { { "缓存" }, { chinese, numbered } }, { { "存\u{1F600}" }, { numbered } }, { { "标题" }, { chinese } }, { { "zwölf" }, { chinese } },
    { { "刷新", "second" }, { chinese } }, { { "uuid" }, { esc } }, { { "parts" }, {} }, { { "needle" }, { long } }, { { "red" }, { esc } },
  } do
    local ids, r = found(table.unpack(row[1]))
    t.eq(ids, row[2], table.concat(row[1], " ") .. ": " .. r.out:sub(1, 500) .. r.err)
    t.ok(not r.out:find "\27", "no sequences of a terminal")
  end
  for _, row in ipairs { { "" }, { " " }, { "--json" }, { "--limit" , "x", "a" }, {} } do
    t.eq(select(2, found(table.unpack(row))).code, 2, "not a search: " .. table.concat(row, "|"))
  end
  local rows = json.decode(select(2, found("flush", "--json", "--limit", "1")).out)
  t.eq({ #rows, rows[1].role }, { 1, "user" }, "as JSON, one")
end

-- Nothing stays: HOME before and after, in each way to ask for it, with an edit, a long output, /undo's copies and a command in the background.
local function listing(root)
  local out, stack = {}, { root }
  while stack[1] do
    local folder = table.remove(stack)
    for _, entry in ipairs(fs.list(folder) or {}) do
      local path = folder .. "/" .. entry.name
      out[#out + 1] = path:sub(#root + 2)
      if entry.type == "dir" then stack[#stack + 1] = path end
    end
  end
  table.sort(out)
  return out
end
-- What of it tells where or what: all but the ledger, the limits and locks.
local function telling(list)
  local out = {}
  for _, path in ipairs(list) do
    if not path:find "usage%.db" and not path:find "limits" then out[#out + 1] = path end
  end
  return out
end
for _, row in ipairs {
  { "--no-session", {}, { "--no-session" } }, { "--no-chat-recording", {}, { "--no-chat-recording" } },
  { "the setting", { general = { chatRecording = false } }, {} },
} do
  local where = program.place { ["~/.qwen/settings.json"] = json.encode(row[2]), ["a.txt"] = "SECRET before" }
  local tmp = where.root .. "/tmp"
  assert(fs.mkdir(tmp))
  local server <close> = fake.start { { calls = {
    { name = "write_file", arguments = { file_path = where.cwd .. "/b.txt", content = "new" } },
    { name = "run_shell_command", arguments = { command = "seq 1 200000" } },
    { name = "run_shell_command", arguments = { command = "echo working; sleep 30", is_background = true } },
  } }, { text = "done", times = 0 } }
  local before = listing(where.home)
  local env = env_of(server)
  env.TMPDIR = tmp
  local r = program.run(where, { "-y", "-p", "hi", table.unpack(row[3]) }, { env = env })
  t.eq({ r.code, r.out }, { 0, "done\n" }, row[1] .. ": " .. r.err)
  t.eq(telling(listing(where.home)), before, row[1] .. ": nothing new below HOME")
  t.eq(listing(tmp), {}, row[1] .. ": nothing below TMPDIR")
  t.eq(fs.read(where.cwd .. "/b.txt"), "new", "the edit itself stays")
  local by = json.decode(program.run(where, { "usage", "--by", "project,session", "--json" }, { env = env }).out or "[]")
  t.eq({ by[1].project, by[1].session }, { "", nil }, row[1] .. ": the ledger names no folder")
end

-- Folders whose sessions lie at one place, because their names differ in letters that its name has not: each has its own.
t.eq({ paths.project_key "/p/功能 x", paths.project_key "/é/😀", paths.project_key "/a.b_c" }, { "-p----x", "-----", "-a-b-c" }, "names as JavaScript makes them")
for one, other in pairs { ["a-b"] = "a/b", ["功能"] = "设计", ["x y"] = "x.y" } do
  local where = program.place { ["~/.qwen/settings.json"] = "{}" }
  local server <close> = fake.start { { text = "answer", times = 0 } }
  local function run(folder, ...)
    assert(fs.mkdir(where.root .. "/" .. folder))
    return program.run(where, { ... }, { env = env_of(server), cwd = where.root .. "/" .. folder })
  end
  t.eq(run(one, "-p", "secret of one", "--session-id", ONE).code, 0, one)
  t.eq(run(other, "-p", "go on", "-c").code, 1, other .. " has no session yet")
  t.match(run(other, "-p", "go on", "-r", ONE:sub(1, 8)).err, "no session", other .. ": none that begins so")
  t.match(run(other, "-p", "go on", "-r", ONE).err, "belongs to", other .. ": it is of another folder")
  t.eq(run(other, "sessions", "list", "--json").out, "[]\n", other .. ": none in the list")
  t.eq(run(other, "sessions", "delete", ONE).code, 1, other .. ": none to delete")
  t.eq(run(other, "-p", "mine", "--session-id", TWO).code, 0, other)
  t.match(run(one, "sessions", "list").out, "^" .. ONE:gsub("%-", "%%-") .. "[^\n]*\n$", one .. ": its own alone")
  t.eq(run(one, "-p", "go on", "-c").code, 0, one)
  local requests = server:requests()
  local said = json.encode(requests[#requests].body.messages)
  t.ok(said:find("secret of one", 1, true) and not said:find("mine", 1, true), one .. " goes on with its own")
end
-- What was typed in them, too.
local history = require "qwen.ui.editor.history"
for i, folder in ipairs { "/p/a-b", "/p/a/b", "/p/功能", "/p/设计", "/p/\xff", "/p/\xe9\x8a" } do assert(history.add(folder, "typed " .. i)) end
for i, folder in ipairs { "/p/a-b", "/p/a/b", "/p/功能", "/p/设计" } do t.eq(history.load(folder), { "typed " .. i }, folder) end
t.eq(history.load("/p/\xff")[1], "typed 5", "a name that is no text")
assert(fs.append(paths.project "/p/old" .. "/history") or fs.mkdir(paths.project "/p/old"))
assert(fs.append(paths.project "/p/old" .. "/history")):write '"of before"\n5\n{"text":1}\n{"torn'
t.eq(history.load "/p/old", { "of before" }, "lines of an older version")
t.done()
