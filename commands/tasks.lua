-- `/tasks`: what goes on beside the conversation, commands, monitors and agents: what each is, what
-- it brought, and its end.

local tr, phrase = qwen.tr, qwen.phrase

local C = { summary = "list, show or stop agents and commands in the background",
  args = "[show|stop ID]", session = true }

local SHOWN, MOST = 20, 4096 -- lines of what one printed, and bytes, for a line may be very long

local kinds = { command = phrase "command", monitor = phrase "monitor", agent = phrase "agent" }

-- An agent that a call waits for, as a job is described.
local function waited_for(agent)
  return { id = agent.id, kind = "agent", words = qwen.x.agents.words(agent), since = agent.since,
    agent = agent, stop = agent.stop }
end

-- All that goes on, the oldest first.
local function listed(ctx)
  local out = qwen.x.jobs.list(ctx)
  for _, agent in ipairs(ctx.agents) do
    if not agent.over and not agent.job then out[#out + 1] = waited_for(agent) end
  end
  return out
end

local function one_line(words) return (qwen.text.clean(words):gsub("%s+", " ")) end

-- How long one has been running, or ran, for people.
local function age(job) return qwen.x.words.age(job.took or qwen.task.now() - job.since) end

-- The last lines that one printed.
local function last_lines(job)
  local text = job.agent and job.agent.text
  local stat = job.path and qwen.fs.stat(job.path)
  if stat then text = qwen.fs.read_part(job.path, math.max(stat.size - MOST, 0), MOST) end
  if job.kind == "monitor" then text = table.concat(job.waiting, "\n") end
  if not text or not text:find "%S" then return {} end
  local lines = qwen.text.lines(qwen.text.trim_end(qwen.text.plain(qwen.text.utf8(text))))
  return table.move(lines, math.max(1, #lines - SHOWN + 1), #lines, 1, {})
end

-- Where it is, in a few words.
local function state(job)
  local agent = job.agent
  if job.how then return one_line(job.how) end
  if not agent then return tr("pid %d", job.pid) end
  if agent.state == "waiting" then return tr "waits for a place" end
  local call = agent.now and " · " .. agent.now.call.name or ""
  return tr("turn %d", agent.turns) .. call
end

local function show(ctx, job)
  ctx.print(tr("%s  %s  %s  for %s", job.id, tr(kinds[job.kind]), state(job), age(job)))
  ctx.print("  " .. one_line(job.words))
  for _, line in ipairs(last_lines(job)) do ctx.print("  | " .. qwen.text.clean(line), true) end
  if job.path then ctx.print(tr("  all of it: %s", qwen.paths.short(job.path))) end
  local tree = job.agent and job.agent.tree
  if tree then
    ctx.print(tr("  its worktree: %s, branch %s", qwen.paths.short(tree.path), tree.branch))
  end
  return 0
end

-- All of an agent's conversation where it can be read, else its end.
local function look(ctx, job)
  if not job.agent or not ctx.transcript then return show(ctx, job) end
  local ok, e = ctx.transcript(job.agent)
  return ok and 0 or nil, e
end

local function stop(ctx, job)
  if job.how then
    ctx.print(tr("%s has ended already", job.id))
    return 0
  end
  job.quiet = true -- it is said here
  job.stop()
  ctx.print(tr("stopped: %s", one_line(job.words)))
  return 0
end

local verbs = { show = show, stop = stop }

-- Lets the person choose one, and then what happens to it.
local function choose(ctx, jobs)
  local rows = {}
  for i, job in ipairs(jobs) do
    rows[i] = { label = one_line(job.words),
      columns = { tr(kinds[job.kind]), state(job), tr("for %s", age(job)) } }
  end
  local at = ctx.pick(tr "In the background", rows)
  if not at then return 0 end
  local job = jobs[at]
  local see = job.agent and tr "Show its conversation" or tr "Show what it printed"
  local what = ctx.pick(one_line(job.words), { see, tr "Stop it" })
  if not what then return 0 end
  return (what == 1 and look or stop)(ctx, job)
end

function C.beside() return true end

function C.complete(ctx, _, before)
  if not before[1] then return { "show", "stop" } end
  local out = {}
  for i, job in ipairs(listed(ctx)) do out[i] = { text = job.id, detail = one_line(job.words) } end
  return before[2] and {} or out
end

local function find(ctx, id)
  for _, job in ipairs(listed(ctx)) do
    if job.id == id then return job end
  end
  return qwen.x.jobs.find(ctx, id)
end

function C.run(ctx, args)
  if args[1] then
    local verb, job = verbs[args[1]], find(ctx, args[2] or "")
    if not verb or not args[2] or args[3] then
      return nil, qwen.err("usage", tr("usage: %s", "/tasks [show|stop ID]"))
    end
    if not job then
      return nil, qwen.err("missing",
        tr("nothing in the background is called %s; the list: /tasks", args[2]))
    end
    return verb(ctx, job)
  end
  local jobs = listed(ctx)
  if not jobs[1] then
    ctx.print(tr "nothing runs in the background")
    return 0
  end
  if ctx.pick then return choose(ctx, jobs) end
  for _, job in ipairs(jobs) do
    ctx.print(("%s  %s  %s  %s  %s"):format(job.id, tr(kinds[job.kind]), state(job),
      tr("for %s", age(job)), one_line(job.words)))
  end
  return 0
end

return C
