-- Limits in a cluster: any node is good for all; our keys are on one of them, also after they have moved.
require "qwen.api"
local t = dofile "tests/check.lua"
local redis_server = dofile "tests/limits/redis_server.lua"
local wait = dofile "tests/wait.lua"
local redis_limiter = require "qwen.usage.redis_limiter"
local json, redis = require "sys.json", require "sys.redis"
local proc = require "qwen.util.process"

if not t.need(redis_server.PROGRAM, "redis-cli") then return t.done() end

local WINDOW = { { n = 2, per = 1000 } }

local function cli(...)
  local r = assert(proc.run { argv = { "redis-cli", ... } })
  assert(r.code == 0, r.out .. r.err)
  return r.out
end

do
  local nodes, place, list = {}, {}, {}
  local _ <close> = setmetatable({}, { __close = function() for _, node in ipairs(nodes) do node:kill() end end })
  for i = 1, 3 do
    nodes[i] = redis_server.start("--cluster-enabled", "yes", "--cluster-port", redis_server.free_port(), "--cluster-node-timeout", "2000",
      "--cluster-config-file", ("nodes-%d.conf"):format(i))
    list[i] = "127.0.0.1:" .. nodes[i].port
  end
  cli("--cluster", "create", list[1], list[2], list[3], "--cluster-yes")
  local direct = {}
  for i, node in ipairs(nodes) do direct[i] = assert(redis.open("127.0.0.1", node.port)) end
  local function everywhere(pattern)
    wait.until_true(function()
      for _, one in ipairs(direct) do
        if not tostring(one:call("CLUSTER", "INFO")):find(pattern) then return false end
      end
      return true
    end)
  end
  everywhere "cluster_state:ok"
  local slot = tostring(direct[1]:call("CLUSTER", "KEYSLOT", "{qwen}:keys"))
  local stores = {}
  for i, node in ipairs(nodes) do stores[i] = assert(redis_limiter.open(node.address)) end
  assert(stores[1]:begin())
  assert(stores[2]:seed("a key, with words", {}))
  t.ok(assert(stores[3]:take("a key, with words", WINDOW)).grant, "one")
  t.ok(assert(stores[1]:take("a key, with words", WINDOW)).grant, "two")
  for i, store in ipairs(stores) do
    t.eq(assert(store:take("a key, with words", WINDOW)).why, "window", "node " .. i .. " knows of both")
    t.eq(#assert(store:keys()), 1, "and of the key")
  end
  -- The slot moves to another node: while it does, nothing is granted twice or reported as lost; then the new node is asked.
  local from, to
  for i, one in ipairs(direct) do
    place[i] = one:call("CLUSTER", "MYID")
    if #one:call("CLUSTER", "GETKEYSINSLOT", slot, "100") > 0 then from = i end
  end
  to = from % 3 + 1
  assert(direct[to]:call("CLUSTER", "SETSLOT", slot, "IMPORTING", place[from]))
  assert(direct[from]:call("CLUSTER", "SETSLOT", slot, "MIGRATING", place[to]))
  local keys = direct[from]:call("CLUSTER", "GETKEYSINSLOT", slot, "100")
  for i, key in ipairs(keys) do
    assert(direct[from]:call("MIGRATE", "127.0.0.1", nodes[to].port, key, "0", "1000"))
    local answer, e = stores[from]:take("a key, with words", WINDOW)
    t.ok(answer and answer.why == "window" or e and e.kind == "overloaded", ("key %d of %d has moved: %s"):format(i, #keys, json.encode(answer or e)))
  end
  for _, one in ipairs(direct) do assert(one:call("CLUSTER", "SETSLOT", slot, "NODE", place[to])) end
  for i, store in ipairs(stores) do
    t.eq(assert(store:take("a key, with words", WINDOW)).why, "window", "node " .. i .. " knows where they are")
    store:close()
  end
  for _, one in ipairs(direct) do one:close() end
end

t.done()
