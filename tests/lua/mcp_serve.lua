-- The tools of qwen for other programs (`qwen mcp serve`), and servers in Lua (qwen.x.mcp_server):
-- used by the official clients from npm, by the inspector, judged by the conformance suite.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has("@modelcontextprotocol/sdk", "@modelcontextprotocol/client",
  "@modelcontextprotocol/inspector", "@modelcontextprotocol/conformance")
if not installed then
  t.skip("clients of tool servers: " .. reason)
  return t.done()
end
local modules = assert(fs.realpath(peers.modules:sub(1, -2)))
local node = assert(fs.realpath(peers.node))

local function run(argv, env, cwd)
  local all = { PATH = os.env "PATH", TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8" }
  for name, value in pairs(env) do all[name] = value end
  return assert(proc.run { argv = argv, env = all, cwd = cwd, timeout = wait.PATIENCE * 4 })
end

-- The clients.
local source = assert(fs.read "tests/peers/everything.lua")
local server <close> = fake.start { { text = "from the model" }, { text = "from the model" }, { text = "from the model" } }
local place = program.place { ["notes.txt"] = "a note\n", ["secret.txt"] = "hush\n",
  ["~/.qwen/settings.json"] = '{"permissions": {"deny": ["Read(./secret.txt)"]}}', ["~/.qwen/commands/greet.md"] = "Greet {{args}} warmly.",
  ["~/.qwen/commands/everything.lua"] = source }
local env = { HOME = place.home, OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" }
local here = assert(fs.cwd())
local r = run({ node, here .. "/tests/peers/mcp_serve.mjs", modules, program.binary, place.cwd }, env, place.cwd)
local good = 0
for line in r.out:gmatch "[^\n]+" do
  t.ok(line:find "^ok ", line)
  good = good + 1
end
t.eq({ r.code, good }, { 0, 45 }, r.err)

-- What was asked before the end of the input is answered; who reads no longer ends it.
local PING = '{"jsonrpc":"2.0","id":%s,"method":"ping"}'
r = program.run(place, { "mcp", "serve" }, { input = PING:format(1) .. "\n" .. PING:format '"b"', env = env })
t.eq({ r.code, select(2, r.out:gsub("\n", "")) }, { 0, 2 }, r.err)
r = run({ "sh", "-c", [[while printf '%s\n' "$1"; do :; done | { "$0" mcp serve; echo "code $?" >&2; } | head -c 10]],
  program.binary, PING:format(1) }, env, place.cwd)
t.match(r.err, "code 1", "nobody reads")

-- The inspector's command line.
for _, row in ipairs {
  { { "--method", "tools/list" }, "read_file" },
  { { "--method", "tools/call", "--tool-name", "read_file", "--tool-arg", "file_path=" .. place.cwd .. "/notes.txt" }, "a note" },
  { { "--method", "prompts/list" }, "greet" },
} do
  local argv = { node, modules .. "/@modelcontextprotocol/inspector/clients/launcher/build/index.js", "--cli" }
  table.move(row[1], 1, #row[1], #argv + 1, argv)
  table.move({ "--", program.binary, "mcp", "serve" }, 1, 4, #argv + 1, argv)
  r = run(argv, env, place.cwd)
  t.eq(r.code, 0, table.concat(row[1], " ") .. r.err)
  t.match(r.out, row[2], table.concat(row[1], " "))
end

-- The conformance suite, by revisions. What fails it asks of HTTP alone, where the bridge answers:
-- names of hosts, and headers that differ from the message (one of 30 checks of server-stateless).
local bridge = assert(proc.open { argv = { node, here .. "/tests/peers/mcp_bridge.mjs", modules,
  program.binary, "everything" }, stdin = "pipe", stderr = "inherit", cwd = place.cwd,
  env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR" } })
local url = ("http://127.0.0.1:%s/mcp"):format(assert(bridge:read()):match "%d+")
for _, row in ipairs { { "2025-06-18", 27, {} }, { "2025-11-25", 31, { "dns-rebinding-protection" } },
  { "2026-07-28", 36, { "server-stateless", "dns-rebinding-protection", "http-header-validation",
    "http-custom-header-server-validation" } } } do
  r = run({ node, modules .. "/@modelcontextprotocol/conformance/dist/index.js", "server", "--url", url,
    "--suite", "all", "--spec-version", row[1] }, env, place.cwd)
  local held, failed = 0, {}
  for name, passed, bad in r.out:gmatch "[^%w](%l[%w-]+): (%d+) passed, (%d+) failed" do
    if bad ~= "0" then failed[#failed + 1] = name elseif passed ~= "0" then held = held + 1 end
  end
  t.eq({ held, failed }, { row[2], row[3] }, row[1] .. r.out .. r.err)
end
bridge:close()
t.done()
