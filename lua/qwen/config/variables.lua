-- Variables with the places that set them: the real environment, the one .env file, `env` of the settings
-- files. Which of them counts for an address or a key is decided in addresses.lua.
local paths = require "qwen.util.paths"
local config_value = require "qwen.config.value"
local sys = require "sys.os"
local phrase = require("qwen.util.translate").phrase

local M = {}

---`$NAME` and `${NAME}` in texts, also deep in tables; unknown names stay as they are.
---@param value any
---@param lookup fun(name: string): string?
---@return any
function M.expand(value, lookup)
  if type(value) == "string" then
    return (value:gsub("%$({?)([%a_][%w_]*)(}?)", function(open, name, close)
      if open == "{" and close == "" then return nil end
      local found = lookup(name)
      return found and found .. (open == "" and close or "") or nil
    end))
  end
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do out[key] = M.expand(item, lookup) end
  return out
end

local function nothing() return nil end

-- A row of the .env file, nil where it does not set the name. A project's addresses are kept apart
-- there.
local function of_file(file, name)
  local function get(other) return file.values[other] or file.addresses[other] end
  local value = get(name)
  return value and { value = value, source = file.path and paths.short(file.path) .. " " .. name,
    place = file.path, kind = "dotenv", project = file.project, all = file.all, beside = get,
    refused = function(other) return file.refused[other] end }
end

local function of_settings(layer, values, name)
  if type(config_value.as_text(values[name])) ~= "string" then return nil end
  local function get(other)
    local text = config_value.as_text(values[other])
    return type(text) == "string" and M.expand(text, sys.env) or nil
  end
  return { value = get(name), source = layer.source .. " env." .. name, place = layer.path, kind = "settings", all = values,
    beside = get, refused = nothing }
end

---Every place that sets a variable, the strongest first. `beside(name)` is another variable of the same
---place, `refused(name)` says why one of them is not taken, `all` are those of a file.
---@param settings Settings
---@param name string
---@return {value: string, source: Phrase|string, kind: "environment"|"dotenv"|"settings", place: string, project: boolean?, all: table?,
---beside: (fun(name: string): string?), refused: (fun(name: string): string?)}[]
function M.of(settings, name)
  local rows, value = {}, sys.env(name)
  if value then
    rows[1] = { value = value, source = phrase("environment %s", name), place = "environment",
      kind = "environment", beside = sys.env, refused = nothing }
  end
  rows[#rows + 1] = of_file(settings.dotenv, name)
  for i = #settings.layers, 1, -1 do
    local layer = settings.layers[i]
    local values = layer.path and layer.scope ~= "project" and config_value.dig(layer.values, "env")
    if config_value.is_object(values) then rows[#rows + 1] = of_settings(layer, values, name) end
  end
  return rows
end

return M
