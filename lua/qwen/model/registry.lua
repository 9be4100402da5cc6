-- Which models can be asked, and which one is: entries of `modelProviders`, flags and environment, by the documented precedence.
-- Which key goes with one is in credential/keys.lua.
local err = require "qwen.util.err"
local model_capabilities = require "qwen.model.capabilities"
local http = require "sys.http"
local keys = require "qwen.credential.keys"
local protocols = require "qwen.config.protocols"
local text = require "qwen.util.text"

local M = { keyless = require "qwen.model.private_host", signs = keys.signs, key_variable = keys.variable, has_key = keys.has }

local MOST_FALLBACKS = 3

local function trim_url(url) return (url:gsub("/+$", "")) end

local function origin(url)
  local parsed = http.parse_url(url)
  return parsed and parsed.origin
end

local function entry_model(protocol, entry, from)
  local config = type(entry.generationConfig) == "table" and entry.generationConfig or {}
  local known = protocols.get(protocol)
  local capabilities = type(entry.capabilities) == "table" and entry.capabilities or {}
  return {
    id = entry.id, name = type(entry.name) == "string" and entry.name or entry.id, provider = protocol,
    base_url = trim_url(type(entry.baseUrl) == "string" and entry.baseUrl or known and known.default_url or ""),
    env_key = type(entry.envKey) == "string" and entry.envKey ~= "" and entry.envKey or nil, config = config, description = entry.description,
    vision = capabilities.vision, prices = entry.prices, from = from,
  }
end

