-- Long conversations: shortened by command, when the window fills, when the service refuses; what is kept, what comes back on resume.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local json = require "sys.json"

local LONG = ("all work and no play\n"):rep(500)

local function ask(place, server, args)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", table.unpack(args) })
end

local function texts(body)
  local out = {}
  for i, m in ipairs(body.messages) do
    out[i] = m.role .. ": " .. (type(m.content) == "string" and m.content or json.encode(m.content))
  end
  return table.concat(out, "\n")
end

local function read_turns(place, n)
  local script = {}
  for _ = 1, n do
    script[#script + 1] = { calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/long.txt" } } } }
    script[#script + 1] = { text = "read" }
  end
  return script
end

-- By command.
do
  local place = program.place { ["long.txt"] = LONG }
  local server <close> = fake.start(read_turns(place, 3))
  t.eq(ask(place, server, { "first of all, FIRST" }).code, 0, "a conversation")
  for i = 2, 3 do t.eq(ask(place, server, { "--continue", "prompt " .. i }).code, 0, "goes on") end
  local before = server:requests()
  before = before[#before].body
  local notes <close> = fake.start { { text = "## Goal\nNOTES" }, { text = "after" }, { text = "again" } }
  local r = ask(place, notes, { "--continue", "-p", "/compact the NAMES" })
  t.eq({ r.code, r.err }, { 0, "" }, "compact")
  t.match(r.out, "tokens are now", "said so")
  local asked = notes:requests()[1].body
  t.eq(asked.tools, before.tools, "the tools of the turn")
  for i = 1, #asked.messages - 1 do t.eq(asked.messages[i], before.messages[i], "a prefix of what was sent before: " .. i) end
  t.match(texts(asked), "Above all keep: the NAMES", "what must stay")
  t.match(asked.messages[#asked.messages].content, "^The conversation up to here is about to be cut off", "the order stands last")
  r = ask(place, notes, { "--continue", "and now?" })
  t.eq(r.out, "after\n", "the session goes on")
  local view = texts(notes:requests()[2].body)
  t.match(view, "first of all, FIRST", "prompts stay word for word")
  t.match(view, "NOTES", "the notes")
  t.match(view, "prompt 3", "the newest part")
  t.ok(#view < #LONG * 2, "short: " .. #view)
  local list = json.decode(program.run(place, { "sessions", "list", "--json" }).out)
  t.eq({ #list, list[1].prompt }, { 1, "first of all, FIRST" }, "the file has all of it")
  t.match(ask(place, notes, { "-p", "/compact" }).err, "too short", "nothing to shorten")
end

-- When the window fills: results go first, and that is enough.
do
  local place = program.place { ["long.txt"] = LONG }
  local script = read_turns(place, 4)
  local server <close> = fake.start(script)
  t.eq(ask(place, server, { "one" }).code, 0)
  for i = 2, 4 do t.eq(ask(place, server, { "--continue", "p" .. i }).code, 0) end
  local full <close> = fake.start { { text = "fine" }, { text = "fine" } }
  local settings = '{"context":{"autoCompactThreshold":0.5},"modelProviders":{"openai":[{"id":"m","baseUrl":"%s","generationConfig":{"contextWindowSize":%d}}]}}'
  assert(require("sys.fs").mkdir(place.home .. "/.qwen"))
  assert(require("sys.fs").write(place.home .. "/.qwen/settings.json", settings:format(full.url, 24000)))
  -- What the fake service counted is small; a service that counted much is played by its usage.
  local count <close> = fake.start { { text = "counted", usage = { prompt_tokens = 13000, completion_tokens = 1 } } }
  t.eq(ask(place, count, { "--continue", "count" }).code, 0)
  local r = program.run(place, { "-m", "m", "--continue", "go on" })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, "answered")
  t.match(r.err, "old tool output cleared", "said what was done")
  local asked = full:requests()
  t.eq(#asked, 1, "no model was asked for it")
  t.match(texts(asked[1].body), "cleared; run it again", "old results")
  t.match(texts(asked[1].body), "all work", "the newest is whole")
  r = program.run(place, { "-m", "m", "--continue", "more" })
  t.eq({ r.code, r.err }, { 0, "" }, "not again at once")
end

-- When the service refuses.
do
  local place = program.place { ["long.txt"] = LONG }
  local script = read_turns(place, 2)
  local server <close> = fake.start(script)
  t.eq(ask(place, server, { "one" }).code, 0)
  t.eq(ask(place, server, { "--continue", "two" }).code, 0)
  local refusal = { status = 400, json = { error = { message = "This model's maximum context length is 4096 tokens", code = "context_length_exceeded" } } }
  local full <close> = fake.start { refusal, { text = "NOTES" }, { text = "fine" } }
  local r = ask(place, full, { "--continue", "three" })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, "answered after shortening")
  t.match(texts(full:requests()[3].body), "NOTES", "with the notes")
  local stubborn <close> = fake.start { refusal, refusal, refusal, refusal, refusal, refusal }
  r = ask(place, stubborn, { "--continue", "four" })
  t.ok(r.code ~= 0, "it ends")
  t.ok(#stubborn:requests() <= 4, "no endless shortening: " .. #stubborn:requests())
end

-- Prompts alone: they are shortened without a model.
do
  local place = program.place {}
  local server <close> = fake.start { { text = "a" }, { text = "b" }, { text = "c" }, { text = "d" }, { text = "e" } }
  for i = 1, 4 do
    local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", i > 1 and "--continue" or "--yolo" }, { input = "prompt " .. i .. LONG:rep(8) })
    t.eq(r.code, 0, r.err)
  end
  local r = ask(place, server, { "--continue", "-p", "/compact" })
  t.eq({ r.code, r.err, #server:requests() }, { 0, "", 4 }, "no model was asked for it")
  t.eq(ask(place, server, { "--continue", "and?" }).out, "e\n")
  local asked = server:requests()
  t.ok(#texts(asked[5].body) < #texts(asked[4].body) * 0.9, "it is shorter")
  for i = 1, 4 do t.match(texts(asked[5].body), "prompt " .. i, "each prompt has its beginning") end
end

-- A command that goes on is in the notes.
do
  local place = program.place { ["long.txt"] = LONG }
  local server <close> = fake.start { { calls = { { name = "run_shell_command", arguments = { command = "sleep 300", is_background = true } } } },
    { calls = { { name = "read_file", arguments = { file_path = "long.txt" } } } },
    { calls = { { name = "read_file", arguments = { file_path = "long.txt", offset = 2 } } } },
    { status = 400, json = { error = { message = "This model's maximum context length is 4096 tokens", code = "context_length_exceeded" } } },
    { text = "NOTES" }, { text = "fine" } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "one" })
  t.eq({ r.code, r.out }, { 0, "fine\n" }, r.err)
  t.match(texts(server:requests()[6].body), "What runs in the background:\n%- bg_%x+, pid %d+, output in %S+: sleep 300", "a fact")
end
t.done()
