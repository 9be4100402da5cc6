-- What ways to sign in share: writing models, key and choice into the user's settings, all or nothing, and taking them out again.
local configuration = require "qwen.model.configured"
local err = require "qwen.util.err"
local http = require "sys.http"
local json = require "sys.json"
local methods = require "qwen.auth.methods"
local key_text = require "qwen.util.key_text"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local secret = require "sys.secret"
local services = require "qwen.model.services"
local sys = require "sys.os"
local settings_writer = require "qwen.config.writer"
local tr = require("qwen.util.translate").tr

local M = { configured = configuration.configured, reachable = configuration.reachable,
  undecided = configuration.undecided, nothing = configuration.nothing, terms = services.terms, method_of = services.method_of, name_of = services.name_of,
  methods = methods.list, offers = methods.offers, advised = methods.advised }

---A key as typed, without blanks around it; nil when it cannot be one, and why.
---@param key string?
---@return string? key
---@return string? problem the end of a sentence
function M.clean_key(key)
  local clean, problem
  if key then clean, problem = key_text.clean(key) end
  return clean ~= "" and clean or nil, problem or tr "it is empty"
end

-- What every process has, beside the names that decide where programs come from and traffic goes.
local system = { USER = true, LOGNAME = true, PWD = true, OLDPWD = true, LANG = true, TERM = true, DISPLAY = true,
  TZ = true, SHLVL = true, HOSTNAME = true }

---The name of a variable for a key; nil, err when it cannot be one. One with another meaning would have its value sent as the key.
---@param name string
---@return string?, Err?
function M.variable(name)
  if key_text.is_key(name) then return nil, err("usage", tr "the name of a variable is wanted, and this looks like a key itself") end
  if not name:find "^[%a_][%w_]*$" then return nil, err("usage", tr("'%s' cannot be the name of a variable", name)) end
  local taken = system[name] or name:find "^XDG_" or name:find "^LC_" or require("qwen.config.dotenv").reserved(name)
  if not taken then return name end
  return nil, err("usage", tr("%s has another meaning and cannot hold a key: its value would be sent to the service; "
    .. "choose a name such as TEAM_API_KEY", name))
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

-- Puts a key into the credential store and does the rest; when that fails the store is as it was.
local function keep_key(plan, rest)
  local credentials, url = require "qwen.credential.credentials", http.parse_url(plan.url)
  local before = credentials.has(plan.env_key) and credentials.get(plan.env_key)
  local place, e = credentials.put(plan.env_key, { secret = plan.key, origins = { url.origin } }, { backend = plan.store })
  if not place then return nil, e end
  if rest() then return place end
  if before then credentials.put(plan.env_key, before, { backend = before.backend }) else credentials.remove(plan.env_key) end
end

