-- Whose limits and rows of the ledger the requests of a model are: the host, and a name of the key.
local http = require "sys.http"
local sys = require "sys.os"

local M = {}

local hosts = {} -- by address

local function host_in(address)
  local url = http.parse_url(address)
  return url and url.origin:gsub("^%a+://", ""):gsub(":443$", ""):gsub(":80$", "") or false
end

---@param model Model
---@return string host with its port, where that is not the usual one
function M.host(model)
  local address = model.base_url
  if hosts[address] == nil then hosts[address] = host_in(address) end
  return hosts[address] or model.provider
end

local names = setmetatable({}, { __mode = "k" }) -- of each key, by address and variable

---A digest of what tells keys apart without being one; it is the same in all processes.
---@param model Model
---@param provider Provider?
---@return string
function M.name(model, provider)
  local key = model.key
  if not key then return provider and provider.auth or "open" end
  local place = model.base_url .. "\0" .. (model.env_key or "")
  local known = names[key] or {}
  known[place] = known[place] or sys.sha256(place .. "\0" .. key:hmac("sha256", "limits")):sub(1, 8)
  names[key] = known
  return known[place]
end

return M
