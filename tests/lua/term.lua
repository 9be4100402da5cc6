-- sys.term: the decoder and the layout as Lua sees them, and the real terminal on a pty: events, and modes given back on every way out.
local t = dofile "tests/check.lua"
local fs, os, proc, term = require "sys.fs", require "sys.os", require "sys.proc", require "sys.term"

-- the decoder
local decode = term.decode()
t.eq(decode "a\x1b[1;5C\r",
  { { type = "key", key = "a", text = "a" }, { type = "key", key = "ctrl-right" }, { type = "key", key = "enter" } }, "keys")
t.eq(decode "\x1b[200~x\ry", {}, "an open paste")
t.eq(decode "\x1b[201~\x1b", { { type = "paste", text = "x\ny" } }, "paste")
t.eq(decode(nil), { { type = "key", key = "esc" } }, "lone Esc")
t.eq(decode "\x1b]11;rgb:0/0/0\a\x1b[I", { { type = "reply", text = "]11;rgb:0/0/0" }, { type = "focus", key = "in" } }, "reply and focus")
t.eq(decode "", {}, "nothing")

-- layout
local family = "\u{1F469}\u{200D}\u{1F467}"
t.eq(term.width "héllo 漢字", 10, "width")
t.eq(term.width(""), 0, "width of nothing")
local found = {}
for first, last, columns in term.graphemes("ae\u{301}" .. family) do found[#found + 1] = { first, last, columns } end
t.eq(found, { { 1, 1, 1 }, { 2, 4, 1 }, { 5, 15, 2 } }, "graphemes")
t.eq({ term.cut("漢字x", 3) }, { "漢", 2 }, "cut")
t.eq({ term.cut("abc", 10) }, { "abc", 3 }, "nothing to cut")
t.eq({ term.cut("abc", -1) }, { "", 0 }, "no room")
t.eq(term.wrap("hello wide world", 10), { "hello wide", "world" }, "wrap")
t.eq(term.wrap("", 10), { "" }, "nothing to wrap")
t.eq(term.wrap("ab", 0), { "a", "b" }, "no columns: one cluster a line")
t.fails(function() term.key() end, "not open", "key without open")
t.err(nil, select(2, term.open()), "usage", "no terminal here")

-- on a pty
local QWEN = os.env "QWEN" or fs.realpath "build/release/qwen"
local folder = os.env "TMPDIR" or "/tmp"
local child = folder .. "/child-" .. os.pid() .. ".lua"
fs.write(child, [[
local out, term = require("sys.os").out, require "sys.term"
local interrupts = require("sys.task").signals "int"
assert(term.open())
out "ready\n"
while true do
  local e = term.key()
  if e.type == "resize" then out(("resize %d %d\n"):format(term.size())) end
  if e.type ~= "resize" then out(("%s %s %q\n"):format(e.type, e.key or "-", e.text or "")) end
  if e.key == "q" then break end
  if e.key == "e" then error "on purpose" end
  if e.key == "x" then term.close() term.open() out "again\n" end
  if e.key == "i" then
    term.close()
    local p <close> = require("sys.proc").open { argv = { "/bin/sh", "-c", "kill -INT " .. require("sys.os").pid() } }
    out("from outside: " .. tostring(interrupts:get()) .. "\n")
    break
  end
  if e.key == "z" then term.suspend() end
  if e.key == "l" then out "looping\n" require("sys.os").flush() while true do end end
  if e.key == "t" then out(tostring(term.key(0.01)) .. "\n") end
end
]])

-- A shell that shows the modes before and after; gives functions to type and to wait for words on the screen.
local function start(commands)
  local p = assert(proc.open { argv = { "/bin/sh", "-c", commands, child, QWEN },
    env = { TERM = "xterm", ASAN_OPTIONS = "handle_segv=0", PATH = os.env "PATH", HOME = folder },
    pty = { rows = 24, cols = 80 } })
  local screen, seen = "", 1
  local function expect(words)
    local first, last
    repeat
      first, last = screen:find(words, seen, true)
      if not first then
        local bytes = p:read()
        if not bytes then break end
        screen = screen .. bytes:gsub("\r\n", "\n")
      end
    until first
    seen = last and last + 1 or seen
    return t.ok(first, "expected " .. words) or print(("%q"):format(screen))
  end
  return p, expect, function() return screen end
end

local plain = 'trap : INT; stty -g; "$1" lua "$0"; echo "code $?"; stty -g; echo end'
local function modes_are_back(screen, name)
  local before, after = screen:match "^(%x+:[%x:]+)\n", screen:match "(%x+:[%x:]+)\nend\n"
  t.ok(before and before == after, name .. ": modes")
  local _, on = screen:find ".*\x1b%[%?2004h"
  local off = screen:find("\x1b[?2004l", on, true)
  t.ok(on and off, name .. ": bracketed paste")
end

do
  local p <close>, expect, screen = start(plain)
  expect "ready"
  p:write "a"
  expect 'key a "a"'
  p:write "\x1b[200~two\rlines\x1b[201~\x1b[1;3D"
  expect 'paste - "two\\\nlines"'
  expect "key alt-left"
  p:write "\x1b"
  expect "key esc"
  p:write "\x03"
  expect "key ctrl-c"
  p:write "\x1a\x1c\x13\x16"
  expect "key ctrl-z"
  expect "key ctrl-\\"
  expect "key ctrl-s"
  expect "key ctrl-v"
  p:resize(30, 90)
  expect "resize 30 90"
  p:write "\x1b[>4;0m"
  expect "\x1b[>4;1m"
  expect "reply"
  p:write "t"
  expect "nil"
  p:write "x"
  expect "again"
  p:write "b"
  expect "key b"
  p:write "q"
  expect "end\n"
  modes_are_back(screen(), "quit")
end

do
  local p <close>, expect, screen = start(plain)
  expect "ready"
  p:write "i"
  expect "from outside: int" -- the watcher from before open has it again
  expect "end\n"
  modes_are_back(screen(), "close")
end

for _, case in ipairs { { "e", "on purpose", "error" }, { "l", "interrupted", "Ctrl-C in a loop" } } do
  local p <close>, expect, screen = start(plain)
  expect "ready"
  p:write(case[1])
  if case[1] == "l" then expect "looping" p:write "\x03" end
  expect(case[2])
  expect "end\n"
  modes_are_back(screen(), case[3])
end

for _, signal in ipairs { "TERM", "HUP", "SEGV", "ABRT" } do
  local _ <close>, expect, screen = start(
    'stty -g; sh -c \'echo "pid $$"; exec "$1" lua "$0"\' "$0" "$1"; echo "code $?"; stty -g; echo end')
  expect "ready"
  local pid = screen():match "pid (%d+)"
  local killer <close> = assert(proc.open { argv = { "/bin/sh", "-c", "kill -" .. signal .. " " .. pid } })
  killer:wait()
  expect "end\n"
  t.ok(screen():find "code 1[2-4]%d\n", signal .. ": the signal is the cause of death")
  modes_are_back(screen(), signal)
end

do
  local p <close>, expect, screen = start('set -m; stty -g; "$1" lua "$0"; echo "code $?"; stty -g; echo stopped; fg; stty -g; echo end')
  expect "ready"
  p:write "z"
  expect "stopped"
  expect "resize 24 80"
  p:write "q"
  expect "end\n"
  local before, stopped = screen():match "^(%x+:[%x:]+)\n", screen():match "\n(%x+:[%x:]+)\nstopped\n"
  t.eq(stopped, before, "modes while stopped")
  modes_are_back(screen(), "suspend")
end

fs.remove(child)
-- A program that does not come back to its loop is ended all the same: in Lua in good order, in a call of C by force.
for _, case in ipairs { { "while true do pcall(error) end", "the code of an end" }, { "os.execute 'sleep 30'", "the signal" } } do
  for signal, number in pairs { TERM = 15, HUP = 1 } do
    local path = os.env "TMPDIR" .. "/busy.lua"
    assert(fs.write(path, "io.stdout:write 'ready' io.stdout:flush()\n" .. case[1]))
    local p <close> = assert(proc.open { argv = { os.env "QWEN", "lua", path } })
    local seen = ""
    while not seen:find "ready" do seen = seen .. assert(p:read()) end
    local killer <close> = assert(proc.open { argv = { "/bin/sh", "-c", ("kill -%s %d"):format(signal, p:pid()) } })
    killer:wait()
    local status = p:wait()
    t.ok(case[2] == "the signal" and status.signal == number or case[2] ~= "the signal" and (status.code == 128 + number or status.code == 130),
      ("%s, %s: %s %s"):format(case[1], signal, status.code, status.signal))
  end
end

t.done()
