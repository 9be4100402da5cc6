-- Sending with a clock of our own: which failure is tried again, when, how often; what hooks decide; nothing is shown twice.
require "qwen.api"
local t = dofile "tests/check.lua"
local err = require "qwen.util.err"
local failure = require "qwen.provider.failure"
local fs = require "sys.fs"
local make_stream = require "qwen.net.stream"
local Reply = require "qwen.agent.reply"
local registry = require "qwen.extension.registry"
local retry = require "qwen.provider.retry"
local client = require "qwen.provider.client"
local task = require "sys.task"

registry.scan { safe = true }

-- A clock that only sleeping moves.
local function new_clock()
  local clock = { at = 0, sleeps = 0 }
  function clock.now() return clock.at end
  function clock.sleep(seconds)
    clock.at, clock.sleeps = clock.at + seconds, clock.sleeps + 1
  end
  return clock
end

local function chunk(delta, finish)
  return 'data: {"choices":[{"index":0,"delta":' .. delta .. ',"finish_reason":' .. (finish and '"' .. finish .. '"' or "null") .. "}]}\n\n"
end
local DONE = "data: [DONE]\n\n"
local function text(words) return chunk(('{"content":"%s"}'):format(words)) end
local function whole(words) return { text(words), chunk("{}", "stop"), DONE } end

