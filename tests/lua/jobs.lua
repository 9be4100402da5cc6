-- What goes on beside the conversation, by real processes: what the model reads of it, its end, monitors that print much.
local t = dofile "tests/check.lua"
local tool_ctx = dofile "tests/tool_ctx.lua"
local wait = dofile "tests/wait.lua"
local fs = require "sys.fs"
local jobs = require "qwen.session.jobs"
local task = require "sys.task"
require "qwen.api"

local registry = require "qwen.extension.registry"
registry.scan { safe = true }

local function tool(name) return registry.get("tools", name) end

-- A session of its own; `ended`: what was told of ends.
local function world()
  local _, ctx = tool_ctx "jobs"
  ctx.interactive, ctx.agents, ctx.told = true, {}, {}
  ctx.session = { messages = {} }
  function ctx.background(fn) task.spawn(fn) end
  function ctx.job_ended(job) table.insert(ctx.told, job.how) end
  return ctx
end

local function run(ctx, name, args)
  local result, e = tool(name).run(ctx, args, "id")
  return result or { text = "", error = true, e = e }
end

local function ended(ctx)
  wait.until_true(function() return next(ctx.jobs) == nil end)
end

-- A command: what is new since the last look, then its end.
do
  local ctx = world()
  local started = run(ctx, "run_shell_command", { is_background = true,
    command = "echo one; until test -e go; do sleep 0.02; done; echo two; exit 3" })
  local id = started.text:match "bg_%x+"
  wait.until_true(function() return fs.stat(ctx.jobs[id].path).size > 0 end)
  t.match(run(ctx, "task_output", { task_id = id }).text, "^one\n%[" .. id .. " goes on", "what it printed")
  t.match(run(ctx, "task_output", { task_id = id }).text, "^%(nothing new%)\n", "only what is new")
  t.eq(jobs.take(ctx), nil, "nothing to be told yet")
  fs.write(ctx.cwd .. "/go", "")
  t.match(run(ctx, "task_output", { task_id = id, timeout = 600000 }).text, "^two\n.*code 3.*%[" .. id .. " has ended: code 3%]", "its end is waited for")
  t.eq(ctx.told, { "code 3" }, "the user is told at once")
  local told = jobs.take(ctx)
  t.match(told, "The command `echo one; .*` in the background %(" .. id .. "%) has ended with code 3", "the model with the next request")
  t.ok(not told:find("It printed", 1, true), "without what it has read")
  t.eq(jobs.take(ctx), nil, "once")
end

-- It is stopped by the model, whose word ends what it has started, too.
do
  local ctx = world()
  local id = run(ctx, "run_shell_command", { is_background = true, command = "sleep 1000 & sleep 1000" }).text:match "bg_%x+"
  t.match(run(ctx, "task_stop", { task_id = id }).text, "Stopped " .. id, "task_stop")
  ended(ctx)
  t.match(jobs.take(ctx), "was stopped by the model", "how it ended")
  t.err(nil, run(ctx, "task_stop", { task_id = id }).e, "missing", "not twice")
  t.err(nil, run(ctx, "task_output", { task_id = "bg_none" }).e, "missing", "what is not there")
end

-- One that prints without end: what is kept and what is told are bounded.
do
  local ctx = world()
  local id = run(ctx, "run_shell_command", { is_background = true, command = "head -c 300000000 /dev/zero | tr '\\0' x" }).text:match "bg_%x+"
  local path = ctx.jobs[id].path
  ended(ctx)
  t.ok(fs.stat(path).size < 65 * 1024 * 1024, "its file")
  t.ok(#jobs.take(ctx) < 3000, "its end")
  local words = run(ctx, "task_output", { task_id = id }).text
  t.match(words, "^%[%.%.%. %d+ bytes left out; all of it is in ", "what the model reads says what is missing")
  t.ok(#words < 13000, "and is bounded")
  fs.remove(path)
end

-- An agent: how far it is, then its answer.
do
  local ctx = world()
  local agent = { turns = 2, now = { call = { name = "grep_search" } } }
  local job = jobs.add(ctx, { id = "agent_1", kind = "agent", words = "explore", agent = agent, stop = function() end })
  t.match(run(ctx, "task_output", { task_id = "agent_1" }).text, "^turn 2, now grep_search\n%[agent_1 goes on", "what it does")
  agent.over, agent.text = true, "Found."
  jobs.ended(ctx, job, { user = "3 turns", model = "has ended", result = "Found." })
  t.match(run(ctx, "task_output", { task_id = "agent_1" }).text, "^Found%.\n%[agent_1 has ended: 3 turns%]", "its answer, also later")
end

-- What another session began is not told in this one; what an agent began is told to it, and after its end to the conversation.
do
  local ctx = world()
  local job = jobs.add(ctx, { id = "bg_1", kind = "command", words = "x", stop = function() end })
  ctx.session = { messages = {} }
  jobs.ended(ctx, job, { user = "done", model = "has ended" })
  t.eq(jobs.take(ctx), nil, "after /clear")
  local agent = setmetatable({ agent = { id = "a" } }, { __index = ctx })
  jobs.ended(ctx, jobs.add(agent, { id = "bg_2", kind = "command", words = "y", stop = function() end }), { user = "done", model = "has ended" })
  t.eq(jobs.take(ctx), nil, "not the conversation's")
  t.match(jobs.take(agent), "bg_2", "the agent's own")
  jobs.ended(ctx, jobs.add(agent, { id = "bg_3", kind = "command", words = "y", stop = function() end }), { user = "done", model = "has ended" })
  agent.agent.over = true
  t.match(jobs.take(ctx), "bg_3", "the conversation's after its end")
end

-- A monitor: lines are events; a flood is counted and does not hold anything up.
do
  local ctx = world()
  local id = run(ctx, "monitor", { command = "echo a; echo; echo b; printf c" }).text:match "mon_%x+"
  ended(ctx)
  local told = jobs.take(ctx)
  t.match(told, "Events of the monitor .*%(" .. id .. "%):\na\nb\nc\n\n", "its lines")
  t.match(told, "has ended with code 0 after .*\n3 events, 0 lines left out", "its end")
end
do
  local ctx = world()
  run(ctx, "monitor", { command = "yes line | head -n 3000000; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end" })
  ended(ctx)
  local told = jobs.take(ctx)
  t.ok(#told < 200000, "it is bounded")
  local events, lost = told:match "(%d+) events, (%d+) lines left out"
  t.eq(math.tointeger(events) + lost, 3000002, "each line is an event or counted")
  t.match(told, "%[%d+ earlier lines were left out", "and the model is told")
end
do
  local ctx = world()
  run(ctx, "monitor", { command = "while echo x; do sleep 0.01; done", max_events = 2 })
  ended(ctx)
  t.match(jobs.take(ctx), "was stopped after 2 events", "its most")
  run(ctx, "monitor", { command = "sleep 1000", idle_timeout_ms = 100 })
  ended(ctx)
  t.match(jobs.take(ctx), "was stopped: it printed nothing for 0.1 s", "silence")
  for _ = 1, 16 do run(ctx, "monitor", { command = "sleep 1000" }) end
  t.err(nil, run(ctx, "monitor", { command = "sleep 1000" }).e, "limit", "sixteen at once")
  for _, job in pairs(ctx.jobs) do job.stop() end
  ended(ctx)
  t.eq(tool("monitor").offered(setmetatable({ agent = {} }, { __index = ctx })), false, "not for agents")
end

t.done()
