-- Random sizes in tmux, whose lines fold with the width, in the middle of an answer: after each the screen is as it is painted anew, and the
-- end of the answer, the status and the input stand there once.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, os, task = require "sys.fs", require "sys.os", require "sys.task"
local proc = require "qwen.util.process"

if not t.need "tmux" then return t.done() end

local words = {}
for i = 1, 90 do words[i] = ("w%d "):format(100 + i) end

local server <close> = fake.start { { text = { "A beginning.\n\n", table.concat(words), "more " }, fault = "stall", after = "more " } }
local place = program.place()
local socket = os.env "TMPDIR" .. "/tmux"
local function tmux(...)
  local r = assert(proc.run { argv = { "tmux", "-S", socket, "-f", "/dev/null", ... }, env = { PATH = os.env "PATH", HOME = place.home, LANG = "C.UTF-8" } })
  return r.code == 0 and r.out or nil
end
local pid
local _ <close> = setmetatable({}, { __close = function() -- the program still writes when its terminal is gone
  tmux "kill-server"
  while pid and not (fs.read("/proc/" .. pid .. "/stat") or ") Z"):find(") Z", 1, true) do task.sleep(0.02) end
end })

local argv = { "new-session", "-d", "-x", "80", "-y", "24", "-c", place.cwd }
local env = { HOME = place.home, TERM = "tmux-256color", LANG = "C.UTF-8", OPENAI_BASE_URL = server.url, OPENAI_API_KEY = "k", OPENAI_MODEL = "fake" }
for name, value in pairs(env) do table.move({ "-e", name .. "=" .. value }, 1, 2, #argv + 1, argv) end
table.move({ "env", program.binary }, 1, 2, #argv + 1, argv)
assert(tmux(table.unpack(argv)))
pid = tmux("display-message", "-p", "#{pane_pid}"):match "%d+"

-- Without what changes by itself.
local function screen() return (assert(tmux("capture-pane", "-p")):gsub("writing[^\n]*", "writing")) end
local function until_shown(text)
  local shown = wait.until_true(function() return screen():find(text, 1, true) end)
  return shown or t.ok(false, "never shown: " .. text .. "\n" .. screen())
end

if not until_shown "/help" then return t.done() end
tmux("send-keys", "go", "Enter")
until_shown "writing"

-- tmux tells the program a little later than it changes its own mind.
local tty = tmux("display-message", "-p", "#{pane_tty}"):match "%S+"
local function until_told()
  local size = tmux("display-message", "-p", "#{pane_height} #{pane_width}")
  while assert(proc.run { argv = { "stty", "-F", tty, "size" } }).out ~= size do task.sleep(0.02) end
end

math.randomseed(5)
local mark, bad = 0, nil
local function settle()
  mark = mark + 1
  tmux("send-keys", "-H", "15") -- Ctrl-U
  tmux("send-keys", "-l", ("<%d>"):format(mark))
  return until_shown(("> <%d>"):format(mark))
end
for round = 1, 40 do
  tmux("resize-window", "-x", tostring(math.random(20, 160)), "-y", tostring(math.random(8, 60)))
  until_told()
  if not settle() then break end
  local before = screen()
  tmux("send-keys", "C-l")
  settle()
  local after = screen():gsub("<%d+>", "<>")
  before = before:gsub("<%d+>", "<>")
  if before ~= after then bad = ("round %d\n%s\nanew\n%s"):format(round, before, after) end
  for _, once in ipairs { "w190", "writing", "> <>" } do -- what is above the region is history, which may have scrolled away at any width
    local _, count = after:gsub(once, "")
    if count ~= 1 then bad = bad or ("round %d: %s %d times\n%s"):format(round, once, count, after) end
  end
  if bad then break end
end
t.eq(bad, nil, "after random sizes")
t.done()
