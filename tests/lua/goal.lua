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
} do
  local r = run(row[2], row[3], table.unpack(row, 6))
  t.eq({ r.code, #r.asked }, { row[4], row[5] }, row[1] .. ": " .. r.out .. r.err)
end

-- The result of the last round is the run's.
do
  local r = run("/goal x --check 'test -e done' --unattended", { touch, { text = "Made." } }, "--output-format", "json")
  t.match(r.out, '"result":"Made%."')
end
t.done()
