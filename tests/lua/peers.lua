-- The real program against servers that nobody here wrote (tests/peers): a mock of all protocols with faults, and a gateway that translates.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, http, json, os, proc, task = require "sys.fs", require "sys.http", require "sys.json", require "sys.os", require "sys.proc", require "sys.task"

local peers = dofile "tests/peers/peers.lua"
local modules = peers.modules
local installed, reason = peers.has("@copilotkit/aimock", "@portkey-ai/gateway")
if not installed then
  t.skip("servers of other people: " .. reason)
  return t.done()
end

local scratch = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/peers-"))
local FIXTURES = { fixtures = {
  { match = { userMessage = "capital of France" }, response = { content = "The capital of France is Paris, and has been for long." } },
  { match = { userMessage = "read two", hasToolResult = false }, response = { toolCalls = {
    { name = "read_file", arguments = { file_path = "@CWD@/one.txt" } }, { name = "read_file", arguments = { file_path = "@CWD@/two.txt" } } } } },
  { match = { userMessage = "read two", hasToolResult = true }, response = { content = "Both are read." } },
  { match = { userMessage = "ponder" }, response = { reasoning = "Let me see about that.", content = "Pondered." } },
  { match = { userMessage = "busy", sequenceIndex = 0 },
    response = { error = { message = "slow down", type = "rate_limit_error", code = "rate_limit_exceeded" }, status = 429 } },
  { match = { userMessage = "busy" }, response = { content = "After all." } },
  { match = { userMessage = "forbidden" }, response = { error = { message = "no such key", type = "authentication_error" }, status = 401 } },
  { match = { userMessage = "tear" }, response = { content = ("word "):rep(60) }, latency = 10, truncateAfterChunks = 8 },
} }

local place = program.place { ["one.txt"] = "eins\n", ["two.txt"] = "zwei\n" }
fs.write(scratch .. "/fixtures.json", (json.encode(FIXTURES):gsub("@CWD@", place.cwd)))

-- A node program; its port is in what it prints.
local function node(argv, env)
  local whole = { PATH = os.env "PATH", HOME = scratch, TMPDIR = scratch }
  for name, value in pairs(env or {}) do whole[name] = value end
  local server = assert(proc.open { argv = { peers.node, table.unpack(argv) }, env = whole, stdin = "pipe", stderr = "stdout" })
  return server
end

local mock <close> = node { modules .. "@copilotkit/aimock/dist/cli.js", "-p", "0", "-f", scratch .. "/fixtures.json" }
local said, url = "", nil
while not url do
  said = said .. assert(mock:read(), "the mock did not start: " .. said)
  url = said:match "listening on (http://[%w.]+:%d+)"
end
task.spawn(function() -- what it says later must not fill its pipe
  while mock:read() do end
end)

local function call(method, path, body)
  local stream <close> = assert(http.open { url = url .. path, method = method, body = body })
  return json.decode(stream:all())
end

-- Protocol, base URL; a key, because a mock of a vendor wants to see one.
local protocols = { { "openai", "/v1" }, { "openai-responses", "/v1" }, { "anthropic", "" }, { "gemini", "" } }

local function ask(protocol, base, prompt, config, ...)
  local entry = { id = "test-model", envKey = "PEER_KEY", baseUrl = base, generationConfig = config }
  fs.mkdir(place.home .. "/.qwen")
  fs.write(place.home .. "/.qwen/settings.json", json.encode { modelProviders = { [protocol] = { entry } },
    security = { auth = { selectedType = protocol } }, model = { name = "test-model" } })
  return program.run(place, { "-p", prompt, ... }, { env = { PEER_KEY = "sk-peer-0123456789abcdef" } })
end

local QUICK = { retryInitialDelayMs = 10, retryMaxDelayMs = 20 }
local matrix = {}

