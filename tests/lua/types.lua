-- The bodies of tests/cases/requests, as the parameter types of the official SDKs see them (tests/peers/types.mjs).
local t = dofile "tests/check.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

local peers = dofile "tests/peers/peers.lua"
local installed, reason = peers.has "typescript"
if not installed then
  t.skip("types of the official SDKs: " .. reason)
  return t.done()
end

local scratch = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/types-"))
local r = assert(proc.run {
  argv = { peers.node, "tests/peers/types.mjs", peers.modules:sub(1, -2), "tests/cases/requests", scratch },
})
t.eq({ r.code, r.err }, { 0, "" }, "the compiler ran")
local seen, bodies = {}, 0
for _, check in ipairs(json.decode(r.out) or {}) do
  t.eq(check.problem, nil, check.name)
  seen[check.name] = true
end
for _, entry in ipairs(assert(fs.list "tests/cases/requests")) do
  if entry.name:find "%.want$" then
    bodies = bodies + 1
    t.ok(seen[entry.name], entry.name .. " was checked")
  end
end
t.ok(bodies > 30, "there are bodies")
t.done()
