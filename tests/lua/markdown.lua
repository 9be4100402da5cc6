-- Markdown on the screen: what each construct looks like, that pieces cut anywhere give the same rows, and that nothing hostile gets out.
local t = dofile "tests/check.lua"
local ansi = require "qwen.ui.render.ansi"
local Blocks = require "qwen.ui.render.blocks"
local markdown = require "qwen.ui.render.markdown"
local style = require "qwen.ui.render.style"

require("qwen.extension.registry").scan { safe = true }

local function rows(text, width)
  return markdown.rows(text, width or 40)
end

-- Without colours.
style.force(0)
t.eq(rows "# A *b*\n\ntext", { "# A b", "text" }, "a heading keeps its marks where there is no colour")
t.eq(rows "one **two** ~~three~~ `four`", { "one two three `four`" }, "spans")
t.eq(rows("aaa bbb ccc", 8), { "aaa bbb", "ccc" }, "wrapped at spaces")
t.eq(rows "a\nb\\\nc", { "a", "b", "c" }, "line ends stay where the model put them")
t.eq(rows "- a\n- b\n  1. c\n  2. d\n- [x] e\n- [ ] f\n-", { "• a", "• b", "  1. c", "  2. d", "☑ e", "☐ f", "• " }, "lists")
t.eq(rows("- aaa bbb ccc", 8), { "• aaa", "  bbb", "  ccc" }, "an item hangs")
t.eq(rows "> a\n> > b", { "│ a", "│ │ b" }, "quotes")
t.eq(rows "```c\nint\tx;\n\n```", { "```c", "int    x;", "", "```" }, "code; a blank line of it stays")
t.eq(rows "---", { ("─"):rep(40) }, "a rule")
t.eq(rows "[a](http://b.c/d) <http://e.f> [g.h](https://g.h)", { "a (http://b.c/d) http://e.f g.h" }, "links show where they lead, once")
t.eq(rows "![a](b.png)", { "image: a (b.png)" }, "an image is words")
t.eq(rows "a &amp; &#65; &nosuch; <b>c</b>", { "a & A &nosuch; <b>c</b>" }, "entities; HTML is text")
t.eq(rows "| a | b |\n|---|--:|\n| 1 | 2 |\n| 日本 | 333 |", { "a    │   b", "─────┼────", "1    │   2", "日本 │ 333" }, "a table")
t.eq(rows("| a | b |\n|---|---|\n| one two three four | five six seven |", 22),
  { "a          │ b", "───────────┼─────────", "one two    │ five six", "three four │ seven" }, "a table that wraps")
t.eq(rows("| a | b |\n|---|---|\n| one two | three |\n| x | y |", 10), { "a: one two", "b: three", "", "a: x", "b: y" }, "too narrow for a table")
style.listen(true)
t.eq(rows "| a | b |\n|---|---|\n| 1 | 2 |", { "a: 1", "b: 2" }, "a table for a screen reader")
style.listen(false)

-- With colours.
style.force(16)
style.use { strong = "bold", em = "italic", tt = "cyan" }
t.eq(rows "a **b *c***", { "a \27[1mb \27[m\27[1;3mc\27[m" }, "styles add up")
t.eq(rows("**aaa bbb**", 5), { "\27[1maaa\27[m", "\27[1mbbb\27[m" }, "a style goes on in the next row")
t.eq(rows "`x`", { "\27[36mx\27[m" }, "code in a line")

-- Hostile texts.
t.eq(ansi.plain(rows("&#27;[31m&#x9b;2J&#x202e;a&#0;&#x110000;")[1]), "[31m2Ja\u{FFFD}\u{FFFD}", "an entity names no control character")
t.eq(ansi.plain(rows("[x](http://a/&#27;]0;t&#7;)")[1]), "x (http://a/)", "nor does a link")
t.match(ansi.plain(rows("a\27]0;evil\7b")[1]), "^ab$", "nor the text")

