-- More tool servers that nobody here wrote: each starts, lists its tools and answers a call.
require "qwen.api"
local t = dofile "tests/check.lua"
local peers = dofile "tests/peers/peers.lua"
local fs, http, json, task = require "sys.fs", require "sys.http", require "sys.json", require "sys.task"

local jobs = task.queue()
local runner = task.spawn(function()
  while true do task.spawn(jobs:get()) end
end)
local place = assert(fs.realpath(assert(fs.mkdtemp(os.getenv "TMPDIR" .. "/mcp-"))))
assert(fs.write(place .. "/note", "in the folder"))

local THOUGHT = { thought = "x", nextThoughtNeeded = false, thoughtNumber = 1, totalThoughts = 1 }
local rows = {
  { "server-filesystem", place, 10, "read_text_file", { path = place .. "/note" }, "in the folder" },
  { "server-memory", nil, 8, "read_graph", {}, '"entities": %[%]' },
  { "server-sequential-thinking", nil, 1, "sequentialthinking", THOUGHT, '"thoughtNumber": 1' },
}
for _, row in ipairs(rows) do
  local package = "@modelcontextprotocol/" .. row[1]
  local installed, reason = peers.has(package)
  if installed then
    local path = assert(fs.realpath(peers.modules .. package .. "/dist/index.js"))
    local entry = { command = peers.node, args = json.array { path, row[2] },
      env = { MEMORY_FILE_PATH = place .. "/memory.json" } }
    local told = {}
    local ctx = { cwd = place, transport = http.open, progress = function() end,
      notice = function(words) told[#told + 1] = words end,
      background = function(fn) jobs:put(fn) end,
      settings = { get = function(_, key) return key == "mcpServers" and { it = entry } or nil end,
        env = function() end } }
    qwen.x.registry.scan { safe = true }
    local hook = dofile "lua/hooks/mcp.lua"
    hook.session_started(ctx)
    ctx.starting[1]:get()
    local it = ctx.servers.it
    t.eq({ it.state, told }, { "ready", {} }, row[1])
    t.ok(#it.tools >= row[3], row[1] .. ": its tools")
    local result, e = qwen.x.registry.get("tools", "mcp__it__" .. row[4]).run(ctx, row[5])
    t.match(result and result.text or tostring(e), row[6], row[1] .. ": a call")
    hook.session_ended(ctx)
  else
    t.skip(row[1] .. ": " .. reason)
  end
end
runner:cancel()
t.done()
