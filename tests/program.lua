-- Runs the program under test in a folder of its own, for tests that look at it from outside.
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"
local wait = dofile "tests/wait.lua"

local M = { binary = assert(os.env "QWEN", "run tests through tests/room, which sets QWEN") }
if M.binary:sub(1, 1) ~= "/" then M.binary = assert(fs.cwd()) .. "/" .. M.binary end

---A new home and project folder, with files in them.
---@param files table<string, string>? by path; those that begin with "~/" go to the home folder
---@return {home: string, cwd: string}
function M.place(files)
  local root = assert(fs.realpath(assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/place-"))))
  local place = { root = root, home = root .. "/home", cwd = root .. "/project" }
  assert(fs.mkdir(place.home))
  assert(fs.mkdir(place.cwd))
  for path, text in pairs(files or {}) do
    local full = path:sub(1, 2) == "~/" and place.home .. path:sub(2) or place.cwd .. "/" .. path
    assert(fs.mkdir(full:match "^(.*)/"))
    assert(fs.write(full, text, { mode = 420, fsync = false }))
  end
  return place
end

---Runs it to its end.
---@param place table
---@param args string[]
---@param options {env: table?, input: string?, timeout: number?, cwd: string?, alone: boolean?}? alone: it looks for no model server
---of this machine, whatever listens here
---@return {code: integer?, signal: integer?, out: string, err: string}
function M.run(place, args, options)
  options = options or {}
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "dumb" }
  if options.alone then
    env.QWEN_CODE_SYSTEM_SETTINGS_PATH = place.root .. "/system.json"
    assert(fs.write(env.QWEN_CODE_SYSTEM_SETTINGS_PATH, '{"local": {"servers": []}}'))
  end
  for name, value in pairs(options.env or {}) do env[name] = value or nil end
  return assert(proc.run { argv = { M.binary, table.unpack(args) }, cwd = options.cwd or place.cwd, env = env, input = options.input,
    timeout = options.timeout or wait.PATIENCE })
end

return M
