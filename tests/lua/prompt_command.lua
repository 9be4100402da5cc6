-- Prompt commands in Markdown and TOML, and tools that are programs, as files in ~/.qwen; what is put in is never read as a command.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"

local function ask(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "key-0123456789" } })
end

t.eq({ require("qwen.util.toml").texts '# words\ndescription = "a \\"b\\" \\u00e9\\\\n"\nprompt = """\none\ntwo \\\n  three"""\n[x]\nother = 3\nlit = \'a\\b\'' },
  { { description = 'a "b" é\\n', prompt = "one\ntwo three", lit = "a\\b" } }, "TOML")
for _, opened in ipairs { '"""no end', '"no end', '"no end\\', '"', "'no end", "\'\'\'no end" } do
  t.match(select(2, require("qwen.util.toml").texts('a = "x"\nprompt = ' .. opened)), "line 2: the text of 'prompt' has no end", opened)
end
t.match(select(2, require("qwen.util.toml").texts "\n\nwhat is this"), "line 3: KEY")
t.eq({ require("qwen.util.front_matter").read "---\ndescription: 'x: y'\n---\nbody\n" }, { { description = "x: y" }, "body\n" })
t.eq({ require("qwen.util.front_matter").read "no matter\n---\n" }, { {}, "no matter\n---\n" })

do
  local place = program.place {
    ["~/.qwen/commands/fix.md"] = "---\ndescription: mends something\n---\nMend {{args}}. The file:\n@{a.txt}\nIt prints: !{echo [{{args}}]}",
    ["~/.qwen/commands/git/commit.toml"] = 'description = "writes a message"\nprompt = "Write a commit message."',
    ["~/.qwen/commands/out.md"] = "@{../secret}",
    ["~/.qwen/commands/refused.md"] = "x !{touch ran} y",
    ["~/.qwen/commands/deep.md"] = "!{echo '{a{b}c}'} end { !{ @{",
    ["~/.qwen/commands/empty.md"] = "---\ndescription: x\n---\n",
    ["~/.qwen/hooks/see.lua"] = "return { prompt_expanded = function(_, p) return { text = p.text .. ' [' .. p.command .. ']' } end }",
    ["a.txt"] = "text with !{touch evil} and {{args}}",
  }
  require("sys.fs").write(place.root .. "/secret", "x")
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local function sent(...)
    local r = ask(place, server, ...)
    local asked = server:requests()
    local messages = asked[#asked] and asked[#asked].body.messages
    return messages and messages[#messages].content, r, #asked
  end
  t.eq(sent "/fix it's 100% 'odd'", "Mend it's 100% 'odd'. The file:\ntext with !{touch evil} and {{args}}\nIt prints: [it's 100% 'odd']\n [fix]", "pieces")
  t.eq(require("sys.fs").stat(place.cwd .. "/evil"), nil, "nothing of a file runs")
  t.eq(sent "/git:commit be brief", "Write a commit message.\n\nbe brief [git:commit]", "a folder is the first part of the name; arguments behind")
  local before = select(3, sent "/git:commit")
  local _, r, after = sent "/out"
  t.match(r.err, "@{../secret} is outside the project")
  t.eq({ r.code, after }, { 1, before }, "nothing is sent")
  _, r = sent "/refused"
  t.match(r.err, "'touch ran' was not allowed to run")
  t.eq(require("sys.fs").stat(place.cwd .. "/ran"), nil)
  t.eq(sent("--yolo", "/refused"), "x  y [refused]", "in yolo it runs")
  t.eq(sent "/deep", "{a{b}c}\n end { !{ @{ [deep]", "braces in balance; what is none stays")
  _, r = sent "/empty"
  t.match(r.err, "~/.qwen/commands/empty.md: it holds no prompt")
  t.match(ask(place, server, "/help").out, "/fix +mends something.*/git:commit +writes a message")
end

-- A trusted project's own: before a person's of that name, never in the place of what ships, and no Lua.
do
  local place = program.place {
    ["~/.qwen/commands/both.md"] = "of the person", [".qwen/commands/both.md"] = "of the project", [".qwen/commands/help.md"] = "spoofed",
    [".qwen/commands/evil.lua"] = "return { summary = 'x', run = function(ctx) ctx.print 'ran' end }", [".qwen/commands/mine.md"] = "project only",
  }
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local function sent(...)
    local r = ask(place, server, ...)
    local asked = server:requests()
    return asked[#asked] and asked[#asked].body.messages[2].content, r
  end
  t.match(select(2, sent "/mine").err, "no command /mine", "not before the folder is trusted")
  t.eq(sent("--trust-folder", "/mine"), "project only")
  t.eq(sent("--trust-folder", "/both"), "of the project")
  t.match(select(2, sent("--trust-folder", "/help")).out, "/both")
  t.match(select(2, sent("--trust-folder", "/evil")).err, "no command /evil")
end

-- A tool that is a program.
do
  local place = program.place {
    ["~/.qwen/tools/count.json"] = '{"summary": "Count words.", "effect": "none", "schema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}, "run": ["./count.py"]}',
    ["~/.qwen/tools/count.py"] = "#!/usr/bin/env python3\nimport json, sys\nprint(len(json.load(sys.stdin)['text'].split()))\n",
    ["~/.qwen/tools/fails.json"] = '{"summary": "Fails.", "effect": "none", "run": ["/bin/sh", "-c", "echo why >&2; exit 3"]}',
    ["~/.qwen/tools/typo.json"] = '{"summary": "x", "efect": "none"}',
  }
  assert(require("qwen.util.process").run { argv = { "chmod", "755", place.home .. "/.qwen/tools/count.py" } })
  local server <close> = fake.start { { calls = { { name = "count", arguments = { text = "a b c" } }, { name = "fails", arguments = {} }, { name = "count", arguments = {} } } }, { text = "ok" } }
  local r = ask(place, server, "hi")
  t.eq(r.code, 0, r.err)
  local asked = server:requests()
  local messages = asked[2].body.messages
  t.eq(messages[4].content, "3\n", "its output")
  t.match(messages[5].content, "ended with exit code 3: why")
  t.match(messages[6].content, "do not fit: .*text")
  t.match(program.run(place, { "doctor" }).out, "tools/typo is out of order: ~/.qwen/tools/typo.json: unknown field 'efect'")
end

t.done()
