-- A git worktree of its own for an agent: made where Qwen Code makes it, removed when nothing was
-- changed in it, and kept with its branch in every other case.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local proc = require "qwen.util.process"
local rules = require "qwen.permission.rules"
local sys = require "sys.os"
local text = require "qwen.util.text"
local worktrees = require "qwen.permission.worktrees"

local M = {}

---@class AgentTree
---@field top string the worktree of the project
---@field path string the worktree of the agent
---@field cwd string the folder in it that the project's folder is in its own
---@field branch string
---@field base string the commit that it began at
---@field lock Lock? held while this program runs
---@field done boolean? the agent has ended, and it was removed or is kept
---@field dirty boolean the project has changes that are not committed

local SECONDS, LIMIT = 120, 256 * 1024
-- Programs that a repository names for moments like these do not run.
local OFF = { "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
  "-c", "submodule.recurse=false" }

-- What git says, without the last line end; nil and why it failed.
local function git(folder, ...)
  local argv = { "git", "-C", folder, table.unpack(OFF) }
  for _, word in ipairs { ... } do argv[#argv + 1] = word end
  local result, e = proc.run { argv = argv, cwd = "/", env = proc.helper_env(), timeout = SECONDS,
    limit = LIMIT }
  if not result then return nil, e end
  if result.code == 0 then return (result.out:gsub("\n$", "")) end
  local why = text.trim(text.utf8(result.err))
  if result.timed_out then why = ("git did not end in %d s"):format(SECONDS) end
  return nil, err("broken", why ~= "" and why or "git failed")
end

local function refused(why)
  return nil, err("denied", "No worktree was made: " .. why .. ". Nothing was run.")
end

-- What keeps files from being read must be in the copy, too.
local function unkept(ctx, top)
  for _, rule in ipairs(rules.of(ctx).deny) do
    if rule.spec and rule.spec:find(top, 1, true) then
      return ("the copy would have elsewhere what the rule %s names"):format(rule.spec)
    end
  end
  local own = ctx.settings:get "context.fileFiltering.customIgnoreFiles"
  local names = { ".qwenignore", table.unpack(own or { ".agentignore", ".aiignore" }) }
  for _, name in ipairs(names) do
    local said = fs.exists(ctx.cwd .. "/" .. name)
      and git(ctx.cwd, "status", "--porcelain", "--ignored", "--", name)
    if said and said ~= "" then
      return name .. " is not in the last commit as it stands; commit it first"
    end
  end
end

-- Whether it holds nothing that was not in the project: no change, no file, no commit. Ignored files
-- are files.
local function unchanged(tree)
  return git(tree.path, "status", "--porcelain", "--untracked-files=all", "--ignored",
    "--ignore-submodules=none") == ""
    and git(tree.path, "rev-parse", "HEAD") == tree.base
    and git(tree.top, "rev-parse", "refs/heads/" .. tree.branch) == tree.base
end

-- git removes none that has submodules unless it is forced to; they are empty in one that is
-- unchanged.
local function remove(tree)
  local said, e = git(tree.top, "worktree", "remove", tree.path)
  local staged = not said and git(tree.path, "ls-files", "--stage") or ""
  if not said and ("\n" .. staged):find "\n160000 " then
    said, e = git(tree.top, "worktree", "remove", "--force", tree.path)
  end
  if said then git(tree.top, "update-ref", "-d", "refs/heads/" .. tree.branch, tree.base) end
  return said ~= nil, e
end

-- Whether another branch, or a tag, has the commit of a branch.
local function is_elsewhere(tree)
  local list = git(tree.top, "for-each-ref", "--contains", tree.base, "--format=%(refname)") or ""
  for name in list:gmatch "[^\n]+" do
    if name ~= "refs/heads/" .. tree.branch then return true end
  end
  return false
end

-- One that an ended session has left goes, where nothing was changed in it.
local function sweep_one(top, folder, name)
  local path = folder .. "/" .. name
  local lock <close> = fs.lock(path .. ".lock", 0) -- its session holds it
  local tree = { top = top, path = path, branch = "worktree-" .. name }
  tree.base = lock and git(top, "rev-parse", "--verify", "--quiet", "refs/heads/" .. tree.branch)
  if not tree.base or not is_elsewhere(tree) then return end
  if unchanged(tree) and remove(tree) then fs.remove(path .. ".lock") end
end

local function sweep(top, folder)
  for _, entry in ipairs(fs.list(folder) or {}) do
    local name = entry.type == "dir" and entry.name:match "^agent%-%x+$"
    if name then sweep_one(top, folder, name) end
  end
end

---Makes one at the commit that the project is at.
---@param ctx Ctx
---@return AgentTree?, Err?
function M.make(ctx)
  if not ctx.trusted then
    return refused "the user has not trusted this folder, and git runs its filters"
  end
  if not proc.which "git" then return refused "git is not installed" end
  local top = git(ctx.cwd, "rev-parse", "--show-toplevel")
  if not top or top == "" then return refused "the project is no git repository" end
  local base = git(ctx.cwd, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
  if not base then return refused "the repository has no commit yet" end
  local hidden = unkept(ctx, top)
  if hidden then return refused(hidden) end
  local folder, e = worktrees.folder(top)
  if not folder then return refused(e.message) end
  sweep(top, folder)
  local name = "agent-" .. sys.uuid():gsub("-", ""):sub(1, 7)
  local tree = { top = top, path = folder .. "/" .. name, branch = "worktree-" .. name,
    base = base }
  tree.lock = fs.lock(tree.path .. ".lock", 0)
  local said
  said, e = git(top, "worktree", "add", "--quiet", "-b", tree.branch, tree.path, base)
  if not said then
    local _ <close> = tree.lock
    fs.remove(tree.path .. ".lock")
    return nil, e
  end
  tree.dirty = git(top, "status", "--porcelain") ~= ""
  local inner = ctx.cwd == top and tree.path or tree.path .. ctx.cwd:sub(#top + 1)
  tree.cwd = paths.is_folder(inner) and inner or tree.path
  return tree
end

local WHERE = "[You work in a copy of the project, a git worktree at %s on the branch %s. "
  .. "Change files only there.%s]"
local DIRTY = " Changes that are not committed in the project are not in it."

---What the agent is told of its folder.
---@param tree AgentTree
---@return string
function M.words(tree)
  return WHERE:format(tree.path, tree.branch, tree.dirty and DIRTY or "")
end

local function still_used(ctx, agent)
  for _, job in pairs(ctx.jobs) do
    if job.owner == agent then return true end
  end
  return false
end

local KEPT = "[Its changes are in the worktree %s, branch %s: %s commits, %d files not committed. "
  .. "Tell the user where they are. To take them: git merge %s. "
  .. "To drop them: git worktree remove --force %s; git branch -D %s]"

---The agent has ended: what became of its worktree, in words.
---@param ctx Ctx
---@param agent Agent
---@param tree AgentTree
---@return string
function M.finish(ctx, agent, tree)
  tree.done = true
  local _ <close> = tree.lock
  if not still_used(ctx, agent) and unchanged(tree) and remove(tree) then
    fs.remove(tree.path .. ".lock")
    agent.tree = nil
    return "[Nothing was changed in its worktree, which was removed.]"
  end
  local commits = git(tree.path, "rev-list", "--count", tree.base .. "..HEAD") or "?"
  local changes = git(tree.path, "status", "--porcelain", "--untracked-files=all")
  local count = changes and changes ~= "" and select(2, changes:gsub("\n", "")) + 1 or 0
  local branch = text.shell_word(tree.branch)
  return KEPT:format(tree.path, tree.branch, commits, count, branch, text.shell_word(tree.path), branch)
end

return M
