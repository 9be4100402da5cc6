-- Limits that several machines share: the same limiter as sys.limit, in a Redis server (`limits.store`). One script does all of it with
-- the server's clock (redis_limiter_script.lua); the password is in QWEN_REDIS_PASSWORD, in the credential store under "redis",
-- or in the address.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local json = require "sys.json"
local secret = require "sys.secret"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local Fleet = { remote = true }
Fleet.__index = Fleet

local TIMEOUT = 2
local NAMES = "qwen:keys"

---@param address string
---@return {host: string, port: integer, db: string?, user: string?, password: string?, tls: boolean}?, Err?
local function parse(address)
  local scheme, rest = address:match "^(%a+)://(.+)$"
  local login, place = (rest or ""):match "^(.*)@(.-)$"
  place = place or rest or ""
  local host, port, db = place:match "^%[([%x:.]+)%]:?(%d*)/?(%d*)$"
  if not host then host, port, db = place:match "^([^:/%[%]]+):?(%d*)/?(%d*)$" end
  if scheme ~= "redis" and scheme ~= "rediss" or not host then
    return nil, err("usage", tr("limits.store must be like redis://HOST:6379/0, or "
      .. "rediss://HOST:6379/0 with TLS, not '%s'", (address:gsub("^([^/]*//).*@", "%1***@"))))
  end
  local user, password = (login or ""):match "^(.-):(.*)$"
  user = user or login
  return { host = host, port = port ~= "" and math.tointeger(tonumber(port)) or 6379, db = db ~= "" and db or nil, user = user ~= "" and user or nil,
    password = password, tls = scheme == "rediss" }
end

local function login(connection, place)
  local password = place.password or secret.env("redis", "QWEN_REDIS_PASSWORD", {})
  if not password then
    local record = require("qwen.credential.credentials").get "redis"
    password = record and record.secret
  end
  if not password then return true end
  if place.user then return connection:call("AUTH", place.user, password) end
  return connection:call("AUTH", password)
end

local function connect(self)
  local place = self.place
  local connection, e = require("sys.redis").open(place.host, place.port, { timeout = TIMEOUT, tls = place.tls, ca = self.trust.ca,
    ca_pem = self.trust.ca_pem, insecure = self.trust.insecure })
  if not connection then return nil, e end
  local ok
  ok, e = login(connection, place)
  if ok and place.db then ok, e = connection:call("SELECT", place.db) end
  if ok then ok, e = connection:call("SCRIPT", "LOAD", embed.source "lua/qwen/usage/redis_limiter_script.lua") end
  if not ok then
    connection:close()
    return nil, e
  end
  if self.connection then connection:close() -- another task was faster
  else self.connection, self.sha = connection, ok end
  return true
end

-- A command; a connection that broke meanwhile is opened again, a server that has lost the script gets it again.
local function command(self, ...)
  local value, e
  for try = 1, 2 do
    if not self.connection then
      local ok, problem = connect(self)
      if not ok then return nil, problem end
    end
    local connection = self.connection
    value, e = connection:call(...)
    local lost = e and (e.kind == "network" or e.kind == "timeout" or e.code == "NOSCRIPT")
    if lost then
      connection:close()
      if self.connection == connection then self.connection = nil end
    end
    if not lost or e.kind == "timeout" or try == 2 then return value, e end
  end
end

local function run(self, op, key, arguments)
  if not self.connection then
    local ok, e = connect(self)
    if not ok then return nil, e end
  end
  local value, e = command(self, "EVALSHA", self.sha, "1", "{qwen:" .. key .. "}", op, json.encode(arguments))
  if not value then return nil, e end
  return json.decode(value)
end

-- The same where nobody needs the answer. While a task is being closed nothing can be waited for, and the command is only sent.
local function tell(self, op, key, arguments)
  if task.current() then return run(self, op, key, arguments) end
  if not self.connection then return true end
  return self.connection:post("EVALSHA", self.sha, "1", "{qwen:" .. key .. "}", op, json.encode(arguments))
end

-- What the script wants to hold in its hands whole.
local function plain(windows)
  local out = json.array {}
  for i, w in ipairs(windows) do
    out[i] = { n = w.n, per = w.per, margin = w.margin or 0, weighted = w.weighted or false, day = w.day or false }
  end
  return out
end

