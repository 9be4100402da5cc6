-- Which model is asked: by flags, the session, `modelProviders`, variables and settings, by the documented precedence. The entries are
-- read in entries.lua; which key goes with one is in credential/keys.lua. What cannot be used ends the choice: nothing stands in for it.
local addresses = require "qwen.config.addresses"
local effort = require "qwen.model.effort"
local entries = require "qwen.model.entries"
local err = require "qwen.util.err"
local model_capabilities = require "qwen.model.capabilities"
local http = require "sys.http"
local keys = require "qwen.credential.keys"
local protocols = require "qwen.config.protocols"
local raw = require "qwen.model.raw"
local sources = require "qwen.config.sources"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase
local find = entries.find

local M = { keyless = addresses.is_private, signs = keys.signs, key_variable = keys.variable, has_key = keys.has }

local MOST_FALLBACKS = 3

---Every model of `modelProviders` that can be asked, in the order of the file, and sentences about entries that are wrong.
---@param settings Settings
---@param has_provider fun(name: string): boolean whether a provider file of that name exists
---@return Model[]
---@return string[] problems
M.list = entries.read

---Where a model is, as it stands after the @: the host, and the port when it is not the usual one.
---@param model Model
---@return string
function M.place(model)
  local url = http.parse_url(model.base_url)
  return url and (url.origin:gsub("^%a+://", ""):gsub(url.scheme == "https" and ":443$" or ":80$", "")) or model.base_url
end

