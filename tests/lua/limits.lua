-- Limits and the ledger in the whole program: rules in words, waiting, a gate for all after 429, what a service says, what is written down.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local rate_limit = require "qwen.usage.rate_limit"

-- Words for windows.
do
  local function words(text) return rate_limit.spec(assert(rate_limit.read(text))) end
  t.eq(words "60/min, 6000/5h,100/day", "60/min, 6000/5h, 100/day", "as one would write it")
  t.eq(words "60 requests / minute, 2000/24 hours, 1/s, 5/2s, 7/week", "60/min, 2000/day, 1/1s, 5/2s, 7/week", "other spellings")
  t.eq(words "100k tokens/min, 1.5M tokens/day, 12500 tokens/min", "100k tokens/min, 1.5M tokens/day, 12500 tokens/min", "tokens")
  t.eq(words "100/day UTC", "100/day utc", "a day of the calendar")
  t.eq(words { { n = 60, per = 60 }, "5/h", { n = 9, per = "day", reset = "utc" } }, "60/min, 5/hour, 9/day utc", "tables and texts")
  t.eq(words "off", "", "none")
  local list = rate_limit.read "60/min, 60/1s, 6000/5h"
  t.eq({ list[1].margin, list[2].margin, list[3].margin }, { 2, 0.05, 2 }, "margins")
  for _, text in ipairs { "60", "x/min", "60/fortnight", "0/min", "60/min utc", "-5/min", "5/0s", "60/min;", "5 apples/min", "1e5/min", "60/min 100/day" } do
    t.err(rate_limit.read(text), select(2, rate_limit.read(text)), "usage", text .. " is refused")
  end
  t.err(rate_limit.read { n = 0, per = 60 }, select(2, rate_limit.read { n = 0, per = 60 }), "usage", "a table without a number")
  t.err(rate_limit.read(("1/s,"):rep(17)), select(2, rate_limit.read(("1/s,"):rep(17))), "usage", "too many")
end

local function ask(place, server, args, env)
  return program.run(place, { "--openai-base-url", server.url, "--openai-api-key", "sk-a-key-of-a-test-0001", "-m", "m", table.unpack(args) }, { env = env })
end
local function settings(limits)
  return { ["~/.qwen/settings.json"] = json.encode { limits = limits, modelProviders = { openai = json.array {} } } }
end
local function usage_of(place, ...)
  return assert(json.decode(program.run(place, { "usage", "--json", ... }).out))
end

-- Without a limit nothing is counted, and all is in the ledger.
do
  local place = program.place()
  local server <close> = fake.start { { text = "A", usage = { prompt_tokens = 1000, completion_tokens = 50, prompt_tokens_details = { cached_tokens = 600 } } },
    { status = 400, json = { error = { message = "no" } } }, { text = "B" } }
  t.eq(ask(place, server, { "-p", "x" }).out, "A\n", "an answer")
  t.eq(ask(place, server, { "-p", "x" }).code, 1, "a refusal")
  t.eq(fs.stat(place.home .. "/.qwen/limits.db"), nil, "no limit, no store")
  local rows = usage_of(place, "--by", "model,project,purpose,outcome")
  t.eq(#rows, 2, "two kinds of outcome")
  t.eq({ rows[1].outcome, rows[1].input, rows[1].output, rows[1].cached, rows[1].requests, rows[1].errors, rows[1].purpose, rows[1].project },
    { "ok", 1000, 50, 600, 1, 0, "turn", place.cwd }, "what was used")
  t.eq({ rows[2].outcome, rows[2].errors, rows[2].model }, { "protocol", 1, "m" }, "what failed")
  t.match(program.run(place, { "usage" }).out, "day +model +requests +failed +in +cached +out +cost\n.- m +2 +1 +1000 +600 +50 +unknown", "as a table")
  t.match(program.run(place, { "usage", "--by", "apples" }).err, "cannot be shown by 'apples'", "a wrong column")
  t.eq(program.run(place, { "usage", "--by", "apples" }).code, 2, "is wrong use")
  t.eq(program.run(place, { "usage", "--days", "0" }).code, 2, "so is no day")
  for _, name in ipairs { "usage.db", "usage.db.lock" } do t.eq(fs.stat(place.home .. "/.qwen/" .. name).mode, 384, name .. " is 0600") end
  local quiet = program.place { ["~/.qwen/settings.json"] = '{"usage": {"record": false}}' }
  ask(quiet, server, { "-p", "x" })
  t.eq(fs.stat(quiet.home .. "/.qwen/usage.db"), nil, "unless it is turned off")
end

-- Prices of a model entry.
do
  local server <close> = fake.start { { text = "A", usage = { prompt_tokens = 1000000, completion_tokens = 100000, prompt_tokens_details = { cached_tokens = 500000 } } } }
  local entry = { id = "priced", baseUrl = server.url, prices = { input = 2, output = 10, cached = 0.5 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = json.array { entry } } } }
  t.eq(program.run(place, { "-m", "priced", "-p", "x" }).code, 0, "asked")
  local row = usage_of(place)[1]
  t.eq({ row.cost, row.currency, row.unpriced }, { 2.25, "USD", 0 }, "cost: half at 2, half at 0.5, output at 10 for a million")
  t.match(program.run(place, { "usage" }).out, "%$2%.2500", "shown")
