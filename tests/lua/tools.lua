-- The tools as the model sees them: limits, headers, words of refusal, what a command gets and gives.
local t = dofile "tests/check.lua"
local fs, os_ = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local root, ctx = dofile "tests/tool_ctx.lua" "tools"

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
t.eq(text("read_file", { file_path = put("dos", "\xef\xbb\xbfa\r\nb\r\n") }), "(Form of the file: BOM, CRLF line ends; edits keep it.)\na\nb\n", "no BOM, no CR, but told")
t.eq(text("read_file", { file_path = put("empty", "") }), "(the file is empty)")
t.eq(text("read_file", { file_path = put("binary", "\127ELF\0\1") }), "Cannot display content of binary file: ROOT/binary")
t.eq(text("read_file", { file_path = root .. "/none" }), "File not found: ROOT/none. Did you mean ROOT/one?")
t.eq(text("read_file", { file_path = "./short" }), "a\n\nb\n", "relative to the project")
t.eq(text("read_file", { file_path = root }), "ROOT is a folder; use list_directory or glob")
t.match(text("read_file", { file_path = "/x\0y" }), "zero byte")
t.eq(text("read_file", { file_path = "/dev/zero" }), "/dev/zero is a device, not a file. Nothing was done.")
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
do -- a search or a command may have shown the very text; one that is short may be there by chance, and twice is unclear
  local unread = put("sub/unread", "first line\nsecond line\nx = 1\nthird line\nthird line\nlast\n")
  for old, want in pairs { ["second line"] = "Note: you have not read this file", ["x = 1"] = "has not been read",
    ["third line"] = "has not been read", ["no such line"] = "has not been read" } do
    t.match(edit(unread, old, "-"), want, old)
    if want:find "^Note" then
      t.match(text("write_file", { file_path = unread, content = "x" }), "have not been shown", "the rest stays unseen")
      ctx.seen[unread] = nil
    end
  end
end
call("read_file", { file_path = file })
t.match(edit(root .. "/./sub//../sub/f", "one", "1"), "has been updated", "by any name for it")
sh "echo three >> sub/f; echo two three >> sub/f"
t.match(edit(file, "two", "2"), "has changed on disk since it was read%. Nothing was written%. Read it again", "another size")
t.match(text("write_file", { file_path = file, content = "x" }), "has changed on disk")
call("read_file", { file_path = file })
sh "sed s/two/TWO/ sub/f > copy; cat copy > sub/f; touch -d '2020-01-01' sub/f"
t.match(edit(file, "two ", "1"), "has changed on disk", "another time")
t.match(edit(file, "t", "1"), "has changed on disk", "more than one place")
t.eq(fs.read(file), "1\nTWO\nthree\nTWO three\n", "nothing was written")
call("read_file", { file_path = put("before", "x\n") })
local preview = qwen.x.registry.get("tools", "edit").preview(ctx, { file_path = root .. "/before", old_string = "x", new_string = "y" })
t.match(preview, "%+y", "approved is what was shown")
put("before", "y\nlater\n")
t.match(edit(root .. "/before", "x", "y"), "has changed on disk", "a change while the person was asked")
put("before", "x\nlater\n")
t.match(edit(root .. "/before", "x", "y"), "had changed since you read it", "one that leaves the place as it was")
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

-- todo_write.
local todo = { todos = { { content = "a", status = "completed" }, { content = "b", status = "in_progress" }, { content = "c", status = "pending" } } }
t.eq(text("todo_write", todo), "The list is now:\n[x] a\n[>] b\n[ ] c")
t.eq({ ctx.todos, qwen.x.registry.get("tools", "todo_write").label(todo) }, { todo.todos, "1 of 3 done" })

fs.remove_tree(root)
t.done()
