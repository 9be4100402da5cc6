-- glob, list_directory and grep_search: what is found, by whatever program is there; what the result is not; what is nearest.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, os_, text_ = require "sys.fs", require "sys.os", require "sys.text"
local proc = require "qwen.util.process"

local root, ctx, spilled = dofile "tests/tool_ctx.lua" "find"
local function text(name, args)
  local result, e = assert(qwen.x.registry.get("tools", name)).run(ctx, args)
  return (result and result.text or tostring(e)):gsub(root:gsub("%p", "%%%0"), "ROOT")
end
local function put(name, content)
  assert(fs.mkdir((root .. "/" .. name):match "^(.*)/"))
  assert(fs.write(root .. "/" .. name, content, { fsync = false, mode = 420 }))
end
local function sh(command) return assert(proc.run { argv = { "sh", "-c", command }, cwd = root }) end

-- glob: a pattern, and how many files or which.
sh "mkdir many many/d; i=0; while [ $i -lt 1300 ]; do i=$((i+1)); touch -d @$((1000000000 + i)) many/f$i.x; done; ln -s d many/l; touch many/.hidden many/y.o; ln -s none many/dead"
put("src/app/[id]/page.tsx", "x")
put("src/app/d/page.tsx", "x")
put("src/main.ts", "x")
sh "ln -s main.ts src/linked.ts; ln -s app src/folder.ts; mkfifo src/pipe.ts"
put(text_.normal("names/caf\u{e9}.txt", "NFD"), "x")
local function found(pattern, path)
  local out = {}
  local body = text("glob", { pattern = pattern, path = path }):match "\n%-%-%-\n(.*)$" or ""
  for name in body:gmatch "[^\n]+" do out[#out + 1] = name end
  table.sort(out)
  return table.concat(out, " ")
end
for pattern, want in pairs { ["many/f1.x"] = "many/f1.x", ["**/f[12].x"] = "many/f1.x many/f2.x", ["f{1,2,3}.x"] = "many/f1.x many/f2.x many/f3.x",
  [root .. "/many/f12.x"] = "many/f12.x", [root .. "/src/*.ts"] = "src/linked.ts src/main.ts", nothing = "", ["many/**/f7.x"] = "many/f7.x", ["%a.x"] = "",
  ["src/app/[id]/page.tsx"] = "src/app/[id]/page.tsx src/app/d/page.tsx", ["**/[id]/*.tsx"] = "src/app/[id]/page.tsx src/app/d/page.tsx",
  ["./src/*.ts"] = "src/linked.ts src/main.ts", ["caf\u{e9}.txt"] = text_.normal("names/caf\u{e9}.txt", "NFD"),
  [text_.normal("names/caf\u{e9}.*", "NFD")] = text_.normal("names/caf\u{e9}.txt", "NFD"), ["*/f129?.x"] = "many/f1290.x many/f1291.x many/f1292.x many/f1293.x many/f1294.x many/f1295.x many/f1296.x many/f1297.x many/f1298.x many/f1299.x" } do
  t.eq(found(pattern), want, pattern)
end
t.eq(found("*.tsx", root .. "/src/app"), "src/app/[id]/page.tsx src/app/d/page.tsx", "paths are those of the project")
local list = text("glob", { pattern = "*.x", path = "many" })
t.match(list, '^Found 1300 file%(s%) matching "%*%.x" in ROOT/many, sorted by modification time %(newest first%):\n%-%-%-\nmany/f1300%.x\nmany/f1299%.x\n')
t.match(list, "\n%[%d+ more; use a narrower pattern%]$")
t.ok(#list > 7000 and #list < 8500, "limited by bytes: " .. #list)
t.match(text("glob", { pattern = "*", path = root .. "/none" }), "^File not found: ROOT/none")
t.match(text("glob", { pattern = "*", path = "src/main.ts" }), "is a file, not a folder")
t.match(text("glob", { pattern = "../*" }), "give the folder as path")
t.match(text("glob", { pattern = "/proc/**" }), "is not searched")
text("glob", { pattern = ("*a"):rep(30) .. "b", path = root }) -- by trying all ways this would not end

-- list_directory.
local listing = text("list_directory", { path = root .. "/many", ignore = { "*.o" } })
t.match(listing, "^Listed 1304 item%(s%) in ROOT/many:\n%-%-%-\n%[DIR%] d\n%[DIR%] l %(link%)\n%.hidden\ndead %(link%)\nf1%.x\n")
t.match(listing, "\n%[%d+ more; use glob%]$")
t.ok(#listing > 7000 and #listing < 8500, #listing)
t.match(text("list_directory", { path = root .. "/none" }), "^File not found")
t.match(text("list_directory", { path = "src/main.ts" }), "main%.ts")
sh "mkdir bare"
t.eq(text("list_directory", { path = root .. "/bare" }), "Directory ROOT/bare is empty.")

-- What is no file, and what is not there.
for path, want in pairs { ["src/pipe.ts"] = "is a named pipe, not a file", ["/dev/null"] = "is a device, not a file", ["src/main.tss"] = "Did you mean ROOT/src/main%.ts%?",
  ["scr/main.ts"] = "Did you mean ROOT/src/main%.ts%?", ["other/deep/main.ts"] = "There is ROOT/src/main%.ts%.", ["src/zzzzzzzz/q"] = "The nearest folder is ROOT/src%.",
  ["~/none"] = "^File not found: " .. os_.env "HOME":gsub("%p", "%%%0") .. "/none%. The project is in ROOT%.$" } do
  t.match(text("read_file", { file_path = path }), want, path)
  t.match(text("edit", { file_path = path, old_string = "x", new_string = "y" }), want, "edit " .. path)
end
t.match(text("grep_search", { pattern = "x", path = "src/pipe.ts" }), "neither a file nor a folder")
t.match(text("grep_search", { pattern = "x", path = "/proc/self" }), "is not searched")
t.match(text("write_file", { file_path = "src/pipe.ts", content = "" }), "is not a file")
t.eq(text("read_file", { file_path = "names/caf\u{e9}.txt" }), "x", "composed in another way")
put("names/words", text_.normal("a caf\u{e9} b\n", "NFD"))
text("read_file", { file_path = "names/words" })
t.match(text("edit", { file_path = "names/words", old_string = "caf\u{e9} b", new_string = "tea" }), "a tea$", "the same in a text")

-- grep_search: arguments, and the whole result.
put("g/hits", ("some hit here\n"):rep(3000))
put("g/few.c", "one\ntwo\nthree hit\nfour\nfive hit\nsix\nseven\neight\nnine hit\n")
put("g/crlf.txt", "alpha\r\nbeta\r\n")
put("g/wide.txt", "\xff\xfe" .. text_.convert("wide hit\n", "UTF-8", "UTF-16LE"))
put("g/gbk.txt", text_.convert("读取配置文件 found_here 返回值\n", "UTF-8", "GB18030"))
local grep = text("grep_search", { pattern = "h.t", path = root .. "/g/hits" })
t.match(grep, "^3000 lines in g/hits; the first %d+ follow, all are in ROOT/%.spill%-grep_search%-1\n1:some hit here\n2:")
t.ok(#grep > 11000 and #grep < 12300, #grep)
t.eq(select(2, fs.read(spilled[1]):gsub("hit here\n", "")), 3000, "the whole is there")
for _, case in ipairs {
  { { pattern = "hit", path = "g/hits", limit = 2 }, "^3000 lines in g/hits; the first 2 follow\n1:[^\n]*\n2:[^\n]*$" },
  { { pattern = "nine", path = "g/few.c", context = 1 }, "^1 line in g/few.c\n8%-eight\n9:nine hit$" },
  { { pattern = "hit", path = "g", mode = "count" }, "^3004 lines in 3 files\ng/few.c:3\ng/hits:3000\ng/wide.txt:1$" },
  { { pattern = "hit", path = "g", mode = "files" }, "^3004 lines in 3 files\ng/few.c\ng/hits\ng/wide.txt$" },
  { { pattern = "hit", path = "g/few.c", context = 1 },
    "^3 lines in g/few.c\n2%-two\n3:three hit\n4%-four\n5:five hit\n6%-six\n%-%-\n8%-eight\n9:nine hit$" },
  { { pattern = "nine", path = "g", glob = "*.c", context = 1 }, "^1 line in 1 file\ng/few.c%-8%-eight\ng/few.c:9:nine hit$" },
  { { pattern = "^beta$", path = "g" }, "^1 line in 1 file\ng/crlf.txt:2:beta$" }, { { pattern = "wide", path = "g" }, "^1 line in 1 file\ng/wide.txt:1:wide hit$" },
  { { pattern = "found_here", path = "g" }, "^1 line in 1 file\ng/gbk.txt:1:读取配置文件 found_here 返回值$" },
  { { pattern = "three (hit", path = "g" }, "^%(the pattern is no regular expression %(unclosed group%): it was searched as plain text%)\nNo matches" },
  { { pattern = "-e x", path = "g" }, "^No matches for %-e x in ROOT/g%.$" }, { { pattern = "a\0b" }, "zero byte" }, { { pattern = "x", path = "gg" }, "^File not found: ROOT/gg%. Did you mean ROOT/g%?" },
} do
  t.match(text("grep_search", case[1]), case[2], case[1].pattern)
end
put("h/.env", "KEY=found\n")
put("h/open", "found\n")
t.match(text("grep_search", { pattern = "found", path = root .. "/h" }), "%.env:1:KEY=found\n.*open:1:found$")
ctx.settings = { get = function(_, key) return key == "permissions.deny" and { "Read(.env)" } or nil end }
t.eq(text("grep_search", { pattern = "found", path = root .. "/h" }), "1 line in 1 file\nh/open:1:found", "what a rule hides is not found")

-- The same with ripgrep, with git grep, and with the walk. Which files fit: a pattern, a filter or path, the letters of the files.
do
  local names = { a = "src/a.c", b = "src/b c.h", c = "top.c", d = "crlf.txt", i = "ignored/i.c", m = "node_modules/m.c" }
  local cases = { { "hit", "", "abcm", walk = "abci" }, { "hit", "*.c", "acm", walk = "aci" }, { "hit", "src/*", "ab" }, { "hit", "../*", "" }, { "hit", ":/", "" },
    { "hit", "!*.c", "b" }, { "hit", "path=src", "ab" }, { "hit", "path=top.c", "c" }, { "nowhere to be " .. "seen", "", "" },
    { "hit \\d", "", "abc" }, { "(?:hit|xyz) [13]", "", "ac" }, { "^crlf line$", "", "d" }, { "\\bhit\\b.*2", "", "b" }, { "(?i)HIT 3", "", "c", walk = false },
    { "hit (1", "", "" }, { "x: hit(?= 1)", "", "a" } }
  local files = { ["src/a.c"] = "x: hit 1\n", ["src/b c.h"] = "hit 2\n", ["top.c"] = "hit 3\n", ["bin.c"] = "hit\0\n", [".gitignore"] = "ignored\n",
    ["crlf.txt"] = "one\r\ncrlf line\r\n", ["ignored/i.c"] = "hit\n", [".env"] = "hit\n", ["node_modules/m.c"] = "hit\n", ["run.lua"] = [[
      local ctx = { cwd = qwen.paths.cwd(), seen = {}, spill = function() end,
        settings = { get = function(_, key) return key == "permissions.deny" and { "Read(.env)" } or nil end } }
      for line in qwen.fs.read("cases"):gmatch "[^\n]+" do
        local pattern, filter = line:match "^(.*)\t(.*)$"
        local path = filter:match "^path=(.*)"
        local args = { pattern = pattern, path = path, glob = filter ~= "" and not path and filter or nil, mode = "files" }
        local result, e = qwen.x.registry.get("tools", "grep_search").run(ctx, args)
        local names, note = {}, ""
        for row in (result and result.text or "(" .. tostring(e)):gmatch "[^\n]+" do
          if row:find "^%(" then note = row
          elseif not (row:find "run%.lua" or row:find "^cases$" or row:find "^%d+ lines? in" or row:find "^No matches") then names[#names + 1] = row end
        end
        table.sort(names)
        print(table.concat(names, "|") .. "\t" .. note)
      end
      print("glob", (qwen.x.registry.get("tools", "glob").run(ctx, { pattern = "*.c" }).text:match "^Found %d+"))]] }
  local rows = {}
  for i, case in ipairs(cases) do rows[i] = case[1] .. "\t" .. case[2] end
  files.cases = table.concat(rows, "\n")
  local place = program.place(files)
  local bin = place.root .. "/bin"
  fs.mkdir(bin)
  local git = proc.which "git"
  local function check(engine, path, glob)
    local r = program.run(place, { "lua", "run.lua" }, { env = { PATH = path } })
    local at = 0
    for line in r.out:gmatch "[^\n]+" do
      at = at + 1
      local case = cases[at]
      local got, note = line:match "^(.-)\t(.*)$"
      if case then
        local want, letters = {}, case[engine] or case[3]
        for letter in letters:gmatch "." do want[#want + 1] = names[letter] end
        table.sort(want)
        if case[engine] == false then
          t.ok(note ~= "", engine .. ": what cannot be searched is told: " .. case[1])
        else
          t.eq(got, table.concat(want, "|"), ("%s: %s %s"):format(engine, rows[at], note))
        end
        if case[1] == "hit (1" then t.match(note, "plain text", engine) end
      else
        t.eq(line, "glob\tFound " .. glob, engine)
      end
    end
    t.eq(at, #cases + 1, engine .. ": " .. r.err)
  end
  if git then assert(proc.run { argv = { git, "init", "-q" }, cwd = place.cwd }) end
  if proc.which "rg" then check("ripgrep", os_.env "PATH", "4") else t.skip "ripgrep is not installed; run: vendor/install run" end
  if git then
    proc.run { argv = { "ln", "-s", git, bin .. "/git" } }
    check("git", bin, "4")
  else
    t.skip "git is not installed; run: vendor/install run"
  end
  fs.remove(bin .. "/git")
  check("walk", bin, "4")
end

fs.remove_tree(root)
t.done()
