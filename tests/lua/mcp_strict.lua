-- Tool servers that insist (tests/fake/mcp_strict.py): the order of the greeting, both transports of HTTP, sessions and servers that end, replies in
-- every wrong form, and entries of mcpServers as people write them.
require "qwen.api"
local t = dofile "tests/check.lua"
local fs, json, http, proc, task = require "sys.fs", require "sys.json", require "sys.http", require "sys.proc", require "sys.task"

local wait = dofile "tests/wait.lua"
local script = assert(fs.realpath "tests/fake/mcp_strict.py")
local jobs = task.queue()
local runner = task.spawn(function()
  while true do task.spawn(jobs:get()) end
end)

local told = {}
local set = {}
local ctx = { cwd = fs.cwd(), transport = http.open, background = function(fn) jobs:put(fn) end, notice = function(text) told[#told + 1] = text end,
  settings = { get = function() end, for_text = function(_, name) return set[name] end, env = function() end } }

local log = assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/mcp-")) .. "/log"
local function methods()
  local out = {}
  for line in (fs.read(log) or ""):gmatch "[^\n]+" do out[#out + 1] = line end
  fs.write(log, "")
  return out
end

local function local_entry(fault) return { command = "python3", args = json.array { script, "--log", log, "--fault", fault or "none" } } end

-- Gives fn a server by HTTP: its address without a path.
local function far(fault, fn)
  local server <close> = assert(proc.open { argv = { "python3", script, "--http", "--log", log, "--fault", fault }, stdin = "pipe", stderr = "inherit" })
  local port = assert(server:read()):match "^PORT (%d+)"
  return fn("http://127.0.0.1:" .. port)
end

local function connect(entry) return qwen.x.mcp.connect(ctx, "it", entry) end
local function texts(answer) return answer and answer.content and answer.content[1] and answer.content[1].text end

-- The order, on each transport.
local ORDER = { "initialize", "notifications/initialized", "tools/list", "tools/call" }
local function in_order(name, entry)
  local client, e = connect(entry)
  if not t.ok(client, name .. ": " .. tostring(e and e.message)) then return end
  t.eq(#assert(client:tools()), 1, name .. ": it offers its tool")
  t.eq(texts(client:call("echo", {})), "said", name)
  client:close()
  t.eq(methods(), ORDER, name .. ": the order")
end
in_order("by its streams", local_entry "early")
far("early", function(url)
  in_order("streamable HTTP", { httpUrl = url .. "/mcp" })
  in_order("url, and no stream is there", { url = url .. "/mcp" })
  in_order("type", { type = "http", url = url .. "/mcp" })
end)
far("sse", function(url)
  in_order("url means SSE", { url = url .. "/sse" })
  in_order("httpUrl falls back to SSE", { httpUrl = url .. "/sse" })
  in_order("type sse", { type = "sse", url = url .. "/sse" })
end)
far("slash", function(url) in_order("307 to a slash", { httpUrl = url .. "/mcp" }) end)

-- What ends.
far("session", function(url)
  local client = assert(connect { httpUrl = url .. "/mcp" })
  for i = 1, 3 do t.eq(texts(client:call("echo", {})), "said", "call " .. i .. " after a session was forgotten") end
  t.eq(methods(), { "initialize", "notifications/initialized", "tools/call", "initialize", "notifications/initialized", "tools/call", "initialize",
    "notifications/initialized", "tools/call" }, "each is begun anew")
end)
do
  local client = assert(connect(local_entry "dies"))
  for i = 1, 3 do
    t.eq(texts(client:call("echo", {})), "said", "call " .. i .. " of a server that ends after each")
    while not client.ended do task.sleep(0.01) end -- until that is known here
  end
  methods()
end

-- Replies.
local function call_of(fault, by_http)
  local function one(entry)
    local client, e = connect(entry)
    if not client then return nil, e end
    local answer, problem = client:call("echo", {})
    client:close()
    return answer, problem
  end
  if not by_http then return one(local_entry(fault)) end
  return far(fault, function(url) return one { httpUrl = url .. "/mcp" } end)
end
for _, by_http in ipairs { false, true } do
  local how = by_http and ", HTTP" or ", streams"
  t.eq(texts(call_of("textid", by_http)), "said", "ids as texts" .. how)
  t.eq(texts(call_of("halves", by_http)), "a\u{FFFD}", "half a character" .. how)
  for fault, pattern in pairs { undecodable = "cannot be read", errors = "cannot parse" } do
    local answer, e = call_of(fault, by_http)
    t.eq(answer, nil, fault .. how)
    t.match(e and e.message, pattern, fault .. how)
  end
end
local nothing, e = call_of("noreply", true)
t.eq({ nothing, e.kind }, { nil, "protocol" }, "a stream that ends without the reply")
e = select(2, call_of("elsewhere", true))
t.match(e and e.message, "sends on to http://example.invalid/mcp/", "another host is named, not asked")

-- What a tool offers and gives.
do
  qwen.x.registry.scan { safe = true }
  local entry = local_entry()
  local fake = { settings = { get = function(_, key) return key == "mcpServers" and { it = entry } or nil end, env = function() end }, cwd = ctx.cwd,
    notice = ctx.notice, background = ctx.background }
  dofile("lua/hooks/mcp.lua").session_started(fake)
  fake.starting[1]:get()
  local tool = assert(qwen.x.registry.get("tools", "mcp__it__echo"))
  local properties = json.decode(json.encode(tool.schema)).properties
  t.match(json.encode(tool.schema), '"list":{"default":%[%]', "an empty list stays one")
  t.match(json.encode(tool.schema), '"maybe":{"anyOf":%[[^]]*%],"default":%[%]', "also where it may be something else")
  t.match(json.encode(tool.schema), '"object":{"default":{}', "an object stays one")
  t.ok(properties ~= nil and #tool.summary < 9000, "a long description ends")
  t.match(tool.summary, "word %[%.%.%.%]$", "behind a word, with a sign")
  local result = tool.run(nil, {})
  t.eq(result.text, "said\n[resource a: file:///a.txt (the file)]\n[file:///c.bin: 3 bytes of type application/x-thing]\nhello", "links and bytes")
  t.eq(result.parts, { { type = "image", mime = "image/png", data = "iVBORw0KGgo=" } }, "an image")
end

-- A whole session with one of them: the hook's ctx, and its entry.
local function session(fault, more, person)
  qwen.x.registry.scan { safe = true }
  told = {}
  local entry = local_entry(fault)
  for key, value in pairs(more or {}) do entry[key] = value end
  local one = { cwd = ctx.cwd, interactive = person, background = ctx.background, progress = function() end,
    notice = function(words) told[#told + 1] = words end,
    settings = { get = function(_, key) return key == "mcpServers" and { it = entry } or nil end,
      env = function() end } }
  local hook = dofile "lua/hooks/mcp.lua"
  hook.session_started(one)
  return one, one.servers.it, hook
end
local function has(name) return qwen.x.registry.has("tools", "mcp__it__" .. name) end
local function run(one, name) return qwen.x.registry.get("tools", "mcp__it__" .. name).run(one, {}) end

-- Lists that change, logs, structured answers.
do
  local one, server = session "changes"
  one.starting[1]:get()
  t.eq({ has "echo0", has "echo1" }, { true, false }, "the list as it is first")
  one.tools_of = "a model"
  run(one, "echo")
  t.ok(wait.until_true(function() return has "echo1" end), "the list as it is then")
  t.eq({ has "echo0", one.tools_of, #server.tools }, { false, nil, 2 }, "what is gone is not offered")
  server.client:close()
end
do
  local one, server, hook = session "logs"
  one.starting[1]:get()
  run(one, "echo")
  t.ok(wait.until_true(function() return #server.log == 3 end), "what it logs is kept")
  local whole = table.concat(server.log, "\n") .. table.concat(told)
  t.ok(not whole:find "[\27\7]", "without control characters")
  t.match(server.log[2], '^warning: .*{"a":%[1%]}', "what is no text, too")
  t.ok(#server.log[3] < 700, "and bounded")
  t.eq(#told, 1, "an error is shown at once")
  hook.session_ended(one)
end
do
  local one = session "unlike"
  one.starting[1]:get()
  t.match(run(one, "echo").text, '{"n":"seven"}.*does not fit the tool.s own schema',
    "a structured answer is checked")
end

-- Revisions.
do
  local client, why = connect(local_entry "future")
  t.eq({ client, why.kind }, { nil, "protocol" }, "a revision that is not ours")
  t.match(why.message, "1999%-01%-01", "is named")
  local modern = assert(connect(local_entry "modern"))
  methods()
  t.eq(modern.version, "2026-07-28", "the newest revision")
  t.eq(texts(modern:call("echo", {})), "1 roots", "questions and tasks come as results")
  t.eq(methods(), { "tools/call", "tools/call", "tasks/get" }, "each is answered by a request")
  modern:close()
end

-- One that never answers holds nothing up.
do
  local starting = require "qwen.extension.mcp.starting"
  for _, person in ipairs { true, false } do
    local one = session("silent", { discoveryTimeoutMs = not person and 100 or nil }, person)
    t.eq(starting.wait(one), person and { "it" } or {}, "a prompt does not wait for it")
    t.eq(one.servers.it.state, person and "starting" or "failed", "which goes on beside it")
  end
end

-- Entries as people write them.
local config = require "qwen.extension.mcp.config"
local function read(entry) return config.read(ctx, "it", entry) end
local place = assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/with space-"))
t.eq(read { command = "npx -y 'a server' --x", args = { "y" } }.args, { "-y", "a server", "--x", "y" }, "a whole line as the command")
t.eq(read { command = "npx -y s" }.command, "npx", "its program")
assert(fs.write(place .. "/run it", "#!/bin/sh\n"))
t.eq(read { command = place .. "/run it" }.command, place .. "/run it", "a path with a space is one")
t.eq(read { command = "npx", args = '-y "a b"  c' }.args, { "-y", "a b", "c" }, "arguments as text")
t.eq(read { command = "x", cwd = "~/work" }.cwd, os.getenv "HOME" .. "/work", "a home folder")
t.eq(read { command = "x", cwd = "~" }.cwd, os.getenv "HOME", "alone")
t.eq(read { command = "~/bin/x" }.command, os.getenv "HOME" .. "/bin/x", "of the command")
set.SET = "of mine"
t.eq(read { command = "x", args = { "${SET:-no}", "${UNSET_HERE:-yes}", "${UNSET_HERE:-}" }, env = { A = "${UNSET_HERE:-b}" } }.args, { "of mine", "yes", "" }, "defaults")
t.eq(read { httpUrl = "http://h/${UNSET_HERE:-mcp}" }.url, "http://h/mcp", "in an address")
local none, problem = read { httpUrl = "http://h/mcp", headers = { Authorization = "Bearer ${NO_SUCH_TOKEN}" } }
t.eq({ none, problem.kind }, { nil, "usage" }, "a variable in a header that is not set")
t.match(problem.message, "mcpServers%.it%.headers%.Authorization names the variable NO_SUCH_TOKEN", "is named")
t.eq({ read { httpUrl = "http://h" }.kinds[1], read { url = "http://h" }.kinds[1], read { url = "http://h", type = "http" }.kinds[1] }, { "http", "sse", "http" }, "transports")
t.eq({ read {} }, { nil, select(2, read {}) }, "neither")
runner:cancel()
t.done()
