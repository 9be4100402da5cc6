-- Instruction files as people have them: CLAUDE.md, long ones, links in the home folder, names in any script, fences; and mentions in a prompt.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fake = dofile "tests/fake/fake.lua"
local fs = require "sys.fs"
local proc = require "qwen.util.process"
local os_ = require "sys.os"

local function ask(place, server, prompt, cwd)
  return program.run(place, { "--trust-folder", "--openai-base-url", server.url, "-m", "m", "-p", prompt }, { cwd = cwd })
end

local function system_of(files, cwd, before)
  local place = program.place(files)
  if before then before(place) end
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local r = ask(place, server, "hi", cwd and place.cwd .. cwd)
  local requests = server:requests()
  return requests[1] and requests[1].body.messages[1].content or "", r.err, place
end

-- CLAUDE.md counts where neither of ours is there.
local system = system_of { ["CLAUDE.md"] = "CLAUDE RULE" }
t.match(system, "CLAUDE RULE", "CLAUDE.md alone")
system = system_of { ["CLAUDE.md"] = "CLAUDE RULE", ["AGENTS.md"] = "AGENTS RULE" }
t.ok(system:find "AGENTS RULE" and not system:find "CLAUDE RULE", "AGENTS.md is stronger")
system = system_of { ["CLAUDE.md"] = "CLAUDE RULE", ["~/.qwen/settings.json"] = '{"context": {"fileName": "RULES.md"}}' }
t.ok(not system:find "CLAUDE RULE", "names that the user gave are all")

-- A long one is cut and said.
local said
system, said = system_of { ["QWEN.md"] = "FIRST\n" .. ("字\n"):rep(30000) .. "LAST\n" }
t.ok(system:find "FIRST" and not system:find "LAST", "cut")
t.match(said, "QWEN%.md is longer than 64 KB", "and said")

-- ~/.qwen/QWEN.md may be a link, and imports what it likes; a project's does not reach outside.
system = system_of({ ["~/dotfiles/QWEN.md"] = "LINKED @~/dotfiles/more.md @parts/one.md", ["~/dotfiles/more.md"] = "MORE",
  ["~/dotfiles/parts/one.md"] = "PART", ["~/.qwen/.keep"] = "", ["QWEN.md"] = "@~/dotfiles/secret.md @../outside.md",
  ["~/dotfiles/secret.md"] = "SECRET", ["../outside.md"] = "OUTSIDE" }, nil, function(place)
  assert(proc.run { argv = { "/bin/ln", "-s", place.home .. "/dotfiles/QWEN.md", place.home .. "/.qwen/QWEN.md" } })
end)
for _, word in ipairs { "LINKED", "MORE", "PART" } do t.ok(system:find(word), word .. " of the user's own") end
for _, word in ipairs { "SECRET", "OUTSIDE" } do t.ok(not system:find(word), word .. " is outside of the project") end

-- Names in any script, and marks behind them; fences of any form.
system = system_of { ["QWEN.md"] = "看 @文档/说明.md。 and @docs/a+b.md, (see)\n~~~\n@docs/no.md\n~~~\n````\n```\n@docs/no.md\n```\n@docs/no.md\n````\n@docs/end.md\n",
  ["文档/说明.md"] = "DOCUMENT", ["docs/a+b.md"] = "PLUS", ["docs/no.md"] = "FENCED", ["docs/end.md"] = "BEHIND" }
for _, word in ipairs { "DOCUMENT", "PLUS", "BEHIND" } do t.ok(system:find(word), word .. " is imported") end
t.ok(not system:find "FENCED", "nothing inside a fence is")

-- A folder of another user above is not read.
if os_.uid() == 0 then
  system, said = system_of({ ["QWEN.md"] = "FOREIGN RULE", ["sub/QWEN.md"] = "OWN RULE", [".git/HEAD"] = "" }, "/sub", function(place)
    assert(proc.run { argv = { "/bin/chown", "12345", place.cwd } })
  end)
  t.ok(system:find "OWN RULE" and not system:find "FOREIGN RULE", "another user's folder")
  t.match(said, "belongs to another user: QWEN%.md left out", "and it is said")
else
  t.skip "giving a folder to somebody else needs root"
end

-- Mentions in a prompt.
local place = program.place { ["文档/说明.md"] = "DOCUMENT", ["docs/a+b.md"] = "PLUS", ["c.md"] = "THIRD" }
local server <close> = fake.start { { text = "ok", times = 0 } }
ask(place, server, "请看@文档/说明.md，然后看（@docs/a+b.md）和 @c.md。")
local sent = fs.read and require("sys.json").encode(server:requests()[1].body.messages)
for _, word in ipairs { "DOCUMENT", "PLUS", "THIRD" } do t.ok(sent:find(word, 1, true), word .. " goes with the prompt") end

t.done()
