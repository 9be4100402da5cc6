-- Runs a shell command in its own process group and tells everything about its end. Whether it may run is decided before.

local tr = qwen.tr
local DEFAULT_TIMEOUT, MOST_TIMEOUT = 120, 600000 -- seconds, milliseconds
local LIMIT = 12000

local TIME_LIMIT = "[stopped after %g s, the time limit; what it wrote until then is above. timeout is in milliseconds, at most 600000; "
  .. "is_background is for what goes on]"

local SANDBOX = "Sandbox: commands run in one, and this failure may come from it. It cannot be left from here; the person can run the command outside "
  .. "as !COMMAND, or allow more in tools.executionSandbox of settings.json. Ask instead of working around it."

local STRIPPED = "[colours and other terminal sequences left out; cat -v shows them. TERM is dumb and NO_COLOR set, unless the user chose otherwise]"

local TAKEN = "Environment: these variables look like credentials and were taken out: %s. The user can let one through with its name "
  .. "in tools.shell.passVariables of settings.json."

local MADE = "Sandbox: the command made %s, which decides what runs later, outside the sandbox. The user is told."

local NO_PATCH = "[apply_patch is no program here: call edit or write_file]"

local T = {
  summary = "Run a command with bash. Every call is a fresh shell in the project folder (or directory). No interactive programs. "
    .. "is_background is for servers and watchers: it returns at once.",
  effect = "run", editable = "command",
  schema = {
    type = "object",
    properties = {
      command = { type = "string" },
      is_background = { type = "boolean" },
      timeout = { type = "integer", minimum = 1, description = "milliseconds, default 120000" },
      description = { type = "string", description = "what it is for, in a few words" },
      directory = { type = "string", description = "absolute path inside the project" },
    },
    required = { "command" },
  },
}

function T.command(args) return args.command, args.directory end

T.verbs = { ask = qwen.phrase "Run", done = qwen.phrase "Ran" }

---What goes on beside the conversation waits for nothing.
function T.serial(args)
  if args.is_background then return false end
end

function T.label(args) return (args.command:gsub("%s+", " ")) end

function T.preview(_, args)
  return args.command .. (args.directory and "\n(in " .. args.directory .. ")" or "")
end

