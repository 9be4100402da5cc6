-- Measures the session at the prompt in a pseudo terminal: first paint, key to echo while an answer streams, an idle minute, a long list of files.
-- Started by tests/bench/run. It judges nothing but the promises at the end.
local fake = dofile "tests/fake/fake.lua"
local fs, os, task = require "sys.fs", require "sys.os", require "sys.task"
local proc = require "qwen.util.process"
local text = require "sys.text"

local program, home = os.env "QWEN", os.env "HOME"

local function start(url)
  local env = { PATH = os.env "PATH", HOME = home, LANG = "C.UTF-8", TERM = "xterm-256color", OPENAI_BASE_URL = url or "http://127.0.0.1:9/v1",
    OPENAI_API_KEY = "key-for-the-bench", OPENAI_MODEL = "bench" }
  return assert(proc.open { argv = { program }, cwd = home, env = env, pty = { rows = 24, cols = 80 } })
end

-- Reads until the text has come; seconds since `from`.
local function wait(child, piece, from)
  local seen = ""
  repeat
    local chunk = assert(child:read(), "the program ended")
    seen = seen:sub(-64) .. chunk
  until seen:find(piece, 1, true)
  return task.now() - from
end

local function at(list, part)
  table.sort(list)
  return list[math.max(1, math.ceil(#list * part))] * 1000
end

local paints = {}
for i = 1, 40 do
  local begun = task.now()
  local child <close> = start()
  paints[i] = wait(child, "> ", begun)
end

-- 300 keys while about 1,000 deltas a second come; each key is a letter of its own, so that its echo is known.
local echoes = {}
do
  local server <close> = fake.start { { loop = { deltas = 20000 }, slow = { 400, 0.002 } } }
  local child <close> = start(server.url)
  wait(child, "> ", task.now())
  child:write "go\r"
  wait(child, "word9", task.now())
  for i = 1, 300 do
    local letter, begun = utf8.char(0x3b1 + 0x100 + i), task.now()
    child:write(letter)
    echoes[i] = wait(child, letter, begun)
    if i % 30 == 0 then child:write "\21" end
  end
end

-- A minute in which nothing happens.
local function spent(pid)
  local fields = assert(fs.read("/proc/" .. pid .. "/stat")):match "%) (.*)"
  local list = {}
  for field in fields:gmatch "%S+" do list[#list + 1] = field end
  local wakes = assert(fs.read("/proc/" .. pid .. "/status")):match "\nvoluntary_ctxt_switches:%s*(%d+)"
  return (tonumber(list[12]) + tonumber(list[13])) * 10, tonumber(wakes)
end
local idle_cpu, idle_wakes
do
  local child <close> = start()
  wait(child, "> ", task.now())
  task.sleep(2) -- what a start still does is no idling
  local cpu, wakes = spent(child:pid())
  task.sleep(60)
  local after, woken = spent(child:pid())
  idle_cpu, idle_wakes = after - cpu, woken - wakes
end

local names = {}
for i = 1, 50000 do names[i] = ("src/part%d/module_%d/file_%d.lua"):format(i % 97, i % 997, i) end
local list, ranks = table.concat(names, "\0"), {}
for i = 1, 50 do
  local begun = task.now()
  text.rank(list, ("pmf%d"):format(i), 50)
  ranks[i] = task.now() - begun
end

local out, kept = {}, true
local function promise(words, value, limit, unit)
  kept = kept and value <= limit
  out[#out + 1] = ("| %s | %.2f%s | %s%s | %s |"):format(words, value, unit, limit, unit, value <= limit and "yes" or "**no**")
end
out[1], out[2] = "| promise at the prompt | measured | limit | kept |", "| --- | ---: | ---: | --- |"
promise("start to first paint, median", at(paints, 0.5), 30, " ms")
promise("start to first paint, 95 of 100", at(paints, 0.95), 30, " ms")
promise("key to echo while an answer streams, median", at(echoes, 0.5), 5, " ms")
promise("key to echo while an answer streams, 99 of 100", at(echoes, 0.99), 5, " ms")
promise("CPU of an idle minute", idle_cpu, 10, " ms")
promise("wake-ups in an idle minute", idle_wakes, 0, "")
promise("ranking 50,000 files for a key, median", at(ranks, 0.5), 5, " ms")

dofile "tests/bench/page.lua"("prompt figures", table.concat(out, "\n") .. "\n", (select(2, ...)))
return kept and 0 or 1
