-- What a tool server that wants a sign-in says of itself and of its authorization server: the
-- challenge of a refusal (RFC 6750), the metadata of both (RFC 9728, RFC 8414, OpenID Connect).
local err = require "qwen.util.err"
local http = require "sys.http"
local json = require "sys.json"
local redirect = require "qwen.net.redirect"
local token = require "qwen.auth.oauth_token"
local phrase = require("qwen.util.translate").phrase
local visible = require("sys.text").visible

local M = {}

local PATIENCE, MOST, LONGEST = 15, 1024 * 1024, 8192 -- seconds, bytes, bytes of a header
local RESOURCE = "/.well-known/oauth-protected-resource"
local OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"

-- A text between quotation marks at the beginning of another, and what follows it.
local function quoted(text)
  local pieces, at = {}, 2
  while true do
    local stop = text:find('["\\]', at)
    if not stop then return nil end
    pieces[#pieces + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(pieces), text:sub(stop + 1) end
    pieces[#pieces + 1], at = text:sub(stop + 1, stop + 1), stop + 2
  end
end

---The parameters of the Bearer challenge in a header WWW-Authenticate.
---@param header string?
---@return {resource_metadata: string?, scope: string?, error: string?, error_description: string?}
function M.challenge(header)
  local text, out = ("," .. (header or "")):sub(1, LONGEST), {}
  local _, last = text:lower():find ",%s*bearer%f[%s\0]"
  local rest = last and text:sub(last + 1)
  while rest do
    local key, behind = rest:match "^[%s,]*([%w_-]+)%s*=%s*(.*)$"
    if not key then break end
    local value
    if behind:sub(1, 1) == '"' then
      value, rest = quoted(behind)
    else
      value, rest = behind:match "^([^%s,]*)(.*)$"
    end
    if value and not out[key:lower()] then out[key:lower()] = value end
  end
  return out
end

local function denied(words) return err("denied", words) end

local function shown(value) return visible(tostring(value)) end

local function is_text(value) return type(value) == "string" and value ~= "" end

---The texts of a list of a stranger.
---@param list any
---@return string[]
function M.texts(list)
  local out = {}
  for _, item in ipairs(type(list) == "table" and list or {}) do
    if is_text(item) then out[#out + 1] = item end
  end
  return out
end

---Whether such a list has a text.
---@param list any
---@param text string
---@return boolean
function M.has(list, text)
  for _, item in ipairs(M.texts(list)) do
    if item == text then return true end
  end
  return false
end

-- Whether an address may be asked that a server names: one of the internet cannot have us ask this
-- machine, or a network around it.
local function allowed(url, server)
  local place, e = token.checked(url, "address")
  if not place then return nil, e end
  if place.public or not server.public then return true end
  return nil, denied(phrase("%s names an address of a private network: %s", server.origin,
    shown(url)))
end

-- A JSON object at an address that a server names.
local function get(ctx, url, server)
  local ok, e = allowed(url, server)
  if not ok then return nil, e end
  local headers = { Accept = "application/json", ["User-Agent"] = ctx.user_agent }
  local request = { url = url, headers = headers, total_timeout = PATIENCE }
  local stream <close>, problem = redirect.open(ctx.transport, request)
  if not stream then return nil, problem end
  local status = stream.status
  if status ~= 200 then
    local words = phrase("%s answered %d", shown(url), status)
    return nil, err("protocol", words, { status = status < 500 and status or nil })
  end
  local text
  text, e = stream:all(MOST)
  if not text then return nil, e end
  local value = json.decode(text)
  if type(value) == "table" then return value end
  return nil, err("protocol", phrase("%s is no JSON object", shown(url)), { status = status })
end

-- The first of the addresses that has what is looked for; the next one is asked where there is
-- nothing at all. `status` of the error says that none of them has anything.
local function first(ctx, urls, server, fits)
  local problem
  for _, url in ipairs(urls) do
    local value, e = get(ctx, url, server)
    if value then
      local wrong = fits(value)
      if not wrong then return value end
      e = wrong
    elseif not e.status then
      return nil, e
    end
    if not problem or not e.status then problem = e end
  end
  return nil, problem
end

local function parts(url)
  local origin, path, query = url:match "^(%a[%w+.-]*://[^/?#]+)([^?#]*)(%??[^#]*)"
  return origin, path and path:gsub("%f[/]/+$", ""), query
end

-- Whether a server is part of a resource: of its origin, at its path or below it.
local function covers(resource, url)
  local a, b = http.parse_url(resource), http.parse_url(url)
  if not (a and b) or a.origin ~= b.origin then return false end
  local _, above = parts(resource)
  local _, path = parts(url)
  return path == above or path:sub(1, #above + 1) == above .. "/"
end

---The metadata of a tool server; nil without an error where it has none.
---@param ctx Ctx
---@param url string of the tool server
---@param named string? the address that its challenge named
---@return {resource: string, servers: string[], scope: string?}?
---@return Err?
function M.resource(ctx, url, named)
  local server, e = token.checked(url, "address")
  if not server then return nil, e end
  local origin, path, query = parts(url)
  local urls = { named }
  urls[#urls + 1] = origin .. RESOURCE .. path .. query
  if path .. query ~= "" then urls[#urls + 1] = origin .. RESOURCE end
  local value, problem = first(ctx, urls, server, function(value)
    if is_text(value.resource) and covers(value.resource, url) then return nil end
    return denied(phrase("the metadata of %s is for another server: %s", server.origin,
      shown(value.resource)))
  end)
  if not value and problem.status then return nil end
  if not value then return nil, problem end
  local scopes = M.texts(value.scopes_supported)
  return { resource = value.resource, servers = M.texts(value.authorization_servers),
    scope = scopes[1] and table.concat(scopes, " ") or nil }
end

local function other_issuer(asked, named)
  return denied(phrase("the metadata of %s names another issuer: %s", shown(asked), shown(named)))
end

-- An empty path and "/" are the same place; anything else must be the same text.
local function same_issuer(a, b)
  if a == b then return true end
  local _, path = parts(a)
  return path == "" and is_text(b) and a:gsub("/$", "") == b:gsub("/$", "")
end

-- What cannot be used, as an error: a code of such a server could be stolen on its way to us.
local function usable(meta, issuer, server)
  for _, name in ipairs { "authorization_endpoint", "token_endpoint", "registration_endpoint" } do
    local ok, e = true, nil
    if meta[name] ~= nil then ok, e = allowed(tostring(meta[name]), server) end
    if not ok then return nil, e end
  end
  if not M.has(meta.code_challenge_methods_supported, "S256") then
    return nil, denied(phrase("%s does not protect its codes (PKCE, S256): no sign-in with it",
      shown(issuer)))
  end
  if is_text(meta.token_endpoint) then return meta end
  return nil, err("protocol", phrase("the metadata of %s has no token_endpoint", shown(issuer)))
end

---The metadata of an authorization server. What it says must name the issuer that was asked.
---@param ctx Ctx
---@param issuer string
---@param url string of the tool server that named it
---@return table? metadata
---@return Err?
function M.issuer(ctx, issuer, url)
  local server, e = token.checked(url, "address")
  if not server then return nil, e end
  local origin, path = parts(issuer)
  if not origin or issuer:find "[?#]" then
    return nil, denied(phrase("'%s' is no address of an authorization server", shown(issuer)))
  end
  local urls = { origin .. OAUTH .. path, origin .. OPENID .. path }
  if path ~= "" then urls[3] = origin .. path .. OPENID end
  local meta
  meta, e = first(ctx, urls, server, function(value)
    if same_issuer(issuer, value.issuer) then return nil end
    return other_issuer(issuer, value.issuer)
  end)
  if not meta then return nil, e end
  return usable(meta, issuer, server)
end

---The authorization server of a tool server without metadata, as the protocol of 2025-03-26 has
---it: at the origin of the tool server, with known paths where it says nothing.
---@param ctx Ctx
---@param url string
---@return table? metadata
---@return Err?
function M.at_origin(ctx, url)
  local server, e = token.checked(url, "address")
  if not server then return nil, e end
  local origin = parts(url)
  local meta
  meta, e = first(ctx, { origin .. OAUTH, origin .. OPENID }, server, function(value)
    local issuer = is_text(value.issuer) and http.parse_url(value.issuer)
    if issuer and issuer.origin == server.origin then return nil end
    return other_issuer(origin, value.issuer)
  end)
  if meta then return usable(meta, origin, server) end
  if not e.status then return nil, e end
  return { issuer = origin, authorization_endpoint = origin .. "/authorize",
    token_endpoint = origin .. "/token", registration_endpoint = origin .. "/register",
    token_endpoint_auth_methods_supported = { "none", "client_secret_post" } }
end

return M
