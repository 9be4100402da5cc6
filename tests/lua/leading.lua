-- A program that leads a session and is asked: hooks, questions, what it may ask for itself, interrupts at
-- every moment, tool servers of one run. What it writes wrongly is in stream_input.lua.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local lead = dofile "tests/lead.lua"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"

local function tool(name, arguments) return { calls = { { name = name, arguments = arguments } } } end
local WRITE = tool("write_file", { file_path = "n.txt", content = "x" })

-- Hooks of the program, in the forms of both SDKs; each decides about the call.
local forms = {
  ["of Qwen Code"] = { { event = "PreToolUse", callback_id = "h1", matcher = "write_file" } },
  ["of Claude Code"] = { PreToolUse = { { matcher = "Write|Edit", hookCallbackIds = { "h1" }, timeout = 30 } } },
}
local function specific(fields)
  fields.hookEventName = "PreToolUse"
  return { hookSpecificOutput = fields }
end
local decisions = {
  { "allows", specific { permissionDecision = "allow" }, "x" },
  { "denies", specific { permissionDecision = "deny", permissionDecisionReason = "not here" }, nil, "not here" },
  { "blocks", { decision = "block", reason = "never" }, nil, "never" },
  { "changes", specific { permissionDecision = "allow", updatedInput = { file_path = "n.txt", content = "y" } }, "y" },
  { "says nothing", {}, nil, "approval" },
  { "allows what rules refuse", specific { permissionDecision = "allow" }, nil, "deny", { "--exclude-tools", "Edit(n.txt)" } },
}
for form, hooks in pairs(forms) do
  for _, row in ipairs(decisions) do
    local name, said, content, words, args = table.unpack(row, 1, 5)
    name = form .. " " .. name
    local server <close> = fake.start { WRITE, { text = "done" } }
    local place = program.place {}
    local led = lead.start(place, server, args)
    local ready = led:answer { subtype = "initialize", hooks = hooks }
    t.eq({ ready.subtype, ready.response.capabilities.can_handle_hook_callback }, { "success", true }, name)
    led:prompt "write"
    local asked = led:await("control_request", "hook_callback")
    t.eq({ asked.request.callback_id, asked.request.input.tool_name, asked.request.input.hook_event_name }, { "h1", "write_file", "PreToolUse" }, name)
    t.eq(asked.request.tool_use_id, asked.request.input.tool_use_id, name)
    led:reply(asked, said)
    if name:find "says nothing" then led:reply(led:await("control_request", "can_use_tool"), { behavior = "deny", message = "no approval" }) end
    t.eq(led:await("result").subtype, "success", name)
    t.eq(led:finish(), 0, name .. led.err)
    t.eq(fs.read(place.cwd .. "/n.txt"), content, name)
    if words and not args then t.match(json.encode(server:requests()[2].body.messages), words, name) end
  end
end

-- A hook beside those of the settings takes none away; one that fails or is late forbids nothing; an unknown event is told.
do
  local server <close> = fake.start { { text = "hi" } }
  local place = program.place { ["~/.qwen/settings.json"] = [[{"hooks": {"UserPromptSubmit": [{"hooks":
    [{"type": "command", "command": "echo from the settings"}]}]}}]] }
  local led = lead.start(place, server)
  led:answer { subtype = "initialize", hooks = { { event = "UserPromptSubmit", callback_id = "1" }, { event = "Nonsense", callback_id = "2" } } }
  led:prompt "hello"
  led:reply(led:await("control_request", "hook_callback"), { hookSpecificOutput = { additionalContext = "from the program" } })
  led:await "result"
  t.eq(led:finish(), 0, led.err)
  local sent = json.encode(server:requests()[1].body.messages)
  t.match(sent, "from the settings", "the hook of the settings runs")
  t.match(sent, "from the program", "so does the one of the program")
  t.match(led.err, "Nonsense", "an event that there is not")
end

