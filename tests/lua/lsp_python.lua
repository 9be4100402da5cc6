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
  [".venv/lib/python3.9/site-packages/packed/__init__.py"] = "number: int = 5\n",
  ["uses.py"] = "import packed\n\nvalue: int = packed.number\n",
  ["main.py"] = "from shape import Shape, area\n\nbad: str = 5\nsize = area(Shape(3))\n",
}, { pyright = { command = peers.node, args = json.array { assert(fs.realpath(peers.modules)) .. "/pyright/langserver.index.js", "--stdio" } } })

-- An environment that is switched on; its interpreter would leave a trace.
place.path = place.cwd .. "/.venv/bin:" .. os.getenv "PATH"
for _, name in ipairs { "python", "python3", "node" } do
  assert(fs.mkdir(place.cwd .. "/.venv/bin"))
  assert(fs.write(place.cwd .. "/.venv/bin/" .. name, "#!/bin/sh\ntouch " .. place.cwd .. "/ran\n", { mode = 493 }))
end

local got, r = lsp.play(place, { lsp.edit(place, "main.py", "Shape(3)", 'Shape("3")'),
  lsp.ask("diagnostics", { filePath = "main.py" }), lsp.edit(place, "main.py", 'Shape("3")', "Shape(3)"),
  lsp.ask("diagnostics", { filePath = "main.py" }), lsp.call("glob", { pattern = "*.py" }) })
t.eq({ r.code, r.err }, { 0, "" }, "a run")
local all = table.concat(got, "\n")
t.eq(select(2, all:gsub('new problems:\nmain.py:4:19: error: Argument of type', "")), 1, "told once: " .. all)
t.eq(select(2, all:gsub("new problems:", "")), 1, "what was there before is not")
t.match(got[2], "main.py:3:12: error", "the tool has all")
t.ok(got[4] and not got[4]:find("4:19", 1, true), "and after it was mended")

-- What an edit breaks in another file that was edited is told, too.
got, r = lsp.play(place, { lsp.edit(place, "main.py", "bad: str = 5", 'bad: str = "5"'), lsp.ask("diagnostics", { filePath = "main.py" }),
  lsp.edit(place, "shape.py", "width: int", "width: str"), lsp.ask("diagnostics", { filePath = "main.py" }),
  lsp.ask("diagnostics", { filePath = "shape.py" }), lsp.call("glob", { pattern = "*.py" }), lsp.edit(place, "shape.py", "width: str", "width: int"),
  lsp.edit(place, "main.py", 'bad: str = "5"', "bad: str = 5") })
t.eq({ r.code, r.err }, { 0, "" }, "a run about two files")
t.match(table.concat(got, "\n"), "new problems:\n.-main.py:4:19: error: Argument of type", "told of the other file")

got, r = lsp.play(place, {
  lsp.ask("goToDefinition", { filePath = "main.py", line = 4, symbol = "area" }),
  lsp.ask("findReferences", { filePath = "shape.py", line = 6, symbol = "area" }),
  lsp.ask("hover", { filePath = "main.py", line = 4, symbol = "area" }),
  lsp.ask("documentSymbol", { filePath = "shape.py" }),
  lsp.ask("rename", { filePath = "shape.py", line = 6, symbol = "area", newName = "size_of" }),
  lsp.edit(place, "uses.py", "value: int = ", "value: str = "),
  lsp.ask("diagnostics", { filePath = "uses.py" }),
})
t.eq({ r.code, r.err }, { 0, "" }, "a run with the tool")
for i, want in ipairs { "shape.py:6:5: def area", "main.py:4:8: size = area", "area%(s: Shape%) %-> int", "shape.py:6:5: area %(function%)",
  "main.py:4:8: size = size_of%(Shape%(3%)%)", "updated",
  "Found 1 diagnostic%(s%):\nuses.py:3:14: error: Type \"int\" is not assignable" } do
  t.match(got[i], want, "call " .. i)
end

t.ok(not fs.stat(place.cwd .. "/ran"), "no program of the project ran")

t.done()
