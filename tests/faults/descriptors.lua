-- Few descriptors (`ulimit -n`): each number ends in an answer or in one sentence at once, never in an abort or in retries.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local os, proc = require "sys.os", require "qwen.util.process"

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
t.done()
