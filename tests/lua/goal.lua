-- Goals and loops, without a screen: budgets, the check's output, and what is refused where nobody looks.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local function run(line, answers, ...)
  local server <close> = fake.start(answers)
  local place = program.place {}
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "-p", line, ... })
  r.asked, r.place = server:requests(), place
  return r
end

local function prompts(r)
  local out = {}
  for _, m in ipairs(r.asked[#r.asked].body.messages) do
    if m.role == "user" then out[#out + 1] = m.content end
  end
  return out
end

local touch = { calls = { { name = "run_shell_command", arguments = { command = "touch done", description = "x" } } } }
local said = { text = "I think so." }

local used = { prompt_tokens = 500, completion_tokens = 100, total_tokens = 600 }
local counted = { text = "I think so.", usage = used }
local looks = { calls = { { name = "list_directory", arguments = { path = "." } } }, usage = used }

-- The check's output goes back until it succeeds.
do
  local r = run("/goal Make it. --check 'test -e done || { echo not there; exit 7; }' --unattended", { said, touch, said })
  t.eq({ r.code, #r.asked, fs.exists(r.place.cwd .. "/done") }, { 0, 3, true }, r.err)
  t.match(prompts(r)[1], "^Make it%.\n\nThe goal is met when `test %-e done")
  t.match(prompts(r)[2], "exit code 7.*not there")
end

for _, row in ipairs {
  { "it holds already", "/goal x --check true --unattended", {}, 0, 0 },
  { "rounds", "/goal x --check false --rounds 2 --unattended", { said, said }, 1, 2 },
  { "nobody looks", "/goal x --check false", {}, 2, 0 },
  { "no check", "/goal x --unattended", {}, 2, 0 },
  { "two checks", "/goal x --check true --judge --unattended", {}, 2, 0 },
  { "no goal", "/goal --check true --unattended", {}, 2, 0 },
  { "a judge", "/goal x --judge --unattended", { said, { text = '{"met": false, "reason": "no proof"}' }, said, { text = '{"met": true, "reason": "y"}' } }, 0, 4 },
  { "a judge without a verdict", "/goal x --judge --unattended", { said, { text = "yes" } }, 1, 2 },
  { "a check that a rule refuses", "/goal x --check 'rm x' --unattended", {}, 1, 0, "--exclude-tools", "Bash(rm *)" },
  { "a loop, nobody looks", "/loop 1s x", {}, 2, 0 },
  { "a loop", "/loop 1s x --rounds 2 --unattended", { said, said }, 0, 2 },
  { "a loop without a prompt", "/loop 5m", {}, 2, 0 },
  { "rounds of a loop", "/loop 1s x --rounds none --unattended", {}, 2, 0 },
  { "an interval of nothing", "/loop 0s x --unattended", {}, 2, 0 },
  { "an interval behind it", "/loop x every 1 second --rounds 2 --unattended", { said, said }, 0, 2 },
  { "every is no interval", "/loop check every file --rounds 1 --unattended", { said }, 0, 1 },
  { "tokens of a loop", "/loop 1s x --tokens 1k --unattended", { counted, counted, counted }, 0, 2 },
  { "what loops run", "/loop list", {}, 0, 0 },
  { "a loop that is not there", "/loop clear", {}, 2, 0 },
  { "tokens", "/goal x --check false --tokens 1000 --unattended", { counted, counted, counted }, 55, 2 },
  { "tokens within a round", "/goal x --check false --tokens=1k --unattended", { looks, looks, looks, looks }, 55, 2 },
  { "tokens that nobody counts", "/goal x --check false --tokens 1000 --unattended", { { text = "x", usage = { prompt_tokens = 5 } } }, 55, 1 },
  { "tokens that are none", "/goal x --check false --tokens many --unattended", {}, 2, 0 },
  { "time within a round", "/goal x --check false --for 2s --unattended", { { text = "a", fault = "stall", after = 10 } }, 55, 1 },
  { "rounds with a sign", "/goal x --check false --rounds=1 --unattended", { said }, 1, 1 },
  { "an apostrophe", "/goal Don't stop --check 'false' --rounds 1 --unattended", { said }, 1, 1 },
  { "a check without quotes", "/goal x --check test -e done --rounds 1 --unattended", { said }, 1, 1 },
  { "no check behind it", "/goal x --check --unattended", {}, 2, 0 },
  { "a limit of the run", "/goal x --check false --rounds 5 --unattended", { looks, said, looks, said }, 55, 3, "--max-tool-calls", "1" },
} do
  local r = run(row[2], row[3], table.unpack(row, 6))
  t.eq({ r.code, #r.asked }, { row[4], row[5] }, row[1] .. ": " .. r.out .. r.err)
end

-- The result of the last round is the run's.
do
  local r = run("/goal x --check 'test -e done' --unattended", { touch, { text = "Made." } }, "--output-format", "json")
  t.match(r.out, '"result":"Made%."')
end
-- Flags in free text: what they are, and the text without them.
local line_flags = require "qwen.util.line_flags"
for _, row in ipairs {
  { "Don't --check 'make test' stop", { check = "make test" }, "Don't stop" },
  { [[say "it's" --check "grep 'a b' x" --judge]], { check = "grep 'a b' x", judge = true }, [[say "it's"]] },
  { "add a flag --json --rounds 3", { rounds = "3" }, "add a flag --json" },
  { "--check make -j2 test --rounds 3 x", { check = "make -j2 test", rounds = "3" }, "x" },
  { "x --check=make", { check = "make" }, "x" },
  { "x --rounds", { rounds = "" }, "x" },
  { "x --roundsup 3 no--rounds 4", {}, "x --roundsup 3 no--rounds 4" },
  { "修好它 --check '测试 一'", { check = "测试 一" }, "修好它" },
  { "", {}, "" },
} do
  local flags, rest = line_flags.read(row[1], { check = "text", judge = "switch", rounds = "word" })
  t.eq({ flags, rest }, { row[2], row[3] }, row[1])
end
for word, seconds in pairs { ["90s"] = 90, ["5m"] = 300, ["2h"] = 7200, ["1d"] = 86400, ["3"] = 180, ["0"] = 0, ["-1"] = 0, ["1.5h"] = 0,
  ["99999999d"] = 0, ["x"] = 0 } do
  t.eq(line_flags.seconds(word) or 0, seconds, word)
end
for word, n in pairs { ["20"] = 20, ["200k"] = 200000, ["2M"] = 2000000, ["0"] = 0, ["-1"] = 0, ["1e3"] = 0, [("9"):rep(30)] = 0 } do
  t.eq(line_flags.count(word) or 0, n, word)
end

-- Limits of the settings; one that is none ends the run.
for _, row in ipairs { { { goalMaxTurns = 1 }, 1, 1 }, { { goalMaxTurns = -1, goalTokenBudget = 1000 }, 55, 2 }, { { goalTokenBudget = 0 }, 2, 0 },
  { { goalMaxTurns = "3" }, 2, 0 } } do
  local server <close> = fake.start { { text = "x", usage = used, times = 0 } }
  local place = program.place { ["~/.qwen/settings.json"] = require("sys.json").encode { model = row[1] } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "-p", "/goal x --check false --unattended" })
  t.eq({ r.code, #server:requests() }, { row[2], row[3] }, r.err)
end
t.done()
