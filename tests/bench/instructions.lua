-- Counts the instructions of two builds at the runs of bench.lua and at commands that need no model. Started by tests/bench/instructions.
-- It judges nothing: the ratio of two runs of one build differs by a hundredth, because strings are hashed by chance.
local fake = dofile "tests/fake/fake.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local _, other = ...
local tmp = os.env "TMPDIR"
local project = tmp .. "/project" -- no repository: git is asked in the background there
assert(fs.mkdir(project))
local notes = project .. "/notes.txt"
assert(fs.write(notes, ("a line of text in a small file\n"):rep(20)))

local hello = { text = { "Hello", " there" }, times = 0 }
local burst = { loop = { deltas = 20000, burst = 500 }, times = 0 }
local function turns(n)
  return { loop = { turns = n, call = { name = "read_file", arguments = { file_path = notes } }, vary = "limit", deltas = 1 }, times = 0 }
end

-- Name, arguments or an answer, protocol with its variables for key and address.
local OPENAI = { "openai", "OPENAI_API_KEY", "OPENAI_BASE_URL" }
local runs = {
  { "--version", args = { "--version" } }, { "--help", args = { "--help" } }, { "config list", args = { "config", "list" } },
  { "models, nothing configured", args = { "models" }, code = 1 },
  { "one-shot answer", answer = hello }, { "the same, in a repository", answer = hello, cwd = assert(fs.cwd()) },
  { "20,000 deltas, one by one", answer = { loop = { deltas = 20000 }, times = 0 } },
  { "20,000 deltas in bursts of 500", answer = burst },
  { "the same, openai-responses", answer = burst, { "openai-responses", "OPENAI_API_KEY", "OPENAI_BASE_URL" } },
  { "the same, anthropic", answer = burst, { "anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL" } },
  { "the same, gemini", answer = burst, { "gemini", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL" } },
  { "50 tool turns", answer = turns(50) }, { "200 tool turns", answer = turns(200) },
}

-- Millions of instructions of a run.
local function count(program, run)
  local argv, env, server = { "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program }, os.environ(), nil
  local args = run.args
  if not args then
    local protocol = run[2] or OPENAI
    server = fake.start({ run.answer }, { log = false })
    env[protocol[2]], env[protocol[3]] = "key-for-the-bench", server.url
    args = { "-p", "hi", "--yolo", "--auth-type", protocol[1], "-m", "bench",
      "--max-session-turns", "1000" }
  end
  local r = assert(proc.run { argv = table.move(args, 1, #args, #argv + 1, argv), env = env, cwd = run.cwd or project })
  if server then server:close() end
  if r.code ~= (run.code or 0) then error(r.err, 0) end
  return tonumber(r.err:match "^.*Collected : (%d+)") / 1e6 -- a child that starts a program tells, too, and before
end

print "| millions of instructions | this build | the other | ratio |\n| --- | ---: | ---: | ---: |"
for _, run in ipairs(runs) do
  local ours, theirs = count(os.env "QWEN", run), count(other, run)
  print(("| %s | %.2f | %.2f | %.3f |"):format(run[1], ours, theirs, ours / theirs))
end
