-- The client that qwen is at the authorization server of a tool server: one that the user has
-- registered, one that a document describes, or one that it registers by itself (RFC 7591); and how
-- it proves at the token endpoint who it is.
local err = require "qwen.util.err"
local http = require "sys.http"
local json = require "sys.json"
local metadata = require "qwen.auth.mcp_metadata"
local secret = require "sys.secret"
local token = require "qwen.auth.oauth_token"
local phrase = require("qwen.util.translate").phrase
local visible = require("sys.text").visible

local M = {}

local SECRETS = { "client_secret", "registration_access_token" }
local BASIC, POST = "client_secret_basic", "client_secret_post"

local function is_text(value) return type(value) == "string" and value ~= "" end

---Whether an id is the address of a document about the client.
---@param id any
---@return boolean
function M.is_document(id) return is_text(id) and id:find "^https://[^/?#]+/[^?#]" ~= nil end

-- The way to prove itself: what the registration says, else the first that both know.
local function way_of(meta, has_secret, registered)
  if not has_secret or registered == "none" then return "none" end
  if registered == BASIC or registered == POST then return registered end
  local known = meta.token_endpoint_auth_methods_supported
  if not metadata.texts(known)[1] or metadata.has(known, BASIC) then return BASIC end
  return metadata.has(known, POST) and POST or "none"
end

---What goes with a request to the token endpoint.
---@param client {id: string, secret: Secret?, way: string}
---@return table headers
---@return table fields
function M.proof(client)
  if client.way == BASIC then
    return { Authorization = { "Basic ", assert(client.secret:basic(client.id)) } }, {}
  end
  return {}, { client_secret = client.way == POST and client.secret or nil }
end

---The client of the settings; its secret goes to the token endpoint only.
---@param server {name: string, oauth: table}
---@param meta table
---@return table? client
---@return Err?
function M.of_settings(server, meta)
  local id, value, sealed = server.oauth.clientId, server.oauth.clientSecret, nil
  if is_text(value) then
    local place, e = http.parse_url(meta.token_endpoint)
    if not place then return nil, e end
    sealed, e = secret.new("mcp " .. server.name, value, { place.origin })
    if not sealed then return nil, e end
  end
  return { id = id, secret = sealed, way = way_of(meta, sealed ~= nil), from = "settings" }
end

local function advice(server)
  return phrase("register one there and put its id into mcpServers.%s.oauth.clientId", server.name)
end

local function register(ctx, server, meta, redirect, scope)
  local ways = meta.token_endpoint_auth_methods_supported
  local way = "none"
  if metadata.texts(ways)[1] and not metadata.has(ways, "none") then way = way_of(meta, true) end
  local wanted = { client_name = "qwen", application_type = "native", scope = scope,
    redirect_uris = json.array { redirect }, response_types = json.array { "code" },
    grant_types = json.array { "authorization_code", "refresh_token" },
    token_endpoint_auth_method = way }
  local place, wrong = token.checked(meta.token_endpoint, "address")
  if not place then return nil, wrong end
  local asked = { ctx = ctx, name = "mcp " .. server.name, seal = SECRETS,
    origins = { place.origin } }
  local answer, e, status =
    token.ask(asked, meta.registration_endpoint, json.encode(wanted), "application/json")
  if not answer then return nil, e end
  if status ~= 200 and status ~= 201 or not is_text(answer.client_id) then
    return nil, err("auth", phrase("%s registered no client (status %d): %s; %s",
      visible(meta.issuer), status, token.words_of(answer), advice(server)), { status = status })
  end
  local sealed = type(answer.client_secret) == "userdata" and answer.client_secret or nil
  if sealed then
    sealed, e = sealed:bind { place.origin }
    if not sealed then return nil, e end
  end
  return { id = answer.client_id, secret = sealed, from = "registration",
    way = way_of(meta, sealed ~= nil, answer.token_endpoint_auth_method) }
end

---The client for an authorization server. One that was registered elsewhere is not shown to it.
---@param ctx Ctx
---@param server {name: string, oauth: table}
---@param meta table metadata of the authorization server
---@param o {redirect: string, scope: string?, known: table?} known: fields of the sign-in before
---@return {id: string, secret: Secret?, way: string, from: string}?
---@return Err?
function M.choose(ctx, server, meta, o)
  local id = server.oauth.clientId
  local document = M.is_document(id)
  local knows = meta.client_id_metadata_document_supported == true or not meta.registration_endpoint
  if is_text(id) and (not document or knows) then
    local before = not document and o.known and o.known.client_id == id and o.known.issuer
    if before and before ~= meta.issuer then
      return nil, err("denied", phrase("%s names another authorization server (%s) than the one "
        .. "that your client was used at (%s); if that is right, run first: qwen mcp logout %s",
        server.name, visible(meta.issuer), visible(before), server.name))
    end
    return M.of_settings(server, meta)
  end
  if is_text(meta.registration_endpoint) then
    return register(ctx, server, meta, o.redirect, o.scope)
  end
  return nil, err("usage", phrase("%s registers no clients; %s", visible(meta.issuer),
    advice(server)))
end

return M
