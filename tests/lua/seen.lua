-- A file is replaced whole only when all of it was shown to the model; an edit leaves what was not seen unseen.
local t = dofile "tests/check.lua"
local fs = require "sys.fs"
local seen = require "qwen.session.seen"

-- What stays to be shown after steps: "F-L" shows lines, "F-L=N" replaces them by N lines of the model, "F-L~N" by N lines of which
-- it gave only some.
local STAT = { size = 1, mtime = 1 }
for _, case in ipairs {
  { 10, "1-10", nil }, { 10, "1-4", "5-10" }, { 10, "5-10", "1-4" }, { 10, "1-4 5-10", nil }, { 10, "6-10 1-4", "5-5" },
  { 10, "1-4 3-9 10-10", nil }, { 10, "2-3 6-7", "1-1" }, { 0, "1-0", nil },
  { 10, "1-4 2-3=9", "12-17" }, { 10, "1-4 8-8=1", "5-7" }, { 10, "1-4 5-10=1", nil }, { 10, "1-4 1-10=3", nil },
  { 10, "1-4 3-6=0", "3-6" }, { 10, "1-4 3-6~2", "3-8" }, { 10, "1-8 2-7~2 5-5", "6-6" }, { 10, "5-6 1-2=0", "1-2" },
  { 10, "1-10 2-3=100", nil }, { 10, "1-10 1-4", nil },
} do
  local total, steps, want = case[1], case[2], case[3]
  local file
  for step in steps:gmatch "%S+" do
    local first, last, kind, count = step:match "^(%d+)%-(%d+)([=~]?)(%d*)$"
    first, last = math.tointeger(first), math.tointeger(last)
    if kind == "" then
      file = seen.add(file, STAT, { first = first, last = last, total = file and file.total or total })
    else
      seen.replaced(file, { first = first, last = last, count = math.tointeger(count), known = kind == "=" })
    end
  end
  local from, to = seen.gap(file)
  t.eq(from and from .. "-" .. to, want, total .. ": " .. steps)
end
do
  local part = seen.add(nil, STAT, { first = 1, last = 2, total = 4 })
  local other = seen.add(part, { size = 2, mtime = 1 }, { first = 3, last = 4, total = 4 })
  t.eq({ seen.gap(other) }, { 1, 2 }, "what was seen of another content does not count")
  t.eq({ seen.gap(seen.add(part, { size = 2, mtime = 1 })) }, { 3, 4 }, "a formatter went over it")
  t.eq(seen.gap(seen.add(nil, STAT)), nil, "what the model wrote itself")
end

-- The same through the tools.
local root = assert(fs.realpath(assert(fs.mkdtemp "seen-")))
local ctx = { cwd = root, seen = {}, mode = "default", settings = { get = function() end }, emit = function() end }
local function call(name, args) return assert(qwen.x.registry.get("tools", name)).run(ctx, args) end
local path, lines = root .. "/long", {}
for i = 1, 5000 do lines[i] = "line " .. i end
fs.write(path, table.concat(lines, "\n") .. "\n")
local function write() return call("write_file", { file_path = path, content = "one\ntwo\n" }) end
call("read_file", { file_path = path })
local result, e = write()
t.err(result, e, "usage", "a part was shown")
t.match(e.message, "1001%-5000")
t.ok(call("edit", { file_path = path, old_string = "line 7\n", new_string = "" }), "a part may be changed")
result, e = write()
t.err(result, e, "usage", "and the rest is still unseen")
t.match(e.message, "1000%-4999")
for offset = 1000, 4999, 1000 do call("read_file", { file_path = path, offset = offset }) end
t.match(assert(write()).text, "%(2 lines; it had 4999 before%)")
fs.write(path, ("x"):rep(30000))
call("read_file", { file_path = path })
result, e = write()
t.err(result, e, "usage", "a line that was cut")
t.ok(call("edit", { file_path = path, old_string = ("x"):rep(30000), new_string = "y" }))
t.ok(write(), "nothing but what the model gave")

-- In a small window fewer lines are shown, and no more than those count.
fs.write(path, ("forty bytes of a line, more or less....\n"):rep(300))
ctx.result_room = 4000
t.match(assert(call("read_file", { file_path = path })).text, "^Showing lines 1%-92 of 300 total lines%. Read on with offset 93%.")
e = select(2, write())
t.match(e.message, "93%-300")
ctx.result_room = nil
ctx.settings = { get = function(_, key) return key == "tools.truncateToolOutputLines" and 50 or nil end }
t.match(assert(call("read_file", { file_path = path, offset = 93 })).text, "^Showing lines 93%-134 of 300")

fs.remove_tree(root)
t.done()
