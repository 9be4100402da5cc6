-- `qwen test` has a home, a network and programs of its own: nothing of the person's is touched, and
-- what a test did not write down is refused in words.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local program = dofile "tests/program.lua"

local TESTS = [[
return {
  ["store"] = function(t)
    local kept = qwen.store "mine"
    t:eq(kept:get "n", nil)
    kept:set("n", 5)
    t:eq(qwen.json.encode(kept:get "n"), "5")
  end,
  ["a session"] = function(t)
    local r = t:ask("hi", { { text = "hello" } })
    t:eq(r.text, "hello")
  end,
  ["settings"] = function(t)
    t:eq(t.ctx.settings:get "model.name", nil)
    t:ok(qwen.x.settings_writer.set { { path = { "model", "name" }, value = "other" } })
  end,
  ["a program that is not written down"] = function(t)
    local r, e = qwen.proc.run { argv = { "touch", "made" } }
    t:eq(r, nil)
    t:match(e.message, "t.programs:answer")
    local p, problem = qwen.proc.open { argv = { "cat" } }
    t:eq(p, nil)
    t:match(problem.message, "cat")
  end,
  ["programs"] = function(t)
    t.programs:answer("git status*", { out = "clean" })
    t.programs:answer("git push", { code = 1, err = "no" })
    t.programs:answer("date", function(options) return { out = options.argv[1]:upper() } end)
    t:eq(qwen.proc.run { argv = { "git", "status", "-s" } }.out, "clean")
    t:eq(qwen.proc.run { argv = { "git", "push" } }.code, 1)
    t:eq(qwen.proc.run { argv = { "date" } }.out, "DATE")
    t:eq(#t.programs.asked, 3)
    t.programs:allow "echo"
    t:eq(qwen.proc.run { argv = { "echo", "x" } }.out, "x\n")
  end,
  ["the network"] = function(t)
    t.http:answer("https://a.example/*", { status = 201, body = "hello" })
    local stream = qwen.http.open { url = "https://a.example/x" }
    t:eq(stream.status, 201)
    t:eq(stream:read(), "hello")
    local none, e = qwen.http.open { url = "https://b.example/" }
    t:eq(none, nil)
    t:match(e.message, "t.http:answer")
    t:eq(#t.http.asked, 2)
  end,
  ["a tool of theirs"] = function(t)
    t.programs:answer("uptime", { out = "long" })
    t:eq(t:tool("up", {}).text, "long")
  end,
}
]]
local TOOL = [[
return { summary = "how long", effect = "none", schema = { type = "object" },
  run = function() return qwen.proc.run { argv = { "uptime" } }.out end }
]]

local place = program.place { ["~/.qwen/tests/all_test.lua"] = TESTS, ["~/.qwen/tools/up.lua"] = TOOL,
  ["~/.qwen/settings.json"] = '{"model": {"name": "mine"}}', ["~/.qwen/store/mine.json"] = '{"n": 1}',
  ["elsewhere/one_test.lua"] = 'return { fails = function(t) t:eq(1, 2) end }' }
local r = program.run(place, { "test" })
t.eq(r.code, 0, r.out .. r.err)
t.match(r.out, "7 passed, 0 failed", r.out)
t.eq(fs.read(place.home .. "/.qwen/store/mine.json"), '{"n": 1}', "their store")
t.eq(fs.read(place.home .. "/.qwen/settings.json"), '{"model": {"name": "mine"}}', "their settings")
local names = {}
for _, entry in ipairs(assert(fs.list(place.home .. "/.qwen"))) do names[#names + 1] = entry.name end
table.sort(names)
t.eq(names, { "settings.json", "store", "tests", "tools" }, "nothing else is there")

-- Elsewhere, and what fails.
r = program.run(place, { "test", "elsewhere" })
t.eq(r.code, 1, r.out)
t.match(r.out, "0 passed, 1 failed", r.err)
r = program.run(place, { "test", "nowhere" })
t.eq(r.code, 1, r.out)
t.match(r.err, "nowhere", "it is named")
t.done()
