-- A Redis server that does not answer: the program goes on meanwhile, what waits can be stopped, and the next command is answered.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local redis_server = dofile "tests/limits/redis_server.lua"
local redis_limiter = require "qwen.usage.redis_limiter"
local wait = dofile "tests/wait.lua"
local json, os, redis, task = require "sys.json", require "sys.os", require "sys.redis", require "sys.task"
local proc = require "qwen.util.process"

if not t.need "redis-server" then return t.done() end

local server <close> = redis_server.start()
local connection = assert(redis.open("127.0.0.1", server.port))

-- Many calls of many tasks at once: each has its own answer.
do
  local tasks, got = {}, {}
  for i = 1, 50 do tasks[i] = task.spawn(function() return connection:call("ECHO", tostring(i)) end) end
  assert(connection:post("SET", "posted", "yes"))
  for i, one in ipairs(tasks) do got[i] = select(2, one:join()) end
  for i = 1, 50 do t.eq(got[i], tostring(i), "call " .. i) end
  t.eq(connection:call("GET", "posted"), "yes", "what was posted came before")
end

-- What a task waits for ends with the task, and its late answer is nobody's.
do
  server:stop_answering()
  local asking = task.spawn(function() return connection:call("ECHO", "late") end)
  task.sleep(0)
  t.eq(asking:done(), false, "it waits, and others run")
  asking:cancel()
  t.eq(select(2, asking:join()).kind, "cancelled", "stopped at once")
  local other = task.spawn(function() return connection:call("ECHO", "mine") end)
  task.sleep(0)
  server:go_on()
  t.eq({ other:join() }, { true, "mine" }, "each its own answer")
end

-- Closing ends what waits; so does the time.
do
  server:stop_answering()
  local asking = task.spawn(function() return connection:call "PING" end)
  task.sleep(0)
  connection:close()
  local _, value, e = asking:join()
  t.err(value, e, "network", "closed under it")
  t.eq(select(2, pcall(connection.call, connection, "PING")):find "closed" ~= nil, true, "and of no use any more")
  local short = assert(redis.open("127.0.0.1", server.port, { timeout = 0.05 })) -- the kernel takes the connection
  value, e = short:call "PING"
  t.err(value, e, "timeout", "no answer")
  server:go_on()
end

-- A connection that is given up while it is being made: by then the thread that makes it has the rest to itself.
do
  server:stop_answering()
  local options = { tls = true, timeout = 0.2 } -- a greeting that nobody answers
  local opening = task.spawn(function() return redis.open("127.0.0.1", server.port, options) end)
  task.sleep(0)
  opening:cancel()
  collectgarbage()
  local value, e = redis.open("127.0.0.1", server.port, options)
  t.err(value, e, "network", "no TLS there")
  t.eq(e.code, "tls", "which no other try mends")
  server:go_on()
end

-- A script that does not end: the server says so after a while, and when it was ended all goes on.
do
  local busy <close> = redis_server.start("--busy-reply-threshold", "50")
  local store = assert(redis_limiter.open(busy.address))
  assert(store:begin())
  assert(store:seed("k", {}))
  local other, killer = assert(redis.open("127.0.0.1", busy.port)), assert(redis.open("127.0.0.1", busy.port))
  assert(other:post("EVAL", "while true do end", "0"))
  local kinds = wait.until_true(function()
    local answer, e = store:take("k", { { n = 1000, per = 1 } })
    return not answer and e.kind
  end)
  t.ok(kinds == "overloaded" or kinds == "timeout", "it may be over soon: " .. tostring(kinds))
  wait.until_true(function() return killer:call("SCRIPT", "KILL") == "OK" end)
  t.ok(wait.until_true(function() return (store:take("k", { { n = 1000, per = 1 } }) or {}).grant end), "it goes on")
  store:close()
end

-- In the whole program: while the server is silent, a signal ends the run as it always does.
do
  local model <close> = fake.start { { text = "A", times = 0 } }
  local settings = json.encode { limits = { rules = { ["*"] = "100/hour" }, store = server.address } }
  local place = program.place { ["~/.qwen/settings.json"] = settings }
  server:stop_answering()
  local run = assert(proc.open { argv = { program.binary, "--openai-base-url", model.url, "-m", "m", "-p", "x" },
    cwd = place.cwd, env = { PATH = os.env "PATH", HOME = place.home, TERM = "dumb" }, stderr = "pipe" })
  local said = ""
  while not said:find "cannot be read" do said = said .. assert(run:read(), said) end
  run:kill(2)
  for chunk in function() return run:read() end do said = said .. chunk end
  t.eq({ run:wait().code, said:find("failed", 1, true) }, { 130 }, "Ctrl-C is clean")
  server:go_on()
end
connection = nil
t.done()
