-- Sessions on disk: what is written comes back, torn tails and cut turns are mended, kills lose nothing that was kept.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, task = require "sys.fs", require "sys.json", require "sys.task"
local chatlog, message, paths = require "qwen.chatlog", require "qwen.message", require "qwen.paths"
local proc = require "qwen.proc"

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
  local r = program.run(place, { "--openai-base-url", server.url, "-c", "more" })
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
  local r = program.run(place, { "--openai-base-url", server.url, "-c", "more" })
  t.eq(r.code, 0, "a torn tail is no obstacle: " .. r.err)
  local messages = server:requests()[1].body.messages
  t.eq({ messages[4].role, messages[4].tool_call_id }, { "tool", "c1" }, "the unanswered call is closed")
  t.eq(fs.read(path .. ".torn"), lines[4]:sub(1, 50) .. "\n", "the fragment is kept")
  for line in fs.read(path):gmatch "[^\n]*" do t.ok(line == "" or json.decode(line) ~= nil, "every line is whole again") end
  local second <close> = fake.start { { text = "on" } }
  program.run(place, { "--openai-base-url", second.url, "-c", "again" })
  local roles = {}
  for i, m in ipairs(second:requests()[1].body.messages) do roles[i] = m.role end
  t.eq(roles, { "system", "user", "assistant", "tool", "user", "assistant", "user" }, "the repair was written, not made again")
  local whole = put(place, "b0000000-0000-0000-0000-000000000000", (foreign:gsub("\n$", "")))
  local third <close> = fake.start { { text = "x" } }
  t.eq(program.run(place, { "--openai-base-url", third.url, "-r", "b0000000", "more" }).code, 0)
  for line in fs.read(whole):gmatch "[^\n]+" do t.ok(json.decode(line) ~= nil, "a whole last line without its end") end
  t.match(program.run(place, { "-r", "zzz", "x" }).err, "no session 'zzz'")
end

-- Two programs on one session: the second is told.
do
  local place = program.place()
  put(place, "11111111-2222-3333-4444-555555555555", foreign)
  local server <close> = fake.start { { text = "slow", fault = "stall", after = 450 } }
  local child <close> = assert(proc.open { argv = { program.binary, "--openai-base-url", server.url, "-c", "x" }, cwd = place.cwd,
    env = { PATH = os.getenv "PATH", HOME = place.home } })
  child:read()
  t.match(program.run(place, { "--openai-base-url", server.url, "-c", "y" }).err, "is open in another qwen")
end

-- Killed at any moment: the file goes on, nothing that was finished is lost.
do
  local place = program.place { f = "text\n" }
  local kills, resumed, lost = 40, 0, 0
  local server <close> = fake.start { { loop = { turns = 1000, call = { name = "read_file", arguments = { file_path = place.cwd .. "/f" } }, deltas = 1 }, times = 0 } }
  for i = 1, kills do
    local child = assert(proc.open { argv = { program.binary, "--openai-base-url", server.url, i == 1 and "-y" or "-c", "go on" }, cwd = place.cwd,
      env = { PATH = os.getenv "PATH", HOME = place.home } })
    task.sleep(0.02 + (i * 7 % 23) / 500) -- the moment of the kill, spread over a turn; no result depends on it
    child:kill(9)
    child:close()
    local path = require("qwen.session").list and chats_of(place)
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
  t.eq(program.run(place, { "--openai-base-url", last.url, "-c", "end" }).out, "fine\n", "and it goes on after the last kill")
end

-- A tape: recorded, played with the network closed, no secret in it.
do
  local place = program.place { f = "text\n" }
  local tape = place.root .. "/tape"
  local server <close> = fake.start { { text = "see ", calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/f" } } } }, { text = { "it says ", "text" } } }
  local key = "sk-test-0123456789abcdef"
  local first = program.run(place, { "--openai-base-url", server.url, "--record", tape, "-o", "json", "look" }, { env = { OPENAI_API_KEY = key } })
  t.eq(first.code, 0, first.err)
  t.eq(server:requests()[1].headers.authorization, "Bearer " .. key, "the key was sent")
  t.ok(not fs.read(tape):find(key, 1, true), "and is not on the tape")
  t.eq(fs.stat(tape).mode, 384, "the tape is private")
  server:close()
  local function texts(r)
    local out = {}
    for _, event in ipairs(json.decode(r.out) or {}) do
      if event.message then out[#out + 1] = event.message.content end
    end
    return json.encode(out)
  end
  local again = program.run(place, { "--replay", tape, "-o", "json", "look" }, { env = { OPENAI_API_KEY = key, OPENAI_BASE_URL = server.url } })
  t.eq(texts(again), texts(first), "the same transcript without a network")
  t.match(program.run(place, { "--replay", tape, "--openai-base-url", "http://127.0.0.1:9/other", "look" }).err, "exchange 1 was POST /v1/chat/completions", "another request is refused")
  fs.write(tape, "nonsense\n")
  t.match(program.run(place, { "--replay", tape, "x" }).err, "tape:1 is not a line of a tape")
end

t.done()
