-- Limits in a Redis server: the same answers as the store on disk, many processes, a password, a server that goes away and comes back.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local redis_server = dofile "tests/limits/redis_server.lua"
local rush = dofile "tests/limits/rush.lua"
local redis_limiter = require "qwen.usage.redis_limiter"
local fs, json, os, task = require "sys.fs", require "sys.json", require "sys.os", require "sys.task"
local limit, proc = require "sys.limit", require "qwen.util.process"

for _, address in ipairs { "http://h", "redis://", "rediss://", "rediss://h/x", "h:6379", "redis://h:port" } do
  t.err(redis_limiter.open(address), select(2, redis_limiter.open(address)), "usage", address .. " is refused")
end
t.ok(not select(2, redis_limiter.open "http://u:secret@h").message:find "secret", "a password is not told")

if not t.need "redis-server" then return t.done() end

local main <close> = redis_server.start("--requirepass", "a password")
local port = main.port
local address = "redis://:a password@127.0.0.1:" .. port .. "/1"

-- Chosen by a command, the password typed: kept among the credentials, nowhere in clear, and nothing is written unless the server takes it.
do
  local spec = dofile "tests/spec/spec.lua"
  local place, plain = spec.place "{}", "redis://127.0.0.1:" .. port .. "/1"
  local function typed(word)
    local terminal = spec.terminal(place, "limits store " .. plain .. " --password")
    terminal:wait "Password of the Redis server"
    terminal:send(word .. "\r")
    return terminal:finish()
  end
  local code, shown = typed "wrong"
  t.eq({ code, spec.settings(place) }, { 1, {} }, shown)
  t.match(shown, "WRONGPASS")
  t.match(spec.run(place, "limits store " .. plain).err, "NOAUTH.*Give the password: %-%-password")
  t.match(spec.run(place, "limits store redis://:word@127.0.0.1:" .. port).err, "the address holds a password")
  t.match(spec.run(place, "limits store " .. plain .. " --password").err, "there is no terminal")
  t.eq(spec.settings(place), {}, "nothing is written")
  code, shown = typed "a password"
  t.eq({ code, spec.settings(place).limits.store, shown:find("a password", 1, true) }, { 0, plain }, shown)
  t.match(shown, "its password is in the store 'vault'")
  t.eq(spec.run(place, "limits").code, 0, "and used from there")
  t.match(spec.run(place, "auth list").out, "^redis +vault")
  t.eq({ spec.run(place, "limits store off").code, spec.settings(place).limits.store }, { 0 })
  t.match(spec.run(place, "auth list").out, "No credential is kept")
end
t.err(redis_limiter.open("redis://127.0.0.1:" .. port), select(2, redis_limiter.open("redis://127.0.0.1:" .. port)), "broken", "a password is wanted")

