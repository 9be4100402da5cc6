-- Tool servers of a project's .mcp.json: which start, and until when an answer holds; and servers
-- that come as JSON or from the files of other programs.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local script = assert(fs.realpath "tests/fake/mcp.py")
local function file(given)
  return json.encode { mcpServers = { mine = { command = "python3", args = json.array { script },
    env = { GIVEN = given } } } }
end

local place = program.place { [".mcp.json"] = file "${TOWN:-none}" }
local function offered(...)
  local server <close> = fake.start { { text = "done", times = 0 } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-p", "go", ... },
    { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
  local first = server:requests()[1]
  if not t.ok(first, r.err) then return false, r.err end
  local body = json.encode(first.body.tools)
  return body:find("mcp__mine__echo", 1, true) ~= nil, r.err
end
local function qwen(...) return program.run(place, { ... }) end

-- Nothing starts that was not allowed, and nothing where the folder is not trusted.
local there, said = offered()
t.eq(there, false, "not trusted")
t.match(said, "%.mcp%.json", "what is left out is named")
t.eq(qwen("mcp", "allow", "mine").code, 1, "and cannot be allowed")
there, said = offered "--trust-folder"
t.eq(there, false, "trusted, and not allowed")
t.match(said, "qwen mcp allow mine", "the way to it")
t.eq(qwen("trust", "yes").code, 0, "trusted")
t.match(qwen("mcp", "list").out, "mine +not asked", "listed")
t.match(qwen("mcp", "allow", "mine").out, "%${TOWN:%-none}.*TOWN", "what is allowed is shown")
t.eq(offered(), true, "allowed")
t.match(qwen("mcp", "list").out, "mine +allowed", "listed as such")

-- The answer is about this entry; settings of the project say nothing about it.
assert(fs.write(place.cwd .. "/.mcp.json", file "another"))
t.eq(offered(), false, "another entry of that name")
assert(fs.mkdir(place.cwd .. "/.qwen"))
for _, key in ipairs { "enabledMcpjsonServers", "enableAllProjectMcpServers" } do
  local value = key:find "All" and true or json.array { "mine" }
  assert(fs.write(place.cwd .. "/.qwen/settings.json", json.encode { [key] = value }))
  t.eq(offered(), false, "the project's own " .. key)
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { [key] = value }))
  t.eq(offered(), true, "yours: " .. key)
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { [key] = value,
    disabledMcpjsonServers = json.array { "mine" } }))
  t.eq(offered(), false, "disabledMcpjsonServers is stronger than " .. key)
end
assert(fs.remove(place.home .. "/.qwen/settings.json"))
t.eq(qwen("mcp", "refuse", "mine").code, 0, "refused")
there, said = offered()
t.eq({ there, said:find("mcp allow", 1, true) }, { false }, "and not named again")
t.eq(qwen("mcp", "allow", "nothing").code, 1, "none of that name")

-- Files that are none.
for source, pattern in pairs { ["{"] = "no object mcpServers", ["[]"] = "no object mcpServers",
  ['{"mcpServers": 7}'] = "no object mcpServers" } do
  assert(fs.write(place.cwd .. "/.mcp.json", source))
  t.match(select(2, offered()), pattern, source)
end

-- As JSON.
local function mine() return json.decode(fs.read(place.home .. "/.qwen/settings.json")).mcpServers end
t.eq(qwen("mcp", "add-json", "one", '{"command": "x", "args": ["a b"]}').code, 0, "add-json")
t.eq(mine().one, { command = "x", args = { "a b" } }, "as it was given")
for _, words in ipairs { { "two", "{" }, { "two", '{"args": []}' }, { "a b", '{"command": "x"}' },
  { "one", '{"command": "x"}' }, { "two" } } do
  t.eq(qwen("mcp", "add-json", table.unpack(words)).code, 2, table.concat(words, " "))
end

-- Of other programs.
local function put(path, value)
  local full = place.home .. "/" .. path
  assert(fs.mkdir(full:match "^(.*)/"))
  assert(fs.write(full, value))
end
t.eq(qwen("mcp", "import", "cursor").code, 1, "no file")
t.eq(qwen("mcp", "import", "notepad").code, 2, "no such program")
put(".cursor/mcp.json", [[{"mcpServers": {"c": {"url": "http://h/mcp",
  "headers": {"Authorization": "Bearer ${env:KEY}"}}, "one": {"command": "y"}}}]])
put(".config/Code/User/mcp.json", [[{
  // of VS Code
  "servers": {"v": {"type": "stdio", "command": "v", "args": ["${userHome}/x"]},
  "asks": {"command": "a", "env": {"K": "${input:key}"}}}, "inputs": [],}]])
put(".config/Claude/claude_desktop_config.json", '{"mcpServers": {"d": {"command": "d"}, "e": {}}}')
put(".claude.json", '{"mcpServers": {"old": {"type": "sse", "url": "http://h/sse"}}}')
local r = qwen("mcp", "import", "cursor")
t.match(r.err, "one is left out: there is one of that name already", "a name that is taken")
r = qwen("mcp", "import", "vscode")
t.match(r.err, "asks is left out: it needs %${input:", "what only that program knows")
r = qwen("mcp", "import", "claude-desktop", "d")
t.eq({ r.code, r.err:find "left out" }, { 0 }, "one of them")
qwen("mcp", "import", "claude-code")
t.eq(mine(), { one = { command = "x", args = { "a b" } }, d = { command = "d" },
  v = { command = "v", args = { place.home .. "/x" } },
  c = { httpUrl = "http://h/mcp", headers = { Authorization = "Bearer ${KEY}" } },
  old = { type = "sse", url = "http://h/sse" } }, "in the form of ours")
t.done()
