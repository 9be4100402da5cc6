-- `/tasks`: the commands that run in the background: what they are, what they print, and their end.

local tr = qwen.tr

local C = { summary = "list, show or stop commands that run in the background",
  args = "[show|stop ID]", session = true }

local SHOWN, MOST = 20, 4096 -- lines of what one printed, and bytes, for a line may be very long

-- The commands, the oldest first.
local function listed(ctx)
  local out = {}
  for _, job in pairs(ctx.jobs) do out[#out + 1] = job end
  table.sort(out, function(a, b) return a.since < b.since end)
  return out
end

local function one_line(words) return (qwen.text.clean(words):gsub("%s+", " ")) end

-- How long one has been running, for people.
local function age(job) return qwen.x.words.age(qwen.task.now() - job.since) end

-- The last lines that one printed.
local function last_lines(job)
  local stat = job.path and qwen.fs.stat(job.path)
  local text = stat and qwen.fs.read_part(job.path, math.max(stat.size - MOST, 0), MOST)
  if not text or not text:find "%S" then return {} end
  local lines = qwen.text.lines(qwen.text.trim_end(qwen.text.plain(qwen.text.utf8(text))))
  return table.move(lines, math.max(1, #lines - SHOWN + 1), #lines, 1, {})
end

local function show(ctx, job)
  ctx.print(tr("%s  pid %d  for %s", job.id, job.pid, age(job)))
  ctx.print("  " .. one_line(job.words))
  for _, line in ipairs(last_lines(job)) do ctx.print("  | " .. qwen.text.clean(line), true) end
  if job.path then ctx.print(tr("  all of it: %s", qwen.paths.short(job.path))) end
  return 0
end

local function stop(ctx, job)
  job.stop()
  ctx.print(tr("stopped: %s", one_line(job.words)))
  return 0
end

local verbs = { show = show, stop = stop }

-- Lets the person choose one, and then what happens to it.
local function choose(ctx, jobs)
  local rows = {}
  for i, job in ipairs(jobs) do
    rows[i] = { label = one_line(job.words), detail = tr("for %s, pid %d", age(job), job.pid) }
  end
  local at = ctx.pick(tr "Commands in the background", rows)
  if not at then return 0 end
  local what = ctx.pick(one_line(jobs[at].words), { tr "Show what it printed", tr "Stop it" })
  if not what then return 0 end
  return (what == 1 and show or stop)(ctx, jobs[at])
end

function C.complete(ctx, _, before)
  if not before[1] then return { "show", "stop" } end
  local out = {}
  for i, job in ipairs(listed(ctx)) do out[i] = { text = job.id, detail = one_line(job.words) } end
  return before[2] and {} or out
end

function C.run(ctx, args)
  local jobs = listed(ctx)
  if args[1] then
    local verb, job = verbs[args[1]], ctx.jobs[args[2] or ""]
    if not verb or not args[2] or args[3] then
      return nil, qwen.err("usage", tr("usage: %s", "/tasks [show|stop ID]"))
    end
    if not job then
      return nil, qwen.err("missing", tr("no command in the background is called %s; the list: /tasks", args[2]))
    end
    return verb(ctx, job)
  end
  if not jobs[1] then
    ctx.print(tr "no command runs in the background")
    return 0
  end
  if ctx.pick then return choose(ctx, jobs) end
  for _, job in ipairs(jobs) do
    ctx.print(tr("%s  pid %d  for %s  %s", job.id, job.pid, age(job), one_line(job.words)))
  end
  return 0
end

return C