-- The same questions to both stores.
do
  local stores = { assert(limit.open ":memory:"), assert(redis_limiter.open(address)) }
  local windows = { { n = 3, per = 1000, margin = 10 }, { n = 1000, per = 500, weighted = true }, { n = 50, per = 86400, day = true } }
  local function hundreds(seconds) return math.floor(seconds / 100 + 0.5) end -- what passes in between does not count
  local function same(name, fn)
    local got = {}
    for i, store in ipairs(stores) do got[i] = fn(store) end
    t.eq(got[2], got[1], name)
    return got[1]
  end
  local function words(a)
    if not a then return "failed" end
    return { first = a.first, grant = a.grant, ticket = a.ticket, ahead = a.ahead, why = a.why, window = a.window, wait = a.wait and hundreds(a.wait) }
  end
  local function take(weight, ticket)
    return same("take " .. weight, function(s) return words(s:take("k", windows, weight, ticket, "words")) end)
  end
  t.eq(take(1), { first = true }, "nothing is known")
  same("seed", function(s) return s:seed("k", { { age = 700, weight = 10 } }) end)
  t.eq(take(300).grant, 2, "granted")
  t.eq(take(300).grant, 3, "granted")
  local waiting = take(100)
  t.eq({ waiting.why, waiting.window, waiting.wait, waiting.ahead }, { "window", 1, 3, 0 }, "full")
  local behind = take(500)
  t.eq(behind.ahead, 1, "the queue")
  same("usage", function(s)
    local out = {}
    for i, u in ipairs(s:usage("k", windows)) do out[i] = { u.used, hundreds(u.next) } end
    out[3][2] = nil -- until midnight: each has its own clock
    return out
  end)
  same("keys", function(s) return s:keys() end)
  take(100, waiting.ticket)
  same("leave", function(s) return s:leave(waiting.ticket) end)
  same("settle", function(s) return s:settle("k", 3, 5) end)
  same("undo", function(s) return s:undo("k", 3) end)
  same("usage", function(s) return { s:usage("k", windows)[1].used, s:usage("k", windows)[2].used } end)
  same("shut", function(s) return math.floor(s:shut("k") + 0.5) end)
  same("shut again", function(s) return math.floor(s:shut("k") + 0.5) end)
  take(500, behind.ticket)
  t.eq(take(1).why, "window", "who stands behind others waits for them")
  same("forget", function(s) return s:forget "k" end)
  t.eq(take(1), { first = true }, "forgotten")
  same("seed", function(s) return s:seed("k", {}) end)
  t.eq(take(10).grant, 1, "from the beginning")
  same("tighten", function(s) return s:tighten("k", 1, windows[1], 0, 300) end)
  for _, s in ipairs(stores) do -- tickets count through all keys of a file, and through one key of a server
    local a = words(s:take("k", windows, 1))
    t.eq({ a.why, a.wait }, { "server", 3 }, "what a server said")
  end
  t.eq(words(stores[1]:take("k", windows, 1)).why, "server", "who stands behind waits for the same")
  t.eq(words(stores[2]:take("k", windows, 1)).why, "server", "there too")
  -- A request that left late: no grant of its time or after it counts as earlier.
  same("forget", function(s) return s:forget "late" end)
  same("seed", function(s) return s:seed("late", { { age = 600, weight = 0 }, { age = 590, weight = 0 }, { age = 100, weight = 0 } }) end)
  same("sent", function(s) return s:sent("late", 1, 300) end)
  t.eq(same("late", function(s)
    local use = s:usage("late", { { n = 9, per = 1000 } })[1]
    return { use.used, hundreds(use.next), hundreds(use.all) }
  end), { 3, 7, 9 }, "two of three moved")
  same("sent", function(s) return s:sent("late", 3, 1e9) end)
  t.eq(same("not beyond now", function(s) return hundreds(s:usage("late", { { n = 9, per = 1000 } })[1].all) end), 10)
  same("sent", function(s) return s:sent("late", 77, 5) end)
  same("sent", function(s) return s:sent("unknown", 1, 5) end)
  same("forget", function(s) return s:forget "late" end)
  -- A long queue at several windows, with and without weights.
  for name, list in pairs {
    one = { { n = 2, per = 1000 } }, two = { { n = 5, per = 4000, margin = 100 }, { n = 3, per = 1000, margin = 10 } },
    weights = { { n = 3, per = 1000 }, { n = 50, per = 3000, weighted = true } },
  } do
    same("seed", function(s) return s:seed(name, { { age = 300, weight = 7 }, { age = 200, weight = 7 } }) end)
    for i = 1, 14 do
      same(name .. ", ask " .. i, function(s)
        local a = s:take(name, list, 7, nil, "", i % 5 == 0)
        return { a.grant or 0, a.ahead or 0, a.why or "", a.window or 0, a.wait and hundreds(a.wait) or 0, a.again and hundreds(a.again) or 0 }
      end)
    end
    same("forget", function(s) return s:forget(name) end)
  end
  -- The pause of one model holds for it alone, and takes no place in the queue.
  same("shut", function(s) return hundreds(s:shut("k m, paused", 200)) end)
  t.eq(same("a pause of its own", function(s)
    local a = s:take("k", windows, 1, nil, "", false, "k m, paused")
    return { a.why, a.ticket or 0, hundreds(a.wait), a.again }
  end), { "pause", 0, 2, 1 })
  t.ok(same("another model", function(s) return s:take("k", windows, 1, nil, "", false, "k n, paused").why ~= "pause" end))
  same("forget", function(s) return s:forget "k m, paused" end)
  -- The background.
  for _, s in ipairs(stores) do
    local lane, ahead = { { n = 1, per = 100 } }, {}
    s:forget "k"
    s:seed("k", {})
    local function ask(background, ticket) return assert(s:take("k", lane, 0, ticket, "", background)) end
    t.eq(ask(true).grant, 1, "alone it goes at once")
    local first = ask(true).ticket
    for i = 1, 5 do ahead[i] = ask(false).ahead end
    t.eq(ahead, { 0, 1, 2, 4, 5 }, "others go before it, and every fourth turn is its own")
    t.eq(ask(true, first).ahead, 3, "which it sees")
  end
  t.eq(same("keys", function(s) return s:keys() end)[1].background, 1)
  for _, s in ipairs(stores) do s:close() end
