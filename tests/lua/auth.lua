-- Signing in from the shell: the Coding Plan, its checks, what is written, what status tells.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local jsonc = require "qwen.util.jsonc"

local function run(place, ...) return program.run(place, { ... }) end

local function run_alone(place, ...) return program.run(place, { ... }, { alone = true }) end

do
  local place = program.place()
  for _, case in ipairs {
    { { "auth", "coding-plan", "--region", "mars", "--key", "sk-sp-x" }, "unknown region 'mars'; use china or global" }, { { "auth", "coding-plan", "--region", "china", "--key", "sk-x" }, "begins with sk%-sp%-" },
    { { "auth", "coding-plan" }, "give the region" }, { { "auth", "coding-plan", "--region", "china" }, "give the key" }, { { "auth", "coding-plan", "--region" }, "is no flag with a value" },
    { { "auth", "codingplan" }, "unknown argument 'codingplan'; did you mean coding%-plan%?; usage: qwen auth status | list | move | passphrase | logout | qwen%-oauth" }, { { "auth", "api-key" }, "give the key for api%.openai%.com: qwen auth api%-key" },
  } do
    local r = program.run(place, case[1])
    t.eq(r.code, 1, table.concat(case[1], " "))
    t.match(r.err, case[2], table.concat(case[1], " "))
  end
  t.eq(fs.stat(place.home .. "/.qwen/settings.json"), nil, "nothing is written unless all of it is right")
  t.match(run(place, "auth").out, "coding%-plan +Alibaba Cloud Coding Plan", "the list without a terminal")
  t.match(run_alone(place, "auth", "status").out, "^No authentication method is configured", "status before")
  t.match(program.run(place, { "auth", "status" }, { env = { OPENAI_MODEL = "m" } }).out, "key       missing: set OPENAI_API_KEY, or run qwen auth", "without a key")
end

do
  local before = '// mine\n{\n  "theme": "x", // keep\n  "modelProviders": {"openai": [{"id": "own", "envKey": "OWN", "baseUrl": "https://own.example/v1"},\n'
    .. '    {"id": "old", "envKey": "BAILIAN_CODING_PLAN_API_KEY", "baseUrl": "https://coding-intl.dashscope.aliyuncs.com/v1"}], "anthropic": []},\n}\n'
  local place = program.place { ["~/.qwen/settings.json"] = before }
  local key = "sk-sp-0123456789abcdef"
  local r = run(place, "auth", "coding-plan", "--region=global", "--key", key)
  t.eq(r.code, 0, r.err)
  t.ok(not (r.out .. r.err):find(key, 1, true), "the key is not shown")
  local text = fs.read(place.home .. "/.qwen/settings.json")
  t.match(text, '^// mine\n{\n  "theme": "x", // keep\n', "the file's own form stays")
  local value = jsonc.parse(text)
  local ids = {}
  for i, entry in ipairs(value.modelProviders.openai) do ids[i] = entry.id end
  t.eq(ids, { "qwen3.5-plus", "qwen3.6-plus", "glm-5", "kimi-k2.5", "MiniMax-M2.5", "qwen3-coder-plus", "qwen3-coder-next", "qwen3-max-2026-01-23", "glm-4.7", "own" },
    "ours first, owned entries replaced, others kept")
  t.eq({ value.security.auth.selectedType, value.model.name, value.codingPlan.region, value.theme, value.env }, { "openai", "qwen3.5-plus", "global", "x" }, "what is written; the key is kept elsewhere")
  local status = json.decode(run(place, "auth", "status", "--json").out)
  t.eq({ status.model, status.base_url, status.key, status.region }, { "qwen3.5-plus", "https://coding-intl.dashscope.aliyuncs.com/v1", true, "global" }, "status")
  t.ok(not run(place, "auth", "status").out:find(key, 1, true), "status does not show the key")
  t.match(program.run(place, { "auth", "coding-plan", "--region", "china", "--key", key }, { env = { BAILIAN_CODING_PLAN_API_KEY = "sk-sp-other" } }).err, "is set %(environment BAILIAN_CODING_PLAN_API_KEY%) to another key")
  fs.write(place.home .. "/.qwen/settings.json", '{"modelProviders": 3}')
  r = run(place, "auth", "coding-plan", "--region", "china", "--key", key)
  t.eq({ r.code, fs.read(place.home .. "/.qwen/settings.json") }, { 1, '{"modelProviders": 3}' }, "a file that does not fit is left as it is")
