-- Settings of Qwen Code that take effect: what the model is sent and shown because of each.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fake = dofile "tests/fake/fake.lua"
local json = require "sys.json"

-- What a run sends with these settings; the last message when the model makes a call first.
local function sent(settings, calls, files)
  files = files or {}
  files["~/.qwen/settings.json"] = json.encode(settings)
  local place = program.place(files)
  local server <close> = fake.start { calls and { calls = calls } or { text = "ok" }, { text = "ok", times = 0 } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-y", "-p", "hi" })
  local requests = server:requests()
  local messages = requests[#requests] and requests[#requests].body.messages or { { content = r.err } }
  return messages[1].content, messages[#messages].content
end

t.match((sent { general = { outputLanguage = "Deutsch" } }), "Answer in this language: Deutsch", "general.outputLanguage")
t.match((sent({}, nil, { ["~/.qwen/output-language.md"] = "Always French." })), "Always French", "output-language.md")
local system = sent({ general = { outputLanguage = "Deutsch" } }, nil, { ["~/.qwen/output-language.md"] = "Always French." })
t.ok(not system:find "French", "the setting is stronger")

local function shell(command) return { { name = "run_shell_command", arguments = { command = command } } } end
local _, output = sent({ tools = { truncateToolOutputLines = 10 } }, shell "seq 100")
t.match(output, "\n%[%.%.%. %d+ lines left out %.%.%.%]\n", "tools.truncateToolOutputLines")
_, output = sent({ tools = { truncateToolOutputThreshold = 500 } }, shell "seq 1000")
t.ok(#output < 700, "tools.truncateToolOutputThreshold")
_, output = sent({ tools = { shell = { defaultTimeoutMs = 300 } } }, shell "sleep 600; echo LA''TE")
t.ok(not output:find("LATE", 1, true), "tools.shell.defaultTimeoutMs")

-- modelFallbacks: the second model is asked when the first is overloaded. modelPricing: its cost is shown.
do
  local function entry(id, url) return { id = id, baseUrl = url, generationConfig = { maxRetries = 0 } } end
  local busy <close> = fake.start { { status = 503, json = { error = { message = "overloaded" } }, times = 0 } }
  local free <close> = fake.start { { text = "from second", times = 0 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelFallbacks = " second , third ", model = { name = "first" },
    security = { auth = { selectedType = "openai" } }, modelPricing = { second = { inputPerMillionTokens = 1000, outputPerMillionTokens = 1000 } },
    modelProviders = { openai = json.array { entry("first", busy.url), entry("second", free.url), entry("third", free.url) } } } }
  local r = program.run(place, { "-p", "hi" })
  t.match(r.out, "from second", r.err)
  local rows = program.run(place, { "usage", "--by", "model", "--json" }).out
  t.match(rows, '"cost":%s*0%.%d*[1-9]', "modelPricing: " .. rows)
end

t.done()
