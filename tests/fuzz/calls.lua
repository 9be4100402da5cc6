-- Fuzzes the repair of calls: any name of a tool (the first line) with any arguments (the rest) ends in calls that can be kept, and what
-- was repaired is an object.
local json = require "sys.json"
local json_repair = require "qwen.util.json_repair"
local registry = require "qwen.extension.registry"

require "qwen.api" -- makes the global that tools use
registry.scan { safe = true }
local ctx = { cwd = "/", tools = {}, found_tools = {}, seen = {}, notice = error, session = { id = "fuzz", messages = {} }, show = function() end,
  settings = assert(require("qwen.config.settings").load { cwd = "/", trusted = false, opts = {} }) }
for i, name in ipairs(registry.names "tools") do ctx.tools[i] = { name = name, schema = assert(registry.get("tools", name)).schema } end
local slips, view = require "qwen.agent.call_slips", require "qwen.session.message"

return function(input)
  local name, args = input:match "^([^\n]*)\n(.*)$"
  if not name then return end
  for _, lenient in ipairs { false, true } do
    local object, why = json_repair.object(args, lenient)
    assert(object and type(json.decode(object)) == "table" or type(why) == "string", "an object, or why there is none")
  end
  local answer = { role = "assistant", parts = { { type = "call", id = "1", name = name, args = args } } }
  slips.mend(ctx, answer)
  for _, call in ipairs(view.calls_of(answer)) do
    assert(type(call.name) == "string" and type(call.args) == "string" and type(call.id) == "string")
  end
  json.encode(answer.parts)
end
