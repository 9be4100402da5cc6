-- The folders of the session as tool servers are told of them.
local json = require "sys.json"

local M = {}

local function uri_of(path)
  return "file://" .. path:gsub("[^%w%-._~/]", function(c) return ("%%%02X"):format(c:byte()) end)
end

---@param ctx Ctx
---@return {roots: {uri: string, name: string}[]}
function M.list(ctx)
  local out = json.array {}
  for i, folder in ipairs { ctx.cwd, table.unpack(ctx.folders or {}) } do
    out[i] = { uri = uri_of(folder), name = folder:match "^.*/(.*)$" }
  end
  return { roots = out }
end

---Tells the servers of a session that its folders are others.
---@param ctx Ctx
function M.changed(ctx)
  for _, entry in pairs(ctx.servers or {}) do
    local client = entry.client
    if client and not client.modern and not client.ended then
      ctx.background(function() client:notify "notifications/roots/list_changed" end)
    end
  end
end

return M
