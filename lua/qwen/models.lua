-- Which models can be asked, and which one is: entries of `modelProviders`, flags and environment, by the documented precedence.
local err = require "qwen.err"
local text = require "qwen.text"

local M = {}

-- Variables and default address of each protocol we know; other keys of modelProviders must be provider files.
local protocols = {
  openai = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", models = { "OPENAI_MODEL", "QWEN_MODEL" },
    default_url = "https://api.openai.com/v1", default_model = "qwen3-coder-plus" },
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", models = { "ANTHROPIC_MODEL" }, default_url = "https://api.anthropic.com" },
  gemini = { key = "GEMINI_API_KEY", url = "GOOGLE_GEMINI_BASE_URL", models = { "GEMINI_MODEL" }, default_url = "https://generativelanguage.googleapis.com" },
}

local function trim_url(url)
  return (url:gsub("/+$", ""))
end

local function entry_model(protocol, entry, source)
  local config = type(entry.generationConfig) == "table" and entry.generationConfig or {}
  local known = protocols[protocol]
  return {
    id = entry.id, name = type(entry.name) == "string" and entry.name or entry.id, provider = protocol,
    base_url = trim_url(type(entry.baseUrl) == "string" and entry.baseUrl or known and known.default_url or ""),
    env_key = type(entry.envKey) == "string" and entry.envKey or nil, config = config, description = entry.description,
    vision = type(entry.capabilities) == "table" and entry.capabilities.vision or nil,
    context = math.tointeger(config.contextWindowSize), from = source,
  }
end

---Every model of `modelProviders`, in the order of the file, and sentences about entries that are wrong.
---@param settings Settings
---@param has_provider fun(name: string): boolean whether a provider file of that name exists
---@return Model[]
---@return string[] problems
function M.list(settings, has_provider)
  local models, problems, names = {}, {}, {}
  local source = settings:explain("modelProviders")[1]
  local providers = settings:get "modelProviders" or {}
  for name in pairs(providers) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, protocol in ipairs(names) do
    local list = providers[protocol]
    if not protocols[protocol] and not has_provider(protocol) then
      problems[#problems + 1] = ("%s: modelProviders.%s is no protocol; use openai, anthropic or gemini, or write ~/.qwen/providers/%s.lua")
        :format(source.source, protocol, protocol)
    elseif type(list) ~= "table" then
      problems[#problems + 1] = ("%s: modelProviders.%s must be a list"):format(source.source, protocol)
    else
      local seen = {}
      for i, entry in ipairs(list) do
        if type(entry) ~= "table" or type(entry.id) ~= "string" then
          problems[#problems + 1] = ("%s: modelProviders.%s.%d has no id"):format(source.source, protocol, i - 1)
        else
          local model = entry_model(protocol, entry, source.source)
          local key = model.id .. "\0" .. model.base_url
          if seen[key] then
            problems[#problems + 1] = ("%s: model %s is there twice under %s; the first one counts"):format(source.source, model.id, protocol)
          else
            seen[key] = true
            models[#models + 1] = model
          end
        end
      end
    end
  end
  return models, problems
end

-- The key for a model from an entry: its own variable only, never another one's.
local function entry_key(settings, model)
  if not model.env_key then return end
  model.key, model.key_source = settings:env(model.env_key)
end

local function from_environment(settings, opts, protocol, id)
  local known = protocols[protocol] or {}
  local url = opts.base_url or known.url and settings:env(known.url)
  local old = protocol == "openai" and settings:get "security.auth.baseUrl"
  local model = {
    id = id, name = id, provider = protocol, base_url = trim_url(url or old or known.default_url or ""), env_key = known.key,
    config = settings:get "model.generationConfig" or {}, from = opts.base_url and "flag --openai-base-url" or url and "environment " .. known.url or "default",
  }
  if known.key then model.key, model.key_source = settings:env(known.key) end
  local old_key = protocol == "openai" and settings:get "security.auth.apiKey"
  if not model.key and old_key then model.key, model.key_source = old_key, "settings security.auth.apiKey" end
  return model
end

local function find(models, id, protocol)
  for _, model in ipairs(models) do
    if (not id or model.id == id) and (not protocol or model.provider == protocol) then return model end
  end
end

local function default_id(settings, protocol)
  local known = protocols[protocol] or {}
  for _, name in ipairs(known.models or {}) do
    local id = settings:env(name)
    if id and id ~= "" then return id end
  end
  return nil, known.default_model
end

local function copy(model)
  local out = {}
  for key, value in pairs(model) do out[key] = value end
  return out
end

---The model to ask. First present wins: flags, the entry that the settings select, environment, settings, default.
---@param settings Settings
---@param opts table flags; a choice made in the session comes as opts.model
---@param has_provider fun(name: string): boolean
---@return Model?, Err?
function M.choose(settings, opts, has_provider)
  local models = M.list(settings, has_provider)
  local wanted_protocol = opts.auth_type or settings:get "security.auth.selectedType"
  local protocol = wanted_protocol or "openai"
  if not protocols[protocol] and not has_provider(protocol) then
    local names = { "openai", "anthropic", "gemini" }
    local near = text.nearest(protocol, names)
    return nil, err("usage", ("unknown auth type '%s'%s; use openai, anthropic or gemini, or write ~/.qwen/providers/%s.lua")
      :format(protocol, near and " (did you mean " .. near .. "?)" or "", protocol))
  end
  local env_id, fallback_id = default_id(settings, protocol)
  local id = opts.model or settings:get "model.name" or env_id
  local entry = not opts.base_url and (find(models, id, wanted_protocol) or (not id and find(models, nil, wanted_protocol)) or nil)
  local model
  if entry then
    model = copy(entry)
    entry_key(settings, model)
  else
    id = id or fallback_id
    if not id then return nil, err("usage", ("no model is named for %s; give one with --model ID"):format(protocol)) end
    model = from_environment(settings, opts, protocol, id)
  end
  if opts.api_key then model.key, model.key_source = opts.api_key, "flag --openai-api-key" end
  return model
end

---The names of protocols built in.
function M.protocols()
  return protocols
end

return M