-- A service that plays answers: {status, headers, body} or a list of pieces, where an Err breaks the stream; or an Err.
local function service(answers)
  local self = { asked = {} }
  function self.transport(request)
    self.asked[#self.asked + 1] = request
    local answer = answers[#self.asked] or answers.last
    if not answer then return nil, err("broken", "the script is at its end") end
    if err.is(answer) then return nil, answer end
    local pieces, at = answer.status and { answer.body or "" } or answer, 0
    return make_stream { status = answer.status or 200, headers = answer.headers or { ["content-type"] = answer.status and "application/json" or "text/event-stream" },
      url = request.url, close = function() end,
      read = function()
        at = at + 1
        if err.is(pieces[at]) then return nil, pieces[at] end
        return pieces[at]
      end }
  end
  return self
end

-- Asks once; gives the message, what was waited for, and the service.
local function ask(answers, options)
  options = options or {}
  local played, clock, waits = service(answers), new_clock(), {}
  local model = { id = "m", name = "m", provider = "openai", base_url = options.url or "https://api.test/v1", config = options.config or {}, from = "here",
    key = qwen.secret.new("k", "sk-0123456789abcdef", { options.url or "https://api.test" }) }
  local shown = {}
  local ctx = {
    opts = { replay = "played" },
    transport = played.transport, clock = clock, user_agent = "test", fallbacks = options.fallbacks or {}, shows = options.shows or { text = true },
    settings = { env = function(_, name) return (options.env or {})[name] end },
    waiting = function(e, left, attempt) waits[#waits + 1] = { e and e.message, left, attempt } end,
    listens = function(event) return options.hook ~= nil and event == options.listens end,
    emit = function(event, value)
      if options.hook and options.hook[event] then
        local new = options.hook[event](value)
        if new ~= nil then return new end
      end
      return value
    end,
  }
  local reply = Reply.new "m"
  local stream <close> = client.open(ctx, model, { system = "", messages = {}, tools = {} })
  for delta in stream.next do
    reply:add(delta)
    if delta.type == "text" then shown[#shown + 1] = delta.text end
  end
  return reply:message(), { clock = clock, waits = waits, asked = played.asked, shown = table.concat(shown) }
end

local function refuse(status, body, headers) return { status = status, body = body or "{}", headers = headers or {} } end
local function words(m) return m.parts[1] and m.parts[1].text end

-- Classes.
for name, case in pairs {
  burst = { 429, '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}' },
  quota = { 429, '{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}' },
  ["quota, balance"] = { 402, '{"error":{"message":"Insufficient credits"}}' },
  ["quota, anthropic"] = { 400, '{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}' },
  ["quota, gemini by day"] = { 429, '{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}}' },
  ["burst, gemini by minute"] = { 429, '{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinutePerProject"}]}]}}' },
  ["quota, free models"] = { 429, '{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}' },
  ["quota, dashscope"] = { 403, '{"error":{"message":"The free tier of the model has been exhausted.","code":"AllocationQuota.FreeTierOnly"}}' },
  overload = { 503, "{}" }, ["overload, anthropic"] = { 529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}' },
  auth = { 401, "{}" }, ["auth, region"] = { 403, "{}" }, ["auth, proxy"] = { 407, "{}" }, network = { 408, "{}" },
  too_long = { 400, '{"error":{"message":"maximum context length is 5"}}' }, protocol = { 400, "{}" }, missing = { 404, "{}" },
} do
  t.eq(retry.class(failure(case[1], {}, case[2])), name:match "^[%w_]+", name)
end
t.eq(retry.class(err("denied", "x")), "auth", "a key that may not be sent")
local no_home = os.getenv "TMPDIR" .. "/no-such-folder"
for what, call in pairs {
  missing = function() return fs.read(no_home) end, ["not a folder"] = function() return fs.write("/dev/null/x", "x") end,
  full = function() return assert(fs.append "/dev/full"):write "x" end,
  locked = function()
    local path = os.getenv "TMPDIR" .. "/locked"
    local _ <close> = assert(fs.lock(path))
    return fs.lock(path, 0)
  end,
} do
  local _, e = call()
  t.eq({ retry.class(e), retry.wait(e, retry.class(e), { attempt = 1, waited = 0 }, { config = {} }, {}) }, { "broken" }, "of this machine: " .. what)
end

-- What a quota error says.
local function said(status, body, headers) return failure(status, headers or {}, body).message end
t.match(said(429, '{"error":{"message":"no","code":"insufficient_quota"}}'), "^429 no %(the quota is used up; waiting does not help; take another model %(/model")
t.match(said(429, '{"error":{"message":"no","code":"insufficient_quota"}}', { ["retry-after"] = "3700" }), "used up until %d%d:%d%d; take another")
t.match(said(429, '{"error":{"message":"no","code":"insufficient_quota"}}', { ["retry-after"] = "200000" }), "used up until %d%d%d%d%-%d%d%-%d%d %d%d:%d%d")
t.match(said(429, '{"error":{"message":"x per day"}}', { ["x-ratelimit-remaining-requests-day"] = "0", ["x-ratelimit-reset-requests-day"] = "3000" }),
  "the quota of requests day is used up until %d")
t.match(said(429, '{"error":{"message":"Free allocated quota exceeded.","code":"insufficient_quota"}}'),
  "free quota of Qwen OAuth is used up.*https://openrouter.ai.*https://app.fireworks.ai.*https://modelstudio.console.alibabacloud.com.*/auth")

t.match(said(429, "{}", { ["retry-after"] = "1200" }), "too many requests; wait and try again; it asks to wait until %d%d:%d%d%)$", "a long wait is said as a time")
t.match(said(503, "{}", { ["retry-after"] = "20" }), "try again later%)$", "a short one is not")

-- How long a service asks to wait.
local function asks(headers, body) return failure(429, headers, body or "").retry_after end
local function near(got, want, name) t.ok(got and math.abs(got - want) < 60, name .. ": " .. tostring(got)) end
local function iso(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + seconds) end
near(asks { ["anthropic-ratelimit-requests-remaining"] = "0", ["anthropic-ratelimit-requests-reset"] = iso(900) }, 900, "anthropic's reset")
near(asks { ["anthropic-ratelimit-input-tokens-remaining"] = "0", ["anthropic-ratelimit-input-tokens-reset"] = iso(900):gsub("Z", ".123+00:00") }, 900, "with a zone")
t.eq(asks { ["anthropic-ratelimit-requests-remaining"] = "7", ["anthropic-ratelimit-requests-reset"] = iso(900) }, nil, "what is left does not count")
t.eq(asks({}, '{"error":{"message":"Please try again in 6m0.5s. Visit"}}'), 360.5, "in words")
t.eq(asks({}, '{"error":{"message":"retry after 20 seconds."}}'), 20, "in long words")
t.eq(asks({}, '{"error":{"message":"x","details":[{"retryDelay":"34.07s"}]}}'), 34.07, "gemini's detail")
t.eq(asks({}, '{"error":{"message":"x","resets_in_seconds":12}}'), 12, "a field")
t.eq(asks { ["retry-after"] = "1e999" }, nil, "endless")
t.eq(asks { ["retry-after"] = "nan" }, nil, "no number")
t.eq(asks({}, '{"error":{"message":"try again in the morning"}}'), nil, "no length")

-- The waits themselves.
local plain = { id = "m", base_url = "https://api.test", config = {} }
local function wait(e, attempt, options, model, waited)
  options = options or {}
  options.random = options.random or function() return 0.5 end
  return retry.wait(e, retry.class(e), { attempt = attempt, waited = waited or 0 }, model or plain, options)
end
local busy = failure(503, {}, "{}")
do
  local got = {}
  for attempt = 1, 7 do got[attempt] = wait(busy, attempt) or "no" end
  t.eq(got, { 1.5, 3, 6, 12, 24, 30, "no" }, "seven attempts, doubling up to 30 seconds")
  t.eq({ wait(busy, 1, { random = function() return 0 end }), wait(busy, 1, { random = function() return 1 end }) }, { 1.5 * 0.7, 1.5 * 1.3 }, "jitter of 30%")
end
local function limited(seconds) return failure(429, { ["retry-after"] = tostring(seconds) }, "{}") end
t.eq({ wait(limited(7), 1), wait(limited(0), 1), wait(limited(-3), 1), wait(limited(600), 1), wait(limited(601), 1) }, { 7, 0, 0, 600, nil }, "what is asked for, up to ten minutes")
t.eq(wait(limited(0), 2), 3, "at once only the first time")
t.eq({ wait(limited(600), 1, nil, nil, 1200), wait(limited(600), 1, nil, nil, 1201) }, { 600 }, "half an hour in all")
for _, body in ipairs { '{"error":{"code":"insufficient_quota","message":"x"}}', '{"error":{"message":"tokens per day"}}' } do
  t.eq(wait(failure(429, { ["retry-after"] = "1" }, body), 1), nil, "a quota is not waited for")
end
for _, status in ipairs { 400, 401, 403, 404, 413 } do t.eq(wait(failure(status, {}, "{}"), 1), nil, tostring(status)) end
local function with(config, url) return { id = "m", base_url = url or "https://api.test", config = config } end
t.eq(wait(busy, 1, nil, with { maxRetries = 0 }), nil, "none")
t.eq({ wait(busy, 2, nil, with { maxRetries = 2 }), wait(busy, 3, nil, with { maxRetries = 2 }) }, { 3 }, "as many as the user says")
t.eq(wait(failure(400, {}, "{}"), 1, nil, with { retryErrorCodes = { 400 } }), 1.5, "a status of the user's")
t.eq(wait(failure(400, {}, '{"error":{"message":"x","code":"4711"}}'), 1, nil, with { retryErrorCodes = { 4711 } }), 1.5, "a code of the user's")
t.eq(wait(busy, 1, nil, with { retryInitialDelayMs = 100 }), 0.1, "the user's first wait")
t.eq(wait(busy, 6, nil, with { retryMaxDelayMs = 5000 }), 5, "the user's longest wait")
t.eq({ wait(busy, 2, { fallback = true }), wait(busy, 3, { fallback = true }) }, { 3 }, "two more tries where another model waits")
t.eq({ wait(busy, 500, { unattended = true }), wait(limited(20000), 9, { unattended = true }), wait(limited(22000), 9, { unattended = true }) }, { 300, 20000 }, "nobody there: for ever")
local refused = err("network", "x", { code = "ECONNREFUSED" })
t.eq({ wait(refused, 1, nil, with({}, "http://127.0.0.1:1")), wait(refused, 2), wait(refused, 3) }, { nil, 3 }, "nobody listens")
t.eq({ wait(err("timeout", "x"), 2), wait(err("timeout", "x"), 3) }, { 3 }, "three times as long as the limit is enough")
for _, code in ipairs { "certificate", "proxy", "total_timeout" } do t.eq(wait(err("network", "x", { code = code }), 1), nil, code) end

-- A whole request.
do
  local m, r = ask { refuse(503), refuse(429, "{}", { ["retry-after"] = "3" }), whole "hello" }
  t.eq({ words(m), m.stop, #r.asked }, { "hello", "end", 3 }, "third time lucky")
  t.ok(r.clock.at >= 1.05 + 3 and r.clock.at <= 1.95 + 3, "waited: " .. r.clock.at)
  local last = r.waits[#r.waits]
  t.eq(last[1], nil, "the countdown is taken away")
  local downs = {}
  for _, each in ipairs(r.waits) do
    if each[3] == 2 then downs[#downs + 1] = math.ceil(each[2] - 0.001) end
  end
  t.eq(downs, { 3, 2, 1 }, "counted down by seconds")
  m, r = ask { last = refuse(500) }
  t.eq({ m.stop, m.err.kind, #r.asked }, { "error", "overloaded", 7 }, "seven attempts and no more")
  m, r = ask { last = refuse(429, '{"error":{"code":"insufficient_quota","message":"x"}}') }
  t.eq({ m.err.quota, #r.asked, r.clock.at }, { true, 1, 0 }, "a quota at once")
  m, r = ask({ last = err("network", "refused", { code = "ECONNREFUSED" }) }, { url = "http://127.0.0.1:9" })
  t.eq({ m.err.kind, #r.asked }, { "network", 1 }, "nobody listens here")
end

-- One header of each name, in whatever case: the entry's own words stand above ours, and above the key.
do
  local _, seen = ask({ whole "a" }, { config = { customHeaders = { ["user-agent"] = "mine", accept = "*/*" } } })
  local headers = seen.asked[1].headers
  t.eq({ headers["user-agent"], headers["User-Agent"], headers.accept, headers.Accept, headers.Authorization ~= nil }, { "mine", nil, "*/*", nil, true })
  _, seen = ask({ whole "a" }, { config = { customHeaders = { authorization = "Basic x" } } })
  headers = seen.asked[1].headers
  t.eq({ headers.authorization, headers.Authorization, headers["User-Agent"] }, { "Basic x", nil, "test" }, "its own authorization")
end

-- Streams that break.
local cut = err("network", "the connection was cut")
do
  local m, r = ask { { text "half", cut }, whole "never" }
  t.eq({ words(m), m.stop, #r.asked, r.shown }, { "half", "error", 1, "half" }, "text that was shown is not asked for again")
  t.match(m.err.message, "was cut; what came of the answer is kept", "and the message says so")
  m, r = ask { { chunk '{"role":"assistant","content":""}', cut }, whole "whole" }
  t.eq({ words(m), #m.parts, #r.asked }, { "whole", 1, 2 }, "nothing was shown yet")
  m, r = ask { { chunk '{"reasoning_content":"hm"}', cut }, { chunk '{"reasoning_content":"so"}', table.unpack(whole "whole") } }
  t.eq({ m.parts[1].text, m.parts[2].text, #m.parts, #r.asked }, { "so", "whole", 2, 2 }, "thinking begins again, without its first half")
  m, r = ask { { chunk '{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{"}}]}', cut }, whole "whole" }
  t.eq({ words(m), #m.parts, #r.asked }, { "whole", 1, 2 }, "half a call is no call")
  m, r = ask({ { text "half", cut }, whole "whole" }, { shows = {} })
  t.eq({ words(m), #m.parts, #r.asked }, { "whole", 1, 2 }, "where nobody sees text before its end, it begins again")
  m, r = ask({ { chunk '{"reasoning_content":"hm"}', cut }, whole "never" }, { shows = { text = true, think = true } })
  t.eq({ m.stop, #r.asked }, { "error", 1 }, "where thinking is shown it counts")
  m, r = ask { { 'data: {"error":{"message":"busy","code":503}}\n\n' }, whole "whole" }
  t.eq({ words(m), #r.asked }, { "whole", 2 }, "an error as the first event")
end

-- Hooks.
do
  local seen = {}
  local m, r = ask({ refuse(400, '{"error":{"message":"odd"}}'), whole "ok" }, { hook = { request_failed = function(f)
    seen[#seen + 1] = { f.class, f.attempt, f.shown, f.model, f.err.status }
    f.wait = 5
  end } })
  t.eq({ words(m), seen, r.clock.at }, { "ok", { { "protocol", 1, false, "m", 400 } }, 5 }, "a hook asks again after n seconds")
  m = ask({ refuse(400), whole "ok" }, { hook = { request_failed = function(f) f.class = "burst" end } })
  t.eq(words(m), "ok", "a hook knows the class better")
  m, r = ask({ last = refuse(503) }, { hook = { request_failed = function(f) f.wait = false end } })
  t.eq({ m.stop, #r.asked }, { "error", 1 }, "a hook ends it")
  m, r = ask({ last = refuse(503) }, { hook = { request_failed = function(f) return { err = err("limit", "words of mine"), wait = f.attempt < 3 and 0 } end } })
  t.eq({ m.err.message, #r.asked }, { "words of mine", 3 }, "a hook has other words")
  m, r = ask({ last = refuse(503) }, { hook = { request_failed = function(f) f.switch = "other" end } })
  t.eq({ m.err.switch, #r.asked }, { "other", 1 }, "a hook wants another model")
  m, r = ask({ { text "half", cut } }, { hook = { request_failed = function(f) f.wait = 1 end } })
  t.eq({ words(m), #r.asked }, { "half", 1 }, "not even a hook shows a text twice")
  m = ask({ whole "secret word" }, { listens = "delta", hook = { delta = function(d)
    if d.type == "text" then return { type = "text", text = d.text:upper() } end
  end } })
  t.eq(words(m), "SECRET WORD", "a hook changes a piece")
  local headers
  r = select(2, ask({ refuse(503), whole "ok" }, { hook = { request_built = function(request) headers = request.headers end } }))
  t.eq({ headers.Authorization, tostring(r.asked[2].headers.Authorization[2]) }, { nil, "<secret k>" }, "a hook does not see the key; each attempt is built anew")
  m, r = ask({ whole "never" }, { hook = { request_built = function() return false end } })
  t.eq({ m.err.kind, #r.asked }, { "denied", 0 }, "a hook holds a request back")
end

-- Provider files that are wrong.
do
  local P = registry.get("providers", "openai")
  local kept = { P.decoder, P.failure, P.request }
  P.decoder = function()
    return function(data, _, out)
      if not data then error "at the end" end
      out[#out + 1] = { type = "text", text = "half" }
    end
  end
  local m = ask { { "data: 1\n\n" } }
  t.eq({ words(m), m.stop, m.err.kind }, { "half", "error", "broken" }, "a decoder that raises ends the answer")
  t.match(m.err.message, "the provider openai is wrong: .*send.lua:%d+: at the end; what came of the answer is kept", "file and line")
  P.decoder = kept[1]
  P.failure = function() error "in failure" end
  t.match(ask({ refuse(500) }).err.message, "the provider openai is wrong: .*in failure", "a reader of errors that raises")
  P.failure = kept[2]
  P.request = function() error "in request" end
  t.match(ask({}).err.message, "the provider openai is wrong: .*in request", "a request that cannot be made")
  for _, case in ipairs {
    { "request", "it gave back a number, not a table", 5 }, { "request", "its request has no url", {} }, { "request", "not today", nil, "not today" },
    { "decoder", "it gave back a nil, not a function" }, { "decoder", "it gave back a table, not a function", {} },
    { "failure", "it gave back a nil, not a table" }, { "failure", "failure gave back no qwen.err", { message = "x" } },
  } do
    P.decoder, P.failure, P.request = kept[1], kept[2], kept[3]
    P[case[1]] = function() return case[3], case[4] end
    m = ask(case[1] == "failure" and { refuse(500) } or { { "data: 1\n\n" } })
    t.eq({ m.err.kind, m.err.message }, { "broken", "the provider openai is wrong: " .. case[2] }, case[1])
  end
  P.decoder, P.failure, P.request = kept[1], kept[2], kept[3]
  local A = registry.get("auth", "api-key")
  local headers = A.headers
  for _, case in ipairs { { "it gave back a nil, not a table" }, { "no key today", nil, "no key today" }, { "it gave back a boolean, not a table", true } } do
    A.headers = function() return case[2], case[3] end
    t.eq(ask({}).err.message, "the sign-in api-key is wrong: " .. case[1])
  end
  A.headers = headers
end

-- Limits of time.
do
  local function fields(config, env)
    local m, r = ask({ whole "x" }, { config = config, env = env })
    local q = r.asked[1]
    return q and { q.connect_timeout or "-", q.first_timeout or "-", q.idle_timeout or "-", q.total_timeout or "-" } or m.err.message
  end
  t.eq(fields {}, { "-", "-", 240, "-" }, "what nobody set")
  t.eq(fields({ timeout = 1000, streamIdleTimeoutMs = 0, totalTimeout = 5000, connectTimeout = 2500 }), { 2.5, 1, 0, 5 }, "of the model's entry")
  t.eq(fields({}, { QWEN_CODE_API_TIMEOUT_MS = "3000", QWEN_STREAM_IDLE_TIMEOUT_MS = "4000" }), { "-", 3, 4, "-" }, "of the environment")
  t.eq(fields({ timeout = 1000 }, { QWEN_CODE_API_TIMEOUT_MS = "3000" })[2], 1, "the entry wins")
  local _, r = ask({ whole "x" }, { config = { timeout = 1000 }, hook = { request_built = function(request) request.first_timeout = 7 end } })
  t.eq(r.asked[1].first_timeout, 7, "a hook knows better")
  t.match(fields { timeout = "soon" }, "generationConfig.timeout of m %(here%) must be a number of milliseconds, not 'soon'")
  t.match(fields { timeout = -1 }, "must be a number")
  local m = ask { last = err("timeout", "slow; try again", { code = "first_timeout" }) }
  t.match(m.err.message, "raise generationConfig.timeout", "a limit is called by the name it has in the settings")
end

-- Esc in a countdown ends it, and takes it away.
do
  local hidden = false
  local ctx = { opts = { replay = "nothing" }, fallbacks = {}, shows = {}, settings = { env = function() end }, listens = function() return false end, emit = function(_, v) return v end,
    transport = function() return nil, err("overloaded", "x") end,
    waiting = function(e) hidden = e == nil end }
  local child = task.spawn(function()
    local stream <close> = client.open(ctx, { id = "m", provider = "openai", base_url = "http://localhost:1", config = {} }, { system = "", messages = {}, tools = {} })
    stream.next()
  end)
  task.sleep(0)
  child:cancel()
  local ok, e = child:join()
  t.eq({ ok, e.kind, hidden }, { false, "cancelled", true }, "cancelled in a wait")
end

-- Redirects: on one origin the path is another; all else is said with its target, and neither key nor prompt goes there.
local function moved(status, location) return { status = status, headers = { location = location } } end
for _, location in ipairs { "/v2/chat/completions", "https://api.test/v2/chat/completions", "https://api.test:443/v2/chat/completions" } do
  local m, run = ask { moved(307, location), whole "x" }
  t.eq({ words(m), #run.asked, run.asked[2] and run.asked[2].url:match "/v2/.*$" }, { "x", 2, "/v2/chat/completions" }, location)
end
for location, pattern in pairs {
  ["https://elsewhere.test/v1"] = "api.test sends on to https://elsewhere.test/v1: correct the base URL",
  ["//elsewhere.test/v1?key=1"] = "sends on to https://elsewhere.test/v1: ", ["http://api.test/v1/chat/completions"] = "sends on to http://api.test/v1/chat/completions: ",
} do
  local m, run = ask { moved(308, location), whole "x" }
  t.eq({ #run.asked, m.err and m.err.kind }, { 1, "protocol" }, location)
  t.match(m.err.message, pattern, location)
end
do
  local m, run = ask { moved(301, "/v2/chat/completions"), whole "x" }
  t.eq({ #run.asked, m.err and m.err.status }, { 1, 301 }, "301 would become a GET elsewhere: it is said")
  m, run = ask({ moved(301, "https://127.0.0.1:9/v1"), whole "x" }, { url = "http://127.0.0.1:9/v1" })
  t.eq(#run.asked, 1)
  t.match(m.err.message, "an address of http:// where https:// is spoken", "http to https of one host")
  m, run = ask { moved(307, "/a"), moved(307, "/b"), moved(307, "/c"), moved(307, "/d"), moved(307, "/e"), last = whole "x" }
  t.eq({ #run.asked, m.err and m.err.code }, { 5, "redirect" }, "not for ever")
end
t.done()
