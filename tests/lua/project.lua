-- Lua that a project brings along: never before its contents were allowed, in a process of its own, and only to block or ask.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local function ask(place, calls, ...)
  local server <close> = fake.start { { calls = calls }, { text = "ok", times = 0 } }
  local r = program.run(place, { "--trust-folder", "--openai-base-url", server.url, "-m", "m", "hi", ... }, { env = { OPENAI_API_KEY = "key-0123456789" } })
  local asked = server:requests()
  local messages = asked[#asked] and asked[#asked].body.messages or {}
  return messages[#messages] and messages[#messages].content or "", r
end

local function allow(place)
  local hash = program.run(place, { "--trust-folder", "project" }).out:match "project allow (%x+)"
  return program.run(place, { "--trust-folder", "project", "allow", hash or "none" })
end

local glob = { { name = "glob", arguments = { pattern = "*" } } }
local shell = { { name = "run_shell_command", arguments = { command = "touch ran" } } }

do
  local place = program.place {
    [".qwen/hooks/guard.lua"] = "return { before_tool = function(ctx, call) if call.name == 'glob' then return false, 'not here: ' .. ctx.cwd end end }",
    [".qwen/hooks/other.lua"] = "return { before_tool = function(ctx, call) if call.name == 'run_shell_command' then return { ask = 'the project asks', verdict = 'allow', args = {} } end end }",
    ["~/.qwen/hooks/mine.lua"] = "return { before_tool = function(_, call) if call.name == 'write_file' then return false, 'mine' end end }",
  }
  local last, r = ask(place, glob)
  t.ok(not last:find "Blocked", "not before it was allowed")
  t.match(r.err, "brings 2 Lua guards that you have not allowed: qwen project")
  t.match(program.run(place, { "project" }).err, "not trusted")
  t.match(program.run(place, { "--trust-folder", "project", "show" }).out, "guard.lua.*not here: .*not allowed.*qwen project allow %x+")
  t.match(program.run(place, { "--trust-folder", "project", "allow", "000000000000" }).err, "look at them")
  t.eq(allow(place).out, "allowed; a changed file is asked about again\n")
  t.eq(ask(place, glob), "Blocked: not here: " .. place.cwd, "it guards")
  last = ask(place, shell, "--yolo")
  t.match(last, "^Refused: .*the project asks", "it may ask, also in yolo; it may not allow")
  t.eq(fs.stat(place.cwd .. "/ran"), nil)
  t.eq(ask(place, { { name = "write_file", arguments = { file_path = place.cwd .. "/x", content = "x" } } }, "--yolo"), "Blocked: mine", "the person's own guard stays")
  fs.write(place.cwd .. "/.qwen/hooks/guard.lua", "return {}")
  last, r = ask(place, glob)
  t.ok(not last:find "Blocked" and r.err:find "not allowed", "a changed file is asked about again")
  allow(place)
  program.run(place, { "--trust-folder", "project", "forget" })
  t.match(program.run(place, { "--trust-folder", "project" }).out, "not allowed")
end

-- Ways out: none reaches a file, another process or the program; what fails or hangs closes the gate.
local compiles_for_minutes = [[local labels = {}
for i = 1, 32000 do labels[i] = "::a" .. i .. "::x=1 " end
load(("do local function f() " .. table.concat(labels) .. " end end "):rep(100))]] -- each label is compared with all before it
local ways = {
  { "io.open('/tmp/x')", "undefined\0attempt to index a nil value" }, { "os.execute('x')", "attempt to call a nil value" }, { "require 'sys.fs'", "attempt to call a nil value" },
  { "debug.getregistry()", "attempt to index a nil value" }, { "qwen.fs.read('/etc/passwd')", "attempt to index a nil value" }, { "load('return io')().open('x')", "attempt to index a nil value" },
  { "while true do end", "stopped after" }, { "while true do pcall(error) end", "stopped after" }, { "local x = ('x'):rep(1 << 30)", "asked for more than" },
  { "local x = (('a'):rep(60000)):find((('a-'):rep(40)) .. 'b')", "too long" },
  { "local x = table.move({}, 1, math.maxinteger - 1, 2)", "too many values to move" }, { compiles_for_minutes, "did not answer" },
  { "coroutine.yield()", "outside a coroutine" }, { "error()", "failed" },
  { "setmetatable({}, { __gc = function() while true do end end })", "__gc is withheld" }, { "getmetatable('').__index.rep = nil", "attempt to index a nil value" },
}
for _, way in ipairs(ways) do
  local place = program.place { [".qwen/hooks/out.lua"] = ("return { before_tool = function()\n%s\nend }"):format(way[1]:find "^[%a_]+[%.%(]" and not way[1]:find " = " and "local _ = " .. way[1] or way[1]) }
  allow(place)
  local last, r = ask(place, glob)
  t.match(last, "^Blocked", way[1] .. r.err)
  t.match(last, way[2]:match "[^\0]*$", way[1])
  t.eq(r.code, 0, way[1])
end
do
  local place = program.place { [".qwen/hooks/broken.lua"] = "return {" }
  allow(place)
  local last, r = ask(place, glob)
  t.match(last, "^Blocked: the project's Lua is out of order", "a broken one lets nothing pass")
  t.match(r.err, "broken.lua:1")
end

t.done()
