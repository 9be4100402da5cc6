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

return M
