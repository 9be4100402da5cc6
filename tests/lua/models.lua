-- Models: which one is chosen, with which address and whose key, and what is told about entries that are wrong.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local script = [[
local ctx, fallbacks = ...
local function has(name) return name == "openai" or name == "gateway" end
local function show(m) return { id = m.id, url = m.base_url, provider = m.provider, key = m.key and m.key:name(), source = m.key_source, from = m.from, config = m.config,
  bound = m.key and m.key:origins()[1] } end
local m, e, problems = qwen.models.choose(ctx.settings, ctx.opts, has)
if not m then return print(e.kind .. ": " .. e.message) end
local out = show(m)
out.problems = problems
if fallbacks then
  local list, wrong = qwen.models.fallbacks(ctx.settings, ctx.opts, has)
  out.fallbacks = {}
  for i, f in ipairs(list or {}) do out.fallbacks[i] = show(f) end
  out.wrong = wrong and wrong.message
end
print(qwen.json.encode(out))
]]

local place
local function settings(value)
  place = program.place { ["look.lua"] = script, ["~/.qwen/settings.json"] = value and (type(value) == "string" and value or json.encode(value)) }
end
local function look(flags, env, extra)
  local argv = {}
  for word in (flags or ""):gmatch "%S+" do argv[#argv + 1] = word end
  table.move({ "lua", "look.lua", extra }, 1, 3, #argv + 1, argv)
  local r = program.run(place, argv, { env = env })
  return json.decode(r.out) or { error = r.out .. r.err }
end
local function pick(found, ...)
  local out = {}
  for i, name in ipairs { ... } do out[i] = found[name] == nil and "-" or found[name] end
  return out
end
local function is(flags, env, want, name)
  t.eq(pick(look(flags, env), "id", "url", "key", "source"), want, name)
end

-- Nothing is configured.
settings()
t.match(look().error, "^usage: no model is named for openai at https://api.openai.com/v1 %(default%)", "nothing is guessed")
t.match(look("", { OPENAI_API_KEY = "k" }).error, "^usage: no model is named", "a key alone: the model is not guessed")
is("", { ANTHROPIC_API_KEY = "k" }, { "claude-sonnet-4-5", "https://api.anthropic.com", "ANTHROPIC_API_KEY", "environment ANTHROPIC_API_KEY" },
  "one key is enough where the protocol is the service's own")
is("", { GEMINI_API_KEY = "k" }, { "gemini-2.5-pro", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY", "environment GEMINI_API_KEY" }, "gemini")
t.match(look("", { GOOGLE_API_KEY = "k" }).error, "^usage: no model is named for openai", "a key of Google's may be for anything")
t.match(look("", { ANTHROPIC_API_KEY = "k" }).problems[1], "claude%-sonnet%-4%-5 is asked at https://api.anthropic.com", "and it is told")
is("", { OPENAI_MODEL = "e", OPENAI_BASE_URL = "http://e/v1/", OPENAI_API_KEY = "k" }, { "e", "http://e/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" }, "environment")
is("", { QWEN_MODEL = "q", OPENAI_BASE_URL = "" }, { "q", "https://api.openai.com/v1", "-", "-" }, "QWEN_MODEL; an empty address is none")
is("", { OPENAI_MODEL = "o", QWEN_MODEL = "q", OPENAI_API_KEY = "" }, { "o", "https://api.openai.com/v1", "-", "-" }, "OPENAI_MODEL first; an empty key is none")
is("-m f --openai-base-url http://f/v1 --openai-api-key k", { OPENAI_MODEL = "e", OPENAI_BASE_URL = "http://e", OPENAI_API_KEY = "x" },
  { "f", "http://f/v1", "OPENAI_API_KEY", "flag --openai-api-key" }, "flags win")
is("-m qwen3-coder-plus --openai-api-key=", { OPENAI_API_KEY = "x" }, { "qwen3-coder-plus", "https://api.openai.com/v1", "-", "-" }, "a blank key by flag")
is("", { ANTHROPIC_API_KEY = "k", ANTHROPIC_MODEL = "c" }, { "c", "https://api.anthropic.com", "ANTHROPIC_API_KEY", "environment ANTHROPIC_API_KEY" }, "the variables name the protocol")
is("", { GEMINI_API_KEY = "k", GEMINI_MODEL = "g" }, { "g", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY", "environment GEMINI_API_KEY" }, "gemini")
is("", { GEMINI_API_KEY = "k", GEMINI_MODEL = "g", OPENAI_API_KEY = "o" }, { "g", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY", "environment GEMINI_API_KEY" },
  "the protocol that has a model too")
is("-m x", { GEMINI_API_KEY = "k", GEMINI_MODEL = "g", OPENAI_API_KEY = "o" }, { "x", "https://api.openai.com/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" },
  "openai before others")
is("", { GOOGLE_API_KEY = "k", GOOGLE_MODEL = "g" }, { "g", "https://aiplatform.googleapis.com/v1", "GOOGLE_API_KEY", "environment GOOGLE_API_KEY" }, "express mode")
is("--auth-type vertex-ai -m g", { GOOGLE_CLOUD_PROJECT = "p", GOOGLE_CLOUD_LOCATION = "us-east5" },
  { "g", "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5", "-", "-" }, "a project and a place")
is("--auth-type vertex-ai -m g", { GOOGLE_CLOUD_PROJECT = "p" }, { "g", "https://aiplatform.googleapis.com/v1/projects/p/locations/global", "-", "-" }, "a project")
is("--auth-type anthropic -m c", { ANTHROPIC_BASE_URL = "http://a/", OPENAI_API_KEY = "o" }, { "c", "http://a", "-", "-" }, "never another protocol's key")
t.match(look("--auth-type openai-responses").error, "^usage: no model is named for openai%-responses at .*%-%-model ID")
t.match(look("--auth-type opnai").error, "^usage: flag %-%-auth%-type: unknown auth type 'opnai' %(did you mean openai%?%); use openai, openai%-responses, anthropic, gemini, vertex%-ai, or write ~/.qwen/providers/opnai.lua")
t.match(look("-m q --openai-base-url ftp://x").error, "^usage: the address 'ftp://x' of q %(flag %-%-openai%-base%-url%) cannot be used")
t.match(look("-m q", { OPENAI_API_KEY = "a\nb" }).error, "^auth: the key from environment OPENAI_API_KEY cannot be used")
t.eq(pick(look("--auth-type gateway -m g --openai-base-url http://gw"), "id", "provider", "url"), { "g", "gateway", "http://gw" }, "a provider file of the user")
t.eq(look("-m q", { OPENAI_API_KEY = "k", OPENAI_BASE_URL = "http://Host.Example:80/v1" }).bound, "http://host.example:80", "the key is bound to the origin")

-- Entries.
local entries = { modelProviders = { openai = {
  { id = "a", envKey = "KA", baseUrl = "https://a.example/v1", generationConfig = { timeout = 5 } }, { id = "b", envKey = "KB", baseUrl = "http://127.0.0.1:1/v1/" },
  { id = "a", envKey = "KA2", baseUrl = "https://a2.example/v1" }, { id = "plain" },
}, anthropic = { { id = "c", envKey = "KC" }, { id = "b", envKey = "KC" } }, gateway = { { id = "g", envKey = "KG", baseUrl = "https://gw.example" } } } }
settings(entries)
local keys = { KA = "1", KA2 = "2", KB = "3", KC = "4", KG = "5", OPENAI_API_KEY = "o" }
is("", keys, { "a", "https://a.example/v1", "KA", "environment KA" }, "the first entry when nothing is named")
is("-m b", keys, { "b", "http://127.0.0.1:1/v1", "KB", "environment KB" }, "a flag selects; the final slash goes")
is("-m c", keys, { "c", "https://api.anthropic.com", "KC", "environment KC" }, "a flag may name a model of another protocol")
is("-m b --auth-type anthropic", keys, { "b", "https://api.anthropic.com", "KC", "environment KC" }, "the flag of the protocol decides between two")
t.match(look("-m c --auth-type openai", keys).error, "^missing: no entry of modelProviders for openai is called 'c'", "and keeps to it: nothing goes to a default")
t.match(look("-m qwen3.5-plus", keys).error, "^missing: no entry of modelProviders is called 'qwen3.5%-plus'; there are: a, b, a, plain, c, b, g", "a name that no entry has")
is("-m qwen3.5-plus --openai-base-url https://n.example/v1", keys, { "qwen3.5-plus", "https://n.example/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" }, "unless its address is given")
is("-m qwen3.5-plus", { OPENAI_BASE_URL = "https://n.example/v1", OPENAI_API_KEY = "o" }, { "qwen3.5-plus", "https://n.example/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" },
  "in the environment as well")
is("-m g", keys, { "g", "https://gw.example", "KG", "environment KG" }, "a provider of the user")
is("-m a --openai-base-url https://a2.example/v1/", keys, { "a", "https://a2.example/v1", "KA2", "environment KA2" }, "id and address name an entry")
is("-m a --openai-base-url https://new.example/v1", keys, { "a", "https://new.example/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" }, "another address never gets the entry's key")
is("-m a --openai-api-key k", keys, { "a", "https://a.example/v1", "KA", "flag --openai-api-key" }, "the flag's key wins over the entry's")
is("", { OPENAI_MODEL = "b", KB = "k" }, { "b", "http://127.0.0.1:1/v1", "KB", "environment KB" }, "a variable may name an entry")
is("", { OPENAI_MODEL = "b", OPENAI_BASE_URL = "http://e/v1", KB = "k" }, { "b", "http://e/v1", "-", "-" }, "an address beside it is the one that is meant")
is("", { OPENAI_MODEL = "b", OPENAI_BASE_URL = "http://127.0.0.1:1/v1/", KB = "k" }, { "b", "http://127.0.0.1:1/v1", "KB", "environment KB" }, "an entry of that address")
is("", { OPENAI_MODEL = "q", OPENAI_BASE_URL = "http://e/v1" }, { "q", "http://e/v1", "-", "-" }, "an address in the environment is stronger than an entry nobody named")
is("-m a", { OPENAI_API_KEY = "o" }, { "a", "https://a.example/v1", "-", "-" }, "an unset variable is never replaced by another one's")
is("-m plain", keys, { "plain", "https://api.openai.com/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" }, "no envKey: the protocol's own service has the protocol's own key")
is("-m plain", { OPENAI_API_KEY = "o", OPENAI_BASE_URL = "http://e/v1" }, { "plain", "http://e/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" },
  "an entry without an address has the one of the environment")
t.match(look("-m a").from, "^~/.qwen/settings.json:1$")

-- The choice in the file.
entries.model, entries.security = { name = "b", generationConfig = { timeout = 9 } }, { auth = { selectedType = "openai" } }
settings(entries)
is("", { OPENAI_MODEL = "x", KB = "k" }, { "b", "http://127.0.0.1:1/v1", "KB", "environment KB" }, "a selected entry is stronger than the environment")
t.eq(look("-m a").config, { timeout = 5 }, "an entry is sealed")
t.match(table.concat(look("-m a").problems, "\n"), "model.generationConfig is not used: a has its own in modelProviders")
t.eq(look("-m raw --openai-base-url http://r").config, { timeout = 9 }, "others take the general settings")
entries.model.name = "c"
settings(entries)
t.match(look("", { OPENAI_API_KEY = "o" }).error, "^missing: ~/.qwen/settings.json model.name: no entry of modelProviders for openai is called 'c'", "a file's choice keeps to the file's protocol")
is("", { OPENAI_MODEL = "e", OPENAI_BASE_URL = "http://e" }, { "e", "http://e", "-", "-" }, "without an entry the environment is stronger than the file")
settings { security = { auth = { selectedType = "qwen-oath" } } }
t.match(look().error, "^usage: ~/.qwen/settings.json security.auth.selectedType: unknown auth type 'qwen%-oath'; use openai, openai%-responses, anthropic, gemini")

-- The deprecated key belongs to the address beside it.
settings { security = { auth = { apiKey = "old", baseUrl = "http://old.example/v1" } } }
is("-m qwen3-coder-plus", nil, { "qwen3-coder-plus", "http://old.example/v1", "OPENAI_API_KEY", "~/.qwen/settings.json security.auth.apiKey" }, "address and key of the settings")
is("-m qwen3-coder-plus", { OPENAI_API_KEY = "e" }, { "qwen3-coder-plus", "http://old.example/v1", "OPENAI_API_KEY", "environment OPENAI_API_KEY" }, "the environment's key first")
is("-m qwen3-coder-plus", { OPENAI_BASE_URL = "http://e/v1" }, { "qwen3-coder-plus", "http://e/v1", "-", "-" }, "the environment's address does not get the settings' key")
is("-m qwen3-coder-plus --openai-base-url http://f/v1", nil, { "qwen3-coder-plus", "http://f/v1", "-", "-" }, "nor does the flag's")
settings { security = { auth = { apiKey = "old" } } }
is("-m qwen3-coder-plus", nil, { "qwen3-coder-plus", "https://api.openai.com/v1", "OPENAI_API_KEY", "~/.qwen/settings.json security.auth.apiKey" }, "without an address it is the default's")

-- What is wrong is told, with its line, and harms nothing else.
settings [[{"modelProviders": {
  "openai": [
    {"id": "a", "envKey": "K", "baseUrl": "https://a.example"}, "x", {"name": "no id"}, {"id": ""},
    {"id": "a", "envKey": "L", "baseUrl": "https://a.example/"},
    {"id": "nokey", "baseUrl": "https://b.example"}, {"id": "local", "baseUrl": "http://10.0.0.1/v1"},
    {"id": "own", "baseUrl": "https://b.example", "generationConfig": {"customHeaders": {"authorization": "Basic x"}}},
    {"id": "odd", "envKey": 5, "baseUrl": 7, "name": {}, "generationConfig": [], "capabilities": "x"}
  ],
  "opnai": [{"id": "z"}], "gemini": {"id": "y"}, "wild\u001b": []
}}]]
local found = look("-m a", { K = "k" })
t.eq(found.key, "K", "the first of two counts")
t.eq(found.problems, {
  "~/.qwen/settings.json:3: modelProviders.openai.1 has no id", "~/.qwen/settings.json:3: modelProviders.openai.2 has no id", "~/.qwen/settings.json:3: modelProviders.openai.3 has no id",
  "~/.qwen/settings.json:4: model a is there twice under openai; the first one counts",
  "~/.qwen/settings.json:5: model nokey has no envKey, the name of the variable with its key; none is sent",
  "~/.qwen/settings.json:7: modelProviders.openai.8 (model odd) cannot be used: baseUrl must be a text",
  "~/.qwen/settings.json:9: modelProviders.gemini must be a list [ ... ] of models",
  "~/.qwen/settings.json:9: modelProviders.opnai is no protocol (did you mean openai?); use openai, openai-responses, anthropic, gemini, vertex-ai, or write ~/.qwen/providers/opnai.lua; or say which it speaks: \"providerProtocol\": {\"opnai\": \"openai\"}",
  "~/.qwen/settings.json:9: modelProviders.wild\\x1b is no protocol; use openai, openai-responses, anthropic, gemini, vertex-ai, or write ~/.qwen/providers/wild\\x1b.lua; or say which it speaks: \"providerProtocol\": {\"wild\\x1b\": \"openai\"}",
})
t.match(program.run(place, { "-m", "a", "hi" }).err, "modelProviders.opnai is no protocol", "a run says so")

-- Models for when the chosen one is overloaded.
settings { modelProviders = { openai = { { id = "a", envKey = "KA", baseUrl = "https://a.example/v1" }, { id = "b", envKey = "KB", baseUrl = "https://b.example/v1" } } },
  model = { name = "a", fallback = { "b" } } }
t.eq(pick(look("", { KA = "1", KB = "2" }, "yes").fallbacks[1], "id", "url", "key"), { "b", "https://b.example/v1", "KB" }, "from the settings")
t.eq(pick(look("--openai-api-key f", { KB = "2" }, "yes").fallbacks[1], "key", "source"), { "KB", "environment KB" }, "the flag's key is for the first model's service only")
t.eq(pick(look("--openai-api-key f", nil, "yes").fallbacks[1], "key"), { "-" }, "and goes nowhere else")
t.eq(look("--fallback-model x,b", nil, "yes").fallbacks[2].id, "b", "from a flag")
t.match(look("--fallback-model 1,2,3,4", nil, "yes").wrong, "more than 3")

-- A model without room gives way to the next; any other failure does not, and nothing is asked twice.
do
  local fake = dofile "tests/fake/fake.lua"
  local function run(first, flags)
    local one <close> = fake.start { first, first }
    local two <close> = fake.start { { text = "from two" } }
    local config = { maxRetries = 0 }
    settings { modelProviders = { openai = { { id = "one", envKey = "K1", baseUrl = one.url, generationConfig = config }, { id = "two", envKey = "K2", baseUrl = two.url } } },
      model = { name = "one" } }
    local argv = table.move(flags, 1, #flags, 1, {})
    argv[#argv + 1] = "hi"
    local r = program.run(place, argv, { env = { K1 = "key-of-one", K2 = "key-of-two" } })
    return r, #one:requests(), two:requests()
  end
  local fallback = { "--fallback-model", "two" }
  for _, status in ipairs { 429, 503, 529 } do
    local r, asked, second = run({ status = status, body = "{}" }, fallback)
    t.eq({ r.code, r.out, asked, #second }, { 0, "from two\n", 1, 1 }, status .. " gives way: " .. r.err)
    t.match(r.err, "two is asked instead", status .. " is told")
    t.eq(second[1] and { second[1].body.model, second[1].headers.authorization }, { "two", "Bearer key-of-two" }, "each with its own key")
  end
  local r, _, second = run({ status = 401, body = "{}" }, fallback)
  t.eq({ r.code, #second }, { 1, 0 }, "a refused key does not give way")
  r, _, second = run({ status = 503, body = "{}" }, {})
  t.eq({ r.code, #second }, { 1, 0 }, "without a fallback it is a failure")
end

-- Without a key: this machine and private networks need none, elsewhere the error says what to do.
for url, keyless in pairs { ["http://127.0.0.1:1/v1"] = true, ["http://localhost/v1"] = true, ["http://[::1]:8/v1"] = true, ["http://10.1.2.3"] = true, ["http://172.16.0.1"] = true,
  ["http://172.32.0.1"] = false, ["http://192.168.1.1"] = true, ["http://192.169.1.1"] = false, ["http://169.254.1.1"] = true, ["http://100.64.0.1"] = true, ["http://100.128.0.1"] = false,
  ["http://[fd00::1]/"] = true, ["http://[fe80::1]/"] = true, ["http://[2001:db8::1]/"] = false, ["http://box.local"] = true, ["http://ollama:11434"] = true,
  ["http://x.internal"] = true, ["https://api.openai.com"] = false, ["http://10.evil.com"] = false, ["http://localhost.evil.com"] = false, ["http://8.8.8.8"] = false,
  ["http://2130706433/"] = true, ["nonsense:"] = false, [""] = false } do
  t.eq(require("qwen.model.registry").keyless(url), keyless, url)
end
settings { modelProviders = { openai = { { id = "glm-5", envKey = "KG", baseUrl = "https://g.example/v1" }, { id = "bare", baseUrl = "https://h.example/v1" } } } }
t.match(program.run(place, { "hi" }).err, "no API key for glm%-5 at g.example: set KG in the environment, in ~/.qwen/.env or under env in ~/.qwen/settings.json; or sign in: qwen auth\n")
t.match(program.run(place, { "-m", "glm-4", "hi" }).err, "no entry of modelProviders is called 'glm%-4' %(did you mean glm%-5%?%); there are: glm%-5, bare")
t.match(program.run(place, { "-m", "bare", "hi" }).err, 'no API key for bare at h.example: its entry %(~/.qwen/settings.json:1%) needs "envKey"')
fs.write(place.cwd .. "/headers.lua", [[
local ctx, provider, url = ...
local auth = qwen.x.registry.get("auth", "api-key")
local key = qwen.secret.new("k", "secret-value", { "https://x.example" })
local headers, e = auth.headers(ctx, { id = "m", provider = provider, base_url = url or "https://x.example/v1", from = "here", env_key = "K", key = not url and key or nil })
local out = {}
for name, value in pairs(headers or {}) do
  local parts = {}
  for i, part in ipairs(value) do parts[i] = tostring(part) end
  out[#out + 1] = name .. ": " .. table.concat(parts)
end
print(headers and table.concat(out, ", ") or e)
]])
local function headers(...) return program.run(place, { "lua", "headers.lua", ... }).out end
t.eq(headers "openai", "Authorization: Bearer <secret k>\n")
t.eq(headers "anthropic", "x-api-key: <secret k>\n")
t.eq(headers "gemini", "x-goog-api-key: <secret k>\n")
t.eq(headers "vertex-ai", "x-goog-api-key: <secret k>\n")
t.eq(headers("openai", "http://127.0.0.1:1/v1"), "\n", "no header without a key on this machine")
t.match(headers("openai", "https://x.example/v1"), "^no API key for m at x.example: set K")
fs.mkdir(place.home .. "/.qwen/providers")
fs.write(place.home .. "/.qwen/providers/mine.lua", 'return { summary = "x", base = "anthropic" }')
t.eq(headers "mine", "x-api-key: <secret k>\n", "a provider on top of another has its form")
t.done()
