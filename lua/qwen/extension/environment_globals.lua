-- `_G` of a person's own file. An unknown name by itself is an error, which finds slips of the pen; asked
-- for as `_G.name` it is nil, as libraries expect it that look what there is.
local M = {}

local of = setmetatable({}, { __mode = "k" }) -- by such a table: the globals of the file and what all share

---@param env table the globals of the file
---@param shared table what all files have
---@return table
function M.new(env, shared)
  local G = {}
  of[G] = { env = env, shared = shared }
  of[env] = of[G]
  local function get(_, name)
    local value = rawget(env, name)
    if value == nil then value = rawget(shared, name) end
    return value
  end
  local function all()
    local out = {}
    for name, value in pairs(shared) do out[name] = value end
    for name, value in next, env do out[name] = value end
    return pairs(out)
  end
  return setmetatable(G, { __index = get, __newindex = env, __pairs = all, __metatable = "locked" })
end

---`rawget`, which sees the globals of such a table.
---@return any
function M.rawget(t, name)
  local globals = of[t]
  if not globals then return rawget(t, name) end
  local value = rawget(globals.env, name)
  if value == nil then value = rawget(globals.shared, name) end
  return value
end

---`rawset`; what all files share is not changed by it.
---@return table
function M.rawset(t, name, value)
  local globals = of[t]
  if globals then
    rawset(globals.env, name, value)
    return t
  end
  if getmetatable(t) == "locked" then
    error(("%s cannot be set: it is shared by all files"):format(tostring(name)), 2)
  end
  return rawset(t, name, value)
end

return M
