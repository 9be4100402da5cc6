-- `qwen provider test`: each step against services that do it right, and against each way to do it wrong.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local KEY = "sk-live-0123456789abcdef"
local REACH = { path = "/v1", status = 404, json = {} }
local COUNT = { text = { "1 2 ", "3" }, usage = { prompt_tokens = 20, completion_tokens = 4 } }
local ECHO = { calls = { { name = "echo", arguments = { text = "ready" } } }, usage = { prompt_tokens = 50, completion_tokens = 9 } }

local function try(answers, config, args, env)
  local place = program.place()
  local server <close> = fake.start(answers)
  local entry = { id = "m", envKey = "K", baseUrl = server.url, generationConfig = config }
  fs.mkdir(place.home .. "/.qwen")
  fs.write(place.home .. "/.qwen/settings.json", json.encode { modelProviders = { openai = { entry } }, model = { name = "m" } })
  local r = program.run(place, { "provider", "test", table.unpack(args or {}) }, { env = env or { K = KEY } })
  return r, server:requests()
end

do
  local r, asked = try { REACH, COUNT, ECHO }
  t.eq(r.code, 0, r.err)
  t.match(r.out, "^m %(openai%), set by ~/.qwen/settings.json:1\n  ok    key +sk%-%.%.%.cdef from environment K\n", "key")
  t.match(r.out, "  ok    reach +http://127.0.0.1:%d+/v1 answers after %d+ ms\n  ok    stream +first words after %d+ ms, 2 pieces\n", "reach and stream")
  t.match(r.out, '  ok    tool call  echo "ready"\n  ok    usage +50 tokens in, 9 out\n$', "tool call and usage")
  t.eq(#asked, 3, "three requests")
  t.eq(asked[1].headers.authorization, nil, "reaching needs no key")
  t.eq({ asked[2].body.tools, #asked[3].body.tools }, { nil, 1 }, "tools only where they are tried")
  t.ok(not r.out:find(KEY, 1, true), "the key is not shown")
  t.eq(try({ REACH, COUNT, ECHO }, nil, { "openai" }).code, 0, "by provider")
  t.eq(try({ REACH, COUNT, ECHO }, nil, { "m" }).code, 0, "by model")
end

local function fails(name, answers, pattern, config, env)
  local r, asked = try(answers, config, nil, env)
  t.eq(r.code, 1, name)
  t.match(r.out, "FAIL  " .. pattern, name)
  return asked
end
fails("refused key", { REACH, { status = 401, json = { error = { message = "no such key" } } } }, "stream +401 no such key %(check the key")
t.eq(#fails("busy", { REACH, { status = 503, json = {} } }, "stream +503"), 2, "nothing is tried twice")
fails("wrong model", { REACH, { status = 404, json = { error = { message = "no model m", code = "model_not_found" } } } }, "stream +404 no model m .*model name")
fails("a web page", { REACH, { type = "text/html", body = "<html>Sign in</html>" } }, "stream +.*text/html.*instead of an event stream.*check the base URL")
fails("nothing said", { REACH, { text = "" } }, "stream +the answer is empty")
fails("a filter", { REACH, { text = "", finish = "content_filter" } }, "stream +the service's content filter ended the answer: content_filter\n")
fails("cut", { REACH, { text = { "1 2", "3" }, fault = "cut", after = "1 2" } }, "stream +the connection to %S+ was cut: [^;]*: try again\n")
fails("silence", { REACH, { text = { "1 2", "3" }, fault = "stall", after = "1 2" } }, "stream +%S+ sent nothing for 1 s", { streamIdleTimeoutMs = 1000 })
fails("only thinking", { REACH, { think = "hm", text = "" } }, "stream +it thought, but said nothing")
fails("no tools", { REACH, COUNT, { text = "ready" } }, "tool call +it answered without a call: .*ready")
for _, text in ipairs { '<tool_call>{"name":"echo","arguments":{}}</tool_call>', '[TOOL_CALLS]echo{"text":"ready"}', 'See:\n[echo(text="ready")]' } do
  fails("calls as text", { REACH, COUNT, { text = text } }, 'tool call +.*"textToolCalls": true', { textToolCalls = false })
end
fails("another tool", { REACH, COUNT, { calls = { { name = "shout", arguments = {} } } } }, "tool call +it called 'shout'")
fails("odd arguments", { REACH, COUNT, { calls = { { name = "echo", arguments = { words = 1 } } } } }, "tool call +the arguments")
fails("tools refused", { REACH, COUNT, { status = 400, json = { error = { message = "tools are not supported" } } } }, "tool call +400 tools are not supported .*without tools it answered")
do
  local r = try({ REACH, { text = "1 2 3", usage = false }, { calls = ECHO.calls, usage = false } })
  t.match(r.out, "stream .*in one piece: something on the way", "a stream that is none")
  t.match(r.out, "usage +not told by the service", "no usage")
  local place = program.place()
  r = program.run(place, { "--openai-base-url", "http://127.0.0.1:1/v1", "-m", "m", "provider", "test" })
  t.eq(r.code, 1)
  t.match(r.out, "FAIL  reach +cannot connect to 127.0.0.1:1: Connection refused: check that the server runs.*\n$", "nobody there: the rest is not tried")
  t.match(program.run(place, { "provider", "test", "opnai" }).err, "no model and no provider 'opnai'; did you mean openai%?")
  t.eq(program.run(place, { "provider", "test", "opnai" }).code, 2)
  t.match(program.run(place, { "provider" }).err, "usage: qwen provider test")
  r = program.run(place, { "--openai-base-url", "https://llm.example/v1", "-m", "m", "provider", "test" })
  t.match(r.out, "FAIL  key +no API key for m at llm.example: set OPENAI_API_KEY.*\n$", "no key: nothing is asked")
end

t.done()
