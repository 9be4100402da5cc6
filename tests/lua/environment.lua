-- What a person's own file may see and do: its environment, its options, its stores, and what happens when it is saved anew.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local function run(place, ...) return program.run(place, { ... }) end

-- A way out that each command tries; the words it must get.
local ways = {
  { "debug.getregistry()", "attempt to call a nil value" },
  { "require('debug').sethook()", "attempt to call a nil value" },
  { "package.loaded.debug.getupvalue(print, 1)", "attempt to call a nil value" },
  { "debug.getinfo(2, 'f').func()", "attempt to call a nil value" },
  { "debug.getinfo(coroutine.create(print), 1)", "a level or a function is wanted" },
  { "(function() debug.getinfo = nil end)()", "debug.getinfo cannot be set" },
  { "package.loadlib('x.so', '*')()", "attempt to call a nil value" },
  { "package.searchers[4]('x')", "attempt to index a nil value" },
  { "(function() package.loaded.string = {} string.rep('x', 'y') end)()", "bad argument #2 to 'rep'" },
  { "require 'lpeg'", "'lpeg' is written in C, and no C is loaded here; use string.find" },
  { "require 'lfs'", "use qwen.fs" },
  { "require 'socket.http'", "use qwen.http" },
  { "require 'no.such'", "no file ~/.qwen/lua/no/such.lua, ~/.qwen/lua/no/such/init.lua" },
  { "require 'sys.proc'", "is inside the program" },
  { "require 'qwen.net.send'", "is inside the program" },
  { "require '../../etc/passwd'", "there is no module" },
  { "os.exit(3)", "attempt to call a nil value" },
  { "load('return debug.getlocal')()(1, 1)", "attempt to call a nil value" },
  { "load(string.dump(function() end))()", "attempt to call a nil value" },
  { "load('return 1', 'x', 'b')() == 1 and error 'text only'", "text only" },
  { "setmetatable({}, { __gc = print })", "__gc is withheld" },
  { "getmetatable('').__index.rep()", "attempt to index" },
  { "rawset(string, 'rep', 1)", "is shared by all files" },
  { "(function() string.rep = nil end)()", "string.rep cannot be set" },
  { "(function() qwen.fs.read = nil end)()", "qwen.fs.read cannot be set" },
  { "(function() qwen.fs = nil end)()", "qwen.fs cannot be set" },
  { "qwen.text.call_splitter()", "qwen.text has no 'call_splitter'; it is qwen.wire.tool_call_splitter now" },
  { "qwen.fs.raed('x')", "qwen.fs has no 'raed'; did you mean 'read'" },
  { "qwen.pahts", "qwen has no field 'pahts'; did you mean qwen.paths?" },
  { "qwen.flies", "qwen has no field 'flies'; did you mean qwen.x.files?" },
  { "qwen.x.flies", "qwen.x has no field 'flies'; did you mean qwen.x.files?" },
  { "qwen.x.fs", "qwen.x has no field 'fs'" },
  { "(function() qwen.x.files = nil end)()", "qwen.x.files cannot be set" },
  { "(function() qwen.x.files.walk = nil end)()", "qwen.x.files.walk cannot be set" },
  { "prnt(1)", "undefined variable 'prnt'; did you mean 'print'" },
  { "getmetatable(_G).__index.x", "attempt to index a nil value" },
  { "_G.debug.setmetatable(1, {})", "attempt to call a nil value" },
  { "qwen.task.signals 'int'", "qwen.task has no 'signals'" },
  { "collectgarbage 'stop'", "only collect, step and count" },
  { "coroutine.yield()", "outside a coroutine" },
  { "getmetatable(qwen).__index.x", "attempt to index a nil value" },
  { "dofile '/nonexistent'", "nonexistent" },
}
do
  local files = {}
  for i, way in ipairs(ways) do
    local body = way[1]:find "^[%(%w_%.']+[^=]*$" and not way[1]:find ";" and "local _ = " .. way[1] or way[1]
    if way[1]:find "error" and not way[1]:find ";" then body = "local _ = " .. way[1]:gsub(" or error ('%w+')", " or error(%1)"):gsub(" and error ('[%w ]+')", " and error(%1)") end
    files[("~/.qwen/commands/way%d.lua"):format(i)] = ("return { summary = 'x', shell = true, run = function()\n%s\nend }"):format(body)
  end
  local place = program.place(files)
  for i, way in ipairs(ways) do
    local r = run(place, "way" .. i)
    t.match(r.err, (way[2]:gsub("[%-%.%(%)%?]", "%%%0")), way[1])
    t.ok(r.code ~= 3 and r.code ~= 0 and not r.signal, way[1])
  end
end