-- The names under modelProviders: those we know in our order, then the others.
local function protocol_names(providers)
  local names, others = {}, {}
  for _, name in ipairs(protocols.names) do
    if providers[name] ~= nil then names[#names + 1] = name end
  end
  for name in pairs(providers) do
    if not protocols.get(name) then others[#others + 1] = tostring(name) end
  end
  table.sort(others)
  return table.move(others, 1, #others, #names + 1, names)
end

local function unknown(name, what)
  local near = text.nearest(name, protocols.names)
  return ("%s%s; use %s, or write ~/.qwen/providers/%s.lua"):format(what, near and " (did you mean " .. near .. "?)" or "",
    table.concat(protocols.names, ", "), name)
end

---Every model of `modelProviders`, in the order of the file, and sentences about entries that are wrong.
---@param settings Settings
---@param has_provider fun(name: string): boolean whether a provider file of that name exists
---@return Model[]
---@return string[] problems
function M.list(settings, has_provider)
  local models, problems, providers = {}, {}, settings:get "modelProviders" or {}
  local function where(key)
    local row = settings:explain(key)[1] or settings:explain("modelProviders")[1]
    return row.source .. (row.line and ":" .. row.line or "")
  end
  local function complain(key, sentence) problems[#problems + 1] = where(key) .. ": " .. text.visible(sentence) end
  for _, protocol in ipairs(protocol_names(providers)) do
    local list, key, seen = providers[protocol], "modelProviders." .. protocol, {}
    if not protocols.get(protocol) and not has_provider(protocol) then
      complain(key, unknown(protocol, key .. " is no protocol"))
      list = {}
    elseif type(list) ~= "table" or #list == 0 and next(list) then
      complain(key, key .. " must be a list [ ... ] of models")
      list = {}
    end
    for i, entry in ipairs(list) do
      local at = key .. "." .. i - 1
      if type(entry) ~= "table" or type(entry.id) ~= "string" or entry.id == "" then
        complain(at, ("%s has no id"):format(at))
      else
        local model = entry_model(protocol, entry, where(at))
        local identity = model.id .. "\0" .. model.base_url
        if seen[identity] then
          complain(at, ("model %s is there twice under %s; the first one counts"):format(model.id, protocol))
        else
          seen[identity], models[#models + 1] = true, model
          model_capabilities.measure(model)
          if not model.env_key and not M.keyless(model.base_url) and not keys.signs(model) and not keys.is_own_service(settings, model) then
            complain(at, ("model %s has no envKey, the name of the variable with its key; none is sent"):format(model.id))
          end
        end
      end
    end
  end
  return models, problems
end

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
  add(name)
  local id, place = name:match "^(.+)@([^@]+)$"
  if #out == 0 and id then add(id, place:lower()) end
  return out
end

local function find(models, id, protocol, url)
  for _, model in ipairs(models) do
    if (not id or model.id == id) and (not protocol or model.provider == protocol) and (not url or model.base_url == url) then return model end
  end
end

-- Of several entries that a flag means, one that has a key where it needs one.
local function by_flag(settings, opts, models, wanted)
  local meant, keyed = M.named(models, opts.model), {}
  for _, model in ipairs(#meant > 1 and meant or {}) do
    if M.keyless(model.base_url) or keys.has(settings, model) then keyed[#keyed + 1] = model end
  end
  return find(keyed, nil, wanted) or find(meant, nil, wanted) or not opts.auth_type and (keyed[1] or meant[1]) or nil
end

-- The entry that is meant, if one is. A choice by flag or in the session may cross to another protocol; that of a file may not.
local function chosen_entry(settings, opts, models, id, wanted)
  if opts.base_url then return id and find(models, id, wanted, trim_url(opts.base_url)) end
  if opts.model then return by_flag(settings, opts, models, wanted) end
  if id then return find(models, id, wanted, settings:get "model.baseUrl") or find(models, id, wanted) end
  local known = protocols.get(wanted or "openai")
  local env_url = known and protocols.first(function(name) return settings:env(name) end, { known.url })
  return not env_url and find(models, nil, wanted) or nil
end

local function raw_model(settings, opts, id, wanted)
  local protocol = wanted or protocols.guess(function(name) return settings:env(name) end)
  local known = protocols.get(protocol) or {}
  id = id or known.default_model
  if not id then return nil, err("usage", ("no model is named for %s; give one with --model ID"):format(protocol)) end
  local url, from = protocols.address(settings, opts, protocol)
  return { id = id, name = id, provider = protocol, base_url = trim_url(url), env_key = known.key,
    config = settings:get "model.generationConfig" or {}, from = from }
end

---The model to ask. First present wins: session and flags, the entry that the settings select, environment, settings, default.
---@param settings Settings
---@param opts table flags; a choice made in the session comes as opts.model
---@param has_provider fun(name: string): boolean
---@return Model?, Err?
---@return string[]? problems of modelProviders, in sentences
function M.choose(settings, opts, has_provider)
  local wanted = opts.auth_type or settings:get "security.auth.selectedType"
  if wanted and not protocols.get(wanted) and not has_provider(wanted) then
    local source = opts.auth_type and "flag --auth-type" or settings:explain("security.auth.selectedType")[1].source .. " security.auth.selectedType"
    return nil, err("usage", unknown(wanted, ("%s: unknown auth type '%s'"):format(source, wanted)))
  end
  local models, problems = M.list(settings, has_provider)
  local id = opts.model or settings:get "model.name"
  local model = chosen_entry(settings, opts, models, id, wanted)
  local value, source, ok, e
  if model then
    value, source = keys.of_entry(settings, model)
    if next(settings:get "model.generationConfig" or {}) then
      problems[#problems + 1] = ("model.generationConfig is not used: %s has its own in modelProviders"):format(model.id)
    end
  else
    model, e = raw_model(settings, opts, id, wanted)
    if not model then return nil, e end
    local only = (protocols.get(model.provider) or {}).only
    if only and model.id ~= only then
      problems[#problems + 1] = ("%s has the model %s only; it is used instead of %s"):format(model.provider, only, model.id)
      model.id, model.name = only, only
    end
    value, source = keys.of_protocol(settings, model)
  end
  if model.base_url ~= "" and not origin(model.base_url) then
    local _, problem = http.parse_url(model.base_url)
    return nil, err("usage", ("the address '%s' of %s (%s) cannot be used: %s"):format(model.base_url, model.id, model.from, problem.message))
  end
  ok, e = keys.attach(settings, opts, model, value, source)
  if not ok then return nil, e end
  model_capabilities.measure(model, require("qwen.model.remote_list").known(model))
  return model, nil, problems
end

---A model chosen in the session: an entry of that name is stronger than flags about address and protocol.
---@param settings Settings
---@param opts table flags
---@param id string
---@param provider string?
---@param has_provider fun(name: string): boolean
---@param url string? the entry's address, where several have that name
---@return Model?, Err?
function M.take(settings, opts, id, provider, has_provider, url)
  local entry = find((M.list(settings, has_provider)), id, provider, url)
  local chosen = { model = id, auth_type = provider or entry and entry.provider }
  if entry then chosen.base_url = url or false end
  return M.choose(settings, setmetatable(chosen, { __index = opts }), has_provider)
end

---The models to ask when the chosen one is overloaded, at most three.
---@param settings Settings
---@param opts table
---@param has_provider fun(name: string): boolean
---@return Model[]?, Err?
function M.fallbacks(settings, opts, has_provider)
  local out = {}
  for i, id in ipairs(settings:get "model.fallback" or {}) do
    if i > MOST_FALLBACKS then return nil, err("usage", ("model.fallback names more than %d models"):format(MOST_FALLBACKS)) end
    local model, e = M.choose(settings, setmetatable({ model = tostring(id) }, { __index = opts }), has_provider)
    if not model then return nil, e end
    out[i] = model
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
