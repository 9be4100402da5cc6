-- Lists of models: each protocol's own, page after page, kept with their sizes; what a model's room is when the entry, the service or nobody says it.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local json = require "sys.json"

local services = {
  openai = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", header = "authorization", value = "Bearer k", paths = { "/v1/models" },
    pages = { { data = { { id = "b", context_length = 4096, top_provider = { max_completion_tokens = 512 } }, { id = "a", max_model_len = 0 }, { id = json.null }, 5 } } },
    want = { { id = "a" }, { id = "b", context = 4096, max_output = 512 } } },
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", header = "x-api-key", value = "k",
    paths = { "/v1/models?limit=1000", "/v1/models?limit=1000&after_id=claude%2Fb%20b" },
    pages = { { data = { { type = "model", id = "claude/b b", display_name = "Claude B", max_input_tokens = 1000000, max_tokens = 128000 } }, has_more = true, last_id = "claude/b b" },
      { data = { { type = "model", id = "claude-a", display_name = "Claude A", max_input_tokens = 0 } }, has_more = false, last_id = "claude-a" } },
    want = { { id = "claude-a", name = "Claude A" }, { id = "claude/b b", name = "Claude B", context = 1000000, max_output = 128000 } } },
  gemini = { key = "GEMINI_API_KEY", url = "GOOGLE_GEMINI_BASE_URL", header = "x-goog-api-key", value = "k",
    paths = { "/v1/models?pageSize=1000", "/v1/models?pageSize=1000&pageToken=p2%3D" },
    pages = { { models = { { name = "models/gemini-9-pro", displayName = "Gemini 9 Pro", inputTokenLimit = 1048576, outputTokenLimit = 65536,
        supportedGenerationMethods = { "generateContent", "countTokens" } }, { name = "models/embedding-1", supportedGenerationMethods = { "embedContent" } } }, nextPageToken = "p2=" },
      { models = { { name = "models/gemini-9-flash", inputTokenLimit = "1000", outputTokenLimit = json.null } } } },
    want = { { id = "gemini-9-flash", context = 1000 }, { id = "gemini-9-pro", name = "Gemini 9 Pro", context = 1048576, max_output = 65536 } } },
  ["vertex-ai"] = { key = "GOOGLE_API_KEY", url = "GOOGLE_VERTEX_BASE_URL", header = "x-goog-api-key", value = "k",
    paths = { "/v1beta1/publishers/google/models?pageSize=1000" },
    pages = { { publisherModels = { { name = "publishers/google/models/gemini-9-pro" }, { name = "publishers/google/models/imagen-1" }, {} } } },
    want = { { id = "gemini-9-pro" } } },
}
for name, own in pairs(services) do
  local answers = {}
  for i, page in ipairs(own.pages) do answers[i] = { path = own.paths[i], json = page } end
  local server <close> = fake.start(answers)
  local place = program.place()
  local function models(...)
    return program.run(place, { "--auth-type", name, "-m", "m", "models", ... }, { env = { [own.key] = "k", [own.url] = server.url } })
  end
  local r = models "--json"
  t.eq((json.decode(r.out) or {})[1].models, own.want, name .. r.err)
  for i, request in ipairs((server:requests())) do
    t.eq({ request.method, request.path, request.headers[own.header] }, { "GET", own.paths[i], own.value }, name .. ": page " .. i)
    t.match(request.headers["user-agent"], "^qwen/", name)
  end
  r = models()
  t.match(r.out, "asked just now\n  " .. own.want[1].id:gsub("%-", "%%-"), name .. ": kept, with the sizes")
  if name == "gemini" then t.match(r.out, "gemini%-9%-pro +1048576 tokens, 65536 an answer\n") end
  t.eq(#server:requests(), #own.paths, name .. ": asked once")
end

-- What is no list, and a service that never comes to an end.
for body, want in pairs { ['{"data":5}'] = "something else than a list of models", ["<html>"] = "something else", ['{"error":{"type":"x","message":"no"}}'] = "something else" } do
  local server <close> = fake.start { { path = "/models?limit=1000", body = body } }
  local r = program.run(program.place(), { "--auth-type", "anthropic", "-m", "m", "models" }, { env = { ANTHROPIC_API_KEY = "k", ANTHROPIC_BASE_URL = server.url } })
  t.eq(r.code, 1, body)
  t.match(r.out, want, body)
end
do
  local server <close> = fake.start { { times = 0, json = { data = { { id = "a" } }, has_more = true, last_id = "a" } } }
  local r = program.run(program.place(), { "--auth-type", "anthropic", "-m", "m", "models" }, { env = { ANTHROPIC_API_KEY = "k", ANTHROPIC_BASE_URL = server.url } })
  t.eq({ r.code, #server:requests() }, { 0, 20 }, "no more than so many pages")
end
do -- a project of Vertex AI, with a token
  local server <close> = fake.start { { json = { publisherModels = {} } } }
  local base = server.url .. "/projects/p1/locations/europe-west4"
  local r = program.run(program.place(), { "--auth-type", "vertex-ai", "-m", "m", "models" }, { env = { GOOGLE_API_KEY = "tok", GOOGLE_VERTEX_BASE_URL = base } })
  local asked = server:requests()[1]
  t.eq({ r.code, asked.path, asked.headers.authorization, asked.headers["x-goog-user-project"] },
    { 0, "/v1beta1/publishers/google/models?pageSize=1000", "Bearer tok", "p1" }, r.out)
end

-- What is known by the name alone.
local model_capabilities = require "qwen.model.capabilities"
for id, want in pairs {
  ["qwen3.5-plus"] = { 1000000, 65536, "image video" }, ["Qwen/Qwen3-Coder-480B-A35B-Instruct"] = { 262144, 65536, "" }, ["qwen3-coder:30b"] = { 262144, 65536, "" },
  ["anthropic/claude-opus-4.6"] = { 1000000, 128000, "image pdf" }, ["claude-opus-4-6"] = { 1000000, 128000, "image pdf" },
  ["claude-opus-4-20250514"] = { 200000, 32000, "image pdf" }, ["claude-3-opus-20240229"] = { 200000, 4096, "image" }, ["claude-next"] = { 200000, 64000, "image pdf" },
  ["google/gemini-2.5-pro:online"] = { 1048576, 65536, "image pdf audio video" }, ["gpt-5.1-codex"] = { 272000, 128000, "image pdf" }, ["o3-mini"] = { 128000, 65536, "" },
  ["MiniMax-M2.5"] = { 196608, 65536, "" }, ["kimi-k2.5"] = { 262144, 32768, "image video" }, ["glm-4.5v"] = { 65536, 16384, "image" }, ["m"] = {}, [""] = {}, ["my-claude"] = {},
} do
  local said = model_capabilities.of(id)
  t.eq({ said.context, said.max_output, said.files }, want, id)
end

-- The entry, then the service, then the name; a server nearby is not told by the name; an answer has no more than half of the window.
local function measured(fields, known)
  local model = { id = "gpt-4o", base_url = "https://api.example.com/v1", config = {} }
  for key, value in pairs(fields) do model[key] = value end
  model_capabilities.measure(model, known)
  return { model.context, model.max_output }
end
local list = { models = { { id = "x" }, { id = "gpt-4o", context = 64000, max_output = 5000 }, { id = "half", context = 9000 } } }
t.eq(measured {}, { 128000, 16384 }, "the name")
t.eq(measured({}, list), { 64000, 5000 }, "the service")
t.eq(measured({ config = { contextWindowSize = 40000 } }, list), { 40000, 5000 }, "the entry")
t.eq(measured { config = { contextWindowSize = 4096 } }, { 4096, 2048 }, "half of the window")
t.eq(measured { config = { contextWindowSize = "many" } }, { 128000, 16384 }, "no number")
t.eq(measured { base_url = "http://192.168.1.5:8000/v1" }, {}, "a server nearby")
t.eq(measured { base_url = "http://127.0.0.1:8000/v1", config = { contextWindowSize = 8192 } }, { 8192, 4096 }, "a server nearby with an entry")
t.eq(measured { id = "unknown" }, {}, "nobody says it")
t.eq(measured({ id = "half" }, list), { 9000, 4500 }, "the service says one of both")

-- In the program: what the service told is in requests, in /context and in the list.
do
  local place = program.place()
  local page = { data = { { id = "m", max_input_tokens = 50000, max_tokens = 6000 } }, has_more = false }
  local server <close> = fake.start { { path = "/models?limit=1000", json = page }, { text = "one", times = 0, finish = "max_tokens" } }
  local function run(...)
    return program.run(place, { "--auth-type", "anthropic", "-m", "m", ... }, { env = { ANTHROPIC_API_KEY = "k", ANTHROPIC_BASE_URL = server.url } })
  end
  local function limit(n) return server:requests()[n].body.max_tokens end
  run "hi"
  t.eq({ limit(1), limit(2) }, { 8000, 64000 }, "nobody said it")
  t.eq(run("models").code, 0)
  run "hi"
  t.eq(limit(4), 6000, "the service said it")
  t.eq(server:requests()[5], nil, "and more would be refused")
  t.match(run("-c", "-p", "/context").out, "of 50000 tokens")
end

-- Services that offer a model of the same name are each asked.
do
  local one <close> = fake.start { { json = { data = { { id = "a" } } } } }
  local two <close> = fake.start { { json = { data = { { id = "b" } } } } }
  local entries = {}
  for i, server in ipairs { one, two } do entries[i] = { id = "m", envKey = "K", baseUrl = server.url } end
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = entries } } }
  local r = program.run(place, { "models", "--json" }, { env = { K = "k" } })
  local said = json.decode(r.out) or {}
  t.eq({ #said, said[1] and said[1].models[1].id, said[2] and said[2].models[1].id }, { 2, "a", "b" }, r.out .. r.err)
end

t.done()
