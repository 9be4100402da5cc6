-- What a person's Lua files cost, each figure beside its floor in the same process: loading 100 files, reloading, a hook call, a turn with
-- 1,000 handlers. Started by tests/bench/run.
local fs, os_ = require "sys.fs", require "sys.os"
local hooks = require "qwen.extension.hooks"
local reload = require "qwen.extension.reload"
local registry = require "qwen.extension.registry"
local task = require "sys.task"

local home = assert(os_.env "HOME") .. "/.qwen"

local function median(runs, fn)
  local times = {}
  for i = 1, runs do
    collectgarbage()
    local before = task.now()
    fn()
    times[i] = (task.now() - before) * 1000
  end
  table.sort(times)
  return times[(runs + 1) // 2]
end

local paths = {}
for i = 1, 100 do
  local path = ("%s/commands/c%d.lua"):format(home, i)
  assert(fs.mkdir(home .. "/commands"))
  assert(fs.write(path, ("-- A command.\nlocal C = { summary = 'number %d', args = '[X]' }\nfunction C.run(ctx, args)\n  local out = {}\n"
    .. "  for i, word in ipairs(args) do out[i] = word:upper() end\n  ctx.print(table.concat(out, ' '))\nend\nreturn C\n"):format(i), { fsync = false }))
  paths[i] = path
end

print "| a person's files | ms | floor | ratio |"
print "| --- | ---: | ---: | ---: |"
local function row(name, value, floor) print(("| %s | %.3f | %.3f | %.1f |"):format(name, value, floor, value / floor)) end

local floor = median(15, function()
  for _, path in ipairs(paths) do assert(load(assert(fs.read(path)), "@" .. path, "t"))() end
end)
local function load_all()
  registry.scan {}
  for i = 1, 100 do assert(registry.get("commands", "c" .. i)) end
end
row("100 files found and loaded; floor: read and run", median(15, load_all), floor)
row("/reload, with all that ships; the same floor", median(15, function() assert(#reload.all() == 0) end), floor)
local ctx = { notice = error, settings = { get = function() end } } -- as much of one as the shipped hooks look at
reload.take_saved(ctx)
row("looking whether one of them was saved; the same floor", median(15, function() reload.take_saved(ctx) end), floor)

assert(fs.mkdir(home .. "/hooks"))
for i = 1, 1000 do assert(fs.write(("%s/hooks/h%d.lua"):format(home, i), "return { before_tool = function() end }", { fsync = false })) end
reload.all()
local call = { name = "x", args = {}, id = "1" }
hooks.emit(ctx, "before_tool", call)
local function nothing() end
floor = median(31, function()
  for _ = 1, 1000 do pcall(nothing, ctx, call) end
end)
local cost = median(31, function() assert(hooks.emit(ctx, "before_tool", call)) end)
row("1,000 handlers on one event; floor: 1,000 pcalls", cost, floor)
row("one hook call, in microseconds; floor: one pcall", cost, floor)
print ""
print(("| 1,000 handlers on one event add to a turn | %.2f ms | 50 ms | %s |"):format(cost, cost < 50 and "yes" or "**no**"))
return cost < 50 and 0 or 1
