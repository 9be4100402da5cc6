-- Measures what the output of a command costs: a run with one call, beside the same run whose command prints a word; and a run of 200
-- random turns in a window of 16k, which shortens itself again and again. Started by tests/bench/run. It judges nothing but the promise at the end.
local fake = dofile "tests/fake/fake.lua"
local fs, os, task = require "sys.fs", require "sys.os", require "sys.task"
local proc = require "qwen.util.process"

local program = os.env "QWEN"

local function least(command)
  local call = { name = "run_shell_command", arguments = { command = command } }
  local server <close> = fake.start({ { loop = { turns = 1, call = call, deltas = 1 }, times = 0 } }, { log = false })
  local env, best = os.environ(), math.huge
  env.OPENAI_API_KEY, env.OPENAI_BASE_URL = "key-for-the-bench", server.url
  for _ = 1, 5 do
    local from = task.now()
    local r = assert(proc.run { argv = { program, "-p", "hi", "--yolo", "-m", "bench" }, env = env })
    assert(r.code == 0, r.err)
    best = math.min(best, (task.now() - from) * 1000)
  end
  return best
end

local word = least "echo word"
print("| output of a command | wall above that of a word |\n| --- | ---: |")
local function row(name, command)
  local cost = least(command) - word
  print(("| %s | %.0f ms |"):format(name, cost))
  return cost
end
local line = row("10 MB in one line", "head -c 10000000 /dev/zero | tr '\\0' a")
row("50 lines of 20 KB", "for i in $(seq 50); do head -c 20000 /dev/zero | tr '\\0' a; echo; done")
local log = row("1 MB of lines of a log", "yes '12:00:00 a line of a log as programs write them' | head -c 1000000")
do
  local folder = assert(fs.mkdtemp(os.env "TMPDIR" .. "/window-"))
  assert(fs.write(folder .. "/file", ("a line of text that stands in a file\n"):rep(1600)))
  local window = { size = 16384, bytes = 3.5, turns = 199, calls = 20, usage = true, folder = folder, files = { "file" } }
  local server <close> = fake.start({ { window = window, times = 0 } }, { log = false })
  local env, from = os.environ(), task.now()
  env.OPENAI_API_KEY, env.OPENAI_BASE_URL = "key-for-the-bench", server.url
  local r = assert(proc.run { argv = { program, "-p", "hi", "--yolo", "-m", "bench" }, env = env, cwd = folder })
  assert(r.code == 0, r.err)
  print(("| a turn of 200 in a window of 16k, with the server | %.0f ms |"):format((task.now() - from) * 1000 / 200))
end
local kept = log <= 100 and line <= 100
print(("\n| promise | measured | limit | kept |\n| --- | ---: | ---: | --- |\n| 10 MB in one line, 1 MB of lines | %.0f, %.0f ms | 100 ms | %s |")
  :format(line, log, kept and "yes" or "**no**"))
return kept and 0 or 1