for _, row in ipairs(protocols) do
  local protocol, base = row[1], url .. row[2]
  local function case(name, good, r)
    t.ok(good, ("%s, %s: %s%s"):format(protocol, name, r.out, r.err))
    matrix[#matrix + 1] = ("%-17s %-15s %s"):format(protocol, name, good and "ok" or "WRONG")
  end
  local r = ask(protocol, base, "What is the capital of France?")
  case("text", r.code == 0 and r.out == "The capital of France is Paris, and has been for long.\n", r)
  r = ask(protocol, base, "read two files", nil, "-o", "json")
  local results = {}
  for _, event in ipairs(json.decode(r.out) or {}) do
    if event.type == "user" then results[#results + 1] = event.message.content[1].is_error end
  end
  case("parallel tools", r.code == 0 and #results == 2 and not (results[1] or results[2]) and r.out:find "Both are read%." ~= nil, r)
  r = ask(protocol, base, "ponder this", nil, "-o", "json")
  case("thinking", r.out:find('"thinking":"Let me see about that."', 1, true) ~= nil and r.out:find('"result":"Pondered."', 1, true) ~= nil, r)
  r = ask(protocol, base, "are you busy?", { retryInitialDelayMs = 10, customHeaders = { ["X-Test-Id"] = protocol } }) -- it counts by this
  case("429", r.code == 0 and r.out == "After all.\n" and r.err:find "slow down.*attempt 2" ~= nil, r)
  r = ask(protocol, base, "forbidden", QUICK)
  case("401", r.code == 1 and r.err:find "no such key" ~= nil and not r.err:find "attempt", r)
  r = ask(protocol, base, "tear it", QUICK)
  case("cut stream", r.code == 1 and r.out:find "^word word" ~= nil and r.err:find "what came of the answer is kept" ~= nil, r)
  for _, chaos in ipairs { { "dropRate", "attempt 2 " }, { "disconnectRate", "attempt 2 " }, { "malformedRate", "qwen: " } } do
    local fault, want = chaos[1], chaos[2]
    call("POST", "/__aimock/chaos", json.encode { [fault] = 1 })
    r = ask(protocol, base, "What is the capital of France?", { maxRetries = 2, retryInitialDelayMs = 10, retryMaxDelayMs = 20 })
    call("DELETE", "/__aimock/chaos")
    case(fault, r.code == 1 and r.out == "" and r.err:find(want) ~= nil, r)
  end
end

-- The gateway, in front of the mock and of our own server: our chat completions become the service's own, and its stream comes back as theirs.
do
  local find = "import socket; print(socket.create_server(('127.0.0.1', 0)).getsockname()[1])"
  local free = assert(require("qwen.util.process").run { argv = { "python3", "-c", find } }).out:match "%d+"
  local gateway <close> = node({ modules .. "@portkey-ai/gateway/build/start-server.js", "--port=" .. free, "--headless" })
  local words = ""
  while not words:find "Ready for connections" do words = words .. assert(gateway:read(), "the gateway did not start: " .. words) end
  task.spawn(function()
    while gateway:read() do end
  end)
  local function through(provider, host, prompt, config, ...)
    config = config or {}
    config.customHeaders = { ["x-portkey-provider"] = provider, ["x-portkey-custom-host"] = host }
    return ask("openai", "http://127.0.0.1:" .. free .. "/v1", prompt, config, ...)
  end
  for _, provider in ipairs { "anthropic", "openai" } do
    local r = through(provider, url .. "/v1", "What is the capital of France?")
    t.eq({ r.code, r.out }, { 0, "The capital of France is Paris, and has been for long.\n" }, "gateway to " .. provider .. ": " .. r.err)
    r = through(provider, url .. "/v1", "read two files", nil, "--verbose")
    t.eq({ r.code, r.out }, { 0, "Both are read.\n" }, "tools through the gateway to " .. provider .. ": " .. r.err)
    local _, reads = r.err:gsub("> read_file", "")
    t.eq(reads, 2, "parallel calls through the gateway to " .. provider)
    r = through(provider, url .. "/v1", "forbidden")
    t.match(r.err, "^qwen: 401 .*no such key", "an error through the gateway to " .. provider)
  end
  local journal = call("GET", "/__aimock/journal?path=/v1/messages")
  t.ok(#journal > 0, "the gateway did translate")

  for provider, path in pairs { openai = "/chat/completions", anthropic = "/messages", google = ":streamGenerateContent" } do
    local read = { name = "read_file", arguments = { file_path = place.cwd .. "/one.txt" } }
    local server <close> = fake.start {
      { calls = { read, { name = "read_file", arguments = { file_path = place.cwd .. "/two.txt" } } } }, { text = { "eins", " und zwei" } },
      { status = 429, headers = { ["retry-after"] = "0" }, error = "slow down" }, { text = "After all." },
      { text = { "kept ", "by whoever ", "reads it" }, fault = "cut", after = "whoever" },
    }
    local host = provider == "google" and server.url:gsub("/v1$", "") or server.url
    local r = through(provider, host, "read two files", nil, "--verbose")
    t.eq({ r.code, r.out }, { 0, "eins und zwei\n" }, "our server behind the gateway as " .. provider .. ": " .. r.err)
    local asked = server:requests()
    t.ok(asked[1].path:find(path, 1, true), provider .. ": it was asked in its own protocol, " .. asked[1].path)
    local second = json.encode(asked[2].body)
    t.ok(second:find "eins" and second:find "zwei", provider .. ": both results reached it")
    r = through(provider, host, "are you busy?", { retryInitialDelayMs = 10 })
    t.eq({ r.code, r.out }, { 0, "After all.\n" }, provider .. ": a burst behind the gateway: " .. r.err)
    r = through(provider, host, "tear it", { maxRetries = 0 })
    -- How much of the torn answer the gateway passes on is its own affair, and depends on how the bytes reach it: perhaps nothing.
    local kept = r.out:match "^[%w ]*"
    t.ok(r.code == 1 and ("kept by whoever "):find(kept, 1, true) == 1, ("%s: a stream cut behind the gateway: %q %s"):format(provider, r.out, r.err))
    t.match(r.err, kept == "" and "the answer ended before" or "what came of the answer is kept", provider .. ": it says so")
  end
end

io.write(table.concat(matrix, "\n"), "\n")
t.done()
