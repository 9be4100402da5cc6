-- Says at the end of a session what ended with it.

local tr = qwen.tr

return {
  summary = "says what ended with the session",
  session_ended = function(ctx, session)
    if session.reason ~= "exit" or not ctx.interactive then return end
    for _, job in ipairs(qwen.x.jobs.list(ctx)) do
      ctx.print(tr("ended with the session: %s (%s)", (qwen.text.clean(job.words):gsub("%s+", " ")), job.id))
    end
    for _, agent in ipairs(ctx.agents) do
      local tree = agent.tree
      if tree and not tree.done then
        ctx.print(tr("  its worktree: %s, branch %s", qwen.paths.short(tree.path), tree.branch))
      end
    end
  end,
}
