-- Measures what the output of a command costs: a run with one call, beside the same run whose command prints a word; a read and an edit in a
-- file of 50 MB; and a run of 200 random turns in a window of 16k, which shortens itself again and again. Started by tests/bench/run. It
-- judges nothing but the promises at the end.
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
row("10 MB of lines", "yes 'a line of a log as programs write them' | head -c 10000000")
row("a line of 20 KB", "head -c 20000 /dev/zero | tr '\\0' a")
row("50 lines of 20 KB", "for i in $(seq 50); do head -c 20000 /dev/zero | tr '\\0' a; echo; done")
local log = row("1 MB of lines of a log", "yes '12:00:00 a line of a log as programs write them' | head -c 1000000")

-- An edit in the middle of a large file, whose lines there were read before.
local function edit(bytes)
  local path = assert(fs.mkdtemp(os.env "TMPDIR" .. "/edit-")) .. "/file"
  local half = ("a line of text that stands in a file\n"):rep(bytes // 74)
  assert(fs.write(path, half .. "the middle\n" .. half, { fsync = false }))
  local read = { file_path = path, offset = bytes // 74, limit = 3 }
  local change = { file_path = path, old_string = "the middle", new_string = "the middle, changed" }
  local server <close> = fake.start({ { calls = { { name = "read_file", arguments = read } } },
    { calls = { { name = "edit", arguments = change } } }, { text = "done" } }, { log = false })
  local env, from = os.environ(), task.now()
  env.OPENAI_API_KEY, env.OPENAI_BASE_URL = "key-for-the-bench", server.url
  local r = assert(proc.run { argv = { program, "-p", "hi", "--yolo", "-m", "bench" }, env = env })
  assert(r.code == 0, r.err)
  assert(assert(fs.read(path)):find("the middle, changed", 1, true), "the file was not changed")
  return (task.now() - from) * 1000
end
local edited = edit(50000000) - edit(1000)
print(("| a read and an edit in a file of 50 MB | %.0f ms |"):format(edited))
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
local kept = log <= 100 and line <= 100 and edited <= 1000
print(("\n| promise | measured | limit | kept |\n| --- | ---: | ---: | --- |\n| 10 MB in one line, 1 MB of lines | %.0f, %.0f ms | 100 ms | %s |")
  :format(line, log, log <= 100 and line <= 100 and "yes" or "**no**"))
print(("| a read and an edit in a file of 50 MB | %.0f ms | 1000 ms | %s |")
  :format(edited, edited <= 1000 and "yes" or "**no**"))
return kept and 0 or 1