---Writes a way to reach models into the user's settings. Nothing is written unless all of it can be.
---@param ctx Ctx
---@param plan {protocol: string?, entries: table[], owns: (fun(entry: table): boolean)?, env_key: string?, key: string?, model: string, more: table[]?}
---@return string? where it was written
---@return Err?
function M.install(ctx, plan)
  local protocol = plan.protocol or "openai"
  local before, e = settings_writer.read()
  if not before then return nil, e end
  local providers = before.modelProviders
  local kept = type(providers) == "table" and providers[protocol] or nil
  if kept == json.null then kept = nil end
  if kept and (type(kept) ~= "table" or #kept == 0 and next(kept)) then
    return nil, err("usage", tr("modelProviders.%s in the settings is no list of models; correct "
      .. "it first (qwen config explain modelProviders)", protocol))
  end
  local changes, to_settings = { { path = { "modelProviders", protocol }, value = joined(kept or {}, plan) } }, plan.store == "settings"
  if plan.key then -- one in the settings would win over the store
    if to_settings and type(plan.key) ~= "string" then
      return nil, err("usage", tr "a key from a browser cannot be written to the settings; leave --store out")
    end
    local before_key = type(before.env) == "table" and before.env[plan.env_key] ~= nil
    if to_settings or before_key then changes[#changes + 1] = { path = { "env", plan.env_key }, value = to_settings and plan.key or nil } end
  end
  table.insert(changes, { path = { "security", "auth", "selectedType" }, value = protocol })
  table.insert(changes, { path = { "model", "name" }, value = plan.model })
  if type(before.model) == "table" and before.model.baseUrl then table.insert(changes, { path = { "model", "baseUrl" } }) end -- ours come first
  for _, change in ipairs(plan.more or {}) do changes[#changes + 1] = change end
  local path, place
  if plan.key and not to_settings then
    place, e = keep_key(plan, function()
      path, e = settings_writer.set(changes)
      return path ~= nil
    end)
  else
    path, e = settings_writer.set(changes)
  end
  if not path then return nil, e end
  local now, source, kind = ctx.settings:env(plan.env_key or "")
  if plan.key and now and now ~= plan.key and kind ~= "settings" then
    ctx.notice(tr("%s is set (%s) to another key, which wins over the new one", plan.env_key, source))
  end
  if place then return tr("The key is in the store '%s', the rest in %s.", place, paths.short(path)) end
  return tr(plan.key and "The key is in %s as plain text." or "Written to %s.", paths.short(path))
end

---Takes a way to reach models out of the user's settings again, whatever their protocol, and the choice of a model that goes with it.
---@param ctx Ctx
---@param plan {owns: (fun(entry: table): boolean), env_key: string?, mark: string?, label: string}
---@return boolean?, Err?
function M.remove(ctx, plan)
  local before, e = settings_writer.read()
  if not before then return nil, e end
  local providers = type(before.modelProviders) == "table" and before.modelProviders or {}
  local gone, chosen, changes = 0, type(before.model) == "table" and before.model.name, {}
  for protocol, list in pairs(providers) do
    local kept, had = json.array {}, gone
    for _, entry in ipairs(type(list) == "table" and list or {}) do
      if type(entry) == "table" and plan.owns(entry) then
        gone = gone + 1
        if entry.id == chosen then
          table.move({ { path = { "model", "name" } }, { path = { "security", "auth", "selectedType" } } }, 1, 2, #changes + 1, changes)
          chosen = nil
        end
      else
        kept[#kept + 1] = entry
      end
    end
    if gone > had then table.insert(changes, { path = { "modelProviders", protocol }, value = kept }) end
  end
  local credentials = require "qwen.credential.credentials"
  local had_key = plan.env_key and type(before.env) == "table" and before.env[plan.env_key] ~= nil
  local stored = plan.env_key and credentials.has(plan.env_key)
  local auth = type(before.security) == "table" and before.security.auth
  local programs = type(auth) == "table" and auth.keyCommands
  local program = plan.env_key and type(programs) == "table" and programs[plan.env_key] ~= nil
  if gone == 0 and not had_key and not stored and not program then
    return nil, err("missing", tr("there is no sign-in to %s in the settings", tr(plan.label)))
  end
  if had_key then table.insert(changes, { path = { "env", plan.env_key } }) end
  if program then table.insert(changes, { path = { "security", "auth", "keyCommands", plan.env_key } }) end
  if plan.mark then table.insert(changes, { path = { plan.mark } }) end
  local path = paths.qwen_home() .. "/settings.json"
  if #changes > 0 then path, e = settings_writer.set(changes) end
  if path and stored then
    local ok
    ok, e = credentials.remove(plan.env_key)
    path = ok and path
  end
  if not path then return nil, e end
  ctx.print(tr("signed out of %s: %d model%s taken out of %s, the key %s", tr(plan.label), gone,
    gone == 1 and "" or "s", paths.short(path),
    (had_key or stored) and tr "forgotten" or tr "was not kept here"))
  if plan.env_key and sys.env(plan.env_key) then ctx.notice(tr("%s is still set in the environment", plan.env_key)) end
  return true
end

-- The identifiers in a person's list.
local function split(text)
  local out, seen = {}, {}
  for id in text:gmatch "[^%s,]+" do
    if not seen[id] then out[#out + 1] = { id = id } end
    seen[id] = true
  end
  return out
end

---The models to write down for a service: those typed, else one chosen from the service's own list, else those that are asked for.
---@param ctx Ctx
---@param place {protocol: string?, url: string, key: string?, label: string}
---@param typed string? identifiers with commas
---@return {id: string, context: integer?}[]?, Err?
function M.models_for(ctx, place, typed)
  if typed then
    local list = split(typed)
    if #list > 0 then return list end
    return nil, err("usage", tr "--model names no model")
  end
  local key, wrong
  if place.key then
    key, wrong = secret.new("the new key", place.key, { http.parse_url(place.url).origin })
    if not key then return nil, wrong end
  end
  local answer, e = require("qwen.model.remote_list").get(ctx, { id = "", name = "", provider = place.protocol or "openai", base_url = place.url, key = key,
    config = {}, from = "" }, true)
  if not answer and e.kind == "auth" then
    return nil, err("auth", tr("%s refused the key: %s; nothing is written", tr(place.label),
      e.message))
  end
  local list = answer and answer.models or {}
  if #list > 0 and ctx.pick then
    local choices = {}
    for i, model in ipairs(list) do
      choices[i] = { label = model.id, detail = model.context and tr("%d tokens", model.context)
        or nil }
    end
    local index = ctx.pick(tr "Select a model:", choices)
    if not index then return nil, err("cancelled", tr "nothing was chosen and nothing is written") end
    return { list[index] }
  end
  local line = ctx.line and ctx.line(tr "Models to use, with commas between them:")
  local ids = line and split(line) or {}
  if #ids > 0 then return ids end
  return nil, err("usage", tr "name the model: --model ID[,ID...]")
end

---Keeps a choice of model for later sessions.
---@param ctx Ctx
---@param model Model
---@return boolean?, Err?
function M.keep(ctx, model)
  local namesakes = 0
  local has = function(name) return registry.has("providers", name) end
  for _, entry in ipairs((require("qwen.model.registry").list(ctx.settings, has))) do
    if entry.id == model.id and entry.provider == model.provider then namesakes = namesakes + 1 end
  end
  local path, e = settings_writer.set {
    { path = { "model", "name" }, value = model.id },
    { path = { "model", "baseUrl" }, value = namesakes > 1 and model.base_url or nil },
    { path = { "security", "auth", "selectedType" }, value = model.provider },
  }
  if not path then return nil, e end
  local ok
  ok, e = ctx.settings:reload()
  if not ok then return nil, e end
  local winner
  for _, row in ipairs(ctx.settings:explain "model.name") do -- a flag is for this run alone
    winner = winner or row.scope ~= "flags" and row or nil
  end
  if winner and winner.value ~= model.id then
    ctx.notice(tr("%s is kept, but the next start takes %s: %s says so", model.id,
      tostring(winner.value), winner.source))
  end
  return true
end

---Where a model is asked: a sign-in may name another address than its protocol has.
---@param ctx Ctx
---@param model Model
---@return string url
---@return Phrase|string from what says so
function M.asked_at(ctx, model)
  local provider = require("qwen.model.provider_of").of(model)
  local name = provider and provider.auth
  local auth = name and registry.has("auth", name) and registry.get("auth", name)
  local now = auth and auth.status and auth.status(ctx, model) or {}
  return now.base_url or model.base_url, now.configured_by or model.from
end

---The key of a flag: "-" is the first line of standard input, so that no key stands in a list of processes.
---@param typed string?
---@return string? key nil where the user is to be asked
---@return Err?
function M.given_key(typed)
  if typed ~= "-" or sys.isatty(0) then return typed ~= "-" and typed or nil end
  local text, e = sys.stdin(64 * 1024)
  if not text then return nil, e end
  local key = text:match "^%s*([^\r\n]*)"
  if key == "" then return nil, err("usage", tr "--key - reads the key from standard input, which is empty") end
  return key
end

---The address of a person's answer: with a scheme, without a final slash; nil, err when it cannot be one.
---@param text string
---@return string?, Err?
function M.address(text)
  local address = text:gsub("^%s+", ""):gsub("%f[%s/][%s/]+$", "")
  if address:find "^%a[%w+.-]*:$" then address = address .. "//" end -- nothing but a scheme
  if not address:find "^%a[%w+.-]*://" then
    local host = address:match "^%[[%x:]+%]" or address:match "^[^/:]*"
    address = ((host == "localhost" or host:find "^127%." or host == "[::1]") and "http://" or "https://") .. address
  end
  local url, e = http.parse_url(address)
  if not url then return nil, err("usage", tr("the address '%s' cannot be used: %s", text, e.message)) end
  return address
end

return M
