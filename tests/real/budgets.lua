-- Limits of a run: calls, time, tokens and money, by flags and settings, with agents, as text and JSON; and values that are no limits.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local AGENT = "---\nname: helper\ndescription: helps\n---\nYou help."

local function run(answers, argv, settings)
  local server <close> = fake.start(answers)
  local place = program.place { ["~/.qwen/settings.json"] = json.encode(settings or {}), ["~/.qwen/agents/helper.md"] = AGENT }
  local words = table.move(argv, 1, #argv, 3, { "-p", "hi" })
  local r = program.run(place, words, { env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }, timeout = 60 })
  return r, server:requests(), place
end

-- The messages of the only session.
local function session_of(place)
  local project = fs.list(place.home .. "/.qwen/projects")[1].name
  local chats = ("%s/.qwen/projects/%s/chats"):format(place.home, project)
  for _, entry in ipairs(fs.list(chats)) do
    if entry.name:find "%.jsonl$" then return fs.read(chats .. "/" .. entry.name) end
  end
end

local function call(command, times, usage)
  return { calls = { { name = "run_shell_command", arguments = { command = command } } }, times = times or 1, usage = usage }
end
local used = { prompt_tokens = 900, completion_tokens = 100, total_tokens = 1000 }
local prices = { modelPricing = { m = { inputPerMillionTokens = 100, outputPerMillionTokens = 200 } } } -- 0.11 a request
local agent = { calls = { { name = "task", arguments = { subagent_type = "helper", description = "x", prompt = "go" } } } }

