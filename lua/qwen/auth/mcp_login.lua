-- Signing in to a tool server (MCP): where its authorization server is, the client that we are
-- there, a browser that comes back with a code, and what is kept of the answer.
local body = require "qwen.net.body"
local credentials = require "qwen.credential.credentials"
local err = require "qwen.util.err"
local mcp_client = require "qwen.auth.mcp_client"
local metadata = require "qwen.auth.mcp_metadata"
local token = require "qwen.auth.oauth_token"
local phrase = require("qwen.util.translate").phrase
local visible = require("sys.text").visible

local M = {}

local PORT, PATH = 7777, "/oauth/callback" -- those of Qwen Code, which clients are registered with

local function is_text(value) return type(value) == "string" and value ~= "" end

-- The words of both, each once, in their order; nil when there are none.
local function union(a, b)
  local out, seen = {}, {}
  for word in ((a or "") .. " " .. (b or "")):gmatch "%S+" do
    if not seen[word] then out[#out + 1] = word end
    seen[word] = true
  end
  return out[1] and table.concat(out, " ") or nil
end

-- The address of a tool server as authorization servers know it.
local function canonical(url)
  return (url:gsub("#.*$", ""):gsub("^(%a+://[^/?#]+)/$", "%1"))
end

---Where the authorization server is, and what the tool server is called there.
---@param ctx Ctx
---@param server {name: string, url: string, oauth: table}
---@param challenge table
---@param before string? the issuer of the sign-in before, which is taken when it is still named
---@return {meta: table, resource: string, scope: string?}?
---@return Err?
local function discover(ctx, server, challenge, before)
  local given = server.oauth
  local resource, e = metadata.resource(ctx, server.url, challenge.resource_metadata)
  if not resource and e then return nil, e end
  local out = { resource = resource and resource.resource or canonical(server.url),
    scope = resource and resource.scope }
  if is_text(given.authorizationUrl) and is_text(given.tokenUrl) then
    out.meta = { issuer = given.tokenUrl, configured = true, token_endpoint = given.tokenUrl,
      authorization_endpoint = given.authorizationUrl,
      registration_endpoint = given.registrationUrl }
  elseif not resource then
    out.meta, e = metadata.at_origin(ctx, server.url)
  else
    local issuer = resource.servers[1]
    if before and metadata.has(resource.servers, before) then issuer = before end
    if not issuer then
      return nil, err("protocol", phrase "its metadata names no authorization server")
    end
    out.meta, e = metadata.issuer(ctx, issuer, server.url)
  end
  if not out.meta then return nil, e end
  return out
end

-- Which rights are asked for: those of the settings, else of the refusal, else what the server
-- knows; those that were there before stay.
local function scope_of(server, challenge, found, before)
  local own = metadata.texts(server.oauth.scopes)
  local scope = challenge.scope or not own[1] and found.scope or nil
  scope = union(union(before and before.asked, table.concat(own, " ")), scope)
  local offline = metadata.has(found.meta.scopes_supported, "offline_access")
  return scope and offline and union(scope, "offline_access") or scope
end

-- Where the browser comes back to: ports to listen at, the path, and the address when it is given.
local function way_back(server)
  local given = server.oauth.redirectUri
  if not is_text(given) then
    return { ports = server.oauth.clientId and { PORT } or { PORT, 0 }, path = PATH }
  end
  local place, e = token.checked(given, "address")
  if not place then return nil, e end
  local path = given:match "^%a+://[^/?#]+([^?#]*)"
  return { ports = { place.loopback and place.port or PORT }, path = path ~= "" and path or "/",
    redirect_uri = given }
end

local function is_for_programs(meta)
  local grants = meta.grant_types_supported
  if metadata.has(grants, "authorization_code") then return false end
  return metadata.has(grants, "client_credentials")
end

-- What is kept beside the tokens, to know later where they belong.
local function fields_of(server, found, client, scope, record)
  local granted, meta = record.fields.scope, found.meta
  return { server = server.name, url = server.url, resource = found.resource, issuer = meta.issuer,
    token_url = meta.token_endpoint, client_id = client.id, client_way = client.way,
    client_from = client.from, asked = scope, scope = is_text(granted) and granted or scope,
    grant = is_for_programs(meta) and "client_credentials" or "authorization_code" }
end

local function keep(server, record, client, options)
  local own = server.credential .. ".client"
  local place, e = credentials.put(server.credential, record, { backend = options.store })
  if not place then return nil, e end
  if client.secret and client.from == "registration" then
    local ok
    ok, e = credentials.put(own, { secret = client.secret, origins = client.secret:origins(),
      fields = { issuer = record.fields.issuer, client_id = client.id } }, { backend = place })
    if not ok then return nil, e end
  elseif credentials.has(own) then
    credentials.remove(own)
  end
  return place
end

-- A token for the client itself, without a person.
local function as_program(o, client)
  local headers, fields = mcp_client.proof(client)
  o = token.merged(o, { headers = headers })
  fields = token.merged(token.merged(o.exchange, fields), { grant_type = "client_credentials",
    client_id = client.id, scope = o.scope })
  local answer, e, status = token.ask(o, o.token_url, body.form(fields))
  if not answer then return nil, e end
  if status == 200 then return token.record_of(o, answer) end
  return nil, err("auth", phrase("%s gave no token (status %d): %s", visible(o.token_url), status,
    token.words_of(answer)), { status = status })
end

-- Signs in by a browser that comes back; the client is chosen once it is known where to.
local function by_browser(ctx, server, found, o)
  local meta, client = found.meta, nil
  if not is_text(meta.authorization_endpoint) then
    return nil, err("protocol", phrase("the metadata of %s has no authorization_endpoint",
      visible(meta.issuer)))
  end
  local back, e = way_back(server)
  if not back then return nil, e end
  local flow = token.merged(token.merged(o, back), { authorize_url = meta.authorization_endpoint,
    params = o.exchange, issuer = not meta.configured and meta.issuer or nil,
    names_issuer = meta.authorization_response_iss_parameter_supported == true })
  function flow.begin(redirect)
    local problem
    client, problem = mcp_client.choose(ctx, server, meta,
      { redirect = redirect, scope = o.scope, known = o.known })
    if not client then return nil, problem end
    local headers, fields = mcp_client.proof(client)
    return { client_id = client.id, headers = headers, exchange = token.merged(o.exchange, fields) }
  end
  local record
  record, e = require "qwen.auth.oauth_browser"(flow)
  return record, record and client or e
end

-- The fields of the sign-in before, when it was for the same address.
local function fields_before(server)
  local record = credentials.has(server.credential) and credentials.get(server.credential)
  return record and record.fields.url == server.url and record.fields or nil
end

local function of_known_kind(record, meta)
  local kind = record.fields.token_type
  if not is_text(kind) or kind:lower() == "bearer" then return true end
  return nil, err("protocol", phrase("%s gave a token of the unknown kind %s", visible(meta.issuer),
    visible(kind)))
end

---Signs in, and stores the tokens.
---@param ctx Ctx
---@param server {name: string, url: string, origin: string, credential: string, oauth: table}
---@param challenge table of the refusal; empty when there was none
---@param options {scope: string?, store: string?, paste: boolean?}
---@return string? place
---@return Err?
function M.login(ctx, server, challenge, options)
  local before = fields_before(server)
  local found, e = discover(ctx, server, challenge, before and before.issuer)
  if not found then return nil, e end
  local meta, audiences = found.meta, metadata.texts(server.oauth.audiences)
  local same = before and before.issuer == meta.issuer and before or nil
  local o = { ctx = ctx, title = server.name, name = server.credential, known = before,
    token_url = meta.token_endpoint, origins = { server.origin }, paste = options.paste,
    scope = union(scope_of(server, challenge, found, same), options.scope),
    exchange = { resource = found.resource,
      audience = audiences[1] and table.concat(audiences, " ") or nil } }
  local record, client
  if is_for_programs(meta) then
    client, e = mcp_client.choose(ctx, server, meta, { known = before })
    if not client then return nil, e end
    record, e = as_program(o, client)
  else
    record, client = by_browser(ctx, server, found, o)
    e = client
  end
  if not record then return nil, e end
  local known
  known, e = of_known_kind(record, meta)
  if not known then return nil, e end
  record.fields = fields_of(server, found, client, o.scope, record)
  return keep(server, record, client, options)
end

-- The client of a stored sign-in, with its secret.
local function stored_client(server, fields)
  local client = { id = fields.client_id, way = fields.client_way, from = fields.client_from }
  if client.from == "settings" then
    return mcp_client.of_settings(server, { token_endpoint = fields.token_url,
      token_endpoint_auth_methods_supported = { fields.client_way } })
  end
  if client.way == "none" then return client end
  local record, e = credentials.get(server.credential .. ".client")
  if not record then return nil, e end
  if record.fields.client_id ~= client.id or record.fields.issuer ~= fields.issuer then
    return nil, err("auth", phrase "the stored client is for another sign-in")
  end
  client.secret = record.secret
  return client
end

---Another token in the place of one that ends, from where the first one came.
---@param ctx Ctx
---@param server table as of login
---@param old table the record
---@return table? record
---@return Err? code "over": the sign-in has ended
function M.renew(ctx, server, old)
  local fields = old.fields
  local client, e = stored_client(server, fields)
  if not client then return nil, e end
  local headers, more = mcp_client.proof(client)
  more.resource = fields.resource
  local o = { ctx = ctx, title = server.name, name = server.credential, again = server.again,
    token_url = fields.token_url, client_id = client.id, origins = { server.origin },
    headers = headers, exchange = more, scope = fields.asked }
  local record
  if fields.grant == "client_credentials" then
    record, e = as_program(token.merged(o, { exchange = { resource = fields.resource } }), client)
  else
    record, e = require("qwen.auth.oauth").refresh(o, old)
  end
  if not record then return nil, e end
  local granted = record.fields.scope
  record.fields = token.merged(fields, is_text(granted) and { scope = granted } or nil)
  return record
end

return M
