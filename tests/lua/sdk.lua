-- Qwen Code's SDK for programs, from npm, leads us: every query of tests/peers/sdk.mjs.
local t = dofile "tests/check.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has("@qwen-code/sdk", "zod")
if not installed then
  t.skip("the SDK of Qwen Code: " .. reason)
  return t.done()
end

local scratch = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/sdk-"))
local r = assert(proc.run { argv = { peers.node, "tests/peers/sdk.mjs", peers.modules:sub(1, -2),
  program.binary, "tests/fake/server.py", scratch }, timeout = wait.PATIENCE * 4 })
t.eq(r.code, 0, r.err)
local good = 0
for line in r.out:gmatch "[^\n]+" do
  local ok = line:match "^ok (.*)"
  t.ok(ok, line)
  good = good + (ok and 1 or 0)
end
t.ok(good >= 54, good .. " queries")
t.done()
