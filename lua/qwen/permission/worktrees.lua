-- A git worktree for a session: made below the repository, entered again by its name, removed when
-- it is not needed. git runs here with nothing that the repository's configuration names.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local git = require "qwen.util.git"
local git_looks = require "qwen.permission.git_looks"
local paths = require "qwen.util.paths"
local proc = require "qwen.util.process"
local sys = require "sys.os"
local texts = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local BELOW = "/.qwen/worktrees" -- as in Qwen Code
local LONGEST, SECONDS, LOOK_SECONDS = 64, 600, 10

-- A part of a name that is made here.
local first = { "brisk", "calm", "clear", "deep", "early", "fair", "keen", "light", "mild", "plain",
  "quick", "quiet", "sharp", "still", "warm", "wide" }
local second = { "alder", "birch", "brook", "cedar", "cloud", "coast", "delta", "field", "grove",
  "heron", "maple", "otter", "ridge", "river", "spruce", "stone" }

local function made_name()
  local id = sys.uuid()
  local a, b = tonumber(id:sub(1, 1), 16) + 1, tonumber(id:sub(2, 2), 16) + 1
  return ("%s-%s-%s"):format(first[a], second[b], id:sub(3, 8))
end

-- Why a text cannot name a worktree and its branch.
local function problem_of(name)
  if #name > LONGEST then return tr("it has more than %d characters", LONGEST) end
  local pull = name:match "^#(%d+)$" or name:match "/pull/(%d+)$"
  if pull then
    return tr("fetch a pull request yourself: git fetch origin pull/%s/head:pr-%s", pull, pull)
  end
  if name:find "[^%w._-]" then return tr "it can have letters, digits, '.', '_' and '-'" end
  if name:find "^[.-]" or name:find("..", 1, true) or name:find "%.$" or name:find "%.lock$" then
    return tr "it must not begin with '.' or '-', end with '.' or '.lock', or hold '..'"
  end
  if name:find "^agent%-" then return tr "names that begin with 'agent-' are for agents" end
end

