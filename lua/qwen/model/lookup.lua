-- Which entries a name means: an identifier, or "ID@HOST" for one of several entries with the same identifier.
local http = require "sys.http"

local M = {}

---Where a model is, as it stands after the @: the host, and the port when it is not the usual one.
---@param model Model
---@return string
function M.place(model)
  local url = http.parse_url(model.base_url)
  return url and (url.origin:gsub("^%a+://", ""):gsub(url.scheme == "https" and ":443$" or ":80$", "")) or model.base_url
end

---@param models Model[]
---@param name string
---@return Model[] in their order
function M.find(models, name)
  local out = {}
  local function add(id, place)
    for _, model in ipairs(models) do
      if model.id == id and (not place or M.place(model) == place or (M.place(model):gsub(":%d+$", "")) == place) then out[#out + 1] = model end
    end
  end
  add(name)
  local id, place = name:match "^(.+)@([^@]+)$"
  if #out == 0 and id then add(id, place:lower()) end
  return out
end

return M
