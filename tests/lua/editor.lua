-- qwen.ui.editor: typing as a person does, and random keys against what must hold for every state.
local t = dofile "tests/check.lua"
local Editor = require "qwen.ui.editor.editor"
local keymap = require "qwen.ui.editor.keymap"
local layout = require "qwen.ui.editor.layout"

local function event(name)
  if name:sub(1, 1) == "<" and #name > 1 then return { type = "key", key = name:sub(2, -2) } end
  return { type = "key", key = name == " " and "space" or name, text = name }
end

-- A key for an action whose own is a row of two.
assert(keymap.bind("alt-x", "transpose"))

local function press(state, name)
  local pressed = event(name)
  return Editor.key(state, pressed, (keymap.action(pressed.key)))
end

-- Types "abc<left>": gives the state and what the last key asked for.
local function type_keys(state, keys)
  local action
  local i = 1
  while i <= #keys do
    local name = keys:match("^<[%a%-_]+>", i) or keys:match("^" .. utf8.charpattern, i)
    state, action = press(state, name)
    i = i + #name
  end
  return state, action
end

-- The text with the cursor shown as |.
local function shown(state)
  return state.text:sub(1, state.cursor) .. "|" .. state.text:sub(state.cursor + 1)
end

local function check(keys, want, start)
  t.eq(shown((type_keys(start or Editor.new(), keys))), want, keys)
end

-- inserting, deleting, moving
check("hello", "hello|")
check("héllo<left><left><left><backspace>", "h|llo")
check("ac<left>b", "ab|c")
check("abc<home>x<end>y", "xabcy|")
check("abc<ctrl-a><right><delete>", "a|c")
check("abc<left><ctrl-d>", "ab|")
check("a<backspace><backspace>", "|")
check("a<delete>", "a|")
check("\u{1F469}\u{200D}\u{1F467}x<left><backspace>", "|x")
check("ae\u{301}<backspace>", "a|")
check("漢字<left>x", "漢x|字")
check("a<ctrl-j>b<shift-enter>c<alt-enter>", "a\nb\nc\n|")
check("a\\<enter>b", "a\nb|")

-- words
check("one two-three  <alt-b>", "one two-|three  ")
check("one two-three<ctrl-left><ctrl-left>", "one |two-three")
check("one two<home><alt-f>", "one| two")
check("one two<home><ctrl-right><ctrl-right><ctrl-right>", "one two|")
check("naïve été<alt-b>", "naïve |été")

-- kill and yank
check("one two-three<ctrl-w>", "one |")
check("one two-three<alt-backspace>", "one two-|")
check("one two<home><alt-d>", "| two")
check("one<ctrl-u><ctrl-y><ctrl-y>", "oneone|")
check("one two three<ctrl-w><ctrl-w><ctrl-y>", "one two three|")
check("one two<home><alt-d><alt-d><ctrl-y>", "one two|")
check("one<ctrl-u>two<ctrl-u><ctrl-y><alt-y>", "one|")
check("one<ctrl-u>two<ctrl-u><ctrl-y><alt-y><alt-y>", "two|")
check("one<alt-y>", "one|")
check("ab<ctrl-j>cd<up><left><ctrl-k>", "a|\ncd")
check("ab<ctrl-j>cd<up><ctrl-k>", "ab|cd") -- at the end of a line, its newline
check("ab<ctrl-j>cd<up><home><ctrl-k><ctrl-k>", "|cd")
check("ab<ctrl-j>cd<ctrl-u>", "ab\n|")
check("<ctrl-k><ctrl-u><ctrl-w><ctrl-y>", "|")
check("abc<alt-x>", "acb|")
check("abc<left><left><alt-x>", "ba|c")
check("a<alt-x>", "a|")

-- undo and redo
check("one two<ctrl-_>", "one|")
check("one two<ctrl-_><ctrl-_>", "|")
check("one two<ctrl-_><ctrl-_><ctrl-_>", "|")
check("one two<ctrl-_><ctrl-shift-z>", "one two|")
check("one two<ctrl-_>x<ctrl-shift-z>", "onex|")
check("one<ctrl-u><ctrl-_>", "one|")
check("one<left>x<ctrl-_>", "on|e")

