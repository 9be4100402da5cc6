-- Signing requests with an API key from the environment, a .env file, the settings or a flag. The key is bound to the model's own origin
-- when the model is chosen (qwen.models); here it becomes a header in the form of the model's provider.

local tr = qwen.tr

local A = {
  summary = "API Key - Bring your own key · any OpenAI-compatible, Anthropic or Gemini service",
  order = 30,
  flags = { protocol = "NAME", ["base-url"] = "URL", key = "KEY", model = "ID[,ID...]", ["env-key"] = "NAME", store = "STORE" },
}

local function missing(ctx, model)
  local url = qwen.http.parse_url(model.base_url)
  local what = tr("no API key for %s at %s", model.id, url and url.host or "'" .. model.base_url .. "'")
  if not model.env_key then
    return qwen.err("auth", tr("%s: its entry (%s) needs \"envKey\", the name of the variable that holds the key", what, model.from))
  end
  local ids = {}
  for _, entry in ipairs((qwen.models.list(ctx.settings, function(name) return qwen.x.registry.has("providers", name) end))) do ids[#ids + 1] = entry.id end
  local near = qwen.text.nearest(model.id, ids)
  return qwen.err("auth", tr("%s: set %s in the environment, in ~/.qwen/.env or under env in "
    .. "~/.qwen/settings.json; or sign in: qwen auth%s", what, model.env_key, near
    and near ~= model.id and tr(" (or did you mean --model %s?)", near) or ""))
end

local function signed(model, key, request)
  local provider, e = qwen.models.provider(model)
  if not provider then return nil, e end
  if provider.sign then return provider.sign(model, key, request) end
  return { Authorization = { "Bearer ", key } }
end

---Headers for a model; none for a blank key on this machine or a private network.
---@param ctx Ctx
---@param model Model
---@param request Request
---@return table<string, HeaderValue>?, Err?
function A.headers(ctx, model, request)
  if model.key then return signed(model, model.key, request) end
  local key, e = qwen.x.key_command.key(ctx.settings, model)
  if key then return signed(model, key, request) end
  if e then return nil, e end
  if qwen.models.keyless(model.base_url) or qwen.models.signs(model) then return {} end
  return nil, missing(ctx, model)
end

---A key from a program may be a new one by now.
function A.refused(ctx, model)
  return not model.key and qwen.x.key_command.key(ctx.settings, model, true) ~= nil
end

-- Protocols a key can be for: those we speak with keys, and the person's own provider files.
local function protocols()
  local out = {}
  for _, name in ipairs(qwen.models.protocols()) do
    local provider = qwen.x.registry.has("providers", name) and qwen.x.registry.get("providers", name)
    if provider and (provider.auth or "api-key") == "api-key" then out[#out + 1] = { name = name, label = provider.summary, url = provider.default_url } end
  end
  for _, entry in ipairs(qwen.x.registry.list "providers") do
    if entry.tier ~= "shipped" and entry.value then out[#out + 1] = { name = entry.name, label = entry.summary, url = entry.value.default_url } end
  end
  return out
end

local function protocol_for(ctx, wanted)
  local list, labels, names = protocols(), {}, {}
  for i, protocol in ipairs(list) do
    if protocol.name == wanted then return protocol end
    labels[i], names[i] = { label = protocol.name, detail = protocol.label }, protocol.name
  end
  if wanted then
    local near = qwen.text.nearest(wanted, names)
    return nil, qwen.err("usage", tr("unknown protocol '%s'%s; use %s", wanted, near
      and tr(" (did you mean %s?)", near) or "",
      table.concat(names, ", ")))
  end
  if not ctx.pick then return list[1] end
  local index = ctx.pick(tr "Which protocol does the service speak?", labels)
  if not index then return nil, qwen.err("cancelled", tr "nothing was chosen and nothing is written") end
  return list[index]
end

-- The variable of a key: the protocol's own for its own service, else one that names the service.
local function env_key_for(settings, protocol, url)
  local own = qwen.models.key_variable(settings, protocol.name, url)
  return own or ("QWEN_CUSTOM_API_KEY_%s_%s"):format(protocol.name, url):upper():gsub("[^%w]+", "_"):gsub("%f[_]_+$", "")
end

local function address_for(ctx, protocol, typed)
  if not typed and ctx.line then
    typed = ctx.line(tr("Address of the service%s:", protocol.url and tr(" (Enter for %s)", protocol.url) or ""))
    if not typed then return nil, qwen.err("cancelled", tr "nothing was entered and nothing is written") end
  end
  if not typed or typed == "" then typed = protocol.url end
  if not typed then return nil, qwen.err("usage", tr "give the address: --base-url URL") end
  return qwen.x.login.address(typed)
end

---Asks for what the flags leave open and writes all of it, or nothing.
---@param ctx Ctx
---@param options {protocol: string?, base_url: string?, key: string?, model: string?, env_key: string?, store: string?}
function A.login(ctx, options)
  local protocol, e = protocol_for(ctx, options.protocol)
  if not protocol then return nil, e end
  local url
  url, e = address_for(ctx, protocol, options.base_url)
  if not url then return nil, e end
  local place = qwen.http.parse_url(url)
  local host = place.host
  local none_needed = qwen.models.keyless(url)
  local typed = options.key or ctx.line
    and ctx.line(tr("Enter the API key for %s%s:", host, none_needed and tr " (Enter for none)"
    or ""), true)
  local key, wrong = nil, nil
  if typed and typed ~= "" then key, wrong = qwen.x.login.clean_key(typed) end
  if wrong and not key then return nil, qwen.err("usage", tr("this cannot be a key: %s", wrong)) end
  if not key and not none_needed then
    return nil, qwen.err("usage", tr("give the key for %s: qwen auth api-key --base-url %s --key "
      .. "KEY --model ID; only services on this machine need none", host, url))
  end
  if key and place.exposed then
    return nil, qwen.err("usage", tr("a key is not sent to %s: everyone on the way could read it; "
      .. "give the https:// address, or allow it: \"connections\": {\"%s\": {\"plainHttp\": true}}", url, place.origin))
  end
  local env_key
  env_key, e = qwen.x.login.variable(options.env_key or env_key_for(ctx.settings, protocol, url))
  if not env_key then return nil, e end
  local models
  models, e = qwen.x.login.models_for(ctx, { protocol = protocol.name, url = url, key = key, label = host }, options.model)
  if not models then return nil, e end
  local entries = qwen.json.array {}
  for i, model in ipairs(models) do
    entries[i] = { id = model.id, baseUrl = url, envKey = key and env_key or nil,
      generationConfig = model.context and { contextWindowSize = model.context } or nil }
  end
  local where
  where, e = qwen.x.login.install(ctx, { protocol = protocol.name, entries = entries, env_key = env_key, key = key, url = url, model = models[1].id,
    store = options.store })
  if not where then return nil, e end
  ctx.print(tr("%s at %s is set up, now %s. %s", protocol.name, host, models[1].id, where))
  return true
end

---Forgets a key, its models and the choice among them.
---@param ctx Ctx
---@param name string? the variable of the key; nil is the one in use
function A.logout(ctx, name)
  local model = not name and qwen.models.choose(ctx.settings, ctx.opts, function(protocol) return qwen.x.registry.has("providers", protocol) end)
  name = name or model and model.env_key
  if not name then
    return nil, qwen.err("usage",
      tr "say which key: qwen auth logout VARIABLE, as qwen auth list names it")
  end
  return qwen.x.login.remove(ctx, { label = name, env_key = name, owns = function(entry) return entry.envKey == name end })
end

return A
