-- Files: replaced whole or not at all, links and modes kept, locks between processes, kinds of failure; kills in the middle of writing.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, task, os_ = require "sys.fs", require "sys.task", require "sys.os"
local proc = require "qwen.util.process"

local root = assert(fs.realpath(assert(fs.mkdtemp "fs-")))
local function at(name) return root .. "/" .. name end
local function names(folder)
  local out = {}
  for i, entry in ipairs(fs.list(folder)) do out[i] = entry.name .. ":" .. entry.type end
  return table.concat(out, " ")
end
local function sh(command) return assert(proc.run { argv = { "sh", "-c", command }, cwd = root }) end

-- Writing.
assert(fs.create(at "old", "x"))
sh "touch -d 2001-01-01 old"
t.ok(fs.touch(at "old"))
t.ok(fs.stat(at "old").mtime > task.time() - 1e6, "as if written now")
t.err(fs.touch(at "missing"), select(2, fs.touch(at "missing")), "missing", "what is not there is not made")
fs.remove(at "old")
t.ok(fs.write(at "a", "one"))
t.eq({ fs.read(at "a"), fs.stat(at "a").mode, fs.stat(at "a").type }, { "one", 384, "file" }, "private by default")
sh "chmod 754 a"
fs.write(at "a", "two")
t.eq({ fs.read(at "a"), fs.stat(at "a").mode }, { "two", 492 }, "the mode of the file that is there stays")
sh "mkdir dir; ln -s ../a dir/link; ln -s nowhere dangling"
fs.write(at "dir/link", "three")
t.eq({ fs.stat(at "dir/link", false).type, fs.read(at "a") }, { "link", "three" }, "a link stays and its file is written")
fs.write(at "dangling", "new")
t.eq({ fs.exists(at "dir/link"), fs.exists(at "dir"), fs.exists(at "none"), fs.exists(at "a/b") },
  { true, true, false, false }, "what is there exists")
local stamp = fs.stamp(at "a")
t.eq({ fs.stamp(at "dir/link"), fs.stamp(at "none") }, { stamp, nil })
fs.touch(at "a")
t.ok(fs.stamp(at "a") ~= stamp, "a file that is saved has another stamp")
t.eq({ fs.stat(at "dangling", false).type, fs.read(at "nowhere") }, { "link", "new" }, "also a link to a file that is not there yet")
fs.remove(at "nowhere")
sh "ln -s loop2 loop1; ln -s loop1 loop2"
t.err(fs.write(at "loop1", "x"), select(2, fs.write(at "loop1", "x")), "denied", "links in a circle")
sh "rm loop1 loop2; ln -s /dev/null null"
do
  local ok, e = fs.write(at "null", "x")
  t.err(ok, e, "usage", "a device is not replaced by a file")
  t.match(e.message, "not a regular file")
end
t.eq(fs.stat("/dev/null").type, "device")
fs.remove(at "null")
if os_.uid() == 0 then
  sh "chown 12345:23456 a; chmod 4754 a"
  fs.write(at "a", "two")
  t.eq({ fs.stat(at "a").uid, fs.stat(at "a").mode }, { 12345, 2540 }, "the owner stays")
  local folder = assert(fs.mkdtemp "owner-")
  sh('chmod 711 "$TMPDIR/.."') -- the room is closed to others until then
  fs.write(folder .. "/f", "old", { mode = 292 })
  fs.write(folder .. "/w.lua", 'print(select(2, qwen.fs.write("f", "new")))', { mode = 420 })
  local r = assert(proc.run { argv = { "sh", "-c", 'cp "$0" qwen && chmod 0777 . && exec setpriv --reuid=12345 --clear-groups ./qwen lua w.lua', program.binary },
    cwd = folder, env = { PATH = os_.env "PATH", HOME = folder } })
  if r.code == 0 then
    t.match(r.out, "write f: Permission denied", "a read-only file stays as it is")
  else
    t.skip("another user cannot run the program here, which no package changes: " .. r.err)
  end
  t.eq(fs.read(folder .. "/f"), "old")
  fs.remove_tree(folder)
else
  t.skip "only root can change owners"
end
for name, fn in pairs { read = fs.read, write = fs.write, stat = fs.stat, exists = fs.exists, remove_tree = fs.remove_tree, mkdir = fs.mkdir, rename = fs.rename } do
  t.fails(function() fn(at "a\0/../dir", name == "write" and "x" or name == "rename" and at "x" or nil) end, "zero byte", name)
end
t.eq(names(root), "a:file dangling:link dir:dir", "no temporary file is left; sorted")
for _, case in ipairs {
  { fs.write, { at "no/such", "x" }, "missing" }, { fs.write, { at "dir", "x" }, "usage" }, { fs.read, { at "none" }, "missing" }, { fs.read, { root }, "usage" },
  { fs.read, { at "a", 2 }, "too_long" }, { fs.list, { at "a" }, "missing" }, { fs.stat, { at "none" }, "missing" }, { fs.realpath, { at "none" }, "missing" },
  { fs.mkdir, { at "a/b" }, "missing" }, { fs.remove, { at "none" }, "missing" }, { fs.rename, { at "none", at "x" }, "missing" }, { fs.append, { at "dangling" }, "denied" },
} do
  local value, e = case[1](table.unpack(case[2]))
  t.err(value, e, case[3], case[2][1])
  t.ok(e.message:find(root, 1, true) ~= nil, "it names the file: " .. e.message)
end
t.eq(fs.read "/proc/self/stat" ~= nil, true, "files without a size")
sh "mkfifo pipe"
local read = task.spawn(fs.read, at "pipe")
t.ok((read:join()), "a named pipe does not hang")

