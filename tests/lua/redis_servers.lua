-- Which server counts: addresses, several hosts, Sentinels and their failover, Valkey.
require "qwen.api"
local t = dofile "tests/check.lua"
local redis_server = dofile "tests/limits/redis_server.lua"
local wait = dofile "tests/wait.lua"
local redis_limiter, redis_link = require "qwen.usage.redis_limiter", require "qwen.usage.redis_link"
local redis = require "sys.redis"

-- Addresses.
do
  local function hosts(...)
    local out = {}
    for i, text in ipairs { ... } do
      local host, port = text:match "^(.*):(%d+)$"
      out[i] = { host = host, port = math.tointeger(tonumber(port)) }
    end
    return out
  end
  for address, want in pairs {
    ["redis://h"] = { hosts = hosts "h:6379", tls = false },
    ["valkey://h:1/2"] = { hosts = hosts "h:1", db = "2", tls = false },
    ["rediss://u:p@h"] = { hosts = hosts "h:6379", user = "u", password = "p", tls = true },
    ["valkeys://:p@[::1]:7"] = { hosts = hosts "::1:7", password = "p", tls = true },
    ["redis://a:1,b,[fe80::1]:3/"] = { hosts = hosts("a:1", "b:6379", "fe80::1:3"), tls = false },
    ["redis+sentinel://a,b:2/main"] = { hosts = hosts("a:26379", "b:2"), master = "main", tls = false },
    ["rediss+sentinel://u:p@a/my-main/3"] = { hosts = hosts "a:26379", master = "my-main", db = "3", user = "u", password = "p", tls = true },
  } do
    t.eq(assert(redis_link.parse(address)), want, address)
  end
  for _, address in ipairs { "redis://", "redis://,", "redis://a:0", "redis://a:70000", "redis://a b", "redis://a/x", "redis+sentinel://a", "redis+sentinel://a/",
    "redis+other://a", "http+sentinel://a/b", "redis://a#b", "redis://[::1", "redis://" .. ("x"):rep(300) } do
    t.err(redis_link.parse(address), select(2, redis_link.parse(address)), "usage", address)
  end
end

if not t.need(redis_server.PROGRAM) then return t.done() end

local WINDOW = { { n = 2, per = 1000 } }

-- One of several hosts is enough.
do
  local server <close> = redis_server.start()
  local nobody = redis_server.free_port()
  local store = assert(redis_limiter.open(("redis://127.0.0.1:%s,127.0.0.1:%d"):format(nobody, server.port)))
  assert(store:begin())
  t.eq(assert(store:take("k", WINDOW)).first, true, "the second is asked where the first is away")
  store:close()
end

-- Sentinels: the master is found, and the next one after a failover.
do
  local master <close> = redis_server.start()
  local replica <close> = redis_server.start("--replicaof", "127.0.0.1 " .. master.port)
  local sentinel <close> = redis_server.sentinel(master, "main")
  local nobody = redis_server.free_port()
  local address = ("redis+sentinel://127.0.0.1:%s,127.0.0.1:%d/main"):format(nobody, sentinel.port)
  local store = assert(redis_limiter.new(address, nil, { replicas = 1 }))
  assert(store:begin())
  assert(store:seed("k", {}))
  for i = 1, 2 do t.ok(wait.until_true(function() return (store:take("k", WINDOW) or {}).grant end), "grant " .. i) end
  t.eq(assert(store:take("k", WINDOW)).why, "window", "full")
  local asked = assert(redis.open("127.0.0.1", sentinel.port))
  wait.until_true(function() return asked:call("SENTINEL", "FAILOVER", "main") == "OK" end)
  wait.until_true(function() return asked:call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")[2] == tostring(replica.port) end)
  local old = assert(redis.open("127.0.0.1", master.port))
  wait.until_true(function()
    local role, e = old:call "ROLE"
    if e then old = assert(redis.open("127.0.0.1", master.port)) end -- the change of its role cuts connections
    return role and role[1] == "slave"
  end)
  local answer = wait.until_true(function() return (store:take("k", WINDOW)) end)
  t.eq({ answer.why, store.link.at.port }, { "window", replica.port }, "the new master knows of both")
  store:close()
  old:close()
  asked:close()
  local unknown, e = redis_limiter.open(("redis+sentinel://127.0.0.1:%d/other"):format(sentinel.port))
  t.err(unknown, e, "overloaded", "a master that no Sentinel knows")
end

-- Valkey speaks the same; where it is not installed, Redis has stood for it.
if not require("sys.proc").which "valkey-server" then
  t.skip "valkey-server is not installed, Redis stands for it; where the system has it: vendor/install valkey"
else
  redis_server.PROGRAM = "valkey-server"
  local server <close> = redis_server.start()
  local store = assert(redis_limiter.open("valkey://127.0.0.1:" .. server.port))
  assert(store:begin())
  assert(store:seed("k", {}))
  t.ok(assert(store:take("k", WINDOW)).grant, "granted")
  t.eq(store:warning(), nil)
  store:close()
end

t.done()