-- Files that never end or cannot be trusted are told and harm nothing else; what a file prints is no part of an answer.
do
  local place = program.place {
    ["~/.qwen/commands/busy.lua"] = "while true do end",
    ["~/.qwen/commands/binary.lua"] = "\27Lua",
    ["~/.qwen/commands/open.lua"] = "return { summary = 'x', run = function() end }",
    ["~/.qwen/commands/says.lua"] = "print('loaded', 1) return { summary = 'x', shell = true, run = function(ctx) print 'ran' ctx.print 'out' end }",
    ["~/.qwen/commands/uses.lua"] = "local a, b = require 'mine', require 'mine' return { summary = 'x', shell = true, run = function(ctx) ctx.print(a.n .. tostring(a == b)) end }",
    ["~/.qwen/lua/mine.lua"] = "leak = 1 return { n = 7 }",
  }
  fs.write(place.home .. "/.qwen/commands/open.lua", "return { summary = 'x', run = function() end }", { mode = 438 })
  assert(require("qwen.util.process").run { argv = { "chmod", "666", place.home .. "/.qwen/commands/open.lua" } })
  t.match(run(place, "/busy").err, "~/.qwen/commands/busy.lua:1: stopped after 1000 ms")
  t.match(run(place, "/binary").err, "binary.lua")
  t.match(run(place, "/open").err, "can be written by others and is not run; chmod go%-w")
  local r = run(place, "says")
  t.eq(r.out, "out\n", "print is not standard output")
  t.match(r.err, "loaded\t1.*ran")
  t.eq(run(place, "uses").out, "7true\n", "a module is loaded once, its globals stay in it")
end

-- What goes on in the background has a budget too; a task that nobody waits for is told when it fails.
do
  local place = program.place {
    ["~/.qwen/commands/bg.lua"] = "return { summary = 'x', shell = true, run = function(ctx)\nctx.background(function() while true do end end)\n"
      .. "qwen.task.spawn(function() error 'lost' end)\nqwen.task.sleep(0.05) collectgarbage() qwen.task.sleep(0.05) ctx.print 'went on' end }",
  }
  local r = run(place, "bg")
  t.eq({ r.code, r.out }, { 0, "went on\n" }, r.err)
  t.match(r.err, "a job in the background failed: ~/.qwen/commands/bg.lua:2: stopped after 1000 ms")
  t.match(r.err, "a task failed: ~/.qwen/commands/bg.lua:3: lost")
end

-- A mistake in a command is the file's, not the program's: its place, what may have been meant, the way to it, what it stands in the place of.
do
  local place = program.place {
    ["~/.qwen/lua/help2.lua"] = "return { go = function(ctx)\n  ctx.pritn 'x'\nend }",
    ["~/.qwen/commands/about.lua"] = "local h = require 'help2'\nreturn { summary = 'x', shell = true, run = function(ctx)\n  h.go(ctx)\nend }",
    ["~/.qwen/commands/typo.lua"] = "return {\n  sumary = 'x',\n  run = function() end }",
  }
  local words = "qwen: ~/.qwen/lua/help2.lua:2: attempt to call a nil value (field 'pritn'); did you mean ctx.print?\n"
    .. "  from ~/.qwen/commands/about.lua:3\n  ~/.qwen/commands/about.lua (yours) takes the place of commands/about.lua (shipped); look at both: qwen explain override commands/about; without yours: qwen --safe\n"
  local r = run(place, "about")
  t.eq({ r.code, r.out, r.err }, { 1, "", words })
  r = run(place, "-p", "/about")
  t.eq({ r.code, r.err }, { 1, words })
  t.match(run(place, "doctor").out, "typo.lua:2: unknown field 'sumary'; did you mean 'summary'%?")
end

