-- A file that gets new content stays the same file where another one in its place would lose something: links, owner, attributes, ACLs,
-- a mount; and one that may be written is written, whatever its folder allows.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, os_ = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local root = assert(fs.realpath(assert(fs.mkdtemp "put-")))
local function sh(command, more)
  local options = more or {}
  options.argv, options.cwd, options.stderr = { "sh", "-c", command }, root, "stdout"
  return assert(proc.run(options))
end
local f = root .. "/f"
local writers = { write = fs.write, write_exact = fs.write_exact }

local PYTHON = "/usr/bin/python3 -ISc 'import os, struct as s; n = 0xffffffff; "
local function set(name, value) return ("%sos.setxattr(\"f\", \"%s\", %s)'"):format(PYTHON, name, (value:gsub("'", '"'))) end
local function get(name) return ("stat -c %%i f; %sprint(os.getxattr(\"f\", \"%s\"))'"):format(PYTHON, name) end

-- What is done to f, and what must be the same after it was written.
for name, write in pairs(writers) do
  for _, case in ipairs {
    { "ln f other", "stat -c %i-%h f; cat other" }, { "chmod 640 f; ln f other", "stat -c %i-%a f; cat other" },
    { set("user.note", "b'hello'"), get "user.note" },
    { set("system.posix_acl_access", "s.pack('<I' + 'HHI' * 5, 2, 1, 6, n, 2, 4, 12345, 4, 4, n, 16, 4, n, 32, 4, n)"), get "system.posix_acl_access" },
    { "chown 12345:23456 f", "stat -c %i-%u-%g f", root = true }, { "chown 12345 f; chmod 4754 f", "stat -c %i-%u-%a f", root = true },
  } do
    sh "rm -rf *; echo old > f"
    local tried = (not case.root or os_.uid() == 0) and sh(case[1]).code == 0
    local before = tried and sh(case[2]).out:gsub("old", "new")
    if tried then
      t.ok(write(f, "new\n"), name .. ": " .. case[1])
      t.eq({ fs.read(f), sh(case[2]).out }, { "new\n", before }, name .. ": " .. case[1])
      t.ok(write(f, ("long "):rep(100000)) and write(f, "s\n"), name .. ": longer, shorter")
      t.eq(fs.read(f), "s\n", name .. ": shorter")
      t.eq(sh("ls -A | grep -c qwen").out, "0\n", "nothing is left beside it")
    else
      t.skip("cannot be set up here: " .. case[1])
    end
  end
  sh "rm -rf *; echo old > f"
  local before = fs.stat(f).ino
  t.ok(write(f, "new\n") and fs.stat(f).ino ~= before, name .. ": a file of which nothing is lost is renamed into its place, whole at every moment")
end

-- A file of a mount, and a writable file in a folder that is not; a run of the program in which that holds.
local script = 'for _, name in ipairs { "write", "write_exact" } do local ok, e = qwen.fs[name](qwen.fs.cwd() .. "/dir/f", name) print(ok, e, qwen.fs.read "dir/f") end'
script = script:gsub("qwen%.fs%[name%]", 'require("sys.fs")[name]')
local function run(prepare, how)
  sh "rm -rf *; mkdir dir; echo old > dir/f; echo other > other"
  fs.write(root .. "/w.lua", script, { mode = 420 })
  sh('chmod 711 "$TMPDIR/.."; chmod 755 .; cp "' .. program.binary .. '" qwen; ' .. prepare)
  return sh(how:format "./qwen lua w.lua", { env = { PATH = os_.env "PATH", HOME = root, TMPDIR = root .. "/tmp" } })
end
local want = "true\tnil\twrite\ntrue\tnil\twrite_exact\n"
for what, case in pairs {
  ["a file of a mount"] = { "true", "unshare -m sh -c 'mount --bind other dir/f && exec %s'" },
  ["a folder that may not be written"] = { "chmod 666 dir/f; mkdir -m 777 tmp", "setpriv --reuid=12345 --clear-groups %s" },
  ["a folder that is read-only"] = { "mkdir -m 777 tmp",
    "unshare -m sh -c 'mount --bind dir dir && mount --bind other dir/f && mount -o remount,bind,ro dir && exec %s'" },
} do
  local r = run(table.unpack(case))
  if os_.uid() == 0 and not r.out:find "[Oo]peration not permitted" and r.code == 0 then t.eq(r.out, want, what) else t.skip(what .. ": " .. r.out) end
end
local r = run("chmod 666 dir/f; mkdir -m 555 tmp", "setpriv --reuid=12345 --clear-groups %s")
if os_.uid() == 0 and r.code == 0 then
  t.match(r.out, "^nil\t[^\n]*save a copy of [^\n]*/dir/f: Permission denied\told\n", "without a place for a copy nothing is written")
else
  t.skip "another user cannot run the program here"
end

fs.remove_tree(root)
t.done()
