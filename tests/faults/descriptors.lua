-- Few descriptors (`ulimit -n`): each number ends in an answer or in one sentence at once, never in an abort or in retries. Small files
-- (`ulimit -f`) end no run, and standard output that takes nothing is said.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, os, proc = require "sys.fs", require "sys.os", require "qwen.util.process"

for number = 4, 24 do
  local server <close> = fake.start { { text = "hello", times = 0 } }
  local place = program.place {}
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", OPENAI_API_KEY = "sk-test-0123456789", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
  local r = proc.run { argv = { "sh", "-c", ("ulimit -n %d; exec '%s' -p hi"):format(number, program.binary) }, cwd = place.cwd, env = env }
  t.eq(r.signal, nil, number .. ": " .. r.err)
  t.ok(r.code ~= 70 and r.code ~= 134, number .. ": " .. r.err)
  t.ok(r.code == 0 or (r.out .. r.err):find "oo many open files" or r.err:find "Error 24", number .. " in words: " .. r.err)
  t.ok(not r.err:find "attempt 2", number .. " is not tried again: " .. r.err)
  t.ok(#server:requests() <= 1, number .. ": asked once")
end

local server <close> = fake.start { { text = "hello", times = 0 } }
local place = program.place {}
local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", OPENAI_API_KEY = "sk-test-0123456789", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
for _, blocks in ipairs { 0, 1, 8, 64 } do
  local small = program.place {}
  env.HOME = small.home
  local r = proc.run { argv = { "sh", "-c", ("ulimit -f %d; exec '%s' -p hi"):format(blocks, program.binary) }, cwd = small.cwd, env = env }
  t.eq({ r.signal, r.out }, { nil, "hello\n" }, ("files of %d blocks: %s"):format(blocks, r.err))
  if blocks == 0 then t.ok(r.err:find "File too large", "said: " .. r.err) end
end
for _, args in ipairs { "-p hi", "-p hi --output-format json", "-p hi --output-format stream-json", "--help", "--version", "config list", "models",
  "sessions list", "sessions list --json", "mcp list", "help", "--print-lua providers/openai", "--nonsense -o json" } do
  for _, output in ipairs { ">&-", ">/dev/full", "<&- >&-" } do
    local r = proc.run { argv = { "sh", "-c", ("exec '%s' %s %s"):format(program.binary, args, output) }, cwd = place.cwd, env = env }
    t.eq(r.code, args:find "nonsense" and 2 or 1, args .. output)
    t.match(r.err, "qwen: write standard output: ", args .. output)
  end
  -- A reader that is gone before anything is written.
  local line = "mkfifo left; sh -c 'exec 3<left; exec 3<&-' & exec 4>left; wait; '%s' %s >&4; echo $? >code; rm left"
  local r = proc.run { argv = { "sh", "-c", line:format(program.binary, args) }, cwd = place.cwd, env = env }
  t.eq(tonumber(fs.read(place.cwd .. "/code")), args:find "nonsense" and 2 or 1, args .. ": the reader left")
  t.match(r.err, "qwen: write standard output: ", args .. ": the reader left")
end
t.done()
