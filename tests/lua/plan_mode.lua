-- Plan mode: what the model is told of it and when, why it refuses, and git's looking commands without what a repository would run.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"
local git_looks = require "qwen.permission.git_looks"
local proc = require "qwen.util.process"

local function run(place, answers, ...)
  local server <close> = fake.start(answers)
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", ... })
  r.asked = server:requests()
  return r
end

local function prompts(r)
  local out = {}
  for _, m in ipairs(r.asked[#r.asked].body.messages) do
    if m.role == "user" then out[#out + 1] = m.content end
  end
  return out
end

-- Told before the prompt, once, when it is entered and when it is left; the system prompt is the same.
do
  local place = program.place {}
  local first = run(place, { { text = "a plan" } }, "--approval-mode", "plan", "-p", "one")
  t.match(prompts(first)[1], "^%[qwen%] Plan mode is on.*\n\none$", "entered")
  local second = run(place, { { text = "more" } }, "--continue", "--approval-mode", "plan", "-p", "two")
  t.eq(prompts(second)[2], "two", "not again")
  local third = run(place, { { text = "done" } }, "--continue", "--approval-mode", "yolo", "-p", "three")
  t.match(prompts(third)[3], "^%[qwen%] Plan mode is off.*\n\nthree$", "left")
  t.eq(third.asked[1].body.messages[1], first.asked[1].body.messages[1], "the system prompt stays as it is")
  local list = program.run(place, { "sessions", "list" }).out
  t.match(list, "one", "the session has its prompt")
  t.ok(not list:find("[qwen]", 1, true), "and not ours")
end

-- Only what looks is rewritten.
local place = program.place { ["f.txt"] = "one\n" }
local function sh(command)
  local r = assert(proc.run { argv = { "sh", "-c", command }, cwd = place.cwd })
  assert(r.code == 0, command .. ": " .. r.err)
end
sh "git init -q . && git config user.email a@b && git config user.name a && git add . && git commit -qm 'first commit'"
for _, command in ipairs { "git log --output=x", "git diff --no-index a b", "git diff /etc/passwd f.txt", "git diff ../x f.txt",
  "git -c core.pager=x log", "git log --format=%G?", "git log --pretty=%h%GS", "git diff --ext-diff", "git log --textconv", "git log $(id)", "git show \"$X\"",
  "git status -v", "X=1 git log", "git log --show-signature", "git blame --contents x f.txt",
  "git log -Ofile", "cd .. && git log", "git commit -m x", "git diff ~/x f.txt", "cd sub; git log", "cd ..; git log",
  "cd -; git log", "(git log)", "git log &", "if true; then git log; fi", "git log $(git log)", "git log >/dev/null --stat", "git branch new", "git branch -D main",
  "git ls-files /etc", ("git log; "):rep(9), "git log; git push", "true" } do
  t.eq(git_looks.rewritten(command, place.cwd), nil, command)
end
for _, command in ipairs { "git log --oneline -5", "git log -n 3 --stat -- f.txt", "git diff HEAD~1 --cached", "git show HEAD:f.txt", "git status -sb",
  "git status --porcelain=v2", "git blame -L 1,2 f.txt", "git log --since='2 weeks ago' --author=x", "git diff main..HEAD -- 'a b.c'", "git log -Sword",
  "git --no-pager log -3", "git branch", "git branch -a", "git ls-files -o --exclude-standard" } do
  local safe, rest = git_looks.rewritten(command, place.cwd)
  t.eq({ safe and safe:find "core.fsmonitor=false" ~= nil, rest }, { true, "true" }, command)
end

-- In a longer command each is replaced, and what is left is judged like any other.
do
  local policy = require "qwen.permission.policy"
  local tool = { effect = "run", command = function(args) return args.command end }
  local ctx = { cwd = place.cwd, mode = "plan", settings = { get = function() end } }
  local stay = "cd " .. place.cwd .. " && "
  for command, rest in pairs {
    ["git log --oneline | head -5; git status --short"] = "true | head -5; true", ["git log 2>&1 | tail -3"] = "true 2>&1 | tail -3",
    [stay .. "git log 2>/dev/null || echo none"] = stay .. "true 2>/dev/null || echo none", ["git ls-files | grep -c txt"] = "true | grep -c txt",
    ["sed -n 1,3p f.txt; git diff -- 'f*.txt'"] = "sed -n 1,3p f.txt; true",
  } do
    t.eq(select(2, git_looks.rewritten(command, place.cwd)), rest, command)
    t.ok(policy.safe_look(ctx, tool, { command = command }), command)
    for _, mode in ipairs { "plan", "default", "auto-edit" } do
      ctx.mode = mode
      t.eq((policy.judge(ctx, "run_shell_command", tool, { command = command })), "allow", mode .. ": " .. command)
    end
    ctx.mode = "plan"
  end
  for _, command in ipairs { "git log | sh", "git log; rm f.txt", "git log; cat /etc/passwd", "git log > x", "git log | xargs rm", "git log; make" } do
    t.eq(policy.safe_look(ctx, tool, { command = command }), nil, command)
    t.eq((policy.judge(ctx, "run_shell_command", tool, { command = command })), "deny", command)
    ctx.mode = "default"
    t.eq((policy.judge(ctx, "run_shell_command", tool, { command = command })), "ask", command)
    ctx.mode = "plan"
  end
  for _, case in ipairs { { "permissions.deny", "Bash(rm *)", "deny" }, { "permissions.ask", "Bash(git *)", "deny" },
    { "permissions.allow", "Bash(git *)", "allow" } } do
    ctx.settings = { get = function(_, key) return key == case[1] and { case[2] } or nil end }
    t.eq((policy.judge(ctx, "run_shell_command", tool, { command = "git log" })), case[3], "under a rule: " .. case[1])
  end
end

-- Of a repository that names programs everywhere, none runs.
do
  local mark = place.root .. "/ran"
  local evil = place.root .. "/evil"
  assert(fs.write(evil, "#!/bin/sh\necho \"$0 $@\" >> " .. mark .. "\ncat \"$1\" 2>/dev/null\ncat\n", { mode = 493 }))
  for _, key in ipairs { "core.fsmonitor", "core.pager", "diff.external", "diff.d.textconv", "diff.d.command", "filter.f.clean", "filter.f.smudge",
    "filter.g.process", "gpg.program", "core.sshCommand" } do
    sh(("git config %s %s"):format(key, evil))
  end
  sh(("git config format.pretty '%%h %%G? %%s'; git config log.showSignature true; git config core.hooksPath hk; mkdir hk; "
    .. "cp %s hk/post-index-change"):format(evil))
  assert(fs.write(place.cwd .. "/.gitattributes", "*.txt diff=d filter=f\n"))
  assert(fs.write(place.cwd .. "/f.txt", "one\ntwo\n"))
  sh "git diff >/dev/null 2>&1; true"
  t.ok(fs.read(mark), "git itself runs them")
  fs.remove(mark)
  for command, want in pairs { ["git log -p"] = "first commit", ["git diff"] = "%+two", ["git show HEAD"] = "%+one", ["git status"] = "f.txt",
    ["git blame f.txt"] = "one", ["git log --oneline | head -1; git diff | grep two"] = "first commit\n%+two" } do
    local call = { name = "run_shell_command", arguments = { command = command } }
    for _, mode in ipairs { "plan", "default" } do
      local r = run(place, { { calls = { call } }, { text = "seen" } }, "--approval-mode", mode, "-p", "look")
      local messages = r.asked[2].body.messages
      t.match(messages[#messages].content, want, mode .. ": " .. command)
      t.eq(fs.read(mark), nil, "nothing of the repository ran: " .. command)
    end
  end
end

-- A refusal says why.
local call = { name = "run_shell_command", arguments = { command = "make all" } }
local r = run(program.place {}, { { calls = { call } }, { text = "ok" } }, "--approval-mode", "plan", "-p", "x")
local messages = r.asked[2].body.messages
t.match(messages[#messages].content, "^Refused: plan mode only looks: .+", "why")

t.done()
