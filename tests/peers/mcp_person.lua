-- The client that the conformance suite starts where somebody has to answer: the real hook with a
-- person who sends every form as it is. Argument: the address of the server.
require "qwen.api"
local fs, http, task = require "sys.fs", require "sys.http", require "sys.task"

local jobs = task.queue()
local runner = task.spawn(function()
  while true do task.spawn(jobs:get()) end
end)
local _, address = ...
local servers = { it = { httpUrl = address, timeout = 20000 } }
local ctx = { cwd = fs.cwd(), transport = http.open, notice = error, interactive = true,
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
for _, name in ipairs(ctx.servers.it.tools) do
  assert(qwen.x.registry.get("tools", name).run(ctx, {}))
end
hook.session_ended(ctx)
runner:cancel()
