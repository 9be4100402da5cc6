-- The session goes on in a git worktree, where the user asked for one.

local phrase, tr = qwen.phrase, qwen.tr

local T = {
  summary = "Only when the user asks for a worktree: make a git worktree and go on in it, or enter the "
    .. "one of that name. Commands and relative paths begin there from then on.",
  effect = "run",
  serial = true,
  deferred = true,
  schema = {
    type = "object",
    properties = { name = { type = "string",
      description = "letters, digits, '.', '_' and '-'; without it one is made up" } },
  },
}

T.verbs = { ask = phrase "Enter a worktree", done = phrase "Entered the worktree" }

function T.offered(ctx)
  if not ctx.move or not ctx.trusted or ctx.agent then return false end
  return qwen.x.git.branch(ctx.cwd) ~= nil
end

function T.label(args) return args.name or "" end

---What git is asked to do where there is none of that name.
function T.preview(_, args)
  local name = args.name and args.name ~= "" and args.name or "NAME"
  return ("git worktree add -b worktree-%s .qwen/worktrees/%s"):format(name, name)
end

local INSIDE = "The session is in the worktree %s already: leave it first with exit_worktree."

function T.run(ctx, args)
  local at = ctx.cwd:match "/%.qwen/worktrees/([^/]+)"
  if at then return nil, qwen.err("usage", INSIDE:format(at)) end
  local name = args.name ~= "" and args.name or true
  local tree, e = qwen.x.worktrees.enter(ctx.cwd, name)
  if not tree then return nil, e end
  local from = ctx.cwd
  local path, problem = ctx.move(tree.path)
  if not path then return nil, problem end
  ctx.entered = { path = path, from = from }
  return { text = qwen.json.encode { worktreePath = path, worktreeBranch = tree.branch,
    message = ("The session is in %s now, on the branch %s, until exit_worktree is called.")
      :format(path, tree.branch) }, display = tr("%s, branch %s", tree.name, tree.branch) }
end

return T
