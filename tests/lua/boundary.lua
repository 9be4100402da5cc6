-- No Lua, however wrong, corrupts memory, ends the program or leaves the scheduler half done: counts of values, errors that cannot be
-- shown, coroutines after their error, numbers out of range. The debug build sees what a release build would survive by luck.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local db, http, limit, os, proc, redis, task = require "sys.db", require "sys.http", require "sys.limit", require "sys.os", require "sys.proc",
  require "sys.redis", require "sys.task"

local function many(n)
  local list = {}
  for i = 1, n do list[i] = i end
  return list
end

-- More values than a stack has at first: all arrive, or it is an error.
local store = assert(db.open(":memory:", "CREATE TABLE x (y)", 1))
-- The number of values after true; the error after false.
local function count(ok, ...) return ok and select("#", ...) or error((...)) end
local calls = {
  spawn = function(n)
    local one = task.spawn(function(...) return select("#", ...) end, table.unpack(many(n)))
    local ok, got = one:join()
    return ok and got or error(got)
  end,
  join = function(n) return count(task.spawn(function() return table.unpack(many(n)) end):join()) end,
  limited = function(n) return count(task.limited(9, function(...) return ... end, table.unpack(many(n)))) end,
  wrap = function(n) return select("#", coroutine.wrap(function(...) return ... end)(table.unpack(many(n)))) end,
  resume = function(n) return count(coroutine.resume(coroutine.create(function(...) return ... end), table.unpack(many(n)))) end,
  gsub = function(n) return #(("x"):gsub("x", ("%1"):rep(n))) end,
  statement = function(n)
    local rows = assert(store:run("SELECT max(0, " .. ("?,"):rep(n) .. "0) AS most", table.unpack(many(n))))
    return rows[1].most
  end,
}
for name, call in pairs(calls) do
  for _, n in ipairs { 0, 1, 17, 38, 39, 300, 5000, 200000, 900000 } do
    local ok, got = pcall(call, n)
    if ok then t.eq(got, n, name .. " of " .. n)
    elseif n <= 60 or name ~= "statement" and n <= 5000 then t.ok(false, ("%s of %d: %s"):format(name, n, tostring(got))) end
  end
end

-- Errors that cannot be shown, raised where nobody listens.
local bad = setmetatable({}, { __tostring = function() error "cannot be shown" end })
local worse = setmetatable({}, { __tostring = function() return {} end })
for _, e in ipairs { bad, worse, setmetatable({}, { __tostring = function() error(bad) end }), setmetatable({}, { __name = 1 }) } do
  local ran = 0
  local function closing() return setmetatable({}, { __close = function() ran = ran + 1 error(e) end }) end
  local parent = task.spawn(function()
    task.spawn(function()
      local _ <close> = closing()
      task.sleep(1e6)
    end)
    local _ <close> = closing()
    task.sleep(1e6)
  end)
  task.sleep(0)
  task.sleep(0) -- the child has begun
  parent:cancel()
  t.eq({ parent:done(), ran }, { true, 2 }, "both were closed")
  local ok, why = task.spawn(function() error(e) end):join()
  t.eq({ ok, rawequal(why, e) }, { false, true }, "the error itself reaches who joins")
  task.spawn(function() error(e) end)
  task.sleep(0)
  collectgarbage()
end

-- A coroutine after its error is dead; what it raised is not called.
do
  local called = 0
  local e = setmetatable({}, { __call = function() called = called + 1 end })
  for _, fail in ipairs { function() error(e) end, function()
    local _ <close> = setmetatable({}, { __close = function() error(e) end })
    error "first"
  end } do
    local co = coroutine.wrap(fail)
    t.eq({ pcall(co) }, { false, e })
    for _ = 1, 2 do
      local ok, words = pcall(co)
      t.eq({ ok, tostring(words):find("cannot resume dead coroutine", 1, true) ~= nil }, { false, true })
    end
  end
  t.eq(called, 0)
end

-- Numbers out of range, where C wants an integer.
for _, n in ipairs { 0 / 0, 1 / 0, -1 / 0, 1e300, -1e300, 2 ^ 63, -2 ^ 63, 2 ^ 31, -2 ^ 31 - 1 } do
  local fs = require "sys.fs"
  local words = tostring(n)
  t.eq({ task.limited(n, function() return 1 end) }, { true, 1 }, "limited " .. words)
  pcall(fs.write, os.env "TMPDIR" .. "/number", "x", { mode = n })
  pcall(fs.write_exact, os.env "TMPDIR" .. "/number", "x", { mode = n })
  pcall(http.open, { url = "http://127.0.0.1:1/", max_body = n, connect_timeout = n, first_timeout = n, idle_timeout = n, total_timeout = n })
  pcall(redis.open, "127.0.0.1", 1, { timeout = n })
  pcall(proc.open, { argv = { "/bin/true" }, timeout = n, rows = n, cols = n, pty = true })
  pcall(require("sys.json").encode, {}, { indent = n })
  local l = assert(limit.open ":memory:")
  pcall(l.seed, l, "k", { { age = n, weight = n } })
  pcall(l.take, l, "k", { { n = n, per = n, margin = n } }, n)
  pcall(l.date, l, n)
  pcall(l.shut, l, "k", n)
  pcall(l.usage, l, "k", { { n = 5, per = 60 } })
  l:close()
