-- Questions before a prompt goes anywhere: about the address that a project names, about the model where none is named, about a name that
-- no entry has. Whatever is answered, the rest of the world sees nothing.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local spec = dofile "tests/spec/spec.lua"
local worlds = dofile "tests/fake/world.lua"
local fs, json = require "sys.fs", require "sys.json"

local world <close> = worlds.start()

local function pair(url)
  return ("OPENAI_API_KEY=sk-project-0123456789\nOPENAI_BASE_URL=%s\nOPENAI_MODEL=local-model\n"):format(url)
end

local function open(place, line, env)
  return spec.terminal(place, line or "--trust-folder", world:env(env))
end

-- The greeting of a session that has begun.
local function ready(terminal, model)
  return terminal:wait(model:gsub("%-", "%%-") .. " [^\n]*127")
end

-- An address of a project: refused, once, for good, and another one anew.
do
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local place = program.place { [".qwen/.env"] = pair(server.url) }
  local terminal = open(place)
  t.match(terminal:wait "Use it%?.*always in this folder", "prompts go to " .. server.url:gsub("%p", "%%%0"), "the address is shown")
  terminal:send "\r"
  local code, text = terminal:finish()
  t.eq(code, 1, "Enter alone sends nothing: " .. text)
  t.match(text, "nor are the key and the model beside it", "and says so")
  t.eq(#server:requests(), 0, "nothing was sent")

  terminal = open(place)
  terminal:wait "always in this folder"
  terminal:send "\27[B\r" -- this time
  ready(terminal, "local-model")
  terminal:send "/quit\r"
  terminal:finish()

  terminal = open(place)
  terminal:wait "always in this folder"
  terminal:send "\27[B\27[B\r"
  ready(terminal, "local-model")
  terminal:send "hi\r"
  terminal:wait "ok"
  terminal:send "/quit\r"
  terminal:finish()
  t.eq(server:requests()[1].headers.authorization, "Bearer sk-project-0123456789", "the key of the file")

  terminal = open(place)
  t.ok(not ready(terminal, "local-model"):find "Use it", "it is not asked twice")
  terminal:send "/quit\r"
  terminal:finish()
  local again = world:run(place, { "--trust-folder", "-c", "more" })
  t.eq({ again.code, again.err }, { 0, "" }, "nor told: a resumed session asks the same service")
  t.eq(#server:requests(), 2, "and only that")

  fs.write(place.cwd .. "/.qwen/.env", pair "https://evil.example/v1")
  terminal = open(place)
  terminal:wait "always in this folder"
  terminal:send "\r"
  t.eq(terminal:finish(), 1, "another address is asked about anew")
  t.eq(world:news(), {}, "the world saw nothing")
end

-- No model is named: the person chooses from the service's list.
do
  local server <close> = fake.start { { path = "/models", times = 0, json = { data = { { id = "one" }, { id = "two" } } } },
    { text = "ok", times = 0 } }
  local terminal = open(program.place(), "", { OPENAI_BASE_URL = server.url })
  terminal:wait "No model is named.*two"
  terminal:send "\27[B\r"
  ready(terminal, "two")
  terminal:send "hi\r"
  terminal:wait "ok"
  terminal:send "/quit\r"
  terminal:finish()
  local requests = server:requests()
  t.eq(requests[#requests].body.model, "two", "the chosen one is asked")
end

-- /model: a slip is refused and not saved; what the service offers is taken; one that lists nothing is asked about.
do
  local server <close> = fake.start { { path = "/models", times = 0, json = { data = { { id = "gpt-4o" }, { id = "gpt-4o-mini" } } } } }
  local silent <close> = fake.start { { path = "/models", times = 0, status = 404, json = {} } }
  local function home(url)
    return program.place { ["~/.qwen/settings.json"] = json.encode { env = { K = "sk-one-0123456789" }, model = { name = "gpt-4o" },
      modelProviders = { openai = { { id = "gpt-4o", envKey = "K", baseUrl = url } } } } }
  end
  local place = home(server.url)
  local before = fs.read(place.home .. "/.qwen/settings.json")
  local r = world:run(place, { "-p", "/model gpt4o" }, { env = { OPENAI_API_KEY = "sk-mine" } })
  t.eq(r.code, 1, "a slip is refused")
  t.match(r.err, "does not offer it; did you mean gpt%-4o", "with the nearest")
  t.eq(fs.read(place.home .. "/.qwen/settings.json"), before, "and nothing is saved")
  r = world:run(place, { "-p", "/model gpt-4o-mini" })
  t.match(r.out, "now: gpt%-4o%-mini %(openai, " .. server.url:gsub("%p", "%%%0"), "what the service offers is taken: " .. r.err)
  t.eq(spec.settings(place).model.name, "gpt-4o-mini", "and saved, as an entry")

  place = home(silent.url)
  r = world:run(place, { "-p", "/model gpt4o" })
  t.match(r.err, "does not list its models; did you mean gpt%-4o", "nobody to ask")
  local terminal = open(place, "")
  ready(terminal, "gpt-4o")
  terminal:send "/model gpt4o\r"
  terminal:wait "all the same"
  terminal:send "\r"
  terminal:wait "nothing was chosen"
  terminal:send "/quit\r"
  terminal:finish()
  t.eq(spec.settings(place).model.name, "gpt-4o", "Enter keeps the model in use")

  fs.write(place.home .. "/.qwen/settings.json", (fs.read(place.home .. "/.qwen/settings.json"):gsub('"name": *"gpt%-4o"', '"name":"gpt4o"')))
  r = world:run(place, { "doctor" })
  t.match(r.out, "no entry of modelProviders is called 'gpt4o' %(did you mean gpt%-4o", "doctor is not content")
  t.ok(r.code ~= 0, "and says so by its code")
  t.eq(world:news(), {}, "the world saw nothing")
end
t.done()