function Fleet:take(key, windows, weight, ticket, spec, background)
  local answer, e = run(self, "take", key, { windows = plain(windows), weight = weight or 0, ticket = ticket, spec = spec or "",
    background = background or false })
  if not answer then return nil, e end
  for _, name in ipairs { "grant", "ticket", "ahead", "window" } do answer[name] = math.tointeger(answer[name]) end
  if answer.ticket then self.keys_of[answer.ticket] = key end
  return answer
end

function Fleet:leave(ticket)
  local key = self.keys_of[ticket]
  self.keys_of[ticket] = nil
  if not key then return true end
  return tell(self, "leave", key, { ticket = ticket })
end

function Fleet:settle(key, grant, weight) return tell(self, "settle", key, { grant = grant, weight = weight }) end
function Fleet:undo(key, grant) return tell(self, "undo", key, { grant = grant }) end

function Fleet:shut(key, seconds)
  local answer, e = run(self, "shut", key, { seconds = seconds })
  if not answer then return nil, e end
  command(self, "SADD", NAMES, key)
  return answer.shut
end

function Fleet:tighten(key, grant, window, left, seconds)
  return run(self, "tighten", key, { grant = grant, per = window.per, weighted = window.weighted or false, left = left, seconds = seconds })
end

function Fleet.date() return true end -- the server's own clock counts

function Fleet:seed(key, grants)
  local ok, e = run(self, "seed", key, { grants = json.array(grants) })
  if not ok then return nil, e end
  command(self, "SADD", NAMES, key)
  return true
end

function Fleet:usage(key, windows)
  local answer, e = run(self, "usage", key, { windows = plain(windows) })
  return answer and answer.windows, e
end

function Fleet:keys()
  local names, e = command(self, "SMEMBERS", NAMES)
  if not names then return nil, e end
  table.sort(names)
  local out = {}
  for _, name in ipairs(names) do
    local info = run(self, "info", name, json.array {})
    if info and info.there then
      out[#out + 1] = { name = name, spec = info.spec, shut = info.shut, waiting = math.tointeger(info.waiting),
        background = math.tointeger(info.background) }
    else
      command(self, "SREM", NAMES, name)
    end
  end
  return out
end

function Fleet:forget(key)
  command(self, "SREM", NAMES, key)
  return run(self, "forget", key, json.array {})
end

function Fleet.aside() return nil end

function Fleet:close()
  if self.connection then self.connection:close() end
  self.connection = nil
end

local M = {}

---The limiter in a Redis server, which is connected to by its first use.
---@param address string "redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]", "rediss://" for TLS
---@param trust {ca: string?, ca_pem: string?, insecure: boolean?}? certificates, as in HttpRequest
---@param password (string|Secret)? instead of the one that is kept
---@return Limiter?, Err?
function M.new(address, trust, password)
  local place, e = parse(address)
  if not place then return nil, e end
  place.password = password or place.password
  return setmetatable({ place = place, trust = trust or {}, keys_of = {} }, Fleet)
end

---The same, connected.
---@return Limiter?, Err?
function M.open(...)
  local self, e = M.new(...)
  if not self then return nil, e end
  local ok
  ok, e = connect(self)
  if not ok then return nil, e end
  return self
end

---Makes a server the one that counts, and keeps its password. Nothing is written unless the server takes it.
---@param ctx Ctx
---@param address string without a password
---@param password string?
---@return string? store the password's; "" without one
---@return Err?
function M.choose(ctx, address, password)
  local place, e = parse(address)
  if not place then return nil, e end
  if place.password then
    return nil, err("usage", tr("the address holds a password, which others could read; leave it "
      .. "out and give --password"))
  end
  local store
  store, e = M.open(address, require("qwen.net.transport").trust(ctx), password)
  if not store and e.code == "NOAUTH" and not password then
    return nil, err(e.kind, tr("%s Give the password: --password", e.message))
  end
  if not store then return nil, e end
  store:close()
  local kept
  if password then kept, e = require("qwen.credential.credentials").put("redis", { secret = password }) end
  if password and not kept then return nil, e end
  local path
  path, e = require("qwen.config.writer").set { { path = { "limits", "store" }, value = address } }
  return path and (kept or ""), e
end

---Counts on this machine again, and forgets the password.
---@return string? path of the settings
---@return Err?
function M.leave()
  local credentials = require "qwen.credential.credentials"
  if credentials.has "redis" then
    local ok, e = credentials.remove "redis"
    if not ok then return nil, e end
  end
  return require("qwen.config.writer").set { { path = { "limits", "store" } } }
end

return M
