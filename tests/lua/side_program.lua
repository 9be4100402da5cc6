-- A program beside a session at the prompt: it reads what happens from a descriptor or a file, sends prompts and
-- answers questions; one that does not read, or goes away, holds nothing up.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local fs, json, os, proc = require "sys.fs", require "sys.json", require "sys.os", require "sys.proc"
local program = dofile "tests/program.lua"
local task = require "sys.task"
local wait = dofile "tests/wait.lua"

local function events_of(path)
  local out = {}
  for line in (fs.read(path) or ""):gmatch "([^\n]*)\n" do out[#out + 1] = assert(json.decode(line), line) end
  return out
end

-- The first event that fits.
local function find(path, fits)
  for _, event in ipairs(events_of(path)) do
    if fits(event) then return event end
  end
end

local function await(path, fits, what)
  t.ok(wait.until_true(function() return find(path, fits) end), what .. ": " .. (fs.read(path) or "no file"):sub(-600))
  return find(path, fits) or {}
end

local function asked(n)
  return function(event) return event.type == "control_request" and event.request.tool_name == n end
end
local function said(words)
  return function(event) return event.type == "assistant" and event.message.content[1].text == words end
end
local function answered(id)
  return function(event) return event.type == "control_response" and event.response.request_id == id end
end

-- Starts a session on a terminal; its screen is read and thrown away.
local function open(place, server, line)
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", TERM = "xterm", LANG = "C.UTF-8",
    OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m", QWEN = program.binary }
  local child = assert(proc.open { argv = { "sh", "-c", line }, cwd = place.cwd, env = env, pty = { rows = 24, cols = 80 } })
  local screen = {}
  task.spawn(function()
    for chunk in function() return child:read() end do screen[#screen + 1] = chunk end
  end)
  return child, screen
end

local function add(path, value) assert(fs.write(path, (fs.read(path) or "") .. json.encode(value) .. "\n", { fsync = false })) end

local WRITE = { calls = { { name = "write_file", arguments = { file_path = "n.txt", content = "x" } } } }
local RUN = { calls = { { name = "run_shell_command", arguments = { command = "touch made", is_background = false } } } }

for _, row in ipairs {
  { "a file", 'exec "$QWEN" --json-file out --input-file in' },
  { "a descriptor", 'exec "$QWEN" --json-fd 3 --input-file in 3>out' },
  { "a pipe", '"$QWEN" --json-fd 3 --input-file in 3>&1 >/dev/tty | cat >out' },
  { "settings", 'exec "$QWEN"', true },
} do
  local server <close> = fake.start { WRITE, { text = "one" }, RUN, { text = "two" } }
  local place = program.place { ["in"] = '{"type":"submit","text":"of an earlier session"}\n' }
  local out, input = place.cwd .. "/out", place.cwd .. "/in"
  if row[3] then
    assert(fs.mkdir(place.home .. "/.qwen"))
    assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { dualOutput = { jsonFile = out, inputFile = input } }))
  end
  local child <close> = open(place, server, row[2])
  local first = await(out, function(event) return event.subtype == "session_start" end, row[1])
  t.eq({ first.type, first.data.protocol_version, first.data.cwd, first.data.session_id == first.session_id }, { "system", 2, place.cwd, true }, row[1])
  add(input, { type = "submit", text = "write" })
  local question = await(out, asked "write_file", row[1])
  t.eq(question.request.input.content, "x", row[1])
  add(input, { type = "confirmation_response", request_id = "another", allowed = true })
  t.eq(await(out, answered "another", row[1]).response.subtype, "error", row[1] .. ": an unknown question")
  t.eq(fs.stat(place.cwd .. "/n.txt"), nil, row[1] .. ": nothing yet")
  add(input, { type = "confirmation_response", request_id = question.request_id, allowed = true })
  await(out, said "one", row[1])
  t.eq(fs.read(place.cwd .. "/n.txt"), "x", row[1] .. ": allowed")
  t.eq(find(out, answered(question.request_id)).response.response.allowed, true, row[1])
  assert(fs.write(input, '\nnonsense\n{"type":"other"}\n{"type":"submit","text":"run"}\n')) -- written anew, and shorter
  question = await(out, asked "run_shell_command", row[1])
  add(input, { type = "confirmation_response", request_id = question.request_id, allowed = false })
  await(out, said "two", row[1])
  t.eq({ fs.stat(place.cwd .. "/made"), find(out, answered(question.request_id)).response.response.allowed }, { nil, false }, row[1] .. ": refused")
  add(input, { type = "submit", text = "/exit" })
  await(out, function(event) return event.subtype == "session_end" end, row[1])
  local prompts = {}
  for _, event in ipairs(events_of(out)) do
    if event.type == "user" and event.message.content[1].type == "text" then prompts[#prompts + 1] = event.message.content[1].text end
  end
  t.eq(prompts, { "write", "run" }, row[1] .. ": what was sent, and nothing of before")
  t.eq(child:wait().code, 0, row[1])
  t.eq(#server:requests(), 4, row[1])
end

-- Nobody reads, the reader goes, nothing is there: the session goes on.
for name, line in pairs {
  ["nobody reads"] = 'mkfifo pipe; exec "$QWEN" --json-file pipe -i hi --input-file in',
  ["the reader left"] = '{ "$QWEN" --json-fd 3 -i hi --input-file in 3>&1 >/dev/tty; echo $? >code; } | true',
  ["a full disk"] = 'exec "$QWEN" --json-file /dev/full -i hi --input-file in',
  ["no descriptor"] = 'exec "$QWEN" --json-fd 77 -i hi --input-file in',
  ["no folder"] = 'exec "$QWEN" --json-file nowhere/x -i hi --input-file in',
} do
  local server <close> = fake.start { { text = ("many words "):rep(200) }, { text = "fine" } }
  local place = program.place {}
  local child <close> = open(place, server, line)
  t.ok(wait.until_true(function() return #server:requests() == 1 end), name .. " answers")
  add(place.cwd .. "/in", { type = "submit", text = "/exit" })
  t.ok(child:wait().code == 0, name .. " ends")
end

-- Without a screen these flags do nothing, and that is said.
do
  local server <close> = fake.start { { text = "x" } }
  local r = program.run(program.place {}, { "--json-file", "events", "-p", "hi" }, { env = { OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" } })
  t.eq(r.code, 0, r.err)
  t.match(r.err, "%-%-json%-file", "it is said")
end
t.done()
