-- Signing in by a browser that comes back to this machine (RFC 8252), with PKCE; over SSH the address it ended at is pasted.
local body = require "qwen.net.body"
local browser = require "qwen.util.browser"
local err = require "qwen.util.err"
local json = require "sys.json"
local task = require "sys.task"
local token = require "qwen.auth.oauth_token"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr
local visible = require("sys.text").visible

local BROWSER_TIME = 300 -- seconds

local page = [[<!doctype html><meta charset="utf-8"><title>qwen</title><style>body{font:1.1em sans-serif;margin:4em auto;max-width:30em}</style><p>%s</p>]]

local function unescape(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function read_query(query)
  local out = {}
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^=*([^=]*)(.*)$"
    if value == "" then goto continue end
    name, value = unescape(name), value:sub(2)
    if out[name] then return {} end -- twice is a trick
    out[name] = unescape(value)
    ::continue::
  end
  return out
end

-- The code in a query, if it is the answer to our question; false for one that is not.
local function code_of(o, query, state)
  local answer = read_query(query)
  if answer.state ~= state then return false end
  -- An answer of another server, which may be after the code (RFC 9207): not a word of it counts.
  if o.issuer and answer.iss ~= o.issuer and (answer.iss or o.names_issuer) then
    return nil, err("denied", tr("%s: the answer of the browser is not from %s; start again", o.title,
      visible(o.issuer)))
  end
  if answer.error then
    local why = token.words_of { error = answer.error, error_description = answer.error_description }
    return nil, err("denied", tr("%s: it was refused in the browser: %s", o.title, why))
  end
  if not answer.code or answer.code == "" then return false end
  return answer.code
end

-- Waits for the browser at the listener; only the answer to our own question counts, and only the first.
local function from_listener(o, listener, state, deadline)
  while true do
    token.show_left(o, deadline)
    local query = listener:next(math.min(1, math.max(0, deadline - task.now())))
    if query then
      local code, e = code_of(o, query, state)
      if code == false then
        listener:answer(400, page:format "This is not the answer qwen waits for.")
      else
        local message = code and "Signed in. You can close this page and go back to qwen."
          or "It was refused. You can close this page."
        listener:answer(code and 200 or 403, page:format(message))
        return code, e
      end
    elseif task.now() >= deadline then
      return nil, err("timeout", tr("%s: nobody came back from the browser in time; start again", o.title))
    end
  end
end

-- Over SSH the browser cannot come back: the person pastes the address that it ended at.
local function from_paste(o, state)
  local line = o.ctx.line(tr "Paste the address that the browser shows at the end:")
  local query = line and line:match "%?([^#]*)"
  if not line or line == "" then return nil, err("cancelled", tr "nothing was pasted and nothing has changed") end
  local code, e = code_of(o, query or "", state)
  if code == false then
    return nil, err("usage", tr("this is not the address that the sign-in ends at, or one of "
      .. "another try; start again"))
  end
  return code, e
end

local function url_with(url, fields)
  local form = body.form(fields)
  return url .. (url:find("?", 1, true) and "&" or "?") .. table.concat(form)
end

-- The proof in exchange for a token.
local function exchange(o, code, verifier, redirect)
  local fields = token.merged({ code = code, code_verifier = verifier, code_challenge_method = "S256" }, o.exchange)
  if o.client_id then
    fields = token.merged(fields, { grant_type = "authorization_code", client_id = o.client_id, redirect_uri = redirect })
    fields.code_challenge_method = nil
  end
  local is_json = o.form == "json"
  local answer, e, status = token.ask(o, o.token_url, is_json and json.encode(fields) or body.form(fields), is_json and "application/json" or nil)
  if not answer then return nil, e end
  if status ~= 200 then
    return nil, err("auth", tr("%s did not accept the code (status %d): %s; start again", o.title,
      status, token.words_of(answer)), { status = status })
  end
  return token.record_of(o, answer)
end

---Signs in by a browser that comes back to a port of this machine; over SSH the address it ended at is pasted.
---@param o table as device_code, and: authorize_url, ports, path, redirect ("redirect_uri"), redirect_uri, params, exchange, form ("json"), token,
--- seal, timeout, paste (whether the address is pasted in any case), issuer and names_issuer (of the answer), begin (called with where the browser
--- comes back to, gives more fields)
---@return table? record
---@return Err?
return function(o)
  local place, e = token.checked(o.authorize_url, "address")
  if not place then return nil, e end
  local verifier, challenge = token.pkce()
  local state, path = token.base64url(sys.random(24)), o.path or "/callback"
  local listener <close>, none = require("sys.listen").open { ports = o.ports or { 0 }, path = path }
  if not listener then return nil, none end
  local redirect = o.redirect_uri or ("http://localhost:%d%s"):format(listener:port(), path)
  if o.begin then
    local more, problem = o.begin(redirect)
    if not more then return nil, problem end
    o = setmetatable(more, { __index = o })
  end
  local fields = { state = state, code_challenge = challenge, code_challenge_method = "S256", [o.redirect or "redirect_uri"] = redirect }
  if o.client_id then fields = token.merged(fields, { client_id = o.client_id, response_type = "code", scope = o.scope }) end
  local opened = browser.show(o.ctx, url_with(o.authorize_url, token.merged(fields, o.params)))
  local _ <close> = token.cleared(o)
  local code
  if (o.paste or not opened and browser.remote()) and o.ctx.line then
    listener:close()
    code, e = from_paste(o, state)
  else
    code, e = from_listener(o, listener, state, task.now() + (o.timeout or BROWSER_TIME))
  end
  if not code then return nil, e end
  return exchange(o, code, verifier, redirect)
end
