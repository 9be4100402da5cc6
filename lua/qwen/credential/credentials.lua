-- Credentials by name: which store holds each (the index, without secrets), the choice of a store for a new one, renewal by one process
-- at a time. The stores are in C; a secret that comes from one has never been a string here.
local err = require "qwen.util.err"
local http = require "sys.http"
local index = require "qwen.credential.index"
local json = require "sys.json"
local stores = require "qwen.credential.stores"
local qwen_token_file = require "qwen.credential.qwen_token_file"
local renewal = require "qwen.credential.renewal"
local passphrase = require "qwen.credential.passphrase"
local secret = require "sys.secret"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

---The stores there are, the one for existing installs of Qwen Code last.
local M = { stores = stores.names, passphrase = passphrase.change }

local opening = passphrase.opening

local seen = {} -- by name: the version this process knows
local unsaved = {} -- by name: a renewed record that its store could not take, and the version it is newer than
local volatile = {} -- entries of the store "memory": for nobody else, so not in the index

-- Records -----------------------------------------------------------------------------------------------------------

local function check_name(name)
  if type(name) == "string" and #name <= 100 and name:find "^[%w][%w._-]*$" then return true end
  return nil, err("usage", tr "the name of a credential has letters, digits and ._- only, at most 100")
end

-- Keeping a secret must not be a way to have it sent elsewhere.
local function as_secret(name, value, origins)
  if type(value) == "userdata" then return value:bind(origins) end
  return secret.new(name, value, origins)
end

-- A record as it is stored: all secrets sealed, bound to the same origins.
local function complete(name, record)
  local origins = record.origins or type(record.secret) == "userdata" and record.secret:origins() or {}
  local out = { expires = record.expires, origins = origins, fields = record.fields or {} }
  if record.secret == nil then return nil, err("usage", tr("the credential '%s' has no secret", name)) end
  for _, part in ipairs { "secret", "refresh" } do
    if record[part] ~= nil then
      local e
      out[part], e = as_secret(name, record[part], origins)
      if not out[part] then return nil, e end
    end
  end
  return out
end

local function entry_of(record, backend)
  return { backend = backend, origins = json.array(record.origins), hint = record.secret:hint(), expires = record.expires, changed = task.time(),
    version = sys.uuid() }
end

-- Qwen Code's file: the credential when we have none, and a newer one when it was written after ours.
local function entry_for(name, entries)
  local entry = volatile[name] or entries[name]
  local file = name == qwen_token_file.NAME and (not entry or entry.backend ~= "memory") and qwen_token_file.stat()
  if file and (not entry or entry.backend == "plain" or file.mtime > entry.changed) then
    return { backend = "plain", changed = file.mtime, version = ("%d-%.6f"):format(file.ino, file.mtime) }
  end
  return entry
end

local function version_of(name, entries)
  local entry = entry_for(name, entries)
  return entry and entry.version
end

-- The index, for a name that may be one.
local function entries_for(name)
  local ok, e = check_name(name)
  if ok then return index.read() end
  return nil, e
end

local function get(name)
  local entries, e = entries_for(name)
  if not entries then return nil, e end
  local entry = entry_for(name, entries)
  if not entry then
    return nil, err("missing", tr("no credential is kept as '%s'; sign in: qwen auth", name),
      { code = "no-entry" })
  end
  local newer = unsaved[name]
  if newer and newer.version == entry.version then return newer.record end
  unsaved[name] = nil
  local record
  record, e = stores.get(name, entry.backend)
  if not record then return nil, renewal.local_error(e) end
  record.backend = entry.backend
  seen[name] = entry.version
  return record
end

-- With the index locked. What was in another store is removed there once the new place has it.
local function put_locked(name, record, backend)
  local entries, e = index.read()
  if not entries then return nil, e end
  local before = volatile[name] or entries[name]
  backend = backend or before and before.backend
  if backend then backend, e = stores.check_name(backend) else backend, e = stores.choose(entries) end
  if not backend then return nil, e end
  local _ <close> = backend == "plain" and qwen_token_file.lock(name) or nil
  local ok
  ok, e = stores.put(name, backend, record)
  if not ok then return nil, e end
  local entry = entry_of(record, backend)
  volatile[name] = backend == "memory" and entry or nil
  if backend ~= "memory" or entries[name] then
    entries[name] = backend ~= "memory" and entry or nil
    ok, e = index.write(entries)
    if not ok then return nil, e end
  end
  seen[name] = version_of(name, entries)
  if before and before.backend ~= backend then
    ok, e = stores.remove(name, before.backend)
    if not ok then
      return nil, err("broken", tr("'%s' is in the store '%s' now, but could not be removed from '%s': %s", name, backend, before.backend, e.message))
    end
  end
  return backend
end

-- Tries again to store a renewed record, unless another one took the place of its old one, or is about to.
local function store_unsaved(name)
  local newer = unsaved[name]
  local renewing <close> = renewal.try_lock(name)
  local lock <close> = renewing and index.lock()
  local entries = lock and index.read()
  local same = entries and version_of(name, entries) == newer.version
  if same and put_locked(name, newer.record) then unsaved[name] = nil end