end

-- A full window: who cannot wait that long is told until when; the slot of a request that never left is given back.
do
  local server <close> = fake.start { { text = "A", times = 0 } }
  local place = program.place(settings { rules = { ["*"] = "2/hour" }, maxWait = 1 })
  t.eq(ask(place, { url = "http://127.0.0.1:9/v1" }, { "-p", "x" }).code, 1, "nobody listens")
  t.eq(ask(place, server, { "-p", "x" }).code, 0, "one")
  t.eq(ask(place, server, { "-p", "x" }).code, 0, "two")
  local r = ask(place, server, { "-p", "x" })
  t.eq(r.code, 1, "no third")
  t.match(r.err, "the limit of 2/hour is used up until %d%d:%d%d:%d%d; see: qwen limits", "why, and until when")
  t.eq(#server:requests(), 2, "the server saw two")
  local state = assert(json.decode(ask(place, server, { "/limits --json" }).out))
  local row
  for _, r2 in ipairs(state) do row = r2.current and r2 or row end
  t.eq({ row.spec, row.windows[1].used, row.windows[1].n, row.waiting }, { "2/hour", 2, 2, 0 }, "what is kept")
  t.match(ask(place, server, { "/limits" }).out, "2/hour +[^ ]+ 2 of 2  one back in %d+ min, all in %d+ min", "as bars")
  -- The ledger knows when the store is gone.
  for _, name in ipairs { "limits.db", "limits.db-wal", "limits.db-shm" } do fs.remove(place.home .. "/.qwen/" .. name) end
  t.eq(ask(place, server, { "-p", "x" }).code, 1, "a deleted store is made anew from the ledger")
  -- A damaged one is moved aside, and said.
  assert(fs.write(place.home .. "/.qwen/limits.db", ("no database "):rep(1000)))
  fs.remove(place.home .. "/.qwen/limits.db-wal")
  r = ask(place, server, { "-p", "x" })
  t.eq(r.code, 1, "also a damaged one")
  t.eq(#server:requests(), 2, "nothing was sent")
end

-- A request that left and was not answered may have counted at the service: it keeps its place.
for _, fault in ipairs { { fault = "cut" }, { fault = "reset" }, { fault = "stall", patience = 0.2 } } do
  local server <close> = fake.start { { fault = fault.fault }, { text = "A", times = 0 } }
  local entry = { id = "m", baseUrl = server.url, generationConfig = { maxRetries = 0, timeout = fault.patience and fault.patience * 1000 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { limits = { rules = { ["*"] = "2/hour" }, maxWait = 1 },
    modelProviders = { openai = json.array { entry } } } }
  local function run() return program.run(place, { "-m", "m", "-p", "x" }) end
  t.eq({ run().code, run().code, run().code }, { 1, 0, 1 }, fault.fault .. ": the third finds no place")
  t.eq(#server:requests(), 2, fault.fault .. ": the service saw no more than the limit says")
end

-- A machine that stood still for three days: a window that is full asks the service for its date, and only where that is what the machine
-- shows, and what it showed before was confirmed, too, do the three days count. A wrong date of another service changes nothing.
do
  local clock = program.binary:match "^(.*)/" .. "/tests/clock.so"
  local now = os.time()
  local function header(time) return os.date("!%a, %d %b %Y %H:%M:%S GMT", time) end
  local later = now + 3 * 86400
  for _, case in ipairs {
    { before = now, head = later, asked = { "POST", "HEAD", "POST" } },
    { before = now, head = now, asked = { "POST", "HEAD" } },
    { before = now, head = now + 400 * 86400, asked = { "POST", "HEAD" } },
    { before = now - 400 * 86400, head = later, asked = { "POST", "HEAD" } },
  } do
    local place = program.place(settings { rules = { ["*"] = "1/day" }, maxWait = 1 })
    local server <close> = fake.start { { text = "A", headers = { date = header(case.before) } },
      { text = "B", headers = { date = header(later) } }, { head_date = header(case.head) } }
    t.eq(ask(place, server, { "-p", "x" }).code, 0, "one")
    local env = { LD_PRELOAD = clock, ASAN_OPTIONS = "verify_asan_link_order=0", QWEN_TEST_WALL = tostring(later) }
    local r, methods = ask(place, server, { "-p", "x" }, env), {}
    for i, request in ipairs((server:requests())) do methods[i] = request.method end
    t.eq({ r.code, methods }, { case.asked[3] and 0 or 1, case.asked }, "a date: " .. r.err)
  end
end

-- A request that left late is told to the store, when that is more than the margin covers.
do
  local reservation, told = require "qwen.usage.reservation", {}
  local store = { sent = function(_, key, grant, seconds) told[#told + 1] = { key, grant, seconds } end }
  local rule = { key = "k", windows = { { n = 1, per = 60, margin = 2 }, { n = 9, per = 3600, margin = 5 } } }
  local held = reservation { ctx = {}, rule = rule, store = store, grant = 7, asked = 100 }
  held:learn({}, 200, 100.9)
  t.eq(told, {}, "as usual")
  held:learn({}, 200, 103)
  t.eq(told, { { "k", 7, 3.0 } }, "late")
end

-- A short window is waited for.
do
  local server <close> = fake.start { { text = "A", times = 0 } }
  local place = program.place(settings { rules = { ["127.0.0.1"] = json.array { { n = 1, per = 1, margin = 0.1 } } } })
  t.eq(ask(place, server, { "-p", "x" }).code, 0, "one")
  local r = ask(place, server, { "-p", "x" })
  t.eq({ r.code, r.out }, { 0, "A\n" }, "the next one waits")
  t.match(r.err, "the limit of 1/1s is used up; it goes on in %d+ s", "and says so")
  local asked = server:requests()
  t.ok(asked[2].time - asked[1].time >= 1, "for the whole window")
end

-- A credential is fetched again after a long wait, since it may have ended meanwhile; where that fails the place is given back.
do
  local server <close> = fake.start { { text = "A", times = 0 } }
  local entry = { id = "m", baseUrl = server.url }
  local place = program.place {
    ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = json.array { entry } },
      limits = { rules = { ["*"] = json.array { { n = 1, per = 2, margin = 0.1 } } } } },
    ["~/.qwen/auth/api-key.lua"] = [[
      local A, count = qwen.shipped "auth/api-key", 0
      function A.headers()
        count = count + 1
        if count == tonumber(os.getenv "FAILS_AT") then return nil, qwen.err("auth", "it has ended") end
        return { ["x-fetched"] = tostring(count) }
      end
      return A]] }
  local function fetched(fails_at)
    local r = program.run(place, { "-m", "m", "-p", "x" }, { env = { FAILS_AT = fails_at } })
    local asked = server:requests()
    return r.code, asked[#asked].headers["x-fetched"], #asked
  end
  t.eq({ fetched() }, { 0, "1", 1 }, "without a wait")
  t.eq({ fetched() }, { 0, "2", 2 }, "after a wait it is a fresh one")
  t.eq({ fetched "2" }, { 1, "2", 2 }, "it ended while it waited: nothing is sent")
  local row
  local state = program.run(place, { "-m", "m", "/limits --json" }).out
  for _, one in ipairs(assert(json.decode(state))) do row = one.current and one or row end
  t.eq(row.windows[1].used, 0, "and its place is given back")
end

-- 429 closes the gate for every process until the time it names.
do
  local server <close> = fake.start { { status = 429, headers = { ["retry-after"] = "2" }, json = { error = { message = "slow down" } } }, { text = "A", times = 0 } }
  local entry = { id = "m", baseUrl = server.url, generationConfig = { maxRetries = 0 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = json.array { entry } } } }
  t.eq(program.run(place, { "-m", "m", "-p", "x" }).code, 1, "refused")
  local r = program.run(place, { "-m", "m", "-p", "x" })
  t.eq({ r.code, r.out }, { 0, "A\n" }, "another process is answered")
  t.match(r.err, "the service asked for a pause", "after the pause")
  local asked = server:requests()
  t.ok(asked[2].time - asked[1].time >= 2, "that the service named")
end

-- A long pause is of one model: a fallback on the same account is asked at once, by other processes too.
do
  local server <close> = fake.start { { status = 429, headers = { ["retry-after"] = "3000" }, json = { error = { message = "no", code = "insufficient_quota" } } },
    { text = "B", times = 0 } }
  local entries = json.array { { id = "a", envKey = "K", baseUrl = server.url }, { id = "b", envKey = "K", baseUrl = server.url } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = entries } } }
  local env = { K = "sk-a-key-of-a-test-0001" }
  local r = program.run(place, { "-m", "a", "--fallback-model", "b", "-p", "x" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "B\n" }, "the other model: " .. r.err)
  r = program.run(place, { "-m", "a", "-p", "x" }, { env = env })
  t.eq(r.code, 1, "the model that has a pause")
  t.match(r.err, "the service asked for a pause until %d+:%d+", "is not asked")
  r = program.run(place, { "-m", "a", "--fallback-model", "b", "-p", "x" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "B\n" }, "by none: " .. r.err)
  t.match(program.run(place, { "limits" }, { env = env }).out, " a, paused\n  the service asked for a pause; it goes on in %d+ min", "and it is told")
  local models = {}
  for i, request in ipairs(server:requests()) do models[i] = request.body.model end
  t.eq(models, { "a", "b", "b" }, "who was asked")
end

-- What a service says of its windows may only tighten ours.
do
  local server <close> = fake.start { { text = "A", headers = { ["x-ratelimit-limit-requests"] = "60", ["x-ratelimit-remaining-requests"] = "0",
    ["x-ratelimit-reset-requests"] = "30s" } }, { text = "B", times = 0 } }
  local place = program.place(settings { rules = { m = "60/min" }, maxWait = 5 })
  t.eq(ask(place, server, { "-p", "x" }).code, 0, "one of sixty")
  local r = ask(place, server, { "-p", "x" })
  t.eq(r.code, 1, "the others are used up elsewhere")
  t.match(r.err, "the service says that its limit is used up", "and it is said who says so")
end

-- Tokens: an estimate is reserved, the real figure counts.
do
  local server <close> = fake.start { { text = "A", usage = { prompt_tokens = 100, completion_tokens = 10 }, times = 0 } }
  local place = program.place(settings { rules = { ["*"] = "20k tokens/hour" }, maxWait = 1 })
  for i = 1, 4 do t.eq(ask(place, server, { "-p", "x" }).code, 0, "request " .. i) end
  local state = assert(json.decode(ask(place, server, { "/limits --json" }).out))
  t.eq(state[1].windows[1].used, 440, "what they used, not what was reserved")
end

-- A store that cannot be used: without a person it stops, unless the settings say otherwise.
do
  local server <close> = fake.start { { text = "A", times = 0 } }
  local place = program.place(settings { rules = { ["*"] = "8/hour" } })
  assert(fs.mkdir(place.home .. "/.qwen/limits.db"))
  local r = ask(place, server, { "-p", "x" })
  t.eq(r.code, 1, "it stops")
  t.match(r.err, "the limit 8/hour cannot be kept: .*limits.db.*limits.onFailure", "and says what can be done")
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { limits = { rules = { ["*"] = "8/hour" }, onFailure = "local" } }))
  r = ask(place, server, { "-p", "x" })
  t.eq(r.code, 0, "or goes on alone")
  t.match(r.err, "keeps a quarter", "which it says")
