-- The library of the Agent Client Protocol, from npm, leads us as an editor does: every scenario of
-- tests/peers/acp.mjs, each message of ours judged by the protocol's own schema.
local t = dofile "tests/check.lua"
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"
local program = dofile "tests/program.lua"
local wait = dofile "tests/wait.lua"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has("@agentclientprotocol/sdk", "ajv")
if not installed then
  t.skip("the Agent Client Protocol: " .. reason)
  return t.done()
end

local scratch = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/acp-"))
local r = assert(proc.run { argv = { peers.node, "tests/peers/acp.mjs", peers.modules:sub(1, -2),
  program.binary, "tests/fake/server.py", scratch }, timeout = wait.PATIENCE * 4 })
t.eq(r.code, 0, r.err)
local good = 0
for line in r.out:gmatch "[^\n]+" do
  local ok = line:match "^ok (.*)"
  t.ok(ok, line)
  good = good + (ok and 1 or 0)
end
t.ok(good >= 40, good .. " scenarios")
t.done()
