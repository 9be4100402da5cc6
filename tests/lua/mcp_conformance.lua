-- The official conformance suite judges us as a client: every scenario of its list but those about
-- sign-in, each with the real program, or with the real hook where a person has to answer.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local peers = dofile "tests/peers/peers.lua"
local program = dofile "tests/program.lua"
local fs, proc = require "sys.fs", require "qwen.util.process"

local installed, reason = peers.has "@modelcontextprotocol/conformance"
if not installed then
  t.skip("the conformance suite: " .. reason)
  return t.done()
end
local suite = peers.modules .. "@modelcontextprotocol/conformance/dist/index.js"
local here = assert(fs.cwd())

local function run(...)
  return assert(proc.run { argv = { peers.node, suite, ... }, timeout = 120,
    env = { PATH = os.getenv "PATH", HOME = os.getenv "HOME", TMPDIR = os.getenv "TMPDIR" } })
end

-- What the model calls in each scenario, or that a person is there (tests/peers/mcp_person.lua).
local calls = {
  initialize = {},
  tools_call = { { name = "mcp__it__add_numbers", arguments = { a = 5, b = 3 } } },
  ["sse-retry"] = { { name = "mcp__it__test_reconnection", arguments = {} } },
  ["elicitation-sep1034-client-defaults"] = "person",
  ["request-metadata"] = {},
  ["sep-2322-client-request-state"] = "person",
  ["http-standard-headers"] = "person",
  ["http-custom-headers"] = "person",
  ["http-invalid-tool-headers"] = "person",
  ["json-schema-ref-no-deref"] = {},
  ["json-schema-2020-12-preservation"] = "person",
  ["sep-2640-client-no-prefetch"] = {},
  ["sep-2640-client-verify-digest"] = {},
  ["sep-2640-client-verify-size"] = {},
  ["sep-2640-client-verify-frontmatter"] = {},
}

local function command_of(name)
  if calls[name] == "person" then
    return nil, ("%s lua %s/tests/peers/mcp_person.lua"):format(program.binary, here)
  end
  local answers = {}
  if calls[name][1] then answers[1] = { calls = calls[name] } end
  answers[#answers + 1] = { text = "done" }
  local server = fake.start(answers)
  return server, ("%s/tests/peers/mcp_conformance.sh %s %s %s"):format(here, program.binary,
    program.place().home, server.url)
end

local listed = run "list"
local scenarios = listed.out:match "\nClient scenarios[^\n]*\n(.-)\n\n" or ""
local seen = 0
for name in scenarios:gmatch "%- (%S+) %[" do
  if not name:find "^auth/" then
    seen = seen + 1
    if t.ok(calls[name], "the scenario " .. name .. " is one that is played here") then
      local _ <close>, command = command_of(name)
      local r = run("client", "--command", command, "--scenario", name)
      t.eq(r.code, 0, name .. ": " .. r.out .. r.err)
      t.ok(not (r.out .. r.err):find "Failed: [1-9]", name .. ": no check fails")
    end
  end
end
t.eq(seen, 15, "scenarios of the list")
t.done()
