-- A tool server (MCP) by the older transport: a stream of events that stays open names the address for messages, and brings all replies.
local err = require "qwen.util.err"
local http = require "qwen.extension.mcp.http"
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"

local M = {}

local FIRST = 5 -- seconds until the stream must begin

-- The first event of a stream, when it comes soon.
local function first_event(stream)
  local queue = task.queue(1)
  local reader = task.spawn(function() queue:put { stream:event() } end)
  local event = queue:get(FIRST) or {}
  reader:cancel()
  return event[1], event[2]
end

---@param config {url: string, headers: table}
---@param ctx Ctx
---@param name string
---@return table? link {send, read, close}
---@return Err? its status, or the code "no_stream", says that the server may speak otherwise
function M.open(config, ctx, name)
  local headers, e = http.headers_of(name, config)
  if not headers then return nil, e end
  local asking = {}
  for key, value in pairs(headers) do asking[key] = key ~= "Content-Type" and value or nil end
  asking.Accept = "text/event-stream"
  local stream
  local request = { url = config.url, method = "GET", headers = asking, first_timeout = FIRST, idle_timeout = 0 }
  stream, e = require("qwen.net.redirect").open(ctx.transport, request)
  if not stream then
    if e.code == "redirect" then e.code = "no_stream" end
    return nil, e
  end
  local is_stream = (stream.headers["content-type"] or ""):find("text/event-stream", 1, true)
  if stream.status ~= 200 or not is_stream then
    local body = (stream:all(2000) or ""):sub(1, 200)
    stream:close()
    return nil, err(stream.status == 401 and "auth" or "protocol", phrase("the server answered %d %s", stream.status, body),
      { status = stream.status, code = "no_stream" })
  end
  local endpoint, kind = first_event(stream)
  local link, target = {}, { url = kind == "endpoint" and endpoint and http.at_origin(config.url, endpoint) }
  if not target.url then
    stream:close()
    return nil, err("protocol", phrase "the server did not say where messages go", { code = "no_stream" })
  end

  function link.send(text)
    local answer <close>, problem = http.post(ctx, target, headers, text)
    return answer and true or nil, problem
  end

  function link.read()
    while true do
      local data, event = stream:event()
      if not data then return nil, err.is(event) and event or err("broken", phrase "the server ended its stream") end
      if event ~= "endpoint" and data:find "%S" then return data end
    end
  end

  function link.close() stream:close() end
  return link
end

return M
