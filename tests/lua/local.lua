-- Local servers: found when nothing is configured, listed with sizes, chosen without a key; lists of models and their cache; a choice that stays.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local jsonc = require "qwen.util.jsonc"

local function run(place, ...) return program.run(place, { ... }) end

local function place_for(...)
  local servers = json.array {}
  for i, server in ipairs { ... } do servers[i] = type(server) == "string" and server or "http://127.0.0.1:" .. server.port end
  return program.place { ["~/.qwen/settings.json"] = json.encode { ["local"] = { servers = servers } } }
end

local function settings_of(place) return (jsonc.parse(fs.read(place.home .. "/.qwen/settings.json"))) end

local two = { path = "/v1/models", times = 0, json = { data = { { id = "big", context_length = 9000 }, { id = "a-small" }, { id = 5 }, "x" } } }

-- Nothing is configured, nobody is there.
do
  local server <close> = fake.start { two, { text = "hello" } }
  local place = place_for("http://127.0.0.1:1", server, "http://127.0.0.1:2")
  local r = run(place, "hi")
  t.eq({ r.code, r.out }, { 0, "hello\n" }, "a server on this machine is used")
  t.match(r.err, "nothing is configured; using a%-small of a server at http://127.0.0.1:%d+/v1 %(keep it: qwen auth local%)")
  local asked = server:requests()
  t.eq({ asked[2].body.model, asked[2].headers.authorization }, { "a-small" }, "without a key")
  r = run(place_for(), "hi")
  t.eq({ r.code, r.out }, { 1, "" }, "nothing answers")
  t.match(r.err, "^qwen: no model is configured and no local server answers; run: qwen auth, or set OPENAI_API_KEY")
  t.match(run(place_for(), "auth", "status").out, "^No authentication method is configured%. Run one of:\n  qwen auth ")
  t.eq(json.decode(run(place_for(), "auth", "status", "--json").out).configured, false)
end

-- Chosen for good: what each kind of server tells of its models.
do
  local lmstudio <close> = fake.start {
    { path = "/v1/models", times = 0, json = { data = { { id = "embed", owned_by = "organization_owner" }, { id = "llm", owned_by = "organization_owner" }, { id = "vlm", owned_by = "organization_owner" } } } },
    { path = "/api/v0/models", times = 0, json = { data = { { id = "embed", type = "embeddings" }, { id = "llm", type = "llm", state = "not-loaded", max_context_length = 32768 },
      { id = "vlm", type = "vlm", state = "loaded", max_context_length = 131072, loaded_context_length = 4096 } } } },
    { text = "from lm studio" } }
  local place = place_for(lmstudio)
  local r = run(place, "auth", "local")
  t.eq(r.code, 0, r.err)
  t.match(r.out, "^using vlm of LM Studio at http://127.0.0.1:%d+/v1, without a key. Written to ~/.qwen/settings.json.\n$", "the loaded one")
  local value = settings_of(place)
  local url = "http://127.0.0.1:" .. lmstudio.port .. "/v1"
  t.eq(value.modelProviders.openai, { { id = "vlm", name = "vlm (LM Studio)", baseUrl = url, generationConfig = { contextWindowSize = 4096, modalities = { image = true } } },
    { id = "llm", name = "llm (LM Studio)", baseUrl = url, generationConfig = { contextWindowSize = 32768 } } }, "entries without a key; no embeddings")
  t.eq({ value.model.name, value.security.auth.selectedType }, { "vlm", "openai" })
  t.eq(run(place, "hi").out, "from lm studio\n")
  t.match(run(place, "auth", "status").out, "^method    Local model\nmodel     vlm\naddress   http.-\nkey       not needed\nterms     your own\nprivacy   requests stay on this machine\n")
  r = run(place, "auth", "local", "--model", "llm")
  t.eq({ r.code, settings_of(place).model.name, #settings_of(place).modelProviders.openai }, { 0, "llm", 2 }, "again: replaced, not doubled")
  r = run(place, "auth", "local", "--model", "none")
  t.eq(r.code, 1)
  t.match(r.err, "has no model 'none'; it has vlm, llm")

  local ollama <close> = fake.start { { path = "/v1/models", json = { data = { { id = "q:7b", owned_by = "library" } } } },
    { path = "/api/show", json = { model_info = { ["general.name"] = "q", ["qwen3.context_length"] = 40960 } } } }
  t.match(run(place_for(), "auth", "local", "--url", "127.0.0.1:" .. ollama.port).out, "^using q:7b of Ollama")
  t.eq(ollama:requests()[2].body, { model = "q:7b" }, "asked for the size")
  local llama <close> = fake.start { { path = "/v1/models", json = { data = { { id = "m.gguf", owned_by = "llamacpp", meta = { n_ctx_train = 131072 } } } } },
    { path = "/props", json = { default_generation_settings = { n_ctx = 8192 } } } }
  place = place_for(llama)
  t.match(run(place, "auth", "local").out, "^using m.gguf of llama.cpp")
  t.eq(settings_of(place).modelProviders.openai[1].generationConfig.contextWindowSize, 8192, "what the server was started with")
end

-- What is no model server, and wrong answers of the person: nothing is written.
do
  local odd <close> = fake.start { { body = "<html>" }, { json = { data = "x" } }, { json = {} }, { status = 500, body = "" }, { fault = "stall", times = 0 } }
  local place = place_for(odd)
  local before = fs.read(place.home .. "/.qwen/settings.json")
  for _ = 1, 5 do
    local r = run(place, "auth", "local")
    t.eq(r.code, 1)
    t.match(r.err, "no model server answers on this machine")
  end
  for _, case in ipairs {
    { { "--url", "127.0.0.1:1" }, "no model server answers at http://127.0.0.1:1/v1/models" }, { { "--url", "ftp://x" }, "the address 'ftp://x' cannot be used" },
    { { "--key", "x" }, "unknown argument %-%-key; qwen auth local takes %-%-model ID, %-%-url ADDRESS" }, { { "--modle", "x" }, "did you mean %-%-model" }, { { "words" }, "is no flag with a value" },
  } do
    local r = program.run(place, { "auth", "local", table.unpack(case[1]) })
    t.eq(r.code, 1)
    t.match(r.err, case[2])
  end
  t.eq(fs.read(place.home .. "/.qwen/settings.json"), before, "nothing is written unless all of it is right")
end

-- Lists of services that want a key: fetched once, kept with the time, fetched again when asked.
do
  local list = { path = "/models", times = 2, json = { data = { { id = "m1", context_length = 1000 }, { id = "m2" } } } }
  local server <close> = fake.start { { path = "/other", times = 0, status = 500, body = "" }, list, { path = "/models", times = 0, status = 500, json = { error = { message = "no list today" } } } }
  local url = server.url .. "/deep"
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = { { id = "m1", baseUrl = url, envKey = "K" }, { id = "m2", baseUrl = url, envKey = "K" } } } } }
  local function models(...) return program.run(place, { "models", ... }, { env = { K = "sk-secret-of-a-test" } }) end
  local r = models()
  t.match(r.out, "^http://127.0.0.1:%d+/v1/deep %(openai%), asked just now\n  m1 +1000 tokens\n  m2", r.err)
  r = models "--json"
  t.eq(json.decode(r.out)[1].models, { { id = "m1", context = 1000 }, { id = "m2" } }, r.out .. r.err)
  local asked = 0
  for _, request in ipairs(server:requests()) do
    if request.path == "/v1/deep/models" then
      asked = asked + 1
      t.eq(request.headers.authorization, "Bearer sk-secret-of-a-test")
    end
  end
  t.eq(asked, 1, "kept")
  t.eq(models("--refresh").code, 0)
  r = models "--refresh"
  t.eq(r.code, 1)
  t.match(r.out, "no list today")
  t.eq(models("--nonsense").code, 2)
  t.ok(not fs.read(place.home .. "/.qwen/cache/models.json"):find "secret", "no key in the cache")
  for _, text in ipairs { "", "[]", '{"openai ' .. url .. '":5}', '{"openai ' .. url .. '":{"time":9e99,"models":[]}}', '{"openai ' .. url .. '":{"time":1,"models":[{}]}}' } do
    fs.write(place.home .. "/.qwen/cache/models.json", text)
    t.match(models().out, "no list today", "a broken cache is none")
  end
