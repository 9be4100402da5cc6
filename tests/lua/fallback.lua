-- When a model has no room another one is asked, and the user is told which: in the conversation
-- and in a subagent, whose choice is its own; and the model that a hook wants.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local json = require "sys.json"

local full = { status = 429, json = { error = { message = "used up", code = "insufficient_quota" } } }
local function call(name, args) return { calls = { { name = name, arguments = args } } } end

-- The models that were asked, in their order, and what the run wrote.
local function run(answers, hook)
  local server <close> = fake.start(answers)
  local entries = json.array {}
  for i, id in ipairs { "a", "b", "c" } do entries[i] = { id = id, envKey = "K" .. i, baseUrl = server.url } end
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { modelProviders = { openai = entries } },
    ["~/.qwen/agents/reader.md"] = "---\ndescription: Reads\n---\nYou read.\n", ["~/.qwen/hooks/other.lua"] = hook }
  local r = program.run(place, { "-y", "-m", "a", "--fallback-model", "b,c", "-p", "go" }, { env = { K1 = "key-one-012345678", K2 = "key-two-012345678",
    K3 = "key-three-0123456" } })
  local models = {}
  for i, request in ipairs(server:requests()) do models[i] = request.body.model end
  return table.concat(models, " "), r
end

local models, r = run { full, { text = "B." } }
t.eq({ models, r.code, r.out }, { "a b", 0, "B.\n" }, r.err)
models, r = run { full, full, call("run_shell_command", { command = "true" }), { text = "C." } }
t.eq({ models, r.out }, { "a b c c", "C.\n" }, "it stays")
models, r = run { full, full, full }
t.eq({ models, r.code }, { "a b c", 1 }, "there is no other")
t.match(r.err, "used up", "the last failure is told")
models, r = run { { status = 400, json = { error = { message = "bad" } } } }
t.eq({ models, r.code }, { "a", 1 }, "not for a failure of another kind")

-- A subagent.
local task = call("task", { subagent_type = "reader", prompt = "look", description = "look" })
models, r = run { task, full, call("run_shell_command", { command = "echo one" }), { text = "It read." }, { text = "done" } }
t.eq({ models, r.code, r.out }, { "a a b b a", 0, "done\n" }, r.err)
t.match(r.err, "reader: a: .*b is asked instead", "it is told, with the agent")
models, r = run { full, task, full, { text = "It read." }, { text = "done" } }
t.eq({ models, r.out }, { "a b b c b", "done\n" }, "the conversation keeps its own")
models, r = run { task, full, full, full, { text = "done" } }
t.eq({ models, r.out }, { "a a b c a", "done\n" }, "one that fails is a result")

-- What a hook wants.
local hook = 'return { request_failed = function(ctx, f) if f.model == "a" then f.switch = %q end return f end }'
models, r = run({ full, { text = "C." } }, hook:format "c")
t.eq({ models, r.out }, { "a c", "C.\n" }, r.err)
models, r = run({ { status = 400, json = { error = { message = "bad" } } }, { text = "C." } }, hook:format "c")
t.eq({ models, r.out }, { "a c", "C.\n" }, "whatever failed")
models, r = run({ call("task", { subagent_type = "reader", prompt = "look", description = "look" }), full, { text = "It read." }, { text = "done" } },
  hook:format "c")
t.eq({ models, r.out }, { "a a c a", "done\n" }, "a subagent's model is its own")
models, r = run({ full }, hook:format "")
t.eq({ models, r.code }, { "a", 1 }, "no model of that name")
models, r = run({ full, full, full }, 'return { request_failed = function(ctx, f) f.switch = f.model == "a" and "c" or "a" return f end }')
t.eq({ models, r.code }, { "a c b c", 1 }, "two that are sent to each other end, and the fallbacks come")

t.done()
