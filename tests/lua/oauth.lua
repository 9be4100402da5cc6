-- Signing in with a browser against a scripted service: every answer of the device flow, what is kept, renewing, refusals, hostile addresses;
-- a browser that comes back; a company's own sign-in as a small user file.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local jsonc = require "qwen.util.jsonc"

local ACCESS, REFRESH = "access-token-of-a-test-1", "refresh-token-of-a-test-1"
local chat = fake.start { { text = "hello", times = 0, path = "/chat/completions" } }
local _ <close> = chat

local function device(more)
  local answer = { device_code = "dev-1", user_code = "ABCD-12", verification_uri = "https://chat.example/authorize",
    verification_uri_complete = "https://chat.example/authorize?user_code=ABCD-12", expires_in = 3600, interval = 0.05 }
  for name, value in pairs(more or {}) do answer[name] = value ~= "-" and value or nil end
  return { path = "/device/code", json = answer }
end
local function says(status, word, more)
  local body = more or {}
  body.error = word
  return { path = "/token", status = status, json = body }
end
local function token(more)
  local answer = { access_token = ACCESS, refresh_token = REFRESH, token_type = "Bearer", expires_in = 3600, resource_url = "http://127.0.0.1:" .. chat.port }
  for name, value in pairs(more or {}) do answer[name] = value ~= "-" and value or nil end
  return { path = "/token", json = answer }
end

local function login(place, answers, options)
  local server <close> = fake.start(answers)
  options = options or {}
  local env = { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. server.port }
  for name, value in pairs(options.env or {}) do env[name] = value end
  local r = program.run(place, { "auth", "qwen-oauth", table.unpack(options.args or {}) }, { env = env })
  return r, server:requests(), env
end

local function form(text)
  local out = {}
  for name, value in tostring(text):gmatch "([^&=]+)=([^&]*)" do out[name] = value:gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end) end
  return out
end

