-- Starts a command whose lines are events for the model while it does something else.

local MOST, MOST_AT_ONCE = 10000, 16
local EVENTS, SILENCE, LONGEST_SILENCE = 1000, 300000, 600000 -- milliseconds

local T = {
  summary = "Start a command in the background; each line that it prints is told to you before "
    .. "your next answer. For logs and watchers. What ends by itself is for run_shell_command.",
  effect = "run", editable = "command", deferred = true, serial = false,
  schema = {
    type = "object",
    properties = {
      command = { type = "string" },
      description = { type = "string", description = "what it is for, in a few words" },
      max_events = { type = "integer", minimum = 1, maximum = MOST,
        description = "then it is ended; default 1000" },
      idle_timeout_ms = { type = "integer", minimum = 1, maximum = LONGEST_SILENCE,
        description = "silence after which it is ended; default 300000" },
      directory = { type = "string", description = "absolute path inside the project" },
    },
    required = { "command" },
  },
}

T.verbs = { ask = qwen.phrase "Monitor", done = qwen.phrase "Monitors" }

function T.offered(ctx) return ctx.interactive and not ctx.agent end

function T.command(args) return args.command, args.directory end

function T.label(args) return (args.command:gsub("%s+", " ")) end

function T.preview(_, args)
  return args.command .. (args.directory and "\n(in " .. args.directory .. ")" or "")
end

local STARTED = "Started as %s, pid %d. Its lines are told to you, at most one a second after the "
  .. "first five; task_stop ends it. Do not wait for it."

function T.run(ctx, args)
  local count = 0
  for _, job in pairs(ctx.jobs) do count = count + (job.kind == "monitor" and 1 or 0) end
  if count >= MOST_AT_ONCE then
    return nil, qwen.err("limit",
      ("%d monitors run already: stop one with task_stop. Nothing was run."):format(count))
  end
  local cwd, e = qwen.x.runner.folder(ctx, args.directory)
  if not cwd then return nil, e end
  local said = args.description
  local words = said and said:find "%S" and said or args.command
  local job
  job, e = qwen.x.runner.start(ctx, { command = args.command, cwd = cwd, monitor = { words = words,
    most = args.max_events or EVENTS, idle = (args.idle_timeout_ms or SILENCE) / 1000 } })
  if not job then return nil, e end
  return { text = STARTED:format(job.id, job.pid),
    display = ("%s, pid %d"):format(job.id, job.pid) }
end

return T
