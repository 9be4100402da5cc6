-- The key of a model: which variable, setting, flag or store has it, and whether it belongs to the model's address. A key is bound to the
-- origin it was configured for; headers are made of it in auth/.
local addresses = require "qwen.config.addresses"
local err = require "qwen.util.err"
local key_text = require "qwen.util.key_text"
local protocols = require "qwen.config.protocols"
local secret = require "sys.secret"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = {}

local origin = addresses.origin

-- The address of a protocol as the person has it, whatever a project says.
local function own_address(settings, protocol)
  local address = addresses.of(settings, {}, protocol, true)
  return address and origin(address.url)
end

---Whether an entry without envKey needs none: it is the protocol's own service, whose key has a variable of its own.
---@param settings Settings
---@param model Model
---@return boolean
function M.is_own_service(settings, model)
  if model.env_key or not protocols.get(model.provider) then return false end
  return origin(model.base_url) == own_address(settings, model.provider)
end

---Whether the entry's own headers carry the credential: no key is needed then.
---@param model Model
---@return boolean
function M.signs(model)
  local headers = not model.env_key and model.config.customHeaders
  for name in pairs(type(headers) == "table" and headers or {}) do
    if require("qwen.net.redact").is_private(tostring(name)) then return true end -- here: most entries have a key
  end
  return false
end

-- The address that stands in a project's file beside a key of that file: the key is for nothing else.
local function meant_elsewhere(row, name, url)
  if not row.project then return false end
  for _, protocol in ipairs(protocols.names) do
    local known = protocols.get(protocol)
    local beside = known.key == name and row.beside(known.url)
    if beside and beside ~= "" then return not addresses.same_origin(beside, url) end
  end
  local beside = row.all[name:gsub("_API_KEY$", "") .. "_BASE_URL"]
  return beside ~= nil and not addresses.same_origin(beside, url)
end

---The key of an entry: its own variable only, never another one's. A project's key that has an address of
---its own beside it is not for the entry's.
---@param settings Settings
---@param model Model
---@return string? value
---@return string? source
function M.of_entry(settings, model)
  if M.is_own_service(settings, model) then model.env_key = protocols.get(model.provider).key end
  for _, row in ipairs(model.env_key and settings:variables(model.env_key) or {}) do
    if not meant_elsewhere(row, model.env_key, model.base_url) then return row.value, row.source end
  end
end

---The variable that holds the key for an address: the protocol's own where that is its own service.
---@param settings Settings
---@param protocol string
---@param url string
---@return string?
function M.variable(settings, protocol, url)
  local known = protocols.get(protocol)
  return known and known.key and origin(url) == own_address(settings, protocol) and known.key or nil
end

---Whether there is a key for a listed model, without looking at it closer.
---@param settings Settings
---@param model Model
---@return boolean
function M.has(settings, model)
  local value = model.key or M.of_entry(settings, model)
  if value ~= nil then return value ~= "" end
  return M.signs(model) or model.env_key ~= nil and (require("qwen.credential.credentials").has(model.env_key, origin(model.base_url))
    or require("qwen.credential.key_command").of(settings, model.env_key) ~= nil)
end

-- Why a key does not go to an address, and what to do.
local function refusal(why, name, row, model)
  local host = model.base_url
  if why == "refused" then
    return tr("%s is not taken (%s), so the key beside it is not either: take it out of that list, or set the key and the address elsewhere",
      tostring(row.source):gsub("%f[%w_][%w_]+$", "") .. name, row.refused(name))
  elseif why == "misnamed" then
    return tr("the key (%s) has an address beside it, %s, a name that is not read; the name is %s", row.source,
      name, protocols.get(model.provider).url)
  elseif why == "project" then
    return tr("the key (%s) is not sent to %s, which a project names (%s): write the key for it beside it in that file", row.source, host, model.from)
  end
  return tr("the key (%s) is not sent to %s (%s): %s beside it says another address; set both in one place", row.source, host, model.from, name)
end

