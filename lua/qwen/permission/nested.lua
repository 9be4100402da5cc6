-- What below the top of a project decides what runs later, as far as it is there: the repository of
-- a submodule, an editor's folder of one package. Looks into a bounded number of folders.
local fs = require "sys.fs"
local protected = require "qwen.permission.protected"

local M = {}

local MOST_FOLDERS, MOST_FOUND = 2000, 100

-- What others have made is not looked into: it is much, and its names decide nothing here.
local SKIPPED = { node_modules = true, target = true, build = true, [".cache"] = true, __pycache__ = true, [".venv"] = true }

---The places below the top whose name says that they decide what runs later, the nearest first.
---@param top string absolute
---@return string[] paths relative to the top
function M.find(top)
  local out, folders, at = {}, { "" }, 0
  while folders[at + 1] and at < MOST_FOLDERS and #out < MOST_FOUND do
    at = at + 1
    local folder = folders[at]
    for _, entry in ipairs(fs.list_exact(top .. folder) or {}) do
      local path = folder .. "/" .. entry.name
      if protected.named(entry.name) then
        if folder ~= "" and #out < MOST_FOUND then out[#out + 1] = path:sub(2) end
      elseif entry.type == "dir" and not SKIPPED[entry.name] and #folders < MOST_FOLDERS then
        folders[#folders + 1] = path
      end
    end
  end
  return out
end

return M
