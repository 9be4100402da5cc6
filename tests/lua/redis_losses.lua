-- What a Redis server loses counts as used: a flush, an eviction, an empty or late replica, an old snapshot; and a restart ends no run.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local redis_server = dofile "tests/limits/redis_server.lua"
local rush = dofile "tests/limits/rush.lua"
local wait = dofile "tests/wait.lua"
local redis_limiter = require "qwen.usage.redis_limiter"
local json, task = require "sys.json", require "sys.task"

if not t.need "redis-server" then return t.done() end

local LIMIT = { n = 10, per = 100, margin = 5 }
local WINDOWS = { LIMIT, { n = 1e6, per = 100, margin = 5, weighted = true } }

local function fill(store, key)
  assert(store:seed(key, {}))
  for i = 1, LIMIT.n do t.ok(assert(store:take(key, WINDOWS, 7)).grant, key .. ": grant " .. i) end
end

-- Each fault, seen by the process that had the grants and by one that comes new. rest: how much of the window is still to come.
local server <close> = redis_server.start()
do
  local faults = {
    { "nothing", function() end, why = "window" },
    { "flushall", function(store) store.link:command "FLUSHALL" end },
    { "no names", function(store) store.link:command("DEL", "{qwen}:keys") end },
    { "no head", function(store, key) store.link:command("DEL", "{qwen}:" .. key .. ":head") end },
    { "no log", function(store, key) store.link:command("DEL", "{qwen}:" .. key .. ":log") end },
    { "no weights", function(store, key) store.link:command("DEL", "{qwen}:" .. key .. ":weights") end, why = { lost = true, window = true } },
    { "an older state", function(store, key)
      store.link:command("HSET", "{qwen}:" .. key .. ":head", "last", "3")
      store.link:command("HDEL", "{qwen}:" .. key .. ":head", "at")
      store.link:command("ZREMRANGEBYRANK", "{qwen}:" .. key .. ":log", "3", "-1")
    end, known = true },
  }
  for i, fault in ipairs(faults) do
    local name, play, key = fault[1], fault[2], "k" .. i
    local store = assert(redis_limiter.open(server.address))
    assert(store:begin())
    fill(store, key)
    play(store, key)
    local viewers = { store, not fault.known and assert(redis_limiter.open(server.address)) or nil }
    for number, viewer in ipairs(viewers) do
      local answer = assert(viewer:take(key, WINDOWS, 7))
      if answer.first then
        assert(viewer:seed(key, {}))
        answer = assert(viewer:take(key, WINDOWS, 7))
      end
      local why = fault.why or "lost"
      t.ok(type(why) == "table" and why[answer.why] or answer.why == why, ("%s: viewer %d waits for %s"):format(name, number, answer.why))
      t.ok(answer.wait > 90 and answer.wait <= 105, ("%s: viewer %d waits %g s"):format(name, number, answer.wait))
      if answer.ticket then viewer:leave(answer.ticket) end
    end
    if fault.why ~= "window" and type(fault.why) ~= "table" then
      t.ok(store:keys()[1].lost, name .. ": it is shown")
      store:begin()
      t.eq(assert(store:take(key, WINDOWS, 7)).why, "lost", name .. ": it does not begin again where something is known")
      assert(store:forget(key))
      t.eq(assert(store:take(key, WINDOWS, 7)).first, true, name .. ": a person may say that nothing was sent")
      assert(store:seed(key, {}))
      t.ok(assert(store:take(key, WINDOWS, 7)).grant, name .. ": and it goes on")
      store.link:command "FLUSHALL"
    end
    for _, viewer in pairs(viewers) do viewer:close() end
  end
end

-- A real eviction, and the warning that there may be one.
do
  local small <close> = redis_server.start("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random")
  local store = assert(redis_limiter.open(small.address))
  assert(store:begin())
  fill(store, "k")
  t.match(store:warning(), "maxmemory%-policy allkeys%-random", "it is said that it may forget")
  local connection, written = store.link.connection, 0
  local parts = { "{qwen}:keys", "{qwen}:k:head", "{qwen}:k:log", "{qwen}:k:weights" }
  while connection:call("EXISTS", table.unpack(parts)) == #parts and written < 100000 do
    written = written + 1
    connection:post("SET", "junk" .. written, ("x"):rep(2000))
  end
  local answer = assert(store:take("k", WINDOWS, 7))
  if answer.first then
    assert(store:seed("k", {}))
    answer = assert(store:take("k", WINDOWS, 7))
  end
  t.ok(not answer.grant, "what was evicted is not given again")
  store:close()
  local roomy <close> = redis_server.start("--maxmemory", "100mb", "--maxmemory-policy", "noeviction")
  store = assert(redis_limiter.open(roomy.address))
  t.eq(store:warning(), nil, "a server that forgets nothing")
  store:close()