---Which entries a name means: an identifier, or "ID@HOST" for one of several entries with the same identifier.
---@param models Model[]
---@param name string
---@return Model[] in their order
function M.named(models, name)
  local out = {}
  local function add(id, place)
    for _, model in ipairs(models) do
      if model.id == id and (not place or M.place(model) == place or (M.place(model):gsub(":%d+$", "")) == place) then out[#out + 1] = model end
    end
  end
  add(entries.id_of(models, name))
  local id, place = name:match "^(.+)@([^@]+)$"
  if #out == 0 and id then add(entries.id_of(models, id), place:lower()) end
  return out
end

-- The error of an entry that is named and cannot be used.
local function unusable(list, id)
  for _, entry in ipairs(list.broken) do
    if entry.name == id then return err("usage", entry.problem) end
  end
end

-- Of several entries that a flag means, one that has a key where it needs one.
local function by_flag(settings, opts, list)
  local meant, keyed = M.named(list.models, opts.model), {}
  for _, model in ipairs(#meant > 1 and meant or {}) do
    if M.keyless(model.base_url) or keys.has(settings, model) then keyed[#keyed + 1] = model end
  end
  local entry = find(keyed, nil, list.wanted) or find(meant, nil, list.wanted) or not opts.auth_type and (keyed[1] or meant[1])
  return entry or nil, not entry and unusable(list, opts.model) or nil
end

-- The entry that the settings select. `model.baseUrl` says which of several of that name.
local function by_settings(settings, list, id, url)
  local namesakes = {}
  for _, model in ipairs(list.models) do
    if find({ model }, id, list.wanted) then namesakes[#namesakes + 1] = model end
  end
  local exact = url and find(namesakes, nil, nil, url)
  if exact or not namesakes[1] then return exact, not exact and unusable(list, id) or nil end
  if not url then return namesakes[1] end
  local row = settings:explain("model.baseUrl")[1]
  local says = tr("%s model.baseUrl: no entry of %s is at %s", row.source, id, url)
  if #namesakes > 1 then
    local places = {}
    for i, model in ipairs(namesakes) do places[i] = id .. "@" .. M.place(model) end
    return nil, err("usage", tr("%s; choose one with --model or /model: %s", says, table.concat(places, ", ")))
  end
  list.problems[#list.problems + 1] = tr("%s; %s is asked", says, namesakes[1].base_url)
  return namesakes[1]
end

-- The entry that is meant, if one is. A choice by flag or in the session may cross to another protocol; that of a file may not.
local function chosen_entry(settings, opts, list, id)
  if opts.base_url then return id and find(list.models, id, list.wanted, opts.base_url) or nil end
  if opts.model then return by_flag(settings, opts, list) end
  local row = id and settings:explain("model.name")[1]
  if row and row.scope ~= "environment" then
    return by_settings(settings, list, id, row.scope ~= "project" and settings:written "model.baseUrl" or nil)
  end
  local address, e = addresses.of(settings, opts, list.protocol)
  if not address then return nil, e end
  local named = address.place ~= "default" and protocols.get(list.wanted or "openai") ~= nil
  if named then return id and find(list.models, id, list.wanted, address.url) or nil end
  if id then return by_settings(settings, list, id) end
  local first = find(list.models, nil, list.wanted)
  return first, not first and list.broken[1] and err("usage", list.broken[1].problem) or nil
end

-- What variables say about addresses and does not count, in sentences: which host gets the prompt is never a surprise.
local function tell_unused(settings, opts, model, problems)
  local unused, path = addresses.unused(settings, model.base_url)
  if #unused > 0 then
    problems[#problems + 1] = tr("%s: %s %s not used: %s of %s is asked at %s", path, table.concat(unused, ", "),
      #unused == 1 and "is" or "are", model.id, model.from, model.base_url)
  end
  local known = model.group and protocols.get(model.provider)
  for _, row in ipairs(known and known.url and not opts.model and settings:variables(known.url) or {}) do
    if row.value ~= "" and not row.project and not addresses.same_origin(row.value, model.base_url) then
      local named = protocols.first(row.beside, known.models)
      problems[#problems + 1] = tr("%s is not used: the settings select %s at %s (%s). For that "
        .. "address: --openai-base-url %s", row.source, model.id, model.base_url, model.from, row.value .. (named and " --model " .. named or ""))
      break
    end
  end
end

-- What flags, settings and variables say before a model is looked for.
local function read(settings, opts, has_provider)
  if settings.fatal[1] then return nil, err("usage", settings.fatal[1]) end
  local wanted, mapped = opts.auth_type or settings:get "security.auth.selectedType", settings:get "providerProtocol" or {}
  local group = wanted and (settings:get "modelProviders" or {})[wanted]
  if wanted and not (protocols.get(wanted) or has_provider(wanted) or mapped[wanted] or group) then
    local source = opts.auth_type and phrase("flag %s", "--auth-type")
      or settings:explain("security.auth.selectedType")[1].source .. " security.auth.selectedType"
    return nil, err("usage", entries.unknown(wanted, ("%s: unknown auth type '%s'"):format(source, wanted)))
  end
  local models, problems, broken = entries.read(settings, has_provider)
  local protocol = sources.protocol(settings, opts)
  return { wanted = wanted, protocol = mapped[protocol] or protocol, models = models, problems = problems, broken = broken }
end

-- Gives a model its key and its measures; an address from a project is asked about, or told.
local function finish(settings, opts, model, value, source)
  local enforced = settings:get "security.auth.enforcedType"
  if enforced and not find({ model }, nil, enforced) then
    return nil, err("denied", tr("%s of %s is not asked: security.auth.enforcedType allows %s only",
      model.id, model.provider, enforced))
  end
  local ok, e = keys.attach(settings, opts, model, value, source)
  if ok and model.project and settings.consent then ok, e = settings.consent(model) end
  if not ok then return nil, e end
  model_capabilities.measure(model, require("qwen.model.remote_list").known(model))
  model.prices = model.prices or model_capabilities.prices(settings, model.id)
  effort.apply(model, opts.effort or settings:get "model.reasoningEffort", opts.effort ~= nil)
  return model
end

---The model to ask. First present wins: session and flags, the entry that the settings select, environment, settings.
---@param settings Settings
---@param opts table flags; a choice made in the session comes as opts.model; opts.unnamed: the service alone, whatever the model
---@param has_provider fun(name: string): boolean
---@return Model?, Err?
---@return string[]? problems of modelProviders, in sentences
function M.choose(settings, opts, has_provider)
  local list, e = read(settings, opts, has_provider)
  if not list then return nil, e end
  local id, model, value, source, address = opts.model or settings:get "model.name"
  model, e = chosen_entry(settings, opts, list, entries.id_of(list.models, id))
  if e then return nil, e end
  if model then
    value, source = keys.of_entry(settings, model)
    if next(settings:get "model.generationConfig" or {}) then
      list.problems[#list.problems + 1] = tr("model.generationConfig is not used: %s has its own in modelProviders", model.id)
    end
  else
    model, e, address = raw.model(settings, opts, list, id)
    if not model then return nil, e end
    local final
    value, source, e, final = keys.of_protocol(settings, model, address)
    if e and not opts.api_key and (final or not M.keyless(model.base_url)) then return nil, e end
    if e then list.problems[#list.problems + 1] = e.message end
  end
  tell_unused(settings, opts, model, list.problems)
  model, e = finish(settings, opts, model, value, source)
  return model, e, model and list.problems
end

-- The same service under another name of a model: its address, key and headers, and nothing that belongs to the other model.
local function borrowed(current, id)
  local known, offered = require("qwen.model.remote_list").known(current), (protocols.get(current.provider) or {}).only == nil
  if offered and known and known.models[1] then
    offered = false
    for _, item in ipairs(known.models) do offered = offered or item.id == id end
  end
  if not offered then return current, nil, tr("%s does not offer %s; %s is asked instead", M.place(current), id, current.id) end
  local model, config = {}, {}
  for name, value in pairs(current) do model[name] = value end
  for name, value in pairs(current.own_config or current.config) do config[name] = value end
  config.contextWindowSize, model.own_config = nil, nil
  model.id, model.name, model.config, model.borrowed = id, id, config, true
  model.prices, model.vision, model.description = nil, nil, nil
  model_capabilities.measure(model, known)
  effort.apply(model, model.effort, model.effort_chosen)
  return model
end

-- The entry that a name means beside a model that is asked already: of "PROTOCOL:ID" that protocol's, else one of the same service first.
local function entry_beside(settings, list, current, name)
  local meant, protocol, id = M.named(list.models, name), name:match "^([%w_-]+):(.+)$"
  local known = protocol and (protocols.get(protocol) or (settings:get "modelProviders" or {})[protocol])
  if not meant[1] and known then
    local entry = find(list.models, id, protocol)
    local own = find({ current }, nil, protocol)
    local e = not entry and (unusable(list, id) or not own and err("usage", tr("no entry of modelProviders for %s is called '%s'", protocol, id)))
    return entry, e or nil, id
  end
  local entry = find(meant, nil, nil, current.base_url) or find(meant, nil, current.provider) or meant[1]
  return entry, not entry and unusable(list, name) or nil, name
end

---A model that is named beside a conversation (by an agent, a side request, a fallback, a hook): its entry; "inherit" and "fast" as Qwen
---Code has them; a name that no entry has is asked for at the conversation's own service.
---@param settings Settings
---@param opts table
---@param has_provider fun(name: string): boolean
---@param current Model
---@param name string?
---@return Model?, Err?
---@return string? note when another one than the named one is taken
function M.beside(settings, opts, has_provider, current, name)
  if name == "fast" then name = settings:get "fastModel" end
  if not name or name == "" or name == "inherit" or name == "fast" or name == current.id then return current end
  local list, e = read(settings, opts, has_provider)
  if not list then return nil, e end
  local entry, problem, id = entry_beside(settings, list, current, name)
  if problem then return nil, problem end
  if not entry then return borrowed(current, id) end
  return finish(settings, opts, entry, keys.of_entry(settings, entry))
end

---A model chosen in the session: an entry of that name is stronger than flags about address and protocol. A name that no entry has is
---asked for at the service in use.
---@param settings Settings
---@param opts table flags
---@param id string
---@param provider string?
---@param has_provider fun(name: string): boolean
---@param url string? the entry's address, where several have that name
---@param current Model? the one in use
---@return Model?, Err?
function M.take(settings, opts, id, provider, has_provider, url, current)
  if id == "" then return nil, err("usage", tr "no model is named") end
  local entry = find((M.list(settings, has_provider)), id, provider, url)
  if not entry and current and (not provider or find({ current }, nil, provider)) and not url then
    return M.beside(settings, opts, has_provider, current, id)
  end
  local chosen = { model = id, auth_type = provider or entry and entry.provider }
  if entry then chosen.base_url = url or false end
  return M.choose(settings, setmetatable(chosen, { __index = opts }), has_provider)
end

-- Qwen Code's name for the same: "first, second".
local function named_fallbacks(settings)
  local out = {}
  for name in (settings:get "modelFallbacks" or ""):gmatch "[^%s,]+" do out[#out + 1] = name end
  return out
end

---The models to ask when the chosen one is overloaded, at most three.
---@param settings Settings
---@param opts table
---@param has_provider fun(name: string): boolean
---@param model Model? the chosen one
---@return Model[]?, Err?
function M.fallbacks(settings, opts, has_provider, model)
  local out, e, names = {}, nil, settings:get "model.fallback" or named_fallbacks(settings)
  if #names > MOST_FALLBACKS then return nil, err("usage", tr("model.fallback names more than %d models", MOST_FALLBACKS)) end
  if names[1] and not model then model, e = M.choose(settings, opts, has_provider) end
  if e then return nil, e end
  for i, name in ipairs(names) do
    out[i], e = M.beside(settings, opts, has_provider, model, tostring(name))
    if not out[i] then return nil, e end
  end
  return out
end

---The provider file that serves a model: its protocol's, or the vendor's that claims it.
---@param model Model
---@return Provider?, Err?
function M.provider(model)
  return require("qwen.model.provider_of").of(model)
end

---The names of the protocols built in.
---@return string[]
function M.protocols()
  return protocols.names
end

return M
