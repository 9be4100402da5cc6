-- Web pages as Markdown: the pages of tests/cases/html beside what they must become, and pages that are built to cost much.
local t = dofile "tests/check.lua"
local fs, html = require "sys.fs", require "sys.html"
local html_markdown = require "qwen.util.html_markdown"

local function convert(source, most)
  return html_markdown.convert(source, { url = "https://example.org/docs/guide/page.html", most = most or 1 << 20 })
end

local count = 0
for _, entry in ipairs(assert(fs.list "tests/cases/html")) do
  local name = entry.name:match "^(.*)%.html$"
  if name then
    count = count + 1
    local page = assert(convert(assert(fs.read("tests/cases/html/" .. entry.name))))
    t.eq(("Title: %s\n\n%s\n"):format(page.title, page.text), fs.read("tests/cases/html/" .. name .. ".want") or "", name)
  end
end
t.ok(count >= 4, "there are pages")

-- The tree itself.
do
  local tree = assert(html.parse "<p class=a>x<b>y</b><wbr>")
  local steps = {}
  for kind, what in function() return tree:next() end do
    steps[#steps + 1] = kind .. " " .. what
    if what == "p" and kind == "open" then
      t.eq({ tree:attribute "class", tree:attribute "none", tree:holds "i b", tree:holds "i p" }, { "a", nil, true, false }, "the open one")
    end
    if what == "b" and kind == "open" then tree:skip() end
  end
  t.eq(table.concat(steps, ", "), "open html, open head, close head, open body, open p, text x, open b, close b, open wbr, close wbr, "
    .. "close p, close body, close html", "in order, without what is skipped")
  t.eq({ tree:next() }, {}, "the end stays the end")
end

-- Pages that cost much end in a page or an error, never in time, memory or stack.
local n = 200000
for name, source in pairs {
  divs = ("<div>"):rep(n) .. "x", bolds = ("<b>"):rep(n) .. "x", lists = ("<ul><li>"):rep(n) .. "x", quotes = ("<blockquote>"):rep(n) .. "x",
  tables = ("<table><tr><td>"):rep(n // 10) .. "x", links = ("<a href=x>"):rep(n) .. "x", ends = ("</p>"):rep(n),
  formatting = ("<b><i><p>"):rep(2000) .. "x", comments = ("<!--"):rep(n), entities = ("&amp"):rep(n), cells = "<table>" .. ("<td colspan=999>x"):rep(n),
  codes = ("<pre><code>"):rep(n) .. "x", spans = ("<b>x<p>"):rep(20000), blanks = ("<p>" .. (" "):rep(n) .. "<b>" .. (" "):rep(n) .. "x"),
  signs = "<p>" .. ("<em>*</em>"):rep(n), quotes_in = "<p " .. ("'"):rep(n) .. ">x" } do
  local page, e = convert(source)
  t.ok(page or e.kind == "too_long", name)
  if page then t.ok(#page.text < 64 * #source, name .. " stays small") end
end
do
  local names = {}
  for i = 1, 100000 do names[i] = "a" .. i .. "=1" end
  local page, e = convert("<p " .. table.concat(names, " ") .. ">x")
  t.ok(page or e.kind == "too_long", "a hundred thousand attributes")
  page = assert(convert(("<p>word"):rep(n), 1000))
  t.ok(page.cut and #page.text < 1100, "no more than is asked for")
  local paused = 0
  assert(html_markdown.convert(("<p>x"):rep(10000), { url = "https://a.org/", most = 1 << 20, pause = function() paused = paused + 1 end }))
  t.ok(paused > 3, "others have their turn")
end

t.eq(convert("").text, "", "nothing")
t.eq(convert("<base href='https://b.org/x/'><base href=//c.org><a href=y>z</a>").text, "[z](https://b.org/x/y)", "the first base")
t.eq(convert("<script>1</script><div id=app>").scripts, 1, "scripts are counted")
t.done()
