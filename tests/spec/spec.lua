-- What the rows of the spec tests share: a row is shown by one call, and the run prints how many of the 124 were.
local t = dofile "tests/check.lua"

local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc, task = require "qwen.util.process", require "sys.task"

local M = { t = t, program = program, shown = {} }

local ROWS = 124

---Shows one row: fn makes checks; the row counts when at least one was made and none failed.
---@param number integer as in auth-observed.md, section 9
---@param claim string
---@param fn fun()
function M.row(number, claim, fn)
  assert(not M.shown[number], "row " .. number .. " is there twice")
  local passed, failed = t.passed, t.failed
  local ok, e = xpcall(fn, debug.traceback)
  t.ok(ok, ("row %d, %s: %s"):format(number, claim, ok and "" or tostring(e)))
  if t.failed > failed then io.write(("FAILED row %d: %s\n"):format(number, claim)) end
  M.shown[number] = t.failed == failed and t.passed > passed + 1 or nil
end

---A service that answers "ok" to everything; the answers given come first.
---@param ... table
function M.mock(...)
  local answers = { ... }
  answers[#answers + 1] = { text = "ok", times = 0 }
  return fake.start(answers)
end

---A place with these settings.
---@param settings table|string|nil
---@param files table<string, string>?
function M.place(settings, files)
  local all = { ["~/.qwen/settings.json"] = type(settings) == "table" and json.encode(settings) or settings }
  for path, text in pairs(files or {}) do all[path] = text end
  return program.place(all)
end

---@return {code: integer, out: string, err: string}
function M.run(place, line, env, more)
  local argv = {}
  for word in line:gmatch "%S+" do argv[#argv + 1] = word end
  return program.run(place, argv, { env = env, input = more and more.input, timeout = more and more.timeout, cwd = more and more.cwd })
end

function M.settings(place)
  return (require("qwen.util.jsonc").parse(fs.read(place.home .. "/.qwen/settings.json") or "{}"))
end

---The last request that a mock got.
function M.last(server)
  local list = server:requests()
  return list[#list] or { headers = {}, body = {} }
end

local Terminal = {}
Terminal.__index = Terminal

---The program in a terminal of its own.
function M.terminal(place, line, env)
  local argv = { program.binary }
  for word in line:gmatch "%S+" do argv[#argv + 1] = word end
  local all = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = "xterm-256color", NO_COLOR = "1" }
  for name, value in pairs(env or {}) do all[name] = value end
  local self = setmetatable({ text = "" }, Terminal)
  self.process = assert(proc.open { argv = argv, cwd = place.cwd, env = all, stdin = "pipe", pty = { rows = 50, cols = 160 } })
  self.reader = task.spawn(function()
    for bytes in function() return self.process:read() end do self.text = self.text .. bytes:gsub("\27%[[%d;?]*%a", "") end
  end)
  return self
end

---Waits until something was shown since the last call; what came up to it.
function Terminal:wait(pattern)
  local late = task.now() + wait.PATIENCE
  repeat
    local from, to = self.text:find(pattern)
    if from then
      local before = self.text:sub(1, to)
      self.text = self.text:sub(to + 1)
      return before
    end
    local ended = self.reader:done()
    task.sleep(0.02)
  until ended or task.now() > late
  error("never shown: " .. pattern .. "\n" .. self.text:sub(-2000), 2)
end

function Terminal:send(keys)
  self.process:write(keys)
end

---Waits for the end.
---@return integer? code
---@return string what was shown last
function Terminal:finish()
  self.reader:join()
  return self.process:wait().code, self.text
end

---Prints the count; every row is shown.
function M.done()
  local left = {}
  for number = 1, ROWS do
    if not M.shown[number] then left[#left + 1] = number end
  end
  t.eq(left, {}, "rows that are not shown")
  io.write(("spec: %d of %d rows shown\n"):format(ROWS - #left, ROWS))
  t.done()
end

return M
