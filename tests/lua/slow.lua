-- A terminal that takes nothing more in the middle of an answer: keys are acted on all the same, and when it goes on nothing was lost.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local recorder = dofile "tests/recording.lua"
local wait = dofile "tests/wait.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local PARAGRAPHS = 3000 -- about 2 MB: more than lies between the program and a reader that does not read
local pieces, count = {}, 0
for i = 1, PARAGRAPHS do
  local words = {}
  for j = 1, 80 do
    count = count + 1
    words[j] = ("word%d"):format(count)
  end
  pieces[i] = table.concat(words, " ") .. "\n\n"
end
pieces[#pieces + 1] = "the-very-last"

local run <close> = recorder.start({ { text = pieces, fault = "stall", after = "the-very-last" } }, { log = true })
run.wait "/help"
run.type "go\r"
run.wait "word80" -- from here on nobody reads
local function eventually(which, what)
  t.ok(wait.until_true(function() return #select(which, run.server:requests()) > 0 end), what)
end
eventually(3, "the whole answer is on its way, and no terminal takes it")
run.type "typed"
run.type "\3"
eventually(2, "Ctrl-C has left the answer")
t.ok(run.wait "(stopped)", "it says so when the terminal goes on")
run.type "\21/quit\r"
local bytes, code = run.finish()
t.eq(code, 0, "and it ends")

local screen_program = program.binary:match "^(.*)/" .. "/tests/screen"
if fs.stat(screen_program) then
  local path = (os.env "TMPDIR" or "/tmp") .. "/slow-bytes"
  assert(fs.write(path, bytes))
  local shown = assert(proc.run { argv = { "/bin/sh", "-c", "exec '" .. screen_program .. "' 24 80 all <" .. path } }).out
  local next_word, wrong = 1, nil
  for n in shown:gmatch "word(%d+)" do
    if tonumber(n) ~= next_word then wrong = wrong or ("word%s comes where word%d should"):format(n, next_word) end
    next_word = next_word + 1
  end
  t.eq(wrong, nil, "every word once and in its place")
  local kept = assert(proc.run { argv = { "/bin/sh", "-c", 'cat "$0"/.qwen/projects/*/chats/*.jsonl', run.place.home } }).out
  t.eq(next_word - 1, tonumber(kept:match ".*word(%d+)"), "all that came, as the session has it")
else
  t.skip "no second screen: libvterm-dev was not installed when this was built; run: vendor/install test"
end

t.done()
