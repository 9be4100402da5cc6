-- The real program with a tool server that nobody here wrote (tests/peers): its tools, its pictures, its resources and its prompts.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, task = require "sys.fs", require "sys.json", require "sys.task"
require "qwen.api"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has "@modelcontextprotocol/server-everything"
if not installed then
  t.skip("a tool server of other people: " .. reason)
  return t.done()
end
local path = peers.modules .. "@modelcontextprotocol/server-everything/dist/index.js"
local config = { command = peers.node, args = json.array { assert(fs.realpath(path)), "stdio" } }

-- Through the program.
do
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { mcpServers = { everything = config } } }
  local function call(name, args) return { calls = { { name = "mcp__everything__" .. name, arguments = args or {} } } } end
  local server <close> = fake.start { call("echo", { message = "to and fro" }), call("get-sum", { a = 2, b = 40 }), call "get-tiny-image", call "get-env",
    call("get-sum", { a = "two", b = 1 }), { text = "done" } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-y", "-p", "go, see @everything:demo://resource/static/document/features.md." },
    { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
  t.eq({ r.code, r.out, r.err }, { 0, "done\n", "" }, "a run")
  local asked = server:requests()
  t.match(json.encode(asked[1].body.messages), "@everything:demo://resource/static/document/features.md", "a resource is named")
  t.ok(#json.encode(asked[1].body.messages) > 3000, "and what is in it goes along")
  local got = {}
  for _, m in ipairs(asked[6].body.messages) do
    if m.role == "tool" then got[#got + 1] = type(m.content) == "string" and m.content or json.encode(m.content) end
  end
  t.match(got[1], "to and fro", "echo")
  t.match(got[2], "42", "numbers")
  t.match(json.encode(asked[6].body.messages), "iVBORw0KGgo", "a picture")
  t.ok(not got[4]:find("sk-of-ours", 1, true), "it has not our key")
  t.match(got[5], "a must be number, not string", "arguments are checked here")
end

-- Its prompts as commands.
do
  local told, jobs = {}, task.queue()
  local runner = task.spawn(function()
    while true do task.spawn(jobs:get()) end
  end)
  local ctx = { cwd = fs.cwd(), settings = { get = function(_, key) return key == "mcpServers" and { everything = config } or nil end, env = function() end },
    notice = function(text) told[#told + 1] = text end, background = function(fn) jobs:put(fn) end }
  qwen.x.registry.scan { safe = true }
  dofile("lua/hooks/mcp.lua").session_started(ctx)
  ctx.starting[1]:get()
  t.eq(told, {}, "it started")
  local function prompt(name, ...)
    local result, e = qwen.x.registry.get("commands", "everything:" .. name).run(ctx, { ... })
    return result and result.prompt or tostring(e)
  end
  t.eq(prompt "simple-prompt", "This is a simple prompt without arguments.", "without arguments")
  t.match(prompt("args-prompt", "Rome"), "Rome", "one in its place")
  t.match(prompt("args-prompt", "state=Ohio", "Rome"), "Rome, Ohio", "one by its name")
  t.match(prompt "args-prompt", "needs city", "one that is missing")
  t.eq(qwen.x.registry.get("commands", "everything:args-prompt").args, "CITY [STATE]", "usage")
  runner:cancel()
end

t.done()
