-- Questions beside a conversation: what they see, which model they ask, that they have no tools, and that nothing of them is kept.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local json = require "sys.json"
local message = require "qwen.session.message"
local transcript = require "qwen.agent.transcript"

-- The conversation as one text: whose words, calls on a line, results cut, the newest last.
do
  local list = {
    message.user "the first prompt",
    message.assistant({ { type = "think", text = "secret thought" }, { type = "text", text = "I look." },
      { type = "call", id = "1", name = "read_file", args = '{"file_path":\n"a.txt"}' } }, { model = "m", stop = "calls" }),
    message.results { { type = "result", id = "1", name = "read_file", text = ("x"):rep(5000) } },
    message.told "a note of the program",
    message.user "the last prompt",
  }
  local text = transcript.text(list, 10)
  for _, words in ipairs { "User: the first prompt", "Assistant: I look.", 'Assistant calls read_file {"file_path": "a.txt"}', "Result of read_file: xx",
    "Program: [qwen] a note", "User: the last prompt" } do
    t.ok(text:find(words, 1, true), words)
  end
  t.ok(not text:find "secret thought", "no thinking")
  t.ok(#text < 3000, "results are cut")
  t.eq(transcript.text(list, 1), "[earlier messages are left out]\n\nUser: the last prompt", "the newest")
  t.eq(transcript.text({}, 5), "", "none")
  for i = 1, 100 do list[i] = message.user(("%d "):format(i):rep(2000)) end
  t.ok(#transcript.text(list, 100) < 70000, "bounded")
end

local entries = json.array {}
local server <close> = fake.start { { text = "The answer.", times = 0 } }
for i, id in ipairs { "first", "second", "third" } do entries[i] = { id = id, baseUrl = server.url, envKey = "K" } end
local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = entries }, model = { name = "first" },
  advisorModel = "third", security = { auth = { selectedType = "openai" } } } }
local env = { env = { K = "key-0123456789" } }

local function run(...)
  local before = #server:requests()
  local r = program.run(place, { ... }, env)
  local asked = server:requests()
  r.asked = table.move(asked, before + 1, #asked, 1, {})
  return r
end

local function session_size()
  local folder = place.home .. "/.qwen/projects"
  local size = 0
  for _, project in ipairs(fs.list(folder)) do
    for _, entry in ipairs(fs.list(folder .. "/" .. project.name .. "/chats") or {}) do
      size = size + (fs.stat(folder .. "/" .. project.name .. "/chats/" .. entry.name) or { size = 0 }).size
    end
  end
  return size
end

t.eq(run("-p", "remember the number 17").code, 0, "a conversation")
local size = session_size()
for _, row in ipairs {
  { "/btw which number?", model = "first", sees = "The question: which number?", purpose = "btw" },
  { "/advisor", model = "third", sees = "remember the number 17", purpose = "advisor" },
  { "/advisor second", model = "second", sees = "remember the number 17", purpose = "advisor" },
  { "/advisor is second right?", model = "third", sees = "The user asks about: is second right?", purpose = "advisor" },
  { "/advisor second is it?", model = "second", sees = "The user asks about: is it?", purpose = "advisor" },
} do
  local r = run("--continue", "-p", row[1])
  t.eq({ r.code, #r.asked, r.asked[1] and r.asked[1].body.model }, { 0, 1, row.model }, row[1] .. ": " .. r.err)
  local body = r.asked[1].body
  t.eq(body.tools, nil, row[1] .. ": no tools")
  for _, words in ipairs { row.sees, "User: remember the number 17" } do
    t.ok(body.messages[2].content:find(words, 1, true), row[1] .. " sees " .. words)
  end
  t.match(r.out, "The answer%.\n$", row[1])
  t.match(program.run(place, { "usage", "--by", "purpose" }, env).out, row.purpose, row[1] .. ": in the ledger")
end
t.eq(session_size(), size, "nothing of them is kept")
t.eq(run("-p", "/advisor").code, 2, "no conversation")
t.eq(run("-c", "-p", "/advisor secnd").code, 2, "nearly the name of a model")
t.done()
