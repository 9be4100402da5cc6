-- The plan of plan mode: shown and approved at the prompt, what the model is told and which mode follows; and that plan and list of
-- steps outlive a shortening, a resumed session and a way back.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local fs = require "sys.fs"
local json = require "sys.json"
local kept = require "qwen.agent.kept"
local message = require "qwen.session.message"
local plan_mode = require "qwen.agent.plan_mode"
local program = dofile "tests/program.lua"
local recording = dofile "tests/recording.lua"

-- What was kept, by the messages of a conversation.
local function call(name, args, id) return message.assistant({ { type = "call", id = id or "1", name = name, args = json.encode(args) } }, {}) end
local function result(name, text, id) return message.results { { type = "result", id = id or "1", name = name, text = text } } end
local function plan_call(plan, id) return call("exit_plan_mode", { plan = plan }, id) end
local approved = result("exit_plan_mode", plan_mode.approved "Go.")
local old = { plan_call "old", approved }
for name, row in pairs {
  none = { {}, nil },
  asked = { { plan_call "do it" }, "do it", false },
  approved = { { plan_call "do it", approved }, "do it", true },
  refused = { { plan_call "do it", result("exit_plan_mode", "The user did not approve the plan.") }, "do it", false },
  newer = { { old[1], old[2], plan_call("new", "2") }, "new", false },
  ["mode off"] = { { old[1], old[2], plan_call("new", "2"), result("exit_plan_mode", plan_mode.off "default", "2") }, "old", true },
  shortened = { { message.user(kept.HEAD, { { type = "text", text = kept.APPROVED .. "the plan" } }) }, "the plan", true },
  ["shortened before"] = { { message.user(kept.HEAD, { { type = "text", text = kept.PLAN .. "a" } }), plan_call "b" }, "b", false },
  changed = { { plan_call "a", result("exit_plan_mode", plan_mode.approved("Go.", "b\nc")) }, "b\nc", true },
  ["words of the user"] = { { message.user(kept.APPROVED .. "mine") }, nil },
  ["no text"] = { { call("exit_plan_mode", { plan = {} }), message.assistant({ { type = "call", id = "2", name = "exit_plan_mode", args = "{" } }, {}) }, nil },
} do
  t.eq({ kept.plan(row[1]) }, { row[2], row[3] }, name)
end
local steps = { { content = "a\nb", status = "completed" }, { content = "c", status = "pending", id = "2" }, { content = 1, status = "pending" }, "x",
  { content = "d", status = "odd" } }
local list = kept.todos { call("todo_write", { todos = steps }) }
t.eq(list, { { content = "a\nb", status = "completed" }, { content = "c", status = "pending" } }, "of a call")
local head = message.user(kept.HEAD, { { type = "text", text = kept.TODOS .. kept.lines(list) } })
t.eq(kept.todos { head }, { { content = "a b", status = "completed" }, { content = "c", status = "pending" } }, "of a shortening")
t.eq(kept.todos { call("todo_write", { todos = steps }), call("todo_write", { todos = json.array {} }) }, {}, "an empty one")
t.eq(kept.todos { message.user(kept.TODOS .. "- pending: x") }, nil, "words of the user")

-- The mode before is known until plan mode is left.
do
  local ctx = { mode = "auto-edit" }
  plan_mode.take(ctx, "plan")
  plan_mode.take(ctx, "plan")
  plan_mode.leave(ctx)
  t.eq(ctx, { mode = "auto-edit" }, "back to what was before")
  plan_mode.take(ctx, "plan")
  plan_mode.take(ctx, "default")
  plan_mode.take(ctx, "plan")
  plan_mode.leave(ctx)
  t.eq(ctx, { mode = "default" }, "not to what was before that")
end

-- At the prompt: what each answer does. `calls` is what the model does next.
local PLAN = "# Steps\n\n1. Write **made**.\n"
local write = { name = "write_file", arguments = { file_path = "made", content = "x" } }
local function asking(plan) return { calls = { { name = "exit_plan_mode", arguments = { plan = plan or PLAN } } } } end
local function session(answers, keys, args)
  local run <close> = recording.start(answers, { log = true,
    args = args or { "--approval-mode", "plan" } })
  run.wait "/help"
  run.type "go\r"
  for _, key in ipairs(keys) do
    if key:find "^wait " then t.ok(run.wait(key:sub(6)), key) else run.type(key) end
  end
  t.ok(run.wait "Ended.", "it ends")
  run.type "/quit\r"
  local bytes = run.finish()
  return run.server:requests(), fs.read(run.place.cwd .. "/made"), bytes, run.place