-- up and down
check("abcd<ctrl-j>x<ctrl-j>efgh<left><up><up>", "abc|d\nx\nefgh")
check("abcd<ctrl-j>x<ctrl-j>efgh<left><up><down>", "abcd\nx\nefg|h")
check("漢字漢<ctrl-j>abc<up>", "漢|字漢\nabc")
check("<ctrl-j>abc<up><down>", "\nabc|")
check("abcdefghi<up>", "abcde|fghi", Editor.new { columns = 5 })
check("abcdefghi<left><left><up><down>", "abcdefg|hi", Editor.new { columns = 5 })
check("ab<ctrl-j>cd<ctrl-home>x", "x|ab\ncd")

-- history
local function with_history() return Editor.new { history = { "first", "second\nline" } } end
check("<up>", "second\nline|", with_history())
check("<up><up><up>", "first|", with_history())
check("draft<up><up><up><down>", "second\nline|", with_history())
check("draft<ctrl-p><ctrl-p><ctrl-n><ctrl-n>", "draft|", with_history())
check("<ctrl-p>X<ctrl-p><ctrl-n>", "second\nlineX|", with_history())
check("<down>a", "a|", with_history())
check("<ctrl-p><ctrl-p><ctrl-p>", "first|", with_history())
t.eq(Editor.find(with_history(), "ir", 3), 1, "find")
t.eq(Editor.find(with_history(), "ir", 1), nil, "find no more")
t.eq(shown(Editor.recall(with_history(), 1)), "first|", "recall")
local sent = Editor.sent(type_keys(with_history(), "new"), "new")
t.eq({ shown(sent), sent.history, sent.at }, { "|", { "first", "second\nline", "new" }, 4 }, "sent")
t.eq(#Editor.sent(sent, "new").history, 3, "not twice in a row")
t.eq(#Editor.sent(sent, " \n").history, 3, "nothing is not remembered")
check("<ctrl-y>", "kept|", Editor.sent(type_keys(Editor.new(), "kept<ctrl-u>"), "x"))
local long_entry = type_keys(Editor.new { history = { ("y"):rep(9000) } }, "<up>")
t.eq({ shown(long_entry), Editor.text(long_entry) }, { "[Pasted Content 9000 chars]|", ("y"):rep(9000) }, "a long entry")

-- what a key asks for
t.eq({ select(2, type_keys(Editor.new(), "hi<enter>")) }, { "submit" }, "enter")
t.eq({ select(2, type_keys(Editor.new(), "<ctrl-d>")) }, { "end" }, "Ctrl-D on nothing")
t.eq({ select(2, type_keys(Editor.new(), "<tab>")) }, { "unused" }, "tab")
t.eq({ select(2, Editor.key(Editor.new(), { type = "resize" })) }, { "unused" }, "resize")
t.eq({ select(2, type_keys(Editor.new(), "x")) }, {}, "a letter")

-- paste
local function paste(state, text) return (Editor.key(state, { type = "paste", text = text })) end
t.eq(shown(paste(type_keys(Editor.new(), "ab<left>"), "x\ny")), "ax\ny|b", "short")
t.eq(shown(paste(Editor.new(), "a\x1b[31mb\u{202e}c\u{E0041}d\r")), "abcd|", "what cannot be seen does not come in")
t.eq(shown(paste(Editor.new(), "\x1b[m")), "|", "nothing")
local long = ("x"):rep(1500)
local state = paste(type_keys(Editor.new(), "see "), long)
t.eq(shown(state), "see [Pasted Content 1500 chars]|", "long")
t.eq(Editor.text(state), "see " .. long, "long, whole")
t.eq(shown(paste(Editor.new(), ("l\n"):rep(11))), "[Pasted Content 22 chars]|", "many lines")
check("<left>!", "see !|[Pasted Content 1500 chars]", state)
check("<left><right>!", "see [Pasted Content 1500 chars]!|", state)
check("<backspace>", "see |", state)
check("<left><delete>", "see |", state)
check("<alt-b>", "see |[Pasted Content 1500 chars]", state)
check("<ctrl-a><alt-f><alt-f>", "see [Pasted Content 1500 chars]|", state)
check("<ctrl-w>", "see |", state)
check("<ctrl-j>1234567890<up>", "see [Pasted Content 1500 chars]|\n1234567890", state)
check("<backspace><ctrl-_>", "see [Pasted Content 1500 chars]|", state)
local twice = paste(state, long:gsub("x", "y"))
t.eq(shown(twice), "see [Pasted Content 1500 chars][Pasted Content 1500 chars #2]|", "the same length twice")
t.eq(Editor.text(twice), "see " .. long .. long:gsub("x", "y"), "each its own")
local tricky = paste(state, "[Pasted Content 1500 chars]" .. ("z"):rep(2000))
t.eq(Editor.text(tricky), "see " .. long .. "[Pasted Content 1500 chars]" .. ("z"):rep(2000), "a paste that looks like a label")
local killed = type_keys(state, "<ctrl-u>")
t.eq(Editor.text(type_keys(Editor.sent(killed, "x"), "<ctrl-y>")), "see " .. long, "a killed paste outlives its line")
local lines = {}
for i = 1, 10000 do lines[i] = "line " .. i .. " of a long paste" end
t.eq(#Editor.text(paste(Editor.new(), table.concat(lines, "\n"))), #table.concat(lines, "\n"), "10,000 lines")

-- layout
local function rows(text, columns)
  local out = {}
  for i, row in ipairs(layout.rows(text, columns)) do out[i] = text:sub(row.from + 1, row.to) end
  return out
end
t.eq(rows("", 10), { "" }, "empty")
t.eq(rows("abcdef\n\ng", 4), { "abc", "def", "", "g" }, "rows leave the cursor a column")
t.eq(rows("漢字漢", 4), { "漢", "字", "漢" }, "wide")
t.eq(rows("漢", 1), { "漢" }, "wider than the row")
t.eq(rows("a\tb\tc", 7), { "a\tb", "\tc" }, "tabs")
t.eq({ layout.place("abcdef", 4, 3) }, { 2, 0 }, "the end of a wrapped row is the next")
t.eq({ layout.place("abc\n", 4, 3) }, { 1, 3 }, "the end of a line is on it")
t.eq({ layout.place("a\tb", 20, 2) }, { 1, 5 }, "tab")

-- random keys: the state before stays as it was, the cursor stands between clusters, undo leads back
math.randomseed(11)
local every = { "a", " ", "é", "漢", "\u{301}", "\u{1F469}", "\u{200D}", "<left>", "<right>", "<up>", "<down>", "<home>", "<end>",
  "<backspace>", "<delete>", "<ctrl-k>", "<ctrl-u>", "<ctrl-w>", "<ctrl-y>",
  "<alt-y>", "<alt-b>", "<alt-f>", "<alt-d>", "<alt-x>", "<ctrl-j>", "<ctrl-_>",
  "<ctrl-shift-z>", "<ctrl-p>", "<ctrl-n>", "paste" }
local function at_boundary(s)
  local position = s.cursor
  local byte = s.text:byte(position + 1)
  return position >= 0 and position <= #s.text and not (byte and byte & 0xC0 == 0x80)
end
local broken = {}
for round = 1, 300 do
  local s, trail = Editor.new { history = { "one", "two\nlines" }, columns = math.random(2, 12) }, {}
  for _ = 1, 60 do
    local name = every[math.random(#every)]
    trail[#trail + 1] = name
    local text, cursor, undo = s.text, s.cursor, #s.undo
    local after = name == "paste" and paste(s, ("p"):rep(1001)) or press(s, name)
    local row, column = layout.place(after.text, after.columns, after.cursor)
    if s.text ~= text or s.cursor ~= cursor or #s.undo ~= undo or not at_boundary(after) or not utf8.len(after.text)
      or not layout.rows(after.text, after.columns)[row] or column > math.max(after.columns - 1, 2) then
      broken[#broken + 1] = round .. ": " .. table.concat(trail)
      break
    end
    s = after
  end
  local most = 0
  while #s.undo > 0 and most < 1000 do s, most = press(s, "<ctrl-_>"), most + 1 end
  if most == 1000 then broken[#broken + 1] = "undo does not end" end
end
t.eq(broken, {}, "random keys")

t.done()
