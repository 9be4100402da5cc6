-- Former names of the Lua API: a user's file that has one works as before, and `qwen doctor` says what it is called now.
local program = dofile "tests/program.lua"
local t = dofile "tests/check.lua"

local place = program.place {
  ["~/.qwen/commands/old.lua"] = [[
local M = require "mine"
return { summary = "old names", shell = true, run = function(ctx)
  ctx.print(qwen.files.normal "/a/../b")
  ctx.print(tostring(qwen.signin.clean_key " k "))
  ctx.print(M.name())
  return 0
end }]],
  ["~/.qwen/commands/new.lua"] = [[
return { summary = "new names", shell = true, run = function(ctx)
  ctx.print(qwen.x.files.normal "/a/../b") -- not qwen.files
  return 0
end }]],
  ["~/.qwen/lua/mine.lua"] = "return { name = function() return qwen.windows and 'there' end }",
  -- A provider that was ejected before: it builds on what ships, by the names of then.
  ["~/.qwen/providers/gate.lua"] = [[
local P = qwen.shipped "providers/openai"
P.failure = qwen.failure
return P]],
}

local r = program.run(place, { "old" })
t.eq({ r.code, r.out }, { 0, "/b\nk\nthere\n" }, "former names lead to what they meant")
t.eq(program.run(place, { "new" }).out, "/b\n", "as the new ones do")

local doctor = program.run(place, { "doctor" })
local said = doctor.out .. doctor.err
for old, now in pairs { ["qwen.files"] = "qwen.x.files", ["qwen.signin"] = "qwen.x.login", ["qwen.windows"] = "qwen.x.rate_limit",
  ["qwen.failure"] = "qwen.x.failure" } do
  t.match(said, "uses " .. old:gsub("%.", "%%."), old .. " is named")
  t.match(said, now:gsub("%.", "%%."), now .. " is named")
end
t.ok(not said:find("commands/new uses", 1, true), "a file with the names of today is not")
t.ok(not said:find "providers/gate is out of order", "an amended provider loads")

t.done()
