-- Another process holds the lock of a folder: a change waits for it as a task, all else goes on; it is cancelled like any wait.
local t = dofile "tests/check.lua"
local wait = dofile "tests/wait.lua"
local when_free = require "qwen.util.when_free"
local fs, os, proc, task = require "sys.fs", require "sys.os", require "sys.proc", require "sys.task"

local folder = assert(fs.mkdtemp(os.env "TMPDIR" .. "/locked-"))
local path = folder .. "/file"
local function locked()
  local holder = assert(proc.open { argv = { "flock", folder, "sh", "-c", "echo held; read line" }, stdin = "pipe" })
  assert(holder:read() == "held\n")
  return holder
end

local changes = {
  write = { fs.write, "new", { expect = false } },
  write_exact = { fs.write_exact, "new", { expect = false } },
}
for name, change in pairs(changes) do
  local holder <close> = locked()
  local one = task.spawn(when_free, change[1], path, table.unpack(change, 2))
  for _ = 1, 10 do
    t.eq(one:done(), false, name .. " waits, and this goes on")
    task.sleep(0)
  end
  t.eq(fs.stat(path), nil, name .. ": nothing is written yet")
  holder:close_stdin()
  local _, ok = one:join()
  t.ok(ok, name .. ": when the folder is free")
  t.eq(fs.read(path), "new", name)
  fs.remove(path)
end

do
  local _ <close> = locked()
  local one = task.spawn(when_free, fs.write, path, "new", { expect = false })
  task.sleep(0)
  one:cancel()
  t.ok(wait.until_true(function() return one:done() end), "it can be cancelled")
  t.eq(fs.stat(path), nil)
  local ok, e = when_free(fs.write, path, "new", { expect = false })
  t.err(ok, e, "timeout", "in words when it takes too long")
end

-- Who knows no lock does not wait for one.
do
  local _ <close> = locked()
  t.ok(when_free(fs.write, path, "new"), "a change that expects nothing")
  t.eq(fs.remove(path), true)
end
t.eq(#fs.list(folder), 0, "no temporary file is left")
fs.remove_tree(folder)
t.done()