end

-- Setting from the command line.
do
  local place = program.place { ["~/.qwen/settings.json"] = "{\n  // mine\n  \"limits\": {},\n}\n" }
  local env = { OPENAI_BASE_URL = "https://api.example.com/v1", OPENAI_MODEL = "m" }
  local r = program.run(place, { "limits", "set", "60/min,", "100/day" }, { env = env })
  t.match(r.out, "^api.example.com: 60/min, 100/day is kept", "for the host at hand")
  t.match(fs.read(place.home .. "/.qwen/settings.json"), "// mine.*api.example.com", "in place")
  r = program.run(place, { "limits" }, { env = env })
  t.match(r.out, "^api.example.com .*%(now%)\n +60/min +[^ ]+ 0 of 60", "shown")
  t.eq(program.run(place, { "limits", "set", "lots" }).code, 2, "a wrong limit is refused")
  t.eq(program.run(place, { "limits", "set", "5/min", "--for" }).code, 2, "so is half a flag")
  t.eq(program.run(place, { "limits", "forget", "nobody" }).code, 2, "and an unknown key")
  t.match(program.run(place, { "limits", "unset" }, { env = env }).out, "no rule", "taken away")
  t.ok(not fs.read(place.home .. "/.qwen/settings.json"):find "example", "from the file")