end

-- A script that is flushed and a connection that is cut are nothing.
do
  local store = assert(redis_limiter.open(address))
  store:seed("c", {})
  assert(store.link:command("SCRIPT", "FLUSH"))
  t.ok(store:take("c", { { n = 5, per = 1 } }).grant, "the script is sent again")
  store.link.connection:call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
  t.ok(store:take("c", { { n = 5, per = 1 } }).grant, "the connection is made again")
  store:close()
end

-- What is remembered of a week is not shortened by an operation that names no window.
do
  local store = assert(redis_limiter.open(address))
  local week = { n = 1000, per = 7 * 86400 }
  local names = { "head", "log" }
  assert(store:seed("w", { { age = 86400, weight = 0 } }))
  assert(store:take("w", { week }).grant)
  for _, op in ipairs {
    function() return store:shut("w", 1) end, function() return store:tighten("w", 2, week, 0, 1) end, function() return store:take("w", { { n = 1, per = 60 } }) end,
    function() return store:leave("w", 1) end, function() return store:settle("w", 2, 1) end, function() return store:undo("w", 2) end,
  } do
    op()
    for _, name in ipairs(names) do
      t.ok(tonumber(store.link:command("TTL", "{qwen}:w:" .. name)) >= 7 * 86400, "the life of " .. name)
    end
  end
  store:close()
end