end

-- Replicas: without enough of them nothing is granted; one that takes over knows what was counted, an empty one makes a pause.
do
  local master <close> = redis_server.start()
  local store = assert(redis_limiter.new(master.address, nil, { replicas = 1 }))
  assert(store:begin())
  assert(store:seed("k", {}))
  local answer, e = store:take("k", WINDOWS, 7)
  t.err(answer, e, "overloaded", "no replica has it")
  local replica <close> = redis_server.start("--replicaof", "127.0.0.1 " .. master.port)
  wait.until_true(function() return store:take("k", { { n = 1000, per = 1 } }, 7) end)
  t.ok(true, "with a replica")
  for _ = 2, LIMIT.n do t.ok(assert(store:take("k", WINDOWS, 7)).grant, "granted") end
  master:kill()
  local second = assert(redis_limiter.open(replica.address))
  answer, e = second:take("k", WINDOWS, 7)
  t.err(answer, e, "overloaded", "a replica grants nothing")
  t.eq(second.link:command("REPLICAOF", "NO", "ONE"), "OK")
  t.eq(assert(second:take("k", WINDOWS, 7)).why, "window", "the count went along")
  second:close()
  store:close()
end

-- A restart in the middle of a run, on the same port, with an empty memory: all go on, and no window holds more than its limit.
do
  local window = { n = 20, per = 0.5, margin = 0.05 }
  local first = redis_server.start()
  local store = assert(redis_limiter.open(first.address))
  assert(store:begin())
  local run = task.spawn(rush.take, rush.home "restart", 10, 8, window, first.address)
  local key = wait.until_true(function() return (store:keys()[1] or {}).name end)
  local log = "{qwen}:" .. key .. ":log"
  wait.until_true(function() return store.link:command("ZCARD", log) >= 20 end)
  assert(store.link:command("CLIENT", "PAUSE", "600000", "WRITE"))
  local times = {}
  local function add()
    local all = assert(store.link:command("ZRANGE", log, 0, -1, "WITHSCORES"))
    for i = 2, #all, 2 do times[#times + 1] = tonumber(all[i]) end
  end
  add()
  first:kill()
  local _ <close> = redis_server.start_at(tostring(first.port))
  t.eq(select(2, run:join()), 10, "all ten had their turns")
  add()
  store:close()
  t.ok(#times >= 80, "grants of both lives: " .. #times)
  local most = rush.most_in(times, window.per + window.margin - 1e-5)
  t.ok(most <= window.n, "grants in a window: " .. most)
end

-- In the whole program: it is said, once, and what ends it.
do
  local model <close> = fake.start { { text = "A", times = 0 } }
  local limits = { rules = { ["*"] = "1/hour" }, store = server.address, maxWait = 1 }
  local function new_place() return program.place { ["~/.qwen/settings.json"] = json.encode { limits = limits } } end
  local place = new_place()
  local function ask() return program.run(place, { "--openai-base-url", model.url, "-m", "m", "-p", "x" }) end
  local store = assert(redis_limiter.open(server.address))
  assert(store.link:command "FLUSHALL")
  local r = ask()
  t.eq(r.code, 1, "nothing is sent")
  local key = r.err:match 'has lost what was counted, or is new.-qwen limits forget "([^"]+)"'
  t.ok(key, "it is said: " .. r.err)
  t.match(r.err, "has lost its count until %d+:%d+", "and until when")
  t.eq(program.run(place, { "limits", "forget", key }).code, 0, "a person ends it")
  t.eq(ask().out, "A\n", "and it goes on")
  assert(store.link:command "FLUSHALL")
  place = new_place() -- whose ledger knows of no request
  t.eq(program.run(place, { "limits", "store", server.address }).code, 0, "a server that is named as a new one")
  t.eq(ask().out, "A\n", "counts from there")
  limits.replicas, limits.rules = 1, { ["*"] = "100/hour" }
  place = new_place()
  r = ask()
  t.eq(r.code, 1, "a replica is wanted")
  t.match(r.err, "0 of 1 replicas of Redis have the count", "and there is none")
  store:close()
end

t.done()
