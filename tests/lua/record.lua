-- What a session writes to its terminal, byte by byte: no clearing of the screen, no mode left on, little more than the text, nothing foreign.
local t = dofile "tests/check.lua"
local recorder = dofile "tests/recording.lua"
local task = require "sys.task"

-- 5,000 pieces of prose and lists.
local pieces, size = {}, 0
math.randomseed(5)
for i = 1, 5000 do
  local piece = i % 400 == 0 and "\n\n" or i % 400 == 200 and "\n\n- " or ("word"):sub(1, math.random(2, 4)) .. (i % 7) .. " "
  pieces[i], size = piece, size + #piece
end
do
  local run <close> = recorder.start({ { text = pieces } })
  run.wait "/help"
  run.type "go\r"
  t.ok(run.wait "> ", "the prompt")
  local streamed = run.wait "in, 5 out"
  t.ok(streamed and #streamed < 1.5 * size, ("%d bytes for %d of text"):format(streamed and #streamed or -1, size))
  run.type "/quit\r"
  local bytes, code = run.finish()
  t.eq(code, 0, "it ends")
  t.ok(not bytes:find "\27%[[23]J" and not bytes:find "\27c" and not bytes:find "\27%[H", "the screen is never cleared")
  t.eq(recorder.left_on(bytes), {}, "every mode is as it was")
end

-- The slowest pace: each piece comes when the one before it is on the screen. Beside the text there is the start of an answer, and the time,
-- which is told every ten seconds.
for name, form in pairs { English = "w%d ", Chinese = "中文字%d" } do
  local slow, bytes = {}, 0
  for i = 1, 120 do
    slow[i] = form:format(1000 + i) .. (i % 50 == 0 and "\n\n" or "")
    bytes = bytes + #slow[i]
  end
  local run <close> = recorder.start { { text = slow, step = true } }
  run.wait "/help"
  run.type "go\r"
  run.server:step() -- the answer begins without a text
  run.wait "●"
  local start, begun = #run.bytes(), task.now()
  local all = true
  for i = 1, #slow do
    run.server:step()
    all = all and run.wait(tostring(1000 + i))
  end
  local took, written = task.now() - begun, #run.bytes() - start
  t.ok(all and written < 1.5 * bytes + 150 + 5 * took, ("%s by pieces: %d bytes for %d of text"):format(name, written, bytes))
end

t.done()
