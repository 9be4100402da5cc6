-- A tool server (MCP) inside the program that started us: its messages travel over the control
-- channel of that program.
local err = require "qwen.util.err"
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase

local M = {}

---@param _ table config
---@param ctx Ctx
---@param name string
---@param receive fun(text: string): boolean takes a message
---@return table? link {send, close, answers}
---@return Err?
function M.open(_, ctx, name, receive)
  if not ctx.client then
    return nil, err("usage", phrase "a server of type sdk is for programs that start qwen with --input-format stream-json")
  end
  local link = { answers = true }

  function link.send(text)
    local reply, e = ctx.client.ask { subtype = "mcp_message", server_name = name, message = json.raw(text) }
    if not reply then return nil, e end
    local message = json.decode(text)
    if message.id ~= nil and type(reply.mcp_response) == "table" then receive(json.encode(reply.mcp_response)) end
    return true
  end

  function link.close() end
  return link
end

return M
