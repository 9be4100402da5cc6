-- Qwen Code's SDK for programs, from npm, leads us: every query of tests/peers/sdk.mjs.
local t = dofile "tests/check.lua"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has("@qwen-code/sdk", "zod")
if not installed then
  t.skip("the SDK of Qwen Code: " .. reason)
  return t.done()
end

peers.scenarios(t, "sdk.mjs", 54)
t.done()
