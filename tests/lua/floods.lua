-- Answers without an end, of hundreds of megabytes, and packed ones that unpack to as much: whoever reads a body of the network ends in a
-- sentence, and takes no more than 32 MB for it.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

local MOST = 32 * 1024 -- KB above a run with a short answer
local sanitized = assert(fs.read(program.binary)):find("__asan_init", 1, true) ~= nil -- its memory is not that of the program

local flood <close> = assert(proc.open { argv = { "python3", "tests/fake/flood.py" }, stdin = "pipe", stderr = "inherit" })
local url = "http://127.0.0.1:" .. assert((flood:read() or ""):match "^PORT (%d+)", "the server did not start")
local service <close> = fake.start { { text = "hello", times = 0 } }

-- Each run notes its peak of memory when it ends.
local peak = [[
local function note() qwen.fs.write("%s", (qwen.fs.read "/proc/self/status":match "VmHWM:%%s*(%%d+)")) end
return { session_ended = note, command_ended = note }
]]

local function run(args, options)
  options = options or {}
  local place = program.place(options.files)
  local note = place.root .. "/peak"
  assert(fs.mkdir(place.home .. "/.qwen"))
  assert(fs.mkdir(place.home .. "/.qwen/hooks"))
  assert(fs.write(place.home .. "/.qwen/hooks/peak.lua", peak:format(note)))
  local env = { OPENAI_API_KEY = "sk-of-a-test-0123456789", OPENAI_BASE_URL = options.url, OPENAI_MODEL = "m" }
  for name, value in pairs(options.env or {}) do env[name] = value end
  local r = program.run(place, args, { env = env })
  r.peak = tonumber(fs.read(note) or "")
  return r
end

local settings = { model = { generationConfig = { maxRetries = 0 } } }
local function with(more)
  for name, value in pairs(settings) do more[name] = value end
  return { ["~/.qwen/settings.json"] = json.encode(more) }
end

local rest = assert(run({ "-p", "hi" }, { url = service.url }).peak, "a run that notes nothing")

-- words: what the sentence says, or a list of what it may say
local function check(name, r, words)
  local said, fits = r.err .. r.out, nil
  for _, one in ipairs(type(words) == "table" and words or { words }) do fits = fits or said:find(one) end
  t.ok(fits, ("%s: %s"):format(name, said))
  t.ok(r.peak ~= nil, name .. ": its memory was noted")
  if not sanitized then t.ok((r.peak or 0) < rest + MOST, ("%s: %d KB, %d at rest"):format(name, r.peak or 0, rest)) end
end

local LARGE, PAGE = "is larger than %d+ bytes", "instead of an event stream"
local UNPACKS = { "unpacks to more than 200 times its size", "unpacks to much more than it has", LARGE } -- what is met first

-- Answers of a model.
local endless = "an answer without end"
for kind, words in pairs { deltas = endless, texts = endless, calls = endless, data = "an event of an event stream that is longer than 8 MiB",
  line = "a line of an event stream that is longer than 1 MiB", json = LARGE, page = PAGE, lists = "has so many values", refused = "^qwen: 500 .*" .. LARGE, gzip = UNPACKS, br = PAGE,
  zstd = PAGE, ["gzip-deltas"] = UNPACKS } do
  local r = run({ "-p", "hi" }, { url = url .. "/" .. kind .. "/v1", files = with {} })
  check("a model that sends " .. kind, r, words)
  t.eq(r.code, 1, kind)
  t.ok(not r.err:find("shortened", 1, true), kind .. ": the conversation is not blamed")
end

-- Lists of models, tokens, messages of tool servers.
local kinds = { json = LARGE, page = LARGE, gzip = UNPACKS, br = UNPACKS, zstd = UNPACKS, deltas = LARGE }
for kind, words in pairs(kinds) do
  check("a list of models: " .. kind, run({ "models" }, { url = url .. "/" .. kind .. "/v1" }), words)
  check("a token: " .. kind, run({ "auth", "qwen-oauth" }, { env = { QWEN_OAUTH_HOST = url .. "/" .. kind } }), words)
  for _, form in ipairs { "httpUrl", "url" } do
    local server = { [form] = url .. "/" .. kind .. (form == "url" and "/sse" or "/mcp"), timeout = 2000 }
    local r = run({ "-p", "hi" }, { url = service.url, files = with { mcpServers = { far = server } } })
    check(("a tool server by %s: %s"):format(form, kind), r, "far")
    t.eq(r.out, "hello\n", "the answer comes all the same")
  end
end

-- What Lua asks for: whole within a limit, in pieces without one, for as long as max_body goes.
local script = [[
local stream <close> = assert(qwen.http.open { url = %q, max_body = 32 << 20 })
local function pieces()
  local bytes, e
  repeat bytes, e = stream:read() until not bytes
  return nil, e
end
print(%s)
]]
for kind, words in pairs(kinds) do
  for read, want in pairs { ["stream:all()"] = words, ["stream:all(1 << 20)"] = words, ["pieces()"] = { "max_body, 33554432 bytes", UNPACKS[1] } } do
    local file = os.env "TMPDIR" .. "/ask.lua"
    assert(fs.write(file, script:format(url .. "/" .. kind, read)))
    check(("Lua, %s: %s"):format(read, kind), run { "lua", file }, want)
  end
end

t.done()
