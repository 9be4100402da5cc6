-- `sys.limit` as Lua sees it: taking, waiting in the queue, what servers say, wrong arguments, a file that another process holds.
local t = dofile "tests/check.lua"
local limit, fs, os, task = require "sys.limit", require "sys.fs", require "sys.os", require "sys.task"

local path = os.env "TMPDIR" .. "/limits.db"

-- Files are the owner's alone; every process that opens the path sees the same.
do
  local one, two = assert(limit.open(path)), assert(limit.open(path))
  local windows = { { n = 2, per = 60 }, { n = 1000, per = "3600", weighted = true } }
  t.eq(one:take("k", windows, 10), { first = true }, "nothing is known of a new key")
  t.ok(one:seed("k", { { age = 100, weight = 5 }, { age = 30, weight = 5 } }), "what is known from before")
  t.eq(two:take("k", windows, 10), { grant = 3, unsure = true }, "a grant")
  t.ok(one:undo("k", 3) and one:date(task.time()), "a server confirms the clock")
  t.eq(two:take("k", windows, 10), { grant = 3 }, "for all")
  local waiting = assert(one:take("k", windows, 10, nil, "2/min"))
  t.eq({ waiting.why, waiting.window, waiting.ahead, waiting.grant }, { "window", 1, 0 }, "a place in the queue, and what it waits for")
  t.ok(waiting.wait > 29 and waiting.wait <= 30, "until the older one has left")
  t.eq(one:take("k", windows, 10, waiting.ticket).ticket, waiting.ticket, "it keeps its place")
  local behind = assert(two:take("k", windows, 10))
  t.eq(behind.ahead, 1, "the next one stands behind")
  t.eq(two:keys(), { { name = "k", spec = "2/min", shut = 0, waiting = 2, background = 0 } }, "what is kept")
  t.ok(one:leave(waiting.ticket) and one:leave(behind.ticket), "leaving")
  t.ok(one:settle("k", 3, 200), "the real weight")
  local use = assert(two:usage("k", windows))
  t.eq({ use[1].used, use[2].used }, { 2, 210 }, "how full the windows are")
  t.ok(one:undo("k", 3), "giving back")
  t.eq(two:usage("k", windows)[1].used, 1, "is seen by all")
  t.ok(math.abs(one:shut("k", 7) - 7) < 1e-6, "a closed gate, as close as two times can tell")
  t.eq(two:take("k", windows, 1).why, "pause", "is closed for all")
  t.ok(two:forget("k"), "forgetting")
  t.eq(one:take("k", windows), { first = true }, "is for all")
  t.eq(one:aside(), nil, "no damage")
  for _, name in ipairs { path, path .. "-wal", path .. ".lock" } do t.eq(fs.stat(name).mode, 384, name:match "[^/]+$" .. " is 0600") end
  one:close()
  t.fails(function() one:keys() end, "closed", "a closed handle")
end

-- A memory store is for one handle.
do
  local a, b = assert(limit.open ":memory:"), assert(limit.open ":memory:")
  a:seed("k", {})
  t.ok(a:take("k", { { n = 1, per = 1 } }).grant, "granted")
  t.ok(b:take("k", { { n = 1, per = 1 } }).first, "apart")
end

-- Wrong arguments raise; the world's failures are values.
do
  local s = assert(limit.open ":memory:")
  for _, w in ipairs { {}, { n = 0, per = 1 }, { n = 1, per = 0 }, { n = 0 / 0, per = 1 }, { n = 1, per = 1, margin = -1 }, { n = 1, per = 1 / 0 } } do
    t.fails(function() s:take("k", { w }) end, "a window needs", "a window that is none")
  end
  local many = {}
  for i = 1, 17 do many[i] = { n = 1, per = i } end
  t.fails(function() s:take("k", many) end, "more than 16", "too many windows")
  t.fails(function() s:take("", {}) end, "a key has", "no key")
  t.fails(function() s:take(("k"):rep(256), {}) end, "a key has", "a long key")
  t.fails(function() s:take("a\0b", {}) end, "a key has", "a zero byte")
  t.fails(function() s:take("k", {}, -1) end, "not negative", "a negative weight")
  t.fails(function() s:seed("k", { 1 }) end, "table expected", "a seed that is none")
  t.ok(s:keys(), "and the store is not held by any of them")
  t.err(limit.open "/nowhere/at/all/x.db", select(2, limit.open "/nowhere/at/all/x.db"), "missing", "no folder")
end

-- Waiting for the file is waiting as elsewhere: other tasks run, and it goes on when the file is free.
do
  local s = assert(limit.open(path))
  s:keys()
  local held = assert(fs.lock(path .. ".lock"))
  local done = false
  local taker = task.spawn(function()
    local keys = s:keys()
    done = true
    return keys
  end)
  for _ = 1, 10 do task.sleep(0) end -- the others have their turns
  t.ok(not done, "it waits while another process holds the file")
  held:close()
  local ok, keys = taker:join()
  t.ok(ok and type(keys) == "table", "and goes on")
end

t.done()
