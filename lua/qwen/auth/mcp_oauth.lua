-- The sign-in of tool servers (MCP) as their connection uses it: a transport that shows the token
-- of a server to its origin and to nobody else, renews it, and says what a refusal asks for.
local credentials = require "qwen.credential.credentials"
local err = require "qwen.util.err"
local http = require "sys.http"
local metadata = require "qwen.auth.mcp_metadata"
local oauth = require "qwen.auth.oauth"
local sys = require "sys.os"
local task = require "sys.task"
local translate = require "qwen.util.translate"
local visible = require("sys.text").visible

local tr, phrase = translate.tr, translate.phrase

local M = {}

local AHEAD = 30 -- seconds before its end that a token is renewed

local function stem(name) return ("mcp." .. name:gsub("[^%w_-]", "_")):sub(1, 70) .. "." end

---The name that the sign-in of a server is stored under: servers of one name in two projects are
---two, and one that moves to another address is another one.
---@param name string
---@param url string
---@return string
function M.credential_name(name, url) return stem(name) .. sys.sha256(url):sub(1, 12) end

-- Ways to prove who one is that other programs know and this one does not.
local function unknown_way(name, config)
  local way = config.authProviderType
  if type(config.oauth) == "table" and config.oauth.tokenParamName ~= nil then
    return err("usage", phrase("mcpServers.%s.oauth.tokenParamName is not supported; a token travels "
      .. "in a header, never in an address", visible(name)))
  end
  if way == nil or way == "dynamic_discovery" then return nil end
  return err("usage", phrase("mcpServers.%s.authProviderType '%s' is not supported; put a token "
    .. "into headers: {\"Authorization\": \"Bearer $TOKEN\"}", visible(name), visible(tostring(way))))
end

local function has_header(headers)
  for name in pairs(headers) do
    if type(name) == "string" and name:lower() == "authorization" then return true end
  end
  return false
end

-- What an entry of mcpServers says about its sign-in; nil for a program.
local function server_of(ctx, name, given)
  local config, e = require("qwen.extension.mcp.config").read(ctx, name, given)
  if not config or not config.url then return nil, e end
  local place
  place, e = http.parse_url(config.url)
  if not place then return nil, e end
  local again = ctx.pick and ctx.session and "/mcp login " or "qwen mcp login "
  return { name = name, url = config.url, origin = place.origin, again = again .. name,
    oauth = type(given.oauth) == "table" and given.oauth or {},
    credential = M.credential_name(name, config.url), has_header = has_header(config.headers) }
end

-- The stored sign-in, when it is for this address; nothing when there is none.
local function stored(server)
  if not credentials.has(server.credential, server.origin) then return nil end
  local record, e = credentials.get(server.credential)
  if not record then return nil, e end
  return record.fields.url == server.url and record or nil
end

-- A session knows what was asked for; for a shell it is named, as far as that takes it as words.
local function wants_more(self)
  local command = self.server.again
  local scope = (self.challenge.scope or ""):gsub("[^%w .:_/~@+-]", "")
  local shell = command:sub(1, 1) ~= "/"
  if shell and scope:find "%S" then command = ("%s --scope '%s'"):format(command, scope) end
  return err("auth", phrase("it wants more rights for this; run: %s", command),
    { code = "scope", status = 403 })
end

-- Whether the server still trusts the issuer of a token; where it does not say, it does.
local function still_trusted(self, record)
  local named = self.challenge.resource_metadata
  local resource = named and metadata.resource(self.plain, self.server.url, named)
  if not resource or not resource.servers[1] then return true end
  return metadata.has(resource.servers, record.fields.issuer)
end

-- `stream`: the refusal; its words are shown where nothing says that a sign-in would help.
local function wants_sign_in(self, stream)
  local words = phrase("it wants a sign-in; run: %s", self.server.again)
  if stream and not stream.headers["www-authenticate"] then
    local text = visible((stream:all(2000) or ""):sub(1, 200))
    words = phrase("the server answered %d %s; to sign in, run: %s", stream.status, text,
      self.server.again)
  end
  return err("auth", words, { code = "sign_in", status = 401 })
end

-- Renews the token. Who waits for it may give up; what came of it must be stored all the same.
local function renew(self, refused)
  local server, done = self.server, task.queue(1)
  local flow = { ctx = self.plain, title = server.name, name = server.credential,
    again = server.again }
  function flow.renewed(old)
    return require("qwen.auth.mcp_login").renew(self.plain, server, old)
  end
  self.plain.background(function()
    local record, e = oauth.credential(flow, refused)
    done:put { record = record, e = e }
  end)
  local answer = done:get()
  return answer.record, answer.e
end