end

-- A person's turn goes before what runs beside it: an agent, a side question, a run without a person.
do
  local place = program.place(settings { rules = { ["*"] = "1/hour" }, maxWait = 1e6 })
  fs.write(place.cwd .. "/lanes.lua", [[
    local ctx = ...
    local model = qwen.models.choose(ctx.settings, ctx.opts, function() return true end)
    local function with(more) return setmetatable(more, { __index = ctx }) end
    local here = with { interactive = true, waiting = function() end }
    qwen.x.limits.acquire(here, model, {})
    local store = qwen.x.limits.store(ctx)
    local tasks = {}
    for i, one in ipairs { { here, {} }, { here, { purpose = "agent" } }, { here, { purpose = "side" } }, { with { waiting = function() end }, {} } } do
      tasks[i] = qwen.task.spawn(function() qwen.x.limits.acquire(one[1], model, one[2]) end)
      repeat qwen.task.sleep(0.01) until store:keys()[1].waiting == i
    end
    print(store:keys()[1].waiting, store:keys()[1].background)
    qwen.x.registry.get("commands", "limits").run(ctx, {})
    for _, task in ipairs(tasks) do task:cancel() end
  ]])
  local r = program.run(place, { "-m", "m", "--openai-base-url", "http://127.0.0.1:9/v1", "lua", "lanes.lua" })
  t.match(r.out, "^4\t3\n")
  t.match(r.out, "4 waiting, 3 of them in the background")
end
t.done()
