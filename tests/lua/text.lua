-- sys.text as Lua sees it (what is dropped is in tests/c/test_clean.c).
local t = dofile "tests/check.lua"
local text = require "sys.text"

t.eq(text.clean "plain\ttext\n", "plain\ttext\n", "plain text")
t.eq(text.clean "", "", "empty text")
t.eq(text.clean "a\x1b]0;title\x07\x1b[31mb\u{202e}c\xff", "abc\u{FFFD}", "what is dropped")
t.eq(text.visible "a\x1b[31mb\u{202e}c", "a\\x1b[31mb\\u202ec", "what is shown")
t.eq(text.utf8 "a\xffb\xe2\x82", "a\u{FFFD}b\u{FFFD}", "bytes that are no text")
t.eq(text.utf8 "é\0\x1b", "é\0\x1b", "valid text is left alone, controls and all")
t.fails(function() text.clean(nil) end, "string expected", "nil is no text")

local source = "h\u{e9}\x1b[1;31mred\x1b]8;;http://x\x1b\\link\u{1F469}\u{200d}\u{1F467}\xe2\x82."
local want = text.clean(source)
for cut = 0, #source do
  local clean = text.cleaner()
  local got = clean(source:sub(1, cut)) .. clean(source:sub(cut + 1)) .. clean()
  if got ~= want then t.eq(got, want, "cut at " .. cut) end
end
local clean = text.cleaner()
t.eq(clean "a\x1b[3", "a", "an open sequence waits")
t.eq(clean "1mb\xe2\x82", "b", "an open character waits")
t.eq(clean(nil), "\u{FFFD}", "the end settles it")
t.eq(clean "1m", "1m", "then it is as new")
t.fails(function() clean {} end, "string expected", "a chunk is a string")

local big = ("x"):rep(1 << 20) .. "\x1b[m"
t.eq(#text.clean(big), 1 << 20, "a big text")
t.eq(#text.cleaner()(big), 1 << 20, "a big piece")

t.done()
