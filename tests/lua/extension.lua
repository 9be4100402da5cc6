-- Users' own files: they replace, add and break only themselves; shipped files can be printed, ejected, replaced whole.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local function run(place, ...) return program.run(place, { ... }) end

-- Commands: a new one, one in the place of a shipped one, broken ones.
do
  local place = program.place {
    ["~/.qwen/commands/hello.lua"] = 'return { summary = "greets", shell = true, run = function(ctx, args) ctx.print("hello " .. (args[1] or "you") .. " " .. require("mine.names").last) end }',
    ["~/.qwen/lua/mine/names.lua"] = 'return { last = "smith" }',
    ["~/.qwen/commands/sessions.lua"] = 'local C = qwen.shipped "commands/sessions" C.summary = "mine" C.subcommands.list.run = function(ctx) ctx.print "replaced" end return C',
    ["~/.qwen/commands/bad.lua"] = 'return {\n  summary = "x",\n  run = function() retrun 1 end }',
    ["~/.qwen/commands/typo.lua"] = 'return { sumary = "x", summary = "x", run = function() end }',
    ["~/.qwen/commands/raises.lua"] = 'return { summary = "x", shell = true, run = function() local x = nil; return x.y end }',
    ["~/.qwen/commands/global.lua"] = 'x = 1\nreturn { summary = "sets a global of its own file", shell = true, run = function(ctx) ctx.print(tostring(x)) end }',
    ["~/.qwen/init.lua"] = 'local ctx = ...\nctx.print("init ran in " .. ctx.mode)',
  }
  t.eq(run(place, "hello", "ann").out, "init ran in default\nhello ann smith\n", "a new command, a module of the user's, init.lua")
  t.match(run(place, "sessions", "list").out, "replaced", "in the place of a shipped one")
  t.match(run(place, "/bad").err, "~/.qwen/commands/bad.lua:3: syntax error near '1'", "a broken file names file and line")
  t.match(run(place, "/typo").err, "unknown field 'sumary'; did you mean 'summary'", "an unknown field")
  t.match(run(place, "/help").out, "/bad +out of order: .*bad.lua:3", "help shows what is out of order")
  t.match(run(place, "/help").out, "/hello +greets  %(user%)", "and users' own")
  local r = run(place, "raises")
  t.match(r.err, "commands/raises.lua:1: attempt to index a nil value", "a command that raises")
  t.match(run(place, "global").out, "1\n", "an environment of its own")
  t.match(run(place, "--safe", "/hello").err, "no command /hello", "--safe leaves them out")
  t.eq(run(place, "--safe", "sessions", "list").out, "no sessions in this folder yet\n")
  fs.write(place.home .. "/.qwen/init.lua", "error 'broken init'")
  r = run(place, "hello")
  t.match(r.err, "broken init", "a broken init.lua is told")
  t.match(r.out, "hello you", "and harms nothing else")
  local used = place.root .. "/commands"
  fs.mkdir(used)
  fs.write(used .. "/hello.lua", 'return { summary = "used", shell = true, run = function(ctx) ctx.print "from --use" end }')
  t.match(run(place, "--use", used .. "/hello.lua", "hello").out, "from %-%-use", "--use is the strongest tier")
end

