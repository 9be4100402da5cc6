-- Ends a command, monitor or agent in the background.

local PATIENCE = 2 -- seconds that its end is waited for

local T = {
  summary = "End a command, monitor or agent in the background, with all that it started.",
  effect = "none", deferred = true,
  schema = { type = "object", properties = { task_id = { type = "string" } },
    required = { "task_id" } },
}

T.verbs = { ask = qwen.phrase "Stop", done = qwen.phrase "Stopped" }

function T.label(args) return args.task_id end

function T.run(ctx, args)
  local job = qwen.x.jobs.find(ctx, args.task_id)
  if not job then
    return nil, qwen.err("missing",
      ("Nothing in the background is called %s."):format(args.task_id))
  end
  if job.how then
    return nil, qwen.err("missing", ("%s has ended before: %s"):format(job.id, job.how))
  end
  job.stop "model"
  qwen.x.jobs.await(ctx, job, PATIENCE)
  return { text = ("Stopped %s: %s"):format(job.id, job.words), display = job.words }
end

return T
