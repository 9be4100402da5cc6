-- Work over text of others is linear: four times the text costs about four times the CPU, also for one long line, blanks and braces.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local redact = require "qwen.net.redact"
local text = require "qwen.util.text"

local SMALL, FACTOR, ROUNDS = 64 * 1024, 4, 20
local MOST = 9 -- times the CPU for four times the text; the square would be 16

local function cpu(fn, input)
  local least = math.huge
  for _ = 1, 5 do
    local from = os.clock()
    for _ = 1, ROUNDS do fn(input) end
    least = math.min(least, os.clock() - from)
  end
  return least
end

-- What a text of others may be, by its unit.
local units = { ["one line"] = "a", blanks = " ", ["line ends"] = "\n", braces = "{", ["blanks and letters"] = "  a", lines = "a line of a log\n",
  tags = "<a", quotes = '"', queries = "?&a=", paths = "/a" }

local functions = {
  lines = text.lines, trim = text.trim, trim_end = text.trim_end, last_line = text.last_line, closed = text.closed,
  head_tail = function(words) return text.head_tail(words, 1000) end,
  ["a URL to show"] = redact.url,
  ["a command line"] = require("qwen.extension.commands").split,
}
for name, fn in pairs(functions) do
  for kind, unit in pairs(units) do
    local input = "/" .. unit:rep(SMALL // #unit)
    local small, large = cpu(fn, input), cpu(fn, input:rep(FACTOR))
    t.ok(large < math.max(small, 0.001) * MOST, ("%s of %s: %.4f s, four times as much %.4f s"):format(name, kind, small, large))
  end
end

-- The same through the whole program: output of a command in every such form ends in a result.
for _, command in ipairs { "head -c 2000000 /dev/zero | tr '\\0' a; echo; echo done", "head -c 2000000 /dev/zero | tr '\\0' ' '; echo; echo done",
  "yes | head -c 2000000; echo done", "for i in 1 2 3 4; do head -c 20000 /dev/zero | tr '\\0' a; echo; done; echo done" } do
  local place = program.place {}
  local server <close> = fake.start { { calls = { { name = "run_shell_command", arguments = { command = command } } } }, { text = "ok" } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "-p", "x" })
  t.eq({ r.code, r.out }, { 0, "ok\n" }, command)
  local messages = server:requests()[2].body.messages
  t.match(messages[#messages].content, "done", "the end of the output is there")
end

t.done()
