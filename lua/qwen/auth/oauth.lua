-- Signing in with a browser, as a user's own auth file may use it too: a code typed on another device, a browser that comes back to this
-- machine, and renewing. Storing the tokens is the caller's.
local body = require "qwen.net.body"
local credentials = require "qwen.credential.credentials"
local err = require "qwen.util.err"
local json = require "sys.json"
local task = require "sys.task"
local texts = require "qwen.util.text"
local token = require "qwen.auth.oauth_token"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = { pkce = token.pkce, base64url = token.base64url }

---Signs in by a code that is confirmed in a browser; see oauth_device.lua.
---@param o table
---@return table?, Err?
function M.device_code(o)
  return require "qwen.auth.oauth_device"(o)
end

---Signs in by a browser that comes back to this machine; see oauth_browser.lua.
---@param o table
---@return table?, Err?
function M.browser(o)
  return require "qwen.auth.oauth_browser"(o)
end

local AHEAD = 30 -- seconds before its end that a token is renewed

-- Whether an answer says that the refresh token counts no longer. Whatever else goes wrong may be right the next time.
local function is_over(answer)
  local words = token.words_of(answer):lower()
  local behind = words:match "refresh[_ ]token(.*)" or ""
  return answer.error == "invalid_grant" or answer.error == "invalid_refresh_token"
    or words:find("refresh token", 1, true) ~= nil and words:find "inval" ~= nil
    or behind:find("expired", 1, true) ~= nil or behind:find("revoked", 1, true) ~= nil
end

-- The command that signs in again.
local function again(o) return o.again or "qwen auth " .. o.name end

---Renews a token; an error with the code "over" says that the sign-in has ended.
---@param o table ctx, title, name, again (the command that signs in again), token_url, client_id,
--- exchange (more fields), headers, origins
---@param old table the record with the refresh token
---@return table? record
---@return Err?
function M.refresh(o, old)
  if not old.refresh then
    return nil, err("auth", tr("%s: the sign-in has ended and cannot be renewed; sign in again: %s",
      o.title, again(o)), { code = "over" })
  end
  local fields = token.merged(o.exchange or {}, { grant_type = "refresh_token",
    refresh_token = old.refresh, client_id = o.client_id })
  local answer, e, status = token.ask(o, o.token_url, body.form(fields))
  if not answer then return nil, e end
  if status ~= 200 and is_over(answer) then
    return nil, err("auth", tr("%s: the sign-in is no longer valid (%s); sign in again: %s",
      o.title, token.words_of(answer), again(o)), { status = status, code = "over" })
  end
  if status ~= 200 then
    local refused = status < 500 and status ~= 429 and type(answer.error) == "string" -- asking again brings the same
    return nil, err(status == 429 and "limit" or refused and "protocol" or "network",
      tr("%s could not renew the sign-in (status %d): %s", o.title, status, token.words_of(answer)),
      { status = status })
  end
  local record
  record, e = token.record_of(o, answer)
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
  if not record then
    return nil, e.kind == "missing"
      and err("auth", tr("not signed in to %s: %s", o.title, again(o))) or e
  end
  if not refused and not (record.expires and record.expires - AHEAD <= task.time()) then return record end
  record, e = credentials.renew(o.name, o.renewed or function(old) return M.refresh(o, old) end)
  if record and record.unsaved and o.ctx.notice then
    o.ctx.notice(tr("%s: the sign-in was renewed but not stored: %s. This run uses it; without room for it, sign in again afterwards: %s",
      o.title, record.unsaved.message, again(o)))
  end
  return record, e
end

---A whole way to sign in, to be returned by a file in auth/: login, headers, status, logout.
---@param o table as device_code (with device_url) or browser, and: summary, order, terms
---@return Auth
function M.method(o)
  local A = { summary = o.summary or o.title .. " - sign in with a browser", order = o.order, terms = o.terms, flags = { store = "STORE" } }
  local function with(ctx) return setmetatable(token.merged(o.at and o.at(ctx) or {}, { ctx = ctx }), { __index = o }) end

  function A.login(ctx, options, check)
    local now = with(ctx)
    local record, e = (now.device_url and M.device_code or M.browser)(now)
    local place
    if record and check then place, e = check(record) end
    if record and (place or not check) then place, e = credentials.put(o.name, record, { backend = options.store }) end
    if not place then return nil, e end
    ctx.print(tr("signed in to %s; kept in the store '%s'", o.title, place))
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
      local line = texts.pad(tr "token", 9) .. " "
        .. (ends and tr("ends %s, renewed by itself", ends) or tr "without an end")
      if row.name == o.name then
        return { key = true, key_source = phrase("the credential store (%s)", row.backend),
          key_hint = row.hint, expires = row.expires, lines = { line },
          origins = json.array(row.origins) }
      end
    end
    return { key = false, lines = {} }
  end

  function A.logout(ctx)
    local ok, e = credentials.remove(o.name)
    if ok then ctx.print(tr("signed out of %s", o.title)) end
    return ok, e
  end

  return A
end

return M
