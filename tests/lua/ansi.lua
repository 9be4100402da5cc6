-- Rows with colours: widths, wraps, and what need not be written again.
local t = dofile "tests/check.lua"
local ansi = require "qwen.ui.render.ansi"

local red, off = "\27[31m", "\27[0m"
t.eq(ansi.plain(red .. "a" .. off .. "\27]8;;http://x\27\\b\27]8;;\27\\"), "ab", "colours and links are no text")
t.eq(ansi.width(red .. "中" .. off), 2, "width")

t.eq(ansi.wrap("", 4), { "" }, "an empty line is one row")
t.eq(ansi.wrap("abcdef", 4), { "abcd", "ef" }, "too wide")
t.eq(ansi.wrap("abcd", 4), { "abcd" }, "just as wide")
t.eq(ansi.wrap("a中中", 4), { "a中", "中" }, "a wide character is not cut")
t.eq(ansi.wrap("中", 1), { "中" }, "wider than the screen")
t.eq(ansi.wrap(red .. "abcdef" .. off, 4), { red .. "abcd" .. off, red .. "ef" .. off }, "the colour goes on")
t.eq(ansi.wrap("a\tb", 20), { "a       b" }, "tabs")
t.eq(#ansi.wrap(("x"):rep(100000), 80), 1250, "a long line")

do
  local cut = require("qwen.ui.render.wrap").cut
  t.eq({ cut("abcd", 4) }, { "abcd", 4 }, "it fits")
  t.eq({ cut("abcde", 4) }, { "abc…", 4 }, "a mark for the rest")
  t.eq({ cut("a中中中", 5) }, { "a中…", 4 }, "a wide character is not halved")
  t.eq({ cut("abc", 1) }, { "…", 1 }, "the mark alone")
  t.eq({ cut("abc", 0) }, { "", 0 }, "no room")
  local sent = (require("qwen.ui.editor.input_area").sent(("line\n"):rep(10000) .. ("x"):rep(5000)):gsub("\27%[[%d;]*m", ""))
  t.eq(sent, "\n> line\n" .. ("  line\n"):rep(19) .. "  … 9981 more lines\n", "a long paste stands in the scrollback with its beginning")
  t.match(require("qwen.ui.editor.input_area").sent(("x"):rep(5000)), ("x"):rep(1999) .. "…", "a long line too")
  local rows = require("qwen.ui.widget.picker").new("Which?", { "one that is much too long", "two" }):rows(16, 10)
  t.eq(rows[2]:gsub("\27%[[%d;]*m", ""), "> 1. one that …", "a choice that is too long says so")
end

local function shared(a, b) return { ansi.shared(a, b) } end
t.eq(shared("hello world", "hello there"), { 6, 6, "" }, "alike")
t.eq(shared("ab", "abe\u{301}"), { 2, 2, "" }, "more is behind it")
t.eq(shared("abe", "abe\u{301}"), { 2, 2, "" }, "the last one gets a mark")
t.eq(shared("abe\u{301}", "abex"), { 2, 2, "" }, "the last one loses it")
t.eq(shared("中文", "中文字"), { 6, 4, "" }, "wide characters")
t.eq(shared("", "abc"), { 0, 0, "" }, "nothing alike")
t.eq(shared(red .. "hello", red .. "hello you"), { #red + 5, 5, red }, "the colour that is open there")
t.eq(shared(red .. "> " .. off .. "\u{301}a", red .. "> " .. off .. "b"), { #red + 1, 1, red }, "what joined with the last is written again")
t.eq(shared(red .. "ab" .. off .. "cdef", red .. "ab" .. off .. "cdeg")[3], "", "a colour that was ended")
t.eq(shared(red .. "x", "\27[32mx"), { 0, 0, "" }, "no sequence is cut")
for _, row in ipairs { "e\204\129tude abc", "中文 中文字", "👩‍👩‍👧 family", red .. "中文" .. off .. "中文" } do
  for _, last in utf8.codes(row) do
    local other = row .. utf8.char(last)
    local bytes, columns, styles = ansi.shared(row, other)
    t.ok(utf8.len(row:sub(1, bytes)), "no character is cut: " .. row)
    t.eq(columns, ansi.width(row:sub(1, bytes)), "columns of what is kept: " .. row)
    t.eq(ansi.plain(row:sub(1, bytes) .. styles .. other:sub(bytes + 1)), ansi.plain(other), "the row as wanted: " .. row)
  end
end

t.done()
