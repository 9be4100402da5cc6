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

-- Files in other sets of characters: what is there is found, by whatever program is there.
do
  local text = require "sys.text"
  local words = "plain head\nname: 你好世界，这是一个测试。再见\n尾 end\n"
  local files = { ["utf8.txt"] = words, ["gbk.txt"] = text.convert(words, "UTF-8", "GB18030"), ["utf16.txt"] = "\xff\xfe" .. text.convert(words, "UTF-8", "UTF-16LE"),
    ["sjis.txt"] = text.convert("一行目\nname: これは日本語のテストです。さようなら\n", "UTF-8", "SHIFT_JIS"),
    ["latin.txt"] = text.convert("un\nname: déjà vu, où est le café ?\n", "UTF-8", "WINDOWS-1252"), ["sub/more.txt"] = text.convert(words, "UTF-8", "GB18030"),
    ["grep.lua"] = [[
      local ctx = { cwd = qwen.fs.cwd(), seen = {}, spill = function() end, settings = { get = function() end } }
      local words = qwen.json.decode(assert(qwen.fs.read "args.json"))
      print(qwen.x.registry.get("tools", "grep_search").run(ctx, words).text)]] }
  local place = program.place(files)
  assert(proc.run { argv = { "git", "init", "-q" }, cwd = place.cwd })
  local paths = { rg = "", git = "", none = "" }
  for name in pairs(paths) do
    paths[name] = place.root .. "/bin-" .. name
    assert(fs.mkdir(paths[name]))
    local program_path = name ~= "none" and proc.which(name)
    if program_path then assert(proc.run { argv = { "ln", "-s", program_path, paths[name] .. "/" .. name } }) end
  end
  -- A pattern, where it is; `not_git` is what only a program that reads UTF-16 finds.
  for _, row in ipairs { { "你好世界", { "gbk.txt:2", "sub/more.txt:2", "utf16.txt:2", "utf8.txt:2" } }, { "^name: .*再见$", { "gbk.txt:2", "sub/more.txt:2", "utf16.txt:2", "utf8.txt:2" } },
    { "日本語", { "sjis.txt:2" } }, { "d.j. vu", { "latin.txt:2" } }, { "café", { "latin.txt:2" } }, { "café", { "2" }, path = "latin.txt" },
    { "name: [^a-z]", { "gbk.txt:2", "sjis.txt:2", "sub/more.txt:2", "utf16.txt:2", "utf8.txt:2" } }, { "plain head", { "gbk.txt:1", "sub/more.txt:1", "utf16.txt:1", "utf8.txt:1" } },
    { "尾 end", { "sub/more.txt:3" }, path = "sub" }, { "再见", { "gbk.txt:2" }, glob = "g*.txt" }, { "没有", {} } } do
    local args = { pattern = row[1], path = row.path, glob = row.glob or "*.txt" }
    assert(fs.write(place.cwd .. "/args.json", require("sys.json").encode(args)))
    for name, path in pairs(paths) do
      if name == "none" or proc.which(name) then
        local out, found = program.run(place, { "lua", "grep.lua" }, { env = { PATH = path } }).out, {}
        for place_of in out:gmatch(row.path == "latin.txt" and "\n(%d+):" or "\n([%w./]+:%d+):") do found[#found + 1] = place_of end
        table.sort(found)
        local want = {}
        for _, at in ipairs(row[2]) do
          if name ~= "git" or not at:find "utf16" then want[#want + 1] = at end
        end
        t.eq(found, want, name .. ": " .. row[1] .. "\n" .. out)
      end
    end
  end
end
fs.remove_tree(root)
t.done()
