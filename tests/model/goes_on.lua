-- A session that goes on (-c): what was read or written in it counts as read while the file is the same; else it is not.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local LONG = ("a line\n"):rep(1500)
local place = program.place { ["read.txt"] = "one\n", ["part.txt"] = LONG, ["changed.txt"] = "one\n", ["never.txt"] = "one\n", ["edited.txt"] = "one\n",
  ["swapped.txt"] = "one\n", ["unread.txt"] = "one\na whole line\nthree\n", ["~/.qwen/settings.json"] = "{}" }
-- Older than the session, as files that somebody works on are.
for _, name in ipairs { "read", "part", "changed", "never", "edited", "swapped", "unread" } do
  assert(require("qwen.util.process").run { argv = { "touch", "-d", "2020-01-01", place.cwd .. "/" .. name .. ".txt" } })
end

local function call(name, args) return { calls = { { name = name, arguments = json.encode(args), id = name .. tostring(args.file_path) .. tostring(args.new_string) } } } end
local function read(name) return call("read_file", { file_path = name }) end
local function edit(name) return call("edit", { file_path = name, old_string = "one", new_string = "two" }) end
local function write(name) return call("write_file", { file_path = name, content = "three\n" }) end
local function run(script, ...)
  script[#script + 1] = { text = "done" }
  local server <close> = fake.start(script)
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "-p", "x", ... })
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  local asked, results = server:requests(), {}
  for i = 1, #script - 1 do
    local messages = asked[i + 1].body.messages
    results[i] = messages[#messages].content
  end
  return results
end

run { read "read.txt", read "part.txt", read "changed.txt", read "edited.txt", edit "edited.txt", write "made.txt", read "swapped.txt" }
assert(fs.write(place.cwd .. "/changed.txt", "one\none\n"))
assert(fs.write(place.cwd .. "/swapped.txt", "ONE\n"))

-- What is done in the second run, a pattern of the result, and the file afterwards.
local rows = {
  { edit "read.txt", "has been updated", "read.txt", "two\n" },
  { edit "changed.txt", "has not been read in this session", "changed.txt", "one\none\n" },
  { write "swapped.txt", "has not been read in this session", "swapped.txt", "ONE\n" },
  { edit "never.txt", "has not been read in this session", "never.txt", "one\n" },
  { call("edit", { file_path = "unread.txt", old_string = "a whole line\n", new_string = "" }), "have not read this file",
    "unread.txt", "one\nthree\n" },
  { write "unread.txt", "have not been shown", "unread.txt", "one\nthree\n" },
  { write "part.txt", "have not been shown", "part.txt", LONG },
  { write "edited.txt", "Successfully overwrote", "edited.txt", "three\n" },
  { write "made.txt", "Successfully overwrote", "made.txt", "three\n" },
}
local script = {}
for i, row in ipairs(rows) do script[i] = row[1] end
local results = run(script, "-c")
for i, row in ipairs(rows) do
  t.match(results[i], row[2], row[3])
  t.eq(fs.read(place.cwd .. "/" .. row[3]), row[4], row[3])
end

t.done()
