-- Finds what tests/peers/install installed: programs and types that nobody here wrote, and the node that runs them.
local fs = require "sys.fs"

local M = { modules = "build/peers/node_modules/", node = fs.realpath "." .. "/build/peers/bin/node" }

---Whether these packages can be used; else why not.
---@param ... string
---@return boolean, string?
function M.has(...)
  local reason = fs.read "build/peers/reason"
  if reason then return false, (reason:gsub("\n", "")) end
  if not fs.stat(M.node) then return false, "nothing is installed; run: tests/peers/install" end
  for _, name in ipairs { ... } do
    if not fs.stat(M.modules .. name) then return false, name .. " is not installed; run: tests/peers/install" end
  end
  return true
end

---Runs a script of this folder that plays a client and prints "ok NAME" or "not ok NAME: why" for each scenario.
---@param t table the checks of the test
---@param script string its name: it gets the modules, our program, the scripted server and a scratch folder
---@param least integer how many scenarios it has at least
function M.scenarios(t, script, least)
  local program, wait = dofile "tests/program.lua", dofile "tests/wait.lua"
  local scratch = assert(fs.mkdtemp((require("sys.os").env "TMPDIR" or "/tmp") .. "/peer-"))
  local r = assert(require("qwen.util.process").run { argv = { M.node, "tests/peers/" .. script, M.modules:sub(1, -2),
    program.binary, "tests/fake/server.py", scratch }, timeout = wait.PATIENCE * 4 })
  t.eq(r.code, 0, r.err)
  local good = 0
  for line in r.out:gmatch "[^\n]+" do
    local ok = line:match "^ok (.*)"
    t.ok(ok, line)
    good = good + (ok and 1 or 0)
  end
  t.ok(good >= least, good .. " scenarios")
end

return M
