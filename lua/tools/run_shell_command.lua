-- Runs a shell command in its own process group and tells everything about its end. Whether it may run is decided before.

local tr = qwen.tr
local DEFAULT_TIMEOUT, LIMIT_CHARS, LIMIT_LINES, LIMIT_FILE = 120, 30000, 1000, 64 * 1024 * 1024

local SANDBOX = "Sandbox: commands run in one, and this failure may come from it. It cannot be left from here; the person can run the command outside "
  .. "as !COMMAND, or allow more in tools.executionSandbox of settings.json. Ask instead of working around it."

local TAKEN = "Environment: these variables look like credentials and were taken out: %s. The user can let one through with its name "
  .. "in tools.shell.passVariables of settings.json."

local MADE = "Sandbox: the command made %s, which decides what runs later, outside the sandbox. The user is told."

local T = {
  summary = "Run a command with bash. Every call is a fresh shell in the project folder (or directory). No interactive programs. "
    .. "is_background is for servers and watchers: it returns at once.",
  effect = "run", editable = "command",
  schema = {
    type = "object",
    properties = {
      command = { type = "string" },
      is_background = { type = "boolean" },
      timeout = { type = "integer", minimum = 1, maximum = 600000, description = "milliseconds, default 120000" },
      description = { type = "string", description = "what it is for, in a few words" },
      directory = { type = "string", description = "absolute path inside the project" },
    },
    required = { "command" },
  },
}

function T.command(args) return args.command, args.directory end

function T.label(args) return (args.command:gsub("%s+", " ")) end

function T.preview(_, args)
  return args.command .. (args.directory and "\n(in " .. args.directory .. ")" or "")
end

-- The beginning (a fifth) and the end of what is too long; the whole goes to a file.
local function shorten(ctx, text)
  text = text:gsub("\n$", "")
  local _, lines = text:gsub("\n", "")
  if #text <= LIMIT_CHARS and lines <= LIMIT_LINES then return text end
  local path = ctx.spill("run_shell_command", text)
  if lines > LIMIT_LINES then
    local all = qwen.text.lines(text)
    local head = LIMIT_LINES // 5
    local left_out = #all - LIMIT_LINES
    text = table.concat(all, "\n", 1, head) .. ("\n[... %d lines left out ...]\n"):format(left_out)
      .. table.concat(all, "\n", #all - (LIMIT_LINES - head) + 1)
  end
  text = qwen.text.head_tail(text, LIMIT_CHARS)
  return "Tool output was too large and has been truncated." .. (path and " The whole output is in " .. path or "") .. "\n" .. text
end

local function or_none(value, none)
  return value ~= nil and value ~= "" and tostring(value) or none
end

local function directory(ctx, args)
  if not args.directory then return ctx.cwd end
  local path, e = qwen.x.files.resolve(ctx, args.directory)
  if not path then return nil, e end
  if not qwen.x.files.inside(ctx, path) then
    return nil, qwen.err("denied", ("directory %s is outside the project %s. Nothing was run."):format(path, ctx.cwd))
  end
  return path
end

-- A background command lives in a task of the session, with its output in a file.
local function in_background(ctx, args, cwd)
  local path = ctx.spill("background", "")
  if not path then return nil, qwen.err("broken", "there is no folder for the output of a background command. Nothing was run.") end
  local child, hold = qwen.x.runner.open(ctx, { command = args.command, cwd = cwd, stderr = "stdout" })
  if not child then return nil, hold end
  local id = "bg_" .. qwen.os.uuid():sub(1, 8)
  local pid = child:pid()
  ctx.background(function()
    local file <close> = qwen.fs.append(path)
    local _ <close> = hold
    local running <close> = child
    local room = LIMIT_FILE
    while true do
      local chunk = running:read()
      if not chunk then break end
      if room > 0 then file:write(#chunk < room and chunk or chunk:sub(1, room) .. "\n[more than 64 MB; the rest is lost]") end
      room = room - #chunk
    end
    local status = running:wait()
    file:write(("\n[%s ended with %s]\n"):format(id, status.code and "code " .. status.code or "signal " .. status.signal))
  end)
  return { text = ("Started in the background as %s, pid %d. Its output goes to %s (read it with read_file); it ends with the session.")
    :format(id, pid, path), display = ("%s, pid %d"):format(id, pid) }
end

function T.run(ctx, args)
  local cwd, e = directory(ctx, args)
  if not cwd then return nil, e end
  if args.is_background then return in_background(ctx, args, cwd) end
  local default = ctx.settings:get "tools.shell.defaultTimeoutMs"
  local seconds = args.timeout and args.timeout / 1000 or default and default / 1000 or DEFAULT_TIMEOUT
  if seconds <= 0 then seconds = nil end
  local result
  result, e = qwen.x.runner.run(ctx, { command = args.command, cwd = cwd, timeout = seconds, on_output = ctx.progress })
  if not result then return nil, e end
  local out = result.out .. (result.truncated and "\n[more than 16 MB of output; what came after that is lost]" or "")
  if result.timed_out then out = out .. ("\n[stopped after %g s: the time limit; what it printed until then is above]"):format(seconds) end
  local text = ("Command: %s\nDirectory: %s\nOutput: %s\nError: %s\nExit Code: %s\nSignal: %s\nProcess Group PGID: %d"):format(
    args.command, cwd, or_none(shorten(ctx, out), "(empty)"), or_none(shorten(ctx, result.err), "(none)"), or_none(result.code, "(none)"),
    or_none(result.signal, "(none)"), result.pid)
  local failed = result.timed_out or result.code ~= 0
  local suspect = failed and result.confined and qwen.x.sandbox.suspect(result.out .. result.err)
  if suspect then text = text .. "\n" .. SANDBOX end
  if failed and #result.taken > 0 then text = text .. "\n" .. TAKEN:format(table.concat(result.taken, ", ")) end
  local made = table.concat(result.made, ", ")
  if made ~= "" then text = text .. "\n" .. MADE:format(made) end
  local last = qwen.text.last_line(qwen.text.trim_end(result.err ~= "" and failed and result.err or out))
  local how = result.timed_out and "time limit" or result.code and "exit " .. result.code or "signal " .. tostring(result.signal)
  if made ~= "" then last = tr("made %s: look at it before it runs something. %s", made, last) end
  if not failed then return { text = text, display = last ~= "" and last or tr "done" } end
  local hint = suspect and " (the sandbox? !COMMAND runs it outside)" or ""
  return { text = text, error = true, display = how .. hint .. (last ~= "" and ": " .. last or "") }
end

return T
