-- A folder of its own and a ctx in it, with as much of a session as a tool needs that runs without one.
local fs = require "sys.fs"

---@param name string of the folder
---@return string root real path of the folder
---@return table ctx
---@return string[] spilled paths of what it put aside
return function(name)
  local root = assert(fs.realpath(assert(fs.mkdtemp(name .. "-"))))
  local spilled = {}
  local ctx = { cwd = root, seen = {}, jobs = {}, mode = "default", settings = { get = function() end },
    emit = function() end }
  function ctx.spill(what, text)
    local path = ("%s/.spill-%s-%d"):format(root, what, #spilled + 1)
    spilled[#spilled + 1] = path
    return fs.write(path, text) and path
  end
  return root, ctx, spilled
end