-- The key in the settings is for the address in the settings, and for the protocol that they select.
local function key_of_settings(settings, model)
  local key, row = settings:written "security.auth.apiKey"
  if not key or key == "" or model.provider ~= (settings:written "security.auth.selectedType" or "openai") then return nil end
  local url = settings:written "security.auth.baseUrl"
  local bound = url and url ~= "" and url or protocols.get(model.provider).default_url
  if addresses.same_origin(bound, model.base_url) then return key, row.source .. " security.auth.apiKey" end
end

---The key of a model without an entry: the first that may go to its address.
---@param settings Settings
---@param model Model
---@param address table of qwen.config.addresses
---@return string? value
---@return string? source
---@return Err? problem why a key that is there does not go to this address
---@return boolean? final nothing can be asked until it is settled, not even without a key
function M.of_protocol(settings, model, address)
  local known, problem = protocols.get(model.provider), nil
  for _, row in ipairs(model.env_key and settings:variables(model.env_key) or {}) do
    local why, name = addresses.apart(known, row, address)
    if not why then return row.value, row.source end
    problem = problem or refusal(why, name, row, model)
    if why == "refused" or why == "misnamed" then return nil, nil, err("auth", problem), true end
  end
  local value, source = nil, nil
  if known then value, source = key_of_settings(settings, model) end
  return value, source, not value and problem and err("auth", problem) or nil
end

-- Binds a key to the model's own origin; a blank one is none.
local function seal(model, value, source)
  model.key, model.key_source = nil, nil
  if not value or value == "" then return true end
  local wrong
  value, wrong = key_text.clean(value)
  if not value then return nil, err("auth", tr("the key from %s cannot be used: %s", source, wrong)) end
  if value == "" then return true end
  local key, problem = secret.new(model.env_key or model.provider, value, { origin(model.base_url) })
  if not key then return nil, err("auth", tr("the key from %s cannot be used: %s", source, problem.message)) end
  model.key, model.key_source = key, source
  return true
end

---An error of a service about its key, with the place that holds the key.
---@param settings Settings
---@param model Model
---@param e Err
---@return Err
function M.name_source(settings, model, e)
  if e.kind ~= "auth" or e.status == 407 then return e end
  local source = model.key_source
  local program = not source and model.env_key and require("qwen.credential.key_command").of(settings, model.env_key)
  if program then source = "security.auth.keyCommands." .. model.env_key end
  if source then e.message = tr("%s; the key is that of %s", e.message, source) end
  return e
end

-- The key that is kept under the name of the variable, when nothing above names one; never for another address than its own.
local function stored_key(model)
  local own, credentials = origin(model.base_url), require "qwen.credential.credentials" -- here: most runs have a key
  if not own or not model.env_key or not credentials.has(model.env_key, own) then return true end
  local record, e = credentials.get(model.env_key)
  if not record then return nil, e end
  model.key, model.key_source = record.secret:bind { own }, phrase("the credential store (%s)", record.backend)
  return true
end

-- The key of the flag belongs to the first service chosen in this run; one taken later in the session never gets it.
local function flag_key_fits(settings, model)
  settings.flag_key_origin = settings.flag_key_origin or origin(model.base_url)
  return settings.flag_key_origin == origin(model.base_url)
end

---Gives a model its key: of the flag, else the one found for it, else the one in the credential store.
---@param settings Settings
---@param opts table flags
---@param model Model
---@param value string? found by of_entry or of_protocol
---@param source string?
---@return boolean?, Err?
function M.attach(settings, opts, model, value, source)
  if opts.api_key and opts.api_key ~= "" and model.project then
    return nil, err("auth", tr("--openai-api-key is not sent to %s, which a project names (%s); "
      .. "give --openai-base-url as well", model.base_url, model.from))
  end
  if opts.api_key and flag_key_fits(settings, model) then value, source = opts.api_key, phrase("flag %s", "--openai-api-key") end
  local ok, e = seal(model, value, source)
  if ok and value == nil then return stored_key(model) end
  return ok, e
end

return M
