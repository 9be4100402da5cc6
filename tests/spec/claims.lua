-- Every claim of the three documents about signing in, switching, terms and statistics, by its row in auth-observed.md, section 9.
-- Long because it is one table of 124 rows, and they are looked up by their numbers.
local spec = dofile "tests/spec/spec.lua"
local wait = dofile "tests/wait.lua"
local fs, json, os, proc = require "sys.fs", require "sys.json", require "sys.os", require "qwen.util.process"
local t, row, run, mock = spec.t, spec.row, spec.run, spec.mock

local KEY = "sk-sp-0123456789abcdef"
local nobody = { ["local"] = { servers = json.array {} } }

local function reaches(server, r, path)
  t.eq(r.code, 0, r.err)
  t.eq(spec.last(server).path, path)
end

-- Answers of the three protocols that are enough to end a turn.
local anthropic = { path = "/v1/messages", times = 0, type = "text/event-stream", body = 'event: message_start\ndata: {"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
  .. 'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ok"}}\n\n'
  .. 'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\nevent: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n' }
local gemini = { path = ":streamGenerateContent?alt=sse", times = 0, type = "text/event-stream", body = 'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"ok"}]},"finishReason":"STOP"}]}\n\n' }

-- The services of the world: a proxy leads every host to one server, with certificates of the test's own authority. What a run sent
-- to whom is what that server saw.
local everyone <close> = mock(anthropic, gemini)
local world <close> = dofile("tests/fake/world.lua").start(everyone)

