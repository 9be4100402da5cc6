-- Provider files that build on another one: `base` names it, `super` holds it, `match` says which models of it are theirs.
local http = require "sys.http"
local protocols = require "qwen.config.protocols"
local registry = require "qwen.extension.registry"

local M = {}

-- A host is that host and all below it; with a port, only there.
local function is_host(url, wanted)
  local host, port = wanted:match "^(.-):(%d+)$"
  host = host or wanted
  return (not port or tonumber(port) == url.port) and (host == "" or url.host == host or url.host:sub(-#host - 1) == "." .. host)
end

local function by_place(match, model)
  if type(match) == "function" then return match(model) and true or false end
  local url = match.hosts and http.parse_url(model.base_url)
  for _, wanted in ipairs(url and match.hosts or {}) do
    if is_host(url, wanted) then return true end
  end
  return false
end

local function by_name(match, model)
  local id = model.id:lower()
  for _, pattern in ipairs(type(match) == "table" and match.models or {}) do
    if id:find(pattern) then return true end
  end
  return false
end

-- They are large and claim nothing: they stay unread.
local function is_protocol(name)
  return protocols.get(name) ~= nil
end

local rank = { use = 1, project = 2, user = 3, shipped = 4 }

-- The file that claims a model of this base: by its address before its name, and the stronger tier first.
local function claimed(base, model)
  local files = {}
  for _, entry in ipairs(registry.list("providers", is_protocol)) do
    local value = entry.value
    if value and value.base == entry.name then value = registry.get("providers", entry.name) end -- amends a weaker file: takes over its place
    if value and value.base == base and value.match and entry.name ~= base then files[#files + 1] = entry end
  end
  table.sort(files, function(a, b)
    if rank[a.tier] ~= rank[b.tier] then return rank[a.tier] < rank[b.tier] end
    return a.name < b.name
  end)
  for _, claims in ipairs { by_place, by_name } do
    for _, entry in ipairs(files) do
      if claims(entry.value.match, model) then return entry.name end
    end
  end
end

local names, generation = setmetatable({}, { __mode = "k" }), nil

---The name of the provider file that serves a model: that of its protocol, or the one that claims it.
---@param model Model
---@return string
function M.name(model)
  if generation ~= registry.generation() then
    names, generation = setmetatable({}, { __mode = "k" }), registry.generation()
  end
  local name, seen = names[model] or model.provider, names[model]
  while not seen do
    local next_name = claimed(name, model)
    name, seen = next_name or name, not next_name
  end
  names[model] = name
  return name
end

---@param model Model
---@return Provider?, Err?
function M.of(model)
  return registry.get("providers", M.name(model))
end

return M
