-- Signing in by a code that is confirmed in a browser, on this or on another device (RFC 8628), with PKCE.
local body = require "qwen.net.body"
local browser = require "qwen.util.browser"
local err = require "qwen.util.err"
local sys = require "sys.os"
local task = require "sys.task"
local token = require "qwen.auth.oauth_token"
local tr = require("qwen.util.translate").tr
local visible = require("sys.text").visible

local POLL, LEAST, SLOWER, DEVICE_TIME = 5, 1, 5, 300 -- seconds; LEAST: whatever the service says

-- A device's code, or why there is none.
local function ask_device(o, challenge)
  local fields = token.merged({ client_id = o.client_id, scope = o.scope, code_challenge = challenge, code_challenge_method = "S256" }, o.params)
  local headers = token.merged({ ["x-request-id"] = sys.uuid() }, o.headers)
  local asked = setmetatable({ headers = headers }, { __index = o })
  local answer, e, status = token.ask(asked, o.device_url, body.form(fields))
  if not answer then
    return nil, err(e.kind, tr("%s cannot be reached at %s: %s; behind a proxy use --proxy",
      o.title, o.device_url, e.message))
  end
  if type(answer.device_code) ~= "string" or answer.error then
    return nil, err(status == 429 and "limit" or "auth", tr("%s gave no code (status %d): %s",
      o.title, status, token.words_of(answer)), { status = status })
  end
  local url = answer.verification_uri_complete or answer.verification_uri or answer.verification_url
  if type(url) ~= "string" then return nil, err("protocol", tr("%s gave no address to open", o.title)) end
  local ok, wrong = token.checked(url, "address of " .. o.title)
  if not ok then return nil, wrong end
  answer.url = url
  return answer
end

-- Errors that asking again does not change.
local permanent = { invalid_client = true, unauthorized_client = true, invalid_grant = true, invalid_request = true, invalid_scope = true,
  unsupported_grant_type = true }

-- One answer while the person is at the browser: a token, "wait", "slower", or an error that ends it. Others are told and it goes on.
local function judge(o, answer, status, told)
  local word = answer.error
  if type(answer[o.token or "access_token"]) == "userdata" then return "done" end
  if word == "authorization_pending" then return "wait" end
  if word == "slow_down" then return "slower" end
  if word == "access_denied" then return nil, err("denied", tr("%s: it was refused in the browser; nothing has changed", o.title)) end
  if permanent[word] and not (word == "invalid_request" and status == 401) then -- that is how Qwen says that a code is over
    return nil, err("auth", tr("%s refused the sign-in (status %d): %s", o.title, status, token.words_of(answer)), { status = status, code = word })
  end
  if word == "expired_token" or status == 401 then return nil, err("timeout", tr("%s: the code has expired; start again", o.title)) end
  if status == 429 then
    return nil, err("limit", tr("%s is asked too often: %s; try again later, or sign in another way: qwen auth", o.title, token.words_of(answer)))
  end
  local line = tr("%s: status %d, %s; asking again", o.title, status, token.words_of(answer))
  if not told[line] then o.ctx.notice(line) end
  told[line] = true
  return "wait"
end

-- Sleeps, with the time that is left shown every second.
local function pause(o, seconds, deadline)
  local finish = math.min(task.now() + seconds, deadline)
  repeat
    token.show_left(o, deadline)
    task.sleep(math.max(0, math.min(1, finish - task.now())))
  until task.now() >= finish
end

---Signs in by a code that is confirmed in a browser, on this or on another device.
---@param o {ctx: Ctx, title: string, name: string, device_url: string, token_url: string, client_id: string, scope: string?,
--- origins: string[]|(fun(answer: table): string[])|nil}
---@return table? record {secret, refresh, expires, origins, fields} for qwen.credentials.put
---@return Err?
return function(o)
  local verifier, challenge = token.pkce()
  local device, e = ask_device(o, challenge)
  if not device then return nil, e end
  local deadline = task.now() + (tonumber(device.expires_in) or DEVICE_TIME)
  local wait, told = math.max(tonumber(device.interval) or POLL, LEAST), {}
  browser.show(o.ctx, device.url, type(device.user_code) == "string" and visible(device.user_code:sub(1, 40)) or nil)
  local _ <close> = token.cleared(o)
  local fields = { grant_type = "urn:ietf:params:oauth:grant-type:device_code", client_id = o.client_id,
    device_code = device.device_code, code_verifier = verifier }
  while true do
    pause(o, wait, deadline)
    if task.now() >= deadline then
      return nil, err("timeout", tr("%s: nobody confirmed the code in time; start again", o.title))
    end
    local answer, problem, status = token.ask(o, o.token_url, body.form(fields))
    local verdict
    if answer then
      verdict, problem = judge(o, answer, status, told)
      if not verdict then return nil, problem end
      if verdict == "done" then return token.record_of(o, answer) end
      if verdict == "slower" then wait = wait + (o.slower or SLOWER) end
    elseif problem.kind ~= "network" and problem.kind ~= "timeout" then
      return nil, problem
    elseif not told[problem.message] then
      told[problem.message] = true
      o.ctx.notice(tr("%s; asking again", problem.message))
    end
  end
end
