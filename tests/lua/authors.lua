-- What helps those who write Lua files: qwen new, doctor, explain, help lua, lua, test. Each is run as a person would.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local function run(place, ...) return program.run(place, { ... }) end

-- qwen new: every kind works as it is written.
do
  local place = program.place()
  t.match(run(place, "new", "command", "hello").out, "wrote ~/.qwen/commands/hello.lua; try it: qwen hello")
  t.eq(run(place, "hello", "ann").out, "hello ann\n")
  t.match(run(place, "hello", "--help").out, "^/hello %[NAME%]\n  greet somebody\n  also in the shell: qwen hello\n  from ~/.qwen/commands/hello.lua\n")
  for _, kind in ipairs { "hook", "tool", "provider", "auth", "search" } do
    local r = run(place, "new", kind, "mine")
    t.eq(r.code, 0, kind .. r.err)
  end
  t.match(run(place, "auth", "mine", "--key", "0123456789-of-mine").out, "^the key is kept; store: %a+\n$")
  t.match(run(place, "new", "types").out, "wrote")
  t.match(fs.read(place.home .. "/.qwen/types/qwen.lua"), "@class Hook")
  t.match(fs.read(place.home .. "/.qwen/.luarc.json"), "workspace.library")
  local r = run(place, "doctor")
  t.eq({ r.code, r.out:match "everything is in order" }, { 0, "everything is in order" }, r.out .. r.err)
  for _, file in ipairs { "commands/hello", "hooks/mine", "tools/mine", "providers/mine", "auth/mine" } do t.match(r.out, "ok    " .. file) end
  t.match(run(place, "new", "command", "hello").err, "is there already")
  t.match(run(place, "new", "command", "../x").err, "usage: qwen new")
  t.match(run(place, "new", "thing", "x").err, "usage: qwen new")
  t.match(run(place, "new", "tool", "edit").err, "takes the place of the shipped tools/edit")
end

-- doctor: modules, and the checks of their own.
do
  local place = program.place { ["~/.qwen/lua/good/part.lua"] = 'return { check = function(ctx, report) report.ok "all there" report.bad("no disk", "buy one") end }',
    ["~/.qwen/lua/plain.lua"] = "return 5", ["~/.qwen/lua/broken.lua"] = "return {\n  x = = 1 }" }
  local r = run(place, "doctor")
  t.eq(r.code, 2, r.out)
  t.match(r.out, "WRONG module broken is out of order: .*~/.qwen/lua/broken.lua:2: .*ok    module good.part\n  ok    all there\n  WRONG no disk\n          buy one\n"
    .. "  ok    module plain\n")
  t.ok(not run(place, "--safe", "doctor").out:find "module", "not with --safe")
end

-- doctor: a check that gives back what it found instead of telling it.
do
  local place = program.place { ["~/.qwen/lua/back.lua"] = "return { check = function() return { bad = 'no disk' } end }",
    ["~/.qwen/hooks/reason.lua"] = "return { check = function() return nil, 'no disk' end }",
    ["~/.qwen/hooks/told.lua"] = "return { check = function(_, report) report.ok 'all there' return true end }" }
  local r = run(place, "doctor")
  t.eq(r.code, 2, r.out)
  local advice = ", which nobody reads\n +let it call report.ok, report.warn and report.bad\n"
  t.match(r.out, "WRONG the check of the module back gave back a table" .. advice)
  t.match(r.out, "WRONG the check of hooks/reason gave back a string" .. advice)
  t.match(r.out, "hooks/told[^\n]*\n  ok    all there\n")
end

-- doctor: what is broken, what hides what, copies whose original changed, options, own checks; the exit code counts.
do
  local place = program.place {
    ["~/.qwen/commands/bad.lua"] = "return {",
    ["~/.qwen/tools/glob.lua"] = "-- ejected from qwen 0.0.1, sha256 00ff\nreturn qwen.shipped 'tools/glob'",
    ["~/.qwen/hooks/o.lua"] = "return { options = { limit = { type = 'number', default = 1, text = 'euros' } }, check = function(ctx, r) r.ok 'fine' r.bad('no server', 'start it') end }",
    ["~/.qwen/settings.json"] = '{"lua": {"hooks/o": {"limit": "x", "nosuch": 1}}}',
  }
  local r = run(place, "doctor")
  t.eq(r.code, 3, r.out)
  t.match(r.out, "WRONG commands/bad is out of order: ~/.qwen/commands/bad.lua:1: ")
  t.match(r.out, "tools/glob +~/.qwen/tools/glob.lua, in the place of lua/tools/glob.lua")
  t.match(r.out, "is a copy of tools/glob as qwen 0.0.1 had it; the shipped file has changed since")
  t.match(r.out, "sets the option 'nosuch' of hooks/o, which has none")
  t.match(r.out, "WRONG settings.json sets the option 'limit' of hooks/o to what it does not take\n +it is a number: euros")
  t.match(r.out, "ok    fine\n  WRONG no server\n +start it")
  t.match(run(place, "doctor", "--diff").out, "%-%-%- .*tools/glob.lua\n.*\n%-return qwen.shipped")
  local value = qwen.json.decode(run(place, "doctor", "--json").out)
  t.eq(value and value.problems, 3, "JSON")
  r = run(place, "explain", "override", "tools/glob")
  t.match(r.out, "^tools/glob\n  yours +~/.qwen/tools/glob.lua  %(counts%)\n  shipped +lua/tools/glob.lua  %(hidden by the one above%)\n")
  t.match(run(place, "explain", "override", "commands/bad").out, "counts, but is out of order.*bad.lua:1")
  t.match(run(place, "explain", "override", "tools/glbo").err, "did you mean tools/glob")
  t.match(run(place, "explain", "permission", "Bash(rm -r x)").out, "^Bash%(rm %-r x%): ask, because")
  t.match(run(place, "explain", "config", "ui.theme").out, "auto")