end
local function last(request)
  local messages = request.body.messages
  return messages[#messages].content
end
do
  local requests, made = session({ asking(), { calls = { write } }, { text = "Ended." } }, { "wait ❯", "1" })
  t.match(requests[1].body.messages[2].content, "call exit_plan_mode", "it is told of the call")
  t.match(last(requests[2]), "^The user approved the plan%. .*without a question", "auto-edit")
  t.eq(made, "x", "the file is written without a question")
  for _, tool in ipairs(requests[1].body.tools) do
    t.ok(tool["function"].name ~= "exit_plan_mode", "entering the mode changes no tool")
  end
  t.eq(requests[1].body.messages[1], requests[3].body.messages[1], "so does the system prompt")
end
do
  local requests, made, bytes = session({ asking(), { calls = { write } }, { text = "Ended." } }, { "wait ❯", "\r", "wait Write made", "wait ❯", "5", "wait stay empty", "\r" })
  t.match(last(requests[2]), "^The user approved the plan%. The user is asked", "default")
  t.eq(made, nil, "it is asked about")
  t.match(bytes, "Steps", "the plan")
end
do
  local requests, made = session({ asking(), asking "second", { calls = { write } }, { text = "Ended." } },
    { "wait ❯", "3", "wait stay empty", "use tabs\r", "wait second", "wait ❯", "3", "wait stay empty", "\r" })
  t.match(last(requests[2]), "not approve the plan.*user says: use tabs", "no, and why")
  t.match(last(requests[3]), "not approve the plan.*Ask what", "no")
  t.eq(made, nil, "plan mode stays on")
  t.match(last(requests[4]), "plan mode only looks", "and refuses")
end
-- The name of another program means the same; outside of plan mode it is said.
do
  local requests = session({ { calls = { { name = "ExitPlanMode", arguments = { plan = PLAN } } } }, { text = "Ended." } }, { "wait ❯", "1" })
  t.match(last(requests[2]), "approved", "another name")
  requests = session({ asking(), { text = "Ended." } }, {}, {})
  t.match(last(requests[2]), "^Plan mode is off%. The mode is default", "not on")
end
-- The model proposes it.
do
  local enter = { calls = { { name = "enter_plan_mode", arguments = {} } } }
  local requests, made = session({ enter, { calls = { write } }, { text = "Ended." } }, { "wait ❯", "1" }, {})
  t.match(last(requests[2]), "^Plan mode is on", "entered")
  t.eq(made, nil, "and it holds")
  t.match(last(requests[3]), "plan mode only looks", "for the next call")
  requests = session({ enter, { text = "Ended." } }, { "wait ❯", "2", "wait stay empty", "just do it\r" }, {})
  t.match(last(requests[2]), "does not want plan mode.*just do it", "not entered")
end

-- A session that goes on has both; without a screen the plan is the answer.
do
  local long = ("word "):rep(1000)
  local todo = { text = long, calls = { { name = "todo_write", arguments = { todos = { { content = "first step", status = "in_progress" } } } } } }
  local _, _, _, place = session({ todo, asking(), { text = long .. "Ended." } }, { "wait ❯", "1" })
  local server <close> = fake.start { { text = "# Notes\nx" }, { text = "later" } }
  local function go(...) return program.run(place, { "--openai-base-url", server.url, "-m", "m", "--continue", ... }) end
  local r
  for _, word in ipairs { "exit", "off" } do
    r = go("-p", "/plan " .. word)
    t.match(r.err, "plan mode is off", "the mode is that of the run")
  end
  r = go("--approval-mode", "plan", "-p", "/plan")
  t.match(r.out, "approved last.*Write %*%*made%*%*", r.err)
  go("-p", "/compact")
  go("-p", "next")
  local requests = server:requests()
  local said = json.encode(requests[#requests].body.messages)
  t.match(said, "The plan that I approved:\\n# Steps", "the plan after a shortening")
  t.match(said, "Your todo list:\\n%- in_progress: first step", "and the list")
end
do
  local server <close> = fake.start { asking() }
  local r = program.run(program.place {}, { "--openai-base-url", server.url, "-m", "m", "--approval-mode", "plan", "-p", "go" })
  t.eq(r.out, PLAN, r.err)
  t.eq(#server:requests(), 1, "nothing more is asked")
end

t.done()
