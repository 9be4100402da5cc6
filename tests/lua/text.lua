-- sys.text as Lua sees it (what is dropped is in tests/c/test_clean.c), and the helpers of qwen.text.
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

-- qwen.text
local more = require "qwen.util.text"
t.eq(more.clean, text.clean, "what C has is here as well")
t.eq(more.lines "a\r\nb\n\nc", { "a", "b", "", "c" }, "lines")
t.eq(more.lines "a\n", { "a" }, "a line end ends a line")
t.eq(more.lines "", {}, "no lines")
t.eq(more.trim " \n a b\t", "a b", "trim")
t.eq({ more.human_bytes(0), more.human_bytes(1023), more.human_bytes(3482), more.human_bytes(5 << 20), more.human_bytes(3 << 30) },
  { "0 B", "1023 B", "3.4 KB", "5.0 MB", "3.0 GB" }, "sizes")
t.eq(more.nearest("modle", { "help", "model", "quit" }), "model", "nearest")
t.eq(more.nearest("xyz", { "help", "model" }), nil, "nothing near")
t.eq(more.nearest("he", { "quit", "help" }), "help", "a beginning")
t.eq(more.nearest("x", {}), nil, "no words")
t.match(more.diff("a\n", "b\n", "f"), "^%-%-%- a/f", "diff")
t.eq({ more.head_tail("short", 10) }, { "short", false }, "nothing to cut")
t.eq({ more.head_tail("漢字漢字漢字漢", 20) }, { "漢\n[... 3 bytes left out ...]\n漢字漢字漢", true }, "one byte too long")
t.eq({ more.head_tail(("0123456789"):rep(10), 20) }, { "0123\n[... 80 bytes left out ...]\n4567890123456789", true }, "head and tail")
for _, piece in ipairs { "漢", "\u{1F600}", "é", "\x80", "\xff", "a\x80\x80\x80\x80" } do
  local whole = piece:rep(1000)
  for limit = 10, 20 do
    local cut, was = more.head_tail(whole, limit)
    local kept = cut:gsub("\n%[.-%]\n", "")
    local ok = was and #kept <= limit and #kept + tonumber(cut:match "(%d+) bytes left out") == #whole and (not utf8.len(whole) or utf8.len(cut))
    if not ok then t.ok(false, ("cut of %q to %d"):format(piece, limit)) end
  end
end

t.done()
