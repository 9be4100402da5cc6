-- glob, grep_search and list_directory leave out what .gitignore and .qwenignore name; PDF pages; the parameters of the tools.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, proc = require "sys.fs", require "qwen.util.process"

local root = assert(fs.realpath(assert(fs.mkdtemp "search-")))
assert(proc.run { argv = { "sh", "-c", [[
git init -q; mkdir -p src node_modules empty only
echo node_modules > .gitignore; echo 'only/*' >> .gitignore; echo secret.c > .qwenignore
for f in src/a.c src/b.h node_modules/x.c secret.c only/y; do echo hit > $f; done]] }, cwd = root })
local ctx = { cwd = root, seen = {}, spill = function() end, settings = { get = function() end } }

local function run(name, args)
  local tool = assert(qwen.x.registry.get("tools", name))
  local result, e = tool.run(ctx, args)
  return result and result.text:gsub(root:gsub("%p", "%%%0"), "ROOT") or tostring(e)
end

t.match(run("glob", { pattern = "*.c" }), "^Found 1 file%(s%) matching \"%*%.c\" in ROOT, sorted by modification time %(newest first%):\n%-%-%-\nsrc/a%.c$")
t.match(run("glob", { pattern = "src/*.h" }), "\nsrc/b%.h$")
t.match(run("glob", { pattern = "*.nothing" }), "^No files found")
t.eq(run("grep_search", { pattern = "hit" }), "2 lines in 2 files\nsrc/a.c:1:hit\nsrc/b.h:1:hit", "ignored files stay out")
t.eq(run("grep_search", { pattern = "h.t", glob = "*.c" }), "1 line in 1 file\nsrc/a.c:1:hit", "also with a filter")
t.eq(run("list_directory", { path = root }), "Listed 4 item(s) in ROOT:\n---\n[DIR] empty\n[DIR] src\n.gitignore\n.qwenignore")
local more = run("list_directory", { path = root, file_filtering_options = { respect_git_ignore = false, respect_qwen_ignore = false } })
t.match(more, "node_modules", "what git ignores can be asked for")
t.ok(not more:find "secret", "what the user keeps back cannot")
t.eq(run("list_directory", { path = root .. "/only" }), "Directory ROOT/only holds 1 item(s), all of them ignored.")
t.eq(run("read_file", { file_path = root .. "/x.pdf" }), "File not found: " .. root .. "/x.pdf.")
fs.write(root .. "/x.pdf", "%PDF-1.4 broken")
if t.need "pdftotext" then
  t.match(run("read_file", { file_path = root .. "/x.pdf", pages = "a" }), "pages must be a number or a range")
  t.match(run("read_file", { file_path = root .. "/x.pdf", pages = "1-2" }), "cannot be read")
end
do -- no such program in PATH
  local place = program.place { ["x.pdf"] = "%PDF-1.4 broken", ["read.lua"] = [[
    local ctx = { cwd = qwen.fs.cwd(), seen = {}, spill = function() end, settings = { get = function() end } }
    print(qwen.x.registry.get("tools", "read_file").run(ctx, { file_path = ctx.cwd .. "/x.pdf" }).text)]] }
  t.match(program.run(place, { "lua", "read.lua" }, { env = { PATH = root .. "/empty" } }).out, "poppler%-utils", "what to install")
end
fs.remove_tree(root)
t.done()
