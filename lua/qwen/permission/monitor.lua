-- A monitor: each line that a command prints is an event for the model, at a bounded rate; what
-- comes faster is counted.
local jobs = require "qwen.session.jobs"
local line_ends = require("sys.text").line_ends
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local BURST, EVERY = 5, 1 -- events at once, and seconds until one more
local PAUSE = 0.01 -- seconds between two pieces that come faster than they are told
local MOST_LINE = 2000 -- bytes of an event
local MOST_WAITING = 50 -- events that wait for the model

-- Lets an event through when the rate has room for it.
local function may(job)
  local now = task.now()
  local more = (now - job.refilled) // EVERY
  if more > 0 then
    job.room, job.refilled = math.min(BURST, job.room + more), job.refilled + more * EVERY
  end
  if job.room < 1 then return false end
  job.room = job.room - 1
  return true
end

local LOST = "[%d earlier lines were left out: at most one a second is told]\n"

---The events that the model has not had, as one text; they are gone then. "" where there are none.
---@param job Job
---@return string
function M.take(job)
  local list, lost = job.waiting, job.lost - job.lost_told + job.unseen
  job.waiting, job.lost_told, job.unseen, job.told = {}, job.lost, 0, false
  if not list[1] and lost == 0 then return "" end
  local more = lost > 0 and LOST:format(lost) or ""
  local lines = table.concat(list, "\n")
  return ("Events of the monitor `%s` (%s):\n%s%s"):format(job.words, job.id, more, lines)
end

local function event(ctx, job, line)
  line = text.head(text.trim(text.plain(text.utf8(line))), MOST_LINE)
  if line == "" then return end
  if not may(job) then
    job.lost = job.lost + 1
    return
  end
  job.events, job.last = job.events + 1, line
  job.waiting[#job.waiting + 1] = line
  if #job.waiting > MOST_WAITING then
    table.remove(job.waiting, 1)
    job.unseen = job.unseen + 1
  end
  if not job.told then
    job.told = true
    jobs.tell(ctx, job, function() return M.take(job) end)
  end
end

-- The lines of a chunk, as far as the rate has room; of the rest only how many they are.
local function take_lines(ctx, job, chunk)
  local data, at = job.rest .. chunk, 1
  while job.events < job.most do
    local stop = data:find("\n", at, true)
    if not stop then break end
    if job.room < 1 and task.now() - job.refilled < EVERY then
      job.lost = job.lost + line_ends(data, at)
      job.rest = text.last_line(data:sub(-MOST_LINE))
      return
    end
    event(ctx, job, data:sub(at, stop - 1))
    at = stop + 1
  end
  job.rest = data:sub(at, at + MOST_LINE)
end

-- Ends a command that prints nothing for so long.
local function watch_silence(job, child, idle)
  return task.spawn(function()
    while true do
      local left = idle - (task.now() - job.heard)
      if left <= 0 then break end
      task.sleep(left)
    end
    job.why = { user = tr("silent for %g s", idle),
      model = ("was stopped: it printed nothing for %g s"):format(idle) }
    child:kill()
  end)
end

local function how_ended(job, status)
  local words = status.code and "code " .. status.code or "signal " .. tostring(status.signal)
  local how = job.why or { user = words, model = "has ended with " .. words }
  if job.stopped then
    how = { user = tr "stopped", model = "was stopped by the " .. job.stopped }
  end
  how.result = ("%d events, %d lines left out."):format(job.events, job.lost)
  return how
end

local FULL = "was stopped after %d events, the most that were asked for"

local function follow(ctx, job, child, idle)
  local _ <close> = watch_silence(job, child, idle)
  while true do
    local chunk = child:read()
    if not chunk then break end
    job.heard = task.now()
    take_lines(ctx, job, chunk)
    if job.room < 1 then task.sleep(PAUSE) end -- a flood waits in its pipe
    if job.events >= job.most and not job.why then
      job.why = { user = tr("%d events", job.events), model = FULL:format(job.events) }
      child:kill()
    end
  end
  if job.rest ~= "" and job.events < job.most then event(ctx, job, job.rest) end
  return child:status() or child:wait()
end

---Takes over a command whose lines are events.
---@param ctx Ctx
---@param child Process opened with `leave`
---@param hold any closed when it has ended
---@param options {words: string, most: integer, idle: number} idle: seconds without output after
--- which it is ended
---@return Job
function M.adopt(ctx, child, hold, options)
  local now = task.now()
  local job = jobs.add(ctx, { id = jobs.id "mon", kind = "monitor", pid = child:pid(),
    words = options.words, most = options.most, events = 0, lost = 0, lost_told = 0, unseen = 0, last = "",
    rest = "", waiting = {}, room = BURST, refilled = now, heard = now })
  function job.take() return M.take(job) end
  function job.stop(by)
    job.stopped = job.stopped or by or "user"
    child:kill()
  end
  ctx.background(function()
    local _ <close> = hold
    local running <close> = child
    jobs.ended(ctx, job, how_ended(job, follow(ctx, job, running, options.idle)))
  end)
  return job
end

return M
