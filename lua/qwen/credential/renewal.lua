-- Renewing a credential in one process at a time, so that no token is spent for nothing: the store is tried first, what it cannot
-- take afterwards is used from memory, and a signal waits for the end.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local index = require "qwen.credential.index"
local qwen_token_file = require "qwen.credential.qwen_token_file"
local stores = require "qwen.credential.stores"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr
local unfinished = require "qwen.util.unfinished"

local M = {}

local ANSWER, RENEW = 30, 30 -- seconds

local of_service = { limit = true, overloaded = true, network = true, timeout = true }

---An error of a store, which nobody takes for one of a service and tries again.
---@param e Err
---@return Err
function M.local_error(e)
  if not of_service[e.kind] then return e end
  return err("broken", e.message, { code = e.code, path = e.path })
end

-- The entries of the index, read under its lock; nothing and "replaced" when the credential is no longer of that version: the user
-- has signed in or out meanwhile, and that counts.
local function entries_of(own, name, version)
  local entries, e = index.read()
  if not entries then return nil, e end
  if own.version(name, entries) == version then return entries end
  return nil, nil, "replaced"
end

-- Whether the store takes a record and the index can be written, tried with what is there; nobody sees a change.
local function try_store(own, name, record, version)
  if record.backend == "memory" then return true end
  local lock <close>, e = index.lock()
  if not lock then return nil, e end
  local entries, ok, replaced
  entries, e, replaced = entries_of(own, name, version)
  if not entries then return nil, e, replaced end
  if record.backend == "plain" then
    ok, e = qwen_token_file.try()
  else
    ok, e = stores.put(name, record.backend, record)
  end
  if not ok then return nil, e end
  return index.write(entries)
end

-- Runs fn with a limit, because everybody waits for us meanwhile.
local function limited(fn, record)
  local work = task.spawn(fn, record)
  local ok, fresh, e = work:join(RENEW)
  if ok then return fresh, e end
  work:cancel()
  return nil, err.is(fresh) and fresh or err("broken", tostring(fresh))
end

-- What the new record leaves out stays as it was.
local function completed(own, name, old, fresh)
  local whole, e = own.complete(name, { secret = fresh.secret, refresh = fresh.refresh, expires = fresh.expires, fields = fresh.fields or old.fields,
    origins = fresh.origins or type(fresh.secret) == "string" and old.origins or nil })
  if whole then whole.refresh = whole.refresh or old.refresh end
  return whole, e
end

local function store(own, name, whole, version)
  local lock <close>, e = index.lock()
  if not lock then return nil, e end
  local entries, ok, replaced
  entries, e, replaced = entries_of(own, name, version)
  if not entries then return nil, e, replaced end
  ok, e = own.put_locked(name, whole)
  if not ok then return nil, e end
  return own.get(name)
end

local function lock_path(path, name) return (path:gsub("%.json$", "." .. name .. ".lock")) end

---The lock of a renewal, where nobody has it.
---@param name string
---@return Lock?
function M.try_lock(name)
  local path = index.path()
  return path and fs.lock(lock_path(path, name), 0)
end

local function current(own, name)
  local record, e = own.get(name)
  if record then return record end
  return nil, M.local_error(e)
end

---Renews a credential. What another process has written since this one last read it is taken over; else fn makes a new record from the
---old one, and it is stored before anything else happens. Where the store fails then, the record is used by this process, with the
---reason in its field `unsaved`. What a user stored or removed meanwhile stays. An error of fn with the code "over" removes the
---credential.
---@param own table `get`, `put_locked`, `complete`, `version`, `remove`, and by name `seen`, `unsaved`
---@param name string
---@param fn fun(record: table): table?, Err?
---@return table? record as of get
---@return Err?
function M.renew(own, name, fn)
  local path, e = index.path()
  if not path then return nil, e end
  local seen, known = own.seen, own.seen[name]
  local lock <close>, problem = fs.lock(lock_path(path, name), RENEW + ANSWER)
  if not lock then return nil, M.local_error(problem) end
  local _ <close> = qwen_token_file.lock(name)
  local record
  record, e = current(own, name)
  if not record then return nil, e end
  if known and seen[name] ~= known then return record end
  known = seen[name]
  local _ <close> = unfinished.begin()
  local ok, replaced
  ok, e = own.unsaved[name] ~= nil, nil -- what is stored is spent already
  if not ok then ok, e, replaced = try_store(own, name, record, known) end
  if replaced then return current(own, name) end
  if not ok then
    return nil, err("broken", tr("the sign-in '%s' was not renewed, because the new token could not be stored: %s", name, e.message), { code = e.code })
  end
  local fresh
  fresh, e = limited(fn, record)
  if not fresh then
    local again = e and e.kind == "auth" and own.get(name)
    if again and seen[name] ~= known then return again end -- a program without our lock was faster
    if e and e.code == "over" then own.remove(name, known) end
    return nil, e
  end
  local whole
  whole, e = completed(own, name, record, fresh)
  if not whole then return nil, e end
  local stored
  stored, e, replaced = store(own, name, whole, known)
  if replaced then return current(own, name) end
  if stored then return stored end
  whole.backend, whole.unsaved = record.backend, e
  own.unsaved[name] = { record = whole, version = known }
  return whole
end

return M
