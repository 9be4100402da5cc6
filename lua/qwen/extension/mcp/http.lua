-- A tool server (MCP) over HTTP: each message is a POST whose answer is JSON or a stream of events. Header values are secrets of its origin.
local err = require "qwen.util.err"
local http = require "sys.http"
local secret = require "sys.secret"
local task = require "sys.task"

local M = {}

local SHORTEST_SECRET = 8

local function headers_of(name, config)
  local url, e = http.parse_url(config.httpUrl or config.url)
  if not url then return nil, e end
  local out = { Accept = "application/json, text/event-stream", ["Content-Type"] = "application/json" }
  for key, value in pairs(type(config.headers) == "table" and config.headers or {}) do
    out[key] = tostring(value)
    if #out[key] >= SHORTEST_SECRET then
      out[key], e = secret.new("mcp " .. name, out[key], { url.origin })
      if not out[key] then return nil, e end
    end
  end
  return out
end

-- The messages of an answer into the queue.
local function read_answer(stream, queue)
  if not (stream.headers["content-type"] or ""):find("text/event-stream", 1, true) then
    local body, e = stream:all()
    if body and body:find "%S" then queue:put(body) end
    return body ~= nil, e
  end
  while true do
    local data, e = stream:event()
    if not data then return e == nil, e end
    queue:put(data)
  end
end

---@param config {httpUrl: string?, url: string?, headers: table?}
---@param ctx Ctx
---@param name string
---@return table? link {send, read, close}
---@return Err?
function M.open(config, ctx, name)
  local headers, e = headers_of(name, config)
  if not headers then return nil, e end
  local queue, link = task.queue(), {}

  function link.send(text)
    local stream <close>, problem = ctx.transport { url = config.httpUrl or config.url, method = "POST", headers = headers, body = text }
    if not stream then return nil, problem end
    if stream.status >= 300 then
      return nil, err(stream.status == 401 and "auth" or "protocol", ("the server answered %d %s"):format(stream.status, (stream:all(2000) or ""):sub(1, 200)))
    end
    headers["Mcp-Session-Id"] = stream.headers["mcp-session-id"] or headers["Mcp-Session-Id"]
    return read_answer(stream, queue)
  end

  function link.read() return queue:get() end
  function link.version(version) headers["MCP-Protocol-Version"] = version end
  function link.close() queue:close() end
  return link
end

return M
