-- The session leaves a git worktree, which stays or is removed; nothing is lost by it unsaid.

local phrase, tr = qwen.phrase, qwen.tr

local T = {
  summary = "Only when the user asks for it: leave a worktree, and keep or remove it. One with changes "
    .. "is removed only with discard_changes.",
  effect = "run",
  serial = true,
  deferred = true,
  schema = {
    type = "object",
    properties = {
      name = { type = "string", minLength = 1 },
      action = { type = "string", enum = { "keep", "remove" } },
      discard_changes = { type = "boolean", description = "what is not committed may go" },
    },
    required = { "name", "action" },
  },
}

T.verbs = { ask = phrase "Leave the worktree", done = phrase "Left the worktree" }

function T.offered(ctx)
  if not ctx.move or ctx.agent then return false end
  return ctx.entered ~= nil or ctx.trusted and qwen.x.git.branch(ctx.cwd) ~= nil
end

function T.label(args) return args.name end

local HINT = { changes = " Commit them, or ask the user whether discard_changes is right.",
  commits = " Ask the user." }

-- The worktree that is meant, where what is asked would lose nothing.
local function target(ctx, args)
  local tree, e = qwen.x.worktrees.find(ctx.cwd, args.name)
  if not tree then return nil, e end
  local loss = args.action == "remove" and qwen.x.worktrees.loss(tree, args.discard_changes)
  if not loss then return tree end
  return nil, qwen.err("denied", ("%s. Nothing was removed.%s")
    :format(qwen.err.english(loss), HINT[loss.code] or ""))
end

---Nobody is asked about what is refused.
function T.preview(ctx, args)
  local tree, e = target(ctx, args)
  if not tree then return nil, e end
  if args.action == "keep" then return tr("%s stays as it is.", args.name) end
  return args.discard_changes and tr("%s is removed, with what is not committed in it.", args.name)
    or tr("%s is removed.", args.name)
end

-- Back to where the session was before, where it is in that worktree.
local function leave(ctx, tree)
  if not qwen.paths.below(ctx.cwd, tree.path) then return true end
  local entered = ctx.entered
  local back = entered and entered.path == tree.path and entered.from or tree.root
  ctx.entered = nil
  return ctx.move(back)
end

function T.run(ctx, args)
  local tree, e = target(ctx, args)
  if not tree then return nil, e end
  local removes = args.action == "remove"
  local ok, problem = leave(ctx, tree)
  if ok and removes then ok, problem = qwen.x.worktrees.drop(tree) end
  if not ok then return nil, problem end
  local words = removes and "Removed the worktree %s. The session is in %s."
    or "Kept the worktree %s. The session is in %s."
  return { text = qwen.json.encode { action = args.action, worktreePath = tree.path,
    worktreeBranch = tree.branch, message = words:format(tree.path, ctx.cwd) },
    display = removes and tr("removed: %s", tree.name) or tr("kept: %s", tree.name) }
end

return T