-- The token for the next request, renewed when it ends or was refused.
local function current(self, refused)
  local record = self.record
  if not record then return nil end
  local ends = record.expires and record.expires - AHEAD <= task.time()
  if not refused and not ends then return record end
  if refused and not still_trusted(self, record) then return nil, wants_sign_in(self) end
  local fresh, e = renew(self, refused)
  if fresh then
    self.record = fresh
    return fresh
  end
  local over = e.code == "over" or e.kind == "auth" and not e.status
  if not over then return nil, e end
  self.record = nil
  return nil, err("auth", err.phrase(e), { code = "sign_in", status = 401 })
end

-- The request with the token, which C sends to the origin of the server only.
local function shown(self, request, record)
  if not record then return request end
  local bound, e = record.secret:bind { self.server.origin }
  if not bound then return nil, e end
  local out, headers = {}, {}
  for key, value in pairs(request) do out[key] = value end
  for key, value in pairs(request.headers or {}) do headers[key] = value end
  headers.Authorization = { "Bearer ", bound }
  out.headers = headers
  return out
end

-- Sends a request; one that is refused is sent again with a renewed token.
local function send(self, request)
  local place = http.parse_url(request.url)
  if not place or place.origin ~= self.server.origin then return self.plain.transport(request) end
  local refused = false
  while true do
    local record, e = current(self, refused)
    if not record and e then return nil, e end
    local whole, stream
    whole, e = shown(self, request, record)
    if not whole then return nil, e end
    stream, e = self.plain.transport(whole)
    if not stream then return nil, e end
    local status, challenge = stream.status, metadata.challenge(stream.headers["www-authenticate"])
    local lacks = status == 403 and challenge.error == "insufficient_scope"
    if status ~= 401 and not lacks then return stream end
    local _ <close> = stream
    self.challenge = challenge
    if lacks then
      return nil, wants_more(self)
    end
    if not record or refused then return nil, wants_sign_in(self, stream) end
    refused = true
  end
end

---A context for the connection to a server, whose requests show the stored token.
---@param ctx Ctx
---@param name string
---@param given table an entry of mcpServers
---@param fresh boolean? without the token that is stored
---@return {ctx: Ctx, challenge: table?}?
---@return Err?
function M.attach(ctx, name, given, fresh)
  local problem = unknown_way(name, given)
  if problem then return nil, problem end
  local server = server_of(ctx, name, given)
  if not server or server.has_header and server.oauth.enabled ~= true then return { ctx = ctx } end
  local self = { plain = ctx, server = server }
  local function transport(request) return send(self, request) end
  self.ctx = setmetatable({ transport = transport }, { __index = ctx })
  if fresh then return self end
  local e
  self.record, e = stored(server)
  if e then return nil, e end
  return self
end

-- Asks a server for its tools; nil and why it refused.
local function try(attached, name, given)
  local client, e = require("qwen.extension.mcp.client").connect(attached.ctx, name, given)
  local tools
  if client then
    tools, e = client:tools()
    client:close()
  end
  return tools, e
end

---Signs in to a server and asks it for its tools.
---@param ctx Ctx
---@param name string
---@param given table an entry of mcpServers
---@param options {scope: string?, store: string?, paste: boolean?, challenge: table?} challenge: of
--- a refusal that is known
---@return {place: string?, tools: integer}? place: the store of the tokens; nil when the server
--- wants no sign-in
---@return Err?
function M.login(ctx, name, given, options)
  local server, e = server_of(ctx, name, given)
  if not server then
    local words = phrase("%s is a program; only servers at an address have a sign-in", visible(name))
    return nil, e or err("usage", words)
  end
  local attached
  attached, e = M.attach(ctx, name, given, true)
  if not attached then return nil, e end
  local challenge = options.challenge
  if not challenge then
    local tools, refusal = try(attached, name, given)
    challenge = attached.challenge
    local wanted = options.scope or server.oauth.enabled == true
    if tools and not challenge and not wanted then return { tools = #tools } end
    if not tools and not challenge then return nil, refusal end
  end
  local place
  place, e = require("qwen.auth.mcp_login").login(ctx, server, challenge or {}, options)
  if not place then return nil, e end
  local tools, refusal = try(assert(M.attach(ctx, name, given)), name, given)
  if not tools then return nil, refusal end
  return { place = place, tools = #tools }
end

---What is known of the sign-in of a server without asking it; nil when there is nothing to say.
---@param ctx Ctx
---@param name string
---@param given any an entry of mcpServers
---@return string?
function M.state(ctx, name, given)
  local server = type(given) == "table" and server_of(ctx, name, given)
  if not server then return nil end
  if credentials.has(server.credential, server.origin) then return tr "signed in" end
  if server.oauth.enabled == true then return tr("not signed in; run: %s", server.again) end
end

---Forgets the sign-in of a server, at whatever address.
---@param name string
---@return boolean? found whether there was one
---@return Err?
function M.logout(name)
  local list, e = credentials.list()
  if not list then return nil, e end
  local begin, found = stem(name), false
  for _, row in ipairs(list) do
    if row.name:sub(1, #begin) == begin then
      local ok
      ok, e = credentials.remove(row.name)
      if not ok then return nil, e end
      found = true
    end
  end
  return found
end

return M
