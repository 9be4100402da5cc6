-- The way to the Redis or Valkey server that `limits.store` names: one server, the master that a Sentinel names, or the node of a cluster
-- that has our keys. What runs there is in redis_limiter.lua.
local err = require "qwen.util.err"
local redis = require "sys.redis"
local secret = require "sys.secret"
local tr = require("qwen.util.translate").tr

local M = {}

local Link = {}
Link.__index = Link

local TIMEOUT, HOPS = 2, 5
local SCHEMES = { redis = false, valkey = false, rediss = true, valkeys = true } -- whether with TLS

-- What a server answers that will be over soon.
local PASSING = { BUSY = true, CLUSTERDOWN = true, LOADING = true, MASTERDOWN = true, OOM = true, READONLY = true, TRYAGAIN = true }
-- After which the same server is not the one to ask.
local LEAVE = { CLUSTERDOWN = true, MASTERDOWN = true, READONLY = true }

-- "h", "h:1", "[::1]:1" -> host and port
local function host_port(text, port)
  local host, own = text:match "^%[([%x:.]+)%]:?(%d*)$"
  if not host then host, own = text:match "^([^:/%[%]?#@ \\]+):?(%d*)$" end
  if not host or #host > 250 then return nil end
  port = own ~= "" and math.tointeger(tonumber(own)) or port
  return port and port > 0 and port < 65536 and { host = host, port = port } or nil
end

-- "a,b:1" -> list; nil when one of them is none
local function hosts_of(text, port)
  local out = {}
  for one in text:gmatch "[^,]+" do
    local at = host_port(one, port)
    if not at then return nil end
    out[#out + 1] = at
  end
  return out[1] and out
end

---Reads an address: "redis://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]...][/DB]", "rediss" for TLS, "valkey" as well, and with Sentinels
---"redis+sentinel://HOST[:PORT],.../NAME[/DB]".
---@param address string
---@return {hosts: {host: string, port: integer}[], master: string?, db: string?, user: string?, password: string?, tls: boolean}?, Err?
function M.parse(address)
  local scheme, sentinel, rest = address:match "^(%a+)(%+?%a*)://(.+)$"
  local login, place = (rest or ""):match "^(.*)@(.-)$"
  place = place or rest or ""
  local names, path = place:match "^([^/]*)/?(.*)$"
  local watched = sentinel == "+sentinel"
  local master, db = path:match(watched and "^([%w_.-]+)/?(%d*)$" or "^()(%d*)$")
  local hosts = names ~= "" and hosts_of(names, watched and 26379 or 6379)
  if SCHEMES[scheme] == nil or not watched and sentinel ~= "" or not hosts or not db then
    return nil, err("usage", tr("limits.store must be like redis://HOST:6379/0, rediss://HOST:6379/0 with TLS, or "
      .. "redis+sentinel://HOST:26379/NAME, not '%s'", (address:gsub("^([^/]*//).*@", "%1***@"))))
  end
  local user, password = (login or ""):match "^(.-):(.*)$"
  user = user or login
  return { hosts = hosts, master = watched and master or nil, db = db ~= "" and db or nil, user = user ~= "" and user or nil,
    password = password, tls = SCHEMES[scheme] }
end

local function password_of(place)
  if place.password then return place.password end
  local password = secret.env("redis", "QWEN_REDIS_PASSWORD", {})
  if password then return password end
  local record = require("qwen.credential.credentials").get "redis"
  return record and record.secret
end

local function dial(self, at)
  return redis.open(at.host, at.port, { timeout = TIMEOUT, tls = self.place.tls, ca = self.trust.ca, ca_pem = self.trust.ca_pem,
    insecure = self.trust.insecure })
end

local function login(self, connection)
  local password = password_of(self.place)
  if not password then return true end
  if self.place.user then return connection:call("AUTH", self.place.user, password) end
  return connection:call("AUTH", password)
end

-- A connection on which commands of the limits can be given.
local function greet(self, at)
  local connection, e = dial(self, at)
  if not connection then return nil, e end
  local ok
  ok, e = login(self, connection)
  if ok and self.place.db then ok, e = connection:call("SELECT", self.place.db) end
  if ok then ok, e = self.prepare(connection) end
  local role = ok and self.place.master and connection:call "ROLE"
  if role and role[1] ~= "master" then
    ok, e = nil, err("overloaded", tr("%s:%d is no master any more", at.host, at.port))
  end
  if ok then return connection end
  connection:close()
  return nil, e
end

-- Where the master is, as one Sentinel knows it.
local function ask_sentinel(self, at)
  local connection, e = dial(self, at)
  if not connection then return nil, e end
  local function ask() return connection:call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.place.master) end
  local found
  found, e = ask()
  if e and e.code == "NOAUTH" and login(self, connection) then found, e = ask() end
  connection:close()
  if found then return host_port(found[1]:find(":", 1, true) and "[" .. found[1] .. "]" or found[1], tonumber(found[2])) end
  return nil, e or err("overloaded", tr("the Sentinel at %s:%d knows no master '%s'", at.host, at.port, self.place.master))
