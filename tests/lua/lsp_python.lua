-- Language servers: pyright, the real one (tests/peers).
local t = dofile "tests/check.lua"
local lsp = dofile "tests/lsp.lua"
local peers = dofile "tests/peers/peers.lua"
local fs, json = require "sys.fs", require "sys.json"

local installed, reason = peers.has "pyright"
if not installed then
  t.skip("a language server of other people: " .. reason)
  return t.done()
end

local place = lsp.place({
  ["pyproject.toml"] = "[project]\nname = \"shapes\"\nversion = \"1\"\n",
  ["shape.py"] = "class Shape:\n    def __init__(self, width: int) -> None:\n        self.width = width\n\n\ndef area(s: Shape) -> int:\n"
    .. "    return s.width * s.width\n",
  ["main.py"] = "from shape import Shape, area\n\nbad: str = 5\nsize = area(Shape(3))\n",
}, { pyright = { command = peers.node, args = json.array { assert(fs.realpath(peers.modules)) .. "/pyright/langserver.index.js", "--stdio" } } })

local got, r = lsp.play(place, { lsp.edit(place, "main.py", "Shape(3)", 'Shape("3")'),
  lsp.ask("diagnostics", { filePath = "main.py" }), lsp.edit(place, "main.py", 'Shape("3")', "Shape(3)"),
  lsp.ask("diagnostics", { filePath = "main.py" }), lsp.call("glob", { pattern = "*.py" }) })
t.eq({ r.code, r.err }, { 0, "" }, "a run")
local all = table.concat(got, "\n")
t.eq(select(2, all:gsub('new problems:\nmain.py:4:19: error: Argument of type', "")), 1, "told once: " .. all)
t.eq(select(2, all:gsub("new problems:", "")), 1, "what was there before is not")
t.match(got[2], "main.py:3:12: error", "the tool has all")
t.ok(got[4] and not got[4]:find("4:19", 1, true), "and after it was mended")

got, r = lsp.play(place, {
  lsp.ask("goToDefinition", { filePath = "main.py", line = 4, symbol = "area" }),
  lsp.ask("findReferences", { filePath = "shape.py", line = 6, symbol = "area" }),
  lsp.ask("hover", { filePath = "main.py", line = 4, symbol = "area" }),
  lsp.ask("documentSymbol", { filePath = "shape.py" }),
  lsp.ask("rename", { filePath = "shape.py", line = 6, symbol = "area", newName = "size_of" }),
  lsp.ask("outgoingCalls", { filePath = "main.py", line = 4, symbol = "area" }),
})
t.eq({ r.code, r.err }, { 0, "" }, "a run with the tool")
for i, want in ipairs { "shape.py:6:5: def area", "main.py:4:8: size = area", "area%(s: Shape%) %-> int", "shape.py:6:5: area %(function%)",
  "main.py:4:8: size = size_of%(Shape%(3%)%)" } do
  t.match(got[i], want, "call " .. i)
end

t.done()
