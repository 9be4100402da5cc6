-- Twenty processes find one token expired: the server sees exactly one refresh a round, and all have its token. QWEN_LONG=1: 200 rounds.
local t = dofile "tests/check.lua"
local credentials, json, os, proc, secret = require "qwen.credential.credentials", require "sys.json", require "sys.os", require "sys.proc", require "sys.secret"
local http = require "sys.http"

local QWEN = os.env "QWEN"
local PROCESSES, ROUNDS = 20, os.env "QWEN_LONG" and 200 or 5

local function start_server(delay)
  local p = assert(proc.open { argv = { "python3", "tests/fake/tokens.py", delay }, stdin = "pipe" })
  return p, tonumber((p:read() or ""):match "PORT (%d+)")
end

local function count(port)
  local s <close> = assert(http.open { url = ("http://127.0.0.1:%d/count"):format(port) })
  return json.decode(s:all())
end

local function keep(name, port, backend)
  local origin = ("http://127.0.0.1:%d"):format(port)
  assert(credentials.put(name, { secret = "at-0-0123456789abcdef", refresh = "rt-0-0123456789abcdef", origins = { origin } }, { backend = backend }))
end

-- Reads the next line of a process.
local function line(one)
  while not one.buffer:find "\n" do
    local bytes, from = one.process:read()
    if not bytes then return nil end
    if from == "out" then one.buffer = one.buffer .. bytes else io.write(bytes) end
  end
  local text
  text, one.buffer = one.buffer:match "^(.-)\n(.*)$"
  return text
end

local function start(name, port, rounds)
  return { buffer = "", process = assert(proc.open { argv = { QWEN, "lua", "tests/fake/renewer.lua", name, tostring(port), tostring(rounds) }, stdin = "pipe" }) }
end

local server <close>, port = start_server "0.01"
keep("many", port, "vault")
local all = {}
for i = 1, PROCESSES do all[i] = start("many", port, ROUNDS) end
local good = 0
for round = 1, ROUNDS do
  local ready, same = 0, 0
  for _, one in ipairs(all) do ready = ready + (line(one) == "ready" and 1 or 0) end
  for _, one in ipairs(all) do one.process:write "go\n" end
  local want = "has " .. secret.new("x", ("at-%d-0123456789abcdef"):format(round), {}):hmac("sha256", "x")
  for _, one in ipairs(all) do
    local got = line(one)
    if got == want then same = same + 1 else io.write(tostring(got), "\n") end
  end
  local now = count(port)
  if ready == PROCESSES and same == PROCESSES and now.refreshed == round and now.refused == 0 then good = good + 1 end
end
t.eq(good, ROUNDS, "rounds with exactly one refresh and one token")
for _, one in ipairs(all) do one.process:close() end
io.write(("%d processes, %d rounds, %d refreshed, %d refused\n"):format(PROCESSES, ROUNDS, count(port).refreshed, count(port).refused))

-- The one that renews is killed while the server answers: the next one goes on, and is told when its token is gone.
local slow <close>, slow_port = start_server "never"
keep("killed", slow_port, "vault")
local victim, other = start("killed", slow_port, 1), start("killed", slow_port, 1)
t.eq({ line(victim), line(other) }, { "ready", "ready" })
victim.process:write "go\n"
repeat until count(slow_port).refreshed == 1
victim.process:kill(9)
other.process:write "go\n"
t.match(line(other), "^failed invalid_grant", "the lock is free at once; the token that the server made for the dead one is lost, and that is said")
t.eq(count(slow_port).refreshed, 1, "one")
other.process:close()
server:close()
slow:close()
t.done()
