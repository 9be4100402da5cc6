-- `qwen demo`: the program at its main job without network or account. A shipped recording plays the model; folder, tools and results are real.

local tr = qwen.tr

local C = { summary = "mend a failing test in a tiny C project; the model is a recording", args = "[--fast]", shell = true, repl = false }

local function write_project(folder)
  for name, text in pairs(qwen.x.demo.files) do
    local ok, e = qwen.fs.write(folder .. "/" .. name, text, { mode = 420, fsync = false })
    if not ok then return nil, e end
  end
  return true
end

-- The recording was recorded in another folder: its paths are those of this one.
local function write_tape(folder)
  local quoted = qwen.json.encode(folder):sub(2, -2)
  return qwen.fs.write(folder .. "/.recording.jsonl", (qwen.x.demo.recording:gsub("@FOLDER@", function() return quoted end)), { fsync = false })
end

function C.run(ctx, args)
  if not qwen.proc.which "cc" then
    return nil, qwen.err("missing", tr "the demo compiles a small C program and needs a C compiler: install gcc")
  end
  local folder, e = qwen.fs.mkdtemp "qwen-demo-"
  if not folder then return nil, e end
  local _ <close> = qwen.cleanup(function() qwen.fs.remove_tree(folder) end)
  local ok
  ok, e = write_project(folder)
  if ok then ok, e = write_tape(folder) end
  if not ok then return nil, e end
  local prompt = "The tests fail. Find out why and mend it."
  ctx.print(tr("A scratch project is in %s; the model is a recording, everything else is real.", folder))
  ctx.print("$ qwen --yolo \"" .. prompt .. "\"\n")
  local env = qwen.os.environ()
  env.QWEN_HOME, env.HOME = folder .. "/.home", folder .. "/.home"
  env.OPENAI_API_KEY, env.OPENAI_BASE_URL, env.OPENAI_MODEL = nil, "http://127.0.0.1:9/v1", "demo"
  local result
  result, e = qwen.proc.run { argv = { "/proc/self/exe", "--replay", folder .. "/.recording.jsonl", "--replay-speed", args[1] == "--fast" and "0" or "1",
    "--yolo", "--verbose", "-p", prompt }, cwd = folder, env = env, timeout = 60, stderr = "stdout", on_output = qwen.os.out }
  if not result then return nil, e end
  local check
  check, e = qwen.proc.run { argv = { "sh", "test.sh" }, cwd = folder, timeout = 30 }
  if not check then return nil, e end
  ctx.print("\n$ sh test.sh\n" .. qwen.text.trim(check.out .. check.err))
  if result.code ~= 0 or check.code ~= 0 then return nil, qwen.err("broken", tr "the demo did not mend the project") end
  return 0
end

return C
