-- Skills and agents in Markdown, through the real program: offered by name, read on demand, a project's only when it is trusted.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local json = require "sys.json"
require "qwen.api"

local function call(name, args) return { calls = { { name = name, arguments = args } } } end

local function run(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
end

local function tools_of(request)
  local out = {}
  for _, tool in ipairs(request.body.tools) do out[tool["function"].name] = tool["function"] end
  return out
end

local function result_of(request)
  local messages = request.body.messages
  local last = messages[#messages]
  return last.role == "tool" and last.content or json.encode(last)
end

-- Front matter.
local fields, body = require("qwen.util.front_matter").read("---\nname: a\ndescription: >-\n  one\n  two\ntools:\n  - read_file\n  - edit\nlist: [a, 'b']\nq: \"x: y\"\n---\nText\n")
t.eq(fields, { name = "a", description = "one two", tools = "read_file, edit", list = "[a, 'b']", q = "x: y" }, "fields")
t.eq(body, "Text\n", "the rest")
t.eq({ qwen.x.markdown_resource.words(fields.tools), qwen.x.markdown_resource.words(fields.list), qwen.x.markdown_resource.words "" }, { { "read_file", "edit" }, { "a", "b" }, {} }, "lists")

local SKILL = "---\nname: %s\ndescription: %s\n---\n%s\n"
local files = {
  ["~/.qwen/skills/pdf/SKILL.md"] = SKILL:format("pdf", "Work with PDF files", "Use pdftotext first."), ["~/.qwen/skills/pdf/scripts/cut.sh"] = "echo\n",
  ["~/.qwen/skills/mine/SKILL.md"] = "---\ndescription: |\n  Mine,\n  on two lines\n---\nDo it my way.\n", ["~/.qwen/skills/broken/SKILL.md"] = "no front matter\n",
  ["~/.qwen/skills/quiet/SKILL.md"] = "---\ndescription: For people only\ndisable-model-invocation: true\n---\nx\n", ["~/.qwen/skills/readme.txt"] = "x",
  [".qwen/skills/deploy/SKILL.md"] = SKILL:format("deploy", "Deploy this project", "Run deploy.sh."),
  [".qwen/skills/other/SKILL.md"] = SKILL:format("mine", "Of the project", "The project's way."),
}
do
  local place = program.place(files)
  local server <close> = fake.start { call("skill", { skill = "pdf", args = "a.pdf" }), call("skill", { skill = "deploy" }), { text = "done" } }
  local r = run(place, server, "-p", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  t.match(r.err, "broken/SKILL.md is left out: its front matter has no description", "one that says nothing")
  local asked = server:requests()
  local tool = tools_of(asked[1]).skill
  t.match(tool.description, "\n%- mine: Mine, on two lines\n%- pdf: Work with PDF files$", "those of the person")
  t.eq(tool.parameters.properties.skill.enum, { "mine", "pdf" }, "by name")
  t.match(result_of(asked[2]), "Use pdftotext first.*It is asked for with: a.pdf.*scripts/cut.sh", "its text")
  t.match(result_of(asked[3]), "skill must be one of", "a project's not before trust")
end
do -- Its files are read unasked once it was read, and nothing beside them; nothing is written there.
  local place = program.place(files)
  local folder = place.home .. "/.qwen/skills/pdf"
  local read, name = call("read_file", { file_path = folder .. "/scripts/cut.sh" }), folder .. "/scripts/cut.sh"
  local server <close> = fake.start { read, call("skill", { skill = "pdf" }), call("grep_search", { pattern = "echo", path = name }), read,
    call("read_file", { file_path = folder .. "/../mine/SKILL.md" }), call("write_file", { file_path = name, content = "x" }), { text = "done" } }
  run(place, server, "-p", "go")
  local asked = server:requests()
  for i, want in ipairs { "^Refused", "^Skill pdf", "^1 line in .+/cut.sh\n1:echo", "^echo\n", "^Refused", "^Refused" } do t.match(result_of(asked[i + 1]), want, "call " .. i) end
end
do
  local place = program.place(files)
  local server <close> = fake.start { call("skill", { skill = "mine" }), { text = "done" } }
  run(place, server, "--trust-folder", "-p", "go")
  local asked = server:requests()
  t.eq(tools_of(asked[1]).skill.parameters.properties.skill.enum, { "deploy", "mine", "pdf" }, "a trusted project's too")
  t.match(result_of(asked[2]), "The project's way", "in the place of the person's")
end
do
  local server <close> = fake.start { { text = "done" } }
  run(program.place(), server, "-p", "go")
  t.eq(tools_of(server:requests()[1]).skill, nil, "no skill, no tool")
end

-- Agents: their own prompt, tools, model and limit; the result alone comes back.
local AGENTS = { ["a.txt"] = "the text of a\n",
  ["~/.qwen/agents/reader.md"] = "---\nname: reader\ndescription: Reads files\ntools:\n  - Read\n  - Bash\nmodel: small\nmaxTurns: 3\n---\nYou read.\n",
  ["~/.qwen/agents/any.md"] = "---\ndescription: Does anything\ndisallowedTools: [Edit]\n---\nYou do.\n",
  [".qwen/agents/theirs.md"] = "---\ndescription: Of the project\n---\nYou are theirs.\n" }
local function task(agent, prompt) return call("task", { subagent_type = agent, prompt = prompt, description = "look" }) end
do
  local place = program.place(AGENTS)
  local read = call("read_file", { file_path = place.cwd .. "/a.txt" })
  local server <close> = fake.start { task("reader", "What is in a.txt?"), read, call("write_file", { file_path = place.cwd .. "/b", content = "x" }), { text = "It says a." },
    { text = "done" } }
  local r = run(place, server, "-y", "-o", "json", "-p", "go")
  t.eq(r.code, 0, r.err)
  local asked = server:requests()
  t.eq(#asked, 5, "its requests")
  t.match(tools_of(asked[1]).task.description, "\n%- any: Does anything\n%- explore: [^\n]+\n%- general%-purpose: [^\n]+\n%- reader: Reads files$", "those that ship and those of the person")
  t.match(asked[2].body.messages[1].content, "^You read%.\n\n%- Look before.*\nSystem: .*\nDate: %d+", "the rules and facts of all")
  t.eq({ asked[2].body.model, #asked[2].body.messages, asked[2].body.messages[1].content:match "^[^\n]+", asked[2].body.messages[2].content },
    { "small", 2, "You read.", "What is in a.txt?" }, "a conversation of its own")
  local names = {}
  for name in pairs(tools_of(asked[2])) do names[#names + 1] = name end
  table.sort(names)
  t.eq(names, { "glob", "grep_search", "list_directory", "read_file", "run_shell_command" }, "its tools")
  t.match(result_of(asked[3]), "the text of a", "they work")
  t.match(result_of(asked[4]), "There is no tool 'write_file'", "others are not there")
  t.eq({ asked[5].body.model, result_of(asked[5]) }, { "m", "It says a." }, "its answer is the result")
  t.ok(not json.encode(asked[5].body.messages):find("the text of a", 1, true), "and nothing else of it")
  t.ok(not r.out:find("the text of a", 1, true), "nor on the output")
  local saved = program.run(place, { "sessions", "list" })
  t.match(saved.out, "go", "the session: " .. saved.out .. saved.err)
end
do
  local place = program.place(AGENTS)
  local read = call("read_file", { file_path = place.cwd .. "/a.txt" })
  local server <close> = fake.start { task("reader", "x"), read, read, read, { text = "done" } }
  local r = run(place, server, "-p", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  t.match(result_of(server:requests()[5]), "reader was stopped at its limit of 3 turns", "a limit of turns")
end
do
  local place = program.place(AGENTS)
  local server <close> = fake.start { task("any", "x"), call("run_shell_command", { command = "touch made" }), { text = "I may not." }, task("theirs", "x"),
    { status = 400, body = json.encode { error = { message = "bad" } } }, { text = "done" } }
  local r = run(place, server, "--trust-folder", "-p", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local asked = server:requests()
  t.eq({ tools_of(asked[2]).edit, tools_of(asked[2]).todo_write }, {}, "what it may not use")
  t.match(result_of(asked[3]), "needs the user's approval", "it is asked about")
  t.match(asked[5].body.messages[1].content, "^You are theirs", "a trusted project's")
  t.match(result_of(asked[6]), "bad", "a failure is the result")
end

-- Agents that ship: one that only looks; several work side by side, as many as the settings say.
do
  local place = program.place(AGENTS)
  local both = { calls = { task("explore", "one").calls[1], task("explore", "two").calls[1] } }
  both.calls[1].id, both.calls[2].id = "a", "b"
  local server <close> = fake.start { both, call("run_shell_command", { command = "touch made" }), call("run_shell_command", { command = "cat a.txt" }),
    { text = "first" }, { text = "second" }, { text = "done" } }
  local r = run(place, server, "--yolo", "-p", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local asked = server:requests()
  t.eq({ #asked[2].body.messages, #asked[3].body.messages }, { 2, 2 }, "both began before one had gone on")
  t.eq({ tools_of(asked[2]).edit, tools_of(asked[2]).write_file, tools_of(asked[2]).task }, {}, "it has nothing that writes")
  t.eq(require("sys.fs").stat(place.cwd .. "/made"), nil, "and no command that writes is run")
end
do
  local place = program.place { ["~/.qwen/settings.json"] = '{"agents":{"maxParallelAgents":1}}' }
  local both = { calls = { task("explore", "one").calls[1], task("general-purpose", "two").calls[1] } }
  both.calls[1].id, both.calls[2].id = "a", "b"
  local server <close> = fake.start { both, call("glob", { pattern = "*" }), { text = "first" }, { text = "second" }, { text = "done" } }
  local r = run(place, server, "-p", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local asked = server:requests()
  t.eq({ #asked[2].body.messages, #asked[3].body.messages, #asked[4].body.messages }, { 2, 4, 2 }, "one after the other")
  t.eq({ asked[5].body.messages[4].content, asked[5].body.messages[5].content }, { "first", "second" }, "the results")
end

t.done()
