-- Sessions larger than memory should hold: they open by their end, say what is left out, and what
-- goes to the model fits its window.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local sessions = dofile "tests/fake/sessions.lua"
local fs, json, sys = require "sys.fs", require "sys.json", require "sys.os"
local chat_branch, chat_file = require "qwen.session.chat_branch", require "qwen.session.chat_file"
local chat_record, message = require "qwen.session.chat_record", require "qwen.session.message"
local paths = require "qwen.util.paths"
local Session = require "qwen.session.session"

local MB = 1024 * 1024
local ID = "11111111-2222-3333-4444-555555555555"
local tmp = sys.env "TMPDIR"

local function read(path)
  local appender <close> = assert(fs.append(path))
  local file = assert(chat_file.open(path, appender))
  return chat_branch.read(file)
end

-- Which records of a file are its conversation, by all of them in memory: what reading from the
-- end must come to, too.
local function all_in_memory(path)
  local records, place, order = {}, {}, {}
  for line in assert(fs.read(path, 1 << 30)):gmatch "[^\n]+" do
    local record = json.decode(line)
    if type(record) == "table" then records[#records + 1] = record end
  end
  for i, record in ipairs(records) do place[record.uuid] = i end
  local at = #records
  while at > 0 do
    local record = records[at]
    table.insert(order, 1, record)
    local parent = type(record.parentUuid) == "string" and place[record.parentUuid]
    local twin = at > 1 and records[at - 1].uuid == record.uuid
    local root = record.parentUuid == json.null and record.type ~= "system"
    at = twin and at - 1 or root and 0 or parent and parent < at and parent or at - 1
  end
  local messages = {}
  for _, record in ipairs(order) do
    messages = chat_record.compressed(record) or messages
    messages[#messages + 1] = chat_record.decode(record)
  end
  return messages
end

local function words(messages)
  local out = {}
  for i, m in ipairs(messages) do
    local pieces = {}
    for j, part in ipairs(m.parts) do pieces[j] = part.type .. (part.text or part.args or part.data or "") end
    out[i] = m.role .. sys.sha256(table.concat(pieces, "\n")):sub(1, 12)
  end
  return out
end

-- A history at random: prompts, going back by few or many, lost lines, messages in two records,
-- shortenings.
local function random_history(path, bytes, seed)
  local random, leaves, size, file <close> = seed, {}, 0, assert(io.open(path, "w"))
  local function number(most)
    random = (random * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
    return (random >> 33) % most + 1
  end
  local leaf
  local function put(line, lost)
    if lost then line = number(2) == 1 and "" or line:sub(1, #line // 2) .. "\n" end
    file:write(line)
    size = size + #line
  end
  while size < bytes do
    local what = number(30)
    if what == 1 and #leaves > 0 then leaf = leaves[number(#leaves)] end
    if what == 2 and #leaves > 0 then leaf = leaves[math.max(1, #leaves - number(8))] end
    local head = { session = "s", parent = leaf }
    if what == 3 and size > bytes // 4 then
      head.id, head.time = sys.uuid(), 1.7e9
      put(chat_record.encode_compaction({ message.user("sum " .. number(1e9)) }, head, { before = 2, after = 1 }))
      leaf = head.id
    else
      local text = (tostring(number(1e9)) .. " "):rep(number(what < 6 and 20000 or 500))
      local m = number(2) == 1 and message.user(text) or message.assistant({ { type = "text", text = text } }, { stop = "end" })
      local line = chat_record.encode(m, head)
      put(line, what == 4)
      if what == 5 then put(line) end
      leaf = m.id
    end
    leaves[#leaves + 1] = leaf
  end
end

-- Small enough, a file gives all of its conversation; a larger one its end.
do
  local path, cut = tmp .. "/random.jsonl", 0
  for seed = 1, sys.env "QWEN_LONG" and 400 or 12 do
    random_history(path, (seed % 4 + 1) * MB * (seed % 5 == 0 and 2 or 1) // 2, seed)
    local kept, want = assert(read(path)), words(all_in_memory(path))
    local got = words(kept.messages)
    if kept.omitted then
      cut = cut + 1
      table.remove(got, 1)
      want = table.move(want, #want - #got + 1, #want, 1, {})
    end
    t.ok(table.concat(got, " ") == table.concat(want, " "), ("random history %d: %d messages, %d expected"):format(seed, #got, #want))
  end
  fs.remove(path)
end

-- How much is read of each kind of long session, and what it comes to. `whole`: all since the last
-- shortening is there.
local kinds = {
  { kind = "turns", bytes = 9 * MB, most_read = 5 * MB },
  { kind = "turns", bytes = 9 * MB, most_read = 5 * MB, foreign = true },
  { kind = "turns", bytes = 2 * MB, most_read = 3 * MB, whole = true },
  { kind = "compacted", bytes = 9 * MB, most_read = 2 * MB, whole = true },
  { kind = "compacted", bytes = 9 * MB, most_read = 2 * MB, whole = true, foreign = true },
  { kind = "one_turn", bytes = 9 * MB, most_read = 5 * MB },
  { kind = "images", bytes = 32 * MB, most_read = 32 * MB, faded = true },
  { kind = "images", bytes = 4 * MB, most_read = 5 * MB, whole = true },
  { kind = "pasted", bytes = 9 * MB, most_read = 12 * MB },
  { kind = "one_result", bytes = 9 * MB, most_read = 10 * MB, whole = true, faded = true },
  { kind = "rewound", bytes = 9 * MB, most_read = 13 * MB, whole = true },
  { kind = "short", bytes = 6 * MB, most_read = 3 * MB },
}

local place = program.place()
local chats = place.home .. "/.qwen/projects/" .. paths.project_key(place.cwd) .. "/chats"
assert(fs.mkdir(chats))
local path = chats .. "/" .. ID .. ".jsonl"

for _, case in ipairs(kinds) do
  local name = ("%s, %d MB%s"):format(case.kind, case.bytes // MB, case.foreign and ", of Qwen Code" or "")
  sessions.write(path, case.kind, case.bytes, { id = ID, foreign = case.foreign })
  local size, bytes, real, real_all = fs.stat(path).size, 0, fs.read_part, fs.read
  fs.read_part = function(...)
    local part, e = real(...)
    bytes = bytes + #(part or "")
    return part, e
  end
  fs.read = function(file, ...)
    t.ok(file ~= path, name .. ": it is never read whole")
    return real_all(file, ...)
  end
  local kept = assert(read(path))
  fs.read_part, fs.read = real, real_all
  t.ok(bytes < case.most_read, ("%s: %d bytes of %d were read"):format(name, bytes, size))
  t.eq({ kept.omitted == nil, kept.faded > 0 }, { case.whole or false, case.faded or false }, name .. ": what is left out")
  if kept.omitted then
    t.eq({ message.prompt_of(kept.messages[1]):match "^Prompt 1%f[%D]", kept.compacted }, { "Prompt 1", 1 }, name .. ": the first prompt stays")
    t.ok(kept.omitted > 0 and kept.omitted < size, name .. ": bytes before")
  end
  for _, m in ipairs(kept.messages) do t.ok(not (kept.omitted and m.usage), "no figures of another conversation") end

  local server <close> = fake.start { { text = "on", times = 0 } }
  local args = { "-m", "fake", "--openai-base-url", server.url, "-c", "more" }
  local r = program.run(place, args)
  t.eq({ r.code, r.out }, { 0, "on\n" }, name .. ": " .. r.err)
  local requests = server:requests()
  for _, request in ipairs(requests) do
    local shown = 0
    for _, m in ipairs(request.body.messages) do
      for _, part in ipairs(type(m.content) == "table" and m.content or { { text = m.content } }) do
        shown = shown + (part.image_url and 6000 or #(part.text or ""))
      end
    end
    t.ok(shown < 131072 * 3.5, ("%s: a request of %d bytes fits the window"):format(name, shown))
  end
  local body = json.encode(requests[#requests].body)
  t.ok(body:find("more", 1, true) and body:find("Prompt 1", 1, true), name .. ": the first prompt and the last are in it")
  t.ok(case.whole or r.err:find("the session is long", 1, true), name .. ": what is left out is said")
  t.ok(not case.whole or not r.err:find("the session is long", 1, true), name .. ": nothing is said where nothing is left out")
  local session = assert(read(path))
  t.eq(message.text_of(session.messages[#session.messages]), "on", name .. ": and it goes on")
  fs.remove(path)
end

-- Going back ends where the part that was taken begins; a call that the program closed itself is
-- never what the next one follows.
do
  sessions.write(path, "turns", 6 * MB, { id = ID })
  local real = paths.chats
  paths.chats = function() return chats end
  local session <close> = setmetatable({ session = assert(Session.open(place.cwd, ID)) }, { __close = function(s) s.session:close() end })
  local s = session.session
  t.eq({ #s:left_out(), (s:rewind(2)) }, { 1, nil }, "not to before what is shown")
  local at = #s.messages
  while s.messages[at].role ~= "user" do at = at - 1 end
  t.eq(s:rewind(at), true, "within it")
  s:close()
  fs.remove(path)

  local prompt, call = message.user "first", message.assistant({ { type = "call", id = "1", name = "f", args = "{}" } }, { stop = "calls" })
  local second, answer = message.user "second", message.assistant({ { type = "text", text = "gone" } }, { stop = "end" })
  local text, before = "", nil
  for _, m in ipairs { prompt, call, second, answer } do
    text, before = text .. chat_record.encode(m, { session = ID, parent = before }), m.id
  end
  assert(fs.write(path, text))
  s = assert(Session.open(place.cwd, ID))
  t.eq({ #s.messages, s:rewind(4) }, { 5, true }, "to before the second prompt")
  assert(s:add(message.user "third"))
  s:close()
  s = assert(Session.open(place.cwd, ID))
  local said = {}
  for i, m in ipairs(s.messages) do said[i] = m.role .. ":" .. message.text_of(m) end
  t.eq(said, { "user:first", "assistant:", "tool:", "user:third" }, "what was left by going back does not come back")
  s:close()
  paths.chats = real
  fs.remove(path)
end

-- /export has what a shortening left in the file, too, and nothing that was left by going back.
do
  sessions.write(path, "compacted", 2 * MB, { id = ID })
  local real, prompts = paths.chats, 0
  for line in io.lines(path) do
    local prompt = line:find('"type":"user"', 1, true) and line:match '"text":"Prompt (%d+):'
    prompts = math.max(prompts, math.tointeger(prompt) or 0)
  end
  paths.chats = function() return chats end
  local session = assert(Session.open(place.cwd, ID))
  local function said()
    local count, last = 0, nil
    for m in session:history() do
      if message.prompt_of(m):find "^Prompt" then count, last = count + 1, message.prompt_of(m):match "%d+" end
    end
    return { count, math.tointeger(last) }
  end
  t.eq({ session.compacted, said() }, { 2, { prompts, prompts } }, "each prompt once")
  local at = #session.messages
  while session.messages[at].role ~= "user" do at = at - 1 end
  assert(session:rewind(at))
  t.eq(said(), { prompts - 1, prompts - 1 }, "without what was left")
  assert(session:add(message.user "Prompt 7"))
  t.eq(said(), { prompts, 7 }, "and with what came then")
  session:close()
  paths.chats = real
  local file = place.cwd .. "/out.md"
  t.eq(program.run(place, { "-m", "m", "--openai-base-url", "http://127.0.0.1:9/v1", "-c", "-p", "/export md out.md" }).code, 0)
  local text = assert(fs.read(file))
  t.eq({ select(2, text:gsub("\n## Prompt\n", "")), fs.stat(file).mode }, { prompts, 384 }, "as a file")
  fs.remove(path)
end

-- A list reads the beginning of each file.
do
  sessions.write(path, "turns", 3 * MB, { id = ID })
  local bytes, real = 0, fs.read_part
  fs.read_part = function(...)
    local part, e = real(...)
    bytes = bytes + #(part or "")
    return part, e
  end
  local seen = Session.summary(path)
  fs.read_part = real
  t.ok(bytes <= 256 * 1024 and seen.prompt:find "^Prompt 1:", "the first prompt of a long one, by " .. bytes .. " bytes")
  t.eq(seen.messages, nil, "its messages are not counted")
  local rows = json.decode(program.run(place, { "sessions", "list", "--json" }).out)
  t.eq({ #rows, rows[1].size, rows[1].messages }, { 1, fs.stat(path).size, nil }, "as JSON")
  assert(fs.write(path, ("x"):rep(2 * MB)))
  t.eq(Session.summary(path), {}, "one line without an end")
  fs.remove(path)
end

t.done()