end
t.ok(pcall(task.sleep, 0 / 0), "a sleep of no number")

-- An object that stands for a text runs Lua in the middle of encoding: it may change and collect what is being written.
do
  local json = require "sys.json"
  local function evil(from, fresh)
    return setmetatable({}, { __json = true, __tostring = function()
      for name in pairs(from) do
        if #tostring(name) > 50 then from[name] = nil end
      end
      for i = 1, fresh do from[("z"):rep(60) .. i] = i end
      collectgarbage()
      return "x"
    end })
  end
  local function long(n) return ("b"):rep(60) .. n end
  for _, fresh in ipairs { 0, 1, 5, 40 } do
    for _, long_names in ipairs { 1, 2, 5, 40 } do
      local object = {}
      object.a = evil(object, fresh)
      for i = 1, long_names do object[long(i)] = i end
      local ok, text = pcall(json.encode, object)
      t.eq(ok, long_names == fresh, "a table that changed")
      t.ok(ok and json.decode(text).a == "x" or not ok and text:find "changed while it was written", "how it ended: " .. text)
      local outer = {}
      outer[long(0)] = { evil(outer, fresh), print }
      local _, words = pcall(json.encode, outer)
      t.match(words, "at %.bbb", "the way to the value is still there")
    end
  end
  local raw = json.raw "1"
  for _, text in ipairs { false, {}, print } do
    raw[1] = text or nil
    t.fails(function() json.encode { a = raw } end, "lost its text at %.a")
  end
  -- Names that are no UTF-8 are repaired, and stay apart.
  for _, case in ipairs { { { ["\xff"] = 1, ["\xfe"] = 2 }, '{"�":2,"��":1}' }, { { ["\xff"] = 1, ["�"] = 2 }, '{"�":2,"��":1}' },
    { { ["a\xff"] = { ["\xf0"] = 1 }, b = 2 }, '{"a�":{"�":1},"b":2}' }, { { ["\xff"] = 1, ["\xfe"] = 2, ["��"] = 3 }, '{"�":2,"��":3,"���":1}' } } do
    t.eq(json.encode(case[1]), case[2])
  end
end

