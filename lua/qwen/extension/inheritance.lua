-- Tables that build on others, as one provider file does on another.
local M = {}

local under = setmetatable({}, { __mode = "k" }) -- by provider: the fresh table that it builds on

---Lays a provider over the one that it builds on, a fresh table: what it has wins, also inside the functions of all below it; `super` keeps
---what the base had.
---@param value table
---@param base table
---@return table value
function M.lay(value, base)
  local super = {}
  for key, field in pairs(base) do super[key] = field end
  under[value] = base
  while base do
    for key, field in pairs(value) do base[key] = field end
    base = under[base]
  end
  for key, field in pairs(super) do
    if value[key] == nil and key ~= "match" then value[key] = field end
  end
  value.super = super
  return value
end

---A shipped provider that a file amended has its base below it already: what the file set counts there, too.
---@param value table
function M.amend(value)
  local base = under[value]
  while base do
    for key, field in pairs(value) do
      if key ~= "super" then base[key] = field end
    end
    base = under[base]
  end
end

return M
