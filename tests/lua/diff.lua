-- qwen.diff: known diffs, and random pairs whose diff must turn one into the other again.
local t = dofile "tests/check.lua"
local diff = require "qwen.util.diff"

t.eq(diff("a\n", "a\n", "f"), "", "no difference")
t.eq(diff("a\nb\nc\n", "a\nB\nc\n", "dir/f"), "--- a/dir/f\n+++ b/dir/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", "one line")
t.eq(diff("", "x\ny\n", "f"), "--- a/f\n+++ b/f\n@@ -0,0 +1,2 @@\n+x\n+y\n", "from nothing")
t.eq(diff("x\n", "", "f"), "--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-x\n", "to nothing")
t.eq(diff("a", "a\n", "f"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n", "newline at the end")
t.eq(diff("a\r\n", "a\n", "f"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+a\n", "line ends count")

local function numbers(n, change)
  local lines = {}
  for i = 1, n do lines[i] = (change[i] or i) .. "\n" end
  return table.concat(lines)
end
t.eq(diff(numbers(20, {}), numbers(20, { [5] = "x", [12] = "y" }), "f"):gsub("[^@]", ""), "@@@@", "six lines between share a hunk")
t.eq(diff(numbers(20, {}), numbers(20, { [5] = "x", [13] = "y" }), "f"):gsub("[^@]", ""), "@@@@@@@@", "seven do not")
t.match(diff(numbers(20, {}), numbers(20, { [13] = "y" }), "f"),
  "@@ %-10,7 %+10,7 @@\n 10\n 11\n 12\n%-13\n%+y\n 14\n 15\n 16\n$", "context")

-- Applies a diff strictly: every context and removed line must be where the head says.
local function apply(old, patch)
  local source, out, at = {}, {}, 1
  for line in old:gmatch("[^\n]*\n?") do source[#source + 1] = line ~= "" and line or nil end
  local pieces = {}
  for line in patch:gmatch("[^\n]*\n") do
    if line:sub(1, 1) == "\\" then pieces[#pieces] = pieces[#pieces]:sub(1, -2) else pieces[#pieces + 1] = line end
  end
  for i = 3, #pieces do
    local mark, line = pieces[i]:sub(1, 1), pieces[i]:sub(2)
    if mark == "@" then
      local start, count = pieces[i]:match("^@@ %-(%d+),?(%d*)")
      start = tonumber(start) + (count == "0" and 1 or 0)
      while at < start do out[#out + 1], at = source[at], at + 1 end
    elseif mark == "+" then
      out[#out + 1] = line
    else
      if source[at] ~= line then return nil end
      if mark == " " then out[#out + 1] = line end
      at = at + 1
    end
  end
  table.move(source, at, #source, #out + 1, out)
  return table.concat(out)
end

math.randomseed(7)
local bad, longer = 0, 0
for _ = 1, 2000 do
  local a, b = {}, {}
  for i = 1, math.random(0, 30) do a[i] = string.char(96 + math.random(5)) .. "\n" end
  for _, line in ipairs(a) do
    local what = math.random(8)
    if what > 1 then b[#b + 1] = line end
    if what == 8 then b[#b + 1] = "new\n" end
  end
  local old, new = table.concat(a), table.concat(b)
  if math.random(4) == 1 then new = new:gsub("\n$", "") end
  local patch = diff(old, new, "f")
  if (patch == "") ~= (old == new) or (patch ~= "" and apply(old, patch) ~= new) then bad = bad + 1 end
  local _, edits = patch:gsub("\n[+-][^+-]", "")
  if edits > 2 * #a then longer = longer + 1 end
end
t.eq(bad, 0, "random diffs apply")
t.eq(longer, 0, "no diff is longer than a replacement")

local strange, other = {}, {}
for i = 1, 3000 do strange[i], other[i] = "a" .. i .. "\n", "b" .. i .. "\n" end
strange, other = table.concat(strange), table.concat(other)
t.eq(apply(strange, diff(strange, other, "f")), other, "two texts without a common line")

t.done()
