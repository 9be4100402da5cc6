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

local originals = setmetatable({}, { __mode = "k" }) -- by the table that a file got: the one that its functions read

---A shipped table as a file gets it: what the file sets is set in the original, whose functions read it.
---@param original table
---@return table
function M.hand_out(original)
  local meta = { __index = original, __newindex = original }
  function meta.__pairs() return next, meta.__index end
  local handed = setmetatable({}, meta)
  originals[handed] = original
  return handed
end

-- Whether a table was made of one that was handed out: it looks fields up there, or has functions of it.
local function made_of(value, handed, original)
  local meta = getmetatable(value)
  if type(meta) == "table" and meta.__index == handed then return true end
  for key, field in pairs(original) do
    if type(field) == "function" and rawget(value, key) == field then return true end
  end
  return false
end

-- Whether a copy took all functions along: then a field that it has not was taken out.
local function whole(value, before)
  for key, field in pairs(before) do
    if type(field) == "function" and rawget(value, key) == nil then return false end
  end
  return true
end

---What a file returned, as it counts. A shipped table is given as its original. The functions that a changed copy
---took along read the original, so what the copy changed is set there; the file itself goes on seeing what it got,
---so that a function of the copy may call the one that it replaces.
---@param value any
---@return any
function M.received(value)
  if type(value) ~= "table" then return value end
  if originals[value] then return originals[value] end
  for handed, original in pairs(originals) do
    if made_of(value, handed, original) then
      local before, meta = {}, getmetatable(handed)
      for key, field in pairs(original) do before[key] = field end
      meta.__index, meta.__newindex = before, before
      for key, field in pairs(value) do original[key] = field end
      for key in pairs(whole(value, before) and before or {}) do
        if rawget(value, key) == nil then original[key] = nil end
      end
      return original
    end
  end
  return value
end

return M
