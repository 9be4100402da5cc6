-- Language servers: clangd, the real one.
local t = dofile "tests/check.lua"
local lsp = dofile "tests/lsp.lua"

if not t.need "clangd" then return t.done() end

local place = lsp.place {
  ["compile_flags.txt"] = "-Wall\n",
  ["shape.h"] = "struct shape { int width; };\nint area(const struct shape *s);\n",
  ["shape.c"] = '#include "shape.h"\n\nint area(const struct shape *s)\n{\n  return s->width * s->width;\n}\n',
  ["told.c"] = "// side is called by nobody\nstatic const char *words = \"side\";\nint side(void) { return words[0]; }\n",
  ["main.c"] = '#include "shape.h"\n\nint main(void)\n{\n  struct shape s = { 3 };\n  int unused;\n  return area(&s);\n}\n',
}

-- What an edit breaks is told once, in its result or in a later one.
local got, r = lsp.play(place, { lsp.edit(place, "main.c", "area(&s)", "area(s)"),
  lsp.ask("diagnostics", { filePath = "main.c" }), lsp.edit(place, "main.c", "area(s)", "area(&s)"),
  lsp.ask("diagnostics", { filePath = "main.c" }), lsp.call("glob", { pattern = "*.c" }) })
t.eq({ r.code, r.err }, { 0, "" }, "a run")
local all = table.concat(got, "\n")
t.eq(select(2, all:gsub("new problems:\nmain.c:7:15: error: [Pp]assing 'struct shape' to parameter", "")), 1, "told once: " .. all)
t.eq(select(2, all:gsub("new problems:", "")), 1, "what was there before is not")
t.match(got[2], "main.c:7:15: error", "the tool has all")
t.match(got[4], "Found 1 diagnostic%(s%):\nmain.c:6:7: warning: [Uu]nused variable 'unused'", "and after it was mended")

-- The tool.
got, r = lsp.play(place, {
  lsp.ask("goToDefinition", { filePath = "main.c", line = 5, symbol = "shape" }),
  lsp.ask("documentSymbol", { filePath = "shape.c" }),
  lsp.ask("goToDefinition", { filePath = "main.c", line = 7, symbol = "area" }),
  lsp.ask("findReferences", { filePath = "main.c", line = 7, symbol = "area", includeDeclaration = true }),
  lsp.ask("hover", { filePath = "main.c", line = 7, symbol = "area" }),
  lsp.ask("rename", { filePath = "shape.h", line = 1, symbol = "width", newName = "side" }),
  lsp.ask("workspaceSymbol", { query = "area" }),
  lsp.ask("incomingCalls", { filePath = "shape.c", line = 3, symbol = "area" }),
  lsp.ask("prepareCallHierarchy", { filePath = "shape.c", line = 3, symbol = "area" }),
  lsp.ask("hover", { filePath = "told.c", symbol = "side" }),
})
t.eq({ r.code, r.err }, { 0, "" }, "a run with the tool")
for i, want in ipairs { "Found 1 definitions:\nshape.h:1:8: struct shape { int width; };",
  "shape.c:3:5: area %(function%)", "shape.c:3:5: int area%(", "main.c:7:10: return area%(&s%);", "int area%(const struct shape ?%*s%)",
  "shape.c:5:13: return s%->side %* s%->side;", "area %(function%)", "main.c:3:5: main %(function%) %(calls in line 7%)",
  "shape.c:3:5: area %(function%)", "int side%(" } do
  t.match(got[i], want, "call " .. i)
end

t.done()
