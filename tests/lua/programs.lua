-- Qwen Code's hooks in settings.json: what programs are told, and what their exit codes and JSON do.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local function ask(place, server, ...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", ... }, { env = { OPENAI_API_KEY = "key-0123456789", TOKEN = "tok", OTHER = "no" } })
end

-- Every event that happens is told with its fields.
do
  local hooks = {}
  for event in ("PreToolUse PostToolUse PostToolUseFailure PostToolBatch UserPromptSubmit UserPromptExpansion SessionStart SessionEnd MessageDisplay Stop "
    .. "InstructionsLoaded Notification PermissionRequest PermissionDenied TodoCreated TodoCompleted"):gmatch "%S+" do
    hooks[event] = json.array { { hooks = json.array { { type = "command", command = "cat >> told; echo >> told" } } } }
  end
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { hooks = hooks }, ["~/.qwen/commands/say.md"] = "say {{args}}", ["~/.qwen/QWEN.md"] = "be brief" }
  local server <close> = fake.start {
    { calls = { { name = "glob", arguments = { pattern = "*" } } } },
    { calls = { { name = "run_shell_command", arguments = { command = "touch x" } } } },
    { calls = { { id = "third", name = "todo_write", arguments = { todos = { { content = "a", status = "completed" } } } } } },
    { text = "done" },
  }
  local r = ask(place, server, "/say it")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local told, by = {}, {}
  for line in fs.read(place.cwd .. "/told"):gmatch "[^\n]+" do
    local value = json.decode(line)
    told[#told + 1] = value.hook_event_name
    by[value.hook_event_name] = value
  end
  t.eq(table.concat(told, " "), "InstructionsLoaded UserPromptExpansion SessionStart UserPromptSubmit MessageDisplay PreToolUse PostToolUse PostToolBatch MessageDisplay PreToolUse "
    .. "PermissionRequest Notification Notification PermissionDenied PostToolUseFailure PostToolBatch MessageDisplay PreToolUse TodoCreated TodoCompleted PostToolUse "
    .. "PostToolBatch MessageDisplay Stop SessionEnd")
  local pre = by.PreToolUse
  t.eq({ pre.tool_name, pre.tool_input.todos[1].content, pre.cwd, pre.permission_mode, pre.tool_use_id }, { "todo_write", "a", place.cwd, "default", "third" })
  t.ok(pre.session_id and pre.transcript_path and pre.timestamp and pre.prompt_id, "common fields")
  t.match(by.PostToolUse.tool_response.llmContent, "%S")
  t.eq(by.PostToolUse.duration_ms >= 0, true)
  t.match(by.PostToolUseFailure.error, "Refused")
  t.eq({ by.UserPromptExpansion.command_name, by.UserPromptExpansion.command_args, by.UserPromptExpansion.prompt }, { "say", "it", "say it" })
  t.eq({ by.Stop.last_assistant_message, by.Stop.stop_hook_active }, { "done", false })
  t.eq({ by.SessionStart.source, by.SessionEnd.reason }, { "startup", "done" })
end

-- Agents, a session that is deleted, an answer that fails, a conversation that is shortened.
do
  local hooks = {}
  local function hook(event, command) hooks[event] = json.array { { hooks = json.array { { type = "command", command = "cat >> told; echo >> told; " .. command } } } } end
  for event in ("PreToolUse SubagentStop SessionDelete StopFailure PreCompact PostCompact"):gmatch "%S+" do hook(event, "true") end
  hook("SubagentStart", [[echo '{"hookSpecificOutput": {"additionalContext": "be brief"}}']])
  hook("SubagentStop", "if [ -e again ]; then exit 0; fi; touch again; echo 'look once more' >&2; exit 2")
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { hooks = hooks }, ["~/.qwen/agents/reader.md"] = "---\ndescription: Reads\n---\nYou read.\n",
    ["a.txt"] = "a" }
  local function told()
    local by, order = {}, {}
    for line in (fs.read(place.cwd .. "/told") or ""):gmatch "[^\n]+" do
      local value = json.decode(line)
      order[#order + 1] = value.hook_event_name
      by[value.hook_event_name] = by[value.hook_event_name] or {}
      table.insert(by[value.hook_event_name], value)
    end
    fs.remove(place.cwd .. "/told")
    return by, table.concat(order, " ")
  end
  local server <close> = fake.start {
    { calls = { { name = "task", arguments = { subagent_type = "reader", prompt = "what is in it?" } } } },
    { calls = { { name = "glob", arguments = { pattern = "*" } } } }, { text = "nothing" }, { text = "a file" }, { text = "done" },
    { status = 400, body = "no", times = 0 },
  }
  local r = ask(place, server, "-y", "go")
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local by, order = told()
  t.eq(order, "PreToolUse SubagentStart PreToolUse SubagentStop SubagentStop")
  local start, first, second = by.SubagentStart[1], by.SubagentStop[1], by.SubagentStop[2]
  t.eq({ start.agent_type, first.agent_type, first.last_assistant_message, second.last_assistant_message }, { "reader", "reader", "nothing", "a file" })
  t.eq({ first.stop_hook_active, second.stop_hook_active }, { false, true })
  t.ok(start.agent_id and start.agent_id == first.agent_id and start.agent_id == by.PreToolUse[2].agent_id, "one agent, also in what it does")
  t.eq(by.PreToolUse[1].agent_id, nil, "the person's own conversation is no agent's")
  local asked = server:requests()
  t.eq(asked[2].body.messages[2].content, "what is in it?\n\nbe brief", "more for the agent")
  t.eq(asked[4].body.messages[#asked[4].body.messages].content, "look once more", "sent on")
  t.match(asked[5].body.messages[#asked[5].body.messages].content, "^a file", "its last answer")

  ask(place, server, "fail")
  by, order = told()
  t.eq(order, "StopFailure")
  t.match(by.StopFailure[1].error_details, "no", "what went wrong")

  local listed = json.decode(program.run(place, { "sessions", "list", "--json" }).out)
  t.eq(#listed, 2)
  r = program.run(place, { "sessions", "delete", listed[1].id })
  t.eq({ r.code, r.out }, { 0, "deleted " .. listed[1].id .. "\n" }, r.err)
  by, order = told()
  t.eq({ order, by.SessionDelete[1].session_id }, { "SessionDelete", listed[1].id })
  local folder, file = by.SessionDelete[1].transcript_path:match "^(.*/)([^/]*)$"
  t.eq(file, listed[1].id .. ".jsonl")
  t.eq(#json.decode(program.run(place, { "sessions", "list", "--json" }).out), 1, "it is gone")
  t.match(program.run(place, { "sessions", "delete", "nosuch" }).err, "there is no session 'nosuch'")
  local open = assert(fs.lock(folder .. listed[2].id .. ".jsonl.lock", 0))
  t.match(program.run(place, { "sessions", "delete", listed[2].id }).err, "is open; end it first")
  open:close()

  local long <close> = fake.start { { text = ("work "):rep(1000) }, { text = "notes", times = 0 } }
  for _, prompt in ipairs { "more", "and more" .. (" words"):rep(3000), "/compact the files" } do
    fs.remove(place.cwd .. "/told")
    r = ask(place, long, "--resume", listed[2].id, "-p", prompt)
  end
  by, order = told()
  t.eq({ order, by.PreCompact and by.PreCompact[1].trigger, by.PreCompact and by.PreCompact[1].custom_instructions }, { "PreCompact PostCompact", "manual", "the files" }, r.out .. r.err)
end

-- What they say: exit 2 blocks, other codes warn, JSON allows, asks, changes arguments, adds context; matchers; http.
do
  local http <close> = fake.start { { json = { decision = "block", reason = "said the address" }, times = 0 } }
  local function config(event, matcher, ...)
    local list = json.array {}
    for _, hook in ipairs { ... } do list[#list + 1] = type(hook) == "string" and { type = "command", command = hook } or hook end
    return { hooks = { [event] = json.array { { matcher = matcher, hooks = list } } } }
  end
  local function try(settings, calls, ...)
    local place = program.place { ["~/.qwen/settings.json"] = json.encode(settings) }
    local server <close> = fake.start { calls and { calls = calls } or { text = "first" }, { text = "ok", times = 0 } }
    local r = ask(place, server, ...)
    local asked = server:requests()
    local last = asked[#asked].body.messages
    return last[#last].content, r, place, asked
  end
  local glob = { { name = "glob", arguments = { pattern = "*" } } }
  local shell = { { name = "run_shell_command", arguments = { command = "touch ran" } } }
  t.eq(try(config("PreToolUse", "glob", "echo no globs >&2; exit 2"), glob, "hi"), "Blocked: no globs", "exit 2")
  t.eq(try(config("PreToolUse", "Glob|Bash", "echo no >&2; exit 2"), glob, "hi"), "Blocked: no", "a list with a name of Claude's")
  t.eq(try(config("PreToolUse", "^gl.b$", "echo no >&2; exit 2"), glob, "hi"), "Blocked: no", "a regular expression")
  t.ok(not try(config("PreToolUse", "edit|write_file", "exit 2"), glob, "hi"):find "Blocked", "another tool")
  t.eq(try(config("PreToolUse", "(glo)b", "echo no >&2; exit 2"), glob, "hi"), "Blocked: no", "what is not understood guards everything")
  local _, r = try(config("PreToolUse", nil, "echo odd >&2; exit 3"), glob, "hi")
  t.match(r.err, "hook echo odd.*%(PreToolUse%): it ended with exit code 3: odd")
  local _, _, place = try(config("PreToolUse", "Bash", [[echo '{"hookSpecificOutput":{"permissionDecision":"allow"}}']]), shell, "hi")
  t.ok(fs.stat(place.cwd .. "/ran"), "allowed by JSON")
  t.match(try(config("PreToolUse", "glob", [[echo '{"hookSpecificOutput":{"permissionDecision":"ask","permissionDecisionReason":"sure?"}}']]), glob, "hi"), "Refused.*sure%?")
  _, _, place = try(config("PreToolUse", "Bash", [[echo '{"hookSpecificOutput":{"permissionDecision":"allow","updatedInput":{"command":"touch other"}}}']]), shell, "hi")
  t.ok(fs.stat(place.cwd .. "/other") and not fs.stat(place.cwd .. "/ran"), "arguments changed")
  t.match(try(config("PostToolUse", nil, [[echo '{"hookSpecificOutput":{"additionalContext":"remember"}}']]), glob, "hi"), "\n\nremember$")
  local _, _, _, asked = try(config("UserPromptSubmit", nil, "echo plain words"), nil, "hi")
  t.eq(asked[1].body.messages[2].content, "hi\n\nplain words", "plain output is context of a prompt")
  _, _, _, asked = try(config("SessionStart", "startup", "echo branch main"), nil, "hi")
  t.eq(asked[1].body.messages[2].content, "hi\n\nbranch main", "and of a session")
  t.eq(try(config("PreToolUse", nil, { type = "http", url = http.url .. "/hook", headers = { ["X-T"] = "a $TOKEN" }, allowedEnvVars = json.array { "TOKEN" } }), glob, "hi"),
    "Blocked: said the address", "http")
  t.eq((http:requests())[1].headers["x-t"], "a tok", "a variable in a header")
  _, _, _, asked = try(config("Stop", nil, [[grep -q '"stop_hook_active":true' || { echo more >&2; exit 2; }]]), nil, "hi")
  t.eq(asked[2].body.messages[4].content, "more", "Stop sends the model on, once")
  t.eq(#asked, 2)
  local off = config("PreToolUse", nil, "exit 2")
  off.disableAllHooks = true
  t.ok(not try(off, glob, "hi"):find "Blocked", "switched off")
end

-- Hooks that ask a model: its verdict blocks with its reason, its context goes along; what is no verdict is told and forbids nothing.
do
  local glob = { calls = { { name = "glob", arguments = { pattern = "100%*" } } } }
  local function try(event, hook, answers)
    hook.type = "prompt"
    local hooks = { [event] = json.array { { hooks = json.array { hook } } } }
    local place = program.place { ["~/.qwen/settings.json"] = json.encode { hooks = hooks } }
    local server <close> = fake.start(answers)
    local r = ask(place, server, "hi")
    local asked = server:requests()
    local last = asked[#asked].body.messages
    return last[#last].content, r, asked
  end
  local hook = { prompt = "May it? $ARGUMENTS" }
  local last, r, asked = try("PreToolUse", hook, { glob, { text = '```json\n{"ok": false, "reason": "no {globs}"}\n```' }, { text = "ok" } })
  t.eq({ last, r.code }, { "Blocked: no {globs}", 0 }, r.err)
  local messages = asked[2].body.messages
  t.match(messages[1].content, "Judge the event")
  t.match(messages[2].content, '^May it%? {.*"hook_event_name":"PreToolUse".*"pattern":"100%%%*"', "the event, byte for byte")
  t.ok(not asked[2].body.tools, "without tools")
  last, r, asked = try("PreToolUse", { prompt = "?", model = "small" }, { glob, { text = '{"ok": true}' }, { text = "ok" } })
  t.ok(not last:find "Blocked" and r.err == "", "allowed: " .. r.err)
  t.eq(asked[2].body.model, "small", "its own model")
  last = try("PreToolUse", hook, { glob, { text = '{"ok": false}' }, { text = "ok" } })
  t.eq(last, "Blocked: refused by the model", "without a reason")
  r, asked = select(2, try("UserPromptSubmit", hook, { { text = '{"ok": true, "additionalContext": "be brief"}' }, { text = "ok" } }))
  t.eq({ asked[2].body.messages[2].content, r.out }, { "hi\n\nbe brief", "ok\n" }, "context")
  for _, words in ipairs { "yes", "{}", '{"ok": "no"}', "[false]", "{" } do
    last, r = try("PreToolUse", hook, { glob, { text = words }, { text = "ok" } })
    t.ok(not last:find "Blocked", words .. " forbids nothing")
    t.match(r.err, "hook PreToolUse %(PreToolUse%): the model gave no JSON with a verdict", words .. " is told")
  end
  last, r = try("PreToolUse", hook, { glob, { status = 400, json = { error = { message = "bad" } } }, { text = "ok" } })
  t.ok(not last:find "Blocked" and r.err:find("bad", 1, true), "a failure is told: " .. r.err)
  last, r = try("PreToolUse", { prompt = "?", timeout = 0.2 }, { glob, { text = '{"ok": false}', fault = "stall" }, { text = "ok" } })
  t.ok(not last:find "Blocked" and r.err:find("hook PreToolUse", 1, true), "one that is not answered in time: " .. r.err)
end

-- What no hook waits for, what is done once, what is wrong with a hook, and a matcher with classes.
do
  local function hooks(list, matcher) return { hooks = { PreToolUse = json.array { { matcher = matcher, hooks = json.array(list) } } } } end
  local glob = { calls = { { name = "glob", arguments = { pattern = "*" } } } }
  local function try(settings)
    local place = program.place { ["~/.qwen/settings.json"] = json.encode(settings) }
    local server <close> = fake.start { glob, glob, { text = "ok" } }
    local r = ask(place, server, "hi")
    t.eq({ r.code, r.out }, { 0, "ok\n" }, r.err)
    return r, (fs.read(place.cwd .. "/told") or ""), server:requests()
  end
  local _, _, asked = try(hooks { { command = "exit 2", async = true } })
  t.ok(not json.encode(asked[3].body.messages):find("Blocked", 1, true), "nobody waits for it, so it blocks nothing")
  local _, told = try(hooks { { command = "echo x >> told", once = true } })
  t.eq(told, "x\n", "once")
  local r = try(hooks { { type = "function", command = "x" }, { type = "command" } })
  t.match(r.err, "its type is not known or its command is missing")
  _, told = try(hooks({ { command = "echo x >> told" } }, "^\\w+b$"))
  t.eq(told, "x\nx\n", "a class of characters")
  _, told = try(hooks({ { command = "echo x >> told" } }, "glob\\.x|e\\-y"))
  t.eq(told, "", "a point and a minus are themselves")
end

-- The status line of the settings: told the state, its first line below the input.
do
  local place = program.place { ["~/.qwen/settings.json"] = json.encode { ui = { statusLine = { type = "command", command = "cat > told; echo 'my line'; echo second; echo third" } } } }
  local child <close> = assert(require("sys.proc").open { argv = { program.binary, "--openai-base-url", "http://127.0.0.1:9/v1", "-m", "our-model" },
    cwd = place.cwd, env = { PATH = os.getenv "PATH", HOME = place.home, TERM = "xterm", LANG = "C.UTF-8" }, pty = { rows = 24, cols = 80 } })
  local seen = ""
  for bytes in function() return child:read() end do
    seen = seen .. bytes
    if seen:find "second" then child:write "\4" end
  end
  t.ok(seen:find "my line" and seen:find "second" and not seen:find "third", "its first two lines")
  local state = json.decode(fs.read(place.cwd .. "/told"))
  t.eq({ state.model.id, state.workspace.current_dir }, { "our-model", place.cwd })
end

-- A project's own hooks do not run.
do
  local place = program.place { [".qwen/settings.json"] = json.encode { hooks = { SessionStart = json.array { { hooks = json.array { { command = "touch ran" } } } } } } }
  local server <close> = fake.start { { text = "ok" } }
  ask(place, server, "--trust-folder", "hi")
  t.eq(fs.stat(place.cwd .. "/ran"), nil)
end

t.done()