end

-- A choice stays; one that something stronger hides is told.
do
  local entry = { { id = "a", baseUrl = "http://127.0.0.1:1/v1" }, { id = "b", baseUrl = "http://127.0.0.1:1/v1" }, { id = "far", baseUrl = "https://far.example/v1", envKey = "FAR_KEY" } }
  local place = program.place { ["~/.qwen/settings.json"] = '// mine\n{"modelProviders":' .. json.encode { openai = entry } .. "}" }
  fs.write(place.cwd .. "/switch.lua", [[local ctx, id = ...
    ctx.model = assert(qwen.models.choose(ctx.settings, ctx.opts, function() return true end))
    local code, e = qwen.x.registry.get("commands", "model").run(ctx, { id })
    if not code then ctx.print(e.message) end]])
  t.match(run(place, "lua", "switch.lua", "b").out, "^now: b %(openai, http://127.0.0.1:1/v1%)\n$")
  local text = fs.read(place.home .. "/.qwen/settings.json")
  t.match(text, "^// mine\n")
  t.eq({ jsonc.parse(text).model.name, jsonc.parse(text).security.auth.selectedType }, { "b", "openai" }, "written")
  t.match(run(place, "auth", "status").out, "model     b\n", "the next start has it")
  t.match(run(place, "lua", "switch.lua", "far").out, "^far: no key: FAR_KEY is not set; sign in with /auth\n$")
  t.match(run(place, "lua", "switch.lua").out, "^now: b .-\nopenai\n  a .-\n  b .-\n  far +%(no key: FAR_KEY is not set%)\n$", "the list without a person")
  local other = program.run(place, { "--trust-folder", "lua", "switch.lua", "a" }, {})
  t.eq(other.err, "", "no complaint")
  fs.mkdir(place.cwd .. "/.qwen")
  fs.write(place.cwd .. "/.qwen/settings.json", '{"model":{"name":"b"}}')
  t.match(run(place, "--trust-folder", "lua", "switch.lua", "a").err, "a is kept, but the next start takes b: .*%.qwen/settings%.json says so")
end
t.done()
