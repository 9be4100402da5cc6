-- Tells the model what a command, monitor or agent in the background has brought since it looked
-- last.

local LIMIT = 12000
local MOST_WAIT = 600000 -- milliseconds

local T = {
  summary = "Read what a command, monitor or agent in the background brought since you looked last.",
  effect = "none", deferred = true,
  schema = {
    type = "object",
    properties = {
      task_id = { type = "string" },
      timeout = { type = "integer", minimum = 0, maximum = MOST_WAIT,
        description = "milliseconds to wait for its end, default 0" },
    },
    required = { "task_id" },
  },
}

T.verbs = { ask = qwen.phrase "Look at", done = qwen.phrase "Looked at" }

function T.label(args) return args.task_id end

local function command_output(job)
  local stat = job.path and qwen.fs.stat(job.path)
  local from, size = job.looked or 0, stat and stat.size or 0
  if size <= from then return "" end
  job.looked = size
  local start = math.max(from, size - LIMIT)
  local bytes = qwen.fs.read_part(job.path, start, size - start) or ""
  local words = qwen.text.trim_end(qwen.text.plain(qwen.text.utf8(bytes)))
  if start == from then return words end
  local lost = ("[... %d bytes left out; all of it is in %s ...]\n"):format(start - from, job.path)
  return lost .. words
end

local function agent_output(job)
  local agent = job.agent
  if agent.over then return agent.text or agent.problem or "" end
  local now = agent.now and ", now " .. agent.now.call.name or ""
  return ("turn %d%s"):format(agent.turns, now)
end

local outputs = { command = command_output, agent = agent_output,
  monitor = function(job) return job.take() end }

function T.run(ctx, args)
  local job = qwen.x.jobs.find(ctx, args.task_id)
  if not job then
    local names = table.concat(qwen.x.jobs.names(ctx), ", ")
    local there = names ~= "" and "There are: " .. names or "Nothing runs there."
    return nil, qwen.err("missing",
      ("Nothing in the background is called %s. %s"):format(args.task_id, there))
  end
  qwen.x.jobs.await(ctx, job, (args.timeout or 0) / 1000)
  local words = outputs[job.kind](job)
  job.read = job.how ~= nil
  local state = job.how and ("[%s has ended: %s]"):format(job.id, job.how)
    or ("[%s goes on, for %.0f s]"):format(job.id, qwen.task.now() - job.since)
  if words == "" then words = "(nothing new)" end
  return { text = words .. "\n" .. state, display = state:sub(2, -2) }
end

return T
