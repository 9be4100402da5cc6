-- The library of the Agent Client Protocol, from npm, leads us as an editor does: every scenario of
-- tests/peers/acp.mjs, each message of ours judged by the protocol's own schema.
local t = dofile "tests/check.lua"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has("@agentclientprotocol/sdk", "ajv")
if not installed then
  t.skip("the Agent Client Protocol: " .. reason)
  return t.done()
end

peers.scenarios(t, "acp.mjs", 40)
t.done()
