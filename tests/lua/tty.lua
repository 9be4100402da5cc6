-- The session in a pseudo terminal, byte by byte: no clearing of the screen, modes in pairs, a terminal that is given back on every way
-- out, random keys and sizes, and a second screen that must agree with what was painted by difference.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"
local fs, os, task = require "sys.fs", require "sys.os", require "sys.task"
local proc = require "qwen.util.process"

local Pty = {}
Pty.__index = Pty
Pty.__close = function(self) self.child:close() end

-- A build with sanitizers would report fatal signals itself, before our handler gives the terminal back.
local SIGNALS_ARE_OURS = "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0"

-- The program in a terminal of its own; what it writes is kept.
local function start(place, options)
  options = options or {}
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR", LANG = "C.UTF-8", TERM = options.term or "xterm-256color", EDITOR = "true",
    OPENAI_BASE_URL = options.url or "http://127.0.0.1:9/v1", OPENAI_API_KEY = "key-of-a-test", OPENAI_MODEL = "fake", XTERM_VERSION = options.xterm,
    ASAN_OPTIONS = SIGNALS_ARE_OURS, UBSAN_OPTIONS = SIGNALS_ARE_OURS }
  local self = setmetatable({ bytes = {}, size = 0, rows = 24, columns = 80 }, Pty)
  local argv = options.argv or { program.binary }
  self.child = assert(proc.open { argv = argv, cwd = place.cwd, env = env, pty = { rows = 24, cols = 80 } })
  self.news = task.queue()
  task.spawn(function()
    for chunk in function() return self.child:read() end do
      self.bytes[#self.bytes + 1] = chunk
      self.news:put(true)
    end
    self.news:close()
  end)
  return self
end

function Pty:all() return table.concat(self.bytes) end

-- Until the text was written after the mark; false when the program ended before.
function Pty:wait(text, mark)
  while not self:all():find(text, mark or 1, true) do
    if not self.news:get(wait.PATIENCE) then return false end
  end
  return true
end

-- Another size, after all was painted for the one before; libvterm gets it at the same place.
function Pty:resize(rows, columns)
  if rows == self.rows and columns == self.columns then rows = rows + 1 end
  self.rows, self.columns = rows, columns
  self.bytes[#self.bytes + 1] = ("\27_size %d %d\27\\"):format(rows, columns)
  local mark = #self:all()
  self.child:resize(rows, columns)
  return self:wait("\27[?2026l", mark)
end

function Pty:type(text) return self.child:write(text) end

local marks = 0
-- Everything typed before was taken when this paste has been painted.
function Pty:settle()
  marks = marks + 1
  local mark, before = ("<%d>"):format(marks), #self:all()
  self:type("\27[200~" .. mark .. "\27[201~")
  return self:wait(mark, before + 1)
end

-- The screen that libvterm makes of the bytes.
local screen_program = program.binary:match "^(.*)/" .. "/tests/screen"
local function screen(bytes)
  if not fs.stat(screen_program) then return nil end
  local tmp = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/screen-"))
  assert(fs.write(tmp .. "/bytes", (bytes:gsub("\r?\n", "\r\n")))) -- this terminal leaves ends of lines as they are
  local r = assert(proc.run { argv = { "/bin/sh", "-c", "exec '" .. screen_program .. "' 24 80 <" .. tmp .. "/bytes" } })
  return r.out
end

local function count(text, piece)
  local n, from = 0, 1
  while true do
    local first, last = text:find(piece, from, true)
    if not first then return n end
    n, from = n + 1, last + 1
  end
end

local function check_bytes(bytes, name)
  for _, never in ipairs { "\27[2J", "\27[3J", "\27[?1049h", "\27[?47h", "\27c", "\27[r" } do
    t.ok(not bytes:find(never, 1, true), name .. ": never " .. never:gsub("\27", "ESC"))
  end
  local _, ends = bytes:gsub("\27%[%?2026l", "")
  t.ok(count(bytes, "\27[?2026h") <= ends, name .. ": every frame ends")
end

-- Keys typed before the program reads are kept, Enter among them.
do
  local place = program.place()
  local server <close> = fake.start { { text = "heard you" } }
  local pty <close> = start(place, { url = server.url })
  pty:type "typed early\r"
  t.ok(pty:wait "heard you", "a prompt typed during the start is sent")
  t.eq(server:requests()[1].body.messages[2].content, "typed early", "as it was typed")
end

-- A terminal that knows no escape sequence gets none; typing, an answer and a question work.
do
  local place = program.place()
  local calls = { { name = "run_shell_command", arguments = { command = "touch made", description = "x" } } }
  local server <close> = fake.start { { text = "plain words" }, { calls = calls }, { text = "not done" } }
  local pty <close> = start(place, { url = server.url, term = "dumb" })
  pty:wait "> "
  pty:type "helloo\127 you\r"
  t.ok(pty:wait "plain words", "an answer")
  pty:wait "10 in"
  pty:type "make it\r"
  t.ok(pty:wait "or a number", "a question")
  pty:type "3\r"
  t.ok(pty:wait "not done", "is answered")
  t.eq(server:requests()[1].body.messages[2].content, "hello you", "what was typed")
  t.ok(not pty:all():find("\27", 1, true), "no escape byte")
end

-- An answer in 500 pieces while one types: bytes, the second screen, the echo.
do
  local place = program.place()
  local server <close> = fake.start { { loop = { deltas = 500 } } }
  local pty <close> = start(place, { url = server.url })
  pty:type "go\r"
  pty:wait "word3"
  pty:type "typed 中文 meanwhile"
  t.ok(pty:wait "word499", "the answer came")
  pty:wait "10 in"
  pty:settle()
  local bytes = pty:all()
  check_bytes(bytes, "an answer")
  local shown = screen(bytes)
  if shown then
    t.match(shown, "word499", "the end of the answer is on the second screen")
    t.match(shown, "> typed 中文 meanwhile<%d+>\n", "and the input below it")
    t.eq(select(2, shown:gsub("word499", "")), 1, "once")
  else
    t.skip "no second screen: libvterm-dev was not installed when this was built; run: vendor/install test"
  end
end

-- Random keys: it lives, and what was painted by difference is what it paints anew.
local keys = { "a", "b", " ", "é", "漢", "\u{301}", "\u{1F469}", "\27[A", "\27[B", "\27[C", "\27[D", "\27[H", "\27[F", "\127", "\1", "\2", "\5", "\6",
  "\8", "\11", "\21", "\23", "\25", "\20", "\31", "\10", "\27b", "\27f", "\27d", "\27y", "\27_", "\9", "@", "\18", "\16", "\14", "\19", "\27[3~",
  "\27[1;5C", "\27[200~two\nlines\27[201~", "\24\21", "-", "x y z ", "(", ")" }
local function random_keys(n)
  local out = {}
  for i = 1, n do out[i] = keys[math.random(#keys)] end
  return table.concat(out)
end

do
  math.randomseed(77)
  local place = program.place { ["src/main.c"] = "int main;\n", ["README"] = "text\n" }
  local pty <close> = start(place)
  pty:wait "> "
  local differ, compared = {}, 0
  for round = 1, 25 do
    pty:type(random_keys(400))
    if not t.ok(pty:settle(), "alive after 400 random keys") then break end
    local mark = #pty:all()
    pty:type "\12" -- Ctrl-L paints everything anew
    pty:wait("\27[?2026h", mark)
    local frame = pty:all():find("\27[?2026h", mark, true)
    pty:wait("\27[?2026l", frame)
    local before, after = screen(pty:all():sub(1, frame - 1)), screen(pty:all())
    if before and not before:find "search:" and not before:find "not found:" then -- which Ctrl-L ends
      compared = compared + 1
      if before ~= after then differ[#differ + 1] = ("round %d\n%s\nanew\n%s"):format(round, before, after) end
    end
  end
  check_bytes(pty:all(), "random keys")
  t.eq(differ, {}, "painted by difference is painted anew")
  t.ok(compared > 10 or not fs.stat(screen_program), "screens were compared")
end

-- Random keys with Enter, answers and 1,000 random sizes: it lives, never writes below the screen's end for ever, and can be left.
do
  local place = program.place { README = "text\n" }
  local server <close> = fake.start { { text = { "# head\n\nsome *text* 漢字 ", "more\n\n- a\n- b\n" }, times = 0 } }
  local pty <close> = start(place, { url = server.url })
  pty:wait "> "
  for round = 1, 100 do
    for _ = 1, 10 do
      pty.child:resize(math.random(1, 60), math.random(1, 160))
      pty:type(random_keys(8))
    end
    if round % 10 == 0 then
      pty:type "\r"
      if not t.ok(pty:settle(), "alive after 100 random sizes") then break end
    end
  end
  pty.child:resize(24, 80)
  t.ok(pty:settle(), "alive after 1,000 random sizes")
  check_bytes(pty:all(), "random sizes")
end

-- A growing input, answers and 500 random sizes, in a terminal that cuts lines as xterm does: it lives, what stands on the screen is
-- what it paints anew, and the input and the end of the last answer stand there once.
do
  local place = program.place { README = "text\n" }
  local server <close> = fake.start { { text = { "# head\n\nsome *text* 漢字 ", "more\n\n- a\n- b\n\nthe end\n" }, times = 0 } }
  local pty <close> = start(place, { url = server.url, xterm = "XTerm(1)" })
  pty:wait "> "
  local differ = {}
  for round = 1, 25 do
    for _ = 1, 10 do
      pty:type("\27[200~" .. ("some text "):rep(math.random(0, 40)) .. "\n\27[201~")
      if not t.ok(pty:settle(), "alive between random sizes") then return t.done() end
      pty:resize(math.random(6, 60), math.random(20, 160))
      pty:resize(math.random(12, 60), math.random(40, 160))
    end
    local mark = #pty:all()
    pty:type "\r"
    pty:wait("10 in", mark)
    pty:settle()
    local before = screen(pty:all())
    pty:type "\12"
    pty:settle()
    local after = screen(pty:all())
    if before then
      local function alike(shown) return (shown:gsub("<[%d<>]+>", "<>"):gsub("cursor [^\n]*", "")) end -- but for the second mark
      before, after = alike(before), alike(after)
      if select(2, after:gsub("\n> <>\n", "")) ~= 1 or before ~= after then differ[#differ + 1] = ("round %d\n%s\nanew\n%s"):format(round, before, after) end
    end
  end
  t.eq(differ, {}, "after 500 random sizes the screen is as painted anew")
  check_bytes(pty:all(), "random sizes")
end

-- The terminal is given back on every way out.
local function given_back(name, leave)
  local place = program.place()
  local pty <close> = start(place, { argv = { "/bin/sh", "-c", [[trap : INT; stty -g >before; "$0"; echo $? >code; stty -g >after; echo all-over]], program.binary } })
  pty:wait "/help"
  pty:wait "> "
  local shell = pty.child:pid()
  local inner = (fs.read(("/proc/%d/task/%d/children"):format(shell, shell)) or ""):match "%d+"
  leave(pty, inner)
  t.ok(pty:wait "all-over", name .. ": it ended")
  local code = tonumber((fs.read(place.cwd .. "/code")))
  t.eq(fs.read(place.cwd .. "/after"), fs.read(place.cwd .. "/before"), name .. ": the modes are as before")
  local bytes = pty:all()
  t.ok(bytes:match "^.*()\27%[%?2004l" > bytes:match "^.*()\27%[%?2004h", name .. ": bracketed paste is off")
  t.ok(bytes:match "^.*()\27%[%?7h" > (bytes:match "^.*()\27%[%?7l" or 0), name .. ": lines wrap")
  t.ok(bytes:match "^.*()\27%[%?25h" > (bytes:match "^.*()\27%[%?25l" or 0), name .. ": the cursor is shown")
  t.eq({ (select(2, bytes:gsub("\27%[22;0t", ""))), (select(2, bytes:gsub("\27%[23;0t", ""))) }, { 1, 1 }, name .. ": the title is given back, once")
  return code
end
local function by_signal(signal)
  return function(_, pid) assert(proc.run { argv = { "kill", "-" .. signal, pid } }) end
end
t.eq(given_back("Ctrl-D", function(pty) pty:type "\4" end), 0, "code")
t.eq(given_back("/quit", function(pty) pty:type "/quit\r" end), 0, "code")
t.eq(given_back("Ctrl-C twice", function(pty)
  pty:type "\3"
  pty:wait "again to leave"
  pty:type "\3"
end), 0, "code")
for signal, code in pairs { TERM = 143, HUP = 129, SEGV = 139, ABRT = 134, BUS = 135, QUIT = 131 } do
  t.eq(given_back("SIG" .. signal, by_signal(signal)), code, "SIG" .. signal)
end

-- Stopped and continued: the shell's modes between, ours afterwards.
do
  local place = program.place()
  local pty <close> = start(place, { argv = { "/bin/bash", "-mc", [[stty -g >before; "$0"; stty -g >between; echo stopped; fg; echo all-over]], program.binary } })
  pty:wait "> "
  pty:type "half a li\26"
  t.ok(pty:wait "stopped", "Ctrl-Z stops it")
  t.eq(fs.read(place.cwd .. "/between"), fs.read(place.cwd .. "/before"), "the shell has its modes")
  local mark = pty:all():find("stopped", 1, true)
  t.ok(pty:wait("half a li", mark), "what was typed is there again")
  pty:type "ne"
  t.ok(pty:settle(), "and goes on")
  pty:type "\21\4"
  t.ok(pty:wait "all-over", "it ends")
end

t.done()
