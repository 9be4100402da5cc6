-- `sys.db`: statements and rows, values of each kind, the same statement again, wrong statements, two processes, damage, newer files.
local t = dofile "tests/check.lua"
local db, fs, os, task = require "sys.db", require "sys.fs", require "sys.os", require "sys.task"

local path = os.env "TMPDIR" .. "/test.db"
local SCHEMA = "CREATE TABLE a (x, y);"

do
  local s = assert(db.open(path, SCHEMA, 1))
  local insert = "INSERT INTO a VALUES (?, ?)"
  for _, row in ipairs { { 1, "one" }, { 2.5, "a\0b" }, { true, nil } } do t.ok(s:run(insert, row[1], row[2]), "a row") end
  t.ok(s:run(insert, 7), "a value that is left out is not that of the run before")
  t.eq(s:run "SELECT x, y FROM a", { { x = 1, y = "one" }, { x = 2.5, y = "a\0b" }, { x = 1 }, { x = 7 } }, "comes back as it was")
  t.eq(math.type(s:run("SELECT x FROM a WHERE y = ?", "one")[1].x), "integer", "integers are integers")
  t.eq(s:run("SELECT x FROM a WHERE y = ?", "none"), {}, "no row")
  for _, wrong in ipairs { "SELEKT", "SELECT nothing FROM a", "INSERT INTO b VALUES (1)", "" } do
    t.err(s:run(wrong), select(2, s:run(wrong)), "broken", "wrong: " .. wrong)
  end
  t.eq(#s:run "SELECT x FROM a", 4, "and the database goes on")
  t.fails(function() s:run(insert, {}) end, "text, number, boolean or nil", "a table is no value")
  t.fails(function() s:run() end, "string expected", "no statement")
  local other = assert(db.open(path, SCHEMA, 1))
  t.ok(other:run(insert, 8, "there"), "another handle")
  t.eq(#s:run "SELECT x FROM a", 5, "sees the same file")
  t.eq(fs.stat(path).mode, 384, "0600")
  local held, done = assert(fs.lock(path .. ".lock")), false
  local waiting = task.spawn(function()
    local rows = s:run "SELECT x FROM a"
    done = true
    return rows
  end)
  for _ = 1, 10 do task.sleep(0) end -- the others have their turns
  t.ok(not done, "it waits while another process holds the file")
  held:close()
  t.eq(#select(2, waiting:join()), 5, "and goes on")
  s:close()
  t.fails(function() s:run "SELECT 1" end, "closed", "a closed handle")
end

do -- many openings, each for one row, as by processes that answer one prompt
  local long, longest = os.env "TMPDIR" .. "/long.db", 0
  for i = 1, 60 do
    local s = assert(db.open(long, SCHEMA, 1))
    t.ok(s:run("INSERT INTO a VALUES (?, ?)", i, ("y"):rep(20000)), "row " .. i)
    s:close()
    longest = math.max(longest, fs.stat(long .. "-wal").size)
  end
  t.ok(longest > 100 * 1024 and longest < 512 * 1024, "the log stays short: " .. longest)
  local s = assert(db.open(long, SCHEMA, 1))
  t.eq(s:run "SELECT count(*) AS n, sum(x) AS x FROM a", { { n = 60, x = 1830 } }, "and nothing is lost")
  s:close()
end

-- A file of an older version or a damaged one is moved aside; one of a newer version is left alone.
do
  local newer = assert(db.open(path, SCHEMA, 2))
  t.eq(newer:run "SELECT x FROM a", {}, "an older version's file is not read as the new one")
  t.ok(fs.stat(newer:aside()), "and is kept")
end

do
  local file = os.env "TMPDIR" .. "/newer.db"
  local two = assert(db.open(file, SCHEMA, 2))
  two:run "SELECT 1"
  two:close()
  local one = assert(db.open(file, SCHEMA, 1))
  t.err(one:run "SELECT 1", select(2, one:run "SELECT 1"), "usage", "newer")
  t.match(select(2, one:run "SELECT 1").message, "newer qwen", "and why")
end

do
  local file = os.env "TMPDIR" .. "/bad.db"
  assert(fs.write(file, ("no database at all "):rep(500)))
  local s = assert(db.open(file, SCHEMA, 1))
  t.eq(s:run "SELECT x FROM a", {}, "a new one")
  t.match(fs.read(s:aside()), "^no database at all", "the old one is kept")
end

t.err(db.open("/nowhere/x.db", SCHEMA, 1), select(2, db.open("/nowhere/x.db", SCHEMA, 1)), "missing", "no folder")
t.eq(db.on_network "/", false, "the root is here")

t.done()
