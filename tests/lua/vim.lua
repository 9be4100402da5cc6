-- qwen.ui.vim: commands as a person types them, and random keys against what must hold for every state.
local t = dofile "tests/check.lua"
local editor = require "qwen.ui.editor.editor"
local vim = require "qwen.ui.editor.vim"

local function event(name)
  if #name > 1 and name:sub(1, 1) == "<" then return { type = "key", key = name:sub(2, -2) } end
  return { type = "key", key = name == " " and "space" or name, text = name }
end

local function keys(state, typed)
  local i, action = 1, nil
  while i <= #typed do
    local name = typed:match("^<[%a%-_]+>", i) or typed:match("^" .. utf8.charpattern, i)
    state, action = vim.key(state, event(name))
    i = i + #name
  end
  return state, action
end

-- From a text with | as the cursor, in normal mode.
local function start(text)
  local before, after = text:match "^(.-)|(.*)$"
  local state = vim.turn(editor.insert(editor.new(), before .. after), true)
  state = keys(state, "<esc>")
  return editor.move_to(state, #before)
end

local function check(text, typed, want)
  local state = keys(start(text), typed)
  t.eq(state.text:sub(1, state.cursor) .. "|" .. state.text:sub(state.cursor + 1), want, text .. " " .. typed)
end

-- motions
check("one |two", "h", "one| two")
check("|one two", "w", "one |two")
check("|one, two", "ww", "one, |two")
check("|one, two", "W", "one, |two")
check("one two |three", "2b", "|one two three")
check("|one two", "e", "on|e two")
check("|one two", "ee", "one tw|o")
check("  one |two", "0", "|  one two")
check("  one |two", "^", "  |one two")
check("|one two", "$", "one tw|o")
check("|a-b-c", "f-", "a|-b-c")
check("|a-b-c", "2f-", "a-b|-c")
check("|a-b-c", "t-", "|a-b-c")
check("a-b-|c", "F-", "a-b|-c")
check("a\nb\n|c", "gg", "|a\nb\nc")
check("|a\nb\nc", "G", "a\nb\n|c")
check("|ab\ncd", "j", "ab\n|cd")
check("|a", "ll", "|a")
check("|漢字", "l", "漢|字")

-- operators
check("|one two", "dw", "|two")
check("|one two three", "d2w", "|three")
check("|one two three", "2dw", "|three")
check("one |two", "db", "|two")
check("|one two", "de", "| two")
check("|one two", "D", "|")
check("one |two", "D", "one| ")
check("one |two", "d0", "|two")
check("a\n|b\nc", "dd", "a\n|c")
check("a\nb\n|c", "dd", "a\n|b")
check("|a\nb\nc", "2dd", "|c")
check("|a\nb\nc", "dj", "|c")
check("a |b) c", "dt)", "a |) c")
check("a |b) c", "df)", "a | c")
check("|one two", "cwx<esc>", "|x two")
check("|one two three", "2cwx<esc>", "|x three")
check("|one two", "ccx<esc>", "|x")
check("one |two", "Cx<esc>", "one |x")
check("|abc", "x", "|bc")
check("|abc", "2x", "|c")
check("ab|c", "X", "a|c")
check("|abc", "rx", "|xbc")
check("|abc", "sx<esc>", "|xbc")
check("|aBc", "3~", "Ab|C")
check("a|\nb", "J", "a| b")

check("|a\n\nb", ">G", "  |a\n\n  b")
check("    |a", "<<", "  |a")
check("|a\nb\nc", "2>>", "  |a\n  b\nc")

-- the last letter again
check("|a-b-c-d", "f-;", "a-b|-c-d")
check("|a-b-c-d", "f-2;", "a-b-c|-d")
check("|a-b-c-d", "f-;,", "a|-b-c-d")
check("|a-b-c-d", "t-;", "a-|b-c-d")
check("|a-b-c-d", "t-t-;", "a-|b-c-d")
check("a-b-c-|d", "F-;", "a-b|-c-d")
check("a-b-c-|d", "T-;", "a-b-|c-d")
check("|a-b-c-d", "f-d;", "a|-c-d")
check("|a-b-c", ";", "|a-b-c")

-- visual
check("|one two", "ved", "| two")
check("|one two", "vwd", "|wo")
check("|one two three", "v2ex", "| three")
check("one |two", "vbd", "|wo")
check("|one two", "vlly$p", "one twoon|e")
check("|one two", "vecx<esc>", "|x two")
check("|one two", "ve~", "|ONE two")
check("|ONE two", "veu", "|one two")
check("one t|wo three", "viwU", "one |TWO three")
check("a\n|b\nc", "Vd", "a\n|c")
check("|a\nb\nc", "Vjd", "|c")
check("|a\nb\nc", "Vj>", "  |a\n  b\nc")
check("  |a\n  b", "Vj<", "|a\nb")
check("|a\nb", "Vyjp", "a\nb\n|a")
check("|one two", "ywwviwp", "one |one ")
check("one |two", "v<esc>x", "one |wo")
check("one |two", "vvx", "one |wo")
check("a|bcd", "vlohd", "|d")
check("|a b c d", "vldw.", "b |d")
check("|a(b)c", "vf)d", "|c")
check("|漢字x", "vld", "|x")
check("|a\nb", "vjjjkkkd", "|\nb")

-- text objects
check("one t|wo three", "diw", "one | three")
check("one t|wo three", "daw", "one |three")
check("f(a, |b) c", "di(", "f(|) c")
check("f(a, |b) c", "da(", "f| c")
check("f(g(x), |b)", "ci(z<esc>", "f(|z)")
check('say "o|ne" x', 'di"', 'say "|" x')
check("no |brackets", "di(", "no |brackets")

-- insert
check("|one", "ix<esc>", "|xone")
check("|one", "ax<esc>", "o|xne")
check("one |two", "Ix<esc>", "|xone two")
check("|one", "Ax<esc>", "one|x")
check("|one", "ox<esc>", "one\n|x")
check("|one", "Ox<esc>", "|x\none")

-- yank and put, undo, repeat
check("|one two", "ywP", "one| one two")
check("|a\nb", "yyp", "a\n|a\nb")
check("|a\nb", "ddp", "b\n|a")
check("|one two", "dwu", "|one two")
check("|one two", "dwu<ctrl-r>", "|two")
check("|one two three", "dw.", "|three")
check("|a b c", "cwx<esc>w.", "x |x c")
check("|abc", "x..", "|")

t.eq({ select(2, keys(start "|a", "<enter>")) }, { "unused" }, "the keymap decides")
t.eq({ select(2, keys(start "|a", "<esc>")) }, { "unused" }, "Esc in normal mode")
t.eq(keys(start "|a", "d<esc>").vim.keys, "", "Esc drops a half command")

math.randomseed(5)
local every = { "a", "i", "<esc>", "<esc>", "d", "c", "y", "w", "b", "e", "W", "0", "$", "^", "g", "G", "f", "t", "F", "T", "x", "X", "D", "p", "P", "u",
  ".", "o", "O", "J", "~", "r", "s", "2", "3", "(", ")", '"', "漢", "\u{301}", "<ctrl-r>", "<backspace>", "j", "k", " ", "-", "v", "V", "v", ";", ",", ">", "<",
  "u", "U", "i" }
local broken = {}
for round = 1, 400 do
  local state, trail = start "one (two) \"x\"\nthree 漢字|\n", {}
  for _ = 1, 60 do
    local name = every[math.random(#every)]
    trail[#trail + 1] = name
    local ok, new = pcall(vim.key, state, event(name))
    local byte = ok and new.text:byte(new.cursor + 1)
    if not ok or new.cursor < 0 or new.cursor > #new.text or not utf8.len(new.text) or byte and byte & 0xC0 == 0x80 or #new.text > 5e5 then
      broken[#broken + 1] = round .. ": " .. table.concat(trail) .. (ok and "" or " " .. tostring(new))
      break
    end
    state = new
  end
end
t.eq(broken, {}, "random keys")

t.done()
