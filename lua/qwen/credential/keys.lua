-- The key of a model: which variable, setting, flag or store has it, and whether it belongs to the model's address. A key is bound to the
-- origin it was configured for; headers are made of it in auth/.
local err = require "qwen.util.err"
local http = require "sys.http"
local protocols = require "qwen.config.protocols"
local secret = require "sys.secret"

local M = {}

local function origin(url)
  local parsed = http.parse_url(url)
  return parsed and parsed.origin
end

---Whether an entry without envKey needs none: it is the protocol's own service, whose key has a variable of its own.
---@param settings Settings
---@param model Model
---@return boolean
function M.is_own_service(settings, model)
  if model.env_key or not protocols.get(model.provider) then return false end
  return origin(model.base_url) == origin((protocols.address(settings, {}, model.provider)))
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

---The key of an entry: its own variable only, never another one's.
---@param settings Settings
---@param model Model
---@return string? value
---@return string? source
function M.of_entry(settings, model)
  if M.is_own_service(settings, model) then model.env_key = protocols.get(model.provider).key end
  if model.env_key then return settings:env(model.env_key) end
end

---The variable that holds the key for an address: the protocol's own where that is its own service.
---@param settings Settings
---@param protocol string
---@param url string
---@return string?
function M.variable(settings, protocol, url)
  local known = protocols.get(protocol)
  return known and known.key and origin(url) == origin((protocols.address(settings, {}, protocol))) and known.key or nil
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

---The key of a model without an entry. The one in the settings belongs to the address in the settings.
---@param settings Settings
---@param model Model
---@return string? value
---@return string? source
function M.of_protocol(settings, model)
  if model.env_key then
    local value, source = settings:env(model.env_key)
    if value then return value, source end
  end
  if model.provider ~= "openai" then return nil end
  local address_row
  for _, row in ipairs(settings:explain "security.auth.baseUrl") do
    if row.scope ~= "flags" and row.scope ~= "environment" and not row.note then address_row = address_row or row end
  end
  local bound = origin(address_row and address_row.value or protocols.get("openai").default_url)
  for _, row in ipairs(settings:explain "security.auth.apiKey") do
    if row.scope ~= "flags" and row.scope ~= "environment" and not row.note and bound == origin(model.base_url) then
      return row.value, row.source .. " security.auth.apiKey"
    end
  end
end

-- Binds a key to the model's own origin; a blank one is none.
local function seal(model, value, source)
  model.key, model.key_source = nil, nil
  if not value or value == "" then return true end
  local key, problem = secret.new(model.env_key or model.provider, value, { origin(model.base_url) })
  if not key then return nil, err("auth", ("the key from %s cannot be used: %s"):format(source, problem.message)) end
  model.key, model.key_source = key, source
  return true
end

-- The key that is kept under the name of the variable, when nothing above names one; never for another address than its own.
local function stored_key(model)
  local own, credentials = origin(model.base_url), require "qwen.credential.credentials" -- here: most runs have a key
  if not own or not model.env_key or not credentials.has(model.env_key, own) then return true end
  local record, e = credentials.get(model.env_key)
  if not record then return nil, e end
  model.key, model.key_source = record.secret:bind { own }, ("the credential store (%s)"):format(record.backend)
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
  if opts.api_key and flag_key_fits(settings, model) then value, source = opts.api_key, "flag --openai-api-key" end
  local ok, e = seal(model, value, source)
  if ok and value == nil then return stored_key(model) end
  return ok, e
end

return M
