-- Sessions on disk: what is written comes back, torn tails and cut turns are mended, kills lose nothing that was kept.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, task = require "sys.fs", require "sys.json", require "sys.task"
local chatlog, message, paths = require "qwen.session.chat_record", require "qwen.session.message", require "qwen.util.paths"
local proc = require "qwen.util.process"

local chat_branch, chat_file = require "qwen.session.chat_branch", require "qwen.session.chat_file"

-- The conversation that records are when they stand in a file.
local function conversation(records)
  local lines, path = {}, os.getenv "TMPDIR" .. "/conversation.jsonl"
  for i, record in ipairs(records) do lines[i] = (type(record) == "string" and record or json.encode(record)) .. "\n" end
  assert(fs.write(path, table.concat(lines)))
  local file <close> = assert(fs.append(path))
  local kept = assert(chat_branch.read(assert(chat_file.open(path, file))))
  return kept.messages, kept.leaf
end

-- One message to its line and back.
do
  local m = message.assistant({
    { type = "think", text = "hm", signature = "s", data = { reasoning_content = true } }, { type = "text", text = "a\n\"b\" é" },
    { type = "call", id = "1", name = "f", args = '{"x":[],"n":1}' }, { type = "call", id = "2", name = "g", args = "{broken" },
  }, { model = "m", stop = "calls", usage = { input = 3, output = 4 } })
  local line = chatlog.encode(m, { session = "s", cwd = "/c", version = "1" })
  local back = chatlog.decode(json.decode(line))
  t.eq(back.parts[1], m.parts[1], "thinking")
  t.eq(back.parts[2], m.parts[2], "text")
  t.eq(json.decode(back.parts[3].args).n, 1, "a call")
  t.eq(back.parts[4].args, "{broken", "a call whose arguments are not JSON")
  t.eq({ back.stop, back.model, back.usage.input, back.id }, { "calls", "m", 3, m.id }, "its facts")
  t.ok(math.abs(back.time - m.time) < 0.01, "its time")
  local results = message.results { { type = "result", id = "1", name = "f", text = "out", display = "d" }, { type = "result", id = "2", name = "g", text = "no", error = true } }
  t.eq(chatlog.decode(json.decode(chatlog.encode(results, { session = "s" }))).parts, results.parts, "results")
end