-- Appending, cutting, folders.
do
  local f <close> = fs.append(at "log")
  t.ok(f:write "a\n" and f:write "b\n" and f:sync())
  f:close()
  t.fails(function() f:write "c" end, "closed")
  t.eq(fs.read(at "log"), "a\nb\n")
  t.ok(fs.truncate(at "log", 2))
  t.eq({ fs.read(at "log"), fs.stat(at "log").mode }, { "a\n", 384 })
  t.ok(fs.mkdir(at "x/y/z", 448) and fs.mkdir(at "x/y/z"))
  t.eq(fs.stat(at "x/y").mode, 448)
  sh "mkdir -p keep; echo k > keep/f; ln -s ../../keep x/y/out"
  t.ok(fs.remove_tree(at "x"))
  t.eq({ fs.stat(at "x") == nil, fs.read(at "keep/f") }, { true, "k\n" }, "a tree goes, what its links lead to stays")
end

-- A full disk: the old file stays, nothing is left behind. The limit on file size stands in for it.
do
  local place = program.place { ["w.lua"] = 'local ok, e = qwen.fs.write("f", ("x"):rep(2000000)) print(ok, e)' }
  fs.write(place.cwd .. "/f", "old")
  local r = assert(proc.run { argv = { "sh", "-c", 'ulimit -f 100; trap "" XFSZ; exec "$0" lua w.lua', program.binary }, cwd = place.cwd,
    env = { PATH = os_.env "PATH", HOME = place.home } })
  t.match(r.out .. r.err, "nil\twrite .*f: File too large", "the limit was met")
  t.eq({ fs.read(place.cwd .. "/f"), names(place.cwd) }, { "old", "f:file w.lua:file" }, "old content, no remains")
end

-- Killed while writing: old or new, never mixed.
do
  local place = program.place { ["w.lua"] = [[for i = 1, 1e9 do
    qwen.fs.write("f", (("%d "):format(i)):rep(3000))
    if i == 1 then qwen.os.out "written" qwen.os.flush() end
  end]] }
  fs.write(place.cwd .. "/f", ("0 "):rep(3000))
  local mixed = 0
  for i = 1, 300 do
    local child = assert(proc.open { argv = { program.binary, "lua", "w.lua" }, cwd = place.cwd, env = { PATH = os_.env "PATH", HOME = place.home } })
    t.eq(child:read(), "written")
    task.sleep(i % 17 / 2000) -- the moment of the kill; no result depends on it
    child:kill(9)
    child:close()
    local text = fs.read(place.cwd .. "/f")
    local first = text:match "^(%d+ )"
    if not first or text ~= first:rep(3000) then mixed = mixed + 1 end
  end
  t.eq(mixed, 0, "files that are not whole")
end

-- Locks between processes.
do
  local lock = assert(fs.lock(at "l"))
  local none, e = fs.lock(at "l", 0.05)
  t.err(none, e, "timeout", "held by us")
  local place = program.place { ["l.lua"] = ('local l, e = qwen.fs.lock(%q, 0.05) print(l and "got it" or e.kind)'):format(at "l") }
  t.eq(program.run(place, { "lua", "l.lua" }).out, "timeout\n", "held for another process")
  local waiting = task.spawn(fs.lock, at "l", 1e6)
  task.sleep(0)
  lock:close()
  t.ok((waiting:join()), "a waiter gets it when it is let go")
  t.eq(program.run(place, { "lua", "l.lua" }).out, "timeout\n", "it has it")
end

-- System facts.
t.eq(os_.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256")
t.eq(os_.sha256(("a"):rep(1000000)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "of a million letters")
t.eq(os_.sha256 "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "of nothing")
do -- SHA-512 of every length around its blocks, folded into one; the value is that of sha512sum
  local parts = {}
  for n = 0, 399 do parts[#parts + 1] = os_.sha512(("a"):rep(n)) end
  t.eq(os_.sha512(table.concat(parts)):sub(1, 64), "654e54752d93d6ff75beb8a148ca1bd792cd667c77fab5f888deacf7623f039d", "SHA-512")
end
for text, code in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", ["\0\xff"] = "AP8=" } do
  t.eq({ os_.base64(text), os_.unbase64(code) }, { code, text }, "base64 " .. code)
end
t.eq({ os_.unbase64 "Zg", os_.unbase64 "_-8=", os_.unbase64 "Z", os_.unbase64 "Z!==", os_.unbase64 "Zg=" == nil, os_.unbase64 "====" == nil }, { "f", "\xff\xef", nil, nil, true, true }, "without padding, URL letters, malformed")
t.match(os_.uuid(), "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$")
t.eq(#os_.random(100), 100)
-- A part of a file, by offset; what is not there is not an error.
do
  local path = root .. "/part"
  fs.write(path, "0123456789")
  for _, case in ipairs { { 0, 3, "012" }, { 7, 3, "789" }, { 7, 100, "789" }, { 10, 5, "" }, { 1 << 40, 5, "" }, { 4, 0, "" } } do
    t.eq(fs.read_part(path, case[1], case[2]), case[3], ("%d bytes from %d"):format(case[2], case[1]))
  end
  local none, e = fs.read_part(root .. "/none", 0, 1)
  t.eq({ none, e.kind, e.code }, { nil, "missing", "ENOENT" }, "of no file")
  t.eq(select(2, fs.read_part(root, 0, 1)).code, "EISDIR", "of a folder")
  for _, case in ipairs { { -1, 1 }, { 0, -1 }, { 0, 1 << 40 } } do t.eq(pcall(fs.read_part, path, case[1], case[2]), false, "a wrong number") end
end

fs.remove_tree(root)
t.done()
