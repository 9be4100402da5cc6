-- A program that leads a session wrongly, or goes away: what it gets, and how the run ends. How it is
-- led rightly is in sdk.lua.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local json = require "sys.json"
local program = dofile "tests/program.lua"

local USER = '{"type":"user","message":{"role":"user","content":"hi"}}'
local function request(id, more)
  return ('{"type":"control_request","request_id":"%s","request":%s}'):format(id, more)
end
local BEGIN = request("a", '{"subtype":"initialize"}')

-- Runs it on lines; the objects that came, as "type:subtype" words.
local function led(lines, answers, args, env)
  local server <close> = fake.start(answers or {})
  local place = program.place {}
  local argv = { "--input-format", "stream-json", "--output-format", "stream-json", table.unpack(args or {}) }
  local r = program.run(place, argv, { input = table.concat(lines, "\n"), alone = true,
    env = env or { OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "m" } })
  local kinds, all = {}, {}
  for line in r.out:gmatch "[^\n]+" do
    local one = assert(json.decode(line), line)
    all[#all + 1] = one
    kinds[#kinds + 1] = one.type .. ":" .. tostring(one.subtype or (one.response or one.request or {}).subtype or "")
  end
  return r, table.concat(kinds, " "), all, server:requests()
end

-- Nothing is sent to a model for what is no prompt; what was left out is named, and the rest goes on.
for _, line in ipairs { "garbage", "[1]", "7", '{"type":"nope"}', '{"type":"user"}', '{"type":"user","message":5}',
  '{"type":"user","message":{"content":""}}', '{"type":"user","message":{"content":[{"type":"text","text":" "}]}}',
  '{"type":"control_request"}', '{"type":"user","message":{"content":[7]}}' } do
  local r, kinds, _, asked = led({ line, USER }, { { text = "hello" } })
  t.eq({ r.code, kinds, #asked }, { 0, "system:init assistant: result:success", 1 }, line .. r.err)
  t.match(r.err, "line 1 of standard input", line)
end

-- The control channel.
for _, row in ipairs {
  { { BEGIN }, "control_response:success" },
  { { BEGIN, BEGIN }, "control_response:success control_response:error" },
  { { request("b", '{"subtype":"supported_commands"}'), BEGIN }, "control_response:success control_response:success" },
  { { request("b", '{"subtype":"set_model","model":"x"}'), BEGIN }, "control_response:success control_response:success" },
  { { request("b", '{"subtype":"none"}') }, "control_response:error" },
  { { request("b", "{}") }, "control_response:error" },
  { { request("b", '{"subtype":"set_permission_mode","mode":"all"}') }, "control_response:error" },
  { { request("b", '{"subtype":"set_permission_mode","mode":"plan"}') }, "control_response:success" },
  { { request("b", '{"subtype":"interrupt"}') }, "control_response:success" },
  { { request("b", '{"subtype":"get_context_usage"}') }, "control_response:success" },
  { { '{"type":"control_response"}', '{"type":"control_response","response":{"request_id":"qwen-9"}}' }, "" },
  { {}, "" },
} do
  local r, kinds = led(row[1])
  t.eq({ r.code, kinds }, { 0, row[2] }, table.concat(row[1], " ") .. r.err)
end

-- The flags of the Claude Agent SDK; what it asks for and we have not is refused in words.
for _, row in ipairs {
  { 0, "--verbose", "--permission-mode", "acceptEdits", "--permission-prompt-tool", "stdio", "--max-turns=5", "--allowedTools=Write,Edit",
    "--disallowedTools", "Bash(rm *)", "--setting-sources=user,project,local", "--thinking=disabled", "--await-initialize", "--tools=default",
    "--no-session-persistence", "--allow-dangerously-skip-permissions", "--add-dir=." },
  { 0, "--permission-mode=bypassPermissions", "--tools", "Read,Grep", "--thinking=adaptive" },
  { 2, "--permission-mode=dontAsk" }, { 2, "--tools=" }, { 2, "--setting-sources=" }, { 2, "--setting-sources=project" },
  { 2, "--permission-prompt-tool=mcp__a__b" }, { 2, "--permission-mode" }, { 2, "--max-turns" }, { 2, "--plugin-dir=x" }, { 2, "--betas=x" },
} do
  local r, kinds = led({ USER }, { { text = "hello" } }, { table.unpack(row, 2) })
  t.eq({ r.code, kinds }, { row[1], row[1] == 0 and "system:init assistant: result:success" or "result:error_during_execution" },
    table.concat(row, " ", 2) .. r.err)
end

-- Nobody is there to answer a question: the call is refused, and the run ends.
local call = { calls = { { name = "run_shell_command", arguments = { command = "touch x", is_background = false } } } }
local r, kinds, all, asked = led({ USER }, { call, { text = "so be it" } })
t.eq(r.code, 0, r.err)
t.match(kinds, "result:success$", "it ends")
t.eq(all[#all].permission_denials[1].tool_name, "run_shell_command", "what was refused")
t.eq(#asked, 2, "the model is told")

-- What cannot begin says so to the program, too.
r, kinds = led({ BEGIN, USER }, nil, nil, { OPENAI_API_KEY = false })
t.eq({ r.code, kinds }, { 1, "result:error_during_execution control_response:error" }, r.err)
t.eq(led({ USER }, nil, { "-o", "text" }).code, 2, "another output")
r = led({ USER .. (" "):rep(33 * 1024 * 1024) })
t.eq(r.code, 1, "a line without an end")
t.match(r.err, "larger than", "which is said")

t.done()
