-- Backups of edits and the session: a damaged one is never written over a file and never taken for good, what cannot be kept is said once, a torn line
-- of the log hides one edit, and what a killed process left is swept.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, sys = require "sys.fs", require "sys.os"

local shim = assert(fs.realpath((program.binary:match "^(.*)/"))) .. "/tests/fail_io.so"

-- A place with a.txt, and a server that has the model write these contents into it, one prompt each.
local function scene(contents)
  local place = program.place { ["a.txt"] = "one\n" }
  local a, answers = place.cwd .. "/a.txt", {}
  for _, content in ipairs(contents) do
    answers[#answers + 1] = { calls = { { name = "read_file", arguments = { file_path = a } } } }
    answers[#answers + 1] = { calls = { { name = "write_file", arguments = { file_path = a, content = content } } } }
    answers[#answers + 1] = { text = "done" }
  end
  return place, a, fake.start(answers)
end

local function runner(place, server)
  return function(args, env)
    local all = { "--openai-base-url", server.url, "-m", "m", "-y" }
    for _, arg in ipairs(args) do all[#all + 1] = arg end
    return program.run(place, all, { env = env })
  end
end

local function backups(place)
  local projects = place.home .. "/.qwen/projects"
  return projects .. "/" .. fs.list(projects)[1].name .. "/backups"
end

local function copy_of(place, text) return backups(place) .. "/" .. sys.sha256(text) end

local function log_of(place)
  for _, entry in ipairs(fs.list(backups(place))) do
    if entry.name:find "%.jsonl$" then return backups(place) .. "/" .. entry.name end
  end
end

local function fail(call, path, number, more)
  local env = { ASAN_OPTIONS = "verify_asan_link_order=0", LD_PRELOAD = shim, FAIL_CALL = call, FAIL_PATH = path, FAIL_ERRNO = tostring(number) }
  for name, value in pairs(more or {}) do env[name] = tostring(value) end
  return env
end

local ENOSPC, EIO = 28, 5

-- Damage of each kind to the copy; the file stays, and says why.
for name, damage in pairs {
  empty = function(path) assert(fs.truncate(path, 0)) end,
  zeroed = function(path) assert(fs.write(path, "\0\0\0\0")) end,
  cut = function(path) assert(fs.truncate(path, 2)) end,
  gone = function(path) assert(fs.remove(path)) end,
} do
  local place, a, server = scene { "two\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run({ "go" }).code, 0, name)
  damage(copy_of(place, "one\n"))
  local r = run { "--continue", "-p", "/undo" }
  t.eq({ r.code, fs.read(a) }, { 1, "two\n" }, name .. ": the file stays")
  t.match(r.err, name == "gone" and "no longer kept" or "damaged", name)
end

-- A damaged copy is not taken for good: the next edit of the same content keeps it anew.
do
  local place, a, server = scene { "two\n", "three\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run({ "go" }).code, 0)
  assert(fs.truncate(copy_of(place, "one\n"), 1))
  assert(fs.write(a, "one\n"))
  t.eq(run({ "--continue", "again" }).code, 0)
  t.eq(fs.read(copy_of(place, "one\n")), "one\n", "kept anew")
  local r = run { "--continue", "-p", "/undo" }
  t.eq({ r.code, fs.read(a) }, { 0, "one\n" }, "restored")
  t.eq(fs.read(copy_of(place, "three\n")), "three\n", "what was there is kept before it is overwritten")
end

-- A copy that cannot be brought to the disk: said, edited without; with --strict refused.
for _, call in ipairs { "write", "fsync", "rename" } do
  for _, strict in ipairs { false, true } do
    local place, a, server = scene { "two\n" }
    local _ <close> = server
    local path = call == "rename" and sys.sha256 "one\n" or "/backups/.qwen-"
    local r = runner(place, server)({ strict and "--strict" or "--verbose", "go" }, fail(call, path, ENOSPC))
    local said = select(2, r.err:gsub("cannot be taken back %(/undo%)", ""))
    t.eq({ r.code, fs.read(a), said }, { 0, strict and "one\n" or "two\n", strict and 0 or 1 }, call .. (strict and " strict" or ""))
    if strict then
      local asked = server:requests()
      local messages = asked[#asked].body.messages
      t.match(messages[#messages].content, "No space left.*%-%-strict", "the model is told why")
    end
  end
end

-- A file too large for a copy.
for _, strict in ipairs { false, true } do
  local place = program.place { ["a.txt"] = "one\n" .. (("x"):rep(99) .. "\n"):rep(170000) }
  local a = place.cwd .. "/a.txt"
  local function edit(from, to) return { name = "edit", arguments = { file_path = a, old_string = from, new_string = to } } end
  local server <close> = fake.start { { calls = { { name = "read_file", arguments = { file_path = a, limit = 5 } } } },
    { calls = { edit("one\n", "two\n") } }, { calls = { edit("two\n", "three\n") } }, { text = "done" } }
  local r = runner(place, server) { strict and "--strict" or "--verbose", "go" }
  local said = select(2, r.err:gsub("edits of such files cannot be taken back", ""))
  t.eq({ r.code, fs.read(a):match "^%a+", said }, { 0, strict and "one" or "three", strict and 0 or 1 }, strict and "refused" or "said once")
  fs.remove_tree(place.root)
end

-- The log cannot be written: the edit counts in this run only, and that is said; what was there before stays whole.
do
  local place, a, server = scene { "two\n", "three\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run({ "go" }).code, 0)
  local r = run({ "--continue", "again" }, fail("write", "/backups/", ENOSPC, { FAIL_PATH = log_of(place) }))
  t.eq({ r.code, fs.read(a) }, { 0, "three\n" })
  t.match(r.err, "in this run only.*No space left", "said")
  r = run({ "--continue", "-p", "/undo" })
  t.match(r.err, "changed since", "an edit of before is not taken back over one that is not known")
  t.eq(fs.read(a), "three\n")
end

-- /undo itself fails at each of its steps: the file is the old or the new one, and it can be tried again.
for _, case in ipairs {
  { "fsync", "/project/.qwen-", EIO }, { "write", "/project/.qwen-", ENOSPC }, { "rename", "a.txt", EIO }, { "write", "/backups/.qwen-", ENOSPC },
} do
  local place, a, server = scene { "two\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run({ "go" }).code, 0)
  local r = run({ "--continue", "-p", "/undo" }, fail(table.unpack(case)))
  t.eq({ r.code, fs.read(a) }, { 1, "two\n" }, case[1] .. case[2])
  r = run { "--continue", "-p", "/undo" }
  t.eq({ r.code, r.out, fs.read(a) }, { 0, "restored a.txt\n", "one\n" }, "again: " .. case[1] .. case[2])
end
do
  local place, a, server = scene { "two\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run({ "go" }).code, 0)
  local r = run({ "--continue", "-p", "/undo" }, fail("write", log_of(place), ENOSPC))
  t.eq({ r.code, fs.read(a) }, { 1, "one\n" }, "restored, but not noted")
  t.match(r.err, "cannot note", "said")
  assert(fs.write(a, "mine\n"))
  t.eq({ run({ "--continue", "-p", "/undo" }).code, fs.read(a) }, { 1, "mine\n" }, "offered again, and changes nothing")
end

-- The session cannot be read, at whatever place: an error, and the file stays as it is.
do
  local place, _, server = scene { "two\n", "three\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run { "first" }.code, 0, "a session")
  local chats = place.home .. "/.qwen/projects/" .. fs.list(place.home .. "/.qwen/projects")[1].name .. "/chats"
  local path = chats .. "/" .. fs.list(chats)[1].name
  local text = fs.read(path)
  for at = 0, 1 do
    local r = run({ "-c", "second" }, fail("pread", "/chats/", EIO, { FAIL_AT = at }))
    t.eq({ r.code, r.out, r.err:find("read", 1, true) ~= nil }, { 1, "", true }, "read " .. at .. ": " .. r.err)
    t.eq(fs.read(path), text, "and nothing is written")
  end
  t.eq(run({ "-c", "second" }).code, 0, "later it goes on")
end

-- The session cannot be brought to the disk, or not written at all: said once, and the turn goes on.
for _, case in ipairs { { "fdatasync", "/chats/", EIO, "lost in a power cut" }, { "write", "/chats/", ENOSPC, "session could not be written" } } do
  local place, a, server = scene { "two\n" }
  local _ <close> = server
  local r = runner(place, server)({ "go" }, fail(table.unpack(case, 1, 3)))
  t.eq({ r.code, fs.read(a), select(2, r.err:gsub(case[4], "")) }, { 0, "two\n", 1 }, case[4])
end

-- A torn line in the log hides its own edit, not the one before and not the one after.
do
  local place, a, server = scene { "two\n", "three\n" }
  local _ <close> = server
  local run = runner(place, server)
  t.eq(run({ "go" }).code, 0)
  local path = log_of(place)
  local log <close> = assert(fs.append(path))
  assert(log:write '{"path":"/torn","pro')
  t.eq(run({ "--continue", "again" }).code, 0)
  t.eq(run({ "--continue", "-p", "/undo" }).out, "restored a.txt\n")
  t.eq(fs.read(a), "two\n")
  t.eq(run({ "--continue", "-p", "/undo" }).out, "restored a.txt\n")
  t.eq(fs.read(a), "one\n", "both")
  t.match(run({ "--continue", "-p", "/undo" }).out, "no file was changed", "all is noted")
end

-- Killed between the temporary file and its rename: the next run that writes there sweeps what it left, and nothing else.
do
  local place, a, server = scene { "two\n", "three\n" }
  local _ <close> = server
  local run = runner(place, server)
  local r = run({ "go" }, fail("fsync", "/project/.qwen-", 0, { FAIL_KILL = 1 }))
  t.eq({ r.signal, fs.read(a) }, { 9, "one\n" }, "killed")
  local function left()
    local out = {}
    for _, entry in ipairs(fs.list(place.cwd)) do
      if entry.name:find "^%.qwen%-" then out[#out + 1] = entry.name end
    end
    return out
  end
  t.eq(#left(), 1, "left")
  local living, other = "/.qwen-fedcba9876543210.tmp", "/.qwen-notes.tmp"
  assert(fs.write(place.cwd .. other, "x"))
  local _ <close> = assert(fs.lock(place.cwd .. living))
  t.eq(run({ "--continue", "again" }).code, 0)
  t.eq(left(), { living:sub(2), other:sub(2) }, "swept, but not of a living process, and not another name")
end
t.done()
