-- The ways to sign in as they are offered: what is marked and what comes last, names of regions, a key on
-- standard input, names of models as documents write them, and what a slow server on this machine changes.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local KEY = "sk-sp-0123456789abcdef"

local function place_for(servers, files)
  files = files or {}
  files["~/.qwen/settings.json"] = json.encode { ["local"] = { servers = json.array(servers or {}) } }
  return program.place(files)
end

local function run(place, words, options)
  local argv = {}
  for word in words:gmatch "%S+" do argv[#argv + 1] = word end
  return program.run(place, argv, options)
end

-- A server that takes longer than two seconds to answer is found, and is what every command speaks of.
do
  local server <close> = fake.start {
    { path = "/v1/models", delay = 2.1, times = 1, json = { data = { { id = "slow", owned_by = "organization_owner" } } } },
    { path = "/v1/models", times = 0, json = { data = { { id = "slow", owned_by = "organization_owner" } } } },
    { path = "/api/v0/models", times = 0, json = { data = json.array {} } }, { text = "ok", times = 0 } }
  local place = place_for { "http://127.0.0.1:" .. server.port }
  local s = json.decode(run(place, "auth status --json").out)
  t.eq({ s.configured, s.method, s.model, s.base_url, s.key_needed }, { true, "Local model", "slow", server.url, false })
  t.match(run(place, "models").out, "slow", "its models are listed")
  local service = json.decode(run(place, "privacy --json").out).service
  t.eq({ service["local"], service.model }, { true, "slow" }, "its terms apply")
  t.match(run(place, "auth").out, "local[^\n]*LM Studio found", "the menu names it")
  t.eq(run(place, "hi").out, "ok\n", "and it answers")
end

-- What has ended is offered last, and a file that does not load stays with its reason.
do
  local place = place_for(nil, { ["~/.qwen/auth/mine.lua"] = "return { summary = " })
  for _, words in ipairs { "auth", "auth status" } do
    local names, out = {}, run(place, words).out
    for line in out:gmatch "[^\n]+" do names[#names + 1] = line:match "^ *%d+%. ([%l-]+)" or line:match "^  qwen auth ([%l-]+)" end
    t.eq({ names[1], names[#names - 1], names[#names] }, { "coding-plan", "qwen-oauth", "mine" }, words)
    t.match(out, "mine +does not load: ~/.qwen/auth/mine.lua:%d+: ", words)
  end
  t.match(run(place, "auth mine").err, "mine.lua:%d+: ", "chosen all the same")
end

-- Regions by every name in any case.
for region, names in pairs { china = { "china", "China", "cn", "beijing", "aliyun" }, global = { "global", "INTL", "intl", "international" } } do
  for _, name in ipairs(names) do
    local place = place_for()
    t.eq(run(place, "auth coding-plan --region " .. name .. " --key " .. KEY).code, 0, name)
    t.eq(run(place, "config get codingPlan.region").out, region .. "\n", name)
  end
end

-- The key on standard input stands in no list of processes; the first line is the key.
for input, code in pairs { [KEY .. "\n"] = 0, ["  " .. KEY .. "\r\nrest\n"] = 0, [""] = 1, ["\n"] = 1, ["abc\n"] = 1 } do
  local place = place_for()
  local r = run(place, "auth coding-plan --region china --key -", { input = input })
  t.eq(r.code, code, ("%q"):format(input))
  if code == 0 then
    t.eq(json.decode(run(place, "auth list --json").out)[1].name, "BAILIAN_CODING_PLAN_API_KEY")
  end
end

-- A model by the name that documents give it: the one dated version there is; of two none is guessed.
do
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local function entries(...)
    local list = json.array {}
    for i, id in ipairs { ... } do list[i] = { id = id, baseUrl = server.url } end
    return { modelProviders = { openai = list } }
  end
  local function asked(settings, words)
    local before = #server:requests()
    local r = program.run(program.place { ["~/.qwen/settings.json"] = json.encode(settings) }, { table.unpack(words) })
    local list = server:requests()
    return r.code == 0 and #list > before and list[#list].body.model or nil
  end
  local plan = entries("first", "qwen3-max-2026-01-23")
  t.eq(asked(plan, { "-m", "qwen3-max", "hi" }), "qwen3-max-2026-01-23", "a flag")
  plan.model = { name = "qwen3-max" }
  t.eq(asked(plan, { "hi" }), "qwen3-max-2026-01-23", "a setting")
  t.eq(asked(entries("m-2026-01-23", "m-2026-02-01"), { "-m", "m", "hi" }), nil, "two versions")
  t.eq(asked(entries("m", "m-2026-02-01"), { "-m", "m", "hi" }), "m", "its own name")
  t.eq(asked(entries "m-2026-02", { "-m", "m", "hi" }), nil, "no date")
end

-- A choice that a flag stands over is for later starts; one that a variable stands over is not, and that is said.
do
  local entries = json.array { { id = "a", baseUrl = "http://127.0.0.1:1/v1" }, { id = "b", baseUrl = "http://127.0.0.1:1/v1" } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = entries } } }
  local r = program.run(place, { "-m", "a", "-p", "/model b" })
  t.eq({ r.code, r.err }, { 0, "" }, "nothing is said of the next start")
  t.match(run(place, "auth status").out, "model +b\n", "it takes the choice")
end

-- Numbers and truth values under env of the settings are texts as anywhere else.
for value, text in pairs { [5] = "5", [1e15] = "1000000000000000", [0.5] = "0.5", [true] = "true", [false] = "false", ["x"] = "x" } do
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { env = { K = value } },
    ["k.lua"] = 'local ctx = ... print((ctx.settings:env "K"))' }
  t.eq(run(place, "lua k.lua").out, text .. "\n", text)
end

-- The host that a sign-in names is the one that is shown, also of Qwen Code's own file.
do
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { security = { auth = { selectedType = "qwen-oauth" } } } }
  assert(fs.write(place.home .. "/.qwen/oauth_creds.json", json.encode { access_token = "access-token-of-a-test",
    refresh_token = "refresh-token-of-a-test", resource_url = "portal.qwen.ai", expiry_date = 4e12 }, { mode = 384 }))
  t.match(run(place, "auth status").out, "address +https://portal.qwen.ai/v1 ")
  t.match(run(place, "-p /model").out, "now: coder%-model %(qwen%-oauth, https://portal.qwen.ai/v1%)")
  t.eq(json.decode(run(place, "privacy --json").out).service.host, "portal.qwen.ai")
end

-- Completion knows the ways to sign in.
local bash = assert(fs.read(program.binary:match "^(.*)/" .. "/qwen.bash"))
for _, name in ipairs { "qwen-oauth", "coding-plan", "status" } do
  t.ok((bash:match "    auth%) words='([^']*)'" or ""):find(name, 1, true), name .. " is completed")
end

t.done()
