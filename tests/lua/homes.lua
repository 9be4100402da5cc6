-- Home folders that cannot hold what qwen keeps: full, read-only, without locks. The conversation goes on, each thing that is not written is
-- said once, and doctor names the folder.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"
local wait = dofile "tests/wait.lua"

local settings = { limits = { rules = { ["*"] = "60/min" } } }
local fill = [[mkdir -p "$HOME/.qwen" && printf %s "$1" >"$HOME/.qwen/settings.json" && shift
dd if=/dev/zero of="$HOME/fill" bs=1k count=200 2>/dev/null; exec "$@"]]

local function in_bwrap(...)
  return { "bwrap", "--dev-bind", "/", "/", ... }
end

-- By kind of home: the words before the program's own, variables, and what doctor says of it.
local homes = {
  full = { function(home) return in_bwrap("--size", "65536", "--tmpfs", home, "sh", "-c", fill, "sh", json.encode(settings)) end, {}, "No space left" },
  ["read-only"] = { function(home) return in_bwrap("--ro-bind", home, home) end, {}, "Read%-only file system" },
  ["without locks"] = { function() return {} end, { LD_PRELOAD = program.binary:match "^(.*)/" .. "/tests/nolock.so",
    ASAN_OPTIONS = "verify_asan_link_order=0" }, "No locks available.*set QWEN_HOME" },
}

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

local function run(place, home, env, ...)
  local argv, all = home[1](place.home), { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", XDG_RUNTIME_DIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "dumb" }
  for _, more in ipairs { home[2], env } do
    for name, value in pairs(more) do all[name] = value end
  end
  argv[#argv + 1] = program.binary
  table.move({ ... }, 1, select("#", ...), #argv + 1, argv)
  return assert(proc.run { argv = argv, cwd = place.cwd, env = all, timeout = wait.PATIENCE })
end

for kind, home in pairs(homes) do
  local place = program.place { ["a.txt"] = "one\n" }
  if kind == "read-only" then
    fs.mkdir(place.home .. "/.qwen")
    fs.write(place.home .. "/.qwen/settings.json", json.encode(settings))
  end
  if kind ~= "without locks" and run(place, { function(path) return in_bwrap("--tmpfs", path, "env") end, {} }, {}, "--version").code ~= 0 then
    t.skip(kind .. ": bwrap cannot run here")
  else
    local edit = { calls = { { name = "edit", arguments = { file_path = place.cwd .. "/a.txt", old_string = "one", new_string = "two" } } } }
    local server <close> = fake.start { { calls = { { name = "read_file", arguments = { file_path = place.cwd .. "/a.txt" } } } }, edit, { text = "done" } }
    local env = { OPENAI_BASE_URL = server.url, OPENAI_MODEL = "m" }
    local r = run(place, home, env, "--approval-mode", "yolo", "-p", "hi")
    t.eq({ r.code, r.out }, { 0, "done\n" }, kind .. ": the conversation goes on: " .. r.err)
    t.eq(fs.read(place.cwd .. "/a.txt"), "two\n", kind .. ": the edit is made")
    for _, words in ipairs { "the session could not be written", "usage is not recorded" } do
      t.eq(count(r.err, words), 1, kind .. ", once: " .. words .. ": " .. r.err)
    end
    if kind ~= "without locks" then
      t.eq(count(r.err, "edits cannot be taken back"), 1, kind .. ", once: " .. r.err)
      t.eq(count(r.err, "limits are kept for this machine alone"), 1, kind .. ", limits: " .. r.err)
    end
    r = run(place, home, env, "doctor")
    t.eq(r.code, 1, kind .. ": doctor")
    t.match(r.out, "WRONG ~/.qwen cannot hold what is kept: [^\n]*" .. home[3], kind)
  end
end

t.done()