-- A provider of ten lines, a tool, hooks.
do
  local place = program.place {
    ["~/.qwen/providers/gateway.lua"] = [[
local P = qwen.shipped "providers/openai"
P.summary = "the company's gateway"
local request = P.request
function P.request(model, view)
  local r = request(model, view)
  r.url = model.base_url .. "/team/chat/completions"
  r.headers["X-Team"] = "a"
  return r
end
return P]],
    ["~/.qwen/tools/add.lua"] = [[
return { summary = "adds", effect = "none",
  schema = { type = "object", properties = { a = { type = "number" }, b = { type = "number" } }, required = { "a", "b" } },
  run = function(_, args) return tostring(args.a + args.b) end }]],
    ["~/.qwen/hooks/a.lua"] = [[
return {
  request_built = function(_, request) request.headers["X-Seen"] = tostring(request.headers.Authorization) end,
  before_tool = function(_, call) if call.name == "glob" then return false, "not today" end if call.name == "add" then call.args.b = 40 return call end end,
}]],
    ["~/.qwen/hooks/b.lua"] = 'return { turn_ended = function() error "hook fell over" end }',
    ["~/.qwen/settings.json"] = '{"modelProviders":{"gateway":[{"id":"g","envKey":"GK","baseUrl":"@URL@"}]},"security":{"auth":{"selectedType":"gateway"}},"model":{"name":"g"}}',
  }
  local server <close> = fake.start {
    { path = "/team/chat/completions", calls = { { name = "add", arguments = { a = 2, b = 3 } }, { name = "glob", arguments = { pattern = "*" } }, { name = "nosuch", arguments = {} } } },
    { path = "/team/chat/completions", text = "done" },
  }
  local path = place.home .. "/.qwen/settings.json"
  fs.write(path, (fs.read(path):gsub("@URL@", server.url)))
  local r = program.run(place, { "hi" }, { env = { GK = "secret-key-0123456789" } })
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  t.match(r.err, "hook b failed in turn_ended: .*hooks/b.lua:1: hook fell over", "a broken handler is named and harms nothing else")
  local asked = server:requests()
  t.eq({ asked[1].headers["x-team"], asked[1].headers.authorization }, { "a", "Bearer secret-key-0123456789" }, "the user's provider, the key joined last")
  t.eq(asked[1].headers["x-seen"], "nil", "a hook does not see the key")
  local results = {}
  for _, m in ipairs(asked[2].body.messages) do
    if m.role == "tool" then results[#results + 1] = m.content end
  end
  t.eq(results[1], "42.0" == results[1] and "42.0" or "42", "the user's tool with the hook's arguments")
  t.eq(results[2], "Blocked: not today", "a hook blocks a call")
  t.match(results[3], "There is no tool 'nosuch'", "an unknown tool is told to the model")
end

-- A broken guard closes its gate.
do
  local place = program.place { ["~/.qwen/hooks/guard.lua"] = "return { before_tool = function( }" }
  local server <close> = fake.start { { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = "ok" } }
  program.run(place, { "-m", "fake", "--openai-base-url", server.url, "-y", "hi" })
  t.match(server:requests()[2].body.messages[4].content, "^Blocked: the hook file 'guard' is broken", "nothing passes a broken guard file")
end

-- What fails in the place of something that ships says so, with both files and the ways out.
do
  local function chain(kind, name)
    local file = kind .. "/" .. name
    return ("~/.qwen/%s.lua (yours) takes the place of %s%s.lua (shipped); look at both: qwen explain override %s; without yours: qwen --safe")
      :format(file, kind == "commands" and "" or "lua/", file, file)
  end
  local broken = { commands = "help", providers = "openai", auth = "api-key", tools = "edit", hooks = "programs", themes = "dark", languages = "zh" }
  local files = {}
  for kind, name in pairs(broken) do files[("~/.qwen/%s/%s.lua"):format(kind, name)] = "\nreturn { nothing = here" end
  local place = program.place(files)
  local told = run(place, "doctor").out
  for kind, name in pairs(broken) do
    t.ok(told:find(("%s/%s.lua:2:"):format(kind, name), 1, true), kind .. ": the line")
    t.ok(told:find(chain(kind, name), 1, true), kind .. ": " .. told)
  end
  fs.write(place.cwd .. "/use.lua", 'print(select(2, require("qwen.extension.language").use "zh")) '
    .. 'print(select(2, require("qwen.ui.render.theme").load "dark"))')
  local used = run(place, "lua", "use.lua").out
  t.ok(used:find(chain("languages", "zh"), 1, true) and used:find(chain("themes", "dark"), 1, true), used)

  local running = {
    { "tools", "list_directory", 'local T = qwen.shipped "tools/list_directory"\nfunction T.run() error "no" end\nreturn T' },
    { "tools", "list_directory", 'local T = qwen.shipped "tools/list_directory"\nfunction T.run() return 1 end\nreturn T', "the tool list_directory is wrong" },
    { "hooks", "skills", 'return {\n  turn_started = function() error "no" end }' },
    { "providers", "openai", 'local P = { base = "openai", summary = "x" }\nfunction P.request() error "no" end\nreturn P' },
    { "providers", "openai", 'local P = { base = "openai", summary = "x" }\nfunction P.request() return 1 end\nreturn P', "the provider openai is wrong" },
    { "auth", "api-key", 'local A = qwen.shipped "auth/api-key"\nfunction A.headers() error "no" end\nreturn A' },
    { "commands", "about", 'local C = qwen.shipped "commands/about"\nfunction C.run() error "no" end\nreturn C' },
  }
  for _, case in ipairs(running) do
    local kind, name, source, words = table.unpack(case)
    local file = ("%s/%s.lua"):format(kind, name)
    local one = program.place { ["~/.qwen/" .. file] = source }
    local server <close> = fake.start { { calls = { { name = "list_directory", arguments = { path = one.cwd } } } }, { text = "done", times = 0 } }
    local r = program.run(one, { "--openai-base-url", server.url, "-m", "m", "-y", kind == "commands" and "/about" or "hi" },
      { env = { OPENAI_API_KEY = "key-0123456789" } })
    t.ok(r.err:find(words or "~/.qwen/" .. file .. ":2: no", 1, true), file .. ": " .. r.err)
    t.ok(r.err:find(chain(kind, name), 1, true), file .. ": " .. r.err)
  end
end

-- Sub-commands: run, completed, listed, misspelled, misused; those of a shipped command amended.
do
  local place = program.place {
    ["~/.qwen/commands/jar.lua"] = [[
      local C = { summary = "a jar", shell = true, subcommands = {} }
      C.subcommands.add = { summary = "put in", args = "COINS [WORDS]", run = function(ctx, args, rest)
        if not tonumber(args[1]) then return false end
        ctx.print(#args .. ":" .. rest)
      end, complete = function(_, word, before) return { #before .. "five" } end }
      C.subcommands.empty = { summary = "take out", run = function() error "no bottom" end }
      return C]],
    ["~/.qwen/commands/own.lua"] = 'return { summary = "x", shell = true, args = "[NAME]", subcommands = { list = { summary = "x", run = function(ctx) ctx.print "listed" end } },'
      .. ' run = function(ctx, args) ctx.print("own " .. tostring(args[1])) end }',
    ["~/.qwen/commands/flag.lua"] = 'return { summary = "x", shell = true, args = "[--json]", subcommands = { list = { summary = "x", run = function() end } },'
      .. ' run = function(ctx, args) ctx.print("own " .. tostring(args[1])) end }',
    ["~/.qwen/commands/odd.lua"] = 'return {\n summary = "x", subcommands = {\n  list = { summary = "x", rnu = print } } }',
    ["~/.qwen/commands/none.lua"] = 'return {\n summary = "x", subcommands = {\n  list = { summary = "x" } } }',
    ["~/.qwen/commands/mcp.lua"] = 'local C = qwen.shipped "commands/mcp" C.subcommands.count = { summary = "how many", run = function(ctx) ctx.print "none" end } return C',
  }
  t.eq(run(place, "jar", "add", "5", "big ones").out, "2:5 big ones\n", "the words behind the name")
  t.eq(run(place, "/jar add 5 'x  y'").out, "2:5 'x  y'\n", "the rest as it was typed")
  local r = run(place, "jar", "add", "x")
  t.eq({ r.code, r.err }, { 2, "qwen: usage: qwen jar add COINS [WORDS]\n" }, "false tells the usage")
  t.match(run(place, "jar", "add").err, "usage: qwen jar add COINS", "a word that is needed")
  t.match(run(place, "jar", "empty", "x").err, "usage: qwen jar empty\n", "one that takes none")
  t.match(run(place, "jar", "ad").err, "there is no 'jar ad'; did you mean 'jar add'%?\nusage: qwen jar add COINS %[WORDS%] | empty", "the nearest")
  t.match(run(place, "jar").err, "^qwen: usage: qwen jar add", "without a run one must be named")
  t.match(run(place, "jar", "empty").err, "~/.qwen/commands/jar.lua:6: no bottom", "whose fault it is")
  t.match(run(place, "jar", "add", "--help").out, "add COINS %[WORDS%]%s+put in\n%s+empty%s+take out", "its help")
  t.eq(run(place, "own", "ann").out .. run(place, "own").out .. run(place, "own", "list").out, "own ann\nown nil\nlisted\n", "words of its own beside sub-commands")
  t.eq(run(place, "flag", "--json").out, "own --json\n", "a flag is no sub-command")
  t.match(run(place, "flag", "lst").err, "did you mean 'flag list'", "where only flags are taken, a word is a sub-command")
  t.match(run(place, "/odd").err, "commands/odd.lua:3: sub%-command 'list' has an unknown field 'rnu'; did you mean 'run'", "what it may have")
  t.match(run(place, "/none").err, "commands/none.lua:3: sub%-command 'list' has no field 'run'", "what it must have")
  t.eq(run(place, "mcp", "count").out, "none\n", "a shipped command with one more")
  fs.write(place.cwd .. "/complete.lua", [[
    local command = qwen.x.registry.get("commands", "jar")
    local out = {}
    for _, case in ipairs { { "" }, { "", "add" }, { "", "add", "5" }, { "", "nothing" } } do
      for _, item in ipairs(command.complete(..., case[1], table.move(case, 2, #case, 1, {}))) do
        out[#out + 1] = type(item) == "table" and item.text .. "=" .. item.detail or item
      end
      out[#out + 1] = "|"
    end
    (...).print(table.concat(out, " "))]])
  t.eq(run(place, "lua", "complete.lua").out, "add=put in empty=take out | 0five | 1five | |\n", "completed")
end

-- What ships can be printed, taken out, replaced whole.
do
  local place = program.place()
  t.match(run(place, "--print-lua").out, "commands/help.lua\n", "the list")
  t.match(run(place, "--print-lua", "tools/edit").out, "^%-%- Replaces one text", "the source")
  t.match(run(place, "--print-lua", "tools/edti").err, "did you mean tools/edit%?")
  t.match(run(place, "eject", "tools/edit").out, "wrote .*/.qwen/tools/edit.lua")
  t.match(fs.read(place.home .. "/.qwen/tools/edit.lua"), "^%-%- ejected from qwen [%d.]+, sha256 %x+\n%-%- Replaces one text")
  t.match(run(place, "eject", "tools/edit").err, "is there already")
  t.match(run(place, "eject", "tools/nothing").err, "no shipped file 'tools/nothing'")
  local folder = place.root .. "/runtime"
  for _, name in ipairs(require("sys.embed").names()) do
    local source = require("sys.embed").source(name)
    fs.mkdir((folder .. "/" .. name):match "^(.*)/")
    fs.write(folder .. "/" .. name, name == "commands/help.lua" and 'return { summary = "x", run = function(ctx) ctx.print "another runtime" end }' or source, { fsync = false })
  end
  t.eq(run(place, "--runtime", folder, "/help").out, "another runtime\n", "--runtime DIR")
end

-- A project's Lua is not loaded.
do
  local place = program.place { [".qwen/commands/evil.lua"] = 'os.execute "touch ran" return {}', [".qwen/hooks/evil.lua"] = 'os.execute "touch ran" return {}' }
  t.match(run(place, "/evil").err, "no command /evil")
  run(place, "--trust-folder", "/help")
  t.eq(fs.stat(place.cwd .. "/ran"), nil, "not even in a trusted folder, before its content was allowed")
end

-- What a command gives back: success, or a sentence; never the end of the program.
for text, want in pairs { ["true"] = { 0, "" }, ["3"] = { 3, "" }, ["'x'"] = { 1, "must return an exit code" }, ["1.5"] = { 1, "must return an exit code" } } do
  local place = program.place { ["~/.qwen/commands/odd.lua"] = ("return { summary = 'odd', shell = true, run = function() return %s end }"):format(text) }
  local r = run(place, "odd")
  t.eq(r.code, want[1], text)
  t.ok(r.err:find(want[2], 1, true), text .. ": " .. r.err)
end

-- A changed copy of a shipped file counts as one that was changed in place: also inside the functions that it took along. A function
-- of the copy may call the one that it replaces.
do
  local server <close> = fake.start { { path = "/team/v1/go", times = 0, text = "by the gateway" } }
  local change = "local url = P.url\nfunction COPY.url(m) return P.url(m):gsub('/v1/.*$', '/team/v1/go') end\n"
  local ways = {
    ["in place"] = "local COPY = P\nlocal P = { url = P.url }\n" .. change .. "return COPY",
    copied = "local COPY = {}\nfor k, v in pairs(P) do COPY[k] = v end\n" .. change .. "return COPY",
    ["looked up"] = "local COPY = setmetatable({}, { __index = P })\n" .. change .. "return COPY",
    ["a part of it"] = "local COPY = { summary = 'mine', request = P.request, decoder = P.decoder }\n" .. change .. "return COPY",
  }
  for way, text in pairs(ways) do
    local place = program.place { ["~/.qwen/providers/openai.lua"] = 'local P = qwen.shipped "providers/openai"\n' .. text }
    local r = program.run(place, { "-m", "m", "hi" }, { env = { OPENAI_BASE_URL = server.url } })
    t.eq({ r.code, r.out }, { 0, "by the gateway\n" }, way .. r.err)
  end
  local without = program.place { ["~/.qwen/providers/openai.lua"] = [[local P, copy = qwen.shipped "providers/openai", {}
    for k, v in pairs(P) do copy[k] = v end
    copy.think_tags, copy.summary = nil, "mine"
    return copy]], ["look.lua"] = [[local p = qwen.x.registry.get("providers", "openai")
    print(p.summary, p.think_tags, p.url ~= nil)]] }
  t.eq(run(without, "lua", "look.lua").out, "mine\tnil\ttrue\n", "a field that is taken out of a copy")
  local place = program.place { ["~/.qwen/auth/api-key.lua"] = [[local A = qwen.shipped "auth/api-key"
    local copy = {}
    for k, v in pairs(A) do copy[k] = v end
    function copy.headers(...)
      local headers = A.headers(...)
      headers["X-Team"] = "1"
      return headers
    end
    return copy]] }
  local one <close> = fake.start { { text = "ok" } }
  t.eq(program.run(place, { "-m", "m", "hi" }, { env = { OPENAI_BASE_URL = one.url, OPENAI_API_KEY = "k" } }).out, "ok\n")
  t.eq({ one:requests()[1].headers["x-team"], one:requests()[1].headers.authorization }, { "1", "Bearer k" }, "an auth file")
end

t.done()
