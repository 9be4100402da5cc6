-- The back ends of the credential store: what each needs to know, records as JSON in them, and which one takes a new credential.
local body = require "qwen.net.body"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local store = require "sys.secret_store"
local qwen_token_file = require "qwen.credential.qwen_token_file"
local paths = require "qwen.util.paths"
local secret = require "sys.secret"
local sys = require "sys.os"
local settings_writer = require "qwen.config.writer"
local tr = require("qwen.util.translate").tr

-- The one for existing installs of Qwen Code last.
local M = { names = { "secret-service", "vault", "kernel", "helper", "memory", "plain" } }

-- Seconds. The vault asks nobody: it computes, which takes long on a busy machine.
local PROBE, ANSWER, COMPUTE = 3, 30, 300

-- What the user's own settings say, and nobody else's.
local function setting(name)
  local value = settings_writer.read()
  for _, part in ipairs { "security", "credentials", name } do value = type(value) == "table" and value[part] or nil end
  return value
end

local function helper()
  local argv = setting "helper"
  return type(argv) == "table" and type(argv[1]) == "string" and argv or nil
end

local PHRASE = "QWEN_VAULT_PASSPHRASE"
local unlocked = false -- by a passphrase that was typed: the vault's key is known to C

local function options(backend, timeout)
  local out = { folder = paths.qwen_home(), timeout = timeout or backend == "vault" and COMPUTE or ANSWER }
  if backend == "helper" then out.argv = helper() or {} end
  if backend == "vault" then
    local state = sys.env "XDG_STATE_HOME"
    if not state or state:sub(1, 1) ~= "/" then state = (paths.home() or "") .. "/.local/state" end
    out.key_file = state .. "/qwen/machine.key"
    out.passphrase = not unlocked and secret.env("vault passphrase", PHRASE, {}) or nil
  end
  return out
end

-- One person's keyring can be shared by several homes (sudo, containers, QWEN_HOME): each has its own names there.
local function key_of(name)
  return name .. "@" .. sys.sha256(paths.qwen_home()):sub(1, 12)
end

---@param value table
---@return string[]
function M.origins_of(value)
  local out = {}
  for i, origin in ipairs(type(value.origins) == "table" and value.origins or {}) do out[i] = tostring(origin) end
  return out
end

---@param name string
---@param backend string
---@return table? record
---@return Err?
function M.get(name, backend)
  if backend == "plain" then return qwen_token_file.read(name) end
  local record, e = store.get(backend, key_of(name), { "secret", "refresh" }, name, M.origins_of, options(backend))
  if not record then
    if e.code == "no-entry" then
      e = err("missing", tr("the credential '%s' should be in the store '%s' and is not there any "
        .. "more; sign in again", name, backend))
    end
    return nil, e
  end
  local fields = type(record.fields) == "table" and record.fields or {}
  return { secret = record.secret, refresh = record.refresh, expires = record.expires, origins = M.origins_of(record), fields = fields }
end

---@param name string
---@param backend string
---@param record table all secrets sealed
---@return boolean?, Err?
function M.put(name, backend, record)
  if backend == "plain" then return qwen_token_file.write(name, record) end
  return store.put(backend, key_of(name), body.json { secret = record.secret, refresh = record.refresh, expires = record.expires,
    origins = json.array(record.origins), fields = record.fields }, options(backend))
end

---Removes it there; what is not there is no failure.
---@param name string
---@param backend string
---@return boolean?, Err?
function M.remove(name, backend)
  local ok, e
  if backend == "plain" then ok, e = qwen_token_file.remove(name) else ok, e = store.remove(backend, key_of(name), options(backend)) end
  if ok or e.code == "no-entry" then return true end
  return nil, e
end

---Whether the environment has a passphrase for the vault.
---@return boolean
function M.has_passphrase()
  return (sys.env(PHRASE) or "") ~= ""
end

---@return boolean
function M.vault_exists()
  local home = paths.qwen_home()
  return home ~= nil and fs.stat(home .. "/credentials.vault", false) ~= nil
end

---Opens the vault with a passphrase, for this process.
---@param phrase Secret
---@return boolean?, Err?
function M.unlock(phrase)
  local with = options "vault"
  with.passphrase = phrase
  local value, e = store.get("vault", "-", { "secret" }, "-", {}, with)
  if not value and e.code ~= "no-entry" then return nil, e end
  unlocked = true
  return true
end

---Encrypts the vault with another passphrase, or with the machine's key; makes it when there is none.
---@param phrase string "" for the machine's key
---@return boolean?, Err?
function M.rekey(phrase)
  local with = options "vault"
  local ok, e
  if phrase ~= "" then
    with.new_passphrase, e = secret.new("vault passphrase", phrase, {})
    if not with.new_passphrase then return nil, e end
  end
  ok, e = store.rekey(with)
  unlocked = unlocked or ok == true
  return ok, e
end

---@param name any
---@return string?, Err?
function M.check_name(name)
  for _, known in ipairs(M.names) do
    if name == known then return name end
  end
  return nil, err("usage", tr("there is no store '%s'; use %s", tostring(name), table.concat(M.names, ", ")))
end

---Where a new credential goes when nobody says: a configured helper, the desktop's keyring when it answers, else the vault.
---@param entries table<string, {backend: string}> the credentials that are stored already
---@return string?, Err?
function M.choose(entries)
  local settings, problem = settings_writer.read()
  if not settings then return nil, problem end
  local wanted = setting "store"
  if wanted and wanted ~= "auto" then return M.check_name(wanted) end
  if helper() then return "helper" end
  local bus = sys.env "DBUS_SESSION_BUS_ADDRESS" or fs.stat(("/run/user/%d/bus"):format(sys.uid())) ~= nil
  local ok, e = false, "no session bus"
  if bus then ok, e = store.probe("secret-service", options("secret-service", PROBE)) end
  if ok then return "secret-service" end
  for name, entry in pairs(entries) do -- a credential from a safer back end does not move elsewhere without a word
    if entry.backend == "secret-service" then
      return nil, err("denied", tr("the keyring that holds '%s' cannot be reached now (%s): unlock "
        .. "it, or choose another store: --store vault", name, tostring(e)))
    end
  end
  return "vault"
end

return M
