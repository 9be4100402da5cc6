-- A tool server (MCP) over HTTP: each message is a POST whose answer, JSON or a stream of events, brings the reply. Header values are secrets of
-- its origin, and every message goes to that origin, also where the server says that its path is another.
local err = require "qwen.util.err"
local http = require "sys.http"
local is_private = require("qwen.net.redact").is_private
local key_text = require "qwen.util.key_text"
local redirect = require "qwen.net.redirect"
local secret = require "sys.secret"
local phrase = require("qwen.util.translate").phrase

local M = {}

local SHORTEST_SECRET, MOST_MOVES = 8, 3

---The headers of an entry, with those that may be keys as secrets of its origin.
---@param name string
---@param config {url: string, headers: table}
---@return table?, Err?
function M.headers_of(name, config)
  local url, e = http.parse_url(config.url)
  if not url then return nil, e end
  local out = { Accept = "application/json, text/event-stream", ["Content-Type"] = "application/json" }
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
  if there and here and there.host == here.host then return origin .. location:match "^%a+://[^/?#]+(.*)$" end
  if not location:find "^%a[%w+.-]*:" and not location:find "^//" then return url:match "^[^?#]*/" .. location end
end

---Posts a message. A server that names another path of its own (as frameworks do for a slash) is asked there from then on.
---@param ctx Ctx
---@param target {url: string}
---@param headers table
---@param text string
---@return HttpStream?, Err?
function M.post(ctx, target, headers, text)
  for _ = 1, MOST_MOVES do
    local stream, problem = ctx.transport { url = target.url, method = "POST", headers = headers, body = text }
    if not stream then return nil, problem end
    local status, location = stream.status, stream.status >= 300 and stream.headers.location
    local moved = location and (status == 307 or status == 308) and M.at_origin(target.url, location)
    if status < 300 then return stream end
    local body = moved and "" or (stream:all(2000) or ""):sub(1, 200)
    stream:close()
    if location and not moved then
      local e = redirect.refused(target.url, location)
      e.status = status
      return nil, e
    elseif not moved then
      return nil, err(status == 401 and "auth" or "protocol", phrase("the server answered %d %s", status, body), { status = status })
    end
    target.url = moved
  end
  return nil, err("protocol", phrase "the server sends on from one path to the next")
end

-- The messages of an answer, told as they come.
local function read_answer(stream, receive)
  local ok = true
  if not (stream.headers["content-type"] or ""):find("text/event-stream", 1, true) then
    local body, e = stream:all()
    if not body then return nil, e end
    if body:find "%S" then ok = receive(body) end
  else
    while true do
      local data, e = stream:event()
      if not data and e then return nil, e end
      if not data then break end
      if data:find "%S" then ok = receive(data) and ok end
    end
  end
  if not ok then return nil, err("protocol", phrase "the server sent a reply that is not JSON") end
  return true
end

---@param config {url: string, headers: table}
---@param ctx Ctx
---@param name string
---@param receive fun(text: string): boolean takes a message; false for what is none
---@return table? link {send, close, answers: whether the reply to a message has come when its `send` is back}
---@return Err?
function M.open(config, ctx, name, receive)
  local headers, e = M.headers_of(name, config)
  if not headers then return nil, e end
  local link, target = { answers = true }, { url = config.url }

  function link.send(text)
    local session = headers["Mcp-Session-Id"]
    local stream, problem = M.post(ctx, target, headers, text)
    if not stream then
      if problem.status == 404 and session then problem.code = "session" end -- it was forgotten: another must be begun
      return nil, problem
    end
    local _ <close> = stream
    headers["Mcp-Session-Id"] = stream.headers["mcp-session-id"] or headers["Mcp-Session-Id"]
    return read_answer(stream, receive)
  end

  function link.version(version) headers["MCP-Protocol-Version"] = version end
  function link.anew() headers["Mcp-Session-Id"], headers["MCP-Protocol-Version"] = nil, nil end
  function link.close() end
  return link
end

return M
