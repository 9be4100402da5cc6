-- A run in a git worktree: at its start what is not in there, at its end what becomes of it, and how
-- to go on in it or to drop it.
local ask = require "qwen.ui.widget.ask"
local fs = require "sys.fs"
local git_looks = require "qwen.permission.git_looks"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"
local secret = require "sys.secret"
local sys = require "sys.os"
local term = require "sys.term"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr
local worktrees = require "qwen.permission.worktrees"
local wrap = require "qwen.ui.render.wrap"

local M = {}

-- The files for qwen that the repository's folder has and its commit has not.
local function missing(tree, names)
  local there, out = {}, {}
  for _, name in ipairs(project_files.list(tree.path, names)) do there[name] = true end
  for _, name in ipairs(project_files.list(tree.root, names)) do
    if not there[name] then out[#out + 1] = name end
  end
  return out
end

---Says what a worktree that was just made has not.
---@param ctx Ctx
---@param tree Tree
function M.begin(ctx, tree)
  ctx.tree = tree
  if not tree.base then return end
  local left = missing(tree, ctx.settings:get "context.fileName")
  if left[1] then
    ctx.notice(tr("not in the worktree, for they are in no commit: %s", table.concat(left, ", ")))
  end
  if fs.exists(tree.path .. "/.gitmodules") then
    ctx.notice(tr "submodules are not in the worktree yet: git submodule update --init")
  end
  if git_looks.uses_filters(tree.path) then
    ctx.notice(tr "files that go through filters stand in the worktree as git keeps them; for git lfs: git lfs pull")
  end
end

-- A line after the end of the session, whose screen is gone.
local function tell(words)
  words = "qwen: " .. secret.redact(require("sys.text").clean(words))
  sys.err((sys.isatty(2) and wrap.text(words, (select(2, term.size()))) or words) .. "\n")
end

-- What was done in it, in words.
local function done(state)
  if not state then return "" end
  local files = tr(state.changed == 1 and "%d file changed" or "%d files changed", state.changed)
  local commits = tr(state.commits == 1 and "%d commit" or "%d commits", state.commits)
  return " (" .. files .. ", " .. commits .. ")"
end

local function offer_removal(tree)
  local rows = { tr "keep it", tr "remove it and its branch" }
  local at = ask.pick(tr("Nothing was changed in the worktree %s.", tree.name), rows)
  if at ~= 2 then return false end
  local ok, e = worktrees.remove(tree)
  tell(ok and tr("removed: %s", paths.short(tree.path)) or tostring(e))
  return ok
end

---@param ctx Ctx
---@param code integer? of the run; of 0 the person has left, and can be asked
function M.leave(ctx, code)
  local tree = ctx.tree
  local state = tree.base and worktrees.state(tree)
  local untouched = state and state.changed == 0 and state.commits == 0
  if untouched and code == 0 and ctx.interactive and offer_removal(tree) then return end
  local resume = ctx.session and #ctx.session.messages > 0 and not ctx.session.in_memory
  tell(tr("the worktree %s stays%s; go on: %s; drop it: %s", tree.name, done(state),
    "qwen -w " .. tree.name .. (resume and " -c" or ""),
    ("git worktree remove %s && git branch -D %s"):format(text.shell_word(tree.path), text.shell_word(tree.branch))))
end

return M
