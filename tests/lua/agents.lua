-- Agents through the real program: in the background, stopped alone, of agents, in git worktrees of their own; what
-- goes on beside the conversation, its end, and what the model is told of it.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local recording = dofile "tests/recording.lua"
local json = require "sys.json"
local fs = require "sys.fs"
local proc = require "qwen.util.process"
require "qwen.api"

local function call(name, args, id) return { name = name, arguments = args, id = id } end
local function calls(...) return { calls = { ... } } end
local function agent(kind, prompt, more)
  local args = { subagent_type = kind, prompt = prompt, description = prompt }
  for name, value in pairs(more or {}) do args[name] = value end
  return call("task", args, "c-" .. prompt:gsub("%W", ""))
end
local function asked(words, answer)
  answer.asked = words
  return answer
end

local function run(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "sk-of-ours-0123456789" } })
end

local function last_of(request)
  local messages = request.body.messages
  local last = messages[#messages]
  return type(last.content) == "string" and last.content or json.encode(last.content)
end

-- The requests whose last message holds a text.
local function with(server, words)
  local out = {}
  for _, request in ipairs((server:requests())) do
    if last_of(request):find(words, 1, true) then out[#out + 1] = request end
  end
  return out
end

-- The tools of a request.
local function tools_of(request)
  local out = {}
  for _, tool in ipairs(request.body.tools or {}) do out[tool["function"].name] = true end
  return out
end

-- Agents of agents, to depth 2; without a screen nothing is in the background.
do
  local server <close> = fake.start { asked("go", calls(agent("general-purpose", "first", { run_in_background = true }))),
    asked("first", calls(agent("general-purpose", "second"))), asked("second", calls(agent("general-purpose", "third"))),
    asked("There is no tool", { text = "alone" }), asked("alone", { text = "from below" }), asked("from below", { text = "done" }) }
  local r = run(program.place(), server, "-p", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  t.ok(tools_of(with(server, "first")[1]).task, "an agent may start agents")
  t.eq(tools_of(with(server, "second")[1]).task, nil, "an agent of an agent may not")
  t.match(last_of(with(server, "There is no tool")[1]), "no tool 'task'", "and is told so")
  t.match(last_of(with(server, "from below")[1]), "ran in the foreground", "nobody could be told later")
end
for depth, names in pairs { [1] = { true, nil }, [3] = { true, true, true } } do
  local server <close> = fake.start { asked("go", calls(agent("general-purpose", "first"))), { text = "x" }, { text = "done" } }
  run(program.place { ["~/.qwen/settings.json"] = ('{"model":{"maxSubagentDepth":%d}}'):format(depth) }, server, "-p", "go")
  t.eq(tools_of(with(server, "first")[1]).task, names[2], "maxSubagentDepth " .. depth)
end

-- What holds an agent is not passed over, whatever program it was written for.
for field, want in pairs { ["approvalMode: plan"] = "plan mode only looks", ["approvalMode: PLAN"] = "plan mode only looks",
  ["permissionMode: plan"] = "plan mode only looks", ["approvalMode: 'plan'"] = "plan mode only looks", ["approvalMode: readonly"] = "is none of ours",
  ["approvalMode: [plan]"] = "is none of ours", ["permissionMode: acceptEdits"] = false, ["approvalMode: yolo"] = false, ["approvalMode:"] = false } do
  local place = program.place { ["~/.qwen/agents/held.md"] = "---\nname: held\ndescription: Held\n" .. field .. "\n---\nYou work.\n" }
  local server <close> = fake.start { asked("go", calls(agent("held", "write it"))),
    asked("write it", calls(call("write_file", { file_path = place.cwd .. "/x", content = "x" }))), { text = "over" }, { text = "done" } }
  run(place, server, "-y", "-p", "go")
  local said = {}
  for _, request in ipairs((server:requests())) do said[#said + 1] = last_of(request) end
  t.eq(fs.exists(place.cwd .. "/x"), not want, field)
  if want then t.match(table.concat(said, "\n"), want, field) end
end

-- What goes on in the background starts beside agents of the same turn, not after them.
do
  local place = program.place()
  local waits = "for i in $(seq 300); do test -e started && exit 0; sleep 0.02; done; exit 9"
  local server <close> = fake.start {
    asked("go", calls(agent("general-purpose", "wait for it"), call("run_shell_command", { is_background = true, command = "touch started" }))),
    asked("wait for it", calls(call("run_shell_command", { command = waits }))), { text = "over" }, { text = "done" } }
  run(place, server, "-y", "-p", "go")
  local said = {}
  for _, request in ipairs((server:requests())) do said[#said + 1] = last_of(request) end
  t.ok(not table.concat(said, "\n"):find("exit code 9", 1, true), "it was there while the agent worked")
  t.ok(fs.exists(place.cwd .. "/started"), "it ran")
end

-- A session at the prompt.
local function session(answers, options)
  options = options or {}
  options.log, options.rows, options.cols = true, 30, 100
  options.args = options.args or { "--yolo" }
  local self = recording.start(answers, options)
  self.wait "/help"
  return self
end

-- The end of one in the background is reported at once, and to the model with the next prompt.
do
  local s <close> = session { asked("go", calls(agent("explore", "look around", { run_in_background = true }))),
    asked("Started in the background", { text = "It works beside us." }), asked("look around", { text = "I found it.", delay = 1 }),
    asked("what now", { text = "It found it." }) }
  s.type "go\r"
  s.wait "It works beside us."
  s.wait "Ended in the background: explore: look around"
  s.type "what now\r"
  s.wait "It found it."
  local told = with(s.server, "what now")[1]
  t.match(last_of(told), "%[qwen%] The agent explore: look around in the background %(agent_%x+%) has ended", "the model is told")
  t.match(last_of(told), "I found it", "with its answer")
  s.type "and\r"
end

-- A turn by itself, where that was set.
do
  local s <close> = session({ asked("go", calls(agent("explore", "look around", { run_in_background = true }))),
    asked("Started in the background", { text = "It works beside us." }), asked("look around", { text = "I found it.", delay = 0.5 }),
    asked("I found it.", { text = "So it was found." }) }, { files = { ["~/.qwen/settings.json"] = '{"agents":{"startTurns":true}}' } })
  s.type "go\r"
  t.ok(s.wait "So it was found.", "the model answers by itself")
end

-- Each is stopped alone, also one that asks; the others and the turn go on. Who leaves the question of one in the background stops that one.
local STOPPER = [[return { permission_asked = function(ctx)
  local agent = ctx.agent
  ctx.after(0.2, function() agent.stop() end)
end }]]
do
  local s <close> = session({ asked("go", calls(agent("general-purpose", "ask me"), agent("general-purpose", "answer late"))),
    asked("ask me", calls(call("run_shell_command", { command = "touch made" }))), asked("answer late", { text = "Late.", delay = 2 }),
    asked("Late.", { text = "One was stopped." }) }, { args = {}, files = { ["~/.qwen/hooks/stopper.lua"] = STOPPER } })
  s.type "go\r"
  t.ok(s.wait "Agent general-purpose (ask me): Run this command?", "the question names the agent")
  t.ok(s.wait "One was stopped.", "the turn goes on without it")
  local results = with(s.server, "Late.")[1].body.messages
  t.match(json.encode(results), "The user stopped this agent", "its result says so")
  t.eq(fs.exists(s.place.cwd .. "/made"), false, "nothing was run")
end
do
  local s <close> = session({ asked("go", calls(agent("general-purpose", "ask me", { run_in_background = true }))),
    asked("Started in the background", { text = "Beside us." }), asked("ask me", calls(call("run_shell_command", { command = "touch made" }))),
    asked("next", { text = "Good." }) }, { args = {} })
  s.type "go\r"
  s.wait "Run this command?"
  s.type "\3"
  t.ok(s.wait "ask me · stopped", "it was stopped")
  s.type "next\r"
  s.wait "Good."
  t.match(last_of(with(s.server, "next")[1]), "was stopped by the user", "the model knows")
end

-- One that is stopped in its worktree leaves it where something was changed, and says so.
if t.need "git" then
  local s <close> = session({ asked("go", calls(agent("general-purpose", "write it", { isolation = "worktree" }))),
    asked("write it", calls(call("write_file", { file_path = "b.txt", content = "new" }))),
    asked("b.txt", calls(call("run_shell_command", { command = "touch made" }))), asked("stopped this agent", { text = "It was stopped." }) },
    { args = { "--trust-folder", "--approval-mode", "auto-edit" }, files = { ["~/.qwen/hooks/stopper.lua"] = STOPPER, [".git/HEAD"] = "ref: refs/heads/x\n" } })
  local made = proc.run { argv = { "/bin/sh", "-c", "rm -r .git && git init -q && git config user.email a@b && git config user.name n "
    .. "&& git commit -q --allow-empty -m one" }, cwd = s.place.cwd, env = proc.helper_env() }
  t.eq(made.code, 0, made.err)
  s.type "go\r"
  t.ok(s.wait "It was stopped.", "the turn goes on")
  local said = s.bytes():find("its worktree: ", 1, true) or s.wait "its worktree: "
  t.ok(said, "the user is told where it is")
  local path = last_of(with(s.server, "stopped this agent")[1]):match "Its worktree is (%S+), branch"
  t.eq(path and fs.read(path .. "/b.txt"), "new", "what it wrote is there")
end

-- A conversation that is shortened still knows what runs.
do
  local read = call("read_file", { file_path = "long.txt" })
  local s <close> = session({ asked("go", calls(agent("explore", "look around", { run_in_background = true }))),
    asked("look around", { text = "x", delay = 60 }), asked("Started in the background", calls(read)),
    calls(call("read_file", { file_path = "long.txt", offset = 2 })),
    { status = 400, json = { error = { message = "This model's maximum context length is 4096 tokens", code = "context_length_exceeded" } } },
    { text = "NOTES" }, { text = "It is short now." } }, { files = { ["long.txt"] = ("a line of a long file\n"):rep(400) } })
  s.type "go\r"
  t.ok(s.wait "It is short now.", "it is shortened while an agent works")
  local list = s.server:requests()
  t.match(json.encode(list[#list].body.messages), "%- agent_%x+, agent: explore: look around", "the agent is among the facts")
end

-- Ctrl-C stops five at once; more than have a place wait; the next prompt is answered.
do
  local list = {}
  for i = 1, 20 do list[i] = agent("explore", "number " .. i) end
  local s <close> = session { asked("go", calls(table.unpack(list))), asked("number", { text = "x", delay = 30, times = 0 }),
    asked("again", { text = "All is well." }) }
  s.type "go\r"
  s.wait "waits for a place"
  s.type "\3"
  s.wait "(stopped)"
  s.type "again\r"
  t.ok(s.wait "All is well.", "the session goes on")
  t.eq(#with(s.server, "number"), 4, "four had a place")
end

-- Worktrees: {name, files, prepare, agent's calls, kept: what the model reads, refused}
local GIT = "git -c init.defaultBranch=main init -q && git config user.email a@b && git config user.name n && git add -A && git commit -qm one"
local function write(path) return calls(call("write_file", { file_path = path, content = "new\n" })) end
local trees = {
  { "unchanged", prepare = GIT, { text = "Looked." }, gone = true },
  { "a file", prepare = GIT, write "b.txt", { text = "Wrote." }, files = { "b.txt" } },
  { "an ignored file", prepare = "echo '*.log' > .gitignore; " .. GIT, write "b.log", { text = "Wrote." }, files = { "b.log" } },
  { "a commit", prepare = GIT, calls(call("run_shell_command", { command = "echo x > c; git add c; git commit -qm two" })), { text = "Committed." },
    files = { "c" }, told = "1 commits, 0 files" },
  { "a dirty tree", prepare = GIT .. "; echo y >> a.txt", calls(call("run_shell_command", { command = "cat a.txt" })), { text = "Read." }, gone = true,
    words = "not committed in the project are not in it" },
  { "a subfolder", prepare = "mkdir sub; cp a.txt sub; " .. GIT, cwd = "sub", write "d.txt", { text = "Wrote." }, files = { "sub/d.txt" } },
  { "a submodule", prepare = GIT .. "; git -c protocol.file.allow=always submodule -q add ./ inner; git commit -qm sub", { text = "Looked." }, gone = true },
  { "in a submodule", prepare = GIT .. "; git -c protocol.file.allow=always submodule -q add ./ inner; git commit -qm sub", cwd = "inner",
    write "e.txt", { text = "Wrote." }, files = { "e.txt" } },
  { "hidden files", prepare = GIT .. "; echo a.txt > .qwenignore", refused = ".qwenignore is not in the last commit" },
  { "no commit", prepare = "git init -q", refused = "the repository has no commit yet" },
  { "no repository", prepare = "true", refused = "the project is no git repository" },
  { "a link", prepare = GIT .. "; mkdir .qwen out; ln -s ../out .qwen/worktrees", refused = "is a link" },
  { "not trusted", prepare = GIT, trust = false, refused = "has not trusted this folder" },
}
for _, case in ipairs(t.need "git" and trees or {}) do
  local name = case[1]
  local place = program.place { ["a.txt"] = "a\n" }
  local made = proc.run { argv = { "/bin/sh", "-c", case.prepare }, cwd = place.cwd, env = proc.helper_env() }
  t.eq(made.code, 0, name .. ": " .. made.err)
  local answers = { calls(agent("general-purpose", "work", { isolation = "worktree" })) }
  for i = 2, #case do answers[i] = case[i] end
  answers[#answers + 1] = { text = "done" }
  local server <close> = fake.start(answers)
  local top = place.cwd
  place.cwd = case.cwd and top .. "/" .. case.cwd or top
  local r = run(place, server, "--yolo", "-p", "go", case.trust ~= false and "--trust-folder" or nil)
  t.eq(r.code, 0, name .. ": " .. r.err)
  local list = server:requests()
  local result = last_of(list[#list])
  local listed = proc.run { argv = { "git", "worktree", "list" }, cwd = place.cwd, env = proc.helper_env() }.out
  local path = listed:match "(%S*/%.qwen/worktrees/agent%-%x+) "
  if case.refused then
    t.ok(result:find(case.refused, 1, true), name .. ": " .. result)
    t.eq(#list, 2, name .. ": no agent works elsewhere")
  elseif case.gone then
    t.match(result, "Nothing was changed in its worktree", name)
    t.eq(path, nil, name .. ": it is gone")
    local branches = proc.run { argv = { "git", "branch", "--list", "worktree-*" }, cwd = place.cwd, env = proc.helper_env() }.out
    t.eq(branches, "", name .. ": and its branch")
  else
    t.match(result, "Its changes are in the worktree .*branch worktree%-agent%-%x+: " .. (case.told or ""), name)
    for _, file in ipairs(case.files) do
      t.ok(path and fs.exists(path .. "/" .. file), name .. ": " .. file .. " is there")
      t.eq(fs.exists(top .. "/" .. file), false, name .. ": and not in the project")
    end
  end
  if case.words then t.match(list[2].body.messages[2].content, case.words, name) end
  local status = proc.run { argv = { "git", "status", "--porcelain" }, cwd = place.cwd, env = proc.helper_env() }.out
  t.ok(not status:find("worktrees", 1, true), name .. ": git does not see it: " .. status)
end

t.done()
