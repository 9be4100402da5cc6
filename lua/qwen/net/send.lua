-- The one place where requests leave: credential, hooks, retry. Gives deltas to whoever pulls; a failure is a delta too.
local err = require "qwen.err"
local http = require "sys.http"
local resource = require "qwen.resource"
local task = require "sys.task"

local M = {}

local ATTEMPTS, REFUSED_ATTEMPTS, FIRST_WAIT, LONGEST_WAIT, LONGEST_ASKED = 7, 2, 1.5, 30, 3600
local again = { limit = true, overloaded = true, network = true, timeout = true }

-- How long to wait before the next attempt; nil when trying again does not help.
local function wait_after(e, attempt, model)
  local codes = model.config.retryErrorCodes
  local listed = false
  for _, code in ipairs(type(codes) == "table" and codes or {}) do listed = listed or code == e.status end
  local most = math.tointeger(model.config.maxRetries) or ATTEMPTS - 1
  if attempt > most or not (again[e.kind] or listed) or e.code == "insufficient_quota" then return nil end
  -- Nobody listens: on this machine waiting changes nothing, elsewhere a service may be starting again.
  local url = e.code == "ECONNREFUSED" and http.parse_url(model.base_url)
  if url and (url.loopback or attempt > REFUSED_ATTEMPTS) then return nil end
  local asked = e.retry_after
  if asked and asked >= 0 then
    if asked > LONGEST_ASKED then return nil end
    return asked
  end
  local wait = math.min(FIRST_WAIT * 2 ^ (attempt - 1), LONGEST_WAIT)
  return wait * (1 + 0.3 * (math.random() * 2 - 1))
end

local function merged(...)
  local out = {}
  for i = 1, select("#", ...) do
    for name, value in pairs(select(i, ...) or {}) do out[name] = value end
  end
  return out
end

-- Builds the request: provider, hooks, then the credential, so that no hook sees it.
local function build(ctx, provider, model, view)
  local auth, e = resource.get("auth", provider.auth or "api-key")
  if not auth then return nil, e end
  local credential
  credential, e = auth.headers(ctx, model)
  if not credential then return nil, e end
  local request = provider.request(model, view)
  local built, reason = ctx.emit("request_built", request, model)
  if not built then return nil, err("denied", "the request was blocked: " .. tostring(reason)) end
  request = built
  request.headers = merged({ ["User-Agent"] = ctx.user_agent }, request.headers, credential)
  local timeout = tonumber(model.config.timeout)
  request.first_timeout = timeout and timeout / 1000 or nil
  return request
end

-- One attempt: a stream with a good status, or an error of ours.
local function attempt_open(ctx, provider, request)
  local stream, e = ctx.transport(request)
  if not stream then return nil, e end
  ctx.emit("response_started", { status = stream.status, headers = stream.headers })
  if stream.status >= 200 and stream.status < 300 then return stream end
  local body = stream:all(1024 * 1024) or ""
  local status, headers = stream.status, stream.headers
  stream:close()
  return nil, (provider.failure or require "qwen.net.failure")(status, headers, body)
end

-- Long because the life of one request reads top to bottom.
---Asks a model. `next` gives one delta after the other and waits as needed; close it in any case.
---@param ctx Ctx
---@param model Model
---@param view View
---@return {next: fun(): Delta?}
function M.open(ctx, model, view)
  local provider, problem = resource.get("providers", model.provider)
  local stream, decode, ended
  local out, at, attempt, shown = {}, 0, 0, false

  local function fail(e)
    ended = true
    ctx.emit("request_failed", e)
    return { type = "error", err = e }
  end

  local function connect()
    local request, e = build(ctx, provider, model, view)
    if not request then return nil, e end
    while true do
      attempt = attempt + 1
      stream, e = attempt_open(ctx, provider, request)
      if stream then
        decode = provider.decoder(model)
        return true
      end
      local wait = wait_after(e, attempt, model)
      if not wait then return nil, e end
      ctx.waiting(e, wait, attempt)
      task.sleep(wait)
    end
  end

  -- The next event into out; false when a broken stream may be tried again from its beginning.
  local function pull()
    local data, event = stream:event()
    if data then
      decode(data, event, out)
    elseif event then -- an error of the connection
      out[#out + 1] = { type = "error", err = event }
    else
      decode(nil, nil, out)
      ended = true
    end
  end

  local function next_delta()
    while true do
      at = at + 1
      local delta = out[at]
      if delta then
        out[at] = nil
        if delta.type == "error" then
          local wait = not shown and wait_after(delta.err, attempt, model)
          if not wait then return fail(delta.err) end
          stream:close()
          stream, out, at, ended = nil, {}, 0, false
          ctx.waiting(delta.err, wait, attempt)
          task.sleep(wait)
        else
          shown = shown or delta.type ~= "usage"
          return delta
        end
      elseif ended then
        return nil
      else
        at = 0
        if not provider then return fail(problem) end
        if not stream then
          local ok, e = connect()
          if not ok then return fail(e) end
        end
        pull()
      end
    end
  end

  return setmetatable({ next = next_delta }, { __close = function()
    if stream then stream:close() end
  end })
end

return M
