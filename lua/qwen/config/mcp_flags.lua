-- Tool servers by flags: those of --mcp-config beside those of the settings, and which of all may
-- start. A flag narrows what the settings allow, it never widens it.
local config_value = require "qwen.config.value"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local jsonc = require "qwen.util.jsonc"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase

local M = {}

local MOST = 1024 * 1024

local function wrong(words, why)
  local shown = #words > 80 and words:sub(1, 77) .. "..." or words
  return nil, err("usage", phrase("--mcp-config %s: %s", shown, why))
end

-- The servers of one flag: a file, or the JSON itself, with or without mcpServers around it.
local function read(words)
  local source = words
  if not words:find "^%s*{" then
    local text, e = fs.read(paths.expand(words), MOST)
    if not text then return wrong(words, e.message) end
    source = text
  end
  local value, problem = jsonc.parse(source)
  if value == nil then return wrong(words, problem.message) end
  if config_value.is_object(value) and value.mcpServers ~= nil then value = value.mcpServers end
  if not config_value.is_object(value) then return wrong(words, phrase "it must be an object of servers by name") end
  for name, server in pairs(value) do
    if not config_value.is_object(server) then return wrong(words, phrase("the server '%s' must be an object", name)) end
  end
  return value
end

local function both(a, b)
  if not a then return b end
  local known, out = {}, {}
  for _, name in ipairs(a) do known[name] = true end
  for _, name in ipairs(b) do out[#out + 1] = known[name] and name or nil end
  return out
end

---Takes the flags into the settings.
---@param settings Settings
---@param opts table
---@return boolean?, Err?
function M.add(settings, opts)
  local servers, names = {}, {}
  for _, words in ipairs(opts.mcp_config) do
    local found, e = read(words)
    if not found then return nil, e end
    for name, config in pairs(found) do
      if not servers[name] then names[#names + 1] = name end
      servers[name] = config
    end
  end
  local allowed = settings:get "mcp.allowed"
  if opts.strict_mcp then allowed = both(allowed, names) end
  if opts.allowed_mcp[1] then allowed = both(allowed, opts.allowed_mcp) end
  if next(servers) then settings:add({ mcpServers = servers }, phrase("flag %s", "--mcp-config"), true) end
  if opts.strict_mcp or opts.allowed_mcp[1] then
    local flag = opts.strict_mcp and "--strict-mcp-config" or "--allowed-mcp-server-names"
    settings:add({ mcp = { allowed = allowed } }, phrase("flag %s", flag))
  end
  return true
end

return M
