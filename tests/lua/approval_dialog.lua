-- Questions: nothing in them is hidden, and a change of thousands of lines does not flood the screen but can be seen whole.
local t = dofile "tests/check.lua"
local live = require "qwen.ui.screen.live"
local Question = require "qwen.ui.widget.approval_dialog"

local choices = { { key = "y", label = "yes, once" }, { key = "n", label = "no" } }
local function ask(detail, diff)
  return Question.new { title = "write_file a", detail = detail, diff = diff, choices = choices }
end
local function count(text)
  return select(2, text:gsub("\n", ""))
end

local new = {}
for i = 1, 5000 do new[i] = "line " .. i .. "\n" end
local question = ask(qwen.text.diff("", table.concat(new), "a"), true)
local shown = question:lines()
t.ok(count(shown) < 210, ("%d lines at first"):format(count(shown)))
t.match(shown, "… %d+ more lines", "it says how many more")
t.match(table.concat((question:rows(80, 24, true))), "v: show the rest", "and the key for them")
t.eq(question:key { type = "key", key = "v", text = "v" }, nil, "no answer yet")
local write, rest = live.write, ""
live.write = function(bytes) rest = rest .. bytes end
question = ask(qwen.text.diff("", table.concat(new), "a"), true)
shown = question:lines()
question:key { type = "key", key = "v", text = "v" }
live.write = write
t.eq(select(2, (shown .. rest):gsub("line %d+", "")), 5000, "all of it")
t.ok(not table.concat((question:rows(80, 24, true))):find("v: ", 1, true), "no more to show")
t.eq(question:key({ type = "key", key = "y", text = "y" }).key, "y", "an answer")

local command = ("echo %d\n"):rep(1000)
t.eq(count(ask(command):lines()), 1001, "a command is always whole")
t.match(ask("--- a\n+++ b\n@@ -1 +1 @@\n" .. command .. "rm x"):lines(), "rm x\n$", "also when it looks like a change")

-- The numbers are those of the file, also around lines that are empty or end in blanks.
local old, changed = "one\n\n  \ntwo\t \nthree\nfour\n", "one\n\n  \ntwo\t \nTHREE\nfour\n"
t.match(ask(qwen.text.diff(old, changed, "a"), true):lines(),
  "2 +\n.*3 +··\n.*4 +two··\n.*5 %- three\n.*5 %+ THREE\n.*6 +four\n", "numbers and blanks")

-- A question about a call stands on the screen: its file is always there, what is longer than its room
-- scrolls, and the scrollback gets no more than what lasts.
do
  local dumb = live.dumb
  live.dumb = function() return false end
  local _ <close> = setmetatable({}, { __close = function() live.dumb = dumb end })
  local lasting = { key = "A", label = "always", lasting = true }
  local function stands(detail, diff)
    return Question.new { title = "Write a?", id = "call", detail = detail, diff = diff, turn = true,
      choices = { choices[1], lasting, choices[2] } }
  end
  local long = stands(qwen.text.diff("", table.concat(new), "a"), true)
  local function screen(height) return table.concat(long:rows(80, height, true), "\n") end
  local function key(name) return long:key { type = "key", key = name } end
  t.match(screen(24), "^\n%? Write a%?  %+5000 −0\n.*line 1\n.*1–%d+ of 5000.*\n\n.*1%. yes", "from the first line")
  t.eq(count(screen(24)) < 24, true, "within the screen")
  local seen, last = {}
  repeat
    last = screen(24)
    for n in last:gmatch "line (%d+)" do seen[tonumber(n)] = true end
    t.eq(key "pagedown", nil, "no answer")
  until screen(24) == last
  t.eq(#seen, 5000, "every line can be seen")
  t.match(last, "%? Write a%?.*line 5000\n", "to the last, with its name")
  for _ = 1, 500 do key "pageup" end
  t.match(screen(24), "line 1\n", "and back")
  for height = 5, 24 do -- what is asked about and the marked answer are seen on any screen
    local seen_choices = {}
    for _ = 1, 3 do
      local rows = screen(height)
      t.match(rows, "^\n?%? Write a%?.*line 1\n", ("what is asked in %d rows"):format(height))
      t.ok(count(rows) < height - 1, ("no more than %d rows"):format(height))
      table.insert(seen_choices, rows:match "❯ (%d)")
      key "down"
    end
    t.eq(seen_choices, { "1", "2", "3" }, ("every answer in %d rows"):format(height))
  end
  local named = Question.new { title = "Write " .. ("x"):rep(300) .. "?", id = "call", detail = "a",
    reason = ("because "):rep(20), choices = choices }
  for _, columns in ipairs { 20, 40, 200 } do
    for _, row in ipairs(named:rows(columns, 12, true)) do
      t.ok(require("qwen.ui.render.ansi").width(row) <= columns, "a long name keeps within the screen")
    end
  end
  t.eq({ long:said { key = "y", label = "yes, once" }, long:said(false) }, {}, "the call tells the answer")
  t.match(long:said(lasting), "always", "but for what lasts")
  t.match(table.concat((stands(command):rows(80, 24, true))), "echo", "a command")
end

-- A call that cannot work is not called refused: the person sees what is wrong with it.
do
  local recorder = dofile "tests/recording.lua"
  local call = { calls = { { name = "write_file", arguments = { file_path = "/", content = "x" } } } }
  local run <close> = recorder.start { call, { text = "Ended." } }
  run.wait "/help"
  run.type "go\r"
  t.ok((run.wait "Ended." or ""):find("is not a file", 1, true), "the reason")
  run.type "/quit\r"
  t.eq(select(2, run.finish()), 0, "it ends")
end

t.done()
