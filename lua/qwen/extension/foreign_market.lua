-- Marketplaces of Claude Code, `.claude-plugin/marketplace.json`: of the files of one, those of the plugin
-- that is wanted, as a package by itself. It works on files that were fetched and lie nowhere yet.
local config_value = require "qwen.config.value"
local err = require "qwen.util.err"
local json = require "sys.json"
local jsonc = require "qwen.util.jsonc"
local tr = require("qwen.util.translate").tr

local M = {}

local MARKET, PLUGIN = ".claude-plugin/marketplace.json", ".claude-plugin/plugin.json"

local function object(value) return config_value.is_object(value) and value or nil end

local function file_of(files, path)
  for _, file in ipairs(files) do
    if file.path == path then return file end
  end
end

local function data_of(file) return file and object((jsonc.parse(file.text))) or nil end

-- Where a plugin that lies elsewhere can be had, in words of ours.
local function elsewhere(source)
  local from = source.repo and "https://github.com/" .. tostring(source.repo) or source.url
  if source.source == "npm" then from = "npm:" .. tostring(source.package) end
  local ref = source.ref and "#" .. tostring(source.ref) or ""
  return from and tostring(from) .. ref .. (source.path and ":" .. ("/" .. tostring(source.path)):match "^.*/(.*)$" or "") or "?"
end

-- The plugin that is wanted; the only one where none is named.
local function choose(market, wanted)
  local names, plugins = {}, {}
  for _, plugin in ipairs(type(market.plugins) == "table" and market.plugins or {}) do
    if object(plugin) and type(plugin.name) == "string" then
      names[#names + 1], plugins[plugin.name] = plugin.name, plugin
    end
  end
  local name = wanted or #names == 1 and names[1]
  if name and plugins[name] then return plugins[name] end
  table.sort(names)
  if not name then
    return nil, err("usage", tr("it is a marketplace; say which plugin you want, SOURCE:NAME: %s", table.concat(names, ", ")))
  end
  return nil, err("missing", tr("the marketplace has no plugin '%s'; it has %s", name, table.concat(names, ", ")))
end

-- The files below a folder, with paths from there.
local function below(files, folder)
  if folder == "" then return files end
  local out, head = {}, folder .. "/"
  for _, file in ipairs(files) do
    if file.path:sub(1, #head) == head then
      out[#out + 1] = { path = file.path:sub(#head + 1), text = file.text, program = file.program }
    end
  end
  return out
end

-- What a plugin says of itself, under what the marketplace says of it.
local function manifest(files, plugin)
  local out = {}
  for key, value in pairs(data_of(file_of(files, PLUGIN)) or {}) do out[key] = value end
  for key, value in pairs(plugin) do
    if key ~= "source" and (out[key] == nil or key == "name") then out[key] = value end
  end
  return out
end

---The files of the plugin; those that are no marketplace's come back as they are.
---@param files {path: string, text: string, program: boolean?}[]
---@param wanted string? name of a plugin
---@return {path: string, text: string, program: boolean?}[]?, Err?
function M.select(files, wanted)
  local market = data_of(file_of(files, MARKET))
  if not market then
    if not wanted then return files end
    return nil, err("missing", tr("it is no marketplace, so it has no plugin '%s'", wanted))
  end
  if not wanted and (file_of(files, PLUGIN) or file_of(files, "qwen-extension.json") or file_of(files, "package.lua")) then
    return files
  end
  local plugin, e = choose(market, wanted)
  if not plugin then return nil, e end
  local source = plugin.source
  if object(source) then
    return nil, err("missing", tr("the plugin %s lies elsewhere: qwen package add %s", plugin.name, elsewhere(source)))
  end
  local root = object(market.metadata) and market.metadata.pluginRoot
  local folder = tostring(source or "."):gsub("^%./", ""):gsub("%f[/]/+$", "")
  if folder == "." then folder = "" end
  if type(root) == "string" and not tostring(source):find "^%./" then
    folder = root:gsub("^%./", ""):gsub("%f[/]/+$", "") .. "/" .. folder
  end
  local chosen, made = below(files, folder), { path = PLUGIN, program = false }
  if #chosen == 0 then return nil, err("missing", tr("the marketplace has no folder %s", folder)) end
  made.text = json.encode(manifest(chosen, plugin), { indent = 2 }) .. "\n"
  local out = { made }
  for _, file in ipairs(chosen) do
    if file.path ~= PLUGIN and file.path ~= MARKET then out[#out + 1] = file end
  end
  return out
end

---The plugin that stands behind a source: `SOURCE:NAME`.
---@param text string
---@return string source
---@return string? plugin
function M.split(text)
  local source, plugin = text:match "^(.*[^:/]):([%w._-]+)$"
  if source and not text:find "^npm:" and not source:find "^%w+$" then return source, plugin end
  return text
end

return M
