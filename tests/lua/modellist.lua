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

t.done()