-- Arguments come back as the model wrote them where a decoder would lose something, and a record is one line whatever is in it.
do
  local args = { '{\n  "todos": [],\n  "x": "a\\nb"\n}', "", "{}", "[1,2]", '"text"', "null", '{"n":1e400}', '{"id":12345678901234567890}', "{'x'", '{"deep":{"list":[ ]}}',
    ('{"a":'):rep(124) .. "1" .. ("}"):rep(124), '\xef\xbb\xbf{"a":1}', '{"a":1}\0' }
  local parts = {}
  for i, text in ipairs(args) do parts[i] = { type = "call", id = "c" .. i, name = "f", args = text } end
  parts[#parts + 1] = { type = "call", id = "d", name = "f", args = "{}", data = { extra = { 1 } } }
  local line = chatlog.encode(message.assistant(parts, { stop = "calls", word = "tool_calls" }), { session = "s" })
  t.eq(select(2, line:gsub("\n", "")), 1, "one line")
  local record = json.decode(line)
  t.eq(record.message.parts[1].functionCall.args["x"], "a\nb", "theirs reads the arguments")
  local back = chatlog.decode(record)
  for i, text in ipairs(args) do
    t.eq(json.decode(back.parts[i].args), json.decode(text == "" and "{}" or text), "arguments " .. text)
    if text:find "%[%s*%]" or text:find "%d%d" then t.eq(back.parts[i].args, text, "letter by letter: " .. text) end
  end
  t.eq({ back.parts[#parts].data, back.word }, { { extra = { 1 } }, "tool_calls" }, "a vendor's fields, the service's word")
  for _, time in ipairs { "2026-03-01T10:00:0..1Z", "99999999999999999999-03-01T10:00:00Z", "2026-99-99T99:99:99Z", "" } do
    local dated = '{"type":"user","timestamp":"' .. time .. '","message":{"parts":[{"text":"x"}]}}'
    t.eq(math.type(chatlog.decode(json.decode(dated)).time) ~= nil, true, "a time of " .. time)
  end
  for _, hostile in ipairs { "5", "[]", "{}", '{"type":"user"}', '{"type":"user","message":{"parts":5}}', '{"type":"user","message":{"parts":[5,null,{"text":5},{"functionCall":5}]}}',
    '{"type":"assistant","message":{"parts":[{"functionCall":{"args":{"x":1e400}}}]},"usageMetadata":5,"qwen":7}', '{"type":5,"uuid":[],"message":null}',
    '{"type":"tool_result","message":{"parts":[{"functionResponse":{"response":{"output":{"x":1e400}}}}]},"timestamp":{}}',
    '{"type":"user","message":{"parts":[]},"timestamp":"2026-01-02T03:04:05.6.7Z"}', '{"type":"user","message":{"parts":[]},"timestamp":"99999999999999999999-1-1T1:1:1"}' } do
    local ok, e = pcall(function()
      local messages = conversation { hostile }
      return messages[1] and chatlog.encode(messages[1], { session = "s" })
    end)
    t.ok(ok, hostile .. ": " .. tostring(e))
  end
end

-- Which records are the conversation.
do
  local function record(id, parent, kind, fields)
    local out = { uuid = id, parentUuid = parent or json.null, type = kind, timestamp = "2026-03-01T10:00:00.000Z",
      message = kind ~= "system" and { role = kind == "assistant" and "model" or "user", parts = { { text = id } } } or nil }
    for key, value in pairs(fields or {}) do out[key] = value end
    return out
  end
  local function said(records)
    local messages, leaf = conversation(records)
    local out = {}
    for i, m in ipairs(messages) do out[i] = m.role:sub(1, 1) .. ":" .. message.text_of(m) end
    return table.concat(out, " "), leaf
  end
  local function is(name, records, want, leaf) t.eq({ said(records) }, { want, leaf }, name) end
  local u1, a1, u2 = record("u1", nil, "user"), record("a1", "u1", "assistant"), record("u2", "a1", "user")
  is("a line", { u1, a1, u2 }, "u:u1 a:a1 u:u2", "u2")
  is("nothing", {}, "", nil)
  is("what was rewound is not on the way", { u1, a1, u2, record("s", "a1", "system", { subtype = "rewind" }), record("u3", "s", "user") }, "u:u1 a:a1 u:u3", "u3")
  is("rewound to the beginning", { u1, a1, record("n1", nil, "user"), record("n2", "n1", "assistant") }, "u:n1 a:n2", "n2")
  is("records between", { u1, record("t", "u1", "system", { subtype = "ui_telemetry" }), record("a1", "t", "assistant") }, "u:u1 a:a1", "a1")
  is("a record of the system without parent", { u1, a1, record("t", nil, "system"), record("u2", "t", "user") }, "u:u1 a:a1 u:u2", "u2")
  is("a lost line", { u1, u2 }, "u:u1 u:u2", "u2")
  is("no ids at all", { record(nil, "x", "user", { message = { parts = { { text = "p" } } } }), record(nil, "y", "assistant", { message = { parts = { { text = "q" } } } }) }, "u:p a:q", nil)
  is("a circle", { record("x", "y", "user"), record("y", "x", "assistant"), record("z", "z", "user") }, "u:x a:y u:z", "z")
  is("a message in two records", { u1, a1, record("a1", "u1", "assistant", { message = { parts = { { text = "more" } } } }), u2 }, "u:u1 a:a1 a:more u:u2", "u2")
  local history = { { role = "user", parts = { { text = "sum" } } }, { role = "model", parts = { { text = "ok" } } } }
  local pack = record("c", "a1", "system", { subtype = "chat_compression", systemPayload = { info = {}, compressedHistory = history } })
  is("a compression stands for what was before", { u1, a1, pack, record("u2", "c", "user") }, "u:sum a:ok u:u2", "u2")
  is("and may be the last", { u1, a1, pack }, "u:sum a:ok", "c")
  is("one that failed changes nothing", { u1, a1, record("c", "a1", "system", { subtype = "chat_compression", systemPayload = { compressedHistory = json.null } }) }, "u:u1 a:a1", "c")
end

-- A session file of Qwen Code, with records that are not conversation, goes on here.
local foreign = [[
{"uuid":"u1","parentUuid":null,"sessionId":"11111111-2222-3333-4444-555555555555","timestamp":"2026-03-01T10:00:00.000Z","type":"user","cwd":"/x","version":"0.15.10","message":{"role":"user","parts":[{"text":"first prompt"}]}}
{"uuid":"u2","parentUuid":"u1","sessionId":"s","timestamp":"2026-03-01T10:00:01.000Z","type":"system","subtype":"ui_telemetry","systemPayload":{"x":1}}
{"uuid":"u3","parentUuid":"u1","sessionId":"s","timestamp":"2026-03-01T10:00:02.000Z","type":"assistant","model":"m","message":{"role":"model","parts":[{"text":"thought","thought":true},{"functionCall":{"id":"c1","name":"read_file","args":{"file_path":"/x"}}}]},"usageMetadata":{"promptTokenCount":5}}
{"uuid":"u4","parentUuid":"u3","sessionId":"s","timestamp":"2026-03-01T10:00:03.000Z","type":"tool_result","message":{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"read_file","response":{"output":"text"}}}]},"toolCallResult":{}}
]]
local function chats_of(place) return place.home .. "/.qwen/projects/" .. paths.project_key(place.cwd) .. "/chats" end
local function put(place, id, text)
  assert(fs.mkdir(chats_of(place)))
  assert(fs.write(chats_of(place) .. "/" .. id .. ".jsonl", text))
  return chats_of(place) .. "/" .. id .. ".jsonl"
end

do
  local place = program.place()
  local path = put(place, "11111111-2222-3333-4444-555555555555", foreign)
  local server <close> = fake.start { { text = "on" } }
  local r = program.run(place, { "-m", "fake", "--openai-base-url", server.url, "-c", "more" })
  t.eq({ r.code, r.out }, { 0, "on\n" }, "goes on")
  local messages = server:requests()[1].body.messages
  t.eq({ #messages, messages[2].content, messages[3].tool_calls[1].id, messages[4].content, messages[5].content }, { 5, "first prompt", "c1", "text", "more" }, "with its messages")
  local text = fs.read(path)
  t.eq(text:sub(1, #foreign), foreign, "what was there stays as it was")
  local last
  for line in text:gmatch "[^\n]+" do last = json.decode(line) end
  t.eq({ last.type, last.message.role, last.message.parts[1].text }, { "assistant", "model", "on" }, "ours in the same shape")
  t.eq(fs.stat(path).mode, 384, "private")
end

-- A torn last line, an unanswered call, a missing line end.
do
  local place = program.place()
  local lines = {}
  for line in foreign:gmatch "[^\n]+\n" do lines[#lines + 1] = line end
  local path = put(place, "a0000000-0000-0000-0000-000000000000", lines[1] .. lines[3] .. lines[4]:sub(1, 50))
  local server <close> = fake.start { { text = "on" } }
  local r = program.run(place, { "-m", "fake", "--openai-base-url", server.url, "-c", "more" })
  t.eq(r.code, 0, "a torn tail is no obstacle: " .. r.err)
  local messages = server:requests()[1].body.messages
  t.eq({ messages[4].role, messages[4].tool_call_id }, { "tool", "c1" }, "the unanswered call is closed")
  t.eq(fs.read(path .. ".torn"), lines[4]:sub(1, 50) .. "\n", "the fragment is kept")
  for line in fs.read(path):gmatch "[^\n]*" do t.ok(line == "" or json.decode(line) ~= nil, "every line is whole again") end
  local second <close> = fake.start { { text = "on" } }
  program.run(place, { "-m", "fake", "--openai-base-url", second.url, "-c", "again" })
  local roles = {}
  for i, m in ipairs(second:requests()[1].body.messages) do roles[i] = m.role end
  t.eq(roles, { "system", "user", "assistant", "tool", "user", "assistant", "user" }, "the repair was written, not made again")
  local whole = put(place, "b0000000-0000-0000-0000-000000000000", (foreign:gsub("\n$", "")))
  local third <close> = fake.start { { text = "x" } }
  t.eq(program.run(place, { "-m", "fake", "--openai-base-url", third.url, "-r", "b0000000", "more" }).code, 0)
  for line in fs.read(whole):gmatch "[^\n]+" do t.ok(json.decode(line) ~= nil, "a whole last line without its end") end
  t.match(program.run(place, { "-m", "m", "-r", "zzz", "x" }).err, "no session 'zzz'")
end

-- What a crash of the system leaves: NULs, alone and before a record; line ends of another system; calls that nobody answered
-- in the middle. What is added follows on the last record, also on one that is no message.
do
  local place = program.place()
  local lines = {}
  for line in foreign:gmatch "[^\n]+" do lines[#lines + 1] = line end
  local more = lines[1]:gsub('"u1","parentUuid":null', '"u5","parentUuid":"u3"'):gsub("first prompt", "second prompt")
  local note = '{"uuid":"u6","parentUuid":"u5","type":"system","subtype":"custom_title"}'
  local path = put(place, "c0000000-0000-0000-0000-000000000000",
    lines[1] .. "\r\n" .. lines[3] .. "\r\n" .. ("\0"):rep(50) .. more .. "\n\n" .. "not JSON\n" .. note .. "\n" .. ("\0"):rep(100))
  local server <close> = fake.start { { text = "on" }, { text = "and on" } }
  local r = program.run(place, { "-m", "fake", "--openai-base-url", server.url, "-c", "more" })
  t.eq({ r.code, r.out }, { 0, "on\n" }, r.err)
  local function said(n)
    local out = {}
    for i, m in ipairs(server:requests()[n].body.messages) do out[i] = m.role .. ":" .. (type(m.content) == "string" and i > 1 and m.content or "") end
    return table.concat(out, " | ")
  end
  local want = "system: | user:first prompt | assistant: | tool:The program ended before this call was answered. | user:second prompt\n\nmore"
  t.eq(said(1), want, "everything that could be read")
  t.eq(fs.read(path .. ".torn"), ("\0"):rep(100) .. "\n", "the rest is kept")
  local added = json.decode(fs.read(path):match '\n([^\n]*"text":"more"[^\n]*)\n')
  t.eq(added.parentUuid, "u6", "the first new record follows on the last old one")
  program.run(place, { "-m", "fake", "--openai-base-url", server.url, "-c", "again" })
  t.eq(said(2), want .. " | assistant:on | user:again", "and it goes on")
end

-- A line that was half written does not swallow the next one.
do
  local place = program.place()
  local Session = require "qwen.session.session"
  local path = place.root .. "/s.jsonl"
  local full, session = 3, setmetatable({ id = "s", path = path, cwd = "/", messages = {} }, Session)
  local function disk(text) -- the third line meets a full disk
    full = full - 1
    local file <close> = assert(io.open(path, "a"))
    file:write(full == 0 and text:sub(1, #text // 2) or text)
    return full ~= 0 or nil, full == 0 and require "qwen.util.err"("broken", "no space left") or nil
  end
  session.file = { write = function(_, text) return disk(text) end, sync = function() return true end, close = function() end }
  local added = {}
  for i = 1, 5 do added[i] = session:add(message.user("m" .. i)) or false end
  t.eq({ added, #session.messages }, { { true, true, false, true, true }, 5 }, "the failure is told, the message stays in memory")
  local records = {}
  for line in fs.read(path):gmatch "[^\n]+" do records[#records + 1] = line end
  local out = {}
  for i, m in ipairs((conversation(records))) do out[i] = message.text_of(m) end
  t.eq(out, { "m1", "m2", "m4", "m5" }, "only what was not written is lost")
end

-- `qwen sessions list`.
do
  local place = program.place()
  t.eq(program.run(place, { "sessions", "list" }).out, "no sessions in this folder yet\n", "none")
  put(place, "a0000000-0000-0000-0000-000000000000", foreign)
  put(place, "b0000000-0000-0000-0000-000000000000", (foreign:gsub("first prompt", ("é"):rep(80) .. "\\n\\u001b[31mred")))
  put(place, "c0000000-0000-0000-0000-000000000000", "")
  put(place, "d0000000-0000-0000-0000-000000000000", "nonsense\n")
  local rows = json.decode(program.run(place, { "sessions", "list", "--json" }).out)
  table.sort(rows, function(a, b) return a.id < b.id end)
  t.eq({ #rows, rows[1].prompt, rows[1].messages, rows[1].size, rows[2].prompt, rows[3].prompt, rows[4].messages, rows[1].title, rows[4].title },
    { 4, "first prompt", 2, #foreign, ("é"):rep(80) .. " \27[31mred", "", 0, "first prompt", "" }, "as JSON")
  local shown = program.run(place, { "sessions", "list" }).out
  t.match(shown, "a0000000%-0000%-0000%-0000%-000000000000  2%d%d%d%-%d%d%-%d%d %d%d:%d%d +[%d.]+ K?B  first prompt\n", "for people")
  t.ok(shown:find(("é"):rep(60) .. "\n", 1, true), "a long prompt is cut between characters")
  t.eq(#json.decode(program.run(place, { "sessions", "list", "--json", "--limit", "2" }).out), 2, "--limit")
  t.eq(program.run(place, { "sessions", "list", "--json", "--limit=0" }).out, "[]\n", "--limit=0")
  for _, args in ipairs { { "sessions" }, { "sessions", "list", "--limit", "x" }, { "sessions", "list", "--limit", "-1" }, { "sessions", "list", "--what" }, { "sessions", "list", "--limit" } } do
    t.eq(program.run(place, args).code, 2, table.concat(args, " "))
  end
end

-- Titles: what a list shows of a file, whoever wrote it, and the last exchange.
do
  local summary = require "qwen.session.summary"
  local function given(title, more)
    return json.encode { type = "system", subtype = "custom_title", parentUuid = "u4",
      systemPayload = { customTitle = title, titleSource = more } } .. "\n"
  end
  local function said(kind, words)
    return json.encode { type = kind, gitBranch = "b\27[31m1",
      message = { parts = { { text = words } } } } .. "\n"
  end
  local long = said("assistant", ("x"):rep(70 * 1024))
  local path = os.getenv "TMPDIR" .. "/titled.jsonl"
  for _, case in ipairs {
    { "the first line that says something", said("user", " \n  fix\tit \nnow"), "fix it" },
    { "cut between characters", said("user", ("é"):rep(90)), ("é"):rep(80) },
    { "given", foreign .. given "Mine", "Mine" },
    { "by a program of itself", foreign .. given("Made", "auto"), "Made" },
    { "the last one counts", foreign .. given "a" .. given "b" , "b" },
    { "clean", foreign .. given "a\27]0;b\7 \n c", nil, "^a[^\27\n]*c$" },
    { "no text", foreign .. given(5), "first prompt" },
    { "blank", foreign .. given " ", "first prompt" },
    { "in the end of a long file", said("user", "p") .. long .. given "far" .. said("user", "q"), "far" },
    { "words about titles", said("user", given "no"), nil, "custom_title" },
    { "arguments that look so", foreign .. '{"type":"assistant","x":{"subtype":"custom_title"}}\n',
      "first prompt" },
    { "torn", foreign .. given("whole") .. given("torn"):sub(1, 60), "whole" },
    { "nothing", "", nil },
  } do
    assert(fs.write(path, case[2]))
    local title = summary.of(path).title
    if case[4] then t.match(title, case[4], case[1]) else t.eq(title, case[3], case[1]) end
  end
  assert(fs.write(path, said("user", "a") .. said("assistant", "b") .. said("user", "c") .. given "T"))
  t.eq(summary.exchange(path), { user = "c" }, "a prompt without an answer")
  t.match(summary.of(path).branch, "^b[^\27]*1$", "the branch")
  assert(fs.write(path, said("user", "a") .. said("assistant", "b") .. given "T"))
  t.eq(summary.exchange(path), { user = "a", assistant = "b" }, "the last exchange")
  assert(fs.write(path, ""))
  t.eq({ summary.exchange(path), summary.exchange(path .. "x") }, { {}, {} }, "none")
end

-- A title that was given goes on, wherever the conversation goes, and stays in the file's end.
do
  local Session = require "qwen.session.session"
  local cwd = os.getenv "TMPDIR" .. "/renamed"
  assert(fs.mkdir(cwd))
  local session = assert(Session.create(cwd))
  assert(session:rename "Before anything was said")
  for i = 1, 6 do assert(session:add(message.user(i .. ("x"):rep(20 * 1024)))) end
  assert(session:rewind(6))
  assert(session:add(message.user "after"))
  session:close()
  t.eq(Session.summary(session.path).title, "Before anything was said", "in the end of the file")
  local back = assert(Session.open(cwd, session.id))
  local last = back.messages[#back.messages]
  t.eq({ back.title, #back.messages, message.text_of(last) },
    { "Before anything was said", 6, "after" }, "it goes on")
  assert(back:rename "New")
  back:close()
  t.eq(Session.summary(session.path).title, "New", "another one")
end

-- Two programs on one session: the second is told.
do
  local place = program.place()
  put(place, "11111111-2222-3333-4444-555555555555", foreign)
  local server <close> = fake.start { { text = "slow", fault = "stall", after = 450 } }
  local child <close> = assert(proc.open { argv = { program.binary, "-m", "fake", "--openai-base-url", server.url, "-c", "x" }, cwd = place.cwd,
    env = { PATH = os.getenv "PATH", HOME = place.home } })
  child:read()
  t.match(program.run(place, { "-m", "fake", "--openai-base-url", server.url, "-c", "y" }).err, "is open in another qwen")
end

-- Killed at any moment: the file goes on, nothing that was finished is lost.
do
  local place = program.place { f = "text\n" }
  local kills, resumed, lost = 40, 0, 0
  local server <close> = fake.start { { loop = { turns = 1000, call = { name = "read_file", arguments = { file_path = place.cwd .. "/f" } }, vary = "limit", deltas = 1 }, times = 0 } }
  for i = 1, kills do
    local child = assert(proc.open { argv = { program.binary, "-m", "fake", "--verbose", "--openai-base-url", server.url, i == 1 and "-y" or "-c", "go on" },
      cwd = place.cwd, env = { PATH = os.getenv "PATH", HOME = place.home } })
    child:read() -- its first call: it is at work, however busy this machine is
    task.sleep((i * 7 % 23) / 500) -- the moment of the kill, spread over a turn; no result depends on it
    child:kill(9)
    child:close()
    local path = require("qwen.session.session").list and chats_of(place)
    local file
    for _, entry in ipairs(fs.list(path) or {}) do file = entry.name:match "%.jsonl$" and path .. "/" .. entry.name or file end
    if file then
      local text, whole = fs.read(file), 0
      for line in text:gmatch "([^\n]*)\n" do
        if json.decode(line) then whole = whole + 1 else lost = lost + 1 end
      end
      if whole > 0 then resumed = resumed + 1 end
    end
  end
  t.eq(lost, 0, "whole lines that cannot be read")
  t.ok(resumed > kills // 2, "the kills hit a running session: " .. resumed)
  local last <close> = fake.start { { text = "fine" } }
  t.eq(program.run(place, { "-m", "fake", "--openai-base-url", last.url, "-c", "end" }).out, "fine\n", "and it goes on after the last kill")
end

-- A recording: recorded, played with the network closed, no secret in it.
do
  local place = program.place { f = "text\n" }
  local recording = place.root .. "/tape"
  local server <close> = fake.start { { text = "see ", calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/f" } } } }, { text = { "it says ", "text" } } }
  local key = "sk-test-0123456789abcdef"
  local first = program.run(place, { "-m", "fake", "--openai-base-url", server.url, "--record", recording, "-o", "json", "look" }, { env = { OPENAI_API_KEY = key } })
  t.eq(first.code, 0, first.err)
  t.eq(server:requests()[1].headers.authorization, "Bearer " .. key, "the key was sent")
  t.ok(not fs.read(recording):find(key, 1, true), "and is not in the recording")
  t.eq(fs.stat(recording).mode, 384, "the recording is private")
  server:close()
  local function texts(r)
    local out = {}
    for _, event in ipairs(json.decode(r.out) or {}) do
      if event.message then out[#out + 1] = event.message.content end
    end
    return json.encode(out)
  end
  local again = program.run(place, { "--replay", recording, "-o", "json", "look" }, { env = { OPENAI_API_KEY = key, OPENAI_BASE_URL = server.url, OPENAI_MODEL = "fake" } })
  t.eq(texts(again), texts(first), "the same transcript without a network")
  t.match(program.run(place, { "--replay", recording, "-m", "fake", "--openai-base-url", "http://127.0.0.1:9/other", "look" }).err, "exchange 1 was POST /v1/chat/completions", "another request is refused")
  fs.write(recording, "nonsense\n")
  t.match(program.run(place, { "--replay", recording, "x" }).err, "tape:1 is not a line of a recording")
end

t.done()
