-- enter_worktree and exit_worktree with real repositories: where the session is, and what is never lost.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local proc = require "qwen.util.process"
local tool_ctx = dofile "tests/tool_ctx.lua"
require "qwen.api"
local registry = require "qwen.extension.registry"
registry.scan { safe = true }
local enter, exit = registry.get("tools", "enter_worktree"), registry.get("tools", "exit_worktree")

if not proc.which "git" then
  print "SKIPPED: git is not installed"
  return t.done()
end

local function sh(folder, script)
  local env = { PATH = os.getenv "PATH", HOME = folder, GIT_CONFIG_NOSYSTEM = "1", GIT_AUTHOR_NAME = "a", GIT_AUTHOR_EMAIL = "a@b",
    GIT_COMMITTER_NAME = "a", GIT_COMMITTER_EMAIL = "a@b" }
  local r = assert(proc.run { argv = { "/bin/sh", "-c", "set -e\n" .. script }, cwd = folder, env = env, timeout = 60 })
  assert(r.code == 0, script .. ": " .. r.err)
  return r.out
end

local function world(script)
  local root, ctx = tool_ctx "tree"
  sh(root, "git init -q -b main . && echo a > a.txt && git add . && git commit -qm one\n" .. (script or ""))
  ctx.trusted, ctx.folders = true, {}
  function ctx.move(path)
    ctx.cwd = path
    return path
  end
  return root, ctx
end

-- In, and out again: kept, entered once more, removed.
do
  local root, ctx = world()
  local tree = root .. "/.qwen/worktrees/fix"
  local got = json.decode(enter.run(ctx, { name = "fix" }).text)
  t.eq({ got.worktreePath, got.worktreeBranch, ctx.cwd }, { tree, "worktree-fix", tree }, "entered")
  t.match(tostring(select(2, enter.run(ctx, {}))), "exit_worktree", "not from one into the next")
  got = json.decode(exit.run(ctx, { name = "fix", action = "keep" }).text)
  t.eq({ got.action, ctx.cwd, fs.exists(tree) }, { "keep", root, true }, "kept")
  assert(enter.run(ctx, { name = "fix" }))
  t.eq(ctx.cwd, tree, "entered again")
  assert(exit.run(ctx, { name = "fix", action = "remove" }))
  t.eq({ ctx.cwd, fs.exists(tree), sh(root, "git branch") }, { root, false, "* main\n" }, "removed, with its branch")
  assert(enter.run(ctx, { name = "" }))
  t.match(ctx.cwd, "/%.qwen/worktrees/%l+%-%l+%-%x+$", "one of any name")
end

-- What a removal would lose: it is refused, and the session stays where it is.
for name, row in pairs {
  ["a new file"] = { "echo x > new", "not committed", discard = true },
  ["a changed file"] = { "echo x > a.txt", "not committed", discard = true },
  ["a staged file"] = { "echo x > new; git add new", "not committed", discard = true },
  ["a commit"] = { "echo x > new; git add new; git commit -qm two", "commits that no other" },
  ["a commit on no branch"] = { "git checkout -q --detach; echo x > new; git add new; git commit -qm two", "commits that no other" },
  ["a broken git"] = { "echo 'gitdir: /nowhere' > .git", "leads nowhere" },
} do
  local root, ctx = world()
  assert(enter.run(ctx, { name = "x" }))
  local tree = ctx.cwd
  sh(tree, row[1])
  t.match(tostring(select(2, exit.run(ctx, { name = "x", action = "remove" }))), row[2], name)
  t.eq({ ctx.cwd, fs.exists(tree) }, { tree, true }, name .. ": nothing happened")
  local result = exit.run(ctx, { name = "x", action = "remove", discard_changes = true })
  t.eq({ result ~= nil, fs.exists(tree) }, { row.discard or false, not row.discard }, name .. ": with discard_changes")
  t.eq(ctx.cwd, row.discard and root or tree, name .. ": where the session is")
end

-- A branch that others have, and one that is not its own, stay.
do
  local root, ctx = world()
  assert(enter.run(ctx, { name = "x" }))
  sh(ctx.cwd, "echo x > new; git add new; git commit -qm two; git branch saved")
  t.ok(exit.run(ctx, { name = "x", action = "remove" }), "its commit is on another branch")
  assert(enter.run(ctx, { name = "y" }))
  sh(ctx.cwd, "git checkout -q -b mine; git branch other")
  t.ok(exit.run(ctx, { name = "y", action = "remove" }), "on a branch of the user's")
  t.match(sh(root, "git branch"), "mine", "which stays")
end

-- What is none.
for _, name in ipairs { "none", "..", "../../x", "a/b", "", "-f", "agent-1234567" } do
  local _, ctx = world()
  local result, e = exit.run(ctx, { name = name, action = "remove", discard_changes = true })
  t.ok(not result and e, "no worktree " .. name)
end
do -- a folder of that name, a link, another repository
  local root, ctx = world "mkdir -p .qwen/worktrees/dir .qwen/worktrees/own; ln -s /tmp .qwen/worktrees/link; cd .qwen/worktrees/own; git init -q ."
  for _, name in ipairs { "dir", "link", "own" } do
    t.err(nil, select(2, exit.run(ctx, { name = name, action = "remove", discard_changes = true })), "missing", name)
  end
  t.ok(fs.exists(root .. "/.qwen/worktrees/own/.git"), "they stay")
end

-- Nothing that a repository's configuration names is run.
do
  local root, ctx = world()
  sh(root, [[printf '#!/bin/sh\ntouch "]] .. root .. [[/hit"\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
    git config core.fsmonitor "touch ]] .. root .. [[/hit"; git config alias.worktree "!touch ]] .. root .. [[/hit"]])
  assert(enter.run(ctx, { name = "x" }))
  assert(exit.run(ctx, { name = "x", action = "remove" }))
  t.ok(not fs.exists(root .. "/hit"), "no hook, no monitor, no alias")
end

-- Where they are offered.
do
  local _, ctx = world()
  t.eq({ enter.offered(ctx), exit.offered(ctx) }, { true, true }, "in a trusted repository at the prompt")
  for field, value in pairs { trusted = false, agent = {}, move = false } do
    local other = setmetatable({ [field] = value }, { __index = ctx })
    t.eq({ enter.offered(other) or false, exit.offered(other) or false }, { false, false }, field)
  end
  local other = setmetatable({ trusted = false, entered = {} }, { __index = ctx })
  t.eq({ enter.offered(other), exit.offered(other) }, { false, true }, "the way out is always there")
end
t.done()
