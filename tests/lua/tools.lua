-- The tools as the model sees them: limits, headers, words of refusal, what a command gets and gives.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, os_ = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local root = assert(fs.realpath(assert(fs.mkdtemp "tools-")))
local spilled = {}
local ctx = { cwd = root, seen = {}, mode = "default", settings = { get = function() end }, emit = function() end }
function ctx.spill(name, text)
  local path = ("%s/.spill-%s-%d"):format(root, name, #spilled + 1)
  spilled[#spilled + 1] = path
  return fs.write(path, text) and path
end

local function call(name, args) return assert(qwen.x.registry.get("tools", name)).run(ctx, args) end
local function text(name, args)
  local result, e = call(name, args)
  return (result and result.text or tostring(e)):gsub(root:gsub("%p", "%%%0"), "ROOT")
end
local function put(name, content)
  assert(fs.mkdir((root .. "/" .. name):match "^(.*)/"))
  assert(fs.write(root .. "/" .. name, content, { fsync = false, mode = 420 }))
  return root .. "/" .. name
end
local function sh(command) return assert(proc.run { argv = { "sh", "-c", command }, cwd = root }) end

-- read_file.
local numbers = {}
for i = 1, 3001 do numbers[i] = "line " .. i end
local big = put("big", table.concat(numbers, "\n") .. "\n")
local read = text("read_file", { file_path = big })
t.match(read, "^Showing lines 1%-1000 of 3001 total lines%. Read on with offset 1001%.\n\n%-%-%-\n\nline 1\nline 2\n", "the header")
t.match(read, "\nline 1000$", "a thousand lines")
t.eq(text("read_file", { file_path = big, offset = 3000.0, limit = 1.0 }), "Showing lines 3000-3000 of 3001 total lines. Read on with offset 3001.\n\n---\n\nline 3000")
t.match(text("read_file", { file_path = big, offset = 3000 }), "^Showing lines 3000%-3001 of 3001 total lines%.\n.*line 3001$", "offset alone")
t.match(text("read_file", { file_path = big, limit = 2000 }), "^Showing lines 1%-2000 of", "a limit above the usual one")
t.eq(text("read_file", { file_path = big, offset = 5000 }), "The file has 3001 lines; there is nothing from line 5000 on.")
read = text("read_file", { file_path = put("wide", ("x"):rep(99) .. "\n" .. (("y"):rep(99) .. "\n"):rep(500)) })
t.match(read, "^Showing lines 1%-250 of 501 total lines%.", "25,000 characters")
t.ok(#read < 25100, #read)
t.match(text("read_file", { file_path = put("one", ("z"):rep(30000)) }), "^z+ %[line cut%]$", "one long line")
t.eq(text("read_file", { file_path = put("short", "a\n\nb\n") }), "a\n\nb\n", "short files as they are")
t.eq(text("read_file", { file_path = put("open", "a\nb") }), "a\nb", "without a last line end")
t.eq(text("read_file", { file_path = put("dos", "\xef\xbb\xbfa\r\nb\r\n") }), "(The file has BOM, CRLF line ends; edits keep that.)\na\nb\n", "no BOM, no CR, but told")
t.eq(text("read_file", { file_path = put("empty", "") }), "(the file is empty)")
t.eq(text("read_file", { file_path = put("binary", "\127ELF\0\1") }), "Cannot display content of binary file: ROOT/binary")
t.eq(text("read_file", { file_path = root .. "/none" }), "File not found: ROOT/none")
t.match(text("read_file", { file_path = "src/x.c" }), "must be absolute, not 'src/x%.c'; perhaps ROOT/src/x%.c")
t.match(text("read_file", { file_path = root }), "is a folder; use list_directory or glob")
t.match(text("read_file", { file_path = "/x\0y" }), "zero byte")
t.match(text("read_file", { file_path = "/dev/zero" }), "not a file that can be read whole")
local image = call("read_file", { file_path = put("p.PNG", "\x89PNG\r\n\0") })
t.eq(image.parts, { { type = "image", mime = "image/png", data = os_.base64 "\x89PNG\r\n\0" } }, "an image as it is")
t.eq(call("read_file", { file_path = put("wrong.png", "\xff\xd8\xff\xe0") }).parts[1].mime, "image/jpeg", "what it is, not what its name says")
t.eq(call("read_file", { file_path = put("words.png", "no image\n") }).text, "no image\n")
t.match(text("read_file", { file_path = put("large.gif", "GIF89a" .. ("x"):rep(6000000)) }), "^the image ROOT/large.gif has .*models take up to 5.*make a smaller copy")

-- PDFs: as they are for a model that reads them; else, in parts or when there are too many pages their text, by poppler's programs.
do
  local function model(fields)
    ctx.model = { id = "m", name = "m", base_url = "https://example.com/v1", config = {} }
    for key, value in pairs(fields) do ctx.model[key] = value end
  end
  local pdf, which = put("a.pdf", "%PDF-1.4\nx"), proc.which
  local _ <close> = qwen.cleanup(function() proc.which = which end)
  proc.which = function() end
  local function seen(fields)
    model(fields)
    local result = call("read_file", { file_path = pdf })
    return result.parts and result.parts[1].mime
  end
  local paper = { "application/pdf" }
  t.eq({ seen { provider = "anthropic" } }, paper, "usual at the service")
  t.eq({ seen { provider = "openai" } }, {}, "not usual")
  t.eq({ seen { provider = "openai", id = "gpt-4.1" } }, paper, "by its name")
  t.eq({ seen { provider = "gemini", config = { modalities = { image = true } } } }, {}, "the entry decides")
  t.eq({ seen { provider = "openai", config = { modalities = { pdf = true } } } }, paper, "both ways")
  t.eq({ seen { provider = "anthropic", vision = false } }, {}, "text only")
  t.match(text("read_file", { file_path = pdf }), "^Cannot display content of binary file: ROOT/a.pdf %(a PDF; its text can be read when poppler%-utils is installed%)")
  model { provider = "anthropic" }
  proc.which = function(name) return root .. "/bin/" .. name end
  local function script(name, body) assert(fs.mkdir(root .. "/bin") and fs.write(root .. "/" .. name, body, { mode = 448 })) end
  script("bin/pdftotext", '#!/bin/sh\necho "text: $*"\n')
  script("bin/pdfinfo", '#!/bin/sh\necho "Title: x"\necho "Pages:          101"\n')
  t.eq(text("read_file", { file_path = pdf }), "text: -layout - -\n", "too many pages")
  t.eq(text("read_file", { file_path = pdf, pages = "2-3" }), "text: -layout -f 2 -l 3 - -\n", "some pages")
  t.match(text("read_file", { file_path = pdf, pages = "two" }), "pages must be a number or a range such as 1%-5, not 'two'")
  script("bin/pdfinfo", '#!/bin/sh\necho "Title: x"\necho "Pages:          100"\n')
  t.eq({ seen { provider = "anthropic" } }, paper, "not too many")
  script("bin/pdftotext", "#!/bin/sh\necho\n")
  t.match(text("read_file", { file_path = pdf, pages = "1" }), "no text in the PDF")
  ctx.model = nil
end

-- Reading comes before changing.
local function edit(path, old, new) return text("edit", { file_path = path, old_string = old, new_string = new }) end
local file = put("sub/f", "one\ntwo\n")
t.match(edit(file, "one", "1"), "has not been read in this session%. Nothing was written%. Read it with read_file first")
t.match(text("write_file", { file_path = file, content = "x" }), "has not been read in this session%. Nothing was written")
call("read_file", { file_path = file })
t.match(edit(root .. "/./sub//../sub/f", "one", "1"), "has been updated", "by any name for it")
sh "echo three >> sub/f"
t.match(edit(file, "two", "2"), "has changed on disk since it was read%. Nothing was written%. Read it again", "another size")
t.match(text("write_file", { file_path = file, content = "x" }), "has changed on disk")
call("read_file", { file_path = file })
sh "sed s/two/TWO/ sub/f > copy; cat copy > sub/f; touch -d '2020-01-01' sub/f"
t.match(edit(file, "one", "1"), "has changed on disk", "another time")
t.eq(fs.read(file), "1\nTWO\nthree\n", "nothing was written")
call("read_file", { file_path = put("before", "x\n") })
local preview = qwen.x.registry.get("tools", "edit").preview(ctx, { file_path = root .. "/before", old_string = "x", new_string = "y" })
t.match(preview, "%+y", "approved is what was shown")
put("before", "x\nlater\n")
t.match(edit(root .. "/before", "x", "y"), "has changed on disk", "a change while the person was asked")
sh "ln -s sub/f link"
call("read_file", { file_path = file })
t.match(edit(root .. "/link", "1", "one"), "has been updated", "a link to what was read")
t.eq(fs.stat(root .. "/link", false).type, "link")
t.match(edit(root .. "/none", "a", "b"), "^File not found")

-- New files.
t.eq(text("edit", { file_path = root .. "/new/deep/a", old_string = "", new_string = "a\n" }), "Created new file: ROOT/new/deep/a.")
t.match(text("edit", { file_path = root .. "/new/deep/a", old_string = "", new_string = "b\n" }), "exists already")
t.match(edit(root .. "/new/deep/a", "a", "b"), "has been updated", "what one wrote oneself counts as read")
t.eq(text("write_file", { file_path = root .. "/made/by/w", content = "w\nx" }), "Successfully created and wrote to new file: ROOT/made/by/w (2 lines).")
t.eq(text("write_file", { file_path = root .. "/made/by/w", content = "v\n" }), "Successfully overwrote file: ROOT/made/by/w (1 line; it had 2 before).")
t.eq({ fs.read(root .. "/made/by/w"), fs.stat(root .. "/made/by/w").mode & 54 }, { "v\n", 36 }, "content; a mode for all to read")
t.match(text("write_file", { file_path = root .. "/sub", content = "" }), "is not a file%. Nothing was written")
t.match(text("write_file", { file_path = root .. "/big/x", content = "" }), "big", "a file in the place of a folder")
for before, after in pairs { ["\xef\xbb\xbfa\r\n"] = "\xef\xbb\xbfx\r\ny\r\n", ["a\r\nb\r\nc\n"] = "x\r\ny\r\n", ["a\nb\n"] = "x\ny\n" } do
  local path = put("form", before)
  call("read_file", { file_path = path })
  call("write_file", { file_path = path, content = "x\ny\n" })
  t.eq(fs.read(path), after, ("the form of %q"):format(before))
end
sh "chmod 755 form"
call("write_file", { file_path = root .. "/form", content = "again" })
t.eq(fs.stat(root .. "/form").mode, 493, "a program stays one")

-- glob and list_directory.
sh "mkdir many many/d; i=0; while [ $i -lt 130 ]; do i=$((i+1)); touch -d @$((1000000000 + i)) many/f$i.x; done; ln -s d many/l; touch many/.hidden many/y.o; ln -s none many/dead"
local found = text("glob", { pattern = "*.x", path = root .. "/many" })
t.match(found, '^Found 130 file%(s%) matching "%*%.x" in ROOT/many, sorted by modification time %(newest first%):\n%-%-%-\nROOT/many/f130%.x\nROOT/many/f129%.x\n')
t.match(found, "/f31%.x\n%[30 more; use a narrower pattern%]$", "a hundred")
t.eq(select(2, found:gsub("\nROOT", "")), 100)
for pattern, wanted in pairs { ["many/f1.x"] = 1, ["**/f[12].x"] = 2, ["f{1,2,3}.x"] = 3, ["many/*"] = 132, ["**"] = 0, ["*/f1?.x"] = 10, [root .. "/many/f1*.x"] = 42, ["nothing"] = 0, ["../*"] = 0,
  ["many/**/f7.x"] = 1, ["%a.x"] = 0 } do
  local n = text("glob", { pattern = pattern }):match "^Found (%d+)" or 0
  if pattern == "**" then t.ok(n + 0 > 140, "all: " .. n) else t.eq(n + 0, wanted, pattern) end
end
t.match(text("glob", { pattern = "*", path = root .. "/none" }), "^There is no folder")
call("glob", { pattern = ("*a"):rep(30) .. "b", path = root }) -- by trying all ways this would not end
local listing = text("list_directory", { path = root .. "/many", ignore = { "*.o" } })
t.match(listing, "^Listed 134 item%(s%) in ROOT/many:\n%-%-%-\n%[DIR%] d\n%[DIR%] l %(link%)\n%.hidden\ndead %(link%)\nf1%.x\n")
t.match(listing, "\n%[34 more; use glob%]$")
t.match(text("list_directory", { path = root .. "/none" }), "none")
t.match(text("list_directory", { path = file }), "sub/f")
sh "mkdir bare"
t.eq(text("list_directory", { path = root .. "/bare" }), "Directory ROOT/bare is empty.")

-- grep_search: caps, spill, hidden files.
put("g/hits", ("some hit here\n"):rep(3000))
local grep = text("grep_search", { pattern = "h.t", path = root .. "/g" })
t.match(grep, "^ROOT/g/hits:1:some hit here\nROOT/g/hits:2:")
t.match(grep, "\n%[%d+ of 3000 lines shown; all are in ROOT/%.spill%-grep_search%-1%]$")
t.ok(#grep > 8000 and #grep < 21000, #grep)
t.eq(select(2, fs.read(spilled[1]):gsub("hit here\n", "")), 3000, "the whole is there")
t.match(text("grep_search", { pattern = "hit", path = root .. "/g/hits", limit = 2 }), "^ROOT/g/hits:1:[^\n]*\nROOT/g/hits:2:[^\n]*\n%[2 of 3000 lines")
t.match(text("grep_search", { pattern = "(" }), "^The search failed")
t.match(text("grep_search", { pattern = "a\0b" }), "zero byte")
t.eq(text("grep_search", { pattern = "-e x" }), "No matches for -e x in ROOT.", "a pattern that looks like an option")
put("h/.env", "KEY=found\n")
put("h/open", "found\n")
t.match(text("grep_search", { pattern = "found", path = root .. "/h" }), "%.env:1:KEY=found\n.*open:1:found$")
ctx.settings = { get = function(_, key) return key == "permissions.deny" and { "Read(.env)" } or nil end }
t.eq(text("grep_search", { pattern = "found", path = root .. "/h" }), "ROOT/h/open:1:found", "what a rule hides is not found")

-- The same lines with git grep and with the walk, where ripgrep is missing.
do
  local place = program.place { ["src/a.c"] = "x: hit 1\n", ["src/b c.h"] = "hit 2\n", ["top.c"] = "hit 3\n", ["bin.c"] = "hit\0\n", [".gitignore"] = "ignored\n",
    ["ignored/i.c"] = "hit\n", [".env"] = "hit\n", ["node_modules/m.c"] = "hit\n",
    ["run.lua"] = [[
      local ctx = { cwd = qwen.paths.cwd(), seen = {}, spill = function() end,
        settings = { get = function(_, key) return key == "permissions.deny" and { "Read(.env)" } or nil end } }
      for _, args in ipairs { { pattern = "hit" }, { pattern = "hit", glob = "*.c" }, { pattern = "hit", glob = "src/*" }, { pattern = "hit", glob = "../*" }, { pattern = "hit", glob = ":/" }, { pattern = "hit", glob = "!*.c" },
        { pattern = "hit", path = ctx.cwd .. "/src" }, { pattern = "hit", path = ctx.cwd .. "/top.c" }, { pattern = "nowhere to be " .. "seen" } } do
        local result, e = qwen.x.registry.get("tools", "grep_search").run(ctx, args)
        local lines = {}
        for line in (result and result.text or tostring(e)):gsub(ctx.cwd:gsub("%p", "%%%0"), "."):gmatch "[^\n]+" do
          if not line:find "run%.lua" then lines[#lines + 1] = line end
        end
        table.sort(lines)
        print(table.concat(lines, " | "))
      end
      print((qwen.x.registry.get("tools", "glob").run(ctx, { pattern = "*.c" }).text:match "^Found %d+"))]] }
  local a, b, top = "./src/a.c:1:x: hit 1", "./src/b c.h:1:hit 2", "./top.c:1:hit 3"
  local function lines(note, extra)
    local function list(...)
      local out = { ... }
      table.sort(out)
      return table.concat(out, " | ")
    end
    local function none(pattern) return note .. "No matches for " .. pattern .. " in .." end
    local all = note ~= "" and { (note:gsub("\n", "")) } or {}
    local function with(...)
      local out = { ... }
      table.move(all, 1, #all, #out + 1, out)
      return list(table.unpack(out))
    end
    return table.concat({ with(a, b, top, table.unpack(extra)), with(a, top, table.unpack(extra)), with(a, b), with((none "hit":gsub(".*\n", ""))), with((none "hit":gsub(".*\n", ""))),
      with(b), with(a, b), with(top), with((none "nowhere to be seen":gsub(".*\n", ""))) }, "\n")
  end
  local bin = place.root .. "/bin"
  fs.mkdir(bin)
  local function run(path) return program.run(place, { "lua", "run.lua" }, { env = { PATH = path } }) end
  local walk, git = "(ripgrep is missing: the pattern was searched as plain text)", proc.which "git"
  if git then assert(proc.run { argv = { git, "init", "-q" }, cwd = place.cwd }) end
  local ignored = git and {} or { "./ignored/i.c:1:hit" }
  if proc.which "rg" then
    local r = run(os_.env "PATH")
    t.eq(r.out:gsub("\nFound.*", ""), lines("", { "./node_modules/m.c:1:hit", table.unpack(ignored) }), "ripgrep " .. r.err)
  else
    t.skip "ripgrep is not installed; run: vendor/install run"
  end
  if git then
    proc.run { argv = { "ln", "-s", git, bin .. "/git" } }
    local r = run(bin)
    t.eq(r.out:gsub("\nFound.*", ""), lines("", { "./node_modules/m.c:1:hit" }), "git grep " .. r.err)
  else
    t.skip "git is not installed; run: vendor/install run"
  end
  fs.remove(bin .. "/git")
  local r = run(bin)
  local want = lines(walk .. "\n", { "./ignored/i.c:1:hit" })
  t.eq(r.out:gsub("\nFound.*", ""), want, "the walk " .. r.err)
  t.match(r.out, "\nFound 4\n$", "glob without ripgrep")
end

-- todo_write.
local todo = { todos = { { content = "a", status = "completed" }, { content = "b", status = "in_progress" }, { content = "c", status = "pending" } } }
t.eq(text("todo_write", todo), "The list is now:\n[x] a\n[>] b\n[ ] c")
t.eq({ ctx.todos, qwen.x.registry.get("tools", "todo_write").label(todo) }, { todo.todos, "1 of 3 done" })

fs.remove_tree(root)
t.done()
