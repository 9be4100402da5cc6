-- The one runner: every command that the model, a project or a prompt file causes gets its
-- environment, PATH, sandbox, judgement and limits here. It asks nobody: who calls it has asked,
-- and a command that a rule refuses does not run all the same.
local background = require "qwen.permission.background"
local child_env = require "qwen.util.child_env"
local err = require "qwen.util.err"
local files = require "qwen.permission.files"
local fs = require "sys.fs"
local nested = require "qwen.permission.nested"
local policy = require "qwen.permission.policy"
local proc = require "qwen.util.process"
local protected = require "qwen.permission.protected"
local sandbox = require "qwen.permission.sandbox"
local task = require "sys.task"
local phrase = require("qwen.util.translate").phrase

local M = {}

local TOOL = { effect = "run", command = function(args) return args.command, args.directory end }

---Judges a command as it would run here.
---@param ctx Ctx
---@param command string
---@param folder string?
---@return "allow"|"ask"|"deny" verdict
---@return string reason
---@return string? rule
function M.judge(ctx, command, folder)
  return policy.judge(ctx, "run_shell_command", TOOL, { command = command, directory = folder })
end

local LONGEST = 128 * 1024 - 1 -- bytes that the system takes as one argument
local FROM_INPUT = 'command=$(cat); eval "$command" </dev/null'

-- What the system gets: bash without any start file, or sh where it is missing. A command that is too
-- long for an argument comes by its input.
local function shell_argv(command)
  local bash = proc.which "bash"
  local given = #command < LONGEST and command or FROM_INPUT
  if bash then return { bash, "--norc", "--noprofile", "-c", given } end
  return { "/bin/sh", "-c", given }
end

-- The options of a run inside its border, and what is closed behind it.
local function prepare(ctx, request)
  if request.command:find("\0", 1, true) then
    return nil, err("usage", phrase "a command cannot hold a zero byte. Nothing was run.")
  end
  local folder = request.cwd or ctx.cwd
  local rules_only = setmetatable({ mode = "default" }, { __index = ctx }) -- the mode was for whoever asked
  local verdict, reason = M.judge(rules_only, request.command, folder)
  if verdict == "deny" then return nil, err("denied", reason) end
  local pass = ctx.settings:get "tools.shell.passVariables"
  local env, taken = child_env.for_command {
    pass = type(pass) == "table" and pass or nil, trusted = reason.code == "reads", cwd = ctx.cwd,
  }
  local mark = background.mark(env)
  local options, hold = sandbox.wrap(ctx, {
    argv = shell_argv(request.command), cwd = folder, env = env, stderr = request.stderr, timeout = request.timeout,
    limit = request.limit, ends = request.ends, on_output = request.on_output,
    input = #request.command >= LONGEST and request.command or nil,
  })
  if not options then return nil, hold end
  return options, hold, taken, mark
end

-- What stands in the project and decides what runs later, by name, with what a change of it would change.
local function deciding(ctx)
  local out = {}
  for _, entry in ipairs(fs.list(ctx.cwd) or {}) do
    local stat = protected.named(entry.name) and fs.stat(ctx.cwd .. "/" .. entry.name, false)
    if stat then out[entry.name] = stat.type .. " " .. stat.ino end
  end
  for _, name in ipairs(nested.find(ctx.cwd)) do
    local stat = fs.stat(ctx.cwd .. "/" .. name, false)
    if stat then out[name] = stat.type .. " " .. stat.ino end
  end
  return out
end

local MOMENT = 0.25 -- seconds in which what a command left behind may end without a word
local HEADLESS = 120 -- seconds that it may go on where nobody is there

-- What happens with what a command left behind: what ends by itself is waited for, the rest goes on beside
-- the session. `kept` gets what is told about it.
local function leftovers(ctx, hold, command, seconds, kept)
  local began, ended, last = task.now(), nil, nil
  return function(child, status, holds, others)
    if not status then -- the person wants it to go on beside the session
      kept.job = background.adopt(ctx, child, hold, nil, command)
      return "keep"
    end
    ended = ended or task.now()
    if status.timed_out then return "end" end
    local now, left = task.now(), background.left(child:pid(), not (holds or others))
    if not left[1] and not holds then return "end" end
    if left[1] then last = now end
    local since = left[1] and ended or last or ended -- what is gone may not be known to the pipe yet
    local in_time = not seconds or now - began < seconds
    if now - since < MOMENT or in_time and left[1] and background.ending(left) then
      task.sleep(math.min(MOMENT, math.max(0.01, (now - ended) / 4)))
      return "wait"
    end
    kept.limit = not ctx.interactive and HEADLESS or nil
    kept.job = background.adopt(ctx, child, hold, kept.limit, command)
    kept.left = left
    return "keep"
  end
end