-- Whatever a tool gives back, the turn goes on, and the model and the person are told.
do
  local cases = {
    { "return 5", "failed inside: run gave back a number, not a text or a table with one" }, { "return { txt = 'x' }", "'text' of what run gave back is a nil, not a string" },
    { "return { text = 'x', display = 1 }", "'display' of what run gave back is a number" }, { "return { text = 'x', parts = 'y' }", "'parts' of what run gave back" },
    { "return nil, 'why'", "^why$" }, { "return nil", "gave no result" }, { "error {}", "failed inside" }, { "ctx.pritn(1)", "failed inside: ~/.qwen/tools/t8.lua:1: " },
  }
  local own = { { "paths = function() return { 5 } end, effect = 'read'", "one of the paths is a number" },
    { "paths = function() error 'x' end, effect = 'edit'", "t10.lua:1: x" }, { "command = function() return 5 end, effect = 'run'", "t11.lua:1: it gave back a number, not a string" },
    { "label = function() return 5 end, effect = 'none'", "^fine$" } }
  local files, tests = {}, {}
  for i, case in ipairs(own) do
    cases[8 + i] = { "return 'fine'", case[2] }
    files[("~/.qwen/tools/t%d.lua"):format(8 + i)] = "return { summary = 't', schema = { type = 'object' }, run = function() return 'fine' end, " .. case[1] .. " }"
  end
  for i, case in ipairs(cases) do
    files[("~/.qwen/tools/t%d.lua"):format(i)] = files[("~/.qwen/tools/t%d.lua"):format(i)] or "return { summary = 't', effect = 'none', schema = { type = 'object' }, run = function(ctx) " .. case[1] .. " end }"
    tests[i] = ([[
["t%d"] = function(t)
  local r = t:ask("x", { { calls = { { name = "t%d", arguments = {} } } }, { text = "ok" } })
  t:eq(r.text, "ok")
  local messages = r.requests[2].body.messages
  t:match(messages[#messages].content, %q)
  if %d == 8 then t:match(r.notices[1], "^the tool t8 failed: ~/.qwen/tools/t8.lua:1: .*; did you mean ctx.print%%?$") end
end]]):format(i, i, case[2], i)
  end
  files["~/.qwen/tests/tools_test.lua"] = "return {\n" .. table.concat(tests, ",\n") .. "}"
  local r = run(program.place(files), "test")
  t.match(r.out, "12 passed, 0 failed\n$", r.out .. r.err)
end

-- Options: declared, typed, set in settings.json; stores stay.
do
  local place = program.place {
    ["~/.qwen/commands/opt.lua"] = [[
local C = { summary = "x", shell = true, options = { limit = { type = "number", default = 5, text = "euros" }, who = { type = "string", text = "name" } } }
function C.run(ctx)
  local count = qwen.store("counts"):update("runs", function(n) return (n or 0) + 1 end)
  ctx.print(("%s %s %d"):format(C.option.limit, C.option.who, count))
end
return C]],
    ["~/.qwen/commands/bad1.lua"] = "return { summary = 'x', run = function() end,\n options = { limit = { type = 'numbr', text = 'x' } } }",
    ["~/.qwen/commands/bad2.lua"] = "return { summary = 'x', run = function() end, options = { limit = { type = 'number', text = 'x', defualt = 1 } } }",
    ["~/.qwen/commands/bad3.lua"] = "return { summary = 'x', run = function() end, options = { limit = { type = 'number', default = '5', text = 'x' } } }",
    ["~/.qwen/settings.json"] = '{"lua": {"commands/opt": {"who": "ann", "limit": 7}}}',
  }
  t.eq(run(place, "opt").out, "7 ann 1\n", "set")
  fs.write(place.home .. "/.qwen/settings.json", '{"lua": {"commands/opt": {"limit": "many"}}}')
  t.eq(run(place, "opt").out, "5 nil 2\n", "what does not fit is the default; the store stayed")
  t.match(run(place, "/bad1").err, "bad1.lua:2: option 'limit' has a type that is none of string")
  t.match(run(place, "/bad2").err, "unknown field 'defualt'; did you mean 'default'")
  t.match(run(place, "/bad3").err, "option 'limit' must be a number")
end

-- Saved anew: taken at the next turn; what is broken leaves all as it was, and is told once.
do
  local place = program.place { ["~/.qwen/commands/a.lua"] = "return { summary = 'one', run = function(ctx) ctx.print 'one' end }" }
  fs.write(place.cwd .. "/reload.lua", [[
local registry = require "qwen.extension.registry"
local reload = require "qwen.extension.reload"
local fs = require "sys.fs"
local told = {}
local ctx = { notice = function(text) told[#told + 1] = text end }
local function word() return registry.get("commands", "a").summary end
local function save(name, text) assert(fs.write(qwen.os.home() .. "/.qwen/" .. name, text)) end
reload.take_saved(ctx)
print(word(), reload.take_saved(ctx))
save("commands/a.lua", "return { summary = 'two', run = function() end }")
print(reload.take_saved(ctx), word())
save("commands/a.lua", "return { summary = 'three' ")
save("commands/b.lua", "return { summary = 'b', run = function() end }")
print(reload.take_saved(ctx), word(), registry.has("commands", "b"), #told, reload.take_saved(ctx), #told)
save("lua/m.lua", "return 'four'")
save("commands/a.lua", "return { summary = require 'm', run = function() end }")
print(reload.take_saved(ctx), word(), registry.has("commands", "b"))
save("lua/m.lua", "return 'fives'")
print(reload.take_saved(ctx), word())
fs.remove(qwen.os.home() .. "/.qwen/commands/a.lua")
print(reload.take_saved(ctx), registry.has("commands", "a"))
print(told[1])]])
  fs.mkdir(place.home .. "/.qwen/lua")
  local r = run(place, "lua", "reload.lua")
  t.eq(r.out:gsub("\n[^\n]*\n$", "\n"), "one\ntrue\ttwo\nfalse\ttwo\tfalse\t2\tnil\t2\ntrue\tfour\ttrue\ntrue\tfives\ntrue\tfalse\n", r.err)
  t.match(r.out, "a.lua:1: .*expected near <eof>")
end

-- A search that would not end is an error where it stands, in a hook and in a command; an ordinary one on a long text is none.
do
  local place = program.place {
    ["~/.qwen/hooks/search.lua"] = 'return { session_started = function(ctx)\n  local s = ("a"):rep(60)\n  ctx.notice(tostring(s:find((".-"):rep(30) .. "b")))\nend }',
    ["~/.qwen/commands/search.lua"] = [[return { summary = "x", shell = true, run = function(ctx, args)
  local long = ("some words in a row, "):rep(100000)
  ctx.emit("session_started", { source = "startup" })
  ctx.print(select(2, long:gsub("%w+", "")) .. " " .. select(2, long:gsub("%s*(%w+)%s*", "%1")) .. " " .. tostring(long:find("row, $")) .. " " .. #long:match "^(.*)$")
  local n = 0
  for word in ("a-b ^c"):gmatch "^?%a" do n = n + 1 end
  ctx.print(n .. ("x.y"):find(".", 2, true) .. tostring(("abc"):find("b", -2)) .. tostring(("abc"):find("b", 10)) .. ("abc"):gsub("%w", "%0%0", 2))
  return ("x"):rep(100000):gsub(".-y", "")
end }]],
  }
  local r = program.run(place, { "search" })
  t.eq(r.out, "500000 500000 2099996 2100000\n322nilaabbc\n", r.err)
  local why = r.err:match "hook search failed in session_started: ~/.qwen/hooks/search.lua:3: ([^\n]*)"
  t.ok(why and (why:find "^this pattern takes too long on a text of 60 bytes; have fewer of" or why:find "^stopped after 150 ms"), r.err)
  t.match(r.err, "~/.qwen/commands/search.lua:8: this pattern takes too long on a text of 100000 bytes")
end

-- A hook file that does not load is told when the first event comes, once; what was no method of a person's own thing is no part of ctx.
do
  local place = program.place {
    ["~/.qwen/hooks/odd.lua"] = "return { turn_startd = function() end }",
    ["~/.qwen/commands/emit.lua"] = [[return { summary = "x", shell = true, run = function(ctx)
  ctx.emit("session_started", { source = "startup" })
  ctx.emit("turn_started", 1)
  return qwen.store "emit":gett "a"
end }]],
  }
  t.eq(program.run(place, { "emit" }).err, "qwen: ~/.qwen/hooks/odd.lua:1: unknown field 'turn_startd'; did you mean 'turn_started'?\n"
    .. "qwen: ~/.qwen/commands/emit.lua:4: attempt to call a nil value (method 'gett')\n")
end

-- One call of C that would not end: it is refused, or made so that it ends.
do
  local place = program.place { ["~/.qwen/commands/endless.lua"] = [[return { summary = "x", shell = true, run = function(ctx)
  local function why(...) ctx.print((tostring(select(2, pcall(...))):gsub("^.-:%d+: ", ""))) end
  local endless = setmetatable({}, { __len = function() return math.maxinteger - 2 end })
  why(function() table.move({}, 1, math.maxinteger - 1, 2) end)
  why(function() table.move({}, math.mininteger, -1, 2) end)
  why(function() table.insert(endless, 1, 1) end)
  why(function() table.remove(endless, 1) end)
  why(string.rep, "", "much")
  ctx.print("<" .. (""):rep(math.maxinteger) .. (""):rep(1 << 62, "") .. (""):rep(3, 1) .. ("ab"):rep(2, "-") .. (""):rep(-1) .. ">")
  local long = ("a"):rep(1000000)
  local function found(...) ctx.print(table.concat({ select("#", ...), ... }, " ")) end
  found(tostring(long:find(("a"):rep(500000) .. "b", 1, true)), (long .. ".b"):find(".b", -9, true))
  found(("abc"):find("", 4, true))
  found(tostring(("abc"):find("", 5, true)), ("a\0b"):find("\0b", nil, true))
  found(("abc"):match("^%a", 2, true))
  local list = table.move({ 1, 2, 3 }, 2, 3, 1)
  table.insert(list, 1, 0)
  ctx.print(table.concat(list, " ") .. " " .. table.remove(list) .. " " .. table.remove(list, 1))
end }]] }
  local r = program.run(place, { "endless" })
  local most = ": more than 16777216 elements\n"
  t.eq(r.out, "table.move" .. most .. "table.move" .. most .. "table.insert" .. most .. "table.remove" .. most
    .. "bad argument #2 to 'string.rep' (number expected, got string)\n<11ab-ab>\n"
    .. "3 nil 1000001 1000002\n2 4 3\n3 nil 2 3\n1 b\n0 2 3 3 3 0\n", r.err)
end

t.done()
