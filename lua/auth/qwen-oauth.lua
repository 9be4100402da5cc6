-- Qwen OAuth: a qwen.ai account, confirmed in a browser; the service names the address that the token is for. Its free tier has an end.

local tr = qwen.tr
local HOST, ENDS = "https://chat.qwen.ai", "2026-04-15"
local SERVICE = "https://dashscope.aliyuncs.com/compatible-mode/v1"
local ALTERNATIVES = "OpenRouter (https://openrouter.ai), Fireworks AI (https://app.fireworks.ai) or Alibaba Cloud ModelStudio " ..
  "(https://modelstudio.console.alibabacloud.com): run qwen auth"

local function host(ctx)
  return ((ctx.settings:env "QWEN_OAUTH_HOST" or ctx.settings:get "qwenOauth.host" or HOST):gsub("%f[/]/+$", ""))
end

-- A token may go to the makers of the service, and to the host that a private server was set up at.
local function allowed(ctx, url)
  if url.host:find "%.qwen%.ai$" or url.host:find "%.aliyuncs%.com$" then return url.scheme == "https" end
  local own = qwen.http.parse_url(host(ctx))
  return own ~= nil and own.origin ~= HOST .. ":443" and own.host == url.host and not url.exposed
end

-- The address of the models, from what the service said when it gave the token.
local function address(ctx, said)
  local text = type(said) == "string" and said ~= "" and said or SERVICE
  if not text:find "^%a[%w+.-]*://" then text = "https://" .. text end
  local url, e = qwen.http.parse_url(text)
  if not url then return nil, e end
  if not allowed(ctx, url) then
    return nil, qwen.err("denied", tr("Qwen OAuth names %s as the service, which is none of its "
      .. "own; the token is not sent there", url.origin))
  end
  text = text:gsub("%f[/]/+$", "")
  return text:find "/v1$" and text or text .. "/v1", url.origin
end

local flow = {
  title = "Qwen OAuth", name = "qwen-oauth", order = 10,
  summary = "Qwen OAuth - Free · 100 requests/day",
  client_id = "f0304373b74a44d2b584a3fb70ca9e56", scope = "openid profile email model.completion",
  terms = { terms = "https://qwen.ai/termsservice", privacy = "https://qwen.ai/privacypolicy" },
  at = function(ctx)
    return {
      device_url = host(ctx) .. "/api/v1/oauth2/device/code", token_url = host(ctx) .. "/api/v1/oauth2/token",
      origins = function(answer)
        local url, origin = address(ctx, answer.resource_url)
        return url and { origin } or {}
      end,
    }
  end,
}

local A = qwen.oauth.method(flow)
local login, status = A.login, A.status

---The end of the free tier in words; before it and after it.
---@param now number? seconds since 1970
function A.news(_, now)
  local today = os.date("!%Y-%m-%d", (now or qwen.task.time()) // 1)
  if today < ENDS then return tr("the free tier of Qwen OAuth ends on %s; afterwards use %s", ENDS, ALTERNATIVES) end
  return tr("the free tier of Qwen OAuth ended on %s; use %s", ENDS, ALTERNATIVES)
end

local function over(now)
  return os.date("!%Y-%m-%d", (now or qwen.task.time()) // 1) >= ENDS
end

function A.state(_, now)
  if over(now) then return tr("Ended %s", ENDS), "ended" end
  return tr("Ending %s", ENDS)
end

function A.login(ctx, options)
  ctx.notice(A.news(ctx))
  local ok, e = login(ctx, options, function(record) return address(ctx, record.fields.resource_url) end)
  if not ok then return nil, e end
  return qwen.x.settings_writer.set {
    { path = { "security", "auth", "selectedType" }, value = "qwen-oauth" },
    { path = { "model", "name" }, value = "coder-model" },
  }
end

---The token for the address that came with it; a request is sent there.
---@param ctx Ctx
---@param model Model
---@param request Request?
function A.headers(ctx, model, request)
  local record, e = A.credential(ctx)
  if not record then
    if e.kind ~= "auth" then return nil, e end
    return nil, qwen.err("auth", tr("%s; where no browser can be used take the Coding Plan or an "
      .. "API key: qwen auth coding-plan, qwen auth api-key", e.message))
  end
  local url, origin = address(ctx, record.fields.resource_url)
  if not url then return nil, origin end
  local bound
  bound, e = record.secret:bind { origin }
  if not bound then return nil, e end
  if request then request.url = url .. request.url:sub(#model.base_url + 1) end
  return { Authorization = { "Bearer ", bound } }
end

function A.status(ctx)
  local now = status(ctx)
  local service = now.origins and now.origins[#now.origins] -- the last one is where the models are
  if not service and now.key then -- Qwen Code's own file is not in the index
    local record = qwen.credentials.get "qwen-oauth"
    service = record and address(ctx, record.fields.resource_url)
  end
  if service then
    now.base_url, now.configured_by = service:gsub("^(https://.*):443$", "%1"),
      qwen.phrase "named by the sign-in"
  end
  table.insert(now.lines, tr(over() and "free tier ended %s; 60 requests/minute, 100 requests/day"
    or "free tier ending %s; 60 requests/minute, 100 requests/day", ENDS))
  return now
end

return A
