-- Random and hostile scripts as a person's files would be run: none ends the program, reaches around it, or leaves something behind.
-- `tests/room QWEN QWEN lua tests/lua/hostile.lua 10000` tries as many.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local environment = require "qwen.extension.environment"
local proc = require "qwen.util.process"
local task = require "sys.task"

local _, wanted = ...
local COUNT = tonumber(wanted) or 1000
local SEED = 20260401
math.randomseed(SEED)

local function pick(list) return list[math.random(#list)] end

-- Things that have brought down hosts of Lua before.
local hostile = {
  "while true do end", "while true do pcall(function() while true do end end) end", "::a:: goto a", "repeat until false",
  "local function f() return f() end f()", "local function f() return 1 + f() end f()", "('x'):rep(1 << 40)", "('x'):rep(1e8):rep(1e8)",
  "local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", "error()", "error(nil)", "error({})", "error(setmetatable({}, { __tostring = error }))",
  "local a <close> = setmetatable({}, { __close = function() error 'x' end }) error 'y'",
  "local a <close> = setmetatable({}, { __close = function() while true do end end })", "coroutine.yield(1)", "coroutine.wrap(coroutine.yield)()",
  "coroutine.close(coroutine.running())", "local c c = coroutine.create(function() coroutine.resume(c) end) coroutine.resume(c)",
  "local c = coroutine.wrap(function() error {} end) c()", "local c = coroutine.wrap(function() while true do end end) c()",
  "table.sort({ 3, 1, 2, 5, 4, 9, 7 }, function() return true end)", "table.sort({ 1, 2, 3 }, function() coroutine.yield() end)",
  "table.concat({}, 'x', 1, 1 << 53)", "table.unpack({}, 1, 1e7)", "string.format('%99999d', 1)", "string.format(('%s'):rep(300))",
  "('x'):gsub('.', function() while true do end end)", "setmetatable({}, { __index = function(t, k) return t[k] end }).x = nil",
  "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", "local m = {} m.__index = m return setmetatable({}, m)[{}]",
  "setmetatable(_G, { __index = error })", "_G = nil _ENV = nil x = 1", "local _ENV = {} x.y = 1", "debug.sethook()", "os.exit(1, true)", "load('\\27Lua')()",
  "load(function() return 'x ' end)", "require '_G'", "require(('x'):rep(1e6))", "qwen.task.spawn(function() while true do end end)",
  "for i = 1, 1000 do qwen.task.spawn(function() error(i) end) end", "qwen.task.spawn(function() coroutine.yield() end)",
  "local q = qwen.task.queue(1) q:put(1) q:close() q:put(2)", "qwen.task.current():cancel()", "qwen.task.current():join()",
  "qwen.json.encode((function() local t = {} t.t = t return t end)())", "qwen.json.decode(('['):rep(1e6))", "qwen.json.encode(0/0)",
  "qwen.text.diff(('a\\n'):rep(1e4), ('b\\n'):rep(1e4), 'x')", "qwen.text.nearest(('x'):rep(1e4), { ('y'):rep(1e4) })", "qwen.schema.check({ type = {} }, {})",
  "qwen.cleanup(1)", "qwen.try(error)", "qwen.shipped 'nothing/nothing'", "qwen.store '../x'", "qwen.err('nosuch', 1)", "collectgarbage('generational')",
  "string.rep = nil", "qwen.fs = nil", "rawset(qwen, 'fs', 1)", "rawset(_G, 'qwen', nil)", "getmetatable('').__index = nil", "print(print, _G, nil, {})",
  "return setmetatable({}, { __index = function() while true do end end, __len = error, __pairs = error })", "\0", "\xff\xfe", "#!x", "return return",
  "local t = {} for i = 1, 30000 do t[i] = '::l' .. i .. ':: a = 1 ' end load(table.concat(t))", "load(function() return ('x'):rep(1e6) end)",
}

-- Random programs: a small grammar over the names a file has.
local names = { "string", "table", "math", "utf8", "coroutine", "qwen.text", "qwen.json", "qwen.schema", "qwen.message", "qwen.match", "qwen.jsonc", "qwen.err", "_G" }
local leaves = { "nil", "true", "0", "-1", "1 << 62", "0/0", "1e308", "''", "'x'", "('\\0'):rep(100)", "{}", "{ 1, 2, x = 3 }", "print", "error", "_G", "qwen",
  "math.huge", "math.mininteger", "function(...) return ... end", "coroutine.running()", "select('#')", "'%d%s%q'", "('('):rep(300)" }
local functions = {}
for _, name in ipairs(names) do
  local module = name:find "^qwen" and qwen[name:match "%.(.*)"] or _G[name]
  for key, value in pairs(name == "_G" and {} or module) do
    if type(value) == "function" and not (name == "string" and key:find "find" or key:find "match") then functions[#functions + 1] = name .. "." .. key end
  end
end
table.sort(functions)

local expression
function expression(depth)
  local kind = math.random(8)
  if depth <= 0 or kind <= 3 then return pick(leaves) end
  local function sub() return expression(depth - 1) end
  if kind == 4 then return ("%s(%s, %s)"):format(pick(functions), sub(), sub()) end
  if kind == 5 then return ("(%s)%s(%s)"):format(sub(), pick { "..", "+", "==", "<", "//", "&", " and " }, sub()) end
  if kind == 6 then return ("(%s)[%s]"):format(sub(), sub()) end
  if kind == 7 then return ("select(2, pcall(%s, %s))"):format(sub(), sub()) end
  return ("{ %s, [%s or 1] = %s }"):format(sub(), sub(), sub())
end

local function statement(depth)
  local kind = math.random(7)
  if kind == 1 and depth > 0 then return ("for i = 1, %d do %s end"):format(math.random(50), statement(depth - 1)) end
  if kind == 2 and depth > 0 then return ("if %s then %s else %s end"):format(expression(1), statement(depth - 1), statement(depth - 1)) end
  if kind == 3 and depth > 0 then return ("pcall(function() %s end)"):format(statement(depth - 1)) end
  if kind == 4 and depth > 0 then return ("local a <close> = qwen.cleanup(function() %s end)"):format(statement(depth - 1)) end
  if kind == 5 then return ("x%d = %s"):format(math.random(3), expression(3)) end
  if kind == 6 and math.random(12) == 1 then return "do " .. pick(hostile) .. " end" end
  return "local _ = " .. expression(3)
end

require("qwen.extension.user_modules").say = function() end
task.on_error(function() end)
collectgarbage()
local before, worst, worst_code = collectgarbage "count", 0, ""
for i = 1, COUNT do
  local code = i <= #hostile and hostile[i] or statement(3) .. "\n" .. statement(3)
  local chunk = environment.load(code, "/hostile.lua")
  if chunk then
    local started = require("sys.os").cpu()
    local child = task.spawn(function() task.limited(0.025, chunk) end)
    child:join()
    local took = require("sys.os").cpu() - started
    if took > worst then worst, worst_code = took, code end
  end
  if i % 100 == 0 then
    local ok, e = pcall(function()
      assert(("x"):rep(3) == "xxx" and string.format("%d", 7) == "7" and qwen.fs.read and getmetatable("") == "locked")
      assert(rawget(_G, "x1") == nil and table.concat { 1, 2 } == "12")
      task.sleep(0)
    end)
    if not ok then t.ok(false, ("after script %d: %s\n%s"):format(i, e, code)) end
  end
end
task.sleep(0)
task.sleep(0)
collectgarbage()
collectgarbage()
local left = collectgarbage "count" - before
t.ok(left < 8192, ("%d KB are left of %d scripts"):format(left // 1, COUNT))
io.write(("%d scripts, %d KB left, the longest took %.0f ms of CPU: %s\n"):format(COUNT, left // 1, worst * 1000, worst_code:sub(1, 200):gsub("\n", " ")))

-- What compiling would take long for is not compiled, however it comes.
do
  local function labels(n)
    local list = {}
    for i = 1, n do list[i] = "::l" .. i .. ":: a = 1 " end
    return table.concat(list)
  end
  local env = environment.environment()
  local function pieces(source, size)
    local at = 1 - size
    return function()
      at = at + size
      return source:sub(at, at + size - 1)
    end
  end
  for source, fine in pairs { [labels(4000)] = true, [labels(4001)] = false, ["--" .. ("x"):rep(4 << 20)] = false, ["return 1"] = true, ["return return"] = false } do
    local name = source:sub(1, 20)
    t.eq({ environment.load(source, "/x.lua") ~= nil, env.load(source) ~= nil, env.load(pieces(source, 1000)) ~= nil, env.load(pieces(source, 1 << 30)) ~= nil },
      { fine, fine, fine, fine }, name)
  end
  t.eq({ env.load(function() return 5 end) }, { nil, "reader function must return a string" })
  t.fails(function() env.load {} end, "bad argument #1 to 'load'")
end

-- In a terminal: a session full of hostile hooks answers, ends, and gives the terminal back.
do
  local files = {}
  for i, code in ipairs(hostile) do
    if i <= 40 then files[("~/.qwen/hooks/h%02d.lua"):format(i)] = ("return { session_started = function(ctx, value)\n%s\nend }"):format(code) end
  end
  local place = program.place(files)
  local child <close> = assert(proc.open { argv = { program.binary, "--openai-base-url", "http://127.0.0.1:9/v1", "-m", "m" }, cwd = place.cwd,
    env = { PATH = os.getenv "PATH", HOME = place.home, TERM = "xterm", LANG = "C.UTF-8" }, pty = { rows = 24, cols = 80 } })
  local seen = {}
  local reader = task.spawn(function()
    for bytes in function() return child:read() end do
      seen[#seen + 1] = bytes
      if not seen.typed and table.concat(seen):find "\27%[%?2004h" then
        seen.typed = true
        child:write "\4"
      end
    end
  end)
  reader:join()
  local result = child:wait()
  t.eq(result.code, 0, "the session ends as if nothing was")
  t.match(table.concat(seen), "\27%[%?2004l", "the terminal is given back")
end

t.done()