-- What left the session of a command; nil where nothing did. One that is about to become another program, or to end, gets a moment.
local function apart(pid, mark)
  if not background.apart(pid, mark)[1] then return nil end
  task.sleep(MOMENT / 4)
  local list = background.apart(pid, mark)
  return list[1] and list or nil
end

---Runs a command to its end.
---@param ctx Ctx
---@param request {command: string, cwd: string?, timeout: number?, limit: integer?, stderr:
--- string?, on_output: function?}
---@return table? result as of `qwen.proc.run`, and `taken` (names of variables that were taken
--- out), `confined`, `kept` ({left: LeftProcess[]?, job, limit}: what goes on, and for how long),
--- `aside`: the person has sent the command itself to the background, `apart` (LeftProcess[]: what
--- left the session of the command, and goes on whatever ends)
---@return Err?
function M.run(ctx, request)
  local options, hold, taken, mark = prepare(ctx, request)
  if not options then return nil, hold end
  if ctx.client_terminal and not options.confined and not options.input then
    local _ <close> = hold
    local shown, problem = ctx.client_terminal(options, request.command)
    if shown then shown.taken, shown.made = taken, {} end
    return shown, problem
  end
  local before = options.confined and deciding(ctx) or nil
  local kept, aside = {}, nil
  if ctx.interactive and ctx.asides and ctx.background and not ctx.agent then
    aside = task.queue()
    options.aside = aside
    table.insert(ctx.asides, aside)
  end
  local result, e
  if ctx.background then options.left = leftovers(ctx, hold, request.command, request.timeout, kept) end
  do
    local _ <close> = setmetatable({}, { __close = function()
      for i, one in ipairs(aside and ctx.asides or {}) do
        if one == aside then table.remove(ctx.asides, i) end
      end
      if kept.job then return end
      local _ <close> = hold
    end })
    result, e = proc.run(options)
  end
  if not result then return nil, e end
  result.kept = kept.job and kept
  local look = not (before or result.timed_out or result.aside)
  result.apart = look and apart(result.pid, mark) or nil
  result.taken, result.confined, result.made = taken, before ~= nil, {}
  for name, what in pairs(before and deciding(ctx) or {}) do
    if before[name] ~= what then result.made[#result.made + 1] = name end
  end
  table.sort(result.made)
  return result
end

-- It has left our session before the shell that started it ends: what is in that one then is ended.
local STAYS = [[umask 077
pid=$(setsid -- /bin/sh -c 'echo "$$"; exec >"$0" 2>&1 </dev/null; exec "$@"' "$0" "$@" &)
echo "$pid"]]

---Starts a command that goes on after this program has ended, in a session of its own: by the word of the user alone.
---@param ctx Ctx
---@param request {command: string, cwd: string?}
---@return {pid: integer, path: string}?
---@return Err?
function M.start_lasting(ctx, request)
  local options, hold = prepare(ctx, request)
  if not options then return nil, hold end
  local _ <close> = hold
  if options.confined then return nil, err("denied", phrase "in the sandbox nothing goes on after the session. Nothing was run.") end
  if options.input then return nil, err("usage", phrase "the command is too long to go on by itself. Nothing was run.") end
  local path = ctx.spill("background", "")
  if not path then return nil, err("missing", phrase "there is no folder for what it writes. Nothing was run.") end
  options.argv = { "/bin/sh", "-c", STAYS, path, table.unpack(options.argv) }
  local result, e = proc.run(options)
  local pid = result and math.tointeger(tonumber((result.out:match "^%d+")))
  if pid then return { pid = pid, path = path } end
  return nil, e or err("broken", phrase("it did not start: %s", result.err))
end

---The folder that a call names for its command, which must be in the project.
---@param ctx Ctx
---@param named string?
---@return string?, Err?
function M.folder(ctx, named)
  if not named then return ctx.cwd end
  local path, e = files.resolve(ctx, named)
  if not path then return nil, e end
  if files.inside(ctx, path) then return path end
  return nil, err("denied", phrase("directory %s is outside the project %s. Nothing was run.", path, ctx.cwd))
end

---Starts a command that goes on by itself, until the session ends.
---@param ctx Ctx
---@param request {command: string, cwd: string?, monitor: table?} monitor: its lines are events
---@return Job?
---@return Err?
function M.start(ctx, request)
  local options, hold = prepare(ctx, request)
  if not options then return nil, hold end
  options.stdin, options.stderr, options.leave = options.input and "pipe" or nil, "stdout", true
  local child, e = proc.open(options)
  if child and options.input then
    task.spawn(function()
      if child:write(options.input) then child:close_stdin() end
    end)
  end
  if child then
    if request.monitor then return require("qwen.permission.monitor").adopt(ctx, child, hold, request.monitor) end
    return background.adopt(ctx, child, hold, nil, request.command)
  end
  local _ <close> = hold
  return nil, e
end

return M
