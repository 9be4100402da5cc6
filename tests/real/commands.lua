-- Commands as people of Qwen Code and Claude Code type them: first words, `mcp add`, and other names of slash commands.
require "qwen.api"
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local aliases = require "qwen.extension.aliases"
local commands = require "qwen.extension.commands"
local fs = require "sys.fs"
local json = require "sys.json"
local registry = require "qwen.extension.registry"

-- First words that Qwen Code runs are refused; nothing is asked, and no session is written.
local place = program.place {}
local function run(...) return program.run(place, { ... }) end
for _, word in ipairs { "update", "plugin", "hooks-", "serve", "channel", "completion", "board" } do
  local r = run(word, "list", "--port", "1")
  if word == "hooks-" then r = run("serve", "--", "x") end
  t.eq(r.code, 2, "qwen " .. word .. " is an error")
  t.match(r.err, "nearest: %S", "qwen " .. word .. " names the nearest")
end
t.ok(not fs.stat(place.home .. "/.qwen/projects"), "no session was written")
t.eq(run("status").code, 0, "a lone alias of a command of the shell is that command")
t.ok(run("--", "review", "this").err:find("no model", 1, true), "behind -- they are a prompt")
t.ok(run("review the last commit").err:find("no model", 1, true), "so they are in quotes")

-- `mcp add` in the forms of both programs, and what is not understood.
local function server(words, want)
  local settings = place.home .. "/.qwen/settings.json"
  fs.remove(settings)
  local argv = { "mcp", "add" }
  for word in words:gmatch "%S+" do argv[#argv + 1] = (word:gsub("_", " ")) end
  local r = run(table.unpack(argv))
  local text = fs.read(settings)
  if type(want) == "string" then
    t.eq(r.code, 2, words .. " is an error")
    t.match(r.err, want, words)
    t.ok(not text, words .. " writes nothing")
  else
    t.eq(text and json.decode(text).mcpServers, want, words .. r.err)
  end
end
local function list(...) return json.array { ... } end
local http = { httpUrl = "https://x.example/mcp" }
server("--transport http it https://x.example/mcp", { it = http })
server("-t http it https://x.example/mcp", { it = http })
server("it https://x.example/mcp --transport=http", { it = http })
server("it https://x.example/mcp", { it = http })
server("--transport sse it https://x.example/sse --timeout 30000", { it = { url = "https://x.example/sse", timeout = 30000 } })
server("it https://x.example/mcp --header A:_b -H X-Key:_$K", { it = { httpUrl = http.httpUrl, headers = { A = "b", ["X-Key"] = "$K" } } })
server("-s user it true", { it = { command = "true", args = list() } })
server("it -e A=b -e C=d -- npx -y pkg --trust", { it = { command = "npx", args = list("-y", "pkg", "--trust"), env = { A = "b", C = "d" } } })
server("it --env A=b C=d -- npx -y pkg", { it = { command = "npx", args = list("-y", "pkg"), env = { A = "b", C = "d" } } })
server("it npx -y pkg -e x", { it = { command = "npx", args = list("-y", "pkg", "-e", "x") } })
server("--trust --include-tools a,b it true", { it = { command = "true", args = list(), trust = true, includeTools = list("a", "b") } })
server("--transport http it true", "wants an address")
server("--transport stdio it https://x.example", "is an address")
server("--scope project it true", "cannot make servers start")
server("--transprt http it https://x.example", "did you mean %-%-transport")
server("--transport it", "must be one of")
server("-e nothing it true", "NAME=VALUE")
server("it https://x.example/mcp more", "behind the address")
server("it true --transport", { it = { command = "true", args = list "--transport" } })
server("it https://x.example/mcp --transport", "wants a value")

-- Other names lead to what is there: each alias to a command, and at least thirty of them.
registry.scan {}
local count = 0
for _, name in ipairs(registry.names "commands") do
  for _, alias in ipairs(aliases.of(registry.get("commands", name))) do
    count = count + 1
    t.ok(not registry.has("commands", alias.name), "/" .. alias.name .. " is no file of its own")
    t.eq(aliases.resolve(alias.name), name, "/" .. alias.name)
  end
end
for name, want in pairs { compress = "compact", status = "about", reset = "clear", login = "auth", connect = "auth", continue = "resume",
  restore = "undo", rollback = "rewind", ["approval-mode"] = "mode", ["?"] = "help", summarize = "compact" } do
  t.eq(aliases.resolve(name), want, "/" .. name)
end
for _, name in ipairs { "agents", "skills", "hooks", "trust" } do
  t.ok(registry.has("commands", (aliases.resolve(name))), "/" .. name .. " leads somewhere")
end
t.ok(count >= 30, ("there are %d other names"):format(count))
t.eq({ commands.split "/remember to test" }, { "memory", "add to test" }, "an alias with words puts them in front")
t.eq({ commands.split "/? mode" }, { "help", "mode" }, "/? is help")
t.eq({ commands.split "/中文 x" }, { "中文", "x" }, "a name need not be English")
t.eq(commands.split "/usr/bin is a path", nil, "a path is a prompt")

-- A file of that name is stronger, and a wrong alias is told.
local own = program.place { ["~/.qwen/commands/compress.md"] = "Say {{args}}.", ["~/.qwen/commands/mine.lua"] =
  'return { summary = "x", aliases = { "a b" }, run = function() return 0 end }' }
t.match(program.run(own, { "help", "compress" }).out, "compress%.md", "the user's file is stronger than an alias")
t.match(program.run(program.place { ["~/.qwen/commands/中文.md"] = "x" }, { "help", "中文" }).out, "/中文", "中文.md is a command")
t.match(program.run(own, { "doctor" }).out, "'a b' is no name for an alias", "a wrong alias is told")

-- Slash commands of other programs are named with what is nearest here, which is there.
for name, instead in pairs(require("qwen.extension.foreign_slash").nearest) do
  t.eq((aliases.resolve(name)), name, name .. " is no name of ours")
  local found, e = commands.find(name)
  t.eq(found, nil, name)
  t.match(tostring(e), "; here: ", name)
  for command in instead:gmatch "/(%a[%w-]*)" do t.ok(registry.has("commands", (aliases.resolve(command))), ("%s: there is /%s"):format(name, command)) end
end
t.done()
