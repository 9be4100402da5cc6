-- Worktrees for sessions, with real repositories: made, entered, refused with a sentence, removed; and repositories that would run something.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local proc = require "qwen.util.process"
local worktrees = require "qwen.permission.worktrees"

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

-- A repository of one commit.
local function repository(script)
  local where = program.place { ["~/.qwen/settings.json"] = "{}", ["a.txt"] = "a\n" }
  sh(where.cwd, "git init -q -b main . && git add . && git commit -qm one\n" .. (script or ""))
  return where
end

local function run(where, args, server, cwd)
  return program.run(where, args, { cwd = cwd, env = server and { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" } or { OPENAI_MODEL = "m" } })
end

-- Made, used, kept out of git's sight, entered again with its session.
do
  local where = repository()
  local server <close> = fake.start { { calls = { { name = "run_shell_command", arguments = { command = "pwd; cat a.txt; echo b > b.txt" } } } },
    { text = "done" }, { text = "again", times = 0 } }
  local r = run(where, { "-y", "-w", "fix", "-p", "hi" }, server)
  local tree = where.cwd .. "/.qwen/worktrees/fix"
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  t.match(r.err, "the worktree fix stays %(1 file changed, 0 commits%); go on: qwen %-w fix %-c; drop it: git worktree remove", "how to go on")
  t.eq(select(2, r.err:gsub("\n", "")), 1, "one line: " .. r.err)
  local requests = server:requests()
  t.match(json.encode(requests[2].body.messages), tree:gsub("%p", "%%%0"), "commands run there")
  t.eq({ fs.exists(tree .. "/b.txt"), fs.exists(where.cwd .. "/b.txt") }, { true, false }, "and change nothing in the project")
  t.eq(sh(where.cwd, "git status --porcelain"), "", "git does not list it")
  t.match(sh(where.cwd, "git branch"), "%+ worktree%-fix", "its branch")
  t.eq(run(where, { "-w", "fix", "-c", "-p", "more" }, server).out, "again\n", "entered again, with its session")
  requests = server:requests()
  t.match(json.encode(requests[#requests].body.messages), "hi.*done.*more", "the same conversation")
  t.eq(run(where, { "-w", "fix", "-c", "-p", "more" }, server, tree).out, "again\n", "from inside of it, too")
  local id = json.decode(run(where, { "--worktree=fix", "sessions", "list", "--json" }).out)[1].id
  t.match(run(where, { "-r", id, "-p", "more" }, server).err, "qwen %-w fix %-%-resume " .. id:gsub("%-", "%%-"), "from the project: how to go on")
  local beside = run(where, { "-w", "other", "-p", "x" }, server, tree)
  t.ok(fs.exists(where.cwd .. "/.qwen/worktrees/other/a.txt"), "another is made beside it: " .. beside.err)
  sh(where.cwd, "mkdir -p sub")
  t.eq(run(where, { "--worktree=fix", "-p", "x" }, server, where.cwd .. "/sub").code, 0, "from a folder of the project")
  t.eq(run(where, { "-w", "-p", "x" }, server).code, 0, "one without a name")
  t.eq(select(2, sh(where.cwd, "git worktree list"):gsub("worktree%-%l+%-%l+%-%x+", "")), 1, "has one of its own")
end

-- Refused with a sentence, and nothing is made.
for name, row in pairs {
  ["no repository"] = { "rm -rf .git", "x", "no git repository.*git init" },
  ["no commit"] = { "rm -rf .git; git init -q .", "x", "has no commit yet" },
  ["a slash"] = { "", "a/b", "is no name for a worktree.*letters" },
  ["a blank"] = { "", "say hi", "is no name.*qwen %-%-worktree %-p" },
  ["dots"] = { "", "..", "must not begin" }, ["dots inside"] = { "", "a..b", "must not begin" },
  ["a hidden name"] = { "", ".git", "must not begin" }, ["an end of git's"] = { "", "a.lock", "must not begin" },
  ["an option"] = { "", "--worktree=-b", "must not begin", true },
  ["a long name"] = { "", ("a"):rep(65), "more than 64" }, ["an agent's"] = { "", "agent-1234567", "are for agents" },
  ["Chinese"] = { "", "修复", "letters" }, ["a pull request"] = { "", "#12", "git fetch origin pull/12/head" },
  ["a branch of that name"] = { "git branch worktree-x", "x", "there is a branch worktree%-x" },
  ["something else there"] = { "mkdir -p .qwen/worktrees; echo > .qwen/worktrees/x", "x", "is there already" },
  ["a folder there"] = { "mkdir -p .qwen/worktrees/x", "x", "is there already" },
  ["another repository there"] = { "mkdir -p .qwen/worktrees/x; cd .qwen/worktrees/x; git init -q .", "x", "is there already" },
  ["a link for the folder"] = { "ln -s /tmp .qwen", "x", "is a link" },
  ["a link below"] = { "mkdir .qwen; ln -s /tmp .qwen/worktrees", "x", "is a link" },
  ["a broken .git"] = { "rm -rf .git; echo 'gitdir: /nowhere' > .git", "x", "leads nowhere" },
  ["an unknown setting"] = { "git config foo.command 'touch hit'", "x", "hold foo%.command" },
  ["a worktree of its own"] = { "git config core.worktree /tmp", "x", "hold core%.worktree" },
} do
  local where = repository(row[1])
  local before = sh(where.cwd, "find . -path ./.git/objects -prune -o -print | sort")
  local args = row[4] and { row[2], "-p", "hi" } or { "-w", row[2], "-p", "hi" }
  local r = run(where, args)
  t.ok(r.code == 1 or r.code == 2, name .. ": " .. tostring(r.code))
  t.match(r.err, row[3], name)
  local after = sh(where.cwd, "find . -path ./.git/objects -prune -o -print | sort")
  t.eq((after:gsub("%./%.qwen\n", ""):gsub("%./%.qwen/worktrees\n", ""):gsub("%./%.qwen/worktrees/%.%l+\n", "")),
    (before:gsub("%./%.qwen\n", ""):gsub("%./%.qwen/worktrees\n", "")), name .. ": nothing is made")
end
do
  local where = repository "cd ..; git clone -q --bare project bare.git"
  t.match(run(where, { "-w", "x", "-p", "hi" }, nil, where.root .. "/bare.git").err, "is a bare repository", "a bare repository")
  sh(where.root, "mkdir all; mv bare.git all/.bare; echo 'gitdir: ./.bare' > all/.git")
  local server <close> = fake.start { { text = "ok", times = 0 } }
  t.eq(run(where, { "-w", "x", "-p", "hi" }, server, where.root .. "/all").out, "ok\n", "one behind a file .git has worktrees")
  sh(where.cwd, "cp -r . ../inner; git -c protocol.file.allow=always submodule add -q ../inner inner; git commit -qm two")
  t.match(run(where, { "-w", "x", "-p", "hi" }, nil, where.cwd .. "/inner").err, "is a submodule", "a submodule")
  local r = run(where, { "-w", "sub", "-p", "hi" }, server)
  t.match(r.err, "git submodule update %-%-init", "submodules are named")
  local home = program.place { [".gitignore"] = "*\n" }
  sh(home.cwd, "git init -q -b main . && git add -f .gitignore && git commit -qm one")
  local own = program.run(home, { "-w", "x", "-p", "hi" }, { env = { HOME = home.cwd, OPENAI_MODEL = "m" } })
  t.match(own.err, "is your home folder", "the home folder")
end

-- Many at once by one name: one makes it, all are in it.
do
  local where = repository()
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local children = {}
  for i = 1, 4 do
    children[i] = assert(require("sys.proc").open { argv = { program.binary, "-w", "same", "-p", "hi " .. i }, cwd = where.cwd, stdin = "null",
      stderr = "null", env = { HOME = where.home, PATH = os.getenv "PATH", LANG = "C.UTF-8", OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" } })
  end
  for i, child in ipairs(children) do
    local out = ""
    for chunk in function() return (child:read()) end do out = out .. chunk end
    t.eq({ child:wait().code, out }, { 0, "ok\n" }, "run " .. i)
  end
  t.eq(select(2, sh(where.cwd, "git worktree list"):gsub("worktree%-same", "")), 1, "one worktree")
end

-- What is in no commit is named; trust of the repository holds.
do
  local where = repository "mkdir .qwen; echo '{}' > .qwen/settings.json; echo .qwen > .git/info/exclude"
  assert(fs.write(where.home .. "/.qwen/trustedFolders.json", json.encode { [where.cwd] = "TRUST_FOLDER" }))
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local r = run(where, { "-w", "x", "-p", "hi" }, server)
  t.match(r.err, "not in the worktree, for they are in no commit: [^\n]*settings%.json", "it is named")
  sh(where.cwd, "echo 'RULES OF IT' > QWEN.md; git add QWEN.md; git commit -qm two")
  run(where, { "-w", "y", "-p", "hi" }, server)
  local requests = server:requests()
  t.match(requests[#requests].body.messages[1].content, "RULES OF IT", "trusted as the repository is")
  t.match(run(where, { "-w", "z", "--add-dir", "../lib", "-p", "hi" }, server).err, "no such folder", "paths of flags begin where it was started")
end

-- A repository that would run something at each step; no run leaves its mark.
do
  local where = repository [[
    hit="$PWD/../hit"
    for hook in post-checkout reference-transaction post-index-change pre-commit post-merge; do
      printf '#!/bin/sh\necho %s >> %s\n' $hook "$hit" > .git/hooks/$hook; chmod +x .git/hooks/$hook
    done
    printf '#!/bin/sh\necho monitor >> %s\n' "$hit" > monitor; printf '#!/bin/sh\necho filter >> %s; cat\n' "$hit" > filter; chmod +x monitor filter
    echo '* filter=evil diff=evil' > .gitattributes
    git add .; git commit -qm two; rm -f "$hit"
    git config core.fsmonitor "$PWD/monitor"; git config filter.evil.smudge "$PWD/filter"; git config filter.evil.clean "$PWD/filter"
    git config filter.evil.required true; git config core.hooksPath .git/hooks; git config core.sshCommand "$PWD/monitor"
    git config core.pager "$PWD/monitor"; git config core.editor "$PWD/monitor"
  ]]
  local server <close> = fake.start { { text = "ok", times = 0 } }
  local r = run(where, { "-w", "x", "-p", "hi" }, server)
  t.eq({ r.code, r.out }, { 0, "ok\n" }, r.err)
  t.match(r.err, "go through filters", "filters are named")
  t.ok(fs.exists(where.cwd .. "/.qwen/worktrees/x/a.txt"), "it is made")
  run(where, { "-w", "x", "-c", "-p", "hi" }, server)
  local tree = assert(worktrees.enter(where.cwd, "y"))
  worktrees.state(tree)
  worktrees.remove(tree)
  t.eq(fs.read(where.root .. "/hit"), nil, "nothing of it ran")
end

-- Removing: only what is untouched, with its branch.
do
  local where = repository()
  local function enter(name) return assert(worktrees.enter(where.cwd, name)) end
  local clean = enter "clean"
  t.eq(worktrees.state(clean), { changed = 0, commits = 0 }, "untouched")
  t.eq(worktrees.remove(clean), true, "removed")
  t.eq({ fs.exists(clean.path), sh(where.cwd, "git branch") }, { false, "* main\n" }, "with its branch")
  for name, row in pairs { dirty = { "echo x > a.txt", { changed = 1, commits = 0 } }, new = { "echo x > n.txt", { changed = 1, commits = 0 } },
    commit = { "echo x > n.txt; git add n.txt; git commit -qm n", { changed = 0, commits = 1 } } } do
    local tree = enter(name)
    sh(tree.path, row[1])
    t.eq(worktrees.state(tree), row[2], name)
    if name ~= "commit" then
      local ok, e = worktrees.remove(tree)
      t.eq({ ok, e.kind }, { nil, "denied" }, name .. " stays")
      t.ok(fs.exists(tree.path), name .. " is there")
    end
  end
  local again = enter "dirty"
  t.eq({ again.base, again.branch }, { nil, "worktree-dirty" }, "one that was there before is not offered for removal")
  sh(where.cwd, "git worktree remove --force .qwen/worktrees/new; git branch -D worktree-new")
  t.ok(enter("new").base, "a name that is free again")
  fs.remove_tree(again.path)
  local made, e = worktrees.enter(where.cwd, "dirty")
  t.eq({ made, e.kind }, { nil, "usage" }, "one whose folder was deleted: its branch is still there")
end

t.done()
