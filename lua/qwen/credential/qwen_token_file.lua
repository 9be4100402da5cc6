-- Qwen Code's own file of tokens, ~/.qwen/oauth_creds.json: read where it is, written in its form and under its lock.
local body = require "qwen.net.body"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local http = require "sys.http"
local paths = require "qwen.util.paths"
local store = require "sys.secret_store"
local sys = require "sys.os"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local M = { NAME = "qwen-oauth" }

local FILE, LOCK = "oauth_creds.json", "oauth_creds.lock"
local HOST, SERVICE = "https://chat.qwen.ai", "https://dashscope.aliyuncs.com"
local held = false -- by this process: keeping what was renewed needs it again
local STALE, TRIES, WAIT, LONGEST = 10, 20, 0.1, 2 -- as the other program does
local FRESH = 2 -- seconds

local function options()
  return { folder = paths.qwen_home(), timeout = 30 }
end

local function only(name)
  if name == M.NAME then return true end
  return nil, err("usage", tr("the store 'plain' is %s of Qwen Code and holds '%s' only", FILE, M.NAME))
end

---The file, if there is one.
---@return Stat?
function M.stat()
  local home = paths.qwen_home()
  return home and fs.stat(home .. "/" .. FILE, false) or nil
end

-- Tokens go to the service that the file names, and to the host that gives new ones.
local function origins(value)
  local url = type(value.resource_url) == "string" and value.resource_url or SERVICE
  local parsed = http.parse_url(url:find "^%a+://" and url or "https://" .. url)
  local host = http.parse_url(sys.env "QWEN_OAUTH_HOST" or HOST)
  return { parsed and parsed.origin or SERVICE, host and host.origin or HOST }
end

---@param name string
---@return table? record
---@return Err?
function M.read(name)
  local ok, e = only(name)
  if not ok then return nil, e end
  local value
  value, e = store.get("plain", FILE, { "access_token", "refresh_token" }, name, origins, options())
  if not value then return nil, e end
  if type(value.access_token) ~= "userdata" then
    return nil, err("protocol", tr("~/.qwen/%s holds no access_token; sign in again", FILE))
  end
  local expires = tonumber(value.expiry_date)
  return { secret = value.access_token, refresh = type(value.refresh_token) == "userdata" and value.refresh_token or nil,
    expires = expires and expires / 1000, origins = origins(value), fields = { resource_url = value.resource_url, token_type = value.token_type } }
end

-- The lock, kept young until it is given back: a renewal may take longer than the other program believes in a lock. At its exit that program
-- removes the lock whoever has it; then it is made again.
local function hold(path, mine)
  held = true
  local heart = task.spawn(function()
    repeat
      local owner = fs.read(path, 100) or fs.create(path, mine) and mine
      if owner == mine then fs.touch(path) end
      task.sleep(FRESH)
    until owner ~= mine
  end)
  return setmetatable({}, { __close = function()
    held = false
    heart:cancel()
    if fs.read(path, 100) == mine then fs.remove(path) end
  end })
end

---Takes the other program's lock: a file that whoever makes it removes again. Nothing to do for other credentials.
---@param name string
---@return table? closable; nil when nobody else could be writing, or the other program does not let go
function M.lock(name)
  local home = paths.qwen_home()
  if name ~= M.NAME or not home or held or not M.stat() then return nil end
  local path, mine, wait = home .. "/" .. LOCK, sys.uuid(), WAIT
  for _ = 1, TRIES do
    local ok, e = fs.create(path, mine)
    if ok then return hold(path, mine) end
    if e.code ~= "EEXIST" then return nil end
    local stat = fs.stat(path, false)
    if stat and task.time() - stat.mtime > STALE then
      fs.remove(path)
    else
      task.sleep(wait)
      wait = math.min(wait * 1.5, LONGEST)
    end
  end
end

---Whether a file of its size can be written beside it.
---@return boolean?, Err?
function M.try()
  local path = paths.qwen_home() .. "/" .. FILE .. ".try"
  local ok, e = fs.write(path, ("\0"):rep(16 * 1024), { mode = 384 })
  fs.remove(path)
  return ok, e
end

---@param name string
---@param record table
---@return boolean?, Err?
function M.write(name, record)
  local ok, e = only(name)
  if not ok then return nil, e end
  local fields = record.fields or {}
  return store.put("plain", FILE, body.json { access_token = record.secret, refresh_token = record.refresh, token_type = fields.token_type or "Bearer",
    resource_url = fields.resource_url, expiry_date = record.expires and math.floor(record.expires * 1000) }, options())
end

---@param name string
---@return boolean?, Err?
function M.remove(name)
  local ok, e = only(name)
  if not ok then return nil, e end
  return store.remove("plain", FILE, options())
end

return M
