-- Packages of other programs, as they are: plugins and marketplaces of Claude Code, extensions of Gemini and
-- of Qwen Code, portable ones and lone skills. Each is added, shown before it counts, and used.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local json = require "sys.json"

local SERVER = assert(fs.realpath "tests/fake/mcp.py")
local function encode(value) return json.encode(value) end
local function skill(text) return ("---\ndescription: %s\n---\n%s"):format(text, text) end

-- Programs that write down what they were told, and one that refuses.
local TOLD = "#!/bin/sh\ncat >> \"$CLAUDE_PROJECT_DIR/told\"\necho \"$CLAUDE_PLUGIN_ROOT\" >> \"$CLAUDE_PROJECT_DIR/root\"\n"
local REFUSES = "#!/bin/sh\necho 'not here' >&2\nexit 2\n"

local function hook(command, matcher) return { { matcher = matcher, hooks = { { type = "command", command = command } } } } end

local shapes = {}

shapes.claude = {
  [".claude-plugin/plugin.json"] = encode { name = "helper", version = "1.2.0", description = "helps", commands = { "./more/" } },
  ["commands/greet.md"] = "---\ndescription: greets\nallowed-tools: Bash(touch:*)\n---\nGreet $1 by ${CLAUDE_PLUGIN_ROOT}.",
  ["commands/help.md"] = "---\ndescription: own help\n---\nHelp.", ["more/extra.md"] = "Extra {{args}}.",
  ["agents/judge.md"] = "---\nname: judge\ndescription: Judges\ntools: Read\nmodel: opus\n---\nYou judge.",
  ["skills/paint/SKILL.md"] = skill "Paint", ["tools/trap.lua"] = "error 'ran'",
  ["hooks/hooks.json"] = encode { hooks = { PreToolUse = hook('"${CLAUDE_PLUGIN_ROOT}/told.sh"', "Read") } },
  [".mcp.json"] = encode { mcpServers = { echoer = { command = "python3", args = { SERVER }, env = { AT = "${CLAUDE_PLUGIN_ROOT}" } } } },
  [".lsp.json"] = "{}", ["told.sh"] = TOLD,
}
shapes.market = {
  [".claude-plugin/marketplace.json"] = encode { name = "market", plugins = json.array {
    { name = "one", source = "./plugins/one", description = "of the market" },
    { name = "some", source = "./", strict = false, skills = json.array { "./skills/a" } },
    { name = "far", source = { source = "github", repo = "who/far" } } } },
  ["plugins/one/.claude-plugin/plugin.json"] = encode { name = "one", version = "3" },
  ["plugins/one/commands/first.md"] = "First.", ["skills/a/SKILL.md"] = skill "A", ["skills/b/SKILL.md"] = skill "B",
}
shapes.gemini = {
  ["gemini-extension.json"] = encode { name = "twin", version = "0.1.0", contextFileName = "TWIN.md", excludeTools = json.array { "write_file" },
    settings = json.array { { name = "Key", description = "a key", envVar = "TWIN_KEY", sensitive = true } },
    mcpServers = { twin = { command = "python3", args = json.array { SERVER }, cwd = "${extensionPath}${/}" } } },
  ["TWIN.md"] = "Speak of twins.", ["commands/pair/up.toml"] = 'description = "pairs"\nprompt = "Pair {{args}}."',
  ["hooks/hooks.json"] = encode { hooks = { BeforeTool = hook("${extensionPath}/refuses.sh", "read_file") } }, ["refuses.sh"] = REFUSES,
}
shapes.qwen = {
  ["qwen-extension.json"] = encode { name = "east", version = "2.0.0", skills = "abilities", agents = "people",
    hooks = { UserPromptSubmit = hook "echo from $PWD" } },
  ["QWEN.md"] = "Mind the east.", ["abilities/sail/SKILL.md"] = skill "Sail", ["people/captain.md"] = "---\ndescription: Leads\n---\nYou lead.",
  ["commands/wind.md"] = "Wind: {{args}}!",
}
shapes.portable = {
  ["plugin.json"] = encode { ["$schema"] = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json", name = "light", version = "1.0.0" },
  ["skills/carry/SKILL.md"] = skill "Carry", ["commands/no.md"] = "Never.", ["mcp.json"] = encode { mcpServers = {} },
}
shapes.lone = { ["SKILL.md"] = skill "Lone", ["notes.txt"] = "x" }

-- A home with the folders of all shapes beside it.
local place = program.place {}
for name, files in pairs(shapes) do
  for path, text in pairs(files) do
    local full = ("%s/src/%s/%s"):format(place.root, name, path)
    assert(fs.mkdir(full:match "^(.*)/"))
    assert(fs.write(full, text, { mode = path:find "%.sh$" and 493 or 420, fsync = false }))
  end
end
local function run(...) return program.run(place, { ... }) end
local function ask(server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
end
local function add(name, plugin)
  return run("package", "add", place.root .. "/src/" .. name .. (plugin and ":" .. plugin or ""), "--yes")
end
local function sent(server, n)
  local asked = server:requests()
  local messages = asked[n or #asked].body.messages
  local content = messages[#messages].content
  return type(content) == "table" and content[1].text or content
end
local function tools(request)
  local out = {}
  for _, tool in ipairs(request.body.tools) do out[tool["function"].name] = tool["function"] end
  return out
end
local function call(name, args) return { calls = { { name = name, arguments = args } } } end

-- What the question before it says of each: every program, and what is not used.
local shown = {
  { "claude", nil, { "helper 1.2.0: helps", "commands +greet, help, extra", "skills +paint", "agents +judge", "tool servers +echoer %(python3 ",
    "programs +PreToolUse %(.*told%.sh", "not used +%.lsp%.json", "may %(exec%)" } },
  { "market", "one", { "one 3: of the market", "commands +first" } }, { "market", "some", { "some 0", "skills +a\n" } },
  { "gemini", nil, { "twin 0.1.0", "commands +pair/up", "tool servers +twin", "programs +PreToolUse", "instructions +TWIN.md", "no tools +write_file",
    "variables +TWIN_KEY" } },
  { "qwen", nil, { "east 2.0.0", "skills +sail", "agents +captain", "programs +UserPromptSubmit %(echo from", "instructions +QWEN.md" } },
  { "portable", nil, { "light 1.0.0", "skills +carry", "not used +commands/", "may do nothing beyond" } },
  { "lone", nil, { "lone 0", "skills +lone" } },
}
for _, row in ipairs(shown) do
  local r = add(row[1], row[2])
  for _, words in ipairs(row[3]) do t.match(r.out, words, row[1] .. r.err) end
  t.eq(r.code, 0, row[1] .. r.err)
  run("package", "remove", r.out:match "added (%S+)" or "")
end
t.match(add("market").err, "a marketplace; say which plugin you want, SOURCE:NAME: far, one, some", "a marketplace is several")
t.match(add("market", "none").err, "no plugin 'none'; it has far, one, some")
t.match(add("market", "far").err, "elsewhere: qwen package add https://github.com/who/far", "one that lies elsewhere is named")
t.match(add("lone", "x").err, "no marketplace", "nor is a skill one")

-- A plugin of Claude Code at work.
do
  add "claude"
  local dir = place.home .. "/.qwen/packages/helper"
  assert(fs.write(place.cwd .. "/a.txt", "text"))
  local server <close> = fake.start { call("read_file", { file_path = place.cwd .. "/a.txt" }), call("mcp__echoer__env", {}),
    call("task", { subagent_type = "judge", prompt = "judge it" }), { text = "judged" }, { text = "done" }, { text = "ok", times = 0 } }
  local r = ask(server, "-y", "-p", "go")
  local asked = server:requests()
  t.eq(r.code, 0, r.err)
  local first = tools(asked[1])
  t.match(first.skill.description, "%- paint: Paint", "its skill")
  t.match(first.task.description, "%- judge: Judges", "its agent")
  t.ok(first["mcp__echoer__env"], "the tools of its server")
  t.match(sent(server, 3), '"AT": "' .. dir:gsub("%p", "%%%0") .. '"', "and its variables")
  t.eq(asked[4].body.model, "m", "the size of a model is no model")
  local told = json.decode((fs.read(place.cwd .. "/told", 4096):match "^[^\n]*")) or {}
  t.eq({ told.hook_event_name, told.tool_name, told.tool_input and told.tool_input.file_path }, { "PreToolUse", "Read", place.cwd .. "/a.txt" },
    "its hook hears of tools by the names it knows")
  t.eq(fs.read(place.cwd .. "/root", 4096):match "^[^\n]*", dir, "and where it is")
  t.ok(not first.trap, "no Lua of it")
  ask(server, "-p", "/greet Ann")
  t.eq(sent(server), "Greet Ann by " .. dir .. ".", "its command, with its folder")
  ask(server, "-p", "/extra {{args}} x")
  t.eq(sent(server), "Extra {{args}}.\n\n{{args}} x", "braces are no places there")
  ask(server, "-p", "/helper:paint")
  t.match(sent(server), "Paint$", "its skill, by both names")
  t.match(ask(server, "/help").out, "/greet", "help is that of the program")
  for _, name in ipairs { "helper/help", "helper:help" } do
    ask(server, "-p", "/" .. name)
    t.eq(sent(server), "Help.", "its own by its whole name")
  end
  ask(server, "-p", "/helper:greet Bob")
  t.match(sent(server), "Greet Bob", "a free name with the package's before it")
  t.match(run("explain", "config", "mcpServers").out, "package helper", "where a server is from")
  fs.mkdir(place.home .. "/.qwen", 448)
  assert(fs.write(place.home .. "/.qwen/settings.json", '{"hooks":{"PreToolUse":[{"hooks":[{"type":"command","command":"touch mine"}]}]}}'))
  fs.remove(place.cwd .. "/told")
  local again <close> = fake.start { call("read_file", { file_path = place.cwd .. "/a.txt" }), { text = "ok", times = 0 } }
  ask(again, "-y", "-p", "go")
  t.eq({ fs.stat(place.cwd .. "/told") ~= nil, fs.stat(place.cwd .. "/mine") ~= nil }, { true, true }, "hooks of the user and of packages both run")
  assert(fs.write(dir .. "/told.sh", TOLD .. "touch evil\n", { mode = 493 }))
  fs.remove(place.cwd .. "/told")
  r = ask(again, "-y", "-p", "go")
  t.eq(fs.stat(place.cwd .. "/told"), nil, "nothing of it runs once a file has changed")
  t.match(r.err, "helper is not used: told.sh", "which is said")
  fs.remove(place.home .. "/.qwen/settings.json")
  run("package", "remove", "helper")
end

-- Extensions of Gemini and of Qwen Code at work.
do
  add "gemini"
  add "qwen"
  local server <close> = fake.start { call("read_file", { file_path = place.cwd .. "/a.txt" }), { text = "done" }, { text = "ok", times = 0 } }
  ask(server, "-y", "-p", "go")
  local asked = server:requests()
  local system = asked[1].body.messages[1].content
  t.ok(system:find("Speak of twins.", 1, true) and system:find("Mind the east.", 1, true), "their instructions")
  t.eq(tools(asked[1]).write_file, nil, "a tool that one takes away")
  t.match(sent(server, 1), "from " .. place.cwd:gsub("%p", "%%%0"), "a hook of the prompt")
  t.match(sent(server, 2), "not here", "a hook by Gemini's name for the event refuses")
  assert(fs.remove(place.cwd .. "/a.txt"))
  ask(server, "-p", "/pair:up a b")
  t.match(sent(server), "^Pair a b%.", "a command in TOML")
  ask(server, "-p", "/wind south")
  t.match(sent(server), "^Wind: south!", "a command of Qwen Code")
  t.match(tools(asked[1]).skill.description, "%- sail: Sail", "a folder under another name")
  t.match(run("extensions", "settings", "list", "twin").out, "TWIN_KEY  a key  %(not set%)", "what it wants")
  t.match(run("extensions", "list").out, "east.*twin", "by the words of Qwen Code")
  t.eq(run("extensions", "disable", "east", "--scope=workspace").code, 0)
  ask(server, "-p", "go")
  asked = server:requests()
  t.ok(not asked[#asked].body.messages[1].content:find("Mind the east.", 1, true), "off in this project")
  t.eq(run("extensions", "uninstall", "twin").code, 0)
  t.eq(run("extensions", "install", place.root .. "/src/portable", "--consent").code, 0)
  t.match(run("extensions", "list").out, "light", "installed")
end

t.done()
