-- A tool server (MCP) over HTTP: each message is a POST whose answer, JSON or a stream of events,
-- brings the reply. Header values are secrets of its origin, and every message goes to that origin,
-- also where the server says that its path is another. What the server says unasked is in events.
local err = require "qwen.util.err"
local events = require "qwen.extension.mcp.events"
local http = require "sys.http"
local is_private = require("qwen.net.redact").is_private
local json = require "sys.json"
local key_text = require "qwen.util.key_text"
local redirect = require "qwen.net.redirect"
local secret = require "sys.secret"
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"

local M = {}

local SHORTEST_SECRET, MOST_MOVES = 8, 3
local FAREWELL = 1 -- seconds for the end of a session
local MOST_ERROR, MOST_SHOWN = 64 * 1024, 200 -- bytes

---The headers of an entry, with those that may be keys as secrets of its origin.
---@param name string
---@param config {url: string, headers: table}
---@return table?, Err?
function M.headers_of(name, config)
  local url, e = http.parse_url(config.url)
  if not url then return nil, e end
  local out = { Accept = "application/json, text/event-stream",
    ["Content-Type"] = "application/json" }
  for key, value in pairs(config.headers) do
    out[key] = tostring(value):match "^(.-)\r?\n?$" -- as a variable of a file has it
    local odd = is_private(key) and key_text.odd(out[key])
    if odd then return nil, err("usage", phrase("the header %s has %s", key, odd)) end
    if #out[key] >= SHORTEST_SECRET then
      out[key], e = secret.new("mcp " .. name, out[key], { url.origin })
      if not out[key] then return nil, e end
    end
  end
  return out
end

---Where a path or an address of the same host leads, at our own origin; nil for another host.
---@param url string
---@param location string
---@return string?
function M.at_origin(url, location)
  local origin = url:match "^%a+://[^/?#]+"
  if location:find "^/[^/]" or location == "/" then return origin .. location end
  local there, here = http.parse_url(location), http.parse_url(url)
  if there and here and there.host == here.host then
    return origin .. location:match "^%a+://[^/?#]+(.*)$"
  end
  if not location:find "^%a[%w+.-]*:" and not location:find "^//" then
    return url:match "^[^?#]*/" .. location
  end
end

-- What a refusal says: the words of an error of the protocol, or the beginning of the text.
local function refusal(status, body)
  local message = json.decode(body, false, true)
  local said = type(message) == "table" and type(message.error) == "table" and message.error or {}
  local words = type(said.message) == "string" and said.message or body
  return err(status == 401 and "auth" or "protocol",
    phrase("the server answered %d %s", status, words:sub(1, MOST_SHOWN)),
    { status = status, rpc = math.tointeger(tonumber(said.code) or nil), data = said.data })
end

---The headers of one request.
---@param headers table
---@param more table?
---@return table
function M.joined(headers, more)
  local out = {}
  for key, value in pairs(headers) do out[key] = value end
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

---Posts a message; how long the answer may take is for the caller to say. A server that names
---another path of its own (as frameworks do for a slash) is asked there from then on.
---@param ctx Ctx
---@param target {url: string}
---@param headers table
---@param text string
---@param more table? headers of this message
---@return HttpStream?, Err?
function M.post(ctx, target, headers, text, more)
  for _ = 1, MOST_MOVES do
    local stream, problem = ctx.transport { url = target.url, method = "POST",
      headers = M.joined(headers, more), body = text, first_timeout = 0, idle_timeout = 0 }
    if not stream then return nil, problem end
    local status, location = stream.status, stream.status >= 300 and stream.headers.location
    local same = location and (status == 307 or status == 308)
    local moved = same and M.at_origin(target.url, location)
    if status < 300 then return stream end
    local body = moved and "" or stream:all(MOST_ERROR) or ""
    stream:close()
    if location and not moved then
      local e = redirect.refused(target.url, location)
      e.status = status
      return nil, e
    end
    if not moved then return nil, refusal(status, body) end
    target.url = moved
  end
  return nil, err("protocol", phrase "the server sends on from one path to the next")
end

local NOT_JSON = phrase "the server sent a reply that is not JSON"

---@param config {url: string, headers: table}
---@param ctx Ctx
---@param name string
---@param receive fun(text: string): boolean takes a message; false for what is none
---@return table? link {send, close, listen, version, anew, answers: whether the reply to a message
---has come when its `send` is back}
---@return Err?
function M.open(config, ctx, name, receive)
  local headers, e = M.headers_of(name, config)
  if not headers then return nil, e end
  local link, target = { answers = true }, { url = config.url }
  local source = { ctx = ctx, target = target, headers = headers, receive = receive }

  function link.send(text, waits, more)
    local session = headers["Mcp-Session-Id"]
    local stream, problem = M.post(ctx, target, headers, text, more)
    if not stream then
      -- It was forgotten: another must be begun.
      if problem.status == 404 and session then problem.code = "session" end
      return nil, problem
    end
    local _ <close> = stream
    headers["Mcp-Session-Id"] = stream.headers["mcp-session-id"] or headers["Mcp-Session-Id"]
    if (stream.headers["content-type"] or ""):find("text/event-stream", 1, true) then
      return events.answer(source, stream, waits)
    end
    local body
    body, problem = stream:all()
    if not body then return nil, problem end
    if body:find "%S" and not receive(body) then return nil, err("protocol", NOT_JSON) end
    return true
  end

  function link.version(version) headers["MCP-Protocol-Version"] = version end
  function link.anew()
    events.stop(source)
    headers["Mcp-Session-Id"], headers["MCP-Protocol-Version"] = nil, nil
  end
  function link.listen() events.listen(source) end
  function link.settle() events.settle(source) end

  function link.close()
    events.stop(source)
    if not headers["Mcp-Session-Id"] then return end
    local farewell = M.joined(headers)
    headers["Mcp-Session-Id"] = nil
    local said = task.spawn(function()
      local stream <close> = ctx.transport { url = target.url, method = "DELETE",
        headers = farewell }
      return stream ~= nil
    end)
    said:join(FAREWELL)
    said:cancel()
  end
  return link
end

return M
