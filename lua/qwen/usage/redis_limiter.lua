-- Limits that several machines share: the same limiter as sys.limit, in a Redis or Valkey server (`limits.store`). One script does all of
-- it with the server's clock (redis_limiter_script.lua); the way there is redis_link.lua. The password is in QWEN_REDIS_PASSWORD, in the
-- credential store under "redis", or in the address.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local json = require "sys.json"
local redis_link = require "qwen.usage.redis_link"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local Fleet = { remote = true }
Fleet.__index = Fleet

local KEYS, REMEMBERED, WAIT_MS = "{qwen}:keys", 3600, 1000

-- The words of a call of the script: all keys that it may touch, so that a cluster can tell where they are.
local function script(self, op, key, arguments, pause)
  local words = { "EVALSHA", self.sha, pause and "8" or "7", KEYS }
  for _, part in ipairs { "head", "log", "weights", "queue", "seen", "tight" } do
    words[#words + 1] = ("{qwen}:%s:%s"):format(key, part)
  end
  words[#words + 1] = pause and ("{qwen}:%s:head"):format(pause)
  words[#words + 1] = op
  arguments.name = key
  words[#words + 1] = json.encode(arguments)
  return table.unpack(words)
end

local function run(self, op, key, arguments, pause)
  local value, e = self.sha, nil
  if not value then value, e = self.link:command "PING" end -- the script is loaded with the connection
  if not value then return nil, e end
  value, e = self.link:command(script(self, op, key, arguments, pause))
  if not value then return nil, e end
  return json.decode(value)
end

-- The same where nobody needs the answer. While a task is being closed nothing can be waited for, and the command is only sent.
local function tell(self, op, key, arguments)
  if task.current() then return run(self, op, key, arguments) end
  if self.sha then self.link:post(script(self, op, key, arguments)) end
  return true
end

-- The newest grant that we know of: a server that knows less has lost something. After an hour it proves nothing.
local function known(self, key)
  local one = self.known[key]
  return one and task.now() - one.at < REMEMBERED and one.grant or nil
end

-- Waits until so many replicas have what was written.
local function replicated(self)
  if self.replicas == 0 then return true end
  local count, e = self.link:command("WAIT", tostring(self.replicas), tostring(WAIT_MS))
  if count and count >= self.replicas then return true end
  return nil, e or err("overloaded", tr("%d of %d replicas of Redis have the count", count, self.replicas))
end

-- What the script wants to hold in its hands whole.
local function plain(windows)
  local out = json.array {}
  for i, w in ipairs(windows) do
    out[i] = { n = w.n, per = w.per, margin = w.margin or 0, weighted = w.weighted or false, day = w.day or false }
  end
  return out
end

function Fleet:take(key, windows, weight, ticket, spec, background, pause)
  local answer, e = run(self, "take", key, { windows = plain(windows), weight = weight or 0, ticket = ticket, spec = spec or "",
    background = background or false, known = known(self, key) }, pause)
  if not answer then return nil, e end
  for _, name in ipairs { "grant", "ticket", "ahead", "window" } do answer[name] = math.tointeger(answer[name]) end
  if answer.ticket then self.keys_of[answer.ticket] = key end
  if not answer.grant then return answer end
  self.known[key] = { grant = answer.grant, at = task.now() }
  local ok
  ok, e = replicated(self)
  if ok then return answer end
  self:undo(key, answer.grant)
  return nil, e
end

function Fleet:leave(ticket)
  local key = self.keys_of[ticket]
  self.keys_of[ticket] = nil
  if not key then return true end
  return tell(self, "leave", key, { ticket = ticket })
end

function Fleet:undo(key, grant)
  self.known[key] = nil
  return tell(self, "undo", key, { grant = grant })
end

function Fleet:settle(key, grant, weight) return tell(self, "settle", key, { grant = grant, weight = weight }) end
function Fleet:sent(key, grant, seconds) return tell(self, "sent", key, { grant = grant, seconds = seconds }) end

function Fleet:shut(key, seconds)
  local answer, e = run(self, "shut", key, { seconds = seconds })
  return answer and answer.shut, e
end

function Fleet:tighten(key, grant, window, left, seconds)
  return run(self, "tighten", key, { grant = grant, per = window.per, weighted = window.weighted or false, left = left, seconds = seconds })
end

function Fleet.date() return true end -- the server's own clock counts

function Fleet:seed(key, grants) return run(self, "seed", key, { grants = json.array(grants) }) end

function Fleet:usage(key, windows)
  local answer, e = run(self, "usage", key, { windows = plain(windows) })
  return answer and answer.windows, e
end

function Fleet:keys()
  local names, e = self.link:command("HKEYS", KEYS)
  if not names then return nil, e end
  table.sort(names)
  local out = {}
  for _, name in ipairs(names) do
    local info = name ~= "" and run(self, "info", name, {})
    if info and info.there then
      out[#out + 1] = { name = name, spec = info.spec, shut = info.shut, waiting = math.tointeger(info.waiting),
        background = math.tointeger(info.background), lost = info.lost }
    end
  end
  return out
end

function Fleet:forget(key)
  self.known[key] = nil
  return run(self, "forget", key, {})
end

---A server of which nothing is known counts from now on, without a pause.
function Fleet:begin() return run(self, "begin", "", {}) end

function Fleet.aside() return nil end

---What is dangerous in how the server is set up, as a sentence; looked for once.
---@return string?
function Fleet:warning()
  if self.checked then return nil end
  self.checked = true
  local memory = self.link:command("INFO", "memory") or ""
  local policy, most = memory:match "maxmemory_policy:(%S+)", memory:match "maxmemory:(%d+)"
  if not policy or policy == "noeviction" or most == "0" then return nil end
  return tr("the Redis server of the limits forgets what it has no room for (maxmemory-policy %s); "
    .. "what is counted there may be lost: set it to noeviction", policy)
end

function Fleet:close() self.link:close() end

local M = {}

---The limiter in a Redis server, which is connected to by its first use.
---@param address string see redis_link.parse
---@param trust {ca: string?, ca_pem: string?, insecure: boolean?}? certificates, as in HttpRequest
---@param options {password: (string|Secret)?, replicas: integer?}? a password instead of the one that is kept; replicas that must have a grant
---@return Limiter?, Err?
function M.new(address, trust, options)
  local place, e = redis_link.parse(address)
  if not place then return nil, e end
  options = options or {}
  place.password = options.password or place.password
  local self = setmetatable({ keys_of = {}, known = {}, replicas = math.floor(options.replicas or 0) }, Fleet)
  self.link = redis_link.new(place, trust or {}, function(connection)
    local sha, problem = connection:call("SCRIPT", "LOAD", embed.source "lua/qwen/usage/redis_limiter_script.lua")
    self.sha = sha or self.sha
    return sha, problem
  end)
  return self
end

---The same, connected.
---@return Limiter?, Err?
function M.open(...)
  local self, e = M.new(...)
  if not self then return nil, e end
  local ok
  ok, e = self.link:command "PING"
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
  local place, e = redis_link.parse(address)
  if not place then return nil, e end
  if place.password then
    return nil, err("usage", tr("the address holds a password, which others could read; leave it "
      .. "out and give --password"))
  end
  local store
  store, e = M.open(address, require("qwen.net.transport").trust(ctx), { password = password })
  if not store and e.code == "NOAUTH" and not password then
    return nil, err(e.kind, tr("%s Give the password: --password", e.message))
  end
  if not store then return nil, e end
  local begun
  begun, e = store:begin()
  if not begun then return nil, e end
  local warning = store:warning()
  if warning then ctx.notice(warning) end
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
