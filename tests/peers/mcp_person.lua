-- The client that the conformance suite starts where somebody has to answer, or where more is asked
-- for than a model says: the real hook with a person who sends every form as it is. All tools,
-- prompts and texts of the server are used once; MCP_CONFORMANCE_CONTEXT names calls beside that.
-- Argument: the address of the server.
require "qwen.api"
local fs, http, json, task = require "sys.fs", require "sys.http", require "sys.json", require "sys.task"

local jobs = task.queue()
local runner = task.spawn(function()
  while true do task.spawn(jobs:get()) end
end)
local _, address = ...
local servers = { it = { httpUrl = address, timeout = 20000 } }
local function tell(words) io.stderr:write(words, "\n") end
local ctx = { cwd = fs.cwd(), transport = http.open, notice = tell, interactive = true,
  background = function(fn) jobs:put(fn) end, progress = function() end,
  settings = { get = function(_, key) return key == "mcpServers" and servers or nil end,
    env = function() end } }
function ctx.questions(pages)
  local answers = {}
  for i in ipairs(pages) do answers[i] = false end
  return answers
end

qwen.x.registry.scan { safe = true }
local hook = dofile "lua/hooks/mcp.lua"
hook.session_started(ctx)
ctx.starting[1]:get()
local client = assert(ctx.servers.it.client)
local context = json.decode(os.getenv "MCP_CONFORMANCE_CONTEXT" or "{}")
local scenario = os.getenv "MCP_CONFORMANCE_SCENARIO"

local function call(name, args)
  local tool = qwen.x.registry.get("tools", "mcp__it__" .. name)
  return tool and tool.run(ctx, args)
end

if context.toolCalls then
  for _, one in ipairs(context.toolCalls) do call(one.name, one.arguments) end
elseif scenario == "json-schema-2020-12-preservation" then
  local tools = {}
  for _, tool in ipairs(client:tools()) do tools[tool.name] = tool end
  call("json_schema_echo", { schema = tools.json_schema_2020_12_tool.inputSchema })
else
  for _, tool in ipairs(client:tools()) do call(tool.name, {}) end
end
for _, one in ipairs(client:resources() or {}) do client:read(one.uri) end
for _, name in ipairs(ctx.servers.it.prompts) do
  qwen.x.registry.get("commands", name).run(ctx, {})
end
hook.session_ended(ctx)
runner:cancel()
