-- Signing in with a browser, as a person's own auth file may use it too: a code typed on another device (RFC 8628), a browser that comes
-- back to this machine (RFC 8252), both with PKCE, and renewing. Tokens are secrets from the moment they arrive; storing is the caller's.
-- Long because the two flows and renewing share how a token is asked for and read.
local body = require "qwen.net.body"
local browser = require "qwen.util.browser"
local credentials = require "qwen.credential.credentials"
local err = require "qwen.util.err"
local http = require "sys.http"
local json = require "sys.json"
local sys = require "sys.os"
local task = require "sys.task"
local visible = require("sys.text").visible

local M = {}

local TOKENS = { "access_token", "refresh_token", "id_token" }
local POLL, SLOWER, BROWSER_TIME, DEVICE_TIME, PATIENCE, AHEAD = 2, 5, 300, 300, 30, 30

---Base64 for addresses: of a text of bytes, without filling.
---@param bytes string
---@return string
function M.base64url(bytes)
  return (sys.base64(bytes):gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" }))
end

local function bytes_of(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

---A new proof key: what is kept and what is shown of it (S256).
---@return string verifier
---@return string challenge
function M.pkce()
  local verifier = M.base64url(sys.random(32))
  return verifier, M.base64url(bytes_of(sys.sha256(verifier)))
end

-- Where tokens go to and come from must be a safe place.
local function checked(url, what)
  local parsed, e = http.parse_url(url)
  if not parsed then return nil, err("usage", ("the %s '%s' cannot be used: %s"):format(what, visible(url), e.message)) end
  if parsed.scheme ~= "https" and not parsed.loopback then
    return nil, err("usage", ("the %s %s is not protected; it must be https://"):format(what, visible(url)))
  end
  return parsed
end

local function words_of(answer)
  local detail = answer.error_description or answer.message
  return visible(tostring(type(detail) == "string" and detail or type(answer.error) == "string" and answer.error or "no reason given"):sub(1, 300))
end

-- Asks for a token; the answer as a table, its tokens already secrets. An answer that is no JSON comes as an empty table.
local function ask(o, url, request_body, content_type)
  local place, wrong = checked(url, "address")
  if not place then return nil, wrong end
  local headers = { Accept = "application/json", ["Content-Type"] = content_type or "application/x-www-form-urlencoded", ["User-Agent"] = o.ctx.user_agent }
  for name, value in pairs(o.headers or {}) do headers[name] = value end
  local stream <close>, e = o.ctx.transport { method = "POST", url = url, headers = headers, body = request_body, total_timeout = PATIENCE }
  if not stream then return nil, e end
  local answer, problem = stream:sealed(o.seal or TOKENS, o.name, function(value)
    local list = { place.origin }
    for _, address in ipairs(type(o.origins) == "function" and o.origins(value) or o.origins or {}) do
      local parsed = http.parse_url(address)
      list[#list + 1] = parsed and parsed.origin or address
    end
    return list
  end)
  if not answer and stream.status == 200 then return nil, problem end
  return type(answer) == "table" and answer or {}, nil, stream.status
end

-- What is kept of an answer with a token.
local function record_of(o, answer)
  local secret = answer[o.token or "access_token"]
  if type(secret) ~= "userdata" then return nil, err("protocol", ("%s answered without a token"):format(o.title)) end
  local record = { secret = secret, refresh = type(answer.refresh_token) == "userdata" and answer.refresh_token or nil, origins = secret:origins(), fields = {} }
  local seconds = tonumber(answer.expires_in)
  if seconds and seconds > 0 and seconds < 1e10 then record.expires = math.floor(task.time() + seconds) end
  for name, value in pairs(answer) do
    if type(value) == "string" or type(value) == "number" or type(value) == "boolean" then record.fields[name] = value end
  end
  return record
end

local function copy(fields, more)
  local out = {}
  for name, value in pairs(fields) do out[name] = value end
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

-- A device's code, or why there is none.
local function ask_device(o, challenge)
  local fields = copy({ client_id = o.client_id, scope = o.scope, code_challenge = challenge, code_challenge_method = "S256" }, o.params)
  local answer, e, status = ask(setmetatable({ headers = copy({ ["x-request-id"] = sys.uuid() }, o.headers) }, { __index = o }), o.device_url, body.form(fields))
  if not answer then return nil, err(e.kind, ("%s cannot be reached at %s: %s; behind a proxy use --proxy"):format(o.title, o.device_url, e.message)) end
  if type(answer.device_code) ~= "string" or answer.error then
    return nil, err(status == 429 and "limit" or "auth", ("%s gave no code (status %d): %s"):format(o.title, status, words_of(answer)), { status = status })
  end
  local url = answer.verification_uri_complete or answer.verification_uri or answer.verification_url
  if type(url) ~= "string" then return nil, err("protocol", o.title .. " gave no address to open") end
  local ok, wrong = checked(url, "address of " .. o.title)
  if not ok then return nil, wrong end
  answer.url = url
  return answer
end

-- One answer while the person is at the browser: a token, "wait", "slower", or an error that ends it. Others are told and it goes on.
local function judge(o, answer, status, told)
  local word = answer.error
  if type(answer[o.token or "access_token"]) == "userdata" then return "done" end
  if word == "authorization_pending" then return "wait" end
  if word == "slow_down" then return "slower" end
  if word == "access_denied" then return nil, err("denied", o.title .. ": it was refused in the browser; nothing has changed") end
  if word == "expired_token" or status == 401 then return nil, err("timeout", o.title .. ": the code has expired; start again") end
  if status == 429 then return nil, err("limit", ("%s is asked too often: %s; try again later, or sign in another way: qwen auth"):format(o.title, words_of(answer))) end
  local line = ("%s: status %d, %s; asking again"):format(o.title, status, words_of(answer))
  if not told[line] then o.ctx.notice(line) end
  told[line] = true
  return "wait"
end

local function show_left(o, deadline)
  local left = math.max(0, math.ceil(deadline - task.now()))
  o.ctx.status(("waiting for the browser, %d:%02d left (%s)"):format(left // 60, left % 60, o.ctx.session and "Esc stops" or "Ctrl-C stops"))
end

-- Sleeps, with the time that is left shown every second.
local function pause(o, seconds, deadline)
  local finish = math.min(task.now() + seconds, deadline)
  repeat
    show_left(o, deadline)
    task.sleep(math.max(0, math.min(1, finish - task.now())))
  until task.now() >= finish
end

local function cleared(o)
  return setmetatable({}, { __close = function() o.ctx.status() end })
end

---Signs in by a code that is confirmed in a browser, on this or on another device.
---@param o {ctx: Ctx, title: string, name: string, device_url: string, token_url: string, client_id: string, scope: string?, origins: string[]|(fun(answer: table): string[])|nil}
---@return table? record {secret, refresh, expires, origins, fields} for qwen.credentials.put
---@return Err?
function M.device_code(o)
  local verifier, challenge = M.pkce()
  local device, e = ask_device(o, challenge)
  if not device then return nil, e end
  local deadline = task.now() + (tonumber(device.expires_in) or DEVICE_TIME)
  local wait, told = math.max(tonumber(device.interval) or POLL, 0.05), {}
  browser.show(o.ctx, device.url, type(device.user_code) == "string" and visible(device.user_code:sub(1, 40)) or nil)
  local _ <close> = cleared(o)
  local fields = { grant_type = "urn:ietf:params:oauth:grant-type:device_code", client_id = o.client_id, device_code = device.device_code, code_verifier = verifier }
  while true do
    pause(o, wait, deadline)
    if task.now() >= deadline then return nil, err("timeout", ("%s: nobody confirmed the code in time; start again"):format(o.title)) end
    local answer, problem, status = ask(o, o.token_url, body.form(fields))
    local verdict
    if answer then
      verdict, problem = judge(o, answer, status, told)
      if not verdict then return nil, problem end
      if verdict == "done" then return record_of(o, answer) end
      if verdict == "slower" then wait = wait + (o.slower or SLOWER) end
    elseif problem.kind ~= "network" and problem.kind ~= "timeout" then
      return nil, problem
    elseif not told[problem.message] then
      told[problem.message] = true
      o.ctx.notice(problem.message .. "; asking again")
    end
  end
end

local page = [[<!doctype html><meta charset="utf-8"><title>qwen</title><style>body{font:1.1em sans-serif;margin:4em auto;max-width:30em}</style><p>%s</p>]]

local function unescape(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function read_query(query)
  local out = {}
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    name = unescape(name)
    if out[name] then return {} end -- twice is a trick
    out[name] = unescape(value)
  end
  return out
end

-- The code in a query, if it is the answer to our question; false for one that is not.
local function code_of(o, query, state)
  local answer = read_query(query)
  if answer.state ~= state then return false end
  if answer.error then
    return nil, err("denied", ("%s: it was refused in the browser: %s"):format(o.title, words_of { error = answer.error, error_description = answer.error_description }))
  end
  if not answer.code or answer.code == "" then return false end
  return answer.code
end

-- Waits for the browser at the listener; only the answer to our own question counts, and only the first.
local function from_listener(o, listener, state, deadline)
  while true do
    show_left(o, deadline)
    local query = listener:next(math.min(1, math.max(0, deadline - task.now())))
    if query then
      local code, e = code_of(o, query, state)
      if code == false then
        listener:answer(400, page:format "This is not the answer qwen waits for.")
      else
        listener:answer(code and 200 or 403, page:format(code and "Signed in. You can close this page and go back to qwen." or "It was refused. You can close this page."))
        return code, e
      end
    elseif task.now() >= deadline then
      return nil, err("timeout", o.title .. ": nobody came back from the browser in time; start again")
    end
  end
end

-- Over SSH the browser cannot come back: the person pastes the address that it ended at.
local function from_paste(o, state)
  local line = o.ctx.line("Paste the address that the browser shows at the end:")
  local query = line and line:match "%?([^#]*)"
  if not line or line == "" then return nil, err("cancelled", "nothing was pasted and nothing has changed") end
  local code, e = code_of(o, query or "", state)
  if code == false then return nil, err("usage", "this is not the address that the sign-in ends at, or one of another try; start again") end
  return code, e
end

local function url_with(url, fields)
  local form = body.form(fields)
  return url .. (url:find("?", 1, true) and "&" or "?") .. table.concat(form)
end

-- The proof in exchange for a token.
local function exchange(o, code, verifier, redirect)
  local fields = copy({ code = code, code_verifier = verifier, code_challenge_method = "S256" }, o.exchange)
  if o.client_id then fields = copy(fields, { grant_type = "authorization_code", client_id = o.client_id, redirect_uri = redirect, code_challenge_method = false }) end
  if fields.code_challenge_method == false then fields.code_challenge_method = nil end
  local is_json = o.form == "json"
  local answer, e, status = ask(o, o.token_url, is_json and json.encode(fields) or body.form(fields), is_json and "application/json" or nil)
  if not answer then return nil, e end
  if status ~= 200 then return nil, err("auth", ("%s did not accept the code (status %d): %s; start again"):format(o.title, status, words_of(answer)), { status = status }) end
  return record_of(o, answer)
end

---Signs in by a browser that comes back to a port of this machine; over SSH the address it ended at is pasted.
---@param o table as device_code, and: authorize_url, ports, path, redirect ("redirect_uri"), params, exchange, form ("json"), token, seal, timeout
---@return table? record
---@return Err?
function M.browser(o)
  local place, e = checked(o.authorize_url, "address")
  if not place then return nil, e end
  local verifier, challenge = M.pkce()
  local state, path = M.base64url(sys.random(24)), o.path or "/callback"
  local listener <close>, none = require("sys.listen").open { ports = o.ports or { 0 }, path = path }
  if not listener then return nil, none end
  local redirect = ("http://localhost:%d%s"):format(listener:port(), path)
  local fields = { state = state, code_challenge = challenge, code_challenge_method = "S256", [o.redirect or "redirect_uri"] = redirect }
  if o.client_id then fields = copy(fields, { client_id = o.client_id, response_type = "code", scope = o.scope }) end
  local opened = browser.show(o.ctx, url_with(o.authorize_url, copy(fields, o.params)))
  local _ <close> = cleared(o)
  local code
  if not opened and browser.remote() and o.ctx.line then
    listener:close()
    code, e = from_paste(o, state)
  else
    code, e = from_listener(o, listener, state, task.now() + (o.timeout or BROWSER_TIME))
  end
  if not code then return nil, e end
  return exchange(o, code, verifier, redirect)
end

---Renews a token; an error of kind "auth" says that the person has to sign in again.
---@param o {ctx: Ctx, title: string, name: string, token_url: string, client_id: string, origins: string[]|(fun(answer: table): string[])|nil}
---@param old table the record with the refresh token
---@return table? record
---@return Err?
function M.refresh(o, old)
  if not old.refresh then return nil, err("auth", ("%s: the sign-in has ended and cannot be renewed; sign in again: qwen auth %s"):format(o.title, o.name)) end
  local answer, e, status = ask(o, o.token_url, body.form { grant_type = "refresh_token", refresh_token = old.refresh, client_id = o.client_id })
  if not answer then return nil, e end
  if status == 400 or status == 401 then
    return nil, err("auth", ("%s: the sign-in is no longer valid (%s); sign in again: qwen auth %s"):format(o.title, words_of(answer), o.name), { status = status })
  end
  if status ~= 200 then
    return nil, err(status == 429 and "limit" or "network", ("%s could not renew the sign-in (status %d): %s"):format(o.title, status, words_of(answer)), { status = status })
  end
  local record
  record, e = record_of(o, answer)
  if record then record.refresh = record.refresh or old.refresh end
  return record, e
end

---The credential of a sign-in, renewed by one process when it is about to end.
---@param o table
---@param refused boolean? it was refused: renew it although its time is not over
---@return table? record as of qwen.credentials.get
---@return Err?
function M.credential(o, refused)
  local record, e = credentials.get(o.name)
  if not record then return nil, e.kind == "missing" and err("auth", ("not signed in to %s: qwen auth %s"):format(o.title, o.name)) or e end
  if not refused and not (record.expires and record.expires - AHEAD <= task.time()) then return record end
  record, e = credentials.renew(o.name, function(old) return M.refresh(o, old) end)
  if not record and e.kind == "auth" then credentials.remove(o.name) end
  return record, e
end

---A whole way to sign in, to be returned by a file in auth/: login, headers, status, logout.
---@param o table as device_code (with device_url) or browser, and: summary, order, terms
---@return Auth
function M.method(o)
  local A = { summary = o.summary or o.title .. " - sign in with a browser", order = o.order, terms = o.terms, flags = { store = "STORE" } }
  local function with(ctx) return setmetatable(copy(o.at and o.at(ctx) or {}, { ctx = ctx }), { __index = o }) end

  function A.login(ctx, options, check)
    local now = with(ctx)
    local record, e = (now.device_url and M.device_code or M.browser)(now)
    local place
    if record and check then place, e = check(record) end
    if record and (place or not check) then place, e = credentials.put(o.name, record, { backend = options.store }) end
    if not place then return nil, e end
    ctx.print(("signed in to %s; kept in the store '%s'"):format(o.title, place))
    return true
  end

  function A.credential(ctx, refused)
    return M.credential(with(ctx), refused)
  end

  function A.headers(ctx)
    local record, e = A.credential(ctx)
    if not record then return nil, e end
    return { Authorization = { "Bearer ", record.secret } }
  end

  function A.refused(ctx)
    return A.credential(ctx, true) ~= nil
  end

  function A.status()
    for _, row in ipairs(credentials.list() or {}) do
      local ends = row.expires and os.date("%Y-%m-%d %H:%M", math.floor(row.expires))
      local line = ends and "token     ends " .. ends .. ", renewed by itself" or "token     without an end"
      if row.name == o.name then
        return { key = true, key_source = ("the credential store (%s)"):format(row.backend), key_hint = row.hint, expires = row.expires, lines = { line },
          origins = json.array(row.origins) }
      end
    end
    return { key = false, lines = {} }
  end

  function A.logout(ctx)
    local ok, e = credentials.remove(o.name)
    if ok then ctx.print("signed out of " .. o.title) end
    return ok, e
  end

  return A
end

return M
