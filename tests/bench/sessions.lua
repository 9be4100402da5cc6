-- Measures what a session of 200 MB costs to go on with, beside a new one, and what 20,000 command
-- files cost a start, beside none. Started by tests/bench/run. It judges only the promises at the end.
local fake = dofile "tests/fake/fake.lua"
local sessions = dofile "tests/fake/sessions.lua"
local fs, os = require "sys.fs", require "sys.os"
local paths = require "qwen.util.paths"
local proc = require "qwen.util.process"

local program = os.env "QWEN"
local measure_program = program:match "^(.*)/" .. "/tests/measure"
local SIZE, RUNS, FILES = 200 * 1024 * 1024, 5, 20000
local ID = "11111111-2222-3333-4444-555555555555"
local home, cwd = os.env "HOME", assert(fs.cwd())
local chats = ("%s/.qwen/projects/%s/chats"):format(home, paths.project_key(cwd))
assert(fs.mkdir(chats))

local server <close> = fake.start({ { text = "on", times = 0 } }, { log = false })
local env = os.environ()
env.OPENAI_API_KEY, env.OPENAI_BASE_URL = "key-for-the-bench", server.url

-- Milliseconds of wall and CPU, and MB, of two runs by turns: the second above the first.
local function above(runs, rest, other)
  local argv = { measure_program, tostring(runs), program, "-m", "bench", table.unpack(rest) }
  table.move({ "--", program, "-m", "bench", table.unpack(other) }, 1, 4 + #other, #argv + 1, argv)
  local r, rows = assert(proc.run { argv = argv, env = env }), {}
  if r.code ~= 0 then error(r.err, 0) end
  for wall, cpu, kb in r.out:gmatch "(%S+) (%S+) (%S+)\n" do
    rows[#rows + 1] = { tonumber(wall), tonumber(cpu), tonumber(kb) / 1024 }
  end
  return rows[2][1] - rows[1][1], rows[2][2] - rows[1][2], rows[2][3] - rows[1][3]
end

print "| above a run without it | wall ms | CPU ms | MB |\n| --- | ---: | ---: | ---: |"
local most_cpu, most_memory = 0, 0

local function row(name, wall, cpu, memory)
  print(("| %s | %.0f | %.0f | %.1f |"):format(name, wall, cpu, memory))
end

local rows = {
  { "compacted", "a session of 200 MB, shortened now and then" },
  { "compacted", "the same, of Qwen Code", foreign = true },
  { "turns", "the same, never shortened: opened and shortened", shortens = true },
  { "one_turn", "a single turn of 200 MB: opened and shortened", shortens = true },
  { "images", "200 MB of pictures" },
  { "rewound", "200 MB that were left by going back" },
}
for _, case in ipairs(rows) do
  local path = chats .. "/" .. ID .. ".jsonl"
  sessions.write(path, case[1], SIZE, { id = ID, foreign = case.foreign })
  local runs = case.shortens and 1 or RUNS -- the next run finds it shortened
  local wall, cpu, memory = above(runs, { "-p", "hi" }, { "-r", ID, "-p", "hi" })
  row(case[2], wall, cpu, memory)
  most_cpu, most_memory = math.max(most_cpu, cpu), math.max(most_memory, memory)
  fs.remove_tree(chats)
  assert(fs.mkdir(chats))
end

local empty = { above(RUNS, { "--version" }, { "-p", "hi" }) }
local folder = home .. "/.qwen/commands"
assert(fs.mkdir(folder))
for i = 1, FILES do
  local form = i % 2 == 0 and "md" or "toml"
  local file <close> = assert(io.open(("%s/c%d.%s"):format(folder, i, form), "w"))
  file:write((form == "md" and "---\ndescription: number %d\n---\nDo %d"
    or 'description = "number %d"\nprompt = "Do %d"\n'):format(i, i))
end
local most_files = 0
for _, case in ipairs {
  { "20,000 command files: a one-shot", "-p", "hi" },
  { "the same, and one of them is called", "-p", "/c7" },
  { "the same, and all names are given out (-o json)", "-p", "hi", "-o", "json" },
} do
  local cost = { above(RUNS, { "--version" }, table.move(case, 2, #case, 1, {})) }
  for i, value in ipairs(empty) do cost[i] = cost[i] - value end
  row(case[1], table.unpack(cost))
  most_files = case[4] and most_files or math.max(most_files, cost[2])
end

local function promise(name, measured, limit)
  local kept = measured <= limit
  print(("| %s | %.0f | %d | %s |"):format(name, measured, limit, kept and "yes" or "**no**"))
  return kept
end
print "\n| promise | measured | limit | kept |\n| --- | ---: | ---: | --- |"
local kept = promise("200 MB go on, CPU ms", most_cpu, 200)
kept = promise("the same, MB", most_memory, 32) and kept
kept = promise("20,000 command files, CPU ms", most_files, 100) and kept
return kept and 0 or 1
