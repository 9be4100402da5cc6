-- Terms, usage statistics and telemetry in the whole program: what is shown, what is counted, what is sent and where; and a session with a local
-- model in a network without a way out, whose connections are counted.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

local PROMPT, WORDS = "a very private prompt", "a very private file"
local function answers(place)
  return { { calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/private.txt" } } } }, { text = "Private answer." } }
end
local function ask(place, server, env)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", "--trust-folder", "-p", PROMPT }, { env = env })
end
local function state_of(place, env)
  return assert(json.decode(program.run(place, { "privacy", "--json" }, { env = env }).out))
end

-- Whose terms, and why.
do
  local place = program.place()
  local function terms(url) return state_of(place, { OPENAI_BASE_URL = url, OPENAI_MODEL = "m", OPENAI_API_KEY = "sk-0123456789abcdef" }).service end
  for _, row in ipairs {
    { "https://api.openai.com/v1", "https://openai.com/terms/", "https://openai.com/privacy/" },
    { "https://dashscope.aliyuncs.com/compatible-mode/v1", "https://www.alibabacloud.com/terms-of-use", "https://www.alibabacloud.com/privacy-policy" },
    { "https://api-inference.modelscope.cn/v1", "https://modelscope.cn/terms", "https://modelscope.cn/privacy" },
    { "https://openrouter.ai/api/v1", "https://openrouter.ai/terms", "https://openrouter.ai/privacy" },
    { "http://127.0.0.1:1234/v1", "your own", "requests stay on this machine" },
  } do
    local service = terms(row[1])
    t.eq({ service.terms, service.privacy }, { row[2], row[3] }, row[1])
    t.match(service.because, "^m is asked at .*OPENAI_BASE_URL", "and why")
  end
  t.match(terms("https://llm.example.com/v1").terms, "llm%.example%.com", "any other service by its host")
  local out = program.run(place, { "privacy" }, { env = { OPENAI_BASE_URL = "http://127.0.0.1:1234/v1", OPENAI_MODEL = "m" } }).out
  t.match(out, "nowhere else", "for people")
  t.match(out, "Usage statistics: off", "and the state")
  t.eq(program.run(place, { "privacy", "maybe" }).code, 2, "a wrong word")
end

-- Statistics: off until somebody says yes; names and numbers only; off forgets.
do
  local place = program.place { ["private.txt"] = WORDS }
  local server <close> = fake.start(answers(place))
  t.eq(ask(place, server).code, 0, "asked")
  t.eq(state_of(place).statistics, { on = false }, "off by default")
  t.match(program.run(place, { "privacy", "on" }).out, "usage statistics are on %(~/.qwen/settings.json%)", "on")
  t.eq(state_of(place).statistics.on, true, "is kept")
  local second <close> = fake.start(answers(place))
  t.eq(ask(place, second).code, 0, "asked")
  local counters, by = state_of(place).statistics.counters, {}
  for _, row in ipairs(counters) do by[row.kind .. " " .. row.name] = row.count end
  t.eq({ by["tool read_file"], by["request m"], by["session headless"] }, { 1, 2, 1 }, "what was counted")
  local text = json.encode(counters)
  for _, words in ipairs { "private", place.cwd, "127.0.0.1" } do t.ok(not text:find(words, 1, true), "no " .. words) end
  assert(fs.mkdir(place.home .. "/.qwen/commands"))
  assert(fs.write(place.home .. "/.qwen/commands/secretproject.lua", 'return { summary = "mine, all mine.", shell = true, run = function() return 0 end }'))
  program.run(place, { "secretproject" })
  text = json.encode(state_of(place).statistics.counters)
  t.ok(text:find '"name":"own"' and not text:find "secretproject", "a name of one's own is not kept")
  t.match(program.run(place, { "privacy", "off" }).out, "off .*forgotten", "off")
  t.eq(state_of(place).statistics.on, false, "is kept too")
  program.run(place, { "privacy", "on" })
  t.eq(#state_of(place).statistics.counters, 1, "and what was counted is gone")
end

-- Telemetry: to the collector that is named, without prompts, arguments and answers.
local function sent(server)
  local logs, metrics, text = {}, {}, {}
  for _, request in ipairs((server:requests())) do
    text[#text + 1] = json.encode(request.body)
    for _, resource in ipairs(request.body.resourceLogs or {}) do
      for _, record in ipairs(resource.scopeLogs[1].logRecords) do logs[record.body.stringValue] = (logs[record.body.stringValue] or 0) + 1 end
    end
    for _, resource in ipairs(request.body.resourceMetrics or {}) do
      for _, metric in ipairs(resource.scopeMetrics[1].metrics) do
        for _, point in ipairs(metric.sum.dataPoints) do metrics[metric.name] = (metrics[metric.name] or 0) + tonumber(point.asInt) end
      end
    end
  end
  return logs, metrics, table.concat(text, "\n")
end

do
  local place = program.place { ["private.txt"] = WORDS }
  local collector <close> = fake.start { { status = 200, json = {}, times = 0 } }
  local address = "http://127.0.0.1:" .. collector.port
  local server <close> = fake.start(answers(place))
  t.eq(ask(place, server, { QWEN_TELEMETRY_OTLP_ENDPOINT = address }).code, 0, "an address alone turns nothing on")
  t.eq(#collector:requests(), 0, "nothing was sent")
  local second <close> = fake.start(answers(place))
  t.eq(ask(place, second, { QWEN_TELEMETRY_ENABLED = "1", QWEN_TELEMETRY_OTLP_ENDPOINT = address }).code, 0, "on")
  local requests = collector:requests()
  t.eq({ requests[1].path, requests[1].headers["content-type"] }, { "/v1/logs", "application/json" }, "OTLP over HTTP as JSON")
  local logs, metrics, text = sent(collector)
  t.eq({ logs["qwen-code.user_prompt"], logs["qwen-code.tool_call"], logs["qwen-code.api_response"] }, { 1, 1, 2 }, "what happened")
  t.eq({ metrics["qwen-code.api.request.count"], metrics["qwen-code.tool.call.count"], metrics["qwen-code.token.usage"] }, { 2, 1, 30 }, "sums")
  for _, words in ipairs { PROMPT, "private", place.cwd } do t.ok(not text:find(words, 1, true), "without " .. words) end
  local third <close> = fake.start(answers(place))
  ask(place, third, { QWEN_TELEMETRY_ENABLED = "true", QWEN_TELEMETRY_OTLP_ENDPOINT = address, QWEN_TELEMETRY_LOG_PROMPTS = "1" })
  local _, _, more = sent(collector)
  t.ok(more:find(PROMPT, 1, true) and more:find("private.txt", 1, true), "with them when logPrompts says so")
  t.ok(not more:find("Private answer", 1, true) and not more:find(WORDS, 1, true), "answers and files never")
end

do
  local settings = { telemetry = { enabled = true, outfile = "telemetry.jsonl" } }
  local place = program.place { ["private.txt"] = WORDS, ["~/.qwen/settings.json"] = json.encode(settings) }
  local server <close> = fake.start(answers(place))
  t.eq(ask(place, server).err, "", "to a file")
  local lines = 0
  for line in fs.read(place.cwd .. "/telemetry.jsonl"):gmatch "[^\n]+" do
    local value = assert(json.decode(line))
    t.ok(value.resourceLogs or value.resourceMetrics, "a line of OTLP")
    lines = lines + 1
  end
  t.eq(lines, 2, "logs and sums")
end

do -- a collector that is not there costs nothing but a word; a project has no say
  local place = program.place { ["private.txt"] = WORDS, [".env"] = "QWEN_TELEMETRY_ENABLED=1\nQWEN_TELEMETRY_OUTFILE=theirs.jsonl\n",
    [".qwen/settings.json"] = '{"telemetry": {"enabled": true, "outfile": "theirs.jsonl"}, "privacy": {"usageStatisticsEnabled": true}}' }
  local server <close> = fake.start(answers(place))
  t.eq(ask(place, server).code, 0, "asked in a trusted folder")
  t.eq(fs.stat(place.cwd .. "/theirs.jsonl"), nil, "a project turns no telemetry on")
  t.eq(state_of(place).statistics.on, false, "and no statistics")
  local second <close> = fake.start(answers(place))
  local r = ask(place, second, { QWEN_TELEMETRY_ENABLED = "1", QWEN_TELEMETRY_OTLP_ENDPOINT = "http://127.0.0.1:9" })
  t.eq({ r.code, r.out }, { 0, "Private answer.\n" }, "nobody listens")
  t.eq(select(2, r.err:gsub("telemetry could not be written", "")), 1, "said once")
end

-- In a network of its own with nothing but the loopback: a session with a local model, its connections as the kernel saw them.
local function alone()
  for _, name in ipairs { "unshare", "ip", "strace" } do
    if not proc.which(name) then return nil, name .. " is not installed; run: vendor/install test" end
  end
  local r = proc.run { argv = { "unshare", "-n", "strace", "-o", "/dev/null", "ip", "link", "set", "lo", "up" } }
  if not r or r.code ~= 0 then return nil, "this system allows no network of its own, or no tracing: " .. (r and r.err:gsub("\n.*", "") or "") end
  return true
end

local possible, why = alone()
if not possible then
  t.skip(why)
else
  local place = program.place { ["private.txt"] = WORDS }
  assert(fs.write(place.root .. "/script.json", json.encode(json.array(answers(place)))))
  local script = [[
    ip link set lo up
    test -z "$(ip route)" || exit 9
    mkfifo in out
    python3 "$TOP/tests/fake/server.py" script.json <in >out &
    exec 9>in
    read -r _ port <out
    cd project
    export ASAN_OPTIONS=detect_leaks=0 # a traced program cannot look for leaks
    strace -f -qq -e trace=network -o ../trace "$QWEN" --openai-base-url "http://127.0.0.1:$port/v1" -m m -p prompt 9>&-
    echo "code $? port $port"
  ]]
  local r = assert(proc.run { argv = { "unshare", "-n", "sh", "-c", script }, cwd = place.root, env = { PATH = os.env "PATH",
    HOME = place.home, TOP = assert(fs.cwd()), QWEN = program.binary, ASAN_OPTIONS = "detect_leaks=0" } }) -- the leak checker cannot be traced
  local code, port = r.out:match "code (%d+) port (%d+)"
  t.eq(code, "0", "the session ends well: " .. r.out .. r.err)
  t.match(r.out, "^Private answer", "with its answer")
  local there, elsewhere, trace = 0, {}, assert(fs.read(place.root .. "/trace"))
  for line in trace:gmatch "[^\n]+" do
    if line:find "sa_family=AF_INET" and (line:find "connect%(" or line:find "sendto%(" or line:find "sendmsg%(" or line:find "sendmmsg%(") then
      if line:find("htons(" .. (port or "?") .. ")", 1, true) and line:find('inet_addr("127.0.0.1")', 1, true) then
        there = there + 1
      else
        elsewhere[#elsewhere + 1] = line
      end
    end
  end
  t.ok(there >= 1, "it was traced: connections to the model: " .. there)
  t.eq(elsewhere, {}, "connections elsewhere")
end

-- The question about statistics: from the third session in a folder on, after a turn that ends later than the first
-- minute, and once.
do
  local place = program.place { ["~/.qwen/tests/asked_test.lua"] = [[return { asked = function(t)
    local asked, ctx = 0, t.ctx
    ctx.interactive, ctx.background = true, function(fn) fn() end
    function ctx.ask() asked = asked + 1 return "n" end
    local function turn(sessions, seconds)
      for _ = 1, sessions do t:ask("hi", { { text = "ok" } }) end
      ctx.emit("session_started", { source = "startup", model = "m" })
      t.clock.advance(seconds)
      ctx.emit("turn_ended", { role = "assistant", parts = {} })
      return asked
    end
    t:eq(turn(2, 61), 0, "two sessions")
    t:eq(turn(1, 58), 0, "the first minute")
    t:eq(turn(0, 61), 1, "later")
    t:eq(turn(1, 300), 1, "once")
  end }]] }
  local r = program.run(place, { "test" })
  t.eq(r.code, 0, r.out .. r.err)
end

t.done()
