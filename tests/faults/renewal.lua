-- A token that is good once is never spent for nothing: the store is tried before, what it cannot take is used from memory, and a signal
-- in the middle waits for the end.
local t = dofile "tests/check.lua"
local program = dofile "tests/program.lua"
local fs, http, json, os, proc, secret = require "sys.fs", require "sys.http", require "sys.json", require "sys.os", require "sys.proc", require "sys.secret"
local run = require("qwen.util.process").run

local shim = assert(fs.realpath((program.binary:match "^(.*)/"))) .. "/tests/fail_io.so"

local KEEP = [[
local credentials = require "qwen.credential.credentials"
local _, name, port = ...
assert(credentials.put(name, { secret = "at-0-0123456789abcdef", refresh = "rt-0-0123456789abcdef", origins = { "http://127.0.0.1:" .. port } },
  { backend = "vault" }))
]]

-- A home with the credential "one" in the vault, and a service that takes so long.
local function scene(delay)
  local place = program.place { ["keep.lua"] = KEEP }
  local server = assert(proc.open { argv = { "python3", "tests/fake/tokens.py", delay }, stdin = "pipe" })
  local port = (server:read() or ""):match "PORT (%d+)"
  local env = { PATH = os.env "PATH", HOME = place.home, TMPDIR = os.env "TMPDIR" }
  t.eq(run({ argv = { program.binary, "lua", place.cwd .. "/keep.lua", "one", port }, env = env }).code, 0, "kept")
  return place, server, port, env
end

local function count(port)
  local s <close> = assert(http.open { url = ("http://127.0.0.1:%s/count"):format(port) })
  return json.decode(s:all())
end

local function line(one)
  while not one.buffer:find "\n" do
    local bytes = one.process:read()
    if not bytes then return one.buffer end
    one.buffer = one.buffer .. bytes
  end
  local text
  text, one.buffer = one.buffer:match "^(.-)\n(.*)$"
  return text
end

local function renewer(port, env, rounds, more)
  local all = {}
  for name, value in pairs(env) do all[name] = value end
  for name, value in pairs(more or {}) do all[name] = tostring(value) end
  local argv = { program.binary, "lua", "tests/fake/renewer.lua", "one", port, tostring(rounds) }
  local one = { buffer = "", process = assert(proc.open { argv = argv, env = all, stdin = "pipe", stderr = "inherit" }) }
  t.eq(line(one), "ready")
  return one
end

local function go(one)
  one.process:write "go\n"
  return line(one)
end

local function token(n) return "has " .. secret.new("x", ("at-%d-0123456789abcdef"):format(n), {}):hmac("sha256", "x") end

-- The store fails at each of its operations before the token is sent: it is not sent.
for _, case in ipairs { { "write", "/.qwen/.qwen-", 28 }, { "fsync", "/.qwen/.qwen-", 5 }, { "rename", "credentials.vault", 28 }, { "rename", "credentials.json", 28 } } do
  local place, server, port, env = scene "0"
  local fault = { ASAN_OPTIONS = "verify_asan_link_order=0", LD_PRELOAD = shim, FAIL_CALL = case[1], FAIL_PATH = case[2], FAIL_ERRNO = case[3] }
  local one = renewer(port, env, 1, fault)
  t.match(go(one), "^failed .*was not renewed, because the new token could not be stored", case[1])
  one.process:close()
  t.eq(count(port), { refreshed = 0, refused = 0 }, "nothing was sent")
  one = renewer(port, env, 1)
  t.eq(go(one), token(1), "with room again")
  one.process:close()
  server:close()
  fs.remove_tree(place.root)
end

-- It fails after that: the token is used from memory, renewed from there, and stored once there is room.
for _, case in ipairs { { "write", "/.qwen/.qwen-", 2 }, { "rename", "credentials.vault", 1 }, { "rename", "credentials.json", 1 } } do
  local place, server, port, env = scene "0"
  local one = renewer(port, env, 3, { ASAN_OPTIONS = "verify_asan_link_order=0", LD_PRELOAD = shim, FAIL_CALL = case[1], FAIL_PATH = case[2], FAIL_ERRNO = 28, FAIL_AT = case[3], FAIL_FOR = 2 })
  for n = 1, 3 do
    if n > 1 then t.eq(line(one), "ready") end
    t.eq(go(one), token(n), case[1] .. " " .. case[2] .. ": round " .. n)
  end
  one.process:close()
  one = renewer(port, env, 1)
  t.eq(go(one), token(4), "what was stored at last is good")
  one.process:close()
  t.eq(count(port), { refreshed = 4, refused = 0 }, "none was sent twice")
  server:close()
  fs.remove_tree(place.root)
end

-- A signal after the service has spent the token: the run ends by it, and the new one is stored.
for signal, code in pairs { [2] = 130, [15] = 143, [1] = 129 } do
  local place, server, port, env = scene "1"
  local one = renewer(port, env, 1)
  one.process:write "go\n"
  repeat until count(port).refreshed == 1
  one.process:kill(signal)
  t.eq(one.process:wait().code, code, "ended by signal " .. signal)
  one = renewer(port, env, 1)
  t.eq(go(one), token(2), "the next one goes on")
  one.process:close()
  t.eq(count(port).refused, 0)
  server:close()
  fs.remove_tree(place.root)
end
t.done()