-- The end by os.exit: with its code, and everything that was written.
for _, case in ipairs { { "3", 3 }, { "3, true", 3 }, { "true, true", 0 }, { "false", 1 }, { "", 0 }, { "0, true", 0 } } do
  local place = program.place { ["end.lua"] = 'io.write "a" qwen.os.out "b" qwen.task.spawn(function() os.exit(' .. case[1] .. ") end) qwen.task.sleep(9)" }
  local r = program.run(place, { "lua", "end.lua" })
  t.eq({ r.code, #r.out }, { case[2], 2 }, "os.exit(" .. case[1] .. ")")
end
-- One call of C cannot be stopped, so none may be without an end.
for name, case in pairs {
  move = { "too many values", function() table.move({}, 1, 1 << 40, 2) end }, all = { "too many", function() table.move({}, math.mininteger, math.maxinteger, 1) end },
  insert = { "too long", function() table.insert(setmetatable({}, { __len = function() return 1 << 40 end }), 1, 1) end },
  remove = { "too long", function() table.remove(setmetatable({}, { __len = function() return 1 << 40 end }), 1) end },
  date = { "too long", function() _G.os.date(("%Z"):rep(1 << 20)) end },
} do t.fails(case[2], case[1], name) end
t.eq({ table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ","), table.remove({ 1, 2 }, 1), table.remove(setmetatable({ 5 }, { __len = function() return 1 end })) }, { "1,1,2,3", 1, 5 })
t.match(_G.os.date "%Y", "^%d+$")

-- A file that reaches the limit of the shell is an error of that file.
do
  local place = program.place { ["big.lua"] = 'local ok, e = qwen.fs.write("big", ("x"):rep(1 << 20)) print(ok, e and e.kind, e and e.code)' }
  local r = assert(require("qwen.util.process").run { argv = { "sh", "-c", 'ulimit -f 64; exec "$0" lua big.lua', program.binary }, cwd = place.cwd,
    env = { PATH = os.env "PATH", HOME = place.home } })
  t.eq({ r.code, r.signal, r.out }, { 0, nil, "nil\ttoo_long\tEFBIG\n" }, r.err)
end
-- A small stack is a sentence, or is made larger where that is allowed.
for stack, code in pairs { ["-s 256"] = 1, ["-s 16"] = 1, ["-S -s 256"] = 0, ["-S -s 16"] = 0 } do
  local r = assert(require("qwen.util.process").run { argv = { "sh", "-c", "ulimit " .. stack .. '; exec "$0" --version', program.binary } })
  t.eq({ r.code, r.err:find("the stack is limited", 1, true) ~= nil }, { code, code == 1 }, stack .. ": " .. r.err)
end

-- Wrong in ways that end a program of C: each script ends by itself, on a stack of 1 MB.
local scripts = {
  ["a long chain of tasks"] = [[local task, deep = require "sys.task", 0
    local function chain(n)
      deep = deep + 1
      if n > 0 then task.spawn(chain, n - 1):join() else task.sleep(1e6) end
    end
    local first = task.spawn(chain, 40000)
    while deep <= 40000 do task.sleep(0) end
    first:cancel()]],
  ["tasks that cancel each other"] = [[local task, all = require "sys.task", {}
    local closed = 0
    for i = 1, 20000 do
      all[i] = task.spawn(function()
        local _ <close> = setmetatable({}, { __close = function()
          closed = closed + 1
          if all[i + 1] then all[i + 1]:cancel() end
        end })
        task.sleep(1e6)
      end)
    end
    task.sleep(0) task.sleep(0)
    all[1]:cancel()
    while closed < 20000 do task.sleep(0) end]],
  ["coroutines that close each other"] = [[local all = {}
    for i = 1, 20000 do
      all[i] = coroutine.create(function()
        local _ <close> = setmetatable({}, { __close = function() if all[i + 1] then coroutine.close(all[i + 1]) end end })
        coroutine.yield()
      end)
      coroutine.resume(all[i])
    end
    coroutine.close(all[1])]],
  ["a guarded task whose end computes for ever"] = [[local task = require "sys.task"
    local parent = task.spawn(function()
      task.limited(1, function()
        task.spawn(function()
          local _ <close> = setmetatable({}, { __close = function() while true do end end })
          task.sleep(1e6)
        end)
        task.sleep(0)
      end)
    end)
    assert(parent:join())]],
  ["many that sleep and end together"] = [[local task = require "sys.task"
    local parent = task.spawn(function()
      for _ = 1, 100000 do task.spawn(task.sleep, 1e6) end
      task.sleep(0)
      for _ = 1, 100000 do task.spawn(task.sleep, 1e6) end
    end)
    assert(parent:join())]],
  ["a request that changes while it is read"] = [[local http = require "sys.http"
    for i = 1, 50 do
      local headers = { ["x-" .. ("a"):rep(100) .. i] = { ("v"):rep(200) .. i } }
      local function body()
        for name in pairs(headers) do headers[name] = nil end
        collectgarbage()
        return { "b" }
      end
      http.open(setmetatable({ url = "http://127.0.0.1:1/", headers = headers }, { __index = function(_, name) return name == "body" and body() or nil end }))
    end]],
  ["names that change while they are read"] = [[local secret = require "sys.secret"
    for i = 1, 50 do
      local name = ("tok"):rep(30) .. i
      local names, text = { name }, '{"' .. name .. '":"0123456789abcdef"}'
      name = nil
      local sealed = assert(secret.seal(text, names, "n", function()
        names[1] = nil
        collectgarbage()
        return { "https://a.b" }
      end))
      assert(type(select(2, next(sealed))) == "userdata")
    end]],
  ["a list of a folder asks no Lua to sort it"] = [[local sort, called = table.sort, false
    function table.sort() called = true end
    local list = require("sys.fs").list "/"
    table.sort = sort
    assert(not called and #list > 2)
    for i = 2, #list do assert(list[i - 1].name < list[i].name) end]],
  ["parts of a text that are none"] = [[local text = require "sys.text"
    for _, from in ipairs { math.mininteger, -1, 0, 1, 3, 5, math.maxinteger } do
      for _, to in ipairs { math.mininteger, -1, 0, 1, 4, 5, math.maxinteger } do
        local n = 0
        for at = math.max(from, 1), math.min(to, 4) do n = n + (("a\nb\n"):sub(at, at) == "\n" and 1 or 0) end
        assert(text.line_ends("a\nb\n", from, to) == n)
      end
    end]],
  ["finalizers"] = [[local meta = { __gc = print }
    assert(not pcall(setmetatable, {}, meta) and not pcall(debug.setmetatable, {}, meta))
    assert(not pcall(function() getmetatable(io.stdout).__gc = print end))]],
}
for name, script in pairs(scripts) do
  local place = program.place { ["wrong.lua"] = script }
  local r = assert(require("qwen.util.process").run { argv = { "sh", "-c", 'ulimit -s 1024; exec "$0" lua wrong.lua', program.binary }, cwd = place.cwd,
    env = { PATH = os.env "PATH", HOME = place.home } })
  t.eq({ r.code, r.signal }, { 0, nil }, name .. ": " .. r.err)
end
t.done()
