-- Commands that go on by themselves: what they write goes to a file, and they end with the session.
local fs = require "sys.fs"
local jobs = require "qwen.session.jobs"
local proc = require "qwen.util.process"
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_OUTPUT, MOST_WORDS = 64 * 1024 * 1024, 120
local MOST_TOLD = 2000 -- bytes of its output that the model is told at its end
local WRITES = 128 -- the bit of a descriptor's link in /proc that says it is open for writing
local PAUSE = 0.25 -- seconds between two looks at who is left

---@class LeftProcess
---@field pid integer
---@field words string its command line, cut

-- The session and the state of a process; nil when it is gone.
local function state_of(pid)
  local stat = fs.read("/proc/" .. pid .. "/stat", 4096)
  local rest = stat and stat:match "^.*%)(.*)$" -- the name before it may hold anything
  if not rest then return nil end
  local state, session = rest:match "^ (%a) %d+ %d+ (%d+)"
  return math.tointeger(session), state
end

-- The processes that are alive and fit, of those with a number above `above`.
local function living(above, fits)
  local out = {}
  for _, entry in ipairs(fs.list "/proc" or {}) do
    local number, session, state = math.tointeger(tonumber(entry.name)), nil, nil
    if number and number > above then session, state = state_of(number) end
    if session and state ~= "Z" and state ~= "X" and fits(number, session) then
      local words = text.utf8(fs.read("/proc/" .. number .. "/cmdline", 65536) or ""):gsub("%z", " ")
      out[#out + 1] = { pid = number, words = text.head(text.trim(words), MOST_WORDS) }
    end
  end
  return out
end

---The processes of a command's session that are alive.
---@param pid integer of the command
---@param quick boolean? those alone that began later, which have higher numbers
---@return LeftProcess[]
function M.left(pid, quick)
  return living(quick and pid or 0, function(_, session) return session == pid end)
end

local MARK, MOST_ENVIRONMENT = "QWEN_COMMAND_ID", 1024 * 1024

---Gives the environment of a command a mark by which its processes are known when they have left its session.
---@param env table<string, string>
---@return string mark
function M.mark(env)
  env[MARK] = sys.uuid():sub(1, 8)
  return "\0" .. MARK .. "=" .. env[MARK] .. "\0"
end

---The processes of a command that are alive and have left its session. Those that began later have higher numbers.
---@param pid integer of the command
---@param mark string
---@return LeftProcess[]
function M.apart(pid, mark)
  return living(pid, function(number, session)
    local env = session ~= pid and fs.read("/proc/" .. number .. "/environ", MOST_ENVIRONMENT)
    return env and ("\0" .. env):find(mark, 1, true) ~= nil
  end)
end

-- Whether a process only reads what is left in a pipe that nobody can write to any more: it ends by itself.
local function ends_soon(process, all)
  local held = "/proc/" .. process.pid .. "/fd"
  local input = fs.stat(held .. "/0")
  local list, e = fs.list(held)
  if list and #list == 0 or e and e.kind == "missing" then return true end -- it is about to be gone
  if not input or input.type ~= "pipe" then return false end
  for _, other in ipairs(all) do
    local folder = "/proc/" .. other.pid .. "/fd/"
    for _, entry in ipairs(fs.list(folder) or {}) do
      local stat = fs.stat(folder .. entry.name)
      local link = stat and stat.ino == input.ino and stat.dev == input.dev and fs.stat(folder .. entry.name, false)
      if link and link.mode & WRITES ~= 0 then return false end
    end
  end
  return true
end

---Whether a command's processes all end by themselves, as those of `> >(sort)`.
---@param processes LeftProcess[]
---@return boolean
function M.ending(processes)
  for _, process in ipairs(processes) do
    if not ends_soon(process, processes) then return false end
  end
  return true
end

-- Brings what a command writes to its file until it and all that it left behind have ended.
local function drain(child, file)
  local room = MOST_OUTPUT
  while true do
    local chunk, silent = child:read()
    if chunk and file and room > 0 then
      file:write(#chunk < room and chunk or chunk:sub(1, room) .. "\n[more than 64 MB; the rest is lost]")
      room = room - #chunk
    end
    local status = not chunk and child:status()
    if not chunk and not silent and not status then status = child:wait() end
    if status and not status.others and not silent then return status end
    if status then task.sleep(PAUSE) end
  end
end

-- The end of what a file holds, from a place on, for the model.
local function last_of(path, from)
  local stat = path and fs.stat(path)
  if not stat or stat.size <= from then return "" end
  local start = math.max(from, stat.size - MOST_TOLD)
  local words = fs.read_part(path, start, stat.size - start) or ""
  words = text.trim_end(text.plain(text.utf8(words)))
  return words:find "%S" and (start > from and "It printed, at the end:\n" or "It printed:\n") .. words or ""
end

local function how_ended(job, status)
  local words = status.code and "code " .. status.code or "signal " .. status.signal
  return { user = job.stopped and tr "stopped" or status.code == 0 and tr "done" or words,
    model = job.stopped and "was stopped by the " .. job.stopped or "has ended with " .. words,
    result = last_of(job.path, job.looked or 0) }
end

---Takes over a command that goes on. `id` stands in the last line of its file, and `ctx.jobs` has it while it runs.
---@param ctx Ctx
---@param child Process opened with `leave`
---@param hold any closed when it has ended
---@param seconds number? then it is ended; default: it ends with the session
---@param words string? the command
---@return Job path: of the file with what it writes; nil where there is no folder for it
function M.adopt(ctx, child, hold, seconds, words)
  local path = ctx.spill("background", "")
  local job = jobs.add(ctx, { id = jobs.id "bg", kind = "command", path = path, pid = child:pid(), words = words or "" })
  function job.stop(by)
    job.stopped = job.stopped or by or "user"
    child:kill()
  end
  ctx.background(function()
    local _ <close> = hold
    local running <close> = child
    local file <close> = path and fs.append(path) or nil
    local limit = seconds and task.spawn(function()
      task.sleep(seconds)
      running:kill()
    end)
    local status = drain(running, file)
    if limit then limit:cancel() end
    local how = how_ended(job, status)
    if file then
      file:write(("\n[%s ended with %s]\n"):format(job.id, status.code and "code " .. status.code or "signal " .. status.signal))
    end
    jobs.ended(ctx, job, how)
  end)
  return job
end

local MOMENT = 0.1 -- seconds between two looks at what a command left behind

---Runs a command of the user's own, outside of any border; the user may move it to the background.
---@param ctx Ctx
---@param command string
---@param limit integer bytes of its output that are kept
---@param on_output fun(chunk: string)
---@return table? result as of `qwen.proc.run`
---@return Err?
---@return Job? job it goes on
function M.run_own(ctx, command, limit, on_output)
  local aside, job = task.queue(), nil
  table.insert(ctx.asides, aside)
  local _ <close> = setmetatable({}, { __close = function()
    for i, one in ipairs(ctx.asides) do
      if one == aside then table.remove(ctx.asides, i) end
    end
  end })
  local function left(child, status, holds)
    if not status then
      job = M.adopt(ctx, child, nil, nil, command)
      return "keep"
    end
    if not holds then return "end" end
    task.sleep(MOMENT) -- what it left behind may still write
    return "wait"
  end
  local result, e = proc.run { argv = { "/bin/sh", "-c", command }, cwd = ctx.cwd, stderr = "stdout",
    limit = limit, aside = aside, left = left, on_output = on_output }
  return result, e, job
end

return M
