-- Language servers: typescript-language-server and the server of TypeScript 7, the real ones (tests/peers).
local t = dofile "tests/check.lua"
local lsp = dofile "tests/lsp.lua"
local peers = dofile "tests/peers/peers.lua"
local fs, json = require "sys.fs", require "sys.json"

local installed, reason = peers.has("typescript-language-server", "tsserver", "typescript")
if not installed then
  t.skip("a language server of other people: " .. reason)
  return t.done()
end

local modules = assert(fs.realpath(peers.modules))
local function check(name, server)
  local place = lsp.place({
    ["tsconfig.json"] = '{"compilerOptions": {"strict": true, "noEmit": true}, "include": ["*.ts"]}',
    ["shape.ts"] = "export interface Shape { width: number }\n\nexport function area(s: Shape): number {\n  return s.width * s.width;\n}\n",
    ["main.ts"] = 'import { area } from "./shape";\n\nconst bad: string = 5;\nexport const size = area({ width: 3 });\n',
  }, { typescript = server })

  local got, r = lsp.play(place, { lsp.edit(place, "main.ts", "width: 3", 'width: "3"'),
    lsp.ask("diagnostics", { filePath = "main.ts" }), lsp.edit(place, "main.ts", 'width: "3"', "width: 3"),
    lsp.ask("diagnostics", { filePath = "main.ts" }), lsp.call("glob", { pattern = "*.ts" }) })
  t.eq({ r.code, r.err }, { 0, "" }, name .. ": a run")
  local all = table.concat(got, "\n")
  t.eq(select(2, all:gsub("new problems:\nmain.ts:4:28: error: Type 'string' is not assignable to type 'number'. %[2322%]", "")), 1,
    name .. ": told once: " .. all)
  t.eq(select(2, all:gsub("new problems:", "")), 1, name .. ": what was there before is not")
  t.match(got[2], "main.ts:3:7: error: Type 'number' is not assignable to type 'string'", name .. ": the tool has all")
  t.ok(got[4] and not got[4]:find("4:28", 1, true), name .. ": and after it was mended")

  got, r = lsp.play(place, {
    lsp.ask("goToDefinition", { filePath = "main.ts", line = 4, symbol = "area" }),
    lsp.ask("findReferences", { filePath = "shape.ts", line = 3, symbol = "area" }),
    lsp.ask("hover", { filePath = "main.ts", line = 4, symbol = "area" }),
    lsp.ask("documentSymbol", { filePath = "shape.ts" }),
    lsp.ask("rename", { filePath = "shape.ts", line = 1, symbol = "width", newName = "side" }),
    lsp.ask("workspaceSymbol", { query = "area", filePath = "shape.ts" }),
  })
  t.eq({ r.code, r.err }, { 0, "" }, name .. ": a run with the tool")
  for i, want in ipairs { "shape.ts:3:17: export function area", "main.ts:4:21: export const size = area", "area%(s: Shape%): number",
    "shape.ts:1:18: Shape %(interface%).*shape.ts:3:17: area %(function%)", "main.ts:4:28: export const size = area%({ side: 3 }%);",
    "area %(function%)" } do
    t.match(got[i], want, name .. ": call " .. i)
  end
end

check("typescript-language-server", { command = peers.node,
  args = json.array { modules .. "/typescript-language-server/lib/cli.mjs", "--stdio" },
  initializationOptions = { tsserver = { path = modules .. "/tsserver/lib/tsserver.js" } } })
check("TypeScript 7", { command = peers.node, args = json.array { modules .. "/typescript/bin/tsc", "--lsp", "--stdio" } })

t.done()
