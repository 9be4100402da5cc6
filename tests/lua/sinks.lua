-- Hostile text from everywhere, and none of it on the terminal: model, thoughts, calls, tool output, file names, server errors, model ids.
local t = dofile "tests/check.lua"
local recorder = dofile "tests/recording.lua"

local evil = "\27[2J\27]0;owned\7\27]52;c;eA==\27\\\27P1$r\27\\\u{9b}31m\r\8\u{202e}\u{2066}\u{200b}\u{ad}\u{e0041}\u{feff}\0end"

---Plays the session and looks at every byte.
local function look(name, answers, typed, options)
  local run <close> = recorder.start(answers, options)
  run.wait "/help"
  for _, text in ipairs(typed) do
    run.type(text.type)
    if not t.ok(run.wait(text.wait), name .. ": " .. text.wait) then return end
  end
  run.type "/quit\r"
  local bytes, code = run.finish()
  t.eq(code, 0, name .. ": it ends")
  t.eq(recorder.hostile(recorder.foreign(bytes)), nil, name)
  t.eq(bytes:find("owned", 1, true) ~= nil, options ~= nil and options.shown == true, name .. ": the title in it is shown in questions only")
  t.eq(recorder.left_on(bytes), {}, name .. ": modes")
end

local yolo = { ["~/.qwen/settings.json"] = '{"tools": {"approvalMode": "yolo"}}' }
local pieces = {}
for from = 1, #evil, 3 do
  local piece = evil:sub(from, from + 2)
  if utf8.len(piece) then pieces[#pieces + 1] = piece end
end

look("model", { { think = evil .. "\nmore", text = { "# " .. evil .. "\n\n- `" .. evil .. "`\n\n```" .. evil .. "\n" .. evil .. "\n```\n[a](http://x/" .. evil .. ") &#27;[2J &#x202e;" } } },
  { { type = "go\r", wait = " out, " }, { type = "\27t", wait = "thoughts are" } })
look("pieces", { { text = pieces } }, { { type = "go\r", wait = " out, " } })
look("calls", { { calls = { { name = "no" .. evil, arguments = { a = evil } },
  { name = "run_shell_command", arguments = { command = "cat evil.txt; ls; exit 3", description = evil } },
  { name = "todo_write", arguments = { todos = { { content = evil, status = "pending" } } } } } }, { text = "ok" } },
  { { type = "go\r", wait = " out, " } }, { files = { ["~/.qwen/settings.json"] = yolo["~/.qwen/settings.json"], ["evil.txt"] = evil, ["\27[2Jname\u{202e}"] = "x" } })
look("question", { { calls = { { name = "run_shell_command", arguments = { command = "rm " .. evil:gsub("%z", "") } } } }, { text = "ok" } },
  { { type = "go\r", wait = "or a number" }, { type = "3", wait = "should the model know" }, { type = "\r", wait = " out, " } }, { shown = true })
look("server", { { status = 400, json = { error = { message = evil, type = evil, code = evil } } } }, { { type = "go\r", wait = "end" } })
look("shell", {}, { { type = "!cat evil.txt\r", wait = "end" } }, { files = { ["evil.txt"] = evil } })
look("model id", { { text = "ok" } }, { { type = "go\r", wait = " out, " } }, { env = { OPENAI_MODEL = "m" .. evil:gsub("%z", "") } })

t.done()
