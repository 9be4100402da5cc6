-- OpenRouter: a browser that comes back with a code for a key, or a key that is there already.

local tr = qwen.tr
local HOST, MODELS = "https://openrouter.ai", { "z-ai/glm-4.5-air:free", "openai/gpt-oss-120b:free" }

local A = {
  summary = "OpenRouter - sign in with a browser, or API key · models of many makers",
  order = 50,
  flags = { key = "sk-or-...", store = "STORE" },
  terms = { terms = "https://openrouter.ai/terms", privacy = "https://openrouter.ai/privacy" },
}

local function host(ctx)
  return ctx.settings:get "openrouter.host" or HOST
end

local function owns(url)
  return function(entry) return entry.envKey == "OPENROUTER_API_KEY" and entry.baseUrl == url end
end

local function from_browser(ctx)
  local ports = {}
  for i = 0, 9 do ports[i + 1] = 3000 + i end
  local record, e = qwen.oauth.browser { ctx = ctx, title = "OpenRouter", name = "openrouter", authorize_url = host(ctx) .. "/auth",
    token_url = host(ctx) .. "/api/v1/auth/keys", redirect = "callback_url", path = "/openrouter/callback", ports = ports, form = "json",
    token = "key", seal = { "key" } }
  return record and record.secret, e
end

-- The models to begin with: ours, with what the service says of them now.
local function entries(ctx, url, key)
  local known, list = {}, qwen.json.array {}
  local answer = qwen.x.remote_models.get(ctx, { id = "", name = "", provider = "openai", base_url = url, key = key, config = {}, from = "" }, true)
  for _, model in ipairs(answer and answer.models or {}) do known[model.id] = model end
  for _, id in ipairs(MODELS) do
    if known[id] or not answer then
      local context = known[id] and known[id].context
      list[#list + 1] = { id = id, baseUrl = url, envKey = "OPENROUTER_API_KEY", generationConfig = context and { contextWindowSize = context } or nil }
    end
  end
  for _, model in ipairs(#list == 0 and answer.models or {}) do
    if #list == 0 and model.id:find ":free$" then list[1] = { id = model.id, baseUrl = url, envKey = "OPENROUTER_API_KEY" } end
  end
  return list
end

---@param ctx Ctx
---@param options {key: string?, store: string?}
function A.login(ctx, options)
  local url, key, e = host(ctx) .. "/api/v1", nil, nil
  if options.key then key, e = qwen.x.login.clean_key(options.key) end
  if options.key and not key then
    return nil, qwen.err("usage", tr("this cannot be a key: %s; make one at https://openrouter.ai/keys", e))
  end
  if not key then key, e = from_browser(ctx) end
  if not key then return nil, e end
  local list = entries(ctx, url, type(key) ~= "string" and key or nil)
  if #list == 0 then
    return nil, qwen.err("missing",
      tr "OpenRouter lists no model to begin with; nothing is written")
  end
  local where
  where, e = qwen.x.login.install(ctx, { entries = list,
    owns = owns(url), env_key = "OPENROUTER_API_KEY", key = key, store = options.store, url = url, model = list[1].id })
  if not where then return nil, e end
  ctx.print(tr("signed in to OpenRouter; now %s. %s Others: /model", list[1].id, where))
  return true
end

function A.logout(ctx)
  return qwen.x.login.remove(ctx, { label = "OpenRouter", env_key = "OPENROUTER_API_KEY", owns = owns(host(ctx) .. "/api/v1") })
end

return A
