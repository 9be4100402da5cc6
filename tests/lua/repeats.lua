-- Runs that go nowhere end and say why, and runs that make progress go on: repeated calls, circles, equal failures, limits of turns,
-- answers that say nothing.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local LONG = ("a line of a file\n"):rep(100)

local function run(answers, options)
  options = options or {}
  local place = program.place { ["a.txt"] = LONG, ["b.txt"] = "short\n", ["~/.qwen/settings.json"] = "{}" }
  local script = {}
  for i, answer in ipairs(answers) do
    script[i] = answer
    for _, call in ipairs(answer.calls or {}) do
      for key, value in pairs(call.arguments) do
        if type(value) == "string" then call.arguments[key] = value:gsub("^CWD", place.cwd) end
      end
    end
  end
  local server <close> = fake.start(script)
  local settings = (options.settings or "{}"):gsub("URL", server.url)
  assert(fs.write(place.home .. "/.qwen/settings.json", settings))
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "-p", "x", table.unpack(options) })
  r.asked = server:requests()
  return r
end

local function call(name, arguments) return { calls = { { name = name, arguments = arguments } } } end
local function read(name) return call("read_file", { file_path = "CWD/" .. name }) end
local function sh(command) return call("run_shell_command", { command = command }) end
local function times(n, make)
  local out = {}
  for i = 1, n do out[i] = make(i) end
  out[n + 1] = { text = "the end" }
  return out
end
local function result(r, i)
  local messages = r.asked[i + 1].body.messages
  return messages[#messages].content
end

-- The same call with the same result: shown once, said to be unchanged, then not run; the sixth is the last.
local r = run(times(10, function() return read "a.txt" end))
t.eq({ r.code, #r.asked }, { 56, 6 }, "the sixth ends the run")
t.match(r.err, "read_file was called 6 times with the same result", "and says why")
t.match(r.err, "model.skipLoopDetection", "and what turns it off")
t.eq(result(r, 1), LONG, "shown")
t.eq(result(r, 2), "Unchanged since you read it above.", "in view")
t.match(result(r, 3), "^Not run: ", "not run")
r = run(times(10, function() return sh "echo made >> made; echo same" end))
t.eq({ r.code, #r.asked }, { 56, 6 }, "a command")
r = run(times(10, function() return read "a.txt" end), { settings = '{"model":{"skipLoopDetection":true}}' })
t.eq({ r.code, r.out }, { 0, "the end\n" }, "switched off")
r = run({ { calls = (function()
  local calls = {}
  for i = 1, 8 do calls[i] = { name = "run_shell_command", arguments = { command = "echo x >> made; cat made" }, id = "c" .. i } end
  return calls
end)() }, sh "wc -l < made", { text = "done" } })
t.match(result(r, 2), "2", "of the same calls in one turn two are run")

-- Circles and failures.
r = run(times(14, function(i) return read(i % 2 == 0 and "a.txt" or "b.txt") end))
t.eq({ r.code, #r.asked }, { 56, 10 }, "two calls by turns")
r = run(times(14, function(i) return sh(({ "echo a > f", "echo b > f" })[i % 2 + 1]) end))
t.eq({ r.code, #r.asked }, { 56, 10 }, "also where each changes something")
r = run(times(8, function(i) return sh("exit 3 #" .. i) end))
t.eq({ r.code, #r.asked }, { 56, 5 }, "five equal failures")
t.match(result(r, 3), "same failure for the third time", "with a word before")

-- Progress.
for name, make in pairs {
  ["another result each time"] = function() return sh "echo x >> log; wc -l < log" end,
  ["a changed file between"] = function(i)
    return i % 2 == 0 and read "a.txt" or call("write_file", { file_path = "CWD/made.txt", content = "text " .. i })
  end,
  ["other calls between"] = function(i) return sh(i % 2 == 0 and "cat b.txt" or "cat a.txt #" .. i) end,
  ["failures of different kinds"] = function(i) return sh(("echo %d; exit 1"):format(i)) end,
} do
  r = run(times(12, make))
  t.eq({ r.code, r.out }, { 0, "the end\n" }, name)
end

-- The end as JSON.
r = run(times(10, function() return read "a.txt" end), { "--output-format", "json" })
local events = json.decode(r.out)
local last = events[#events]
t.eq({ r.code, last.subtype, last.is_error, last.error.type }, { 56, "error_loop_detected", true, "limit" }, "in JSON")

-- Turns: 200 where nobody watches, unless the user says otherwise.
local many = { { loop = { turns = 300, call = { name = "read_file", arguments = { file_path = "/none" } }, vary = "limit", deltas = 1 }, times = 0 } }
for _, case in ipairs { { "{}", 53, 200 }, { '{"model":{"maxSessionTurns":3}}', 53, 3 } } do
  many[1].loop.call.arguments = { file_path = "/none" }
  r = run(many, { settings = case[1]:gsub("{", '{"model":{"skipLoopDetection":true},', case[1] == "{}" and 1 or 0):gsub(",}", "}") })
  t.eq({ r.code, #r.asked }, { case[2], case[3] }, case[1])
end

-- Answers that say nothing.
local OFF = { modelProviders = { openai = { { id = "m", baseUrl = "URL", generationConfig = { textToolCalls = false } } } } }
local TEXT_CALL = '<tool_call>\n{"name": "read_file", "arguments": {"file_path": "/x"}}\n</tool_call>'
for _, case in ipairs {
  { "only thinking", { { think = "hm" }, { text = "done" } }, 0, 2 }, { "twice", { { think = "hm" }, { think = "hm" } }, 1, 2 },
  { "blanks", { { text = "  \n" }, { text = "done" } }, 0, 2 },
  { "after a call again", { { think = "hm" }, read "b.txt", { think = "hm" }, { text = "done" } }, 0, 4 },
  { "a call as text", { { text = TEXT_CALL }, { text = "done" } }, 0, 2 }, { "twice", { { text = TEXT_CALL }, { text = TEXT_CALL } }, 1, 2 },
} do
  r = run(case[2], { settings = json.encode(OFF) })
  t.eq({ r.code, #r.asked }, { case[3], case[4] }, case[1])
  t.match(result(r, 1), "^%[qwen%] Your last answer had", "asked in words: " .. case[1])
end

t.done()
