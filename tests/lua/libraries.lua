-- Libraries in plain Lua as others write them work in ~/.qwen/lua: each looks at, or does, one thing that
-- such libraries do. Those that need C are refused, and the words say what there is instead.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"

-- Name, files below ~/.qwen/lua, an expression, and what it gives.
local libraries = {
  { "a folder with init.lua", { ["box/init.lua"] = "return { sub = require 'box.sub' }", ["box/sub.lua"] = "return 'inner'" },
    "require 'box'.sub", "inner" },
  { "its name and path", { ["who.lua"] = "local name, path = ... return name .. ' ' .. path:match '[^/]+$'" }, "require 'who'", "who who.lua" },
  { "the signs of this system", { ["sep.lua"] = "return package.config:sub(1, 1)" }, "require 'sep'", "/" },
  { "asking what is loaded", { ["seen.lua"] = "package.loaded.mine = 'put'\nreturn tostring(package.loaded.string == string)" },
    "require 'seen' .. require 'mine'", "trueput" },
  { "a loader beforehand", { ["pre.lua"] = "package.preload.later = function(name) return name .. '!' end" },
    "require 'pre' and require 'later'", "later!" },
  { "searching", { ["find.lua"] = "return package.searchpath('find', package.path):match '[^/]+$'" }, "require 'find'", "find.lua" },
  { "a path of its own", { ["more/deep.lua"] = "return 'deep'", ["way.lua"] =
    "package.path = package.path:gsub('%?%.lua', 'more/?.lua', 1)\nreturn require 'deep'" }, "require 'way'", "deep" },
  { "names of Lua 5.1", { ["old.lua"] = "local unpack = unpack or table.unpack\nlocal load = loadstring or load\n"
    .. "return select('#', unpack { 1, 2 }) .. load('return 3')()" }, "require 'old'", "23" },
  { "globals of its own for a template", { ["tpl.lua"] = "return function(code, env)\n  local f = assert((loadstring or load)(code))\n"
    .. "  return setfenv(f, setmetatable({}, { __index = function(_, k) return env[k] == nil and _G[k] or env[k] end }))()\nend" },
    "require 'tpl' ('return upper(name) .. tostring(missing)', { upper = string.upper, name = 'x' })", "Xnil" },
  { "its own globals by setfenv(1)", { ["env.lua"] = "local M = {}\nlocal type = type\nsetfenv(1, M)\nfunction f() return type(g) end\nreturn M" },
    "require 'env'.f()", "nil" },
  { "asking for other hosts", { ["host.lua"] = "return tostring(jit or ngx or rawget(_G, 'love') or _G.anything or arg)" }, "require 'host'", "nil" },
  { "_G with all that is there", { ["all.lua"] = "local n = 0\nfor name in pairs(_G) do if name == 'string' or name == 'own' then n = n + 1 end end\n"
    .. "own = 1\nrawset(_G, 'own2', 2)\nreturn n .. own2 .. rawget(_G, 'own') .. tostring(rawget(_G, 'print') == print)" },
    "require 'all'", "121true" },
  { "a name put into a standard library", { ["ext.lua"] = "string.shout = function(s) return s:upper() .. '!' end\nreturn true" },
    "require 'ext' and string.shout 'hi'", "HI!" },
  { "where it runs", { ["place.lua"] = "return debug.getinfo(1, 'S').short_src .. debug.getinfo(1, 'l').currentline\n  .. tostring(debug.traceback('x'):match '^x')" },
    "require 'place'", "~/.qwen/lua/place.lua1x" },
  { "classes", { ["class.lua"] = "local C = {}\nC.__index = C\nreturn setmetatable(C, { __call = function(c, x) return setmetatable({ x = x }, c) end })" },
    "require 'class' (4).x", "4" },
  { "trying for C and going on without", { ["try.lua"] = "local ok, lpeg = pcall(require, 'lpeg')\nreturn ok and 'C' or lpeg" },
    "require 'try'", "module 'lpeg' is written in C, and no C is loaded here; use string.find and string.gmatch" },
  { "a C module that lies there", { ["fast.so"] = "\127ELF" }, "select(2, pcall(require, 'fast'))",
    "module 'fast': ~/.qwen/lua/fast.so is written in C, and no C is loaded here" },
}

local files, lines = {}, {}
for i, row in ipairs(libraries) do
  for path, text in pairs(row[2]) do files["~/.qwen/lua/" .. path] = text end
  lines[i] = ("  ctx.print((tostring(%s)))"):format(row[3])
end
files["~/.qwen/commands/all.lua"] = "return { summary = 'x', shell = true, run = function(ctx)\n" .. table.concat(lines, "\n") .. "\nend }"
local r = program.run(program.place(files), { "all" })
local i = 0
for line in r.out:gmatch "([^\n]*)\n" do
  i = i + 1
  t.eq(line, libraries[i] and libraries[i][4], libraries[i] and libraries[i][1])
end
t.eq({ r.code, i }, { 0, #libraries }, r.err)

t.done()