-- answers, flags, settings, requests, the subtype, what was made
for name, case in pairs {
  ["calls"] = { { call("echo x >> made", 0) }, { "--max-tool-calls", "2" }, {}, 3, "error_max_tool_calls", "x\nx\n" },
  ["no calls"] = { { call "echo x >> made" }, { "--max-tool-calls=0" }, {}, 1, "error_max_tool_calls" },
  ["calls of a setting"] = { { call("echo x >> made", 0) }, {}, { model = { maxToolCalls = 1 } }, 2, "error_max_tool_calls", "x\n" },
  ["a flag is stronger"] = { { call "echo x >> made", { text = "ok" } }, { "--max-tool-calls", "-1" }, { model = { maxToolCalls = 0 } }, 2, "success", "x\n" },
  ["as many as allowed"] = { { call "echo x >> made", { text = "ok" } }, { "--max-tool-calls", "1" }, {}, 2, "success", "x\n" },
  ["calls of agents"] = { { agent, call("echo x >> made", 0) }, { "--max-tool-calls", "3" }, {}, 4, "error_max_tool_calls", "x\nx\n" },
  ["tokens"] = { { call("echo x >> made", 0, used) }, { "--max-tokens", "1500" }, {}, 2, "error_max_tokens", "x\n" },
  ["tokens of a setting"] = { { call("echo x >> made", 0, used) }, {}, { model = { maxRunTokens = 1000 } }, 1, "error_max_tokens" },
  ["tokens of agents"] = { { agent, call("echo x >> made", 0, used) }, { "--max-tokens", "1500" }, {}, 3, "error_max_tokens", "x\n" },
  ["the last answer may go beyond"] = { { { text = "ok", usage = used } }, { "--max-tokens", "10" }, {}, 1, "success" },
  ["money"] = { { call("echo x >> made", 0, used) }, { "--max-cost", "0.15" }, prices, 2, "error_max_cost", "x\n" },
  ["money of a setting"] = { { call("echo x >> made", 0, used) }, {}, { model = { maxRunCost = 0.1 }, modelPricing = prices.modelPricing }, 1, "error_max_cost" },
  ["enough money"] = { { call("echo x >> made", 1, used), { text = "ok", usage = used } }, { "--max-cost", "5" }, prices, 2, "success", "x\n" },
  ["time of an answer"] = { { { text = { "a", "b" }, fault = "stall", after = 300 } }, { "--max-wall-time", "1s" }, {}, 1, "error_max_wall_time" },
  ["time of a command"] = { { call "echo x >> made; sleep 300" }, { "--max-wall-time", "2" }, {}, 1, "error_max_wall_time", "x\n" },
  ["time of an agent"] = { { agent, { text = "a", fault = "stall", after = 10 } }, { "--max-wall-time", "2s" }, {}, 2, "error_max_wall_time" },
  ["a wait that is too long"] = { { { status = 429, error = "slow down", headers = { ["Retry-After"] = "90" } }, { text = "late", times = 0 } },
    { "--max-wall-time", "5s" }, {}, 1, "error_max_wall_time" },
  ["a place that is too late"] = { { call("echo x >> made", 0) }, { "--max-wall-time", "20s" }, { limits = { rules = { m = "1/min" } } }, 1,
    "error_max_wall_time", "x\n" },
} do
  local r, asked, place = run(case[1], { "-y", "-o", "json", table.unpack(case[2]) }, case[3])
  local all = json.decode(r.out) or {}
  local last = all[#all] or {}
  local ok = case[5] == "success"
  t.eq({ r.code, last.subtype, last.is_error, #asked, (fs.read(place.cwd .. "/made")) }, { ok and 0 or 55, case[5], not ok, case[4], case[6] },
    name .. ": " .. r.err)
  local kept = session_of(place)
  local calls = 0
  for id in kept:gmatch '"functionCall":.-"id":"([^"]+)"' do
    calls = calls + 1
    t.ok(kept:find(('"functionResponse":{"id":"%s"'):format(id), 1, true), name .. ": the call has a result in the session")
  end
  t.eq(calls > 0, case[1][1].calls ~= nil, name .. ": its calls are kept")
end

-- What runs is stopped.
do
  local _, _, place = run({ call "echo $$ > pid; exec sleep 600" }, { "-y", "--max-wall-time", "2s" })
  local pid = fs.read(place.cwd .. "/pid"):match "%d+"
  t.eq(fs.stat("/proc/" .. pid) and fs.read("/proc/" .. pid .. "/cmdline", 4096), nil, "the command has ended")
end

-- As text: the reason alone, what came of the answer stays, and the session goes on.
local r, _, place = run({ { text = { "first words", " more" }, fault = "stall", after = "more" } }, { "--max-wall-time", "1" })
t.eq({ r.code, r.out:match "^first words" }, { 55, "first words" }, "what came is printed: " .. r.err)
t.match(r.err, "%-%-max%-wall%-time", "the reason")
t.match(session_of(place), "first words", "and kept")

r = run({ { text = { "first", " more" }, fault = "stall", after = "more" } }, { "--max-wall-time", "1", "-o", "stream-json", "--include-partial-messages" })
local function count(what) return select(2, r.out:gsub('"type":"' .. what .. '"', "")) end
t.eq({ count "message_start", count "message_stop", count "content_block_start", count "content_block_stop" }, { 1, 1, 1, 1 }, "what was begun is closed")
t.match(r.out, '"message_stop".*"type":"assistant".*"error_max_wall_time"', "in their order")

-- What cannot be kept is refused before anything is sent.
for _, case in ipairs {
  { { "--max-cost", "1" }, {}, 2 }, { {}, { model = { maxRunCost = 1 } }, 2 },
  { {}, { model = { maxToolCalls = "5" } }, 2 }, { {}, { model = { maxRunTokens = -5 } }, 2 }, { {}, { model = { maxRunCost = 0 } }, 2 },
  { {}, { model = { maxWallTimeSeconds = 0.2 } }, 2 }, { {}, { model = { maxToolCalls = 1.5 } }, 2 },
} do
  local result, asked = run({ { text = "ok", times = 0 } }, case[1], case[2])
  t.eq({ result.code, #asked, result.out }, { case[3], 0, "" }, json.encode(case) .. result.err)
end
local result, asked = run({ call("true", 0, { prompt_tokens = 5 }) }, { "-y", "--max-tokens", "100000" })
t.eq({ result.code, #asked }, { 55, 1 }, "a service that does not say what its answers use: " .. result.err)
-- No turn is no request, as in Qwen Code.
result, asked = run({ { text = "ok", times = 0 } }, { "--max-session-turns", "0" })
t.eq({ result.code, #asked, result.out }, { 53, 0, "" }, "no turn: " .. result.err)
t.done()
