-- Calls of one answer: an edit is judged by what was read before it in the same answer.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"

local function call(id, name, args) return { id = id, name = name, arguments = json.encode(args) } end
local function read(file) return call("r" .. file, "read_file", { file_path = file }) end
local function edit(file) return call("e" .. file, "edit", { file_path = file, old_string = "one", new_string = "two" }) end
local function write(file) return call("w" .. file, "write_file", { file_path = file, content = "two\n" }) end

for name, calls in pairs {
  ["a read and an edit"] = { read "a.txt", edit "a.txt" },
  ["a read and a write"] = { read "a.txt", write "a.txt" },
  ["reads of others between"] = { read "a.txt", read "b.txt", edit "a.txt", read "a.txt" },
} do
  local place = program.place { ["a.txt"] = "one\n", ["b.txt"] = "b\n" }
  local server <close> = fake.start { { calls = calls }, { text = "done" } }
  local r = program.run(place, { "--openai-base-url", server.url, "-m", "m", "--yolo", "-p", "x" })
  t.eq({ r.code, r.out, fs.read(place.cwd .. "/a.txt") }, { 0, "done\n", "two\n" }, name .. ": " .. r.err)
end

t.done()
