-- House rule: no stray global, no unused name, in any Lua file (luacheck judges; .luacheckrc holds the settings); one local name for a module.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"
local proc = require "qwen.util.process"

if not t.need "luacheck" then return t.done() end

local function luacheck(options)
  options.argv = { "luacheck", "--no-color", "--quiet", "--codes", "--ranges", table.unpack(options) }
  return assert(proc.run(options))
end

t.match(luacheck({ "-", input = "x = 1\n" }).out, "W111", "a stray global is caught")
local found = luacheck { "." }
t.ok(found.code == 0, "luacheck:\n" .. found.out .. found.err)

-- Two names for one module: whoever looks for its uses must not need two searches. A plural is the same name.
local function names_of(source, out)
  for name, module in source:gmatch "\n%s*local ([%a_]+) = require \"([%a_.]+)\"%f[\n%z]" do
    out[module] = out[module] or {}
    out[module][name:lower():gsub("s$", "")] = true
  end
  return out
end

local function two_names(out)
  local list = {}
  for module, names in pairs(out) do
    local known = {}
    for name in pairs(names) do known[#known + 1] = name end
    table.sort(known)
    if #known > 1 then list[#list + 1] = module .. ": " .. table.concat(known, ", ") end
  end
  table.sort(list)
  return list
end

local sample = '\nlocal text = require "qwen.util.text"\nlocal words = require "qwen.util.text"\n'
t.eq(two_names(names_of(sample, {})), { "qwen.util.text: text, word" }, "a second name is caught")
local aliases = {}
for _, path in ipairs(tree.files "^lua/qwen/.*%.lua$") do names_of("\n" .. tree.read(path), aliases) end
t.ok(next(aliases), "requires are found")
t.eq(two_names(aliases), {}, "each module has one local name")

t.done()
