-- House rule: limits of size. A file that is longer says why in its first lines, a function above itself: "Long because ...".
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"

local limits = { c = 500, h = 80, lua = 300, fn = 60, columns = 160 }

local function lines_of(text)
  local out = {}
  for line in text:gmatch "([^\n]*)\n" do out[#out + 1] = line end
  return out
end

---Where a function that opens on line `first` ends, and its name; nil when none opens there.
local function function_end(lines, first, kind)
  local line = lines[first]
  local close
  if kind == "lua" then
    local indent = line:match "^(%s*)local function " or line:match "^(%s*)function " or line:match "^(%s*)[%w_.%[%]\" ]+= function%("
    if not indent or line:find "%f[%w]end%f[%W][^\"]*$" then return end
    close = "^" .. indent .. "end%f[^%w]"
  else
    if not line:find "^%a.*%b() {$" then return end
    close = "^}"
  end
  for i = first + 1, #lines do
    if lines[i]:find(close) then return i end
  end
  return #lines
end

---Everything that is too long in a text.
local function too_long(text, kind)
  local lines, out = lines_of(text), {}
  local excused = table.concat(lines, "\n", 1, math.min(#lines, 8)):find "[Ll]ong because"
  if excused then return out end
  if #lines > limits[kind] then out[#out + 1] = ("%d lines, limit %d"):format(#lines, limits[kind]) end
  for i, line in ipairs(lines) do
    if (utf8.len(line) or #line) > limits.columns then out[#out + 1] = ("line %d: wider than %d columns"):format(i, limits.columns) end
    local last = function_end(lines, i, kind)
    local reason = last and table.concat(lines, "\n", math.max(1, i - 8), i):find "Long because"
    if last and last - i + 1 > limits.fn and not reason then
      out[#out + 1] = ("line %d: function of %d lines, limit %d"):format(i, last - i + 1, limits.fn)
    end
  end
  return out
end

t.eq(#too_long(("x\n"):rep(301), "lua"), 1, "a long file is caught")
t.eq(#too_long("-- Long because it is a table.\n" .. ("x\n"):rep(301), "lua"), 0, "a reason lets it pass")
t.eq(#too_long(("x"):rep(161) .. "\n", "c"), 1, "a wide line is caught")
t.eq(#too_long("local function f()\n" .. ("  x()\n"):rep(60) .. "end\n", "lua"), 1, "a long Lua function is caught")
t.eq(#too_long("  M.f = function(a)\n" .. ("    x()\n"):rep(60) .. "  end\n", "lua"), 1, "so is one in a field")
t.eq(#too_long("static int f(int a) {\n" .. ("  x();\n"):rep(60) .. "}\n", "c"), 1, "a long C function is caught")
t.eq(#too_long("static int f(int a) {\n" .. ("  x();\n"):rep(58) .. "}\n", "c"), 0, "a short one passes")

for _, path in ipairs(tree.files("^src/.*%.[ch]$", "^src/.*%.lua$", "^lua/.*%.lua$", "^commands/.*%.lua$")) do
  if not path:find "^lua/meta/" then
    local found = too_long(tree.read(path), path:match "%.(%w+)$")
    t.ok(#found == 0, path .. ": " .. table.concat(found, "; "))
  end
end

t.done()
