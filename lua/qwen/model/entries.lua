-- The entries of `modelProviders`: those that can be asked, and those that cannot with the reason. An entry
-- whose fields are not understood is never asked at a default address: the address may be in such a field.
local addresses = require "qwen.config.addresses"
local model_capabilities = require "qwen.model.capabilities"
local key_text = require "qwen.util.key_text"
local keys = require "qwen.credential.keys"
local http = require "sys.http"
local protocols = require "qwen.config.protocols"
local config_value = require "qwen.config.value"
local secret = require "sys.secret"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- The fields of an entry, with the type of those without which it cannot be asked as it is meant.
local fields = { id = "string", envKey = "string", baseUrl = "string", wireApi = "string", generationConfig = "object",
  name = "any", description = "any", capabilities = "any", prices = "any", supportsImageGeneration = "any",
  imageOnly = "any", realtimeOnly = "any" }
local vital = { "id", "envKey", "baseUrl", "wireApi" }

-- Other names for these, in lower case and without signs.
local meant = { url = "baseUrl", uri = "baseUrl", base = "baseUrl", baseuri = "baseUrl", apibase = "baseUrl",
  apibaseurl = "baseUrl", apiurl = "baseUrl", endpoint = "baseUrl", apiendpoint = "baseUrl", host = "baseUrl",
  address = "baseUrl", server = "baseUrl", key = "envKey", apikey = "envKey", apikeyenv = "envKey",
  apikeyenvkey = "envKey", keyenv = "envKey", env = "envKey", token = "envKey", model = "id", modelid = "id",
  modelname = "id" }

-- The field that another one stands for: by its name, by a slip of the pen, or because it holds an address.
local function stands_for(name, value)
  local bare = name:lower():gsub("[^%w]", "")
  for _, field in ipairs(vital) do
    if bare == field:lower() then return field end
  end
  if meant[bare] then return meant[bare] end
  if type(value) == "string" and value:find "^%a+://" then return "baseUrl" end
  return #name > 3 and text.nearest(name, { "envKey", "baseUrl", "wireApi" }) or nil
end

local hidden = {} -- keys that stand where a name should: whatever is printed loses them

-- What is wrong with the fields of an entry; nil when all that matters is understood.
local function wrong_field(entry)
  if type(entry.envKey) == "string" and key_text.is_key(entry.envKey) then
    hidden[entry.envKey] = hidden[entry.envKey] or secret.new("envKey", entry.envKey, {})
    return "envKey is the name of a variable, and this looks like a key itself; put the key under env and its name here"
  end
  local names = {}
  for name in pairs(entry) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do
    local wanted, value = fields[name], entry[name]
    local problem = wanted and config_value.problem({ type = wanted }, value)
    if problem then return ("%s %s"):format(name, problem) end
    local field = not wanted and stands_for(name, value)
    if field and entry[field] == nil then
      return ("the field '%s' is not read; write it as '%s'"):format(text.visible(name), field)
    end
  end
end

local wires = { responses = "openai-responses", ["chat-completions"] = "openai" }

-- The provider that an entry of a protocol is asked through.
local function wire(protocol, entry)
  if entry.wireApi == nil then return protocol end
  if protocol ~= "openai" and protocol ~= "openai-responses" then
    return nil, ("wireApi is for models of openai, not of %s"):format(protocol)
  end
  local name = wires[entry.wireApi]
  return name, not name and ("wireApi must be chat-completions or responses, not '%s'"):format(entry.wireApi) or nil
end

-- A model, or what is wrong with its entry.
local function model_of(settings, group, entry, from)
  if type(entry) ~= "table" or type(entry.id) ~= "string" or entry.id == "" then
    local field = type(entry) == "table" and wrong_field(entry)
    return nil, "has no id" .. (field and ": " .. field or "")
  end
  local problem = wrong_field(entry)
  if problem then return nil, ("(model %s) cannot be used: %s"):format(entry.id, problem) end
  local provider
  provider, problem = wire(group.protocol, entry)
  if not provider then return nil, ("(model %s) cannot be used: %s"):format(entry.id, problem) end
  if entry.imageOnly == true or entry.realtimeOnly == true then return nil, nil end
  local url, written = entry.baseUrl, entry.baseUrl ~= nil and entry.baseUrl ~= ""
  if not written then
    local address = addresses.of(settings, {}, provider, true)
    url, from = address and address.url or "", address and address.place ~= "default" and address.from or from
  end
  local parsed, e = http.parse_url(url)
  if not parsed and (written or url ~= "") then
    return nil, ("(model %s) cannot be used: the address '%s' is not usable: %s"):format(entry.id, url, e.message)
  end
  local base, query = addresses.split(url)
  local config, capabilities = entry.generationConfig or {}, entry.capabilities
  return { id = entry.id, name = type(entry.name) == "string" and entry.name or entry.id, provider = provider, group = group.name,
    family = group.protocol, base_url = base, query = query, env_key = entry.envKey ~= "" and entry.envKey or nil,
    config = config, description = entry.description, vision = type(capabilities) == "table" and capabilities.vision or nil,
    prices = entry.prices, from = from }
end

-- The names under modelProviders: those we know in our order, then the others.
local function group_names(providers)
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