end

-- A user's own way to sign in is listed and runs.
do
  local place = program.place { ["~/.qwen/auth/sso.lua"] = 'return { summary = "the company", login = function(ctx, o) ctx.print("hello " .. o.user) return true end }' }
  t.match(run(place, "auth").out, "sso +the company")
  t.eq(run(place, "auth", "sso", "--user", "ann").out, "hello ann\n")
end

-- Any service by its key: by flags, with the service's own list, and what is refused.
do
  local server <close> = fake.start { { path = "/models", times = 0, json = { data = { { id = "m1", context_length = 4096 }, { id = "m2" } } } }, { text = "ok", times = 0 } }
  local base = "http://127.0.0.1:" .. server.port .. "/v1"
  local place = program.place()
  local r = run(place, "auth", "api-key", "--base-url", base, "--key", "sk-any-key-of-a-test", "--model", "x,y,x")
  t.eq(r.code, 0, r.err)
  t.match(r.out, "^openai at 127.0.0.1 is set up, now x%. The key is in the store 'vault', the rest in ~/.qwen/settings.json%.\n$")
  local name = "QWEN_CUSTOM_API_KEY_OPENAI_" .. base:upper():gsub("[^%w]+", "_")
  local value = jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))
  t.eq(value.modelProviders.openai, { { id = "x", baseUrl = base, envKey = name }, { id = "y", baseUrl = base, envKey = name } })
  t.eq(run(place, "hi").out, "ok\n")
  local list = server:requests()
  t.eq(list[#list].headers.authorization, "Bearer sk-any-key-of-a-test", "the key of the store")
  t.eq(#list, 1, "nothing was asked to set it up")
  r = run(place, "auth", "api-key", "-u", base, "-k", "sk-other-key-of-a-test", "--model", "z", "--env-key", "MINE", "--store", "settings")
  value = jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))
  t.eq({ r.code, value.env.MINE, value.modelProviders.openai[1].envKey, #value.modelProviders.openai }, { 0, "sk-other-key-of-a-test", "MINE", 3 }, r.err)
  run(place, "auth", "api-key", "--protocol", "anthropic", "--base-url", "https://api.anthropic.com", "--key", "sk-ant-of-a-test-key", "--model", "claude-x")
  t.eq(jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).modelProviders.anthropic[1].envKey, "ANTHROPIC_API_KEY", "a protocol's own service has its own variable")
  local before = fs.read(place.home .. "/.qwen/settings.json")
  for _, case in ipairs {
    { { "--protocol", "opnai" }, "unknown protocol 'opnai' %(did you mean openai%?%)" }, { { "--base-url", "ftp://x", "--key", "k" }, "cannot be used" },
    { { "--base-url", "https://far.example/v1" }, "give the key for far.example" }, { { "--base-url", "https://far.example/v1", "--key", "a b" }, "this cannot be a key" },
    { { "--base-url", base, "--key", "k", "--model", "m", "--env-key", "a-b" }, "cannot be the name of a variable" },
    { { "--base-url", base, "--key", "k", "--model", "m", "--env-key", "PATH" }, "PATH has another meaning" },
    { { "--base-url", base, "--key", "k", "--model", "m", "--env-key", "ld_preload" }, "ld_preload has another meaning" }, { { "--base-url", base, "--key", "k", "--model", "," }, "names no model" },
    { { "--base-url", base, "--key", "k" }, "name the model: %-%-model ID" }, { { "--base-url", base, "--key", "sk-x", "--model", "m", "--store", "nowhere" }, "there is no store 'nowhere'" },
  } do
    r = program.run(place, { "auth", "api-key", table.unpack(case[1]) })
    t.eq(r.code, 1, case[2])
    t.match(r.err, case[2])
  end
  t.eq(fs.read(place.home .. "/.qwen/settings.json"), before, "nothing is written unless all of it is right")
end

-- A key that a program prints: run when it is needed, once for a while, never written down.
do
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = { { id = "m", baseUrl = server.url, envKey = "K" } } } } }
  local script = place.root .. "/key"
  fs.write(script, "#!/bin/sh\necho run >>" .. place.root .. "/runs\ncat " .. place.root .. "/value\n", { mode = 493 })
  fs.write(place.root .. "/value", "sk-from-a-program-1\n")
  local r = run(place, "auth", "command", "--command", script)
  t.eq({ r.code, r.out }, { 0, "the key for K comes from " .. script .. " now; it works, and is not kept\n" }, r.err)
  t.eq(run(place, "hi").out, "ok\n")
  local list = server:requests()
  t.eq(list[#list].headers.authorization, "Bearer sk-from-a-program-1")
  t.ok(not fs.read(place.home .. "/.qwen/settings.json"):find "from%-a%-program")
  for value, want in pairs { [""] = "printed something that cannot be a key", ["two words"] = "printed something that cannot be a key" } do
    fs.write(place.root .. "/value", value)
    r = run(place, "hi")
    t.eq(r.code, 1)
    t.match(r.err, want)
  end
  fs.remove(place.root .. "/value")
  t.match(run(place, "hi").err, "the program for K, failed %(code 1%): cat: ")
  for _, case in ipairs { { { "--command", script }, "failed %(code 1%)" }, { { "--command", "/nowhere/at/all" }, "could not be run" }, { { "--env-key", "a b", "--command", "true" }, "cannot be the name of a variable" }, { {}, "give the program" } } do
    r = program.run(place, { "auth", "command", table.unpack(case[1]) })
    t.eq(r.code, 1)
    t.match(r.err, case[2])
  end
end

-- A newer list of models is offered, and taken or skipped; the key and the person's own entries stay.
do
  local place = program.place()
  local key = "sk-sp-0123456789abcdef"
  t.eq(run(place, "auth", "coding-plan", "--region", "china", "--key", key).code, 0)
  local path = place.home .. "/.qwen/settings.json"
  local value = jsonc.parse(fs.read(path))
  value.codingPlan.version = ("0"):rep(64)
  table.remove(value.modelProviders.openai, 3)
  value.modelProviders.openai[2].id = "gone-by-now"
  table.insert(value.modelProviders.openai, { id = "own", envKey = "OWN", baseUrl = "https://own.example/v1" })
  fs.write(path, json.encode(value))
  fs.write(place.cwd .. "/news.lua", 'local ctx = ... print(tostring(qwen.x.registry.get("auth", "coding-plan").news(ctx)))')
  t.match(run(place, "lua", "news.lua").out, "^Alibaba Cloud Coding Plan has another list of models %(%+qwen3.6%-plus %+glm%-5 %-gone%-by%-now%); take it with: qwen auth coding%-plan %-%-update %(or %-%-skip%-update%)\n$")
  t.eq(run(place, "auth", "coding-plan", "--skip-update").code, 0)
  t.eq(run(place, "lua", "news.lua").out, "nil\n", "skipped")
  value.codingPlan.ignoredVersion = nil
  fs.write(path, json.encode(value))
  t.match(run(place, "auth", "coding-plan", "--update").out, "2 new, 1 gone")
  value = jsonc.parse(fs.read(path))
  t.eq({ #value.modelProviders.openai, value.modelProviders.openai[10].id, value.model.name }, { 10, "own", "qwen3.5-plus" })
  t.match(run(place, "auth", "coding-plan", "--update").out, "up to date")
  t.match(run(place, "auth", "status").out, "key       present, from the credential store %(vault%)")
  t.eq(run(place, "auth", "logout").code, 0)
  value = jsonc.parse(fs.read(path))
  t.eq({ #value.modelProviders.openai, value.model.name, value.codingPlan, run(place, "auth", "list").out }, { 1, nil, nil, "No credential is kept. Sign in with: qwen auth\n" })
end

-- Services that are only data.
for name, want in pairs { ["token-plan"] = "BAILIAN_TOKEN_PLAN_API_KEY", modelstudio = "DASHSCOPE_API_KEY", deepseek = "DEEPSEEK_API_KEY", minimax = "MINIMAX_API_KEY", zai = "ZAI_API_KEY", fireworks = "FIREWORKS_API_KEY" } do
  local place = program.place()
  local args = { "auth", name, "--key", "sk-key-of-a-test-1" }
  if name == "modelstudio" or name == "minimax" then table.move({ "--region", "china" }, 1, 2, #args + 1, args) end
  if name == "zai" then table.move({ "--base-url", "https://api.z.ai/api/coding/paas/v4/" }, 1, 2, #args + 1, args) end
  if name == "fireworks" then table.move({ "--model", "accounts/x" }, 1, 2, #args + 1, args) end
  local r = program.run(place, args)
  t.eq(r.code, 0, name .. ": " .. r.err)
  local value = jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))
  t.eq({ value.modelProviders.openai[1].envKey, value.modelProviders.openai[1].id }, { want, value.model.name }, name)
  t.match(run(place, "auth", "status").out, "key       present, from the credential store")
end

-- What slips into the wrong place is not repeated when it may be a key, and nothing is guessed.
do
  local place = program.place()
  local key = "sk-sp-0123456789abcdef"
  for _, case in ipairs {
    { { "coding-plan", key }, "not shown, it may be a key.*usage: qwen auth coding%-plan" }, { { key }, "unknown argument what stands there" },
    { { "coding-plan", "--region", "--key", key }, "'%-%-region' is no flag with a value" }, { { "coding-plan", "--region", "china", "--region", "global", "--key", key }, "%-%-region is given twice" },
    { { "coding-plan", "china", key }, "'china' is no flag with a value" }, { { "logout", key }, "unknown argument what stands there" }, { { "api-key", "--base-url", "http://", "--key", key, "--model", "m" }, "the address 'http://' cannot be used" },
    { { "api-key", "--base-url", "http://far.example/v1", "--key", key, "--model", "m" }, "everyone on the way could read it; give the https:// address" },
    { { "local", "--url", "https://far.example" }, "is no local address; use: qwen auth api%-key" },
  } do
    local r = program.run(place, { "auth", table.unpack(case[1]) })
    t.eq(r.code, 1, table.concat(case[1], " "))
    t.match(r.err, case[2], table.concat(case[1], " "))
    t.ok(not (r.out .. r.err):find(key, 1, true), "not repeated: " .. table.concat(case[1], " "))
  end
  t.eq({ fs.stat(place.home .. "/.qwen/settings.json"), run(place, "auth", "list").out }, { nil, "No credential is kept. Sign in with: qwen auth\n" }, "nothing is written")
end

-- Signing out of a service of one's own: its key, its entries in every protocol and the choice go; others stay.
do
  local place = program.place()
  local function add(name, model, ...)
    t.eq(run(place, "auth", "api-key", "--base-url", "https://" .. name .. ".example/v1", "--env-key", name:upper(), "--key", "sk-" .. name .. "-of-a-test-1", "--model", model, ...).code, 0)
  end
  add("one", "a,b")
  add("one", "c", "--protocol", "anthropic")
  add("two", "d")
  add("one", "a")
  t.eq(run(place, "auth", "logout").out, "signed out of ONE: 3 models taken out of ~/.qwen/settings.json, the key forgotten\n")
  local value = jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))
  t.eq({ #value.modelProviders.openai, value.modelProviders.openai[1].id, #value.modelProviders.anthropic, value.model.name, value.security.auth.selectedType }, { 1, "d", 0 })
  t.match(run(place, "auth", "list").out, "^TWO [^\n]*\n  for https://two.example:443\n$")
  t.eq(run(place, "auth", "logout", "TWO").code, 0)
  t.eq(run(place, "auth", "list").out, "No credential is kept. Sign in with: qwen auth\n")
  t.match(run(place, "auth", "logout", "TWO").err, "there is no sign%-in to TWO in the settings")
  t.match(run_alone(place, "privacy").out, "^No model is configured", "and then nobody's terms apply")
  run(place, "auth", "command", "--env-key", "THREE", "--command", "echo sk-key-of-a-program")
  t.eq(run(place, "auth", "logout", "THREE").code, 0)
  t.eq(next(jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).security.auth.keyCommands), nil, "a program that prints it is not asked again")
end

-- The check of the installation, and the status, say whether there is a key.
do
  local entry = { id = "m", baseUrl = "https://far.example/v1", envKey = "K" }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = { entry } }, model = { name = "m" } } }
  local r = run(place, "doctor")
  t.eq(r.code, 1)
  t.match(r.out, "WRONG m of openai at https://far.example/v1: its key is missing")
  t.match(program.run(place, { "doctor" }, { env = { K = "sk-x" } }).out, "ok    m of openai at https://far.example/v1\n")
  t.match(run_alone(program.place(), "doctor").out, "note  none is configured")
  run(place, "auth", "command", "--env-key", "K", "--command", "echo sk-key-of-a-program")
  t.match(run(place, "doctor").out, "ok    m of openai", "a program's key is one")
  t.match(run(place, "auth", "status").out, "key       present, from the program echo\n")
  fs.write(place.cwd .. "/has.lua", [[local ctx = ... print(qwen.models.has_key(ctx.settings, qwen.models.list(ctx.settings, function() return true end)[1]))]])
  t.eq(run(place, "lua", "has.lua").out, "true\n", "and /model does not grey it")
end

-- Of two entries with the same name the one that was chosen is the one, now and at the next start.
do
  local spec = dofile "tests/spec/spec.lua"
  local one <close> = spec.mock()
  local two <close> = spec.mock()
  local place = spec.place { modelProviders = { openai = { { id = "m", name = "first", baseUrl = one.url }, { id = "m", name = "second", baseUrl = two.url } } }, model = { name = "m" } }
  local terminal = spec.terminal(place, "")
  terminal:wait "m [^\n]*127"
  terminal:send "/model\r"
  terminal:wait "second"
  terminal:send "\27[B\r"
  terminal:wait("now: m %(openai, " .. two.url:gsub("%p", "%%%0"))
  terminal:send "/exit\r"
  terminal:finish()
  t.eq(jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).model, { name = "m", baseUrl = two.url }, "kept with its address")
  local before = { #one:requests(), #two:requests() }
  t.eq({ run(place, "hi").out, #one:requests() - before[1], spec.last(two).path }, { "ok\n", 0, "/v1/chat/completions" }, "and used")
end

-- Of two entries with one name the one with a key is meant; where both have one, the person says which.
do
  local spec = dofile "tests/spec/spec.lua"
  local one <close> = spec.mock()
  local two <close> = spec.mock()
  local place_of = function(server) return server.url:match "//(.-)/" end
  local far = { id = "m", baseUrl = "https://far.example/v1", envKey = "NO_SUCH_KEY" }
  local place = spec.place { modelProviders = { openai = { far, { id = "m", baseUrl = two.url }, { id = "other", baseUrl = one.url } } }, model = { name = "other" } }
  t.eq({ run(place, "-m", "m", "hi").out, spec.last(two).path }, { "ok\n", "/v1/chat/completions" }, "a flag")
  t.match(run(place, "-p", "/model m").out, "now: m %(openai, http://127", "/model")
  t.eq(jsonc.parse(fs.read(place.home .. "/.qwen/settings.json")).model.baseUrl, two.url, "and it is kept")
  t.match(run(place, "-p", "/model m@far.example").err, "m: no key: NO_SUCH_KEY is not set", "named without a key")
  place = spec.place { modelProviders = { openai = { { id = "m", baseUrl = one.url }, { id = "m", baseUrl = two.url } } }, model = { name = "m" } }
  t.match(run(place, "-p", "/model m").err, "several m; say which: m@" .. place_of(one) .. ", m@" .. place_of(two), "nobody to ask")
  t.match(run(place, "-p", "/model m@" .. place_of(two)).out, "now: m %(openai, " .. two.url:gsub("%p", "%%%0"), "by its place")
  local before = #two:requests()
  t.eq({ run(place, "-m", "m@" .. place_of(two), "hi").out, #two:requests() - before }, { "ok\n", 1 }, "also by flag")
  local terminal = spec.terminal(place, "")
  terminal:wait "m [^\n]*127"
  terminal:send "/model m\r"
  terminal:wait "Which m%?"
  terminal:send "\r"
  terminal:wait("now: m %(openai, " .. one.url:gsub("%p", "%%%0"))
  terminal:send "/exit\r"
  terminal:finish()
end

-- A key that was typed to /auth is not in the history.
do
  local history = require "qwen.ui.editor.history"
  local place = program.place()
  local paths = require "qwen.util.paths"
  local cwd = place.cwd
  for _, text in ipairs { "/auth coding-plan --region china --key sk-sp-0123456789abcdef", "/auth api-key -k sk-0123456789abcdef", "/auth x --key=abc1234567", "/auth sk-sp-0123456789abcdef", "say --key x" } do history.add(cwd, text) end
  t.eq(history.load(cwd), { "/auth coding-plan --region china --key ", "/auth api-key -k ", "/auth x --key=", "/auth ", "say --key x" })
  fs.remove(paths.project(cwd) .. "/history")
end
t.done()
