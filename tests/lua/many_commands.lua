-- Thousands of command files cost nothing until a slash command is used: then their names, and the
-- file of that one.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"

local MANY = 2000

local files = {
  ["~/.qwen/commands/both.md"] = "---\ndescription: a\n---\nx", ["~/.qwen/commands/both.toml"] = 'prompt = "x"\n',
  ["~/.qwen/commands/own.lua"] = "return { summary = 'one', aliases = { 'mine' }, run = function(ctx) ctx.print 'one' end }",
  ["~/.qwen/commands/deep/er.md"] = "---\ndescription: deep\n---\nx",
}
for i = 1, MANY do files[("~/.qwen/commands/c%d.md"):format(i)] = ("---\ndescription: number %d\n---\nDo %d"):format(i, i) end
local place = program.place(files)

local function run(...) return program.run(place, { ... }) end

-- Within the program: what it looks at, by the calls of sys.fs.
assert(require("sys.fs").write(place.cwd .. "/look.lua", [[
local aliases, complete = require "qwen.extension.aliases", require "qwen.ui.editor.complete"
local commands, registry, reload = require "qwen.extension.commands", require "qwen.extension.registry", require "qwen.extension.reload"
local fs = require "sys.fs"
local folder, count, told = qwen.os.home() .. "/.qwen/commands", {}, {}
for _, name in ipairs { "stat", "stamp", "list", "read" } do
  local real = fs[name]
  fs[name] = function(path, ...)
    if path:sub(1, #folder) == folder then count[name] = (count[name] or 0) + 1 end
    return real(path, ...)
  end
end
local ctx = { notice = function(words) told[#told + 1] = words end, settings = {} }
function ctx.settings:get() return {} end
function ctx.settings:env() end
local function seen(what)
  print(what, count.list or 0, (count.stat or 0) + (count.stamp or 0) < 50 and "few" or "many", count.read or 0)
  count = {}
end
local function save(name, text) assert(fs.write(folder .. "/" .. name, text)) end

registry.scan {}
reload.take_saved(ctx)
seen "start"
print(commands.find("c7", ctx).summary, registry.has("commands", "deep:er"))
seen "one"
reload.take_saved(ctx)
seen "turn"
print(#aliases.names(ctx) > 2000, aliases.resolve "mine")
seen "alias"
print(#complete.find(ctx, "/c77").items, complete.find(ctx, "/c77").items[1].detail)
seen "begun"
print(#complete.find(ctx, "/").items > 2000)
count = {}
print(#told, commands.find("both", ctx) ~= nil, #told, told[1] and told[1]:match "both%.%w+ have the same name")
commands.find("both", ctx)
print(#told)

registry.scan {}
print(commands.find("c9", ctx).summary)
save("c9.md", "---\ndescription: changed\n---\nx")
print(reload.take_saved(ctx), commands.find("c9", ctx).summary)
save("c10.md", "---\ndescription: never read before\n---\nx")
print(commands.find("c10", ctx).summary)
save("new.lua", "return {") -- over one that ships
count = {}
told = {}
print(reload.take_saved(ctx), table.concat(told, "\n"):match "new%.lua:1", registry.tiers("commands", "new")[1].tier)
print(count.read < 10)
fs.remove(folder .. "/new.lua")
reload.take_saved(ctx)
print(registry.tiers("commands", "new")[1].tier, registry.has("commands", "c9"))
]]))
local r = run("lua", place.cwd .. "/look.lua")
t.eq(r.out, table.concat({
  "start\t0\tfew\t0",
  "number 7\ttrue", "one\t2\tfew\t1",
  "turn\t0\tfew\t0",
  "true\town\t", "alias\t0\tfew\t1",
  "11\tnumber 77", "begun\t0\tfew\t11",
  "true", "0\ttrue\t1\tboth.toml have the same name", "1",
  "number 9", "true\tchanged", "never read before",
  "true\tnew.lua:1\tuser", "true",
  "shipped\ttrue", "" }, "\n"), r.err)

-- From outside: each way to a command.
t.eq(run("own").code, 2, "one of the session alone has no word in the shell")
t.match(run("-p", "/mine").out, "^one\n", "by its other name")
t.match(run("-p", "/c77x").err, "did you mean /c77", "one that is not there")
t.match(run("-p", "/help c12").out, "number 12", "/help of one")
t.match(run("--use", place.cwd .. "/commands/c1.lua", "-p", "/c1").err .. "", "c1%.lua", "--use is stronger, and its file is missing")

t.done()