end

---The credential of that name.
---@param name string
---@return {secret: Secret, refresh: Secret?, expires: number?, origins: string[], fields: table, backend: string}?
---@return Err? kind missing when there is none
M.get = opening(function(name)
  if unsaved[name] then store_unsaved(name) end
  return get(name)
end)

---Whether a credential of that name is stored that may be sent there; asks no back end.
---@param name string
---@param origin string? "scheme://host:port"
---@return boolean
function M.has(name, origin)
  local entries = index.read()
  local entry = entries and entry_for(name, entries)
  if not entry or not origin then return entry ~= nil end
  for _, allowed in ipairs(stores.origins_of(entry)) do
    local parsed = http.parse_url(allowed)
    if parsed and parsed.origin == origin then return true end
  end
  return false
end

local put = opening(function(name, whole, backend)
  local lock <close>, problem = index.lock()
  if not lock then return nil, problem end
  return put_locked(name, whole, backend)
end)

---Stores a credential. It stays in its back end unless another one is named; a new one goes where the setting says, else to the best that works.
---@param name string
---@param record {secret: string|Secret, refresh: string|Secret|nil, expires: number?, origins: string[]?, fields: table?}
---@param opts {backend: string?}?
---@return string? backend
---@return Err?
function M.put(name, record, opts)
  local ok, e = check_name(name)
  if not ok then return nil, e end
  local whole
  whole, e = complete(name, record)
  if not whole then return nil, e end
  local backend = opts and opts.backend
  if backend == "vault" then ok, e = passphrase.offer() end
  if not ok then return nil, e end
  return put(name, whole, backend)
end

-- Of any version, or of that one only.
local function remove(name, version)
  local lock <close>, e = index.lock()
  if not lock then return nil, e end
  local entries, ok
  entries, e = entries_for(name)
  if not entries then return nil, e end
  if version and version_of(name, entries) ~= version then return true end
  local entry = volatile[name] or entries[name]
  local file = name == qwen_token_file.NAME and qwen_token_file.stat()
  if not entry and not file then
    return nil, err("missing", tr("no credential is kept as '%s'", name), { code = "no-entry" })
  end
  if entry then ok, e = stores.remove(name, entry.backend) end
  if file and (ok or not entry) then ok, e = stores.remove(name, "plain") end -- else it would be found again
  if not ok then return nil, e end
  volatile[name], seen[name] = nil, nil
  if not entries[name] then return true end
  entries[name] = nil
  return index.write(entries)
end

---Forgets a credential everywhere.
---@param name string
---@return boolean?, Err?
M.remove = opening(function(name) return remove(name) end)

---What is stored, sorted by name, without asking any back end.
---@return {name: string, backend: string, origins: string[], hint: string, expires: number?, changed: number}[]?, Err?
function M.list()
  local entries, e = index.read()
  if not entries then return nil, e end
  local names, out = { [qwen_token_file.NAME] = true }, {}
  for name in pairs(entries) do names[name] = true end
  for name in pairs(volatile) do names[name] = true end
  for name in pairs(names) do
    local entry = entry_for(name, entries)
    if entry then
      out[#out + 1] = { name = name, backend = entry.backend, origins = stores.origins_of(entry), hint = entry.hint or "", expires = entry.expires,
        changed = entry.changed }
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local move_one = opening(function(row, to)
  local lock <close>, e = index.lock()
  if not lock then return nil, e end
  local record, ok
  record, e = get(row.name)
  if not record then return nil, e end
  ok, e = put_locked(row.name, record, to)
  if ok and record.backend == "plain" and to ~= "plain" then ok, e = stores.remove(row.name, "plain") end
  return ok, e
end)

---Moves one credential, or all that can be there, to another store: read, written, read back, then removed where it was.
---@param to string
---@param name string?
---@return string[]? names of those that moved
---@return Err?
function M.move(to, name)
  local rows, e = stores.check_name(to)
  if rows and to == "vault" then rows, e = passphrase.offer() end
  if rows then rows, e = M.list() end
  if not rows then return nil, e end
  local moved, found = {}, name == nil
  for _, row in ipairs(rows) do
    local wanted = row.name == name or not name and (to ~= "plain" or row.name == qwen_token_file.NAME)
    found = found or wanted
    if wanted and row.backend ~= to then
      local ok
      ok, e = move_one(row, to)
      if not ok then return nil, e end
      moved[#moved + 1] = row.name
    end
  end
  if found then return moved end
  return nil, err("missing", tr("no credential is kept as '%s'; see: qwen auth list", name))
end

---Renews a credential in one process at a time; see renewal.lua.
---@param name string
---@param fn fun(record: table): table?, Err?
---@return table? record as of get; `unsaved`: why it is in this process alone
---@return Err?
M.renew = opening(function(name, fn)
  local ok, e = check_name(name)
  if not ok then return nil, e end
  return renewal.renew({ get = get, put_locked = put_locked, complete = complete, version = version_of, remove = remove,
    seen = seen, unsaved = unsaved }, name, fn)
end)

return M