-- The output as text for the model, within the limit; the whole goes to a file.
local function shown(ctx, bytes, failed)
  if qwen.x.output.binary(bytes) then
    local path = ctx.spill("run_shell_command", bytes)
    return ("[%d bytes of binary output%s]"):format(#bytes, path and ", all in " .. path or "")
  end
  local plain = qwen.text.plain(bytes)
  local words, encoding = qwen.x.encoding.decode(plain)
  words = qwen.text.utf8(words or plain)
  if encoding then words = ("(This was in %s.)\n%s"):format(encoding.name, words) end
  if words:sub(-1) == "\n" then words = words:sub(1, -2) end
  local head, tail, left_out = qwen.x.output.cut(words, LIMIT, failed)
  if not tail then return head end
  local path = ctx.spill("run_shell_command", words)
  return ("%s\n[... %d bytes left out%s ...]\n%s"):format(head, left_out,
    path and "; read_file shows parts of the whole output in " .. path or "", tail)
end

-- How it ended, when that says something.
local function ending(result, seconds)
  if result.timed_out then return TIME_LIMIT:format(seconds) end
  if result.signal then return ("[ended by signal %d]"):format(result.signal) end
  if result.code ~= 0 then return ("[exit code %d]"):format(result.code) end
end

-- Where what it writes can be read.
local function output_place(job)
  return job.path and ("Its output goes to %s (task_output shows what is new, read_file all)"):format(job.path)
    or "Its output is not kept"
end

-- Whether the user lets a command go on after the session: nil where nobody was asked.
local function may_last(ctx, args)
  if not (ctx.interactive and args.command:find "^%s*nohup%s") then return nil end
  return ctx.ask { title = tr "Let this go on after qwen has ended?", detail = args.command, stands = true, turn = true,
    choices = { { key = "s", label = tr "No, only until this session ends" },
      { key = "y", label = tr "Yes, it stays until somebody ends it", lasting = true } } } == "y"
end

local function lasting(ctx, args, cwd)
  local kept, e = qwen.x.runner.start_lasting(ctx, { command = args.command, cwd = cwd })
  if not kept then return nil, e end
  return { text = ("Started as pid %d; the user lets it go on after this session. Its output goes to %s. Nobody is told when it ends; "
    .. "kill %d ends it."):format(kept.pid, kept.path, kept.pid), display = tr("pid %d, goes on after the session", kept.pid) }
end

local STARTED = "Started in the background as %s, pid %d. %s. You are told when it ends; it ends with the "
  .. "session, or by kill %d.%s"

local function in_background(ctx, args, cwd)
  local last = may_last(ctx, args)
  if last then return lasting(ctx, args, cwd) end
  local job, e = qwen.x.runner.start(ctx, { command = args.command, cwd = cwd })
  if not job then return nil, e end
  local said = last == false and " The user did not let it go on after the session." or ""
  return { text = STARTED:format(job.id, job.pid, output_place(job), job.pid, said),
    display = ("%s, pid %d"):format(job.id, job.pid) }
end

local function lines_of(list)
  local lines = {}
  for i, process in ipairs(list) do lines[i] = ("%d %s"):format(process.pid, process.words) end
  return table.concat(lines, "\n")
end

-- What left the session of a command; what holds its output ends with ours.
local function apart(result)
  if not result.apart or result.kept and not result.kept.left[1] then return nil end
  local ends = result.kept and "end it by kill PID" or "it goes on after this session, too; end it by kill PID"
  return ("[still running, apart from the command:\n%s\n%s]"):format(lines_of(result.apart), ends)
end

-- What a command left behind.
local function still_running(result)
  local kept = result.kept
  local names = kept.left[1] and lines_of(kept.left) or result.apart and lines_of(result.apart)
    or "a process outside the session of the command, which holds its output"
  local time = kept.limit and ("in %d s at the latest (is_background has no limit)"):format(kept.limit) or "with the session"
  return ("[still running:\n%s\n%s; it ends %s, or by kill PID]"):format(names, output_place(kept.job), time)
end

-- In the sandbox all ends with the shell.
local function ended_with_it(result, command)
  if not result.confined then return nil end
  local background = command:find "%f[%w]setsid%f[%W]" or command:gsub("&&", ""):gsub("[<>|]&", ""):gsub("&>", ""):find("&", 1, true)
  return background and "[what it started in the background ended with it: this is a sandbox; is_background goes on]" or nil
end

-- The time limit in seconds, and what is to be said about it.
local function time_limit(ctx, args)
  local default = ctx.settings:get "tools.shell.defaultTimeoutMs"
  if not args.timeout then
    local seconds = default and default / 1000 or DEFAULT_TIMEOUT
    return seconds > 0 and seconds or nil
  end
  if args.timeout <= MOST_TIMEOUT then return args.timeout / 1000 end
  return MOST_TIMEOUT / 1000, ("[the timeout was lowered to %d ms, the most there is; is_background has no limit]"):format(MOST_TIMEOUT)
end

-- Which variables were taken out: said with the first failure, because it seldom is the reason.
local function taken_words(ctx, taken)
  local names = table.concat(taken, ", ")
  if names == "" or ctx.taken_told == names then return nil end
  ctx.taken_told = names
  return TAKEN:format(names)
end

-- What the person sees in one line.
local function display(result, last, made, suspect)
  if made ~= "" then last = tr("made %s: look at it before it runs something. %s", made, last) end
  if not (result.timed_out or result.code ~= 0) then return last ~= "" and last or tr "done" end
  local how = result.timed_out and "time limit" or result.code and "exit " .. result.code
    or "signal " .. tostring(result.signal)
  local hint = suspect and " (the sandbox? !COMMAND runs it outside)" or ""
  return how .. hint .. (last ~= "" and ": " .. last or "")
end

-- The person has sent it to the background.
local function moved(ctx, result)
  local job, output = result.kept.job, shown(ctx, result.out)
  local note = ("[the user moved this command to the background: it goes on as %s, pid %d. %s from now on; "
    .. "it ends with the session, or by kill %d]"):format(job.id, job.pid, output_place(job), job.pid)
  return { text = output ~= "" and output .. "\n" .. note or note,
    display = tr("in the background: %s", job.id) }
end

function T.run(ctx, args)
  local cwd, e = qwen.x.runner.folder(ctx, args.directory)
  if not cwd then return nil, e end
  if args.is_background then return in_background(ctx, args, cwd) end
  local seconds, lowered = time_limit(ctx, args)
  local result
  result, e = qwen.x.runner.run(ctx, { command = args.command, cwd = cwd, timeout = seconds, stderr = "stdout", ends = true,
    on_output = ctx.progress })
  if not result then return nil, e end
  if result.aside then return moved(ctx, result) end
  local failed = result.timed_out or result.code ~= 0
  local output = shown(ctx, result.out, failed)
  local suspect = failed and result.confined and qwen.x.sandbox.suspect(result.out)
  local made = table.concat(result.made, ", ")
  local notes = {}
  local function add(note) notes[#notes + 1] = note or nil end
  add(output ~= "" and output or not failed and "(no output)")
  add(ending(result, seconds))
  add(result.code == 127 and result.out:find("apply_patch", 1, true) and NO_PATCH)
  add(result.out:find("\27", 1, true) and not qwen.x.output.binary(result.out) and STRIPPED)
  add(ended_with_it(result, args.command))
  add(result.kept and still_running(result))
  add(apart(result))
  add(lowered)
  add(suspect and SANDBOX)
  add(failed and taken_words(ctx, result.taken))
  add(made ~= "" and MADE:format(made))
  return { text = table.concat(notes, "\n"), error = failed or nil,
    display = display(result, qwen.text.last_line(qwen.text.trim_end(output)), made, suspect) }
end

return T
