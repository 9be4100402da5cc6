-- The room that every test runs in (tests/room): outside its own folder nothing can be written, nothing that listens outside is reached,
-- and nothing that a test started outlives it.
local t = dofile "tests/check.lua"
local wait = dofile "tests/wait.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local QWEN, TMPDIR, top = os.env "QWEN", os.env "TMPDIR", assert(fs.cwd())
local room = assert(TMPDIR:match "^(.*)/tmp$")

if os.uid() ~= 0 then
  t.skip "a closed room: only root can make one without other user numbers, which no package changes"
  return t.done()
end
if not t.need "bwrap" then return t.done() end
local probe = assert(proc.run { argv = { "bwrap", "--unshare-pid", "--ro-bind", "/", "/", "true" } })
if probe.code ~= 0 then
  t.skip("a closed room: the system lets bubblewrap make none, which no package changes: " .. probe.err)
  return t.done()
end

-- The room of this test.
local name = "/qwen-test-" .. os.uuid()
for _, folder in ipairs { room, TMPDIR, os.env "HOME", "/tmp", "/dev/shm" } do
  t.ok(fs.create(folder .. name, "x"), folder .. " is the test's own")
end
local foreign = { top, top .. "/tests", top .. "/build", "/", "/var/tmp", "/etc", "/usr", "/root" }
for _, folder in ipairs(foreign) do
  if fs.stat(folder) then
    local made = fs.create(folder .. name, "x")
    t.ok(not made, folder .. " is not")
    if made then fs.remove(folder .. name) end
  end
end

-- A room in this room, started from a folder of our own, as tests are started from the repository.
local here = TMPDIR .. "/here"
assert(fs.mkdir(here .. "/open"))
assert(fs.write(here .. "/file", "old"))
local function inside(command, writable)
  return assert(proc.run {
    argv = { top .. "/tests/room", QWEN, "sh", "-c", command },
    cwd = here,
    env = { PATH = os.env "PATH", TMPDIR = TMPDIR, QWEN_WRITABLE = writable },
  })
end
for _, command in ipairs { "echo x >made", "echo x >file", "rm file", "mkdir made", "chmod 777 .", "mv file made", "echo x >open/made" } do
  local r = inside(command)
  t.ok(r.code ~= 0, command .. " is refused")
  t.match(r.err, "Read%-only file system", command)
end
t.eq(inside('echo x | tee "$HOME/made" "$TMPDIR/made" /tmp/made /dev/shm/made >/dev/null && cat file').out, "old", "reading is free")
t.ok(not fs.stat "/tmp/made" and not fs.stat "/dev/shm/made", "these are its own as well")
t.eq({ inside("echo x >open/made", here .. "/open").code, fs.read(here .. "/open/made") }, { 0, "x\n" }, "what a measurement asks for")

-- What listens outside is not there, so that a model server of the machine changes no test; what it starts itself is.
local server <close> = dofile("tests/fake/fake.lua").start { { text = "x", times = 0 } }
local connect = ("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", %d))'"):format(server.port)
t.eq(assert(proc.run { argv = { "sh", "-c", connect } }).code, 0, "a server of this room")
t.match(inside(connect).err, "ConnectionRefusedError", "is not in another one")
t.eq(inside("python3 -c 'import socket; l = socket.create_server((\"127.0.0.1\", 0)); socket.create_connection(l.getsockname())'").code, 0,
  "which has a 127.0.0.1 of its own")

-- A server that a test leaves behind, in a session of its own.
local seconds = ("7654321.%07d"):format(os.pid())
local r = inside(("mkfifo $TMPDIR/up; setsid sh -c 'echo up >$TMPDIR/up; exec sleep %s' & cat $TMPDIR/up"):format(seconds))
t.eq({ r.code, r.out }, { 0, "up\n" }, "it ran")
local function alive()
  for _, entry in ipairs(assert(fs.list "/proc")) do
    local words = entry.name:find "^%d+$" and fs.read("/proc/" .. entry.name .. "/cmdline") or ""
    if words:find("sleep\0" .. seconds, 1, true) then return true end
  end
end
t.ok(wait.until_true(function() return not alive() end), "and is gone with the room")
for _, entry in ipairs(assert(fs.list(TMPDIR))) do t.ok(not entry.name:find "^qwen%-test%.", "the inner rooms are removed") end
t.done()
