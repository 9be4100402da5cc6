-- What ways to sign in share: whether anything is configured, and writing models, key and choice into the user's settings, all or nothing.
local err = require "qwen.err"
local http = require "sys.http"
local json = require "sys.json"
local paths = require "qwen.paths"
local protocols = require "qwen.protocols"
local resource = require "qwen.resource"
local usersettings = require "qwen.usersettings"

local M = {}

---Whether anything says which model to ask: a flag, a variable, the settings.
---@param settings Settings
---@param opts table
---@return boolean
function M.configured(settings, opts)
  if opts.model or opts.base_url or opts.api_key or opts.auth_type or opts.replay then return true end
  for _, key in ipairs { "security.auth.selectedType", "security.auth.apiKey", "security.auth.baseUrl", "model.name" } do
    if settings:get(key) then return true end
  end
  if next(settings:get "modelProviders" or {}) then return true end
  local function env(name) return settings:env(name) end
  for _, name in ipairs(protocols.names) do
    local known = protocols.get(name)
    if protocols.first(env, { known.key, known.url }) or protocols.first(env, known.models) then return true end
  end
  return false
end

---What to do when nothing is configured and nobody can be asked.
---@return Err
function M.nothing()
  return err("auth", "no model is configured and no local server answers; run: qwen auth, or set OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL " ..
    "for other services than OpenAI), or start LM Studio, Ollama, llama.cpp or vLLM")
end

---A key as typed, without blanks around it; nil when it cannot be one.
---@param key string?
---@return string?
function M.clean_key(key)
  key = key and key:gsub("^%s+", ""):gsub("%s+$", "")
  return key and key:find "^[!-~]+$" and key or nil
end

