-- Searches by patterns that have a budget: the same results as the standard library's, each done once, and an error when the budget is used up.
local t = dofile "tests/check.lua"
local task = require "sys.task"

local standard = {}
for _, name in ipairs { "find", "match", "gmatch", "gsub" } do
  local _, fn = debug.getupvalue(string[name], 1)
  standard[name] = fn
end

-- Twenty-four times "perhaps a ~" in a text without one changes nothing, but nobody could tell beforehand that it ends soon.
local PAD = ("~?"):rep(24)

local function padded(pattern)
  local body = pattern:match "^(.*)%$$"
  return body and body .. PAD .. "$" or pattern .. PAD
end

local pieces = { "a", "b", "c", ".", "%a", "%d", "%s", "%S", "[ab]", "[^a]", "[a-c]", "[]a]", "(", ")", "()", "%1", "%2", "%b()", "%f[a]",
  "*", "+", "-", "?", "$", "^", "%", "[", "]", "%%", "a*", ".-", "(.-)", "(%a)", "%0" }
local letters = "aaabbc ()_1-\n%\0"
local values = { "<%0>", "%1", "%1%2", "%%", "%", "%9", "x", "", 7, false, {}, { a = "A", b = false, [1] = "one" }, function(...) return select("#", ...) .. "" end,
  function() end, function(a) return a == "a" and "A" end, function() return {} end }

math.randomseed(7)
local function random_pattern()
  local out = {}
  for i = 1, math.random(6) do out[i] = pieces[math.random(#pieces)] end
  return padded(table.concat(out))
end
local function random_text()
  local out = {}
  for i = 1, math.random(0, 14) do
    local at = math.random(#letters)
    out[i] = letters:sub(at, at)
  end
  return table.concat(out)
end

local function all_matches(gmatch, text, pattern, init)
  local out = {}
  for a, b in gmatch(text, pattern, init) do
    out[#out + 1] = { a, b or false }
    if #out > 40 then error "more matches than bytes" end
  end
  return out
end

local function compare(what, ours, theirs, ...)
  local a, b = table.pack(pcall(ours, ...)), table.pack(pcall(theirs, ...))
  if not a[1] then a, b = { false }, { b[1] } end -- not the words of an error
  if not t.ok(#a == #b and a.n == b.n, what) then return end
  for i = 1, a.n or 1 do
    if type(a[i]) == "table" and type(b[i]) == "table" then t.eq(a[i], b[i], what) elseif a[i] ~= b[i] then t.eq(a[i], b[i], what) end
  end
end

for i = 1, 4000 do
  local text, pattern, init = random_text(), random_pattern(), math.random(-3, 9)
  local what = ("%q in %q from %d"):format(pattern:gsub("~%?", ""), text, init)
  compare("find " .. what, string.find, standard.find, text, pattern, init)
  compare("match " .. what, string.match, standard.match, text, pattern, init)
  compare("gmatch " .. what, function(...) return all_matches(string.gmatch, ...) end, function(...) return all_matches(standard.gmatch, ...) end, text, pattern, init)
  local value, most = values[math.random(#values)], i % 3 > 0 and math.random(-1, 4) or nil
  compare(("gsub %s by %s"):format(what, tostring(value)), string.gsub, standard.gsub, text, pattern, value, most)
end

-- Arguments that the standard functions refuse are refused.
local P = padded "(.-)b"
for _, args in ipairs { { "find", "a", P, {} }, { "find", "a", P, 1.5 }, { "match", {}, P }, { "gsub", "ab", P }, { "gsub", "ab", P, true }, { "gsub", "ab", P, "", "x" },
  { "gsub", "ab", padded "(a", "%1" }, { "gsub", "ab", P, "%2" }, { "gsub", "ab", P, "%x" }, { "gsub", "ab", P, { [""] = {} } }, { "gmatch", "a" }, { "match", "ab", "%" .. PAD .. "[" } } do
  local name = table.remove(args, 1)
  local ok, e = pcall(string[name], table.unpack(args, 1, 4))
  t.eq({ ok, type(e) }, { pcall(standard[name], table.unpack(args, 1, 4)) and true or false, ok and type(e) or "string" }, name .. " " .. tostring(args[2]))
end
t.fails(function() return ("b"):gsub(P, "%3") end, "pattern.lua:%d+: invalid capture index %%3 in replacement string", "with file and line")

-- Nothing is done twice, and no more than is asked for.
local calls = 0
local text, count = ("ab"):rep(3000):gsub(padded "(a)b", function(a)
  calls = calls + 1
  return a
end)
t.eq({ #text, count, calls }, { 3000, 3000, 3000 }, "one call for each match")
local endless = ("x"):rep(200000)
t.eq(("y" .. endless):gmatch "(.-)y"(), "", "the first match, and nothing of the search for the second")
t.eq(select(2, ("y" .. endless):gsub(".-y", "", 1)), 1, "as often as it was asked for")

-- The budget: that of the guard it runs under. What could catch the error is not asked.
for name, fn in pairs {
  find = function() return endless:find ".-y" end,
  match = function() return endless:match "(.-)y" end,
  gmatch = function() for _ in endless:gmatch ".-y" do end end,
  gsub = function() return endless:gsub(".-y", "") end,
  ["gsub with a function"] = function() return ("xy"):rep(100):gsub(".-y", function() return (endless:gsub(".-y", "")) end) end,
  ["a search that is caught"] = function() while true do pcall(string.find, endless, ".-y") end end,
} do
  local ok, e = task.limited(0.025, fn)
  t.eq(ok, false, name)
  t.match(e, "^tests/lua/pattern.lua:%d+: ", name .. ": with file and line")
end
t.eq({ task.limited(10, function() return (endless:gsub("x+", "y")) end) }, { true, "y" }, "one that ends")

local found = {}
for word in ("a\0b\0"):rep(500):gmatch "([^%z]*)%z" do found[#found + 1] = word end
t.eq({ #found, found[1000], (("a\0b"):rep(500):gsub("%Z*%z", "")) }, { 1000, "b", "b" }, "%z is a zero byte, as in the standard functions")

t.done()
