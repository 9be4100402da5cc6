-- House rule: no stray global, no unused name, in any Lua file. luacheck judges; .luacheckrc holds the settings.
local t = dofile "tests/check.lua"
local proc = require "qwen.util.process"

if not t.need "luacheck" then return t.done() end

local function luacheck(options)
  options.argv = { "luacheck", "--no-color", "--quiet", "--codes", "--ranges", table.unpack(options) }
  return assert(proc.run(options))
end

t.match(luacheck({ "-", input = "x = 1\n" }).out, "W111", "a stray global is caught")
local found = luacheck { "." }
t.ok(found.code == 0, "luacheck:\n" .. found.out .. found.err)

t.done()
