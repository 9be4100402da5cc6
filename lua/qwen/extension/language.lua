-- Which language the program speaks: a file lua/languages/NAME.lua or ~/.qwen/languages/NAME.lua, by the setting or the environment.
local registry = require "qwen.extension.registry"
local sys = require "sys.os"
local translate = require "qwen.util.translate"

local M = {}

-- "zh_CN.UTF-8", "zh-CN" and "Chinese" are "zh" when there is a file of that name.
local function find(name)
  local lower = (name or ""):lower()
  local spoken = { chinese = "zh", ["中文"] = "zh", english = "en" }
  for _, candidate in ipairs { name or "", lower, lower:match "^%a+" or "", spoken[lower] or "" } do
    if registry.has("languages", candidate) then return candidate end
  end
end

local function of_environment()
  for _, variable in ipairs { "LC_ALL", "LC_MESSAGES", "LANG" } do
    local value = sys.env(variable)
    if value and value ~= "" then return value end
  end
end

---Takes a language from now on.
---@param set string? setting general.language; nil and "auto": what the environment says
---@return string name
---@return string? problem of its file; English is spoken then
function M.use(set)
  local name = set and set ~= "auto" and find(set) or find(of_environment()) or "en"
  local value, e = registry.get("languages", name)
  translate.use(value)
  return name, e and e.message
end

return M
