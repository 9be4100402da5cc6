-- Texts of packages that no catalogue lists: skills, agents, output styles. Reads them as they were approved, and gives each its name: the
-- user's and a project's own are stronger, what ships is weaker, and of two packages none has the short name.
local catalogue = require "qwen.extension.catalogue"
local fs = require "sys.fs"
local tr = require("qwen.util.translate").tr
local err = require "qwen.util.err"

local M = {}

---Calls fn for each entry of the folders of a kind in the packages that count. `read` gives the text of a path, if it is what was
---approved.
---@param kind string
---@param fn fun(package: table, folder: string, entry: table, read: fun(path: string, limit: integer): string?, Err?)
function M.each(kind, fn)
  for _, package in ipairs(catalogue.state.packages) do
    local packages = require "qwen.extension.packages" -- here: most runs have none
    local function read(path, limit)
      local text, e = packages.read(package, path)
      if text and #text > limit then return nil, err("too_long", tr("%s is too long", path)) end
      return text, e
    end
    for _, folder in ipairs(packages.folders(package, kind)) do
      for _, entry in ipairs(fs.list(folder) or {}) do fn(package, folder, entry, read) end
    end
  end
end

---Puts cards of packages beside the others.
---@param found table<string, table> by name; what ships, the user's and the project's
---@param cards {package: table, card: table}[]
---@param is_shipped fun(card: table): boolean
---@param key fun(name: string): string how a name stands in `found`
function M.merge(found, cards, is_shipped, key)
  local count = {}
  for _, row in ipairs(cards) do
    local name = key(row.card.name)
    count[name] = (count[name] or 0) + 1
  end
  for _, row in ipairs(cards) do
    local name = key(row.card.name)
    row.card.package = row.package
    if count[name] > 1 or found[name] and not is_shipped(found[name]) then
      row.card.name = row.package.name .. "/" .. row.card.name
    end
    found[key(row.card.name)] = row.card
  end
end

return M
