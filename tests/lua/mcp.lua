-- Tool servers: their tools are offered, asked about and called; faults of a server harm nothing but its own tools.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, proc = require "sys.fs", require "sys.json", require "qwen.util.process"

local server_py = assert(fs.realpath "tests/fake/mcp.py")

local function place_with(servers, more)
  local settings = more or {}
  settings.mcpServers = servers
  return program.place { ["~/.qwen/settings.json"] = json.encode(settings) }
end

local function local_server(...)
  return { command = "python3", args = json.array { server_py, ... }, env = { GIVEN = "given" } }
end

local function call(name, args) return { calls = { { name = name, arguments = args or {} } } } end

local function results(asked)
  local out = {}
  for _, m in ipairs(asked.body.messages) do
    if m.role == "tool" then out[#out + 1] = type(m.content) == "string" and m.content or json.encode(m.content) end
  end
  return out
end

local function run(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
end

-- A local server.
do
  local place = place_with { my = local_server() }
  local server <close> = fake.start { call("mcp__my__echo", { list = json.array {}, text = "x" }), call "mcp__my__fail", call "mcp__my__env", call "mcp__my__picture",
    { text = "done" } }
  local r = run(place, server, "-y", "go")
  t.eq({ r.code, r.out, r.err }, { 0, "done\n", "" }, "a run")
  local asked = server:requests()
  local offered = {}
  for _, tool in ipairs(asked[1].body.tools) do offered[tool["function"].name] = tool["function"] end
  t.ok(offered.mcp__my__echo and offered.mcp__my__env, "all pages of its tools")
  t.eq(offered.mcp__my__echo.description, "Echo.", "as described")
  local got = results(asked[5])
  t.eq(got[1], '{"list": [], "text": "x"}', "arguments arrive as they were, empty lists too")
  t.match(got[2], "it failed", "an error of the tool")
  t.match(got[3], '"GIVEN": "given"', "its variables")
  t.ok(not got[3]:find("sk-of-ours", 1, true), "not ours")
  t.match(json.encode(asked[5].body.messages), "iVBORw0KGgo=", "a picture")
  local mixed <close> = fake.start { call "mcp__my__mixed", { text = "ok" } }
  r = run(place, mixed, "-y", "go")
  t.eq({ r.code, r.err }, { 0, "" }, "items that are no objects")
  local _, told = results(mixed:requests()[2])[1]:gsub("%[item %d+ of the answer", "")
  t.eq({ told, results(mixed:requests()[2])[1]:match "[^\n]*$" }, { 10, "the last" }, "each is told")
  local denied <close> = fake.start { call "mcp__my__echo", { text = "ok" } }
  r = run(place, denied, "go")
  t.match(r.err, "nobody can be asked", "it is asked about")
  local allowed <close> = fake.start { call "mcp__my__echo", { text = "ok" } }
  r = run(place, allowed, "--allowed-tools", "mcp__my", "go")
  t.eq({ r.code, r.err }, { 0, "" }, "a rule for the whole server")
end

-- Its prompts are commands, what it keeps can be named, and /mcp lists all.
do
  local place = place_with { my = local_server() }
  local function say(line)
    local server <close> = fake.start { { text = "done", times = 0 } }
    local r = run(place, server, "-p", line)
    local asked = server:requests()
    return asked[1] and asked[1].body.messages[2].content, r
  end
  t.eq(say "/my:greet Rome", "Greet Rome, anywhere.", "an argument in its place")
  t.eq(say "/my:greet state=Ohio Rome", "Greet Rome, Ohio.", "one by its name")
  t.eq(say "/my:greet --city=Paris Texas", "Greet Paris, Texas.", "as a flag")
  t.eq(say "/my:plain", "A plain prompt.", "without arguments")
  local sent, r = say "/my:greet"
  t.eq({ sent, r.code }, { nil, 2 }, "one is missing")
  t.match(r.err, "greet of my needs city")
  sent, r = say "/my:refused"
  t.ok(sent == nil and r.code ~= 0 and r.err:find("unknown prompts/get", 1, true), "the server refuses: " .. r.err)
  t.match(select(2, say "/my:nothing").err, "no command /my:nothing", "it has no such prompt")
  t.match(json.encode(say "see @my:note://one."), "a note of the server", "a resource")
end

-- Over HTTP, with a key that nobody sees.
do
  local process <close> = assert(proc.open { argv = { "python3", server_py, "--http" }, stdin = "pipe", stderr = "inherit" })
  local port = assert(process:read()):match "^PORT (%d+)"
  local url = "http://127.0.0.1:" .. port .. "/mcp"
  local place = place_with { far = { httpUrl = url, headers = { Authorization = "Bearer mcp-secret-value" } }, shut = { httpUrl = url } }
  local server <close> = fake.start { call("mcp__far__echo", { text = "far" }), { text = "done" } }
  local r = run(place, server, "-y", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, "a run")
  t.match(r.err, "^qwen: the tool server shut: the server answered 401 who are you%?; to sign in, run: qwen mcp login shut; its tools are not offered", "one that refuses")
  t.eq(results(server:requests()[2])[1], '{"text": "far"}', "the answer in a stream")
end

-- Faults.
do
  local slow = local_server("--fault", "slow")
  slow.discoveryTimeoutMs = 300
  local place = place_with { slow = slow, dead = local_server("--fault", "dies"), noisy = local_server("--fault", "garbage"), bad = local_server("--fault", "hostile"),
    none = { command = "no-such-program" }, empty = {}, off = { command = "no-such-program", disabled = true }, fine = { command = "python3", args = json.array { server_py },
    includeTools = json.array { "echo" } } }
  local server <close> = fake.start { call "mcp__noisy__echo", call("mcp__bad__ok", { p = 1 }), { text = "done" } }
  local r = run(place, server, "-y", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, "a run")
  for _, words in ipairs { "slow: no answer to initialize", "dead: .*I am gone", "no%-such%-program: not found", "empty has neither command" } do
    t.match(r.err, words, words)
  end
  t.ok(not r.err:find("server off", 1, true), "one that is off")
  local body = server:requests()[1].body
  local names = {}
  for _, tool in ipairs(body.tools) do
    local name = tool["function"].name
    t.ok(#name <= 64 and name:find "^[%w_-]+$", "a name: " .. name)
    names[name] = true
  end
  t.ok(names.mcp__fine__echo and not names.mcp__fine__fail, "only the tools that are wanted")
  t.eq(results(server:requests()[3])[1], "{}", "a server that talks nonsense between its answers")
end

-- The command.
do
  local place = program.place {}
  t.match(program.run(place, { "mcp" }).out, "no tool server", "none")
  t.eq(program.run(place, { "mcp", "add", "files", "npx", "-y", "server" }).code, 0, "added")
  t.eq(program.run(place, { "mcp", "add", "far", "http://127.0.0.1:1/mcp", "--header", "X-Key: $NAME" }).code, 0, "one by HTTP")
  t.match(program.run(place, { "mcp", "list" }).out, "far .*http://127.0.0.1:1/mcp.*files .*npx %-y server", "listed")
  t.match(program.run(place, { "mcp", "add", "files", "x" }).err, "already", "not twice")
  t.eq(program.run(place, { "mcp", "remove", "files" }).code, 0, "removed")
  t.eq(json.decode(fs.read(place.home .. "/.qwen/settings.json")).mcpServers, { far = { httpUrl = "http://127.0.0.1:1/mcp", headers = { ["X-Key"] = "$NAME" } } }, "the settings")
  t.eq(program.run(place, { "mcp", "remove", "files" }).code, 1, "not there")
  t.eq(program.run(place, { "mcp", "add", "a b", "x" }).code, 2, "no name")
end
t.done()