-- Processes together: all get what they wait for, and no window of the log holds more than the limit.
do
  local window = { n = 40, per = 1, margin = 0.1 }
  local store = assert(redis_limiter.open(address))
  assert(store:keys()) -- connects
  assert(store.link:command "FLUSHDB")
  assert(store:begin())
  t.eq(rush.take(rush.home "fleet", 20, 10, window, address), 20, "all twenty had their ten turns")
  local names, times = store:keys(), {}
  t.eq(#names, 1, "of one key")
  local log = assert(store.link:command("ZRANGE", ("{qwen}:%s:log"):format(names[1].name), 0, -1, "WITHSCORES"))
  store:close()
  for i = 2, #log, 2 do times[#times + 1] = tonumber(log[i]) end
  t.eq(#times, 200, "each of which is in the log")
  local most = rush.most_in(times, window.per + window.margin - 1e-5)
  t.ok(most <= 40, "grants in a window: " .. most)
end

-- TLS: what is wrong with a certificate is said; who has an account gives its name and password.
do
  local folder = os.env "TMPDIR" .. "/tls"
  assert(fs.mkdir(folder))
  local function openssl(...)
    local r = assert(proc.run { argv = { "openssl", ... }, cwd = folder })
    if r.code ~= 0 then error(r.err) end
  end
  local function request(name, ...)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" .. name, "-keyout", name .. ".key", ...)
  end
  request("ca", "-x509", "-days", "2", "-out", "ca.pem")
  request("stranger", "-x509", "-days", "2", "-out", "stranger.pem")
  assert(fs.write(folder .. "/names", "subjectAltName=IP:127.0.0.1"))
  for _, case in ipairs { { "good", "2" }, { "old", "0" } } do
    request(case[1], "-new", "-out", case[1] .. ".csr")
    openssl("x509", "-req", "-in", case[1] .. ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", case[2], "-extfile", "names", "-out",
      case[1] .. ".pem")
  end
  local function secure(name, at)
    return redis_server.start_at("0", "--tls-port", at, "--tls-cert-file", folder .. "/" .. name .. ".pem", "--tls-key-file", folder .. "/" .. name .. ".key",
      "--tls-ca-cert-file", folder .. "/ca.pem", "--tls-auth-clients", "no", "--user", "default", "off", "--user", "app", "on", ">word", "~*", "&*", "+@all")
  end
  local at, old_at = redis_server.free_port(), redis_server.free_port()
  local good, old = secure("good", at), secure("old", old_at)
  local trust = { ca = folder .. "/ca.pem" }
  local function refused(url, certificates, want)
    local store, e = redis_limiter.open(url, certificates)
    t.eq(store, nil, url)
    t.match(e and e.message, want, url)
  end
  local address_of = "rediss://app:word@127.0.0.1:" .. at
  local store = assert(redis_limiter.open(address_of, trust))
  store:begin()
  store:seed("k", {})
  t.eq({ store:take("k", { { n = 1, per = 100 } }).grant, #store:keys() }, { 1, 1 }, "over TLS")
  t.eq(store.link:command("SET", "long", ("x"):rep(300000)), "OK", "what takes many records")
  t.eq(#store.link:command("GET", "long"), 300000, "there and back")
  store:close()
  refused(address_of, nil, "no secure connection to Redis at 127.0.0.1:%d+: its certificate is signed by an authority that is not known here")
  refused(address_of, { ca = folder .. "/stranger.pem" }, "not known here")
  refused("rediss://app:word@localhost:" .. at, trust, "its certificate is not for this host")
  refused("rediss://app:word@127.0.0.1:" .. old_at, trust, "its certificate has expired")
  refused("rediss://127.0.0.1:" .. port, trust, "does not speak TLS on this port: check the port, or use redis://")
  refused("redis://127.0.0.1:" .. at, trust, "Redis")
  refused("rediss://app:wrong@127.0.0.1:" .. at, trust, "WRONGPASS")
  refused("rediss://app@127.0.0.1:" .. at, trust, "NOAUTH")
  -- In the program: the authority from the environment, the password too.
  local model <close> = fake.start { { text = "A", times = 0 } }
  local here = program.place { ["~/.qwen/settings.json"] = json.encode { limits = { rules = { ["*"] = "1/hour" }, store = "rediss://app@127.0.0.1:" .. at } } }
  local function ask(env) return program.run(here, { "--openai-base-url", model.url, "-m", "m", "-p", "x" }, { env = env }) end
  t.match(ask({ QWEN_REDIS_PASSWORD = "word" }).err, "is signed by an authority that is not known here")
  local env = { QWEN_REDIS_PASSWORD = "word", NODE_EXTRA_CA_CERTS = folder .. "/ca.pem" }
  t.eq(ask(env).out, "A\n", "the account's password from the environment")
  t.match(ask(env).err, "the limit of 1/hour is used up", "and it counts")
  good:kill()
  old:kill()
end

-- In the whole program; and without the server it stops, or goes on alone.
do
  local model <close> = fake.start { { text = "A", times = 0 } }
  local function place(more)
    local limits = { rules = { ["*"] = "1/hour" }, store = address, maxWait = 1 }
    for name, value in pairs(more or {}) do limits[name] = value end
    return program.place { ["~/.qwen/settings.json"] = json.encode { limits = limits } }
  end
  local function ask(at) return program.run(at, { "--openai-base-url", model.url, "-m", "m", "-p", "x" }) end
  t.eq(ask(place()).code, 0, "one machine")
  t.match(ask(place()).err, "the limit of 1/hour is used up", "another machine, another home")
  main:kill()
  local r = ask(place())
  t.eq(r.code, 1, "no server")
  t.match(r.err, "cannot be kept: cannot connect to Redis at 127.0.0.1:%d+: Connection refused", "it is said")
  r = ask(place { onFailure = "local" })
  t.eq({ r.code, r.out }, { 0, "A\n" }, "or alone")
  task.sleep(0)
end

t.done()
