-- The bridge: each request becomes a file, the answer comes from a file, and broken arguments go out as they are written.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, json = require "sys.fs", require "sys.json"
local proc = require "qwen.util.process"

local place = program.place { ["a.txt"] = "the text\n" }
local folder = assert(fs.mkdtemp "bridge-")
local bridge <close> = assert(proc.open { argv = { "python3", "tests/bridge", folder }, stderr = "inherit" })
local url = (bridge:read() or ""):match "http://127%.0%.0%.1:%d+/v1"
t.ok(url, "it says its address")

local r
local done = qwen.task.spawn(function() r = program.run(place, { "--openai-base-url", url, "-m", "bridge", "-p", "look" }) end)
local function asked(number)
  local path = ("%s/%04d.request.json"):format(folder, number)
  wait.until_true(function() return fs.stat(path) ~= nil end)
  return assert(json.decode(assert(fs.read(path)))), assert(fs.read((path:gsub("request%.json", "new.txt"))))
end
local function answer(name, text) assert(fs.write(folder .. "/" .. name, text)) end

local body, words = asked(1)
t.eq(body.messages[2].content, "look", "the request")
t.match(words, "^%d+ bytes, 2 messages, new:\n\n=== system\n", "in words")
answer("0001.answer.json", json.encode { text = "I look.", calls = { { name = "Read", arguments = "{'path':'a.txt'}" } } })
body, words = asked(2)
t.eq(body.messages[4].content, "the text\n", "the call was carried out")
t.ok(not words:find("=== system", 1, true) and words:find("=== tool\nthe text", 1, true), "only what is new: " .. words)
answer("0002.answer.json", json.encode { calls = {
  { name = "task", arguments = { subagent_type = "explore", prompt = "first" } },
  { name = "task", arguments = { subagent_type = "explore", prompt = "second" } } } })
asked(3)
asked(4)
local look = json.encode { calls = { { name = "list_directory", arguments = { path = "." } } } }
answer("0003.answer.json", look)
asked(5)
answer("0004.answer.json", look)
for number = 5, 6 do
  words = select(2, asked(number))
  t.ok(not words:find("=== user", 1, true) and words:find("=== tool", 1, true), "only what is new to this agent: " .. words)
  answer(("%04d.answer.txt"):format(number), "looked")
end
asked(7)
answer("0007.answer.txt", "It says: the text.\n")
assert(done:join())
t.eq({ r.code, r.out }, { 0, "I look.\nIt says: the text.\n" }, r.err)

t.done()
