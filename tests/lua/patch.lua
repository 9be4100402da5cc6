-- Diffs for people: numbers, marks, the words that changed; and that only a diff is taken for one.
local t = dofile "tests/check.lua"
local diff = require "qwen.util.diff"
local patch = require "qwen.ui.render.patch"
local style = require "qwen.ui.render.style"

require("qwen.extension.registry").scan { safe = true }
local before = style.force(0)

local old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n"
local new = old:gsub("c", "C"):gsub("n\n", "n")
t.eq(patch.rows(diff(old, new, "x"), 40), { " 1   a", " 2   b", " 3 - c", " 3 + C", " 4   d", " 5   e", " 6   f", "   ⋮", "11   k", "12   l", "13   m", "14 - n",
  "14 + n", "   No newline at end of file" }, "numbers and marks")
t.eq(patch.rows(diff("", "a\nb\n", "x"), 40), { "1 + a", "2 + b" }, "a new file")
t.eq(patch.rows(diff("a\nb\nc\n", "", "x"), 40, 2), { "1 - a", "2 - b", "… 1 more line" }, "not more than asked for")
t.eq(patch.rows(diff("--- a\n", "+++ b\n", "x"), 40), { "1 - --- a", "1 + +++ b" }, "a line like a head is a line")

t.ok(patch.is_diff(diff("a\n", "b\n", "x")), "a diff")
t.ok(not patch.is_diff "- a\n+ b" and not patch.is_diff "" and not patch.is_diff "--- rm -rf\necho", "no diff")

t.eq(patch.rows(diff("", "one two three four five\n", "x"), 16), { "1 + one two", "    three four", "    five" },
  "below its number where it wraps")
t.eq(patch.rows(diff("", "\tx\n", "x"), 16), { "1 +     x" }, "tabs have a width")
t.eq(patch.rows(diff("a\r\nb\r\n", "a\r\nc\r\n", "x"), 40), { "1   a", "2 - b", "2 + c" }, "lines of Windows")
t.eq(patch.rows(diff("a\n", "a\r\n", "x"), 40), { "1 - a", "1 + a\r" }, "but not where that changes")
t.eq(patch.count(diff("a\nb\n", "a\nc\nd\n", "x")), "+2 −1", "how much changes")

-- Several files: each has its name, and a line that looks like a head is none while a hunk goes on.
local several = "--- a/x\n+++ b/y\n" .. diff("a\n-- a/q\n", "a\n++ b/q\n", "x"):gsub("^[^\n]*\n[^\n]*\n", "")
  .. "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+n\n" .. "--- a/gone\n+++ /dev/null\n" .. "--- a/same\n+++ b/same\n@@ -1 +1 @@\n-o\n+p\n"
t.eq(patch.rows(several, 40), { "x → y", "1   a", "2 - -- a/q", "2 + ++ b/q", "+ new.txt", "1 + n", "− gone", "same", "1 - o", "1 + p" }, "several files")
t.eq({ patch.count(several), patch.is_diff(several), patch.is_diff "--- a/x\n+++ b/y\n" }, { "+3 −2", true, true }, "what they change")

style.force(16)
style.use { added = "green", removed = "red", added_word = "reverse", removed_word = "reverse", dim = "" }
local function marked(a, b)
  local out = {}
  for i, row in ipairs(patch.rows(diff(a, b, "x"), 40)) do
    out[i] = row:gsub("\27%[[%d;]*7m(.-)\27%[m", "<%1>"):gsub("\27%[[%d;]*m", "")
  end
  return out
end
t.eq(marked("return old_name(1);\n", "return new_name(1);\n"), { "1 - return <old_name>(1);", "1 + return <new_name>(1);" }, "a whole word")
t.eq(marked("f(a)\n", "f(a, b)\n"), { "1 - f(a)", "1 + f(a<, b>)" }, "words that were added")
t.eq(marked("x = é\n", "x = è\n"), { "1 - x = <é>", "1 + x = <è>" }, "no character is cut")
t.eq(marked("completely\n", "different\n"), { "1 - completely", "1 + different" }, "nothing alike")

-- Where there are colours enough: those of the code, on a ground that is as wide for each row.
style.force(256)
style.use { added_row = "on 22", removed_row = "on 52", added_word = "reverse", removed_word = "reverse",
  keyword = "magenta", string = "green" }
local function grounds(a, b, name)
  local out = {}
  for i, row in ipairs(patch.rows(diff(a, b, name), 40)) do
    out[i] = row:gsub("\27%[2;48", "\27[48"):gsub("\27%[48;5;22m", "<"):gsub("\27%[48;5;52m", "{"):gsub("\27%[48;5;22;35m", "<K:")
      :gsub("\27%[48;5;22;32m", "<S:"):gsub("\27%[35m", "K:"):gsub("\27%[m", "."):gsub("\27%[[%d;]*m", "~")
  end
  return out
end
t.eq(grounds("", "x\nreturn 'a'\n", "x.py"), { "<1 .<+ .<x.<          .", "<2 .<+ .<K:return.< .<S:'a'.< ." },
  "keywords and strings on the ground")
t.eq(grounds("return\n", "", "x.nosuch"), { "{1 .{- .{return.{ ." }, "a language of nobody")
t.eq(grounds("import a\nb\n", "import a\nc\n", "x.py")[1], "~1 .  K:import. a", "what stays has no ground")
style.force(before)

t.done()
