-- Signing in from the shell: the Coding Plan, its checks, what is written, what status tells.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local jsonc = require "qwen.jsonc"

local function run(place, ...) return program.run(place, { ... }) end

do
  local place = program.place()
  for _, case in ipairs {
    { { "auth", "coding-plan", "--region", "mars", "--key", "sk-sp-x" }, "unknown region 'mars'; use china or global" }, { { "auth", "coding-plan", "--region", "china", "--key", "sk-x" }, "begins with sk%-sp%-" },
    { { "auth", "coding-plan" }, "give the region" }, { { "auth", "coding-plan", "--region", "china" }, "give the key" }, { { "auth", "coding-plan", "--region" }, "is no flag with a value" },
    { { "auth", "codingplan" }, "unknown argument 'codingplan'; did you mean coding%-plan%?; usage: qwen auth status" }, { { "auth", "api-key" }, "give the key for api%.openai%.com: qwen auth api%-key" },
  } do
    local r = program.run(place, case[1])
    t.eq(r.code, 1, table.concat(case[1], " "))
    t.match(r.err, case[2], table.concat(case[1], " "))
  end
  t.eq(fs.stat(place.home .. "/.qwen/settings.json"), nil, "nothing is written unless all of it is right")
  t.match(run(place, "auth").out, "coding%-plan +Alibaba Cloud Coding Plan", "the list without a terminal")
  t.match(run(place, "auth", "status").out, "^No authentication method is configured", "status before")
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
t.done()