-- Pieces.
style.force(0)
local function written(text, cut)
  local blocks, out = Blocks.new(function() return 40 end), {}
  local from = 1
  while from <= #text do
    local size = cut()
    blocks:add(text:sub(from, from + size - 1))
    blocks:open()
    for _, row in ipairs(blocks:take()) do out[#out + 1] = row end
    from = from + size
  end
  blocks:finish()
  for _, row in ipairs(blocks:take()) do out[#out + 1] = row end
  return out
end
local function whole(text) return written(text, function() return #text end) end

t.eq(whole "# a\ntext\n\n\n- b\n\n- c\n- d\ne\n\nf\n", { "# a", "text", "", "• b", "", "• c", "• d", "  e", "", "f" }, "blank lines as the source has them")
t.eq(whole "a:\n- b\n```\nc\n```\nd", { "a:", "• b", "```", "c", "```", "d" }, "no blank line where the source has none")
t.eq(whole "- a\n\n  ```\n  b\n\n  - c\n  ```\n- d", { "• a", "  ```", "  b", "", "  - c", "  ```", "• d" }, "a fence in an item")
t.eq(whole "10. a\n11. b", { "10. a", "11. b" }, "numbers go on")
t.eq(whole "a\n===\nb\n---\nc", { "# a", "## b", "c" }, "headings that are underlined")
t.eq(whole "[a]: http://b\nsee [a]", { "[a]: http://b", "see [a]" }, "a definition does not vanish")
t.eq(whole "```\nopen", { "```", "open" }, "code that never ends")
t.eq(whole "~~~~\n```\n~~~\n~~~~\na", { "```", "```", "~~~", "```", "a" }, "only a fence as long ends it")
t.eq(whole "a|b\n-|:-\n1|2", { "a │ b", "──┼──", "1 │ 2" }, "short dashes make a table")
t.eq(whole "", {}, "nothing")

local bits = { "# h\n", "text ", "**b** ", "\n", "\n\n", "- i\n", "  - j\n", "1. n\n", "> q\n", "```lua\n", "```\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "`c` ", "[l](u) ",
  "***\n", "    ind\n", "\t", "\r\n", "~~~\n", "日本語 ", "&amp; ", "\27[31m", "[x]: y\n", "-\n", "===\n", "  " }
math.randomseed(7)
for run = 1, 300 do
  local parts = {}
  for i = 1, math.random(1, 30) do parts[i] = bits[math.random(#bits)] end
  local text = table.concat(parts)
  local want = whole(text)
  local got = written(text, function() return math.random(1, 9) end)
  for _, row in ipairs(want) do
    if row:find "[%c]" then t.ok(false, ("run %d: a control character: %q"):format(run, row)) end
    if ansi.width(row) > 40 and not row:find "^ +" then t.ok(false, ("run %d: too wide: %q"):format(run, row)) end
  end
  if not t.eq(got, want, ("run %d: pieces of %q"):format(run, text)) then break end
end

-- The open block is what would be written now.
local blocks = Blocks.new(function() return 40 end)
blocks:add "one\n\n- tw"
t.eq({ blocks:take(), blocks:open() }, { { "one" }, { "", "• tw" } }, "an open item")
blocks:add "o\n```lu"
t.eq({ blocks:take(), blocks:open() }, { { "", "• two" }, {} }, "what becomes a fence")
blocks:add "a\nx = "
t.eq({ blocks:take(), blocks:open() }, { { "```lua" }, { "x = " } }, "an open line of code")

-- A block that outgrows the screen is written from its beginning, at any width, and nothing of it twice or never.
for run = 1, 100 do
  local width, seen, source = 40, {}, {}
  local long = Blocks.new(function() return width end)
  local function take()
    for _, row in ipairs(long:take()) do seen[#seen + 1] = row end
  end
  for i = 1, 150 do
    local piece = i % 50 == 0 and "\n\n- " or "w" .. i .. " "
    source[#source + 1] = piece
    long:add(piece)
    long:open(math.random(2, 6))
    take()
  end
  long:finish()
  take()
  local got = table.concat(seen, " "):gsub("•", ""):gsub("%s+", " ")
  local want = table.concat(source):gsub("\n\n%- ", " "):gsub("%s+", " ")
  if not t.eq(got:gsub("^ ", ""):gsub(" $", ""), want:gsub("^ ", ""):gsub(" $", ""), "run " .. run) then break end
end

t.done()
