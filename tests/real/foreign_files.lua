-- Commands, skills and agents as they are written for Claude Code and for all agents, read as they are.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local json = require "sys.json"

local function run(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
end

local function call(name, args) return { calls = { { name = name, arguments = args } } } end

-- The last thing the model was sent, as a text; nil where it was asked nothing.
local function sent(server)
  local asked = server:requests()
  local messages = asked[#asked] and asked[#asked].body.messages
  local content = messages and messages[#messages].content
  return type(content) == "table" and content[1].text or content
end

local function tool(request, name)
  for _, one in ipairs(request.body.tools) do
    if one["function"].name == name then return one["function"] end
  end
end

-- What a command's text becomes: the text, what is typed, the prompt; `braces`: a file of ours, which
-- knows the forms of Qwen Code as well.
local texts = {
  { "Fix $ARGUMENTS now.", "it's 100% \"odd\"", "Fix it's 100% \"odd\" now." },
  { "First $1, then $2.", "'a b' c", "First a b, then c." },
  { "Only $1 and $3.", "a", "Only a and $3." },
  { "From zero: $0 $1.", "a b", "From zero: a b." },
  { "By place: $ARGUMENTS[1].", "a b", "By place: b." },
  { "Costs $5k and \\$1.", "", "Costs $5k and \\$1." },
  { "No place.", "a b", "No place.\n\na b" },
  { "$ARGUMENTS", "$1 {{args}} !`touch evil`", "$1 {{args}} !`touch evil`" },
  { "It is !`echo hi`.", "", "It is hi\n." },
  { "It is !`echo $ARGUMENTS`.", "a 'b c'", "It is a b c\n." },
  { "It is !`echo \"<$ARGUMENTS>\"`.", "$(touch evil) `touch evil`", "It is <$(touch evil) `touch evil`>\n." },
  { "It is !`echo '<$1>'`.", "\"it's\"", "It is <it's>\n." },
  { "```!\necho one\necho two\n```\nend", "", "one\ntwo\n\nend" },
  { "```sh\n!`touch evil`\n```\nend", "", "```sh\n!`touch evil`\n```\nend" },
  { "Danger!`touch evil`", "", "Danger!`touch evil`" },
  { "Braces {{args}} @{a.txt} !{touch evil}", "", "Braces {{args}} @{a.txt} !{touch evil}" },
  { "Braces {{args}} and $ARGUMENTS, !{echo $ARGUMENTS}", "x", "Braces x and x, x\n", braces = true },
  { "---\narguments: [from, to]\n---\nFrom $from to $to; $other", "a b", "From a to b; $other" },
}
do
  local files = { ["a.txt"] = "text of a" }
  for i, row in ipairs(texts) do
    files[(row.braces and ".qwen" or ".claude") .. "/commands/c" .. i .. ".md"] = row[1]
  end
  local place = program.place(files)
  local server <close> = fake.start { { text = "ok", times = 0 } }
  for i, row in ipairs(texts) do
    local r = run(place, server, "--trust-folder", "-p", "/c" .. i .. (row[2] ~= "" and " " .. row[2] or ""))
    t.eq(sent(server), row[3], row[1] .. r.err)
  end
  t.eq(fs.stat(place.cwd .. "/evil"), nil, "nothing that was put in ran")
  local before = #server:requests()
  local r = run(place, server, "-p", "/c1 x")
  t.eq({ r.code, #server:requests() }, { 2, before }, "none of it without trust")
  t.match(r.err, "%.claude/commands/ are not read", "which is said")
end

-- Skills from each place, the strongest last; what is the user's own in ~/.claude only when it is asked for.
local function skill(text, more) return ("---\nname: one\ndescription: %s\n%s---\n%s"):format(text, more or "", text) end
local places = { "~/.claude/skills", "~/.agents/skills", "~/.qwen/skills", ".claude/skills", ".agents/skills", ".qwen/skills" }
for from = 1, #places do
  local files = { ["~/.qwen/settings.json"] = '{"general":{"readClaudeHome":true}}' }
  for i = 1, from do files[places[i] .. "/one/SKILL.md"] = skill(places[i]) end
  local place = program.place(files)
  local server <close> = fake.start { { text = "ok", times = 0 } }
  run(place, server, "--trust-folder", "-p", "/one")
  t.match(sent(server), "\n\n" .. places[from]:gsub("%p", "%%%0"), places[from] .. " counts before those above")
end
do
  local place = program.place { ["~/.claude/skills/one/SKILL.md"] = skill "claude",
    ["~/.claude/commands/two.md"] = "two", ["~/.claude/commands/three.lua"] = "error 'ran'" }
  local server <close> = fake.start { { text = "ok", times = 0 } }
  for _, name in ipairs { "one", "two", "three" } do
    t.match(run(place, server, "-p", "/" .. name).err, "no command /" .. name, name .. " of ~/.claude is not read unasked")
  end
  fs.mkdir(place.home .. "/.qwen", 448)
  fs.write(place.home .. "/.qwen/settings.json", '{"general":{"readClaudeHome":true},"skills":{"directories":["~/more"]}}')
  fs.mkdir(place.home .. "/more/four", 448)
  fs.write(place.home .. "/more/four/SKILL.md", "---\ndescription: x\n---\nfour of more")
  run(place, server, "-p", "/two")
  t.eq(sent(server), "two", "a command of ~/.claude")
  t.match(run(place, server, "-p", "/three").err, "no command /three", "never Lua of it")
  run(place, server, "-p", "/four")
  t.match(sent(server), "four of more", "skills.directories")
end

-- Who may call a skill, and when.
do
  local place = program.place {
    ["~/.qwen/skills/quiet/SKILL.md"] = "---\ndescription: q\ndisable-model-invocation: true\nargument-hint: FILE\n---\nQuiet $1.",
    ["~/.qwen/skills/inner/SKILL.md"] = "---\ndescription: i\nuser-invocable: false\n---\nInner.",
    ["~/.qwen/skills/styles/SKILL.md"] = "---\ndescription: s\npaths:\n  - 'src/**/*.css'\n---\nStyles.",
    ["~/.qwen/skills/gate/SKILL.md"] = "---\ndescription: g\nhooks:\n  PreToolUse: []\n---\nGate.",
    ["src/a/x.css"] = "p {}\n", ["src/a/x.js"] = "1\n",
  }
  local function read(name) return call("read_file", { file_path = place.cwd .. "/src/a/" .. name }) end
  local server <close> = fake.start { read "x.js", read "x.css", call("skill", { skill = "styles" }), { text = "ok" },
    { text = "ok", times = 0 } }
  local r = run(place, server, "-p", "go")
  local asked = server:requests()
  t.eq(tool(asked[1], "skill").parameters.properties.skill.enum, { "gate", "inner" }, "what the model is offered")
  t.eq(tool(asked[2], "skill").parameters.properties.skill.enum, { "gate", "inner" }, "another file was read")
  t.eq(tool(asked[3], "skill").parameters.properties.skill.enum, { "gate", "inner", "styles" }, "such a file was read")
  t.match(sent(server), "Styles%.", "it is read")
  t.match(r.err, "gate/SKILL.md: its hooks are not run", "a guard that does not run is named")
  run(place, server, "-p", "/quiet a.txt")
  t.match(sent(server), "Quiet a.txt%.", "the user may")
  t.match(run(place, server, "-p", "/inner").err, "no command /inner", "the user may not")
  t.match(run(place, server, "-p", "/styles").err .. tostring(sent(server)), "Styles", "the user need not wait")
end

-- allowed-tools of one's own let commands run until the prompt is answered; those of a project do not.
local LEND = "---\ndescription: d\nallowed-tools: Bash(touch:*), Read\n---\nDo !`touch made`."
for _, row in ipairs { { "~/.qwen/commands/make.md", true }, { ".claude/commands/make.md", false },
  { ".qwen/commands/make.md", false }, { "~/.qwen/skills/make/SKILL.md", true }, { ".qwen/skills/make/SKILL.md", false } } do
  local place = program.place { [row[1]] = LEND }
  local touch = call("run_shell_command", { command = "touch again" })
  local server <close> = fake.start { touch, { text = "ok" }, call("run_shell_command", { command = "touch later" }), { text = "ok" } }
  local r = run(place, server, "--trust-folder", "-p", "/make")
  t.eq({ r.code, fs.stat(place.cwd .. "/made") ~= nil, fs.stat(place.cwd .. "/again") ~= nil },
    { row[2] and 0 or 1, row[2], row[2] }, row[1] .. r.err)
  if row[2] then run(place, server, "--trust-folder", "-c", "-p", "touch it") end
  t.eq(fs.stat(place.cwd .. "/later"), nil, "nothing is lent beyond it")
end

-- Agents of a project, with the words of Claude Code.
do
  local place = program.place {
    [".claude/agents/looker.md"] = "---\nname: looker\ndescription: Looks\ntools: Read, Grep\nmodel: sonnet\ncolor: red\n---\nYou look.",
  }
  local server <close> = fake.start { call("task", { subagent_type = "looker", prompt = "look" }), { text = "seen" }, { text = "ok" } }
  run(place, server, "--trust-folder", "-p", "go")
  local asked = server:requests()
  local names = {}
  for _, one in ipairs(asked[2].body.tools) do names[#names + 1] = one["function"].name end
  table.sort(names)
  t.eq({ asked[2].body.model, names }, { "m", { "glob", "grep_search", "list_directory", "read_file" } }, json.encode(names))
end

t.done()
