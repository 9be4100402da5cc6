-- "Too long" in the words of every service of tests/cases/errors/too-long.tsv, from end to end: the conversation is made shorter and answered,
-- and the window that the words name counts from then on. A summary that is itself too long never ends a session.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local HUGE = 4000000 -- tokens: larger than any window in the table

-- A folder with a conversation of some length, which counted as many tokens.
local place = program.place { ["long.txt"] = ("all work and no play\n"):rep(500),
  ["~/.qwen/hooks/seen.lua"] = [[return { turn_ended = function(ctx) qwen.fs.write(ctx.cwd .. "/window", tostring(ctx.model.context)) end }]] }
local function settings(server)
  local entry = { id = "m", baseUrl = server.url, generationConfig = { contextWindowSize = HUGE } }
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { context = { autoCompactThreshold = 0 },
    modelProviders = { openai = json.array { entry } } }))
end
local function ask(server, ...)
  settings(server)
  return program.run(place, { "-m", "m", ... })
end
do
  local script = {}
  for _ = 1, 3 do
    script[#script + 1] = { calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/long.txt" } } } }
    script[#script + 1] = { text = "read", usage = { prompt_tokens = HUGE - 100000, completion_tokens = 1 } }
  end
  local server <close> = fake.start(script)
  t.eq(ask(server, "one").code, 0)
  for i = 2, 3 do t.eq(ask(server, "--continue", "prompt " .. i).code, 0) end
end
local folder = place.home .. "/.qwen/projects/" .. fs.list(place.home .. "/.qwen/projects")[1].name .. "/chats"
local chat = folder .. "/" .. fs.list(folder)[1].name
local conversation = assert(fs.read(chat))

-- The conversation as it was, asked on at a server with these answers.
local function go_on(answers)
  assert(fs.write(chat, conversation))
  local server <close> = fake.start(answers)
  local r = ask(server, "--continue", "go on")
  return r, server:requests()
end

-- How a service says it: with a status, or in the stream.
local function refusal(status, body)
  if status ~= "0" then return { status = math.tointeger(tonumber(status)), body = body, type = "application/json" } end
  return { body = "data: " .. body .. "\n\n", type = "text/event-stream" }
end

local function size_of(request) return #json.encode(request.body.messages) end

local rows = 0
for line in assert(fs.read "tests/cases/errors/too-long.tsv"):gmatch "[^\n]+" do
  local status, kind, _, window, body = line:match "^([^\t#]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)\t(.+)$"
  if kind == "too_long" then
    rows = rows + 1
    local r, asked = go_on { refusal(status, body), { text = "fine", times = 0 } }
    local name = body:sub(1, 90)
    t.eq({ r.code, r.out }, { 0, "fine\n" }, name)
    t.ok(#asked >= 2 and size_of(asked[#asked]) < size_of(asked[1]), name .. ": it is shorter")
    if window ~= "-" then t.eq(fs.read(place.cwd .. "/window"), window, name .. ": the window is learned") end
  end
end
t.ok(rows > 40, "the table is read")

-- The summary is refused as well, once, twice or always: the turn ends with an answer or a sentence, and the session goes on.
local refused = { status = 400, json = { error = { message = "This model's maximum context length is 8192 tokens", code = "context_length_exceeded" } } }
for n = 1, 2 do
  local answers = {}
  for i = 1, n do answers[i] = refused end
  answers[n + 1] = { text = "fine", times = 0 }
  local r, asked = go_on(answers)
  t.eq({ r.code, r.out }, { 0, "fine\n" }, ("refused %d times"):format(n) .. r.err)
  t.ok(#asked <= n + 4, "few requests: " .. #asked)
end
do
  local answers = { { status = 400, times = 0, json = refused.json } }
  local r, asked = go_on(answers)
  t.eq(r.code, 1, "refused always")
  t.ok(#asked <= 12, "no endless shortening: " .. #asked)
  local server <close> = fake.start { { text = "alive", times = 0 } }
  t.eq(ask(server, "--continue", "again").out, "alive\n", "the session lives")
end
t.done()
