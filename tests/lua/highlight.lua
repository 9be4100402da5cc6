-- Colours of code: words, strings, comments, numbers, what goes on over lines, and that no byte is lost in any language.
local t = dofile "tests/check.lua"
local ansi = require "qwen.ui.render.ansi"
local highlight = require "qwen.ui.render.highlight"
local style = require "qwen.ui.render.style"

require("qwen.extension.registry").scan { safe = true }
style.force(16)
style.use { keyword = "bold", string = "green", number = "yellow", comment = "dim", added = "green", removed = "red" }

---Lines with <k:...> for each coloured part.
local function marked(language, ...)
  local paint, out = highlight.new(language), {}
  local letters = { ["1"] = "k", ["32"] = "s", ["33"] = "n", ["2"] = "c", ["31"] = "r" }
  for i, line in ipairs { ... } do
    out[i] = paint(line):gsub("\27%[([%d;]+)m(.-)\27%[m", function(code, text) return "<" .. letters[code] .. ":" .. text .. ">" end)
  end
  return out
end

t.eq(marked("lua", [[local x = "a\"b" .. 'c' -- d]]), { [[<k:local> x = <s:"a\"b"> .. <s:'c'> <c:-- d>]] }, "Lua")
t.eq(marked("lua", "--[[ a", "b ]] return 1", "[[x", "]]"), { "<c:--[[ a>", "<c:b ]]> <k:return> <n:1>", "<s:[[x>", "<s:]]>" }, "over lines")
t.eq(marked("c", "#include <a>", "/* b", "*/ int c2 = 0x1F; // d"), { "<c:#include <a>>", "<c:/* b>", "<c:*/> <k:int> c2 = <n:0x1F>; <c:// d>" }, "C")
t.eq(marked("py", 'def f(): """a', 'b""" # c'), { '<k:def> f(): <s:"""a>', '<s:b"""> <c:# c>' }, "Python")
t.eq(marked("rust", "fn f<'a>(c: char) { 'x' }"), { "<k:fn> f<'a>(c: <k:char>) { <s:'x'> }" }, "a lifetime is no string")
t.eq(marked("sh", 'if [ $# -gt 1 ]; then echo "a"; fi # b'), { '<k:if> [ $# -gt <n:1> ]; <k:then> <k:echo> <s:"a">; <k:fi> <c:# b>' }, "shell")
t.eq(marked("SQL", "select a FROM b -- c"), { "<k:select> a <k:FROM> b <c:-- c>" }, "SQL in any case")
t.eq(marked("yaml", "- key: 'v' # c"), { "- <k:key>: <s:'v'> <c:# c>" }, "YAML")
t.eq(marked("json", '{"a": [1.5, true]}'), { '{<s:"a">: [<n:1.5>, <k:true>]}' }, "JSON")
t.eq(marked("diff", "+a", "-b", " c"), { "<s:+a>", "<r:-b>", " c" }, "a diff")
t.eq(marked("nosuch", "if x"), { "if x" }, "an unknown language has no colours")
t.eq(marked(nil, "if x"), { "if x" }, "nor has none")
t.ok(highlight.knows "tsx" and not highlight.knows "klingon", "names of files' endings")

-- A line that may still grow does not count.
local paint = highlight.new "c"
paint("/* a", true)
t.eq(ansi.plain(paint "int"), "int", "a peek")
t.ok(paint("int"):find "\27%[1m", "a peek leaves nothing open")

-- No byte is lost or added.
math.randomseed(3)
local bits = { '"', "'", "`", "\\", "//", "/*", "*/", "--", "[[", "]]", "#", "<!--", "-->", " ", "if", "x1", "0x", "1.5", "日本", '"""', "<", "$#", ":", "=" }
for _, language in ipairs { "c", "cpp", "java", "js", "ts", "py", "go", "rust", "cs", "php", "ruby", "sh", "sql", "lua", "kt", "swift", "json", "yaml", "toml", "html",
  "css", "diff" } do
  local painter, lost = highlight.new(language), nil
  for _ = 1, 200 do
    local parts = {}
    for i = 1, math.random(0, 12) do parts[i] = bits[math.random(#bits)] end
    local line = table.concat(parts)
    if ansi.plain(painter(line)) ~= line then lost = lost or line end
  end
  t.eq(lost, nil, language .. " keeps every byte")
end

t.done()
