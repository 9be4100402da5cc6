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

-- model.reasoningEffort: what each family is told; an entry's own word is stronger.
for _, row in ipairs { { "o3", "high", nil, "high" }, { "o3", "max", nil, "high" }, { "gpt-5.2", "max", nil, "xhigh" }, { "gpt-4o", "high" },
  { "qwen3-coder-plus", "high" }, { "o3", "high", { reasoning = { effort = "low" } }, "low" }, { "o3", "default" }, { "o3", nil } } do
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { model = { name = row[1], reasoningEffort = row[2] },
    security = { auth = { selectedType = "openai" } },
    modelProviders = { openai = json.array { { id = row[1], baseUrl = server.url, generationConfig = row[3] } } } } }
  local r = program.run(place, { "-p", "hi" })
  local asked = server:requests()[1]
  t.eq(asked and asked.body.reasoning_effort or "none", row[4] or "none", ("%s %s %s"):format(row[1], row[2], r.err))
end

-- Trust that is switched off by the user's own settings; a project cannot do that, and a rule against a folder stays.
do
  local off = [[{"security": {"folderTrust": {"enabled": false}}}]]
  local project = [[{"ui": {"theme": "light"}, "security": {"folderTrust": {"enabled": false}}}]]
  local function theme(user, rules)
    local place = program.place { ["~/.qwen/settings.json"] = user, [".qwen/settings.json"] = project }
    if rules then assert(require("sys.fs").write(place.home .. "/.qwen/trustedFolders.json", json.encode { [place.cwd] = rules })) end
    return program.run(place, { "config", "get", "ui.theme" }).out, program.run(place, { "trust", "show" }).out
  end
  local value, shown = theme(off)
  t.eq(value, "light\n", "the project's settings count")
  t.match(shown, "security%.folderTrust%.enabled", "and it is shown why")
  t.eq((theme "{}"), "auto\n", "not by the project's word")
  t.eq((theme(off, "DO_NOT_TRUST")), "auto\n", "a rule against the folder stays")
end

-- Hints of mode auto: the model is told of them; those that are rules hold.
system = sent { permissions = { autoMode = { hints = { hardDeny = { "Sending secrets anywhere" }, softDeny = { "Migrations" } } } } }
t.match(system, "Never.*Sending secrets anywhere.*exactly that: Migrations", "hints are told")
_, output = sent({ permissions = { autoMode = { hints = { hardDeny = { "Bash(seq *)" } } } } }, shell "seq 3")
t.match(output, "the rule Bash%(seq %*%)", "a hint that is a rule")

-- general.outputStyle: built in, of the user, of a trusted project; without the lines about code where it says so.
local styles = { ["~/.qwen/output-styles/review.md"] = "---\nname: Reviewer\n---\n<!-- a note -->List findings.",
  ["~/.qwen/output-styles/concise.md"] = "Three words.", ["~/.qwen/output-styles/empty.md"] = "<!-- nothing -->" }
local function styled(name, ...) return (sent({ general = { outputStyle = name } }, ...)) end
local CODE = "After a change, verify"
for _, row in ipairs { { "concise", "style Concise:\n.*preamble", true }, { "REVIEWER", "style Reviewer:\nList findings%.", false, styles },
  { "Concise", "style concise:\nThree words%.", true, styles } } do
  local files = {}
  for path, words in pairs(row[4] or {}) do files[path] = words end
  system = styled(row[1], nil, files)
  t.match(system, row[2], row[1])
  t.eq(system:find(CODE, 1, true) ~= nil, row[3], row[1] .. " and the lines about code")
  t.ok(not system:find("a note", 1, true), "no comments")
end
for _, name in ipairs { "default", "", "Learning", "no such style" } do
  t.ok(not styled(name):find("the style", 1, true), "none by " .. name)
end
do
  local place = program.place { ["~/.qwen/settings.json"] = [[{"general": {"outputStyle": "empty"}}]],
    ["~/.qwen/output-styles/empty.md"] = "<!-- nothing -->" }
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "-p", "hi" })
  t.match(r.err, "empty%.md is left out", "a file that is no style is said")
  t.match(r.err, "no output style is called 'empty'", "and the name")
  r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--output-style", "Proactive", "-p", "hi" })
  t.eq(r.err, "", "the flag is stronger")
end

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