local function grep_home(place, needle)
  local found = {}
  local function walk(folder)
    for _, entry in ipairs(fs.list(folder) or {}) do
      local path = folder .. "/" .. entry.name
      if entry.type == "dir" then walk(path) elseif (fs.read(path) or ""):find(needle, 1, true) then found[#found + 1] = path end
    end
  end
  walk(place.home)
  return found
end

-- The whole way: asked, waited for, kept, used.
do
  local place = program.place()
  local r, asked, env = login(place, { device(), says(400, "authorization_pending"), says(400, "authorization_pending"), token() })
  t.eq(r.code, 0, r.err)
  t.match(r.out, "https://chat.example/authorize%?user_code=ABCD%-12\n\n  and compare the code: ABCD%-12\n")
  t.match(r.out, "signed in to Qwen OAuth; kept in the store 'vault'\n")
  t.match(r.err, "the free tier of Qwen OAuth ended on 2026%-04%-15; use OpenRouter %(https://openrouter.ai%), Fireworks AI %(https://app.fireworks.ai%) or Alibaba Cloud ModelStudio %(https://modelstudio.console.alibabacloud.com%): run qwen auth\n")
  local first, poll = form(asked[1].body), form(asked[2].body)
  t.eq({ first.client_id, first.scope, first.code_challenge_method, asked[1].headers.accept, asked[1].headers["content-type"] },
    { "f0304373b74a44d2b584a3fb70ca9e56", "openid profile email model.completion", "S256", "application/json", "application/x-www-form-urlencoded" })
  t.match(asked[1].body, "scope=openid%%20profile", "blanks are %20")
  t.match(asked[1].headers["x-request-id"], "^%x+%-%x+%-4%x+%-%x+%-%x+$")
  t.eq({ poll.grant_type, poll.client_id, poll.device_code, #poll.code_verifier }, { "urn:ietf:params:oauth:grant-type:device_code", first.client_id, "dev-1", 43 })
  local digest = os.sha256(poll.code_verifier):gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)
  t.eq(first.code_challenge, (os.base64(digest):gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" })), "the proof fits the challenge")
  t.eq(#asked, 4, "no more questions than answers")
  t.ok(not (r.out .. r.err):find("access-token", 1, true) and #grep_home(place, ACCESS) == 0 and #grep_home(place, REFRESH) == 0, "no token is shown, or kept in clear")
  t.eq(jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).security.auth.selectedType, "qwen-oauth")
  -- used, without asking for another one
  r = program.run(place, { "hi" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "hello\n" }, r.err)
  local request = chat:requests()
  request = request[#request]
  t.eq({ request.headers.authorization, request.path, request.body.model }, { "Bearer " .. ACCESS, "/v1/chat/completions", "coder-model" })
  t.eq(request.headers["x-dashscope-authtype"], "qwen-oauth")
  r = program.run(place, { "auth", "status" }, { env = env })
  t.match(r.out, "^method    Qwen OAuth %(qwen%-oauth%)\nmodel     coder%-model\n")
  t.match(r.out, "key       present, from the credential store %(vault%) %(acc%.%.%.st%-1%)\ntoken     ends %d+%-%d%d%-%d%d %d%d:%d%d, renewed by itself\nfree tier ended 2026%-04%-15; 60 requests/minute, 100 requests/day\nterms     https://qwen.ai/termsservice\nprivacy   https://qwen.ai/privacypolicy\n")
  t.match(program.run(place, { "-m", "vision-model", "hi" }, { env = env }).err, "qwen%-oauth has the model coder%-model only; it is used instead of vision%-model")
  local service = "http://127.0.0.1:" .. chat.port -- not the address that the program would ask by itself
  t.match(r.out, "address   " .. service:gsub("%p", "%%%0") .. " %(named by the sign%-in%)\n")
  t.match(program.run(place, { "privacy" }, { env = env }).out, "coder%-model is asked at 127.0.0.1 %(named by the sign%-in%)")
  t.match(program.run(place, { "/model" }, { env = env }).out, "qwen%-oauth\n  coder%-model +1M tokens\n", "it can be chosen")
  local other = { KEY = "k", QWEN_OAUTH_HOST = env.QWEN_OAUTH_HOST }
  local kept = fs.read(place.home .. "/.qwen/settings.json")
  fs.write(place.home .. "/.qwen/settings.json", json.encode { model = { name = "m" }, security = { auth = { selectedType = "openai" } },
    modelProviders = { openai = { { id = "m", baseUrl = chat.url, envKey = "KEY" } } } })
  t.match(program.run(place, { "/model" }, { env = other }).out, "openai\n  m .*qwen%-oauth\n  coder%-model +1M tokens\n", "from another model too")
  t.match(program.run(place, { "/model coder-model" }, { env = other }).out, "now: coder%-model %(qwen%-oauth")
  t.eq(jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).security.auth.selectedType, "qwen-oauth")
  fs.write(place.home .. "/.qwen/settings.json", kept)
  r = program.run(place, { "auth", "logout" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "signed out of Qwen OAuth\n" }, r.err)
  t.match(program.run(place, { "/model" }, { env = env }).out, "coder%-model +1M tokens +%(not signed in: qwen auth qwen%-oauth%)")
  r = program.run(place, { "hi" }, { env = env })
  t.eq(r.code, 1)
  t.match(r.err, "not signed in to Qwen OAuth: qwen auth qwen%-oauth; where no browser can be used take the Coding Plan or an API key: qwen auth coding%-plan, qwen auth api%-key")
end

-- Every other answer.
for _, case in ipairs {
  { { device(), says(400, "authorization_pending"), says(400, "access_denied") }, "it was refused in the browser; nothing has changed", 3 },
  { { device(), says(400, "expired_token") }, "the code has expired; start again", 2 },
  { { device(), says(401, "invalid_request") }, "the code has expired; start again", 2 },
  { { device(), says(429, "busy", { error_description = "too many" }) }, "is asked too often: too many; try again later, or sign in another way: qwen auth", 2 },
  { { device(), says(500, "oops"), says(500, "oops"), says(400, "access_denied") }, "Qwen OAuth: status 500, oops; asking again\n.*refused in the browser", 4 },
  { { device(), { path = "/token", status = 502, body = "<html>" }, says(400, "access_denied") }, "status 502, no reason given; asking again", 3 },
  { { device(), { path = "/token", fault = "cut", after = 1, body = "{}" }, says(400, "access_denied") }, "asking again\n.*refused", 3 },
  { { device { expires_in = 0.2 }, { path = "/token", times = 0, status = 400, json = { error = "authorization_pending" } } }, "nobody confirmed the code in time" },
  { { device(), token { access_token = "-" }, says(400, "access_denied") }, "refused", 3 },
  { { device(), token { access_token = "" }, says(400, "access_denied") }, "refused", 3 },
  { { device(), token { access_token = 5 } }, "a field that should hold a secret text holds something else", 2 },
  { { device { device_code = "-" } }, "gave no code %(status 200%): no reason given", 1 },
  { { device { error = "invalid_client", error_description = "who are you\27[31m" } }, "gave no code %(status 200%): who are you\\x1b%[31m", 1 },
  { { { path = "/device/code", status = 403, body = "no" } }, "gave no code %(status 403%)", 1 },
  { { { path = "/device/code", status = 429, json = { error = "slow" } } }, "gave no code %(status 429%): slow", 1 },
  { { device { verification_uri = "-", verification_uri_complete = "-" } }, "gave no address to open", 1 },
  { { device { verification_uri_complete = "file:///etc/passwd" } }, "cannot be used", 1 },
  { { device { verification_uri_complete = "http://evil.example/" } }, "is not protected; it must be https://", 1 },
  { { device(), token { resource_url = "https://evil.example/v1" } }, "names https://evil.example:443 as the service, which is none of its own; the token is not sent there", 2 },
  { { device(), token { resource_url = "http://portal.qwen.ai" } }, "none of its own", 2 },
  { { device(), token { resource_url = "https://portal.qwen.ai.evil.example" } }, "none of its own", 2 },
} do
  local place = program.place()
  local r, asked = login(place, case[1])
  t.eq(r.code, 1, case[2])
  t.match(r.err, case[2])
  if case[3] then t.eq(#asked, case[3], case[2]) end
  t.eq(fs.stat(place.home .. "/.qwen/settings.json"), nil, "nothing is written: " .. case[2])
  t.eq(fs.stat(place.home .. "/.qwen/credentials.json"), nil, "nothing is kept: " .. case[2])
end

-- slow_down lengthens the wait for good, whatever the status.
do
  local place = program.place { ["slow.lua"] = [[local ctx, url = ...
    local record, e = qwen.oauth.device_code { ctx = ctx, title = "Slow", name = "slow", device_url = url .. "/device/code", token_url = url .. "/token", client_id = "c", slower = 0.3 }
    print(record and tostring(record.secret) or e.message)]] }
  local server <close> = fake.start { device(), says(429, "slow_down"), says(400, "slow_down"), says(400, "authorization_pending"), token() }
  local r = program.run(place, { "lua", "slow.lua", "http://127.0.0.1:" .. server.port })
  t.match(r.out, "<secret slow>\n$", r.err)
  local asked = server:requests()
  local function gap(i) return asked[i + 1].time - asked[i].time end
  t.ok(gap(1) >= 1, "a second at least, whatever the service says")
  t.ok(gap(2) >= 1.3 and gap(3) >= 1.6 and gap(4) >= 1.6, "each adds, and an ordinary wait takes nothing away")
  t.eq(asked[2].headers.authorization, nil)
end

-- Renewing: ahead of the end, after a refusal, and when the sign-in is over.
do
  local place = program.place()
  local _, _, env = login(place, { device(), token { expires_in = 20 } })
  local next_one <close> = fake.start { token { access_token = "access-token-of-a-test-2", refresh_token = "-" }, says(400, "invalid_grant") }
  env.QWEN_OAUTH_HOST = "http://127.0.0.1:" .. next_one.port
  local other = program.run(place, { "hi" }, { env = env })
  t.eq(other.code, 1, "a refresh token never goes to another host than its own")
  t.match(other.err, "was not sent to http://127.0.0.1:" .. next_one.port)
  t.eq(#next_one:requests(), 0)
end
do
  local place = program.place()
  local server <close> = fake.start { device(), token { expires_in = 20 }, token { access_token = "access-token-of-a-test-2", refresh_token = "-" },
    token { access_token = "access-token-of-a-test-3", expires_in = 20 }, says(400, "invalid_grant"), says(500, "never") }
  local env = { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. server.port }
  t.eq(program.run(place, { "auth", "qwen-oauth" }, { env = env }).code, 0)
  local r = program.run(place, { "hi" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "hello\n" }, r.err)
  local list = chat:requests()
  t.eq(list[#list].headers.authorization, "Bearer access-token-of-a-test-2", "renewed before its end")
  local asked = server:requests()
  t.eq({ form(asked[3].body).grant_type, form(asked[3].body).refresh_token, form(asked[3].body).client_id }, { "refresh_token", REFRESH, "f0304373b74a44d2b584a3fb70ca9e56" })
  program.run(place, { "hi" }, { env = env })
  t.eq(#server:requests(), 3, "and not again")
  -- the service refuses it: renewed once, asked again
  local strict <close> = fake.start { { status = 401, json = { error = { message = "invalid access token" } } }, { text = "after" }, { status = 401, json = { error = { message = "token expired" } } } }
  local refusing <close> = fake.start { device(), token { resource_url = "http://127.0.0.1:" .. strict.port },
    token { access_token = "access-token-of-a-test-4", resource_url = "http://127.0.0.1:" .. strict.port }, says(401, "invalid_grant") }
  env.QWEN_OAUTH_HOST = "http://127.0.0.1:" .. refusing.port
  t.eq(program.run(place, { "auth", "qwen-oauth" }, { env = env }).code, 0)
  r = program.run(place, { "hi" }, { env = env })
  t.eq({ r.code, r.out }, { 0, "after\n" }, r.err)
  t.eq(strict:requests()[2].headers.authorization, "Bearer access-token-of-a-test-4")
  r = program.run(place, { "hi" }, { env = env })
  t.eq(r.code, 1, "over")
  t.eq(#refusing:requests(), 4, "asked once")
  r = program.run(place, { "hi" }, { env = env })
  t.match(r.err, "not signed in to Qwen OAuth", "forgotten")
end

-- The end of the free quota: one request, the alternatives.
do
  local place = program.place()
  local quota <close> = fake.start { { times = 0, status = 429, json = { error = { code = "insufficient_quota", message = "Free allocated quota exceeded." } } } }
  local _, _, env = login(place, { device(), token { resource_url = "http://127.0.0.1:" .. quota.port } })
  local r = program.run(place, { "hi" }, { env = env })
  t.eq({ r.code ~= 0, #quota:requests() }, { true, 1 }, r.err)
  t.match(r.err, "the free quota of Qwen OAuth is used up; the free tier of Qwen OAuth ended on 2026%-04%-15; use OpenRouter .* Fireworks AI .* ModelStudio .*run qwen auth")
end

-- What the menu says before and after the end.
do
  local place = program.place { ["when.lua"] = [[local A = qwen.shipped "auth/qwen-oauth"
    for _, now in ipairs { 1776211199, 1776211200 } do print(A.summary .. " · " .. A.state(nil, now) .. "\n" .. A.news(nil, now)) end]] }
  local r = program.run(place, { "lua", "when.lua" })
  t.match(r.out, "^Qwen OAuth %- Free · 100 requests/day · Ending 2026%-04%-15\nthe free tier of Qwen OAuth ends on 2026%-04%-15; afterwards use OpenRouter .-\n"
    .. "Qwen OAuth %- Free · 100 requests/day · Ended 2026%-04%-15\nthe free tier of Qwen OAuth ended on 2026%-04%-15; use OpenRouter", r.err)
end

-- A browser is opened where there is one; its address is complete.
local opener = [[#!/usr/bin/env python3
import os, sys, threading, urllib.parse, urllib.request
open(os.environ["HOME"] + "/opened", "w").write(sys.argv[1])
query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sys.argv[1]).query))
back = query.get("callback_url") or query.get("redirect_uri")
def visit(more):
    try:
        urllib.request.urlopen(back + "?" + urllib.parse.urlencode(more), timeout=600).read()
    except Exception as e:
        open(os.environ["HOME"] + "/refused", "a").write(str(e) + "\n")
if back:
    visit({"code": "stolen", "state": "wrong"})
    visit({"state": query["state"]})
    visit({"code": "good code+1", "state": query["state"]} if os.environ.get("ANSWER") != "no" else {"error": "access_denied", "state": query["state"]})
]]
local function with_browser(place, more)
  local bin = place.root .. "/bin"
  fs.mkdir(bin)
  fs.write(bin .. "/xdg-open", opener, { mode = 493 })
  local env = { PATH = bin .. ":" .. os.env "PATH", DISPLAY = ":9" }
  for name, value in pairs(more or {}) do env[name] = value end
  return env
end
local function until_there(path)
  return wait.until_true(function()
    local text = fs.read(path)
    return text ~= "" and text
  end)
end
do
  local place = program.place()
  login(place, { device(), token() }, { env = with_browser(place) })
  t.eq(until_there(place.home .. "/opened"), "https://chat.example/authorize?user_code=ABCD-12")
  for name, value in pairs { NO_BROWSER = "1", CI = "true", BROWSER = "www-browser", DEBIAN_FRONTEND = "noninteractive", DISPLAY = "" } do
    local hidden = program.place()
    local r = login(hidden, { device(), token() }, { env = with_browser(hidden, { [name] = value }) })
    t.match(r.out, "^Open this address in a browser, on any device:\n", name)
    t.eq(fs.stat(hidden.home .. "/opened"), nil, name)
  end
end

-- A browser that comes back: OpenRouter.
local function router(answer)
  return fake.start { answer, { path = "/models", times = 0, json = { data = { { id = "z-ai/glm-4.5-air:free", context_length = 131072 }, { id = "other/x:free" } } } }, { text = "routed" } }
end
do
  local place = program.place()
  local server <close> = router { path = "/auth/keys", json = { key = "sk-or-of-a-test-1", user_id = "u" } }
  local base = "http://127.0.0.1:" .. server.port
  fs.mkdir(place.home .. "/.qwen")
  fs.write(place.home .. "/.qwen/settings.json", json.encode { openrouter = { host = base } })
  local r = program.run(place, { "auth", "openrouter" }, { env = with_browser(place) })
  t.eq(r.code, 0, r.err)
  t.match(r.out, "signed in to OpenRouter; now z%-ai/glm%-4%.5%-air:free%. The key is in the store 'vault', the rest in ~/.qwen/settings.json%. Others: /model")
  local query = form((fs.read(place.home .. "/opened")):match "%?(.*)")
  t.match(query.callback_url, "^http://localhost:30%d%d/openrouter/callback$")
  t.ok(#query.state >= 32 and query.code_challenge_method == "S256" and #query.code_challenge == 43, "state and proof")
  local _, refused = (fs.read(place.home .. "/refused") or ""):gsub("400", "")
  t.eq(refused, 2, "an answer to another question, and one without a code, are refused and do not end it")
  local body = server:requests()[1].body
  t.eq({ body.code, #body.code_verifier, body.code_challenge_method, body.grant_type }, { "good code+1", 43, "S256" })
  local value = jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))
  t.eq(value.modelProviders.openai, { { id = "z-ai/glm-4.5-air:free", baseUrl = base .. "/api/v1", envKey = "OPENROUTER_API_KEY", generationConfig = { contextWindowSize = 131072 } } })
  t.eq(#grep_home(place, "sk-or-of-a-test-1"), 0, "the key is nowhere in clear")
  r = program.run(place, { "hi" })
  t.eq(r.out, "routed\n", r.err)
  local list = server:requests()
  t.eq(list[#list].headers.authorization, "Bearer sk-or-of-a-test-1")
  r = program.run(place, { "auth", "openrouter", "--key", "sk-or-of-a-test-2", "--store", "settings" })
  t.eq({ r.code, jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).env.OPENROUTER_API_KEY }, { 0, "sk-or-of-a-test-2" }, r.err)
  t.eq(program.run(place, { "auth", "logout", "openrouter" }).code, 0)
  value = jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))
  t.eq({ #value.modelProviders.openai, value.env.OPENROUTER_API_KEY, value.model.name }, { 0 }, "signed out")
  r = program.run(place, { "auth", "openrouter" }, { env = with_browser(place, { ANSWER = "no" }) })
  t.eq(r.code, 1)
  t.match(r.err, "OpenRouter: it was refused in the browser: access_denied")
  local angry <close> = router { path = "/auth/keys", status = 403, json = { error = "Invalid code" } }
  fs.write(place.home .. "/.qwen/settings.json", json.encode { openrouter = { host = "http://127.0.0.1:" .. angry.port } })
  r = program.run(place, { "auth", "openrouter" }, { env = with_browser(place) })
  t.eq(r.code, 1)
  t.match(r.err, "OpenRouter did not accept the code %(status 403%): Invalid code; start again")
  t.eq(fs.read(place.home .. "/.qwen/settings.json"), json.encode { openrouter = { host = "http://127.0.0.1:" .. angry.port } }, "nothing is written")
end

-- The time that is left stands in one line of the terminal; Ctrl-C ends the wait.
do
  local spec = dofile "tests/spec/spec.lua"
  local server <close> = fake.start { device(), { path = "/token", times = 0, status = 400, json = { error = "authorization_pending" } } }
  local terminal = spec.terminal(spec.place(), "auth qwen-oauth", { QWEN_OAUTH_HOST = "http://127.0.0.1:" .. server.port })
  local line = "\rwaiting for the browser, (%d+:%d%d) left %(Ctrl%-C stops%)"
  local first = terminal:wait(line):match(line)
  repeat
    local later = terminal:wait(line):match(line)
  until later ~= first -- the time limit of the test ends this when it stands still
  terminal:send "\3"
  t.eq((terminal:finish()), 130)
end

-- Over SSH: the address that the browser ended at is pasted; one of another try, and nothing, are no answer.
do
  local spec = dofile "tests/spec/spec.lua"
  local server <close> = router { path = "/auth/keys", json = { key = "sk-or-of-a-paste-1" } }
  local settings = json.encode { openrouter = { host = "http://127.0.0.1:" .. server.port } }
  local function paste(place, answer)
    local terminal = spec.terminal(place, "auth openrouter", { SSH_CONNECTION = "192.0.2.1 1 192.0.2.2 22" })
    local shown = terminal:wait "Paste the address that the browser shows at the end:"
    local state = shown:gsub("%s", ""):match("[?&]state=(" .. ("[%w_-]"):rep(32) .. ")")
    terminal:send(answer:gsub("STATE", state) .. "\r")
    local code, rest = terminal:finish()
    return code, rest
  end
  local place = spec.place(settings)
  for _, case in ipairs { { "http://localhost:3000/openrouter/callback?code=x&state=other", "not the address that the sign%-in ends at" }, { "", "nothing was pasted" },
    { "http://localhost:3000/openrouter/callback?error=access_denied&state=STATE", "refused in the browser" }, { "not an address", "not the address" } } do
    local code, rest = paste(place, case[1])
    t.eq(code, 1, case[1])
    t.match(rest, case[2], case[1])
  end
  t.eq({ fs.read(place.home .. "/.qwen/settings.json"), #server:requests() }, { settings, 0 }, "nothing is written and nothing is asked")
  local code, rest = paste(place, "http://localhost:3000/openrouter/callback?code=pasted&state=STATE#x")
  t.eq({ code, server:requests()[1].body.code }, { 0, "pasted" }, rest)
  t.match(rest, "signed in to OpenRouter")
  t.eq(#grep_home(place, "sk-or-of-a-paste-1"), 0, "the key is nowhere in clear")
end

-- A company's own sign-in: a small user file, in every menu, used by a gateway of theirs.
do
  local server <close> = fake.start { device(), { path = "/token", json = { access_token = "company-token-1", refresh_token = "company-refresh-1", expires_in = 5 } },
    { path = "/token", json = { access_token = "company-token-2", expires_in = 3600 } } }
  local base = "http://127.0.0.1:" .. server.port
  local place = program.place {
    ["~/.qwen/auth/sso.lua"] = ([[
return qwen.oauth.method {
  title = "Our SSO", name = "sso", client_id = "qwen", scope = "llm",
  device_url = "%s/device/code", token_url = "%s/token", origins = { "%s" },
}
]]):format(base, base, chat.url),
    ["~/.qwen/providers/gateway.lua"] = 'return { summary = "the company\'s gateway", base = "openai", auth = "sso" }',
    ["~/.qwen/settings.json"] = json.encode { modelProviders = { gateway = { { id = "ours", baseUrl = chat.url } } }, security = { auth = { selectedType = "gateway" } } },
  }
  t.match(program.run(place, { "auth" }).out, "%d%. sso +Our SSO %- sign in with a browser\n")
  t.match(program.run(place, { "hi" }).err, "not signed in to Our SSO: qwen auth sso")
  local r = program.run(place, { "auth", "sso" })
  t.match(r.out, "signed in to Our SSO; kept in the store 'vault'\n$", r.err)
  r = program.run(place, { "hi" })
  t.eq(r.out, "hello\n", r.err)
  local list = chat:requests()
  t.eq({ list[#list].headers.authorization, #server:requests() }, { "Bearer company-token-2", 3 }, "renewed before its end")
  r = program.run(place, { "auth", "sso", "--nonsense", "x" })
  t.match(r.err, "unknown argument %-%-nonsense; qwen auth sso takes %-%-store STORE")
end
-- What ends a sign-in when it is renewed, and what keeps it: only a refused refresh token ends it.
do
  local oauth, make_stream = require "qwen.auth.oauth", require "qwen.net.stream"
  local function renewed(status, text)
    local transport = function(request)
      local pieces = { text }
      return make_stream { status = status, headers = {}, url = request.url, close = function() end, read = function() return table.remove(pieces) end }
    end
    local o = { ctx = { transport = transport }, title = "It", name = "it", token_url = "https://it.test/token", client_id = "c" }
    local record, e = oauth.refresh(o, { refresh = qwen.secret.new("r", "refresh-token-of-it", { "https://it.test" }) })
    return record and "renewed" or e.code == "over" and "over" or e.kind
  end
  for _, case in ipairs {
    { 400, '{"error":"invalid_grant"}', "over" }, { 401, '{"error":"invalid_grant","error_description":"expired"}', "over" },
    { 400, '{"error":"invalid_request","error_description":"Invalid refresh token or client_id"}', "over" },
    { 400, '{"error":"expired","error_description":"the refresh token has expired"}', "over" },
    { 400, '{"error":"invalid_request","error_description":"missing parameter"}', "protocol" }, { 401, '{"error":"invalid_client"}', "protocol" },
    { 400, "<html>Bad Request</html>", "network" }, { 401, "<html>Sign in to the network</html>", "network" }, { 403, "", "network" },
    { 500, '{"error":"server_error"}', "network" }, { 503, "", "network" }, { 429, "{}", "limit" }, { 200, "<html>Sign in</html>", "protocol" },
    { 200, '{"access_token":"a-new-access-token","expires_in":60}', "renewed" },
  } do t.eq(renewed(case[1], case[2]), case[3], ("%d %s"):format(case[1], case[2])) end
end
t.done()
