-- The setting `connections`: what is true of one address alone, by that address: {"https://host": {"clientCert": FILE}}.
local config_value = require "qwen.config.value"
local http = require "sys.http"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr
local visible = require("sys.text").visible

local M = {}

local fields = { plainHttp = "boolean", clientCert = "string", clientKey = "string", clientKeyPassphrase = "string" }

local function field_problem(name, value)
  if fields[name] then return config_value.problem({ type = fields[name] }, value) end
  local names = {}
  for known in pairs(fields) do names[#names + 1] = known end
  table.sort(names)
  return tr("is none of %s", table.concat(names, ", "))
end

-- The rule of one entry; fields that are wrong are left out and told.
local function rule_of(address, entry, problems)
  local good = {}
  for name, value in pairs(entry) do
    local problem = field_problem(name, value)
    if problem then
      problems[#problems + 1] = tr("connections: '%s' of %s %s; it is ignored", visible(tostring(name)), visible(address), problem)
    else
      good[name] = value
    end
  end
  return { plain = good.plainHttp, client_cert = good.clientCert and paths.expand(good.clientCert),
    client_key = good.clientKey and paths.expand(good.clientKey), client_password = good.clientKeyPassphrase }
end

---Rules by origin.
---@param settings Settings
---@return table<string, table> rules as sys.http.use takes them
---@return string[] problems
function M.read(settings)
  local rules, problems = {}, {}
  for address, entry in pairs(settings:get "connections" or {}) do
    local parsed = http.parse_url(tostring(address))
    if not parsed or not config_value.is_object(entry) then
      problems[#problems + 1] = tr("connections: '%s' is ignored: write \"http://HOST:PORT\": { ... }", visible(tostring(address)))
    else
      rules[parsed.origin] = rule_of(address, entry, problems)
    end
  end
  return rules, problems
end

return M
