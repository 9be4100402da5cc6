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
local fields, body = require("qwen.promptfile").front_matter("---\nname: a\ndescription: >-\n  one\n  two\ntools:\n  - read_file\n  - edit\nlist: [a, 'b']\nq: \"x: y\"\n---\nText\n")
t.eq(fields, { name = "a", description = "one two", tools = "read_file, edit", list = "[a, 'b']", q = "x: y" }, "fields")
t.eq(body, "Text\n", "the rest")
t.eq({ qwen.cards.words(fields.tools), qwen.cards.words(fields.list), qwen.cards.words "" }, { { "read_file", "edit" }, { "a", "b" }, {} }, "lists")

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

t.done()