-- git in a folder, with what turns off the programs of its configuration.
local function runner(folder)
  local program = proc.which "git"
  if not program then return nil, err("missing", tr "a worktree needs git, which is not installed") end
  local guards, key = git_looks.guards(program, folder)
  if not guards then
    return nil, err("denied", key
      and tr("git's settings of %s hold %s, which could run a program; make the worktree yourself "
        .. "(git worktree add) and start qwen in it", paths.short(folder), key)
      or tr("git cannot read its settings of %s", paths.short(folder)))
  end
  local argv = { program, "-C", folder, "--no-pager" }
  for _, value in ipairs(guards) do table.move({ "-c", value }, 1, 2, #argv + 1, argv) end
  local env = proc.helper_env()
  env.GIT_NO_LAZY_FETCH, env.GIT_ALLOW_PROTOCOL = "1", ""
  env.GIT_CEILING_DIRECTORIES = folder:match "^(.*)/"
  return function(words, seconds)
    local all = table.move(words, 1, #words, #argv + 1, { table.unpack(argv) })
    return proc.run { argv = all, env = env, timeout = seconds or LOOK_SECONDS,
      limit = 4 * 1024 * 1024 }
  end
end

-- What git said of its failure, on one line.
local function words_of(result, e)
  if not result then return tostring(e) end
  if result.timed_out then return tr "it took too long" end
  local said = result.err:match "fatal: ([^\n]+)" or result.err:match "error: ([^\n]+)"
    or texts.last_line(texts.trim_end(result.err))
  return said ~= "" and said or tr("git ended with %s", tostring(result.code or result.signal))
end

-- The working tree around a folder, and the one below which worktrees are kept.
local function repository(cwd)
  local root = paths.project_root(cwd)
  if not fs.exists(root .. "/.git") then
    local bare = fs.exists(cwd .. "/HEAD") and paths.is_folder(cwd .. "/objects")
      and paths.is_folder(cwd .. "/refs")
    return nil, err("usage", bare
      and tr("%s is a bare repository: make a worktree of it (git worktree add), and start qwen there",
        paths.short(cwd))
      or tr("%s is in no git repository; make one first: git init", paths.short(cwd)))
  end
  local common = git.common(root)
  if not common then
    return nil, err("usage", tr("%s/.git leads nowhere", paths.short(root)))
  end
  if common:find "/%.git/modules/" then
    return nil, err("usage", tr("%s is a submodule: --worktree works in the repository around it",
      paths.short(root)))
  end
  local outer = root:match("^(.+)" .. BELOW:gsub("%p", "%%%0") .. "/[^/]+$")
  if outer and git.common(outer) ~= common then outer = nil end
  local top = outer or root
  if not paths.project_config(top) then
    return nil, err("usage", tr("%s is your home folder: no worktree is made in it", paths.short(top)))
  end
  return root, top
end

---The folder of the worktrees of a repository, which git does not see.
---@param top string its working tree
---@return string?, Err?
function M.folder(top)
  local folder = top .. BELOW
  for _, path in ipairs { top .. "/.qwen", folder } do
    if (fs.stat(path, false) or {}).type == "link" then
      return nil, err("denied", tr("%s is a link; no worktree is made behind it", paths.short(path)))
    end
  end
  local ok, e = fs.mkdir(folder)
  if not ok then return nil, e end
  ok, e = fs.create(folder .. "/.gitignore", "*\n")
  if not ok and e.code ~= "EEXIST" then return nil, e end
  return folder
end

-- Makes it; there is nothing at its place yet.
local function make(root, tree)
  local call, e = runner(root)
  if not call then return nil, e end
  local result
  result, e = call { "rev-parse", "--verify", "--quiet", "HEAD^{commit}" }
  tree.base = result and result.code == 0 and result.out:match "^%x+"
  if not tree.base then
    local silent = result and not result.timed_out and result.err == ""
    return nil, err("usage", silent
      and tr("%s has no commit yet, which a worktree begins with; commit first", paths.short(root))
      or tr("no worktree was made: %s", words_of(result, e)))
  end
  result = call { "show-ref", "--verify", "--quiet", "refs/heads/" .. tree.branch }
  if result and result.code == 0 then
    return nil, err("usage", tr("there is a branch %s, and no worktree of it in %s; give another "
      .. "name, or delete it: git worktree prune && git branch -d %s", tree.branch, paths.short(tree.path), tree.branch))
  end
  result, e = call({ "worktree", "add", "-b", tree.branch, tree.path, tree.base }, SECONDS)
  if not result or result.code ~= 0 then
    return nil, err("denied", tr("no worktree was made: %s", words_of(result, e)))
  end
  tree.from = git.branch(root)
  return tree
end

---The worktree of a name: made where it is missing, else entered.
---@param cwd string real path
---@param name string|true true: a new one of any name
---@return Tree?, Err?
function M.enter(cwd, name)
  if name == true then name = made_name() end
  local problem = problem_of(name)
  if problem then
    return nil, err("usage", tr("'%s' is no name for a worktree: %s", name, problem))
  end
  local root, top = repository(cwd)
  if not root then return nil, top end
  local folder, e = M.folder(top)
  if not folder then return nil, e end
  local lock <close>, busy = fs.lock(folder .. "/.lock", SECONDS) -- another run may be making it
  if not lock then return nil, busy end
  local tree = { name = name, path = folder .. "/" .. name, branch = "worktree-" .. name,
    root = top }
  local stat = fs.stat(tree.path, false)
  if not stat then return make(root, tree) end
  local linked = stat.type == "dir" and (fs.stat(tree.path .. "/.git", false) or {}).type == "file"
  if linked and git.common(tree.path) == git.common(top) then
    tree.branch = git.branch(tree.path) or tree.branch
    return tree
  end
  return nil, err("usage", tr("%s is there already and is no worktree of this repository; give "
    .. "another name", paths.short(tree.path)))
end

---As a run begins: enters it, and reads folders that flags name from where the run was started.
---@param cwd string
---@param opts table
---@return string? path
---@return Tree|Err
function M.start(cwd, opts)
  local tree, e = M.enter(cwd, opts.worktree)
  if not tree then
    local words = type(opts.worktree) == "string" and opts.worktree:find "%s"
      and "\n" .. tr("for a worktree of any name and this prompt: qwen --worktree -p '...'") or ""
    return nil, err(e.kind, e.message .. words)
  end
  for i, folder in ipairs(opts.include) do
    local path = paths.expand(folder)
    opts.include[i] = path:sub(1, 1) == "/" and path or cwd .. "/" .. path
  end
  return tree.path, tree
end

---What has happened in a worktree of this run.
---@param tree Tree
---@return {changed: integer, commits: integer}? nil where it cannot be told
function M.state(tree)
  local call = runner(tree.path)
  if not call or git_looks.uses_filters(tree.path) then return nil end
  local status = call { "status", "--porcelain", "--ignore-submodules=none" }
  local count = tree.base and call { "rev-list", "--count", tree.base .. "..HEAD" }
  if not (status and status.code == 0 and not status.truncated) then return nil end
  if not (count and count.code == 0) then return nil end
  return { changed = select(2, status.out:gsub("\n", "")), commits = tonumber(count.out) or 0 }
end

---The worktree of a name that is there already.
---@param cwd string
---@param name string
---@return Tree?, Err?
function M.find(cwd, name)
  local problem = problem_of(name)
  local root, top = repository(cwd)
  if problem or not root then
    return nil, not root and top or err("usage", tr("'%s' is no name for a worktree: %s", name, problem))
  end
  local tree = { name = name, path = top .. BELOW .. "/" .. name, root = top }
  local linked = (fs.stat(tree.path, false) or {}).type == "dir"
  if not linked or git.common(tree.path) ~= git.common(top) then
    return nil, err("missing", tr("there is no worktree %s of this repository", name))
  end
  tree.branch = git.branch(tree.path) or ""
  return tree
end

-- Whether a branch besides its own, or a tag, has the last commit of a worktree; nil: git fails.
local function is_elsewhere(call, tree)
  local head = call({ "-C", tree.path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}" })
  local commit = head and head.code == 0 and head.out:match "^%x+"
  local list = commit and call { "for-each-ref", "--contains", commit, "--format=%(refname)" }
  if not list or list.code ~= 0 then return nil end
  for name in list.out:gmatch "[^\n]+" do
    if name ~= "refs/heads/" .. tree.branch then return true end
  end
  return false
end

---Why the removal of a worktree would lose something; nil where it would not.
---@param tree Tree
---@param discard boolean? what is not committed may go
---@return Err?
function M.loss(tree, discard)
  local call, e = runner(tree.root)
  if not call then return e end
  local inner = not discard and runner(tree.path)
  local status = inner and inner { "status", "--porcelain", "--ignore-submodules=none" }
  local known = discard or status and status.code == 0 and not status.truncated
  local elsewhere = known and is_elsewhere(call, tree)
  if elsewhere == nil or not known then
    return err("denied", tr("git cannot tell what is in %s", paths.short(tree.path)))
  end
  if status and status.out ~= "" then
    return err("denied", tr("the worktree %s has changes that are not committed: %d",
      tree.name, select(2, status.out:gsub("\n", ""))), { code = "changes" })
  end
  if not elsewhere then
    return err("denied", tr("the branch %s has commits that no other branch has: merge it first",
      tree.branch), { code = "commits" })
  end
end

---Removes a worktree, and its branch where that was made for it. Only where `loss` names none.
---@param tree Tree
---@return boolean?, Err?
function M.drop(tree)
  local call, e = runner(tree.root)
  if not call then return nil, e end
  local own = tree.branch == "worktree-" .. tree.name
  for _, words in ipairs { { "worktree", "remove", "--force", tree.path },
    own and { "branch", "-D", tree.branch } or nil } do
    local result, problem = call(words, SECONDS)
    if not result or result.code ~= 0 then
      return nil, err("denied", tr("the worktree stays: %s", words_of(result, problem)))
    end
  end
  return true
end

---Removes a worktree in which nothing was changed, and its branch. git refuses any other.
---@param tree Tree
---@return boolean?, Err?
function M.remove(tree)
  local call, e = runner(tree.root)
  if not call then return nil, e end
  for _, words in ipairs { { "worktree", "remove", tree.path }, { "branch", "-d", tree.branch } } do
    local result, problem = call(words, SECONDS)
    if not result or result.code ~= 0 then
      return nil, err("denied", tr("the worktree stays: %s", words_of(result, problem)))
    end
  end
  return true
end

return M