end

-- help lua: a page for each class and module; every field of the type files is shown with its whole type.
do
  local place = program.place()
  t.match(run(place, "help", "lua").out, "qwen.fs")
  t.match(run(place, "help", "lua", "Hook").out, "before_tool  %(fun%(ctx: Ctx, call: {.-}%): %(table|false%)%?, string%?%)%?\n")
  t.match(run(place, "help", "lua", "qwen.fs").out, "read  fun%(path: string, limit%?: integer%): string%?, Err%?\n +whole file")
  t.match(run(place, "help", "lua", "Provider").out, 'hosts with all below them %("z.ai", ":11434"%), patterns of ids', "words on a line of their own")
  t.match(run(place, "help", "lua", "qwen.flies").err, "did you mean qwen.x.files")
  local reference = require "qwen.extension.api_reference"
  t.match(run(place, "help", "lua", "ErrKind").out, '"too_long"\n +%l', "the values of an alias, with words")
  t.match(run(place, "help", "lua", "StopReason").out, '"refusal"\n +%l')
  t.match(run(place, "help", "lua", "HeaderValue").out, "string|Secret|%(string|Secret%)%[%]", "what an alias stands for")
  t.match(run(place, "help", "lua", "Part").out, "TextPart|ThinkPart|CallPart|ResultPart|MediaPart")
  -- A type that a field names has a page of its own.
  local basic = { Lua = true }
  for _, class in ipairs(reference.classes()) do basic[class.name] = true end
  for _, class in ipairs(reference.classes()) do
    for _, field in ipairs(class.fields) do
      for name in (field.type:gsub('"[^"]*"', "")):gmatch "%f[%w_.]%u[%w_]+%f[^%w_]" do
        t.ok(basic[name], ("%s.%s is of a type without a page: %s"):format(class.name, field.name, name))
      end
    end
  end
  local fields = 0
  for _, class in ipairs(reference.classes()) do
    for _, field in ipairs(class.fields) do
      fields = fields + 1
      local _, open = field.type:gsub("[%({<]", "")
      local _, close = field.type:gsub("[%)}>]", "")
      t.ok(open == close and not field.text:find "^[,|)}:]", class.name .. "." .. field.name .. ": " .. field.type .. " / " .. field.text)
    end
  end
  local types = reference.source "qwen" .. reference.source "sys"
  local _, declared = types:gsub("\n%-%-%-@field", "")
  local _, values = types:gsub('\n%-%-%-| "', "")
  t.eq(fields, declared + values, "no field and no value is left out")
  for _, name in ipairs(reference.names()) do t.ok(reference.find(name), name) end
end