---What to say of a name that is no protocol.
---@param name string
---@param what string how the sentence begins
---@return string
function M.unknown(name, what)
  local near = text.nearest(name, protocols.names)
  return ("%s%s; use %s, or write ~/.qwen/providers/%s.lua"):format(what,
    near and tr(" (did you mean %s?)", near) or "", table.concat(protocols.names, ", "), name)
end

-- The protocol of a name under modelProviders, or what is wrong with it.
local function protocol_of(settings, name, has_provider)
  local mapped = settings:get "providerProtocol"
  local to = mapped and mapped[name]
  if to ~= nil then
    if type(to) == "string" and to ~= "qwen-oauth" and (protocols.get(to) or has_provider(to)) then return to end
    return nil, M.unknown(tostring(to), ("providerProtocol.%s: '%s' is no protocol"):format(name, tostring(to)))
  end
  if protocols.get(name) or has_provider(name) then return name end
  return nil, M.unknown(name, ("modelProviders.%s is no protocol"):format(name))
    .. ('; or say which it speaks: "providerProtocol": {"%s": "openai"}'):format(name)
end

-- The list under a name, as it is or as an earlier form of the settings wrapped it, and its protocol.
local function list_of(value, name, protocol)
  if config_value.is_object(value) and config_value.is_list(value.models) then
    local own = value.protocol or protocol
    if protocols.get(own or "") and (protocol == nil or own == protocol) then return value.models, own end
    if protocol then
      return nil, nil, ("modelProviders.%s says the protocol %s, providerProtocol says %s"):format(name, tostring(own), protocol)
    end
  end
  if type(value) == "table" and (#value > 0 or not next(value)) then return value, protocol end
  return nil, nil, ("modelProviders.%s must be a list [ ... ] of models"):format(name)
end

---Reads all of them.
---@param settings Settings
---@param has_provider fun(name: string): boolean whether a provider file of that name exists
---@return Model[] usable in the order of the file
---@return string[] problems in sentences
---@return {name: string?, problem: string}[] broken entries that cannot be used, by each name they may be called by;
---without a name where none can be made out
function M.read(settings, has_provider)
  local models, problems, broken, providers = {}, {}, {}, settings:get "modelProviders" or {}
  local function where(key)
    local row = settings:explain(key)[1] or settings:explain("modelProviders")[1]
    return row.source .. (row.line and ":" .. row.line or "")
  end
  local function complain(key, sentence)
    problems[#problems + 1] = where(key) .. ": " .. text.visible(sentence)
    return problems[#problems]
  end
  local function out_of_use(entry, problem)
    local named = false
    for _, field in ipairs { "id", "model", "modelId", "name" } do
      local name = type(entry) == "table" and entry[field]
      if type(name) == "string" and name ~= "" then
        broken[#broken + 1], named = { name = name, problem = problem }, true
      end
    end
    if not named then broken[#broken + 1] = { problem = problem } end
  end
  for _, name in ipairs(group_names(providers)) do
    local key, seen = "modelProviders." .. name, {}
    local mapped, unknown = protocol_of(settings, name, has_provider)
    local list, protocol, problem = list_of(providers[name], name, mapped)
    if not protocol then problem = complain(key, problem or unknown) end
    if not list then out_of_use(nil, problem) end
    for i, entry in ipairs(list or {}) do
      local at = key .. (list == providers[name] and "." or ".models.") .. i - 1
      local model, wrong
      if not problem then model, wrong = model_of(settings, { name = name, protocol = protocol }, entry, where(at)) end
      local identity = model and model.provider .. "\0" .. model.id .. "\0" .. addresses.normal(model.base_url) .. (model.query or "")
      if problem then
        out_of_use(entry, problem)
      elseif wrong then
        out_of_use(entry, complain(at, at .. " " .. wrong))
      elseif model and seen[identity] then
        complain(at, ("model %s is there twice under %s; the first one counts"):format(model.id, name))
      elseif model then
        seen[identity], models[#models + 1] = true, model
        model_capabilities.measure(model)
        local needs = not model.env_key and not addresses.is_private(model.base_url) and not keys.signs(model)
        if needs and not keys.is_own_service(settings, model) then
          complain(at, ("model %s has no envKey, the name of the variable with its key; none is sent"):format(model.id))
        end
      end
    end
  end
  return models, problems, broken
end

---The id that a name means: a name that no entry has stands for the one dated version of it that there is, as
---documents write "qwen3-max" for "qwen3-max-2026-01-23".
---@param models Model[]
---@param name string?
---@return string?
function M.id_of(models, name)
  local dated
  for _, model in ipairs(name and models or {}) do
    if model.id == name then return name end
    local version = model.id:sub(1, #name) == name and model.id:sub(#name + 1):find "^%-%d%d%d%d%-%d%d%-%d%d$"
    if version and dated and dated ~= model.id then return name end
    if version then dated = model.id end
  end
  return dated or name
end

---The first that fits. A protocol is meant by its own name, by that of a group of entries, or by that of the family.
---@param models Model[]
---@param id string?
---@param protocol string?
---@param url string?
---@return Model?
function M.find(models, id, protocol, url)
  for _, model in ipairs(models) do
    local of_protocol = not protocol or model.provider == protocol or model.family == protocol or model.group == protocol
    if of_protocol and (not id or model.id == id) and (not url or addresses.same(model.base_url, url)) then return model end
  end
end

return M
