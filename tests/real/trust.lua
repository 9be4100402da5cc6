-- A folder that is not trusted names everything of it that is left out; `qwen trust` decides, and then it is read.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local json = require "sys.json"
local project_files = require "qwen.config.project_files"

local files = { ["QWEN.md"] = "x", ["AGENTS.md"] = "x", [".env"] = "A=b", [".mcp.json"] = "{}", [".lsp.json"] = "{}", [".qwen/settings.json"] = '{"ui": {"theme": "dark"}}',
  [".qwen/.env"] = "A=b", [".qwen/commands/c.md"] = "x", [".qwen/skills/s/SKILL.md"] = "x", [".qwen/agents/a.md"] = "x",
  [".qwen/hooks/h.lua"] = "return {}", [".qwen/rules/r.md"] = "x", [".qwen/QWEN.local.md"] = "x" }
local place = program.place(files)
local started = program.run(place, { "hi" })
for _, name in ipairs { "QWEN.md", "AGENTS.md", ".env", ".qwen/settings.json", ".qwen/.env", ".qwen/commands/", ".qwen/skills/", ".qwen/agents/",
  ".qwen/hooks/", ".qwen/rules/", ".qwen/QWEN.local.md", ".mcp.json", ".lsp.json" } do
  t.ok(started.err:find(name, 1, true), name .. " is named")
end

-- Instructions above the folder belong to the project; an empty folder and another one's name do not.
assert(fs.mkdir(place.cwd .. "/.git"))
assert(fs.mkdir(place.cwd .. "/sub/.qwen/commands"))
t.eq(project_files.list(place.cwd .. "/sub", { "QWEN.md", "a/b", 7 }), { "../.qwen/.env", "../QWEN.md" }, "of a folder below")
t.eq(project_files.list(place.cwd .. "/sub", "AGENTS.md"), { "../.qwen/.env", "../AGENTS.md" }, "another name")
assert(fs.write(place.cwd .. "/sub/.env", "A=c"))
t.eq(project_files.list(place.cwd .. "/sub", {}), { ".env" }, "its own .env stands before that of a folder above")
assert(fs.remove(place.cwd .. "/sub/.env"))

-- The .env of a folder above is told where it is left out, and read where the folder is trusted; that of the
-- home folder is the user's own and needs no trust.
do
  local above = program.place { [".env"] = "K=above", ["~/.env"] = "K=home" }
  assert(fs.mkdir(above.cwd .. "/a/b"))
  local function value(...)
    assert(fs.write(above.root .. "/k.lua", 'local ctx = ... print((ctx.settings:env "K"))'))
    return program.run(above, { ..., "lua", above.root .. "/k.lua" }, { cwd = above.cwd .. "/a/b" }).out
  end
  t.match(program.run(above, { "hi" }, { cwd = above.cwd .. "/a/b" }).err, "not trusted: ../../.env is not read")
  t.eq({ value "--safe", value "--trust-folder" }, { "home\n", "above\n" })
end

local function theme() return program.run(place, { "config", "get", "ui.theme" }).out end
t.eq(theme(), "auto\n", "not trusted")
t.match(program.run(place, { "trust" }).out, "not trusted", "the state")
t.eq(program.run(place, { "trust", "yes" }).code, 0, "trust it")
t.eq(theme(), "dark\n", "trusted")
t.ok(not program.run(place, { "hi" }).err:find("not trusted", 1, true), "nothing is left out now")
t.eq(program.run(place, { "trust", "no" }).code, 0, "take it back")
t.eq(theme(), "auto\n", "not trusted again")
local rules = json.decode(fs.read(place.home .. "/.qwen/trustedFolders.json"))
t.eq(rules[place.cwd], "DO_NOT_TRUST", "as Qwen Code writes it")

t.done()