-- The whole reference as one page: every name once, no cell that breaks its row.
do
  local page = run(program.place(), "help", "lua", "--markdown").out
  local names = {}
  for line in page:gmatch "[^\n]+" do
    names[#names + 1] = line:match "^## (.*)"
    if line:find "^|" then
      local _, bars = line:gsub("\\|", ""):gsub("|", "")
      t.eq(bars, 4, line)
    end
  end
  t.eq(names, require("qwen.extension.api_reference").names())
  t.match(page, "\n| `every` | `fun%(seconds: number, fn: fun%(%)%): fun%(%)` | ")
end

-- lua: expressions, files; what is shown is readable.
do
  local place = program.place { ["f.lua"] = "local ctx, a = ... ctx.print('file ' .. a)" }
  t.eq(run(place, "lua", "f.lua", "x").out, "file x\n")
  t.eq(run(place, "lua", "{ a = 1, 'x', { 2 } }").out, "{ \"x\", { 2 }, a = 1 }\n")
  t.match(run(place, "lua", "nosuch").err, "undefined variable 'nosuch'")
  t.match(run(place, "lua", "1 +").err, "unexpected symbol")
  local loop = {}
  loop.self = loop
  t.eq(qwen.inspect(loop), "{ self = <shown above> }")
  t.match(qwen.inspect { print, function() end, secret = qwen.secret.new("n", "value-of-a-secret", { "http://x" }) }, "<C function>, <function .*secret = <secret n>")
end

-- qwen test: a model that says what is written down, a clock, a secret, a folder.
do
  local place = program.place {
    ["~/.qwen/hooks/guard.lua"] = "return { before_tool = function(_, call) if call.name == 'glob' then return false, 'not today' end end }",
    ["~/.qwen/tools/wait.lua"] = "return { summary = 'waits', effect = 'none', schema = { type = 'object' }, run = function() local t = qwen.task.now() qwen.task.sleep(3600) return tostring(qwen.task.now() - t) end }",
    ["~/.qwen/commands/hello.lua"] = "return { summary = 'x', run = function(ctx, args) ctx.print('hello ' .. args[1]) end }",
    ["~/.qwen/tests/all_test.lua"] = [[
return {
  ["a command"] = function(t) t:eq(t:command("hello", "ann").out, "hello ann") end,
  ["a hook"] = function(t)
    local r = t:ask("hi", { { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = { "do", "ne" } } })
    t:eq(r.text, "done")
    t:match(r.requests[2].text, "Blocked: not today")
  end,
  ["time"] = function(t) t:eq(t:tool("wait", {}).text, "3600") end,
  ["a folder"] = function(t) t:write("a/b", "x") t:eq(t:read "a/b", "x") end,
  ["a secret"] = function(t) t:eq(tostring(t:secret "k"), "<secret k>") end,
  ["a provider"] = function(t) t:eq(t:request("openai", "hi").body.messages[2].content, "hi") end,
  ["fails"] = function(t) t:eq({ a = 1 }, { a = 2 }, "numbers") end,
  ["raises"] = function(t) local x = nil; return x.y end,
  ["short"] = function(t) t:match("one two", "three", "a word") end,
  ["long"] = function(t) t:match("begin" .. ("x"):rep(5000) .. "end", "three") end,
  ["nothing"] = function(t) t:match(nil, "three") end,
}]],
    ["~/.qwen/tests/broken_test.lua"] = "return",
  }
  local r = run(place, "test")
  t.eq(r.code, 1, r.err)
  t.match(r.out, "all_test.lua\n  ok     a command\n  ok     a folder\n  ok     a hook\n  ok     a provider\n  ok     a secret\n")
  t.match(r.out, "FAILED fails\n +.*numbers: got { a = 1 }, want { a = 2 }")
  t.match(r.out, "FAILED raises\n +~/.qwen/tests/all_test.lua:13: attempt to index a nil value")
  t.match(r.out, 'FAILED short\n +~/.qwen/tests/all_test.lua:14: a word: no "three" in "one two"\n')
  t.match(r.out, 'FAILED long\n +~/.qwen/tests/all_test.lua:15: no "three" in "beginx+\\n%[... 4708 bytes left out ...%]\\nx+end"\n')
  t.match(r.out, 'FAILED nothing\n +~/.qwen/tests/all_test.lua:16: no "three" in nil\n')
  t.match(r.out, "ok     time")
  t.match(r.out, "a test file returns a table of functions by name\n6 passed, 6 failed\n$")
  t.match(run(place, "test", "nosuch").err, "there is no .*/nosuch; write DIR/NAME_test.lua")
end

-- A run that was recorded is played from beside the test, with another address than the test's own model.
do
  local fake <close> = dofile("tests/fake/fake.lua").start { { calls = { { name = "glob", arguments = { pattern = "*.x" } } } }, { text = "there is none" } }
  local place = program.place {
    ["~/.qwen/tests/tape_test.lua"] = [[
return {
  ["a recorded run"] = function(t)
    local r = t:ask("any *.x?", "glob.tape")
    t:eq({ r.text, r.turns, #r.requests }, { "there is none", 2, 2 })
    t:match(r.requests[2].text, "No file")
  end,
  ["one request too many"] = function(t)
    local tape = io.open(t.ctx.home .. "/tests/glob.tape"):read "a"
    local r = t:ask("any *.x?", t:write("short.tape", (tape:gsub("[^\n]*\n", function(line) return line:find('"n":2', 1, true) and "" end))))
    t:match(r.err.message, "short.tape has 1 whole exchanges")
  end,
  ["a tape that is not there"] = function(t)
    t:fails(function() t:ask("x", "nosuch.tape") end, "tape_test.lua:13: .*nosuch.tape")
  end,
}]],
  }
  local tape = place.home .. "/.qwen/tests/glob.tape"
  local r = program.run(place, { "--record", tape, "--openai-base-url", fake.url, "-m", "m", "-y", "any *.x?" }, { env = { OPENAI_API_KEY = "key-0123456789" } })
  t.eq({ r.code, r.out }, { 0, "there is none\n" }, r.err)
  r = run(place, "test")
  t.match(r.out, "3 passed, 0 failed\n$", r.out .. r.err)
end

t.done()