---Runs one prompt; the request that came out, to whom, and the run.
local function sent(settings, line, env)
  world:news()
  local before = #everyone:requests()
  local argv = {}
  for word in (line or "hi"):gmatch "%S+" do argv[#argv + 1] = word end
  local r = world:run(spec.place(settings), argv, { env = env or { K = "sk-key-of-a-test" } })
  local asked, posts = everyone:requests(), {}
  for i = before + 1, #asked do
    if asked[i].method == "POST" then posts[#posts + 1] = asked[i] end
  end
  local to = world:news()
  t.eq({ r.code, #posts }, { 0, 1 }, r.err)
  local request = posts[1] or { headers = {}, body = {} }
  for _, host in ipairs(to) do t.eq(host, tostring(request.headers.host) .. ":443", "and nobody else is asked") end
  return request, r
end

-- The same for one entry of modelProviders.
local function sent_by(entry, protocol)
  return sent { modelProviders = { [protocol or "openai"] = { entry } } }
end

local function oauth(more)
  local chat = mock()
  local token = { access_token = "access-token-of-a-test", refresh_token = "refresh-token-of-a-test", expires_in = 3600, resource_url = "http://127.0.0.1:" .. chat.port }
  local identity = mock({ path = "/device/code", json = { device_code = "d", user_code = "AB", verification_uri_complete = "https://chat.example/?user_code=AB", expires_in = 3600, interval = 0.05 } },
    { path = "/token", json = token }, more or { path = "/token", times = 0, status = 500, json = {} })
  local place = spec.place(nobody)
  local env = { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. identity.port }
  return { chat = chat, identity = identity, place = place, env = env, login = run(place, "auth qwen-oauth", env) }, setmetatable({}, { __close = function()
    chat:close()
    identity:close()
  end })
end

local function entry(server, more)
  local out = { id = "m", baseUrl = server.url, envKey = "K" }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

local function with(...) return { modelProviders = { openai = { ... } }, security = { auth = { selectedType = "openai" } }, model = { name = (...).id } } end

-- Methods -----------------------------------------------------------------------------------------------------------

local listed = run(spec.place(nobody), "auth").out
row(1, "the method Qwen OAuth", function() t.match(listed, "Qwen OAuth") end)
row(2, "the method OpenAI-compatible", function()
  local server <close> = mock()
  reaches(server, run(spec.place(), "--auth-type openai --openai-base-url " .. server.url .. " -m m hi"), "/v1/chat/completions")
end)
row(3, "three methods", function()
  local out = run(spec.place(nobody), "/auth").out
  for _, name in ipairs { "Qwen OAuth", "Alibaba Cloud Coding Plan", "API Key" } do t.match(out, name) end
end)
do
  local o, _ <close> = oauth { path = "/token", json = { access_token = "access-token-renewed", expires_in = 3600 } }
  row(4, "log in with an account", function()
    t.eq(o.login.code, 0, o.login.err)
    t.match(o.login.out, "https://chat.example/%?user_code=AB")
    t.match(run(o.place, "auth list", o.env).out, "^qwen%-oauth")
  end)
  row(61, "qwen auth qwen-oauth without a session", function() t.match(o.login.out, "signed in to Qwen OAuth") end)
  row(60, "internet for signing in only the first time", function()
    local asked = #o.identity:requests()
    t.eq(run(o.place, "hi", { QWEN_OAUTH_HOST = "http://127.0.0.1:1" }).out, "ok\n")
    t.eq(#o.identity:requests(), asked)
  end)
  row(59, "no second sign-in", function()
    t.eq(run(o.place, "hi", o.env).out, "ok\n")
    t.eq(#o.identity:requests(), 2)
  end)
end

-- Limits at the server: a clock of the test is loaded before the program (tests/clock.c), and `limits.maxWait` makes a request that would
-- have to wait fail at once. Each call is a program of its own, as after a restart.
local clock = spec.program.binary:match "^(.*)/" .. "/tests/clock.so"
local many = [[local ctx, n = ...
  local has = function(name) return qwen.x.registry.has("providers", name) end
  local model = assert(qwen.models.choose(ctx.settings, ctx.opts, has))
  for _ = 1, n do
    local answer <close> = qwen.x.client.open(ctx, model, { system = "", messages = { qwen.message.user "hi" }, tools = {} })
    for delta in answer.next do
      if delta.type == "error" then error(delta.err.message, 0) end
    end
  end]]
local function ask_at(place, seconds, n, env)
  local all = { LD_PRELOAD = clock, ASAN_OPTIONS = "verify_asan_link_order=0", QWEN_TEST_AHEAD = tostring(seconds) }
  for name, value in pairs(env or {}) do all[name] = value end
  fs.write(place.root .. "/many.lua", many)
  return spec.program.run(place, { "lua", place.root .. "/many.lua", tostring(n) }, { env = all })
end
local function oauth_place(server, rule)
  local limits = { maxWait = 0, rules = rule and { ["qwen-oauth"] = rule } or nil }
  local place = spec.place({ security = { auth = { selectedType = "qwen-oauth" } }, limits = limits })
  fs.write(place.home .. "/.qwen/oauth_creds.json", json.encode { access_token = "access-token-of-a-test", refresh_token = "refresh-token-of-a-test",
    token_type = "Bearer", resource_url = "http://127.0.0.1:" .. server.port, expiry_date = 4e12 }, { mode = 384 })
  return place, { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. server.port }
end
do
  local server <close> = mock()
  local place, env = oauth_place(server)
  row(6, "60 requests a minute", function()
    local r = ask_at(place, 0, 61, env)
    t.eq({ r.code, #server:requests() }, { 1, 60 }, r.err)
    t.match(r.err, "60/min")
  end)
  row(8, "100 requests a day", function()
    t.eq(ask_at(place, 70, 40, env).code, 0, "the next minute")
    local r = ask_at(place, 140, 1, env)
    t.eq({ r.code, #server:requests() }, { 1, 100 }, "the 101st does not reach the server")
    t.match(r.err, "100/day.*OpenRouter.*Fireworks AI.*ModelStudio.*qwen auth", "and the alternatives are named")
    t.eq(ask_at(place, 86300, 1, env).code, 1, "not before a day is over")
    t.eq({ ask_at(place, 86500, 1, env).code, #server:requests() }, { 0, 101 }, "then again")
  end)
end
row(7, "the number is a setting", function()
  local server <close> = mock()
  local place, env = oauth_place(server, "60/min, 62/day")
  t.eq(ask_at(place, 0, 60, env).code, 0)
  local r = ask_at(place, 70, 3, env)
  t.eq({ r.code, #server:requests() }, { 1, 62 }, r.err)
  -- A day of the calendar ends at midnight UTC: 2023-11-14 23:59:50, and 20 seconds later.
  local other <close> = mock()
  place, env = oauth_place(other, "2/day utc")
  env.QWEN_TEST_WALL = "1700006390"
  t.eq({ ask_at(place, 0, 3, env).code, #other:requests() }, { 1, 2 }, "before midnight")
  t.eq({ ask_at(place, 20, 1, env).code, #other:requests() }, { 0, 3 }, "after it")
end)
row(5, "refreshed by itself", function()
  local chat <close> = mock()
  local identity <close> = mock { path = "/token", json = { access_token = "access-token-renewed", token_type = "Bearer", expires_in = 3600, resource_url = "http://127.0.0.1:" .. chat.port } }
  local place = spec.place({ security = { auth = { selectedType = "qwen-oauth" } } })
  fs.write(place.home .. "/.qwen/oauth_creds.json", json.encode { access_token = "access-token-old", refresh_token = "refresh-token-old", token_type = "Bearer",
    resource_url = "http://127.0.0.1:" .. chat.port, expiry_date = 1000 }, { mode = 384 })
  local r = run(place, "hi", { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. identity.port })
  t.eq(r.out, "ok\n", r.err)
  t.match(spec.last(identity).body, "grant_type=refresh_token")
  t.eq(spec.last(chat).headers.authorization, "Bearer access-token-renewed")
end)
row(9, "the end of the free tier is shown", function() t.match(listed, "Qwen OAuth[^\n]*2026%-04%-15") end)
do
  local o, _ <close> = oauth()
  row(10, "alternatives after the end", function()
    t.match(o.login.err, "OpenRouter %(https://openrouter.ai%), Fireworks AI %(https://app.fireworks.ai%) or Alibaba Cloud ModelStudio .*run qwen auth")
  end)
  row(123, "links of the alternatives", function()
    for _, link in ipairs { "https://openrouter.ai", "https://app.fireworks.ai", "https://modelstudio.console.alibabacloud.com" } do t.ok(o.login.err:find(link, 1, true)) end
  end)
  row(40, "switching changes which terms apply", function()
    t.match(run(o.place, "auth status", o.env).out, "terms     https://qwen.ai/termsservice")
    t.match(run(o.place, "auth status --auth-type openai", o.env).err, "usage: qwen auth status")
    t.match(run(o.place, "--auth-type openai auth status", o.env).out, "terms     https://openai.com/terms/")
  end)
end
row(11, "the quota error is recognised", function()
  local quota <close> = mock { times = 0, status = 429, json = { error = { code = "insufficient_quota", message = "Free allocated quota exceeded" } } }
  local identity <close> = mock({ path = "/device/code", json = { device_code = "d", user_code = "AB", verification_uri = "https://chat.example/", expires_in = 3600, interval = 0.05 } },
    { path = "/token", json = { access_token = "access-token-of-a-test", refresh_token = "r-of-a-test-1", expires_in = 3600, resource_url = "http://127.0.0.1:" .. quota.port } })
  local place, env = spec.place(), { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. identity.port }
  run(place, "auth qwen-oauth", env)
  local r = run(place, "hi", env)
  t.eq({ r.code ~= 0, #quota:requests() }, { true, 1 })
  t.match(r.err, "quota of Qwen OAuth is used up.*OpenRouter")
end)

-- Switching ---------------------------------------------------------------------------------------------------------

row(12, "chosen at start-up", function()
  local terminal = spec.terminal(spec.place(nobody), "")
  terminal:wait "Select authentication method:"
  terminal:wait "Qwen OAuth %- Free · 100 requests/day · %a+ 2026%-04%-15"
  terminal:send "\3"
  t.ok((terminal:finish()) ~= 0, "and nothing else begins without a choice")
end)
do
  local server <close> = mock()
  local place = spec.place(with(entry(server)))
  local terminal = spec.terminal(place, "", { K = "k" })
  row(85, "straight to the prompt when it is configured", function()
    t.ok(not terminal:wait("m [^\n]*127"):find "Select authentication")
  end)
  row(55, "/auth reopens the dialog", function()
    terminal:send "/auth\r"
    t.match(terminal:wait "Alibaba Cloud Coding Plan", "Select authentication method:")
  end)
  row(70, "/auth, Coding Plan, region, key", function()
    terminal:send "coding\r"
    terminal:wait "Select region for Coding Plan:.*China"
    terminal:send "\r"
    terminal:wait "Enter your Coding Plan API key"
    terminal:send(KEY)
    terminal:send "\r"
    t.ok(not terminal:wait("signed in to Alibaba Cloud Coding Plan"):find(KEY, 1, true), "and the key is not seen")
  end)
  row(13, "/auth takes effect and stays", function()
    t.match(terminal:wait "now: qwen3.5%-plus %(openai, https://coding.dashscope.aliyuncs.com/v1%)", "now:")
    t.eq(spec.settings(place).model.name, "qwen3.5-plus")
  end)
  row(71, "/model switches among the plan's models", function()
    terminal:send "/model\r"
    local shown = terminal:wait "qwen3%-max%-2026%-01%-23"
    for _, id in ipairs { "qwen3.5-plus", "qwen3-coder-plus", "qwen3-coder-next", "kimi-k2.5" } do t.ok(shown:find(id, 1, true), id) end
    terminal:send "kimi\r"
    terminal:wait "now: kimi%-k2.5"
  end)
  row(111, "the choice stays", function() t.match(run(place, "auth status").out, "model     kimi%-k2.5\n") end)
  terminal:send "\4"
  terminal:finish()
end
row(110, "/model groups by protocol", function()
  local place = spec.place { modelProviders = { openai = { { id = "a", baseUrl = "http://127.0.0.1:1/v1" } }, anthropic = { { id = "b", envKey = "B" } }, gemini = { { id = "c", envKey = "C" } } }, model = { name = "a" } }
  local terminal = spec.terminal(place, "")
  terminal:wait "a [^\n]*127"
  terminal:send "/model\r"
  terminal:wait "openai.*a.*anthropic.*b.*B is not set.*gemini.*c.*C is not set"
  t.ok(true)
  terminal:send "\3"
  terminal:wait "left"
  terminal:send "\4"
  terminal:finish()
end)
row(112, "--model is for this run only", function()
  local server <close> = mock()
  local place = spec.place(with(entry(server), entry(server, { id = "n" })))
  local before = fs.read(place.home .. "/.qwen/settings.json")
  run(place, "-m n hi", { K = "k" })
  t.eq({ spec.last(server).body.model, fs.read(place.home .. "/.qwen/settings.json") }, { "n", before })
end)
row(14, ".env configures it", function()
  for _, path in ipairs { ".qwen/.env", ".env", "~/.qwen/.env", "~/.env" } do
    local server <close> = mock()
    local place = spec.place(nil, { [path] = ("OPENAI_API_KEY=k\nOPENAI_BASE_URL=%s\nOPENAI_MODEL=e\n"):format(server.url) })
    reaches(server, run(place, "--trust-folder hi"), "/v1/chat/completions")
    t.eq({ spec.last(server).headers.authorization, spec.last(server).body.model }, { "Bearer k", "e" }, path)
  end
end)

-- Terms and providers -----------------------------------------------------------------------------------------------

local function terms_of(url)
  return run(spec.place(with { id = "m", baseUrl = url, envKey = "K" }), "auth status", { K = "k" }).out
end
local function terms(number, claim, url, ...)
  local wanted = { ... }
  row(number, claim, function()
    for _, link in ipairs(wanted) do t.ok(terms_of(url):find(link, 1, true), link) end
  end)
end
row(15, "terms per method", function() t.match(terms_of "https://api.openai.com/v1", "method    OpenAI\n.*terms     https://openai.com/terms/\nprivacy   https://openai.com/privacy/") end)
do
  local o, _ <close> = oauth()
  local out = run(o.place, "auth status", o.env).out
  row(16, "Qwen's terms", function() t.match(out, "https://qwen.ai/termsservice") end)
  row(17, "Qwen's privacy policy", function() t.match(out, "https://qwen.ai/privacypolicy") end)
end
terms(18, "OpenAI's terms", "https://api.openai.com/v1", "https://openai.com/terms/", "https://openai.com/privacy/")
terms(19, "Alibaba Cloud's terms", "https://dashscope.aliyuncs.com/compatible-mode/v1", "https://www.alibabacloud.com/terms-of-use", "https://www.alibabacloud.com/privacy-policy")
terms(20, "ModelScope's terms", "https://api-inference.modelscope.cn/v1", "https://modelscope.cn/terms", "https://modelscope.cn/privacy")
terms(21, "OpenRouter's terms", "https://openrouter.ai/api/v1", "https://openrouter.ai/terms", "https://openrouter.ai/privacy")
terms(22, "Azure's terms", "https://r.openai.azure.com/openai/v1", "https://www.microsoft.com/servicesagreement/", "https://privacy.microsoft.com/privacystatement")
row(23, "OpenAI", function()
  local r = sent(nil, "hi", { OPENAI_API_KEY = "sk-own", OPENAI_MODEL = "gpt-x" })
  t.eq({ r.headers.host, r.path, r.headers.authorization, r.body.model }, { "api.openai.com", "/v1/chat/completions", "Bearer sk-own", "gpt-x" })
end)
row(24, "Alibaba Bailian", function()
  local r = sent_by { id = "qwen-x", baseUrl = "https://dashscope.aliyuncs.com/compatible-mode/v1", envKey = "K" }
  t.eq({ r.headers.host, r.path, r.headers.authorization }, { "dashscope.aliyuncs.com", "/compatible-mode/v1/chat/completions", "Bearer sk-key-of-a-test" })
  t.eq({ r.headers["x-dashscope-cachecontrol"], r.headers["x-dashscope-authtype"] }, { "enable", "openai" })
  t.eq(r.body.messages[1].content[1].cache_control, { type = "ephemeral" })
end)
row(25, "ModelScope", function()
  local r = sent_by { id = "q", baseUrl = "https://api-inference.modelscope.cn/v1", envKey = "K" }
  t.eq({ r.headers.host, r.path, r.headers.authorization }, { "api-inference.modelscope.cn", "/v1/chat/completions", "Bearer sk-key-of-a-test" })
end)
row(26, "OpenRouter", function()
  local r = sent_by { id = "q", baseUrl = "https://openrouter.ai/api/v1", envKey = "K" }
  t.eq({ r.headers.host, r.path, r.headers.authorization }, { "openrouter.ai", "/api/v1/chat/completions", "Bearer sk-key-of-a-test" })
  t.ok(r.headers["http-referer"] and r.headers["x-openrouter-title"])
end)
row(27, "Azure OpenAI", function()
  local r = sent_by { id = "q", baseUrl = "https://r.openai.azure.com/openai/v1", envKey = "K" }
  t.eq({ r.headers.host, r.path, r.headers["api-key"], r.headers.authorization }, { "r.openai.azure.com", "/openai/v1/chat/completions", "sk-key-of-a-test" })
end)
row(124, "Fireworks AI", function()
  local r = sent_by { id = "q", baseUrl = "https://api.fireworks.ai/inference/v1", envKey = "K" }
  t.eq({ r.headers.host, r.path, r.headers.authorization }, { "api.fireworks.ai", "/inference/v1/chat/completions", "Bearer sk-key-of-a-test" })
end)
row(48, "remote services by address and key", function()
  for host, path in pairs { ["api.openai.com"] = "/v1", ["openrouter.ai"] = "/api/v1", ["far.example"] = "/x" } do
    local r = sent(nil, "hi", { OPENAI_BASE_URL = "https://" .. host .. path, OPENAI_API_KEY = "sk-own", OPENAI_MODEL = "m" })
    t.eq({ r.headers.host, r.path, r.headers.authorization }, { host, path .. "/chat/completions", "Bearer sk-own" })
  end
end)

-- Statistics and privacy --------------------------------------------------------------------------------------------

-- The addresses that a run connects to, as the system sees it.
local function contacts(place, line, env)
  local out = place.root .. "/trace"
  local all = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8" }
  for name, value in pairs(env or {}) do all[name] = value end
  local argv = { assert(proc.which "strace", "strace is needed"), "-f", "-qq", "-e", "trace=connect,sendto", "-o", out, os.env "QWEN" }
  for word in line:gmatch "%S+" do argv[#argv + 1] = word end
  local r = assert(proc.run { argv = argv, cwd = place.cwd, env = all })
  local list = {}
  for port, address in (fs.read(out) or ""):gmatch 'connect%(%d+, {sa_family=AF_INET6?, sin6?_port=htons%((%d+)%).-"([^"]+)"' do list[address .. ":" .. port] = true end
  return list, r
end
do
  local server <close> = mock()
  local own = { ["127.0.0.1:" .. server.port] = true }
  local on = with(entry(server))
  on.privacy = { usageStatisticsEnabled = true }
  local off = with(entry(server))
  off.privacy = { usageStatisticsEnabled = false }
  local default, r = contacts(spec.place(with(entry(server))), "hi", { K = "k" })
  row(49, "statistics are off by default", function()
    t.eq({ r.out, default }, { "ok\n", own })
    t.match(run(spec.place(), "config get privacy.usageStatisticsEnabled").out, "false")
  end)
  row(33, "nothing beyond the provider is contacted", function() t.eq(default, own) end)
  row(46, "requests stay on the machine", function() t.eq(default, own) end)
  row(31, "collection is optional", function() t.eq((contacts(spec.place(off), "hi", { K = "k" })), own) end)
  local function bodies(settings)
    local place = spec.place(settings)
    run(place, "--session-id 11111111-1111-4111-8111-111111111111 hi", { K = "k" })
    local body = spec.last(server).body
    body.metadata = nil
    return (json.encode(body):gsub("place%-%w+", "place"))
  end
  row(38, "the setting does not change what the provider sees", function() t.eq(bodies(on), bodies(off)) end)
  row(51, "nor prompts and answers", function() t.eq(run(spec.place(on), "hi", { K = "k" }).out, run(spec.place(off), "hi", { K = "k" }).out) end)
  row(52, "nor files", function()
    local place = spec.place(nil, { ["a.txt"] = "x" })
    local function reads(settings)
      local file <close> = mock({ calls = { { name = "list_directory", arguments = { path = place.cwd } } } })
      settings.modelProviders.openai[1].baseUrl = file.url
      fs.mkdir(place.home .. "/.qwen")
      fs.write(place.home .. "/.qwen/settings.json", json.encode(settings))
      run(place, "hi", { K = "k" })
      return spec.last(file).body.messages[4].content
    end
    t.eq(reads(on), reads(off))
  end)
  -- The files below a folder that hold a text, but for the session itself and what was typed.
  local function files_with(folder, marker)
    local found = {}
    local grep = assert(proc.run { argv = { "grep", "-rlF", "--exclude-dir=projects", "--exclude-dir=tmp", marker, folder } })
    for path in grep.out:gmatch "[^\n]+" do
      if not path:find "history" then found[#found + 1] = path end
    end
    return found
  end
  row(47, "nothing is logged unless it is asked for", function()
    local place = spec.place(with(entry(server)))
    run(place, "marker-of-a-prompt", { K = "k" })
    t.eq(files_with(place.root, "marker-of-a-prompt"), {}, "no log")
    run(place, "--openai-logging marker-of-a-prompt", { K = "k" })
    local logs = files_with(place.root, "marker-of-a-prompt")
    t.eq(#logs, 1, "a file, once it is asked for")
    t.match(logs[1] or "", "^" .. place.cwd:gsub("%p", "%%%0") .. "/logs/openai/")
  end)
  row(32, "how to opt out is told", function()
    local place = spec.place(on)
    local told = run(place, "privacy").out
    t.match(told, "Usage statistics: on")
    t.match(told, 'Change: /privacy off, or "privacy": {"usageStatisticsEnabled": false} in ~/.qwen/settings.json')
    t.match(fs.read "docs/privacy.md", '/privacy off.-"privacy": {"usageStatisticsEnabled": true}')
    t.eq(run(place, "privacy off").code, 0)
    t.match(run(place, "privacy").out, "Usage statistics: off", "by the command")
    local said = json.decode("{" .. told:match '("privacy": {.-})' .. "}")
    said.modelProviders = on.modelProviders
    t.match(run(spec.place(said), "privacy").out, "Usage statistics: off", "by the setting, as it is told")
  end)
  row(50, "it can be turned on by a setting", function() t.match(run(spec.place(on), "config get privacy.usageStatisticsEnabled").out, "true") end)
  local secrets = { "marker-of-a-file", "marker-of-a-prompt", "marker-of-an-answer" }
  local teller <close> = mock({ calls = { { name = "read_file", arguments = { file_path = "a.txt" } } } }, { text = secrets[3], times = 0 })
  local place = spec.place({ privacy = { usageStatisticsEnabled = true }, modelProviders = { openai = { entry(teller) } } }, { ["a.txt"] = secrets[1] })
  local seen = contacts(place, "-p " .. secrets[2], { K = "k" })
  -- Whatever is collected stays in the person's own folder; outside the session itself no file holds it.
  local function holds(secret)
    local found = {}
    local function walk(folder)
      for _, item in ipairs(fs.list(folder) or {}) do
        local path = folder .. "/" .. item.name
        if item.type == "dir" then
          if not path:find "/projects$" and not path:find "/tmp$" and not path:find "/edits$" then walk(path) end
        elseif (fs.read(path) or ""):find(secret, 1, true) and not path:find "history" then
          found[#found + 1] = path
        end
      end
    end
    walk(place.home .. "/.qwen")
    return found
  end
  local only = { ["127.0.0.1:" .. teller.port] = true }
  row(34, "never collected: code", function() t.eq({ holds(secrets[1]), seen }, { {}, only }) end)
  row(35, "never collected: prompts", function() t.eq({ holds(secrets[2]), seen }, { {}, only }) end)
  row(36, "never collected: answers", function() t.eq({ holds(secrets[3]), seen }, { {}, only }) end)
  row(37, "never collected: the person", function() t.eq({ seen, holds "installation_id" }, { only, {} }) end)
end
-- What statistics hold: the events of telemetry in a file, and the counters on this machine.
do
  local teller <close> = mock({ calls = { { name = "read_file", arguments = { file_path = "secret-name.txt" } } } }, { text = "marker-of-an-answer", times = 1 },
    { status = 400, times = 0, json = { error = { message = "marker-of-an-error at /home/x/secret-name.txt" } } })
  local settings = with(entry(teller))
  settings.privacy, settings.telemetry = { usageStatisticsEnabled = true }, { enabled = true, outfile = "events.jsonl" }
  local place = spec.place(settings, { ["secret-name.txt"] = "marker-of-a-file" })
  run(place, "marker-of-a-prompt", { K = "k" })
  run(place, "marker-of-a-prompt", { K = "k" })
  local terminal = spec.terminal(place, "", { K = "k" })
  terminal:wait "m [^\n]*127"
  terminal:send "/model m\r"
  terminal:wait "now: m"
  terminal:send "/exit\r"
  t.eq((terminal:finish()), 0)
  local counters, seen = json.decode(run(place, "privacy --json").out).statistics.counters, {}
  for _, counter in ipairs(counters) do seen[counter.kind .. " " .. counter.name] = counter end
  local events, fields = fs.read(place.cwd .. "/events.jsonl") or "", {}
  for key, value in events:gmatch '"key":"([^"]*)","value":{"(%a+)":' do fields[key] = value end
  local all = events .. json.encode(counters)
  local function without_words()
    for _, words_of in ipairs { "marker%-of", "secret%-name", place.root:gsub("%p", "%%%0"), "hi there" } do t.ok(not all:find(words_of), words_of) end
  end
  row(28, "commands, counts and times, and nothing else", function()
    t.eq({ seen["tool read_file"].count, seen["request m"].count >= 3, seen["session headless"].count >= 2 }, { 1, true, true })
    t.eq({ fields.duration_ms, fields.function_name, fields.prompt_length }, { "intValue", "stringValue", "intValue" })
    for name, value in pairs(counters[1]) do t.ok(("day kind name count failed seconds"):find(name, 1, true), name .. tostring(value)) end
    without_words()
  end)
  row(29, "an error is counted by its class", function()
    local failed = 0
    for key, counter in pairs(seen) do failed = failed + (key:find "^error %a+$" and counter.failed or 0) end
    t.ok(failed >= 1, json.encode(counters))
    t.match(events, "qwen%-code.api_error")
    without_words()
  end)
  row(30, "a feature that is used is counted by its name", function() t.eq(seen["command model"].count, 1, json.encode(counters)) end)
end
row(39, "nothing is used for training", function()
  local place = spec.place()
  for _, line in ipairs { "privacy", "-p /privacy" } do t.match(run(place, line).out, "trains nothing on your prompts, code or answers", line) end
end)
row(53, "the switches have no effect on what a provider logs", function()
  for _, on in ipairs { true, false } do
    local place = spec.place { privacy = { usageStatisticsEnabled = on } }
    t.match(run(place, "privacy").out, "None of these switches changes what a service sees, keeps or logs")
  end
end)

-- Local services ----------------------------------------------------------------------------------------------------

row(41, "no account is needed", function()
  local server <close> = mock()
  reaches(server, run(spec.place(), "--openai-base-url " .. server.url .. " -m m hi"), "/v1/chat/completions")
end)
local two = { path = "/v1/models", times = 0, json = { data = { { id = "first", context_length = 4096 }, { id = "second" } } } }
row(42, "a local server is the default", function()
  local server <close> = mock(two)
  reaches(server, run(spec.place { ["local"] = { servers = { "http://127.0.0.1:" .. server.port } } }, "-p hi"), "/v1/chat/completions")
  t.eq(require("qwen.model.local_servers").usual[1], "http://127.0.0.1:1234", "LM Studio is looked for first")
end)
row(43, "credentials can be blank", function()
  local server <close> = mock()
  t.eq(run(spec.place(with { id = "m", baseUrl = server.url }), "hi").code, 0)
  t.eq(spec.last(server).headers.authorization, nil)
end)
row(44, "or a placeholder", function()
  local server <close> = mock()
  run(spec.place(), "hi", { OPENAI_API_KEY = "lmstudio", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" })
  t.eq(spec.last(server).headers.authorization, "Bearer lmstudio")
end)
row(45, "a blank key is refused for a remote host", function()
  local seen, r = contacts(spec.place(nobody), "hi", { OPENAI_BASE_URL = "https://api.openai.com/v1", OPENAI_MODEL = "m" })
  t.eq({ r.code, next(seen) }, { 1 })
  t.match(r.err, "OPENAI_API_KEY")
end)
row(54, "asked for address, key and model at the start", function()
  local server <close> = mock(two)
  local place = spec.place(nobody)
  local terminal = spec.terminal(place, "")
  terminal:wait "Select authentication method:"
  terminal:send "bring\r"
  terminal:wait "Which protocol"
  terminal:send "\r"
  terminal:wait "Address of the service"
  terminal:send(server.url)
  terminal:send "\r"
  terminal:wait "Enter the API key"
  terminal:send "\r"
  terminal:wait "Select a model:.*first"
  terminal:send "\r"
  terminal:wait "is set up, now first"
  terminal:wait "first [^\n]*127"
  terminal:send "\4"
  terminal:finish()
  t.eq(spec.settings(place).modelProviders.openai, { { id = "first", baseUrl = server.url, generationConfig = { contextWindowSize = 4096 } } })
end)
row(56, ".env is for later sessions too", function()
  local server <close> = mock()
  local place = spec.place(nil, { ["~/.qwen/.env"] = ("OPENAI_BASE_URL=%s\nOPENAI_MODEL=m\n"):format(server.url) })
  run(place, "hi")
  run(place, "hi")
  t.eq(#server:requests(), 2)
end)
row(57, "local models are discovered", function()
  local server <close> = mock(two)
  local out = run(spec.place(), "models", { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }).out
  t.match(out, "first +4096 tokens\n  second")
end)
row(89, "self-hosted services over plain http", function()
  local server <close> = mock()
  reaches(server, run(spec.place(with { id = "m", baseUrl = server.url, envKey = "K" }), "hi", { K = "k" }), "/v1/chat/completions")
end)

-- Signing in --------------------------------------------------------------------------------------------------------

row(58, "a browser is opened", function()
  local identity <close> = mock({ path = "/device/code", json = { device_code = "d", user_code = "AB", verification_uri_complete = "https://chat.example/?user_code=AB", expires_in = 3600, interval = 0.05 } },
    { path = "/token", status = 400, json = { error = "access_denied" } })
  local place = spec.place()
  fs.mkdir(place.root .. "/bin")
  fs.write(place.root .. "/bin/xdg-open", '#!/bin/sh\nprintf %s "$1" >"$HOME/opened"\n', { mode = 493 })
  run(place, "auth qwen-oauth", { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. identity.port, PATH = place.root .. "/bin:" .. os.env "PATH", DISPLAY = ":9" })
  wait.until_true(function() return fs.stat(place.home .. "/opened") end)
  t.eq(fs.read(place.home .. "/opened"), "https://chat.example/?user_code=AB")
end)
row(62, "a headless run does not wait for a sign-in", function()
  local r = run(spec.place { security = { auth = { selectedType = "qwen-oauth" } } }, "-p hi")
  t.eq(r.code, 1)
  t.match(r.err, "Coding Plan or an API key")
end)
local function plan(line, settings)
  local place = spec.place(settings)
  return run(place, "auth coding-plan " .. line), spec.settings(place), place
end
local r_china, china, place_china = plan("--region china --key " .. KEY)
local r_global, global = plan("--region global --key " .. KEY)
row(63, "the plan's own address", function()
  local r = world:run(place_china, { "hi" })
  t.eq(r.out, "ok\n", r.err)
  local request = spec.last(everyone)
  t.eq({ request.headers.host, request.path, request.headers.authorization }, { "coding.dashscope.aliyuncs.com", "/v1/chat/completions", "Bearer " .. KEY })
end)
row(64, "two regions, two consoles", function()
  t.eq(spec.settings(select(3, plan("--region intl --key " .. KEY))).codingPlan.region, "global", "the document's word")
  t.match(plan("--region china --key x").err, "https://bailian.console.aliyun.com")
  t.match(plan("--region global --key x").err, "https://bailian.console.alibabacloud.com")
end)
row(65, "asks for region and key", function()
  local terminal = spec.terminal(spec.place(), "auth coding-plan")
  terminal:wait "China %(Beijing%).*Singapore"
  terminal:send "\27[B\r"
  terminal:wait "Enter your Coding Plan API key"
  terminal:send(KEY)
  terminal:wait "••••"
  terminal:send "\r"
  terminal:wait "signed in to Alibaba Cloud Coding Plan %(Singapore"
  t.eq((terminal:finish()), 0)
end)
row(66, "set up without questions", function() t.eq({ r_china.code, china.model.name }, { 0, "qwen3.5-plus" }, r_china.err) end)
row(67, "--region global", function()
  t.eq(r_global.code, 0)
  for _, item in ipairs(global.modelProviders.openai) do t.eq(item.baseUrl, "https://coding-intl.dashscope.aliyuncs.com/v1") end
end)
row(68, "a wrong region", function()
  local r, _, place = plan("--region mars --key " .. KEY)
  t.eq({ r.code, (fs.stat(place.home .. "/.qwen/settings.json")) }, { 1 })
  t.match(r.err, "china or global")
end)
row(69, "a wrong key", function()
  local r, _, place = plan "--region china --key abc"
  t.eq({ r.code, (fs.stat(place.home .. "/.qwen/settings.json")) }, { 1 })
  t.match(r.err, "begins with sk%-sp%-")
end)
row(72, "models of many makers", function()
  local ids = {}
  for _, item in ipairs(china.modelProviders.openai) do ids[item.id] = true end
  t.ok(ids["glm-5"] and ids["kimi-k2.5"] and ids["MiniMax-M2.5"] and ids["glm-4.7"])
end)
do
  local example = { modelProviders = { openai = { { id = "qwen3-coder-plus", name = "qwen3-coder-plus (Coding Plan)", baseUrl = "https://coding.dashscope.aliyuncs.com/v1",
    description = "qwen3-coder-plus from Alibaba Cloud Coding Plan", envKey = "BAILIAN_CODING_PLAN_API_KEY" } } }, env = { BAILIAN_CODING_PLAN_API_KEY = "sk-sp-xxxxxxxxx" },
    security = { auth = { selectedType = "openai" } }, model = { name = "qwen3-coder-plus" } }
  row(73, "the example of the document", function()
    t.match(run(spec.place(example), "auth status").out, "method    Alibaba Cloud Coding Plan\nmodel     qwen3%-coder%-plus\naddress   https://coding.dashscope.aliyuncs.com/v1 .-\nkey       present")
  end)
  row(74, "its key is used", function()
    local server <close> = mock()
    example.modelProviders.openai[1].baseUrl = server.url
    run(spec.place(example), "hi")
    t.eq(spec.last(server).headers.authorization, "Bearer sk-sp-xxxxxxxxx")
  end)
end
row(75, "selectedType is written", function() t.eq(china.security.auth.selectedType, "openai") end)
row(76, "the first model is taken", function() t.eq(china.model.name, "qwen3.5-plus") end)
row(77, "other entries survive", function()
  local place = spec.place '// mine\n{"x": 1, // keep\n "modelProviders": {"openai": [{"id": "own", "envKey": "OWN", "baseUrl": "https://own.example/v1"}]}}\n'
  run(place, "auth coding-plan --region china --key " .. KEY)
  local list = spec.settings(place).modelProviders.openai
  t.eq(list[#list].id, "own")
  t.match(fs.read(place.home .. "/.qwen/settings.json"), '^// mine\n{"x": 1, // keep')
end)
row(78, "another region replaces", function()
  run(place_china, "auth coding-plan --region global --key " .. KEY)
  t.eq(#spec.settings(place_china).modelProviders.openai, #china.modelProviders.openai)
end)

-- Configuration -----------------------------------------------------------------------------------------------------

row(79, "one file is enough", function()
  local server <close> = mock()
  local settings = with(entry(server, { envKey = "DASHSCOPE_API_KEY" }))
  settings.env = { DASHSCOPE_API_KEY = "sk-xxxxxxxxxxxxx" }
  t.eq(run(spec.place(settings), "hi").out, "ok\n")
  t.eq(spec.last(server).headers.authorization, "Bearer sk-xxxxxxxxxxxxx")
end)
local function protocols(server)
  return { modelProviders = { openai = { { id = "o", baseUrl = server.url, envKey = "K" } }, anthropic = { { id = "a", baseUrl = server.url:gsub("/v1$", ""), envKey = "K" } },
    gemini = { { id = "g", baseUrl = server.url:gsub("/v1$", ""), envKey = "K" } } } }
end
row(80, "three protocols", function()
  local server <close> = mock(anthropic, gemini)
  local place = spec.place(protocols(server))
  for id, path in pairs { o = "/v1/chat/completions", a = "/v1/messages", g = "/v1beta/models/g:streamGenerateContent?alt=sse" } do reaches(server, run(place, "-m " .. id .. " hi", { K = "k" }), path) end
end)
local function key_with(sources, env, files)
  local server <close> = mock()
  local settings = with(entry(server))
  settings.env = sources
  local place = spec.place(settings, files)
  run(place, "--trust-folder hi", env)
  return spec.last(server).headers.authorization
end
row(81, "env of the settings is the weakest", function() t.eq(key_with({ K = "settings" }, { K = "shell" }), "Bearer shell") end)
row(82, "selectedType decides the protocol", function()
  local server <close> = mock(anthropic)
  local settings = protocols(server)
  settings.security = { auth = { selectedType = "anthropic" } }
  reaches(server, run(spec.place(settings), "hi", { K = "k" }), "/v1/messages")
end)
row(83, "without a choice one has to sign in", function()
  local r = run(spec.place(nobody), "hi")
  t.eq(r.code, 1)
  t.match(r.err, "run: qwen auth")
  local server <close> = mock()
  local several = protocols(server)
  several["local"] = nobody["local"]
  r = run(spec.place(several), "hi", { K = "k" })
  t.eq({ r.code, #server:requests() }, { 1, 0 }, "nothing is guessed among several protocols")
  t.match(r.err, "models of anthropic and gemini and openai, and nothing says which are meant: run qwen auth, or set security.auth.selectedType")
  local terminal = spec.terminal(spec.place(several), "", { K = "k" })
  terminal:wait "Select authentication method:"
  terminal:send "\3"
  t.ok((terminal:finish()) ~= 0)
  reaches(server, run(spec.place { modelProviders = { openai = several.modelProviders.openai } }, "hi", { K = "k" }), "/v1/chat/completions")
end)
row(84, "a model that is not listed", function()
  local server <close> = mock()
  local settings = with(entry(server))
  settings.model.name = "raw"
  local r = run(spec.place(settings), "hi", { K = "k" })
  t.eq({ r.code, #server:requests() }, { 1, 0 })
  t.match(r.err, "raw")
end)
row(86, "the variables of OpenAI", function()
  local server <close> = mock()
  run(spec.place(), "hi", { OPENAI_API_KEY = "k", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "e" })
  t.eq({ spec.last(server).body.model, spec.last(server).headers.authorization }, { "e", "Bearer k" })
end)
-- Without an address a key goes to its protocol's own service.
for _, case in ipairs {
  { "OPENAI_API_KEY", "OPENAI_MODEL", "api.openai.com", "/v1/chat/completions", "authorization", "Bearer k" },
  { "ANTHROPIC_API_KEY", "ANTHROPIC_MODEL", "api.anthropic.com", "/v1/messages", "x-api-key", "k" },
  { "GEMINI_API_KEY", "GEMINI_MODEL", "generativelanguage.googleapis.com", "/v1beta/models/m:streamGenerateContent?alt=sse", "x-goog-api-key", "k" } } do
  local r = sent(nil, "hi", { [case[1]] = "k", [case[2]] = "m" })
  t.eq({ r.headers.host, r.path, r.headers[case[5]] }, { case[3], case[4], case[6] })
end
row(87, "the variables of Anthropic", function()
  local server <close> = mock(anthropic)
  reaches(server, run(spec.place(), "hi", { ANTHROPIC_API_KEY = "k", ANTHROPIC_BASE_URL = server.url, ANTHROPIC_MODEL = "c" }), "/v1/messages")
  t.eq(spec.last(server).body.model, "c")
end)
row(88, "the variables of Gemini", function()
  local server <close> = mock(gemini)
  reaches(server, run(spec.place(), "hi", { GEMINI_API_KEY = "k", GOOGLE_GEMINI_BASE_URL = server.url:gsub("/v1$", ""), GEMINI_MODEL = "g" }), "/v1beta/models/g:streamGenerateContent?alt=sse")
  t.eq(spec.last(server).headers["x-goog-api-key"], "k")
end)
row(90, "an entry without id", function()
  local r = run(spec.place { modelProviders = { openai = { { name = "x" } } } }, "-m y hi")
  t.match(r.err, "modelProviders.openai.0 has no id")
end)
row(91, "an entry without envKey", function()
  t.match(run(spec.place(with { id = "m", baseUrl = "https://far.example/v1" }), "hi").err, "envKey")
end)
row(92, "name defaults to id", function()
  t.eq(sent_by({ id = "plain", baseUrl = "https://far.example/v1", envKey = "K" }).body.model, "plain")
  t.match(run(spec.place(with { id = "plain", baseUrl = "http://127.0.0.1:1/v1" }), "auth status").out, "model     plain")
end)
row(93, "baseUrl overrides", function()
  local r = sent_by { id = "m", baseUrl = "https://far.example/x", envKey = "K" }
  t.eq({ r.headers.host, r.path }, { "far.example", "/x/chat/completions" })
end)
row(94, "timeout", function()
  local server <close> = mock { fault = "stall", times = 0 }
  local r = run(spec.place(with(entry(server, { generationConfig = { timeout = 200, maxRetries = 0 } }))), "hi", { K = "k" })
  t.eq(r.code, 1)
  t.match(r.err, "timeout")
end)
row(95, "maxRetries", function()
  for _, retries in ipairs { 0, 2 } do
    local server <close> = mock { status = 500, times = 0, json = {} }
    run(spec.place(with(entry(server, { generationConfig = { maxRetries = retries, retryInitialDelayMs = 10 } }))), "hi", { K = "k" })
    t.eq(#server:requests(), retries + 1)
  end
end)
row(96, "samplingParams", function()
  local body = sent_by({ id = "m", baseUrl = "https://far.example/v1", envKey = "K", generationConfig = { samplingParams = { temperature = 0.5, top_p = 0.25, max_tokens = 7, odd = "x" } } }).body
  t.eq({ body.temperature, body.top_p, body.max_tokens, body.odd }, { 0.5, 0.25, 7, "x" })
end)
row(97, "customHeaders", function()
  local headers = sent_by({ id = "m", baseUrl = "https://far.example/v1", envKey = "K", generationConfig = { customHeaders = { ["X-Team"] = "a" } } }).headers
  t.eq(headers["x-team"], "a")
end)
row(98, "extra_body in all protocols", function()
  local server <close> = mock(anthropic, gemini)
  local settings = protocols(server)
  for _, list in pairs(settings.modelProviders) do list[1].generationConfig = { extra_body = { extra = 1 } } end
  for _, id in ipairs { "o", "a", "g" } do
    t.eq(run(spec.place(settings), "-m " .. id .. " hi", { K = "k" }).code, 0)
    t.eq(spec.last(server).body.extra, 1, id)
  end
end)
row(99, "models in two places", function()
  local place = spec.place(with { id = "m", baseUrl = "http://127.0.0.1:1/v1" }, { [".qwen/settings.json"] = json.encode(with { id = "p", baseUrl = "https://evil.example/v1" }) })
  t.match(run(place, "--trust-folder auth status").err, "a project may not set")
end)
row(100, "the shell is the strongest", function() t.eq(key_with({ K = "settings" }, { K = "shell" }, { [".env"] = "K=file" }), "Bearer shell") end)
row(101, "then .env", function() t.eq(key_with({ K = "settings" }, nil, { [".env"] = "K=file" }), "Bearer file") end)
row(102, "only the first .env", function() t.eq(key_with(nil, nil, { [".env"] = "OTHER=x", ["~/.qwen/.env"] = "K=home" }), nil) end)
row(103, ".qwen/.env before .env", function() t.eq(key_with(nil, nil, { [".qwen/.env"] = "K=one", [".env"] = "K=two" }), "Bearer one") end)
row(104, "folders above are searched", function()
  local server <close> = mock()
  local place = spec.place(with(entry(server)), { [".env"] = "K=above" })
  fs.mkdir(place.cwd .. "/a/b")
  run(place, "--trust-folder hi", nil, { cwd = place.cwd .. "/a/b" })
  t.eq(spec.last(server).headers.authorization, "Bearer above")
end)
row(105, "the home folder last", function() t.eq(key_with(nil, nil, { ["~/.qwen/.env"] = "K=first", ["~/.env"] = "K=second" }), "Bearer first") end)
row(106, "a variable that is there stays", function() t.eq(key_with(nil, { K = "" }, { [".env"] = "K=file" }), nil) end)
row(107, "DEBUG of a project is not taken", function()
  local script = 'local ctx = ... print(tostring(ctx.settings:env "DEBUG"))'
  local place = spec.place(nil, { [".env"] = "DEBUG=1", ["d.lua"] = script })
  t.eq(run(place, "--trust-folder lua d.lua").out, "nil\n")
  place = spec.place(nil, { [".qwen/.env"] = "DEBUG=1", ["d.lua"] = script })
  t.match(run(place, "--trust-folder lua d.lua").out, "^1")
end)
row(108, "--openai-api-key always wins", function()
  local server <close> = mock()
  run(spec.place(with(entry(server))), "--openai-api-key flag hi", { K = "entry" })
  t.eq(spec.last(server).headers.authorization, "Bearer flag")
end)
row(109, "flag, shell, .env, settings", function()
  local server <close> = mock()
  local files = { ["~/.qwen/.env"] = "OPENAI_API_KEY=file" }
  local place = spec.place({ env = { OPENAI_API_KEY = "settings" } }, files)
  local function key(line, env)
    env = env or {}
    env.OPENAI_BASE_URL, env.OPENAI_MODEL = server.url, "m"
    run(place, line .. " hi", env)
    return spec.last(server).headers.authorization
  end
  t.eq(key("--openai-api-key flag", { OPENAI_API_KEY = "shell" }), "Bearer flag")
  t.eq(key("", { OPENAI_API_KEY = "shell" }), "Bearer shell")
  t.eq(key "", "Bearer file")
  fs.remove(place.home .. "/.qwen/.env")
  t.eq(key "", "Bearer settings")
end)

-- The command -------------------------------------------------------------------------------------------------------

do
  local terminal = spec.terminal(spec.place(nobody), "auth")
  local shown
  row(113, "an arrow-key menu", function()
    shown = terminal:wait "Select authentication method:" .. terminal:wait "Enter[^\n]*"
    t.match(shown, "> [^\n]*Alibaba Cloud Coding Plan") -- Qwen OAuth has ended and is not marked
    t.match(shown, "%(Use ↑ ↓ arrows to navigate, Enter to select, Ctrl%+C to exit%)")
  end)
  row(114, "its first line", function() t.match(shown, "Qwen OAuth %- Free · 100 requests/day · Ended 2026%-04%-15") end)
  row(115, "its second line", function() t.match(shown, "Alibaba Cloud Coding Plan %- Paid · Up to 6,000 requests/5 hrs · All Alibaba Cloud Coding Plan Models") end)
  row(116, "arrows, Enter, Ctrl-C", function()
    terminal:send "\27[B\27[B\27[A\27[A\r"
    terminal:wait "Select region for Coding Plan:"
    terminal:send "\3"
    local code, rest = terminal:finish()
    t.ok(code == 1 or code == 130, "ends with " .. tostring(code))
    t.ok(not rest:find "traceback")
  end)
end
row(117, "qwen auth status in every state", function()
  for _, settings in ipairs { nobody, with { id = "m", baseUrl = "https://far.example/v1", envKey = "K" }, with { id = "m", baseUrl = "http://127.0.0.1:1/v1" }, { security = { auth = { selectedType = "qwen-oauth" } } } } do
    local r = run(spec.place(settings), "auth status", { K = "sk-a-key-of-sixteen-or-more" })
    t.eq(r.code, 0, r.err)
    t.ok(not (r.out .. r.err):find "sk%-a%-key%-of")
  end
end)
row(118, "6,000 requests in 5 hours", function()
  local _, settings, place = plan("--region china --key " .. KEY)
  settings.limits = { maxWait = 0 }
  fs.write(place.home .. "/.qwen/settings.json", json.encode(settings))
  fs.write(place.root .. "/fill.lua", [[local ctx, n = ...
    local has = function(name) return qwen.x.registry.has("providers", name) end
    local model = assert(qwen.models.choose(ctx.settings, ctx.opts, has))
    for _ = 1, n do assert(qwen.x.limits.acquire(ctx, model, {})):settle {} end]])
  t.eq(spec.program.run(place, { "lua", place.root .. "/fill.lua", "5998" }).code, 0)
  local before = #everyone:requests()
  for i, code in ipairs { 0, 0, 1 } do
    local r = world:run(place, { "hi" })
    t.eq(r.code, code, ("request %d: %s"):format(5998 + i, r.err))
    if code == 1 then t.match(r.err, "6000/5h") end
  end
  t.eq(#everyone:requests() - before, 2, "the 6,001st does not reach the server")
end)
row(119, "secrets in the settings", function()
  local _, value, place = plan("--region china --store settings --key " .. KEY)
  t.eq({ value.env.BAILIAN_CODING_PLAN_API_KEY, fs.stat(place.home .. "/.qwen/settings.json").mode }, { KEY, 384 })
  proc.run { argv = { "chmod", "-R", "go+rX", place.home } }
  t.match(run(place, "auth status").err, "other users can read it: chmod 600")
end)
row(121, "keys are masked everywhere", function()
  local _, _, place = plan("--region china --key " .. KEY)
  for _, line in ipairs { "auth status", "auth status --json", "auth list", "config list", "limits" } do
    local r = run(place, line)
    t.ok(not (r.out .. r.err):find(KEY, 1, true), line)
  end
end)
row(122, "an unknown sub-command", function()
  local r = run(spec.place(), "auth bogus")
  t.eq(r.code, 1)
  t.match(r.err, "unknown argument 'bogus'.*usage: qwen auth")
end)
row(120, "a key is never written into a project", function()
  local place = spec.place(nil, { ["README"] = "a project", [".git/HEAD"] = "ref: refs/heads/main" })
  for _, store in ipairs { "vault", "settings" } do
    t.eq(run(place, "--trust-folder auth coding-plan --region china --store " .. store .. " --key " .. KEY).code, 0)
    local found = assert(proc.run { argv = { "grep", "-rl", KEY, place.cwd } })
    t.eq({ found.code, found.out }, { 1, "" }, "nowhere in the folder: " .. store)
    t.eq(#fs.list(place.cwd), 2, "no file of ours in it")
  end
end)

spec.done()