end

-- The servers to try, in order.
local function candidates(self)
  if self.moved then return { self.moved } end
  if not self.place.master then return self.place.hosts end
  local problem
  for _, at in ipairs(self.place.hosts) do
    local master, e = ask_sentinel(self, at)
    if master then return { master } end
    problem = e
  end
  return nil, problem
end

local function connect(self)
  local list, e = candidates(self)
  self.moved = nil -- where it fails, those of the settings are asked again
  for _, at in ipairs(list or {}) do
    local connection
    connection, e = greet(self, at)
    if connection and self.connection then
      connection:close() -- another task was faster
      return self.connection
    end
    if connection then
      self.connection, self.at = connection, at
      return connection
    end
    if e.kind ~= "network" and e.kind ~= "timeout" then break end
  end
  return nil, e
end

local function leave(self, connection)
  connection:close()
  if self.connection == connection then self.connection = nil end
end

-- "MOVED 1234 host:port", and no host where it is the same one
local function target(self, e)
  local host, port = (e.message:match "^%S+ %u+ %d+ (%S+)$" or ""):match "^(.*):(%d+)$"
  if not host then return nil end
  if host == "" then host = self.at.host end
  return host_port(host:find(":", 1, true) and "[" .. host .. "]" or host, tonumber(port))
end

-- One command at the node that a cluster is moving our keys to.
local function ask_there(self, at, ...)
  local connection, e = greet(self, at)
  if not connection then return nil, e end
  local ok, value
  ok, e = connection:call "ASKING"
  if ok then value, e = connection:call(...) end
  connection:close()
  return value, e
end

---A command and its answer; nil and an error when there is none. A connection that broke is made again, once, and redirections of a cluster
---are followed. What may be over soon is of the kinds network, timeout and overloaded.
---@param ... string|number
---@return any, Err?
function Link:command(...)
  local value, e
  local broke = false
  for _ = 1, HOPS do
    local connection = self.connection
    if not connection then
      connection, e = connect(self)
      if not connection then break end
    end
    value, e = connection:call(...)
    if not e then return value end
    local at = (e.code == "MOVED" or e.code == "ASK") and target(self, e)
    if at and e.code == "ASK" then
      value, e = ask_there(self, at, ...)
      if not e then return value end
      break
    elseif at then
      leave(self, connection)
      self.moved = at
    elseif e.code == "NOSCRIPT" then
      local ok, problem = self.prepare(connection)
      if not ok then return nil, problem end
    elseif e.kind == "network" and not broke then
      broke = true
      leave(self, connection)
    else
      if e.kind == "network" or e.kind == "timeout" or LEAVE[e.code] then leave(self, connection) end
      break
    end
  end
  if PASSING[e.code] or e.code == "MOVED" then e = err("overloaded", e.message, { code = e.code }) end
  return nil, e
end

---Sends a command whose answer nobody needs, where a connection is there.
function Link:post(...)
  if self.connection then self.connection:post(...) end
end

function Link:close()
  if self.connection then leave(self, self.connection) end
end

---The way to a server; it is taken by the first command.
---@param place table of parse
---@param trust {ca: string?, ca_pem: string?, insecure: boolean?}
---@param prepare fun(connection: Redis): any, Err? makes a new connection ready
function M.new(place, trust, prepare)
  return setmetatable({ place = place, trust = trust, prepare = prepare }, Link)
end

return M
