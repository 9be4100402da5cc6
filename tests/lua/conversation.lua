-- Commands that look at a conversation: context, export, memory, tools, resume, copy, about; and the instruction files.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local place = program.place {
  [".git/HEAD"] = "ref: refs/heads/main\n", ["QWEN.md"] = "ROOT RULE\nsee @docs/more.md and `@docs/code.md`\n```\n@docs/code.md\n```\n@../../outside.md me@docs/more.md\n",
  ["docs/more.md"] = "IMPORTED @more.md @deep/x.md", ["docs/deep/x.md"] = "DEEP", ["docs/code.md"] = "CODE", [".qwen/rules/style.md"] = "STYLE RULE\n",
  [".qwen/QWEN.local.md"] = "LOCAL RULE\n", ["sub/AGENTS.md"] = "SUB RULE\n", ["sub/.keep"] = "", ["link.md"] = "", ["~/.qwen/QWEN.md"] = "HOME RULE\n",
  ["~/outside.md"] = "OUTSIDE", ["~/.qwen/commands/.keep"] = "",
}
local server <close> = fake.start { { text = "Use this:\n```lua\nprint(1)\n```\n<b>not bold</b> \27[31mred" , think = "hm" },
  { calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/docs/more.md" } } } }, { text = "second" }, { text = "third" } }

local function qwen(args, options)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", table.unpack(args) }, options)
end

-- Instruction files: from home, from the project's root down, imports only from inside.
do
  t.eq(qwen({ "--trust-folder", "hello" }, { cwd = place.cwd .. "/sub" }).code, 0, "asked")
  local system = server:requests()[1].body.messages[1].content
  for _, word in ipairs { "HOME RULE", "ROOT RULE", "IMPORTED", "DEEP", "STYLE RULE", "LOCAL RULE", "SUB RULE" } do t.match(system, word, word) end
  for _, word in ipairs { "OUTSIDE", "CODE" } do t.ok(not system:find(word, 1, true), "not " .. word) end
  t.ok(system:find "HOME RULE" < system:find "ROOT RULE" and system:find "ROOT RULE" < system:find "SUB RULE", "in order")
  local _, times = system:gsub("IMPORTED", "")
  t.eq(times, 1, "a circle of imports ends")
  local r = qwen({ "--trust-folder", "-p", "/memory" }, { cwd = place.cwd .. "/sub" })
  t.match(r.out, "AGENTS.md", "listed")
  t.match(qwen({ "-p", "/memory" }).out, "not trusted", "untrusted")
  t.eq(qwen({ "-p", "/memory add  always   use tabs" }).code, 0, "a line is added")
  t.eq(fs.read(place.home .. "/.qwen/QWEN.md"), "HOME RULE\n\n## Memories\n- always use tabs\n", "to the person's own file")
end

local id = json.decode(program.run(place, { "sessions", "list", "--json" }, { cwd = place.cwd .. "/sub" }).out)[1].id
local sub = { cwd = place.cwd .. "/sub" }
t.eq(qwen({ "--continue", "-y", "more" }, sub).out, "second\n", "goes on")

-- What is said beside the line about a folder that is not trusted.
local function other(err) return (err:gsub("qwen: this folder is not trusted[^\n]*\n", "")) end

-- What fills the window sums to the bytes that are sent.
do
  local r = qwen({ "--continue", "-p", "/context" }, sub)
  t.eq({ r.code, other(r.err) }, { 0, "" }, "context")
  t.match(r.out, "tool results", "results")
  fs.write(place.home .. "/.qwen/commands/sizes.lua", [[return { summary = "sizes", session = true, run = function(ctx)
    local rows, _, total = qwen.x.view.sizes(ctx)
    for _, row in ipairs(rows) do total = total - row.bytes end
    ctx.print("left " .. total)
    return 0
  end }]])
  t.eq(qwen({ "--continue", "-p", "/sizes" }, sub).out, "left 0\n", "the parts sum to the body")
end

-- Documents.
do
  for _, form in ipairs { "md", "json", "html" } do
    local r = qwen({ "--continue", "-p", "/export " .. form .. " out." .. form }, sub)
    t.eq({ r.code, other(r.err) }, { 0, "" }, "export " .. form)
    local text = fs.read(sub.cwd .. "/out." .. form)
    t.match(text, "second", form)
    if form ~= "json" then t.ok(not text:find("\27", 1, true), "no escape byte in " .. form) end
    t.match(qwen({ "--continue", "-p", "/export " .. form .. " out." .. form }, sub).err, "already", "nothing is written over")
  end
  local html = fs.read(sub.cwd .. "/out.html")
  t.match(html, "&lt;b&gt;not bold", "markup of the model is text")
  t.match(html, "<pre><code>print", "code")
  t.ok(not html:find "https?:", "it needs nothing from elsewhere")
  t.eq(#json.decode(fs.read(sub.cwd .. "/out.json")).messages, 6, "all messages")
  t.match(qwen({ "--continue", "-p", "/export pdf" }, sub).err, "usage", "another form")
end

-- Others.
do
  t.match(qwen({ "--continue", "-p", "/tools" }, sub).out, "run_shell_command +runs commands", "tools")
  t.match(program.run(place, { "about" }).out, "^qwen +%d", "about")
  local report = program.run(place, { "bug", "it fails" }, { env = { OPENAI_API_KEY = "sk-report-0123456789abcdef" } })
  t.eq({ report.code, report.err }, { 0, "" }, "bug")
  local text = fs.read(place.home .. report.out:match "~(%S+)")
  t.match(text, "^# it fails\n.*qwen +%d.*commands/sizes %(user%)", "the report")
  t.ok(not text:find "sk%-report" and not text:find "hello", "no key, no prompt")
  t.match(qwen({ "-p", "/settings general.vimMode true" }).out, "general.vimMode = true", "a setting is changed")
  t.match(qwen({ "-p", "/settings general.vimMode" }).out, "settings.json", "and explained")
  t.match(qwen({ "--continue", "-p", "/copy" }, sub).err, "no clipboard", "no terminal, no clipboard")
  t.match(qwen({ "--continue", "-p", "/copy 7" }, sub).err, "2 answers", "too far back")
  local init <close> = fake.start { { text = "written" } }
  local r0 = program.run(place, { "--openai-base-url", init.url, "-m", "m", "-p", "/init  the tests" }, sub)
  t.eq({ r0.code, r0.out }, { 0, "written\n" }, "a command that asks the model")
  local sent = init:requests()[1].body.messages
  t.match(sent[#sent].content, "Write the file " .. sub.cwd:gsub("%-", "%%-") .. "/QWEN.md.*Above all: the tests", "what it asks")
  t.eq(qwen({ "new session" }, sub).out, "third\n")
  local r = qwen({ "--continue", "-p", "/resume" }, sub)
  t.match(r.out, id:sub(1, 8) .. ".*hello", "the others")
  r = qwen({ "--continue", "-p", "/resume " .. id:sub(1, 8) }, sub)
  t.match(r.out, "second", "the last answer")
  t.match(qwen({ "--continue", "-p", "/resume nope" }, sub).err, "no session", "none such")
end
t.done()