-- The entries of a protocol: ours first, those that ours replace left out, the person's own kept.
local function joined(kept, plan)
  local list, seen = json.array {}, {}
  for _, entry in ipairs(plan.entries) do
    list[#list + 1] = entry
    seen[entry.id .. "\0" .. (entry.baseUrl or "")] = true
  end
  for _, entry in ipairs(kept) do
    local known = type(entry) == "table" and type(entry.id) == "string"
    local same = known and seen[entry.id .. "\0" .. tostring(entry.baseUrl or "")]
    if not same and not (type(entry) == "table" and plan.owns and plan.owns(entry)) then list[#list + 1] = entry end
  end
  return list
end

---Writes a way to reach models into the user's settings. Nothing is written unless all of it can be.
---@param ctx Ctx
---@param plan {protocol: string?, entries: table[], owns: (fun(entry: table): boolean)?, env_key: string?, key: string?, model: string, more: table[]?}
---@return string? where it was written
---@return Err?
function M.install(ctx, plan)
  local protocol = plan.protocol or "openai"
  local before, e = usersettings.read()
  if not before then return nil, e end
  local providers = before.modelProviders
  local kept = type(providers) == "table" and providers[protocol] or nil
  if kept == json.null then kept = nil end
  if kept and (type(kept) ~= "table" or #kept == 0 and next(kept)) then
    return nil, err("usage", ("modelProviders.%s in the settings is no list of models; correct it first (qwen config explain modelProviders)"):format(protocol))
  end
  local changes = { { path = { "modelProviders", protocol }, value = joined(kept or {}, plan) } }
  if plan.key then changes[#changes + 1] = { path = { "env", plan.env_key }, value = plan.key } end
  table.insert(changes, { path = { "security", "auth", "selectedType" }, value = protocol })
  table.insert(changes, { path = { "model", "name" }, value = plan.model })
  for _, change in ipairs(plan.more or {}) do changes[#changes + 1] = change end
  local path
  path, e = usersettings.set(changes)
  if not path then return nil, e end
  local now = plan.key and plan.env_key and ctx.settings:env(plan.env_key)
  local source = now and select(2, ctx.settings:env(plan.env_key))
  if now and now ~= plan.key and not source:find "^~?/.*settings%.json" then
    ctx.notice(("%s is set by %s to another key, which wins over the new one"):format(plan.env_key, source))
  end
  return paths.short(path)
end

---Keeps a choice of model for later sessions.
---@param ctx Ctx
---@param model Model
---@return boolean?, Err?
function M.keep(ctx, model)
  local path, e = usersettings.set {
    { path = { "model", "name" }, value = model.id },
    { path = { "security", "auth", "selectedType" }, value = model.provider },
  }
  if not path then return nil, e end
  local ok
  ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  local winner = ctx.settings:explain("model.name")[1]
  if winner and winner.value ~= model.id then
    ctx.notice(("%s is kept, but the next start takes %s: %s says so"):format(model.id, tostring(winner.value), winner.source))
  end
  return true
end

---The address of a person's answer: with a scheme, without a final slash; nil, err when it cannot be one.
---@param text string
---@return string?, Err?
function M.address(text)
  local address = text:gsub("^%s+", ""):gsub("[%s/]+$", "")
  if not address:find "^%a[%w+.-]*://" then
    local host = address:match "^%[[%x:]+%]" or address:match "^[^/:]*"
    address = ((host == "localhost" or host:find "^127%." or host == "[::1]") and "http://" or "https://") .. address
  end
  local url, e = http.parse_url(address)
  if not url then return nil, err("usage", ("the address '%s' cannot be used: %s"):format(text, e.message)) end
  return address
end

-- Whose terms apply, by the end of a host's name; the auth file that signs in there.
local services = {
  { "chat.qwen.ai", "Qwen OAuth", "qwen-oauth", "https://qwen.ai/termsservice", "https://qwen.ai/privacypolicy" },
  { "coding.dashscope.aliyuncs.com", "Alibaba Cloud Coding Plan", "coding-plan" },
  { "coding-intl.dashscope.aliyuncs.com", "Alibaba Cloud Coding Plan", "coding-plan" },
  { "token-plan.cn-beijing.maas.aliyuncs.com", "Alibaba Cloud Token Plan", "token-plan" },
  { "aliyuncs.com", "Alibaba Cloud ModelStudio", "modelstudio", "https://www.alibabacloud.com/terms-of-use", "https://www.alibabacloud.com/privacy-policy" },
  { "openai.azure.com", "Azure OpenAI", nil, "https://www.microsoft.com/servicesagreement/", "https://www.microsoft.com/privacystatement" },
  { "openai.com", "OpenAI", nil, "https://openai.com/terms/", "https://openai.com/privacy/" },
  { "modelscope.cn", "ModelScope", nil, "https://modelscope.cn/terms", "https://modelscope.cn/privacy" },
  { "openrouter.ai", "OpenRouter", "openrouter", "https://openrouter.ai/terms", "https://openrouter.ai/privacy" },
  { "deepseek.com", "DeepSeek", "deepseek" }, { "minimax.io", "MiniMax", "minimax" }, { "minimaxi.com", "MiniMax", "minimax" },
  { "api.z.ai", "Z.AI", "zai" }, { "fireworks.ai", "Fireworks AI", "fireworks" },
}

local function service_of(model, field)
  local url = http.parse_url(model.base_url)
  local host = url and url.host or ""
  if model.provider == "qwen-oauth" then host = "chat.qwen.ai" end
  for _, row in ipairs(services) do
    if row[field] and (host == row[1] or host:sub(-#row[1] - 1) == "." .. row[1]) then return row[field], row end
  end
  return nil, nil, host, url and url.loopback
end

---Which terms of service and which privacy notice apply to requests to a model.
---@param model Model
---@return {terms: string, privacy: string}
function M.terms(model)
  local terms, row, host, loopback = service_of(model, 4)
  if terms then return { terms = terms, privacy = row[5] } end
  if loopback then return { terms = "your own", privacy = "requests stay on this machine" } end
  local whose = "those of the service at " .. host
  return { terms = whose, privacy = whose }
end

---How one signs in for a model, for people: "Alibaba Cloud Coding Plan", "API key".
---@param _ Ctx
---@param model Model
---@return string
function M.method_of(_, model)
  local label, _, _, loopback = service_of(model, 2)
  if label then return label end
  return loopback and "Local model" or "API key"
end

---The auth file that signs in for a model; nil when it is no shipped one.
---@param model Model
---@return string?
function M.name_of(model)
  return (service_of(model, 3))
end

---The ways to sign in, in the order of the menu.
---@return {name: string, auth: Auth, tier: string}[]
function M.methods()
  local out = {}
  for _, entry in ipairs(resource.list "auth") do
    if entry.value and entry.value.login then out[#out + 1] = { name = entry.name, auth = entry.value, tier = entry.tier } end
  end
  table.sort(out, function(a, b)
    local left, right = a.auth.order or 50, b.auth.order or 50
    if left ~= right then return left < right end
    return a.name < b.name
  end)
  return out
end

return M
