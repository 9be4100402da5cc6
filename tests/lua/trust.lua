-- Trust: every kind of rule in trustedFolders.json against every kind of place, and what a decision writes.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, json, os_ = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

local place = program.place { [".qwen/settings.json"] = '{"model":{"name":"p"}}', ["sub/deep/.qwen/settings.json"] = '{"model":{"name":"p"}}',
  ["../beside/.qwen/settings.json"] = '{"model":{"name":"p"}}', ["../project-evil/.qwen/settings.json"] = '{"model":{"name":"p"}}' }
fs.mkdir(place.home .. "/.qwen")
local store = place.home .. "/.qwen/trustedFolders.json"

local function rules(value) assert(fs.write(store, type(value) == "string" and value or json.encode(value))) end
local function trusted(cwd, flag)
  local argv = { "config", "get", "model.name" }
  if flag then table.insert(argv, 1, flag) end
  return program.run(place, argv, { cwd = cwd or place.cwd }).out == "p\n"
end

t.ok(not trusted(), "nobody has decided")
t.ok(trusted(nil, "--trust-folder"), "the flag")
t.ok(not trusted(), "the flag is for one run")

local root = place.root
for i, case in ipairs {
  { { ["P"] = "TRUST_FOLDER" }, "P", true }, { { ["P"] = "TRUST_FOLDER" }, "P/sub/deep", true }, { { ["P"] = "TRUST_FOLDER" }, "R/beside", false },
  { { ["P"] = "TRUST_FOLDER" }, "R/project-evil", false }, { { ["P/"] = "TRUST_FOLDER" }, "P", true }, { { ["P"] = "DO_NOT_TRUST" }, "P", false },
  { { ["P"] = "yes" }, "P", false }, { { ["P"] = true }, "P", false }, { { [""] = "TRUST_FOLDER" }, "P", false }, { { ["."] = "TRUST_FOLDER" }, "P", false },
  { { ["/"] = "TRUST_FOLDER" }, "P", false }, { { ["/tmp"] = "TRUST_PARENT" }, "P", false }, { { ["R/other"] = "TRUST_PARENT" }, "P", false },
  { { ["P/sub/x"] = "TRUST_PARENT" }, "P/sub/deep", true }, { { ["P/sub/x"] = "TRUST_PARENT" }, "P", false },
  { { ["P"] = "TRUST_FOLDER", ["P/sub"] = "DO_NOT_TRUST" }, "P/sub/deep", false }, { { ["P"] = "TRUST_FOLDER", ["P/sub"] = "DO_NOT_TRUST" }, "P", true },
  { { ["P"] = "DO_NOT_TRUST", ["P/sub/deep"] = "TRUST_FOLDER" }, "P/sub/deep", true }, { { ["P"] = "DO_NOT_TRUST", ["P/sub"] = "TRUST_FOLDER" }, "P", false },
  { { ["P"] = "TRUST_FOLDER", ["P/"] = "DO_NOT_TRUST" }, "P", false }, { { ["H"] = "TRUST_FOLDER" }, "H/x", false }, { { ["R"] = "TRUST_FOLDER" }, "P", false },
  { { ["H/x"] = "TRUST_FOLDER" }, "H/x", true }, { { ["H/x"] = "TRUST_PARENT" }, "H/x", true }, { { ["H/y"] = "TRUST_PARENT" }, "H/x", false },
} do
  local function full(path) return (path:gsub("^R", root):gsub("^P", place.cwd):gsub("^H", place.home)) end
  local value = {}
  for path, word in pairs(case[1]) do value[full(path)] = word end
  fs.mkdir(place.home .. "/x/.qwen")
  fs.write(place.home .. "/x/.qwen/settings.json", '{"model":{"name":"p"}}')
  rules(value)
  t.eq(trusted(full(case[2])), case[3], ("case %d: %s in %s"):format(i, json.encode(case[1]), case[2]))
end

-- A broken store trusts nobody, and is not written over.
for _, text in ipairs { '{"' .. place.cwd .. '": "TRUST_FOLDER"', "[]", '["TRUST_FOLDER"]', "" } do
  rules(text)
  t.ok(not trusted(), "broken: " .. text)
end
local lua = place.home .. "/set.lua"
fs.write(lua, 'local _, word = ... local ok, e = qwen.x.trust.set(qwen.paths.cwd(), word) print(ok, e)')
local function set(word, cwd) return program.run(place, { "lua", lua, word }, { cwd = cwd }).out end
rules '{"a": }'
t.match(set "TRUST_FOLDER", "^nil\t~/.qwen/trustedFolders.json: line 1.*nothing was written")
t.eq(fs.read(store), '{"a": }', "a broken store stays")
rules '{\n  // mine\n  "/else": "DO_NOT_TRUST",\n}\n'
t.eq(set "TRUST_FOLDER", "true\tnil\n")
t.eq(fs.read(store), ('{\n  // mine\n  "/else": "DO_NOT_TRUST",\n  "%s": "TRUST_FOLDER",\n}\n'):format(place.cwd), "other decisions and comments stay")
t.ok(trusted(), "decided")
t.eq(set "DO_NOT_TRUST", "true\tnil\n")
t.ok(not trusted(), "decided otherwise")
t.match(set("TRUST_PARENT", place.home .. "/x"), "^nil\t.* cannot be trusted as a whole; trust the folder itself")
fs.remove(store)
t.eq(set "TRUST_FOLDER", "true\tnil\n")
t.eq(fs.stat(store).mode, 384, "the store is private")

-- The home folder's own .qwen is not a project's, however HOME is written.
do
  local home = program.place { ["~/.qwen/settings.json"] = '{"proxy":"http://mine"}' }
  local r = program.run(home, { "--trust-folder", "config", "get", "proxy" }, { cwd = home.home })
  t.eq({ r.out, r.err }, { "http://mine\n", "" }, "read once, as one's own")
  assert(proc.run { argv = { "ln", "-s", home.home, home.root .. "/link" } })
  r = program.run(home, { "--trust-folder", "config", "get", "proxy" }, { cwd = home.home, env = { HOME = home.root .. "/link" } })
  t.eq({ r.out, r.err }, { "http://mine\n", "" }, "also through a link")
  r = program.run(home, { "--trust-folder", "config", "get", "proxy" }, { cwd = home.home, env = { QWEN_HOME = home.root .. "/else" } })
  t.eq(r.out, "", "nor when QWEN_HOME is elsewhere")
end

-- Somebody else's folder inside a trusted one is asked for anew.
if os_.uid() == 0 and proc.which "chown" then
  rules { [place.cwd] = "TRUST_FOLDER" }
  t.ok(trusted(place.cwd .. "/sub/deep"), "before")
  assert(proc.run { argv = { "chown", "65534", place.cwd .. "/sub" } })
  t.ok(not trusted(place.cwd .. "/sub/deep"), "below somebody else's folder")
  t.ok(trusted(), "the folder itself")
  rules { [place.cwd .. "/sub"] = "TRUST_FOLDER" }
  t.ok(trusted(place.cwd .. "/sub/deep"), "when it is trusted by name")
else
  t.skip "giving a folder to somebody else needs root"
end

-- A notice tells what is not read; a variable of the project decides nothing.
local r = program.run(program.place { [".env"] = "QWEN_TRUST=1\nQWEN_CODE_TRUST=1", [".qwen/settings.json"] = "{" }, { "hi" }, { env = { OPENAI_BASE_URL = "http://127.0.0.1:1/v1" } })
t.match(r.err, "not trusted: .qwen/settings.json, .env are not read")
t.done()
