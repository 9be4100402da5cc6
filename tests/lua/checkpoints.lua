-- What tools change in files can be shown and taken back, in this session and after it was resumed; nothing that came since is lost.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs = require "sys.fs"

local place = program.place { ["a.txt"] = "one\n", ["run.sh"] = "#!/bin/sh\n" }
local a, new = place.cwd .. "/a.txt", place.cwd .. "/sub/new.txt"
local function write(path, content) return { name = "write_file", arguments = { file_path = path, content = content } } end
local function read(path) return { name = "read_file", arguments = { file_path = path } } end
local server <close> = fake.start {
  { calls = { read(a) } }, { calls = { write(a, "two\n"), write(new, "new\n") } },
  { calls = { { name = "edit", arguments = { file_path = a, old_string = "two", new_string = "three" } } } }, { text = "done" },
  { calls = { read(a) } }, { calls = { write(a, "four\n") } }, { text = "done again" }, { text = "seen" },
}

local function qwen(...)
  return program.run(place, { "--openai-base-url", server.url, "-m", "m", "-y", ... })
end

t.eq(qwen("first").code, 0, "edits")
t.eq(qwen("--continue", "second").code, 0, "more edits")
t.eq({ fs.read(a), fs.read(new) }, { "four\n", "new\n" }, "made")
local r = qwen("--continue", "-p", "/diff")
t.match(r.out, "%-one\n%+four", "the whole change")
t.match(r.out, "%+new", "a new file")
r = qwen("--continue", "-p", "/diff last")
t.match(r.out, "%-three\n%+four", "of the last prompt")
t.ok(not r.out:find("+new", 1, true), "only that")

r = qwen("--continue", "-p", "/undo")
t.eq({ r.code, r.out, fs.read(a), fs.read(new) }, { 0, "restored a.txt\n", "three\n", "new\n" }, "one prompt back")
fs.write(new, "mine\n")
r = qwen("--continue", "-p", "/undo")
t.eq({ r.code, fs.read(a), fs.read(new) }, { 1, "one\n", "mine\n" }, "two prompts back, but not over what came since")
t.match(r.err, "new.txt was changed since", "said so")
t.match(qwen("--continue", "-p", "/undo").out, "no file was changed", "nothing left")
t.eq(qwen("--continue", "look").out, "seen\n")
local asked = server:requests()
t.match(asked[#asked].body.messages[#asked[#asked].body.messages].content, "took back.*look", "the model is told")
t.eq(fs.stat(place.home .. "/.qwen/projects").mode & 63, 0, "private")
t.match(qwen("--continue", "-p", "/undo x").err, "usage", "wrong words")
t.done()