-- The prompts of the program, when their turn comes.
do
  local server <close> = fake.start { { text = "one" }, { text = "two" } }
  local led = lead.start(program.place {}, server, { "--replay-user-messages" })
  led:prompt("first", { uuid = "11111111-2222-4333-8444-555555555555" })
  led:prompt "second"
  led:await "result"
  led:await "result"
  t.eq(led:finish(), 0, led.err)
  local seen = {}
  for _, event in ipairs(led.all) do
    seen[#seen + 1] = event.isReplay and event.message.content or event.type == "result" and event.result or nil
    if event.isReplay and event.message.content == "first" then t.eq(event.uuid, "11111111-2222-4333-8444-555555555555", "its own id") end
  end
  t.eq(seen, { "first", "one", "second", "two" }, "each before its answer")
end

-- What can be asked for: the kind of the answer, and some fields.
do
  local server <close> = fake.start { { text = "one", times = 0 } }
  local led = lead.start(program.place {}, server)
  for _, row in ipairs {
    { { subtype = "initialize", hooks = { PreToolUse = 5 } }, "error" },
    { { subtype = "initialize", hooks = { PreToolUse = { { hookCallbackIds = 5 } } } }, "error" },
    { { subtype = "initialize", hooks = { { callback_id = "1" } } }, "error" },
    { { subtype = "initialize", hooks = "all" }, "error" },
    { { subtype = "initialize", agents = { judge = { description = "Judges" } } }, "error" },
    { { subtype = "initialize", agents = { judge = { description = "Judges", prompt = "You judge." } }, systemPrompt = { "Be short." } }, "success" },
    { { subtype = "initialize" }, "error" },
    { { subtype = "set_effort", effort = "extra high" }, "success", "effort", "xhigh" },
    { { subtype = "set_effort", effort = "much" }, "error" },
    { { subtype = "set_effort" }, "error" },
    { { subtype = "set_model", model = "other" }, "success", "model", "other" },
    { { subtype = "set_model", model = 5 }, "error" },
    { { subtype = "set_model", model = " " }, "error" },
    { { subtype = "set_model" }, "success", "model", "m" },
    { { subtype = "set_permission_mode", mode = "acceptEdits" }, "success", "mode", "acceptEdits" },
    { { subtype = "set_permission_mode", mode = { 1 } }, "error" },
    { { subtype = "get_available_models" }, "success" },
    { { subtype = "get_usage_info" }, "success", "range", "today" },
    { { subtype = "get_usage_info", range = "year" }, "error" },
    { { subtype = "get_context_usage", show_details = true }, "success", "modelName", "m" },
    { { subtype = "supported_commands" }, "success" },
    { { subtype = "mcp_server_status" }, "success" },
    { { subtype = "mcp_status" }, "success" },
    { { subtype = "continue_last_turn" }, "success", "interruption", "none" },
    { { subtype = "interrupt" }, "success" },
    { { subtype = "can_use_tool", tool_name = "edit" }, "error" },
    { { subtype = "rewind_files" }, "error" },
    { { subtype = { 1 } }, "error" },
  } do
    local answer = led:answer(row[1])
    local name = json.encode(row[1])
    t.eq({ answer.subtype, type(answer.error) }, { row[2], row[2] == "error" and "string" or "nil" }, name)
    if row[3] then t.eq(answer.response[row[3]], row[4], name) end
  end
  led:prompt "hi"
  local init = led:await("system", "init")
  local agents = table.concat(init.agents, " ")
  t.match(agents, "judge", "the agent of the program")
  led:await "result"
  t.eq(led:finish(), 0, led.err)
  t.match(json.encode(server:requests()[1].body.messages[1]), "Be short%.", "its system prompt")
end

-- An interrupt at every moment ends one turn and nothing else.
local moments = {
  ["before the first prompt"] = function(led) led:answer { subtype = "interrupt" } led:prompt "a" return 1, 0 end,
  ["right before a prompt"] = function(led)
    led:raw('{"type":"control_request","request_id":"x","request":{"subtype":"interrupt"}}\n'
      .. '{"type":"user","message":{"content":"a"}}\n')
    return 1, 0
  end,
  ["right behind a prompt"] = function(led)
    led:raw('{"type":"user","message":{"content":"a"}}\n{"type":"user","message":{"content":"b"}}\n'
      .. '{"type":"control_request","request_id":"x","request":{"subtype":"interrupt"}}\n'
      .. '{"type":"user","message":{"content":"c"}}\n')
    return 3, 2
  end,
  ["while it answers"] = function(led) led:prompt "stall" led:await("stream_event") led:request { subtype = "interrupt" } return 1, 1 end,
  ["while it asks"] = function(led)
    led:prompt "write"
    local asked = led:await("control_request", "can_use_tool")
    led:request { subtype = "interrupt" }
    t.eq(led:await "control_cancel_request".request_id, asked.request_id, "the question is taken back")
    led:reply(asked, { behavior = "allow" }) -- too late
    return 1, 1
  end,
  ["twice"] = function(led) led:prompt "stall" led:await "stream_event" led:request { subtype = "interrupt" } led:request { subtype = "interrupt" } return 1, 1 end,
  ["with prompts behind it"] = function(led)
    led:prompt "stall"
    led:prompt "b"
    led:await "stream_event"
    led:request { subtype = "interrupt" }
    return 2, 1
  end,
}
for name, moment in pairs(moments) do
  local first = name:find "asks" and WRITE or (name:find "first" or name:find "right") and { text = "fine" }
    or { text = { "slow", " answer" }, fault = "stall", after = 450 }
  local server <close> = fake.start { first, { text = "fine", times = 0 } }
  local place = program.place {}
  local led = lead.start(place, server, { "--include-partial-messages" })
  local results, failed = moment(led)
  local errors = 0
  for _ = 1, results do errors = errors + (led:await "result".is_error and 1 or 0) end
  if failed then t.eq(errors, failed, name) end
  t.eq(fs.stat(place.cwd .. "/n.txt"), nil, name .. ": nothing was written")
  led:prompt "after"
  t.eq(led:await("result").result, "fine", name .. ": the next is answered")
  t.eq(led:finish(), 0, name .. led.err)
end

-- The reader of standard output goes away: the run ends, though standard input is open and the model has more to do.
do
  local call = { calls = { { name = "read_file", arguments = { file_path = "a.txt" } } } }
  local led_by = "--input-format stream-json --output-format stream-json <in"
  for args, input in pairs { [led_by] = '{"type":"user","message":{"content":"hi"}}', ["--output-format stream-json -p hi <in"] = "" } do
    local script = {}
    for i = 1, 40 do script[i] = i % 2 == 0 and { calls = { { name = "list_directory", arguments = { path = "." } } } } or call end
    local server <close> = fake.start(script)
    local place = program.place { ["a.txt"] = "a" }
    local line = ("mkfifo in; { '%s' %s; echo $? >code; } | head -n 1 >/dev/null & exec 3>in; echo '%s' >&3; %s wait"):format(program.binary, args, input,
      input == "" and "exec 3>&-;" or "")
    local r = assert(proc.run { argv = { "sh", "-c", line }, cwd = place.cwd, env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR",
      OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" } })
    t.eq(fs.read(place.cwd .. "/code"), "1\n", args .. r.err)
    t.match(r.err, "write standard output", args)
    t.ok(#server:requests() < 5, args .. ": the model is asked no more: " .. #server:requests())
  end
end

-- Folders beside the project, and a session of a given id that goes on.
do
  local server <close> = fake.start { tool("read_file", { file_path = "../more/b.txt" }), { text = "one" }, { text = "two" } }
  local place = program.place { ["../more/b.txt"] = "words of b" }
  local id = "11111111-2222-4333-8444-555555555555"
  for i, args in ipairs { { "--session-id", id, "--include-directories", "../more" }, { "--resume", id } } do
    local led = lead.start(place, server, args)
    led:prompt "hi"
    t.eq(led:await("result").result, ({ "one", "two" })[i], led.err)
    t.eq(led:finish(), 0, led.err)
    t.eq(led.all[1].session_id, id, "its id")
  end
  local asked = server:requests()
  t.match(json.encode(asked[2].body.messages), "words of b", "an added folder is read without a question")
  local users = 0
  for _, m in ipairs(asked[3].body.messages) do users = users + (m.role == "user" and 1 or 0) end
  t.eq(users, 2, "it goes on")
end

-- Tool servers of one run.
local SERVER = [[
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    reply = lambda r: print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}), flush=True)
    if m["method"] == "initialize": reply({"protocolVersion": m["params"]["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}})
    if m["method"] == "tools/list": reply({"tools": [{"name": "one", "inputSchema": {"type": "object"}}]})
]]
if t.need "python3" then
  local function servers(...)
    local out = {}
    for _, name in ipairs { ... } do out[name] = { command = "python3", args = { "../home/s.py" } } end
    return { mcpServers = out }
  end
  local all = json.encode(servers("b", "c"))
  for _, row in ipairs {
    { {}, "a" },
    { { "--mcp-config", all }, "a b c" },
    { { "--mcp-config", json.encode(servers("b").mcpServers), "--mcp-config", "../home/d.json" }, "a b d" },
    { { "--mcp-config", all, "--strict-mcp-config" }, "b c" },
    { { "--mcp-config", all, "--allowed-mcp-server-names", "a,c" }, "a c" },
    { { "--allowed-mcp-server-names", "none" }, "" },
    { { "--mcp-config", all }, "a c", { allowed = { "a", "c" } } },
    { { "--mcp-config", all, "--allowed-mcp-server-names", "a,b" }, "a", { allowed = { "a", "c" } } },
    { { "--mcp-config", all, "--strict-mcp-config" }, "c", { excluded = { "b" } } },
  } do
    local settings = servers "a"
    settings.mcp = row[3]
    local place = program.place { ["~/s.py"] = SERVER, ["~/d.json"] = json.encode(servers "d"), ["~/.qwen/settings.json"] = json.encode(settings) }
    local server <close> = fake.start { { text = "hi" } }
    local led = lead.start(place, server, row[1])
    led:prompt "hi"
    local on, name = {}, table.concat(row[1], " ")
    for _, one in ipairs(led:await("system", "init").mcp_servers) do
      if one.status == "connected" then on[#on + 1] = one.name end
    end
    t.eq(table.concat(on, " "), row[2], name)
    led:finish()
  end
end
for words, why in pairs { ["{"] = "line 1", ["[]"] = "No such file", ['{"a": 1}'] = "'a'", ['{"mcpServers": 5}'] = "object", ["nowhere.json"] = "nowhere" } do
  local r = program.run(program.place {}, { "--mcp-config", words, "-m", "m", "hi" }, { alone = true })
  t.eq(r.code, 52, words .. r.err)
  t.match(r.err, why, words)
end
t.done()
