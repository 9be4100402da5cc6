-- Measures the program beside curl doing the same POSTs to the same server in the same run. Started by tests/bench/run.
-- Both run by turns, and each figure is the least of its runs (measure.c). It judges nothing but the promises at the end.
local fake = dofile "tests/fake/fake.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

local program = os.env "QWEN"
local measure_program = program:match "^(.*)/" .. "/tests/measure"
local tmp = os.env "TMPDIR"
local top, project = assert(fs.cwd()), tmp .. "/alone" -- no repository: git is asked in the background there
assert(fs.mkdir(project))

---A row of figures of ours and of curl's: wall and CPU in milliseconds (the least), memory in MB (the peak).
local function measure(name, runs, ours, curl, env, cwd)
  local argv = { measure_program, tostring(runs) }
  table.move(ours, 1, #ours, #argv + 1, argv)
  argv[#argv + 1] = "--"
  table.move(curl, 1, #curl, #argv + 1, argv)
  local r, rows = assert(proc.run { argv = argv, env = env, cwd = cwd or project }), {}
  if r.code ~= 0 then error(r.err, 0) end
  for wall, cpu, kb in r.out:gmatch "(%S+) (%S+) (%S+)\n" do rows[#rows + 1] = { wall = tonumber(wall), cpu = tonumber(cpu), memory = tonumber(kb) / 1024 } end
  return { name = name, qwen = rows[1], curl = rows[2] }
end

-- Each protocol has its own variables for key and address; a run finds them in the environment.
local KEY, variables = "key-for-the-bench", { openai = { "OPENAI_API_KEY", "OPENAI_BASE_URL" }, ["openai-responses"] = { "OPENAI_API_KEY", "OPENAI_BASE_URL" },
  anthropic = { "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL" }, gemini = { "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL" } }

local function ask(server, protocol)
  local env = os.environ()
  env[variables[protocol][1]], env[variables[protocol][2]] = KEY, server.url
  return { program, "-p", "hi", "--yolo", "--max-session-turns", "-1", "--auth-type", protocol, "-m", "bench" }, env
end

-- What the program sends, kept as a curl configuration that sends the same over one connection.
local function same_with_curl(answers, port, protocol)
  local server <close> = fake.start(answers)
  local argv, env = ask(server, protocol)
  local r = assert(proc.run { argv = argv, env = env })
  assert(r.code == 0, r.err)
  local lines = { "silent", "no-buffer" }
  for i, request in ipairs((server:requests())) do
    local path = ("%s/body-%d"):format(tmp, i)
    assert(fs.write(path, json.encode(request.body)))
    if i > 1 then lines[#lines + 1] = "next\nsilent\nno-buffer" end
    lines[#lines + 1] = ('url = "http://127.0.0.1:%d%s"\noutput = "/dev/null"\ndata-binary = "@%s"'):format(port, request.path, path)
    lines[#lines + 1] = 'header = "content-type: application/json"\nheader = "authorization: Bearer ' .. KEY .. '"'
  end
  local path = tmp .. "/curl.conf"
  assert(fs.write(path, table.concat(lines, "\n") .. "\n"))
  return { "curl", "-K", path }
end

local function compare(name, runs, answers, protocol, cwd)
  protocol = protocol or "openai"
  local server <close> = fake.start(answers, { log = false })
  local curl = same_with_curl(answers, server.port, protocol)
  local ours, env = ask(server, protocol)
  return measure(name, runs, ours, curl, env, cwd)
end

local file = tmp .. "/notes.txt"
assert(fs.write(file, ("a line of text in a small file\n"):rep(20)))
local function turns(n)
  return { { loop = { turns = n, call = { name = "read_file", arguments = { file_path = file } }, vary = "limit", deltas = 1 }, times = 0 } }
end

local version = measure("`--version`", 200, { program, "--version" }, { "curl", "--version" })
local one = compare("one-shot answer", 40, { { text = { "Hello", " there" }, times = 0 } })
local in_repository = compare("the same, in a repository", 40, { { text = { "Hello", " there" }, times = 0 } }, "openai", top)
local stream = compare("20,000 deltas, one by one", 5, { { loop = { deltas = 20000 }, times = 0 } })
local burst = compare("20,000 deltas in bursts of 500", 25, { { loop = { deltas = 20000, burst = 500 }, times = 0 } })
local bursts = { burst }
for _, protocol in ipairs { "openai-responses", "anthropic", "gemini" } do
  bursts[#bursts + 1] = compare("the same, " .. protocol, 25, { { loop = { deltas = 20000, burst = 500 }, times = 0 } }, protocol)
end
local few, many = compare("50 tool turns", 7, turns(50)), compare("200 tool turns", 5, turns(200))

local out = {}
local function put(text, ...) out[#out + 1] = text:format(...) end
put "Both programs by turns; each figure is the least of 5 to 200 runs.\n"
put "| run | wall ms: qwen | curl | ratio | CPU ms: qwen | curl | ratio | MB: qwen | curl |"
put "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for _, row in ipairs { version, one, in_repository, stream, burst, bursts[2], bursts[3], bursts[4], few, many } do
  local q, c = row.qwen, row.curl
  put("| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f | %.1f |", row.name, q.wall, c.wall, q.wall / c.wall, q.cpu, c.cpu, q.cpu / c.cpu,
    q.memory, c.memory)
end

-- A tool turn's CPU early and late in a session: what start-up costs is taken off.
local early = (few.qwen.cpu - one.qwen.cpu) / 50
local late = (many.qwen.cpu - few.qwen.cpu) / 150
local kept = true
local function promise(text, value, limit, unit)
  kept = kept and value <= limit
  put("| %s | %.2f%s | %s%s | %s |", text, value, unit, limit, unit, value <= limit and "yes" or "**no**")
end
put ""
put "| promise | measured | limit | kept |"
put "| --- | ---: | ---: | --- |"
promise("`--version`, wall", version.qwen.wall, 3, " ms")
promise("one-shot, wall against curl", one.qwen.wall / one.curl.wall, 3, "x")
promise("one-shot, peak memory", one.qwen.memory, 20, " MB")
promise("20,000 deltas one by one, CPU against curl", stream.qwen.cpu / stream.curl.cpu, 5, "x")
promise("20,000 deltas in bursts, CPU against curl", burst.qwen.cpu / burst.curl.cpu, 5, "x")
for i = 2, #bursts do promise(bursts[i].name .. ", CPU against curl", bursts[i].qwen.cpu / bursts[i].curl.cpu, 5, "x") end
promise("a tool turn, CPU, turns 1 to 50", early, 1, " ms")
promise("a tool turn, CPU, turns 51 to 200", late, 1, " ms")
promise("growth of a tool turn with the history", late / early, 1.5, "x") -- curl, which only sends the bytes, grows more than that

-- A command in the sandbox beside bubblewrap alone, by turns, because both wait for the kernel and for whoever else is busy.
local sandbox, task = require "qwen.permission.sandbox", require "sys.task"
local set, inner = { ["tools.executionSandbox.backend"] = "bubblewrap" }, { "/bin/sh", "-c", ":" }
assert(fs.mkdir(tmp .. "/project"))
local boxed = { cwd = assert(fs.realpath(tmp .. "/project")), settings = { get = function(_, key) return set[key] end } }
local ours, bare = {}, {}
for i = 1, 101 do
  local start = task.now()
  do
    local options, hold = sandbox.wrap(boxed, { argv = inner })
    local _ <close> = assert(options and hold, tostring(hold))
    assert(assert(proc.run(options)).code == 0)
  end
  ours[i], start = (task.now() - start) * 1000, task.now()
  assert(assert(proc.run { argv = { "/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/", table.unpack(inner) } }).code == 0)
  bare[i] = (task.now() - start) * 1000
end
table.sort(ours)
table.sort(bare)
put("| a command in the sandbox, wall | %.2f ms | | |", ours[51])
promise("the same against bubblewrap alone", ours[51] / bare[51], 2, "x")

-- A session on a terminal.
local screen = dofile "tests/bench/screen.lua"
local _, ratio = screen.stream(5000)
promise("2,000 deltas on a screen, CPU", screen.stream(20000) / 10, 25, " ms")
promise("5,000 deltas on a screen, bytes against the text", ratio, 1.5, "x")
local lua_growth, growth = screen.growth(1000)
promise("memory a turn leaves in Lua, 1,000 turns", lua_growth / 1024, 2, " KB")
promise("the same, of the process", growth / 1024, 2, " KB")

dofile "tests/bench/page.lua"("figures", table.concat(out, "\n") .. "\n", (select(2, ...)))
return kept and 0 or 1
