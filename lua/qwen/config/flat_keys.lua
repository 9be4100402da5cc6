-- Settings of Qwen Code's first version stood flat at the top of the file. They are read as what they are called today; the file stays as
-- it is. Where both names are there, today's counts, and lists that add up across files add up here as well.
local config_value = require "qwen.config.value"
local schema = require "qwen.config.schema"

local M = {}

-- By the part of today's settings: the old name, and today's where it is another.
local groups = {
  ui = "accessibility customThemes customWittyPhrases enableWelcomeBack hideTips hideWindowTitle showCitations showLineNumbers showStatusInTitle theme",
  tools = "allowedTools=allowed approvalMode autoAccept coreTools=core excludeTools=exclude sandbox shellPager=shell.pager shellShowColor=shell.showColor "
    .. "shouldUseNodePtyShell=shell.enableInteractiveShell toolCallCommand=callCommand toolDiscoveryCommand=discoveryCommand useRipgrep",
  mcp = "allowMCPServers=allowed excludeMCPServers=excluded mcpServerCommand=serverCommand",
  model = "chatCompression contentGenerator=generationConfig enableOpenAILogging maxSessionTurns model=name sessionTokenLimit skipLoopDetection "
    .. "skipNextSpeakerCheck skipStartupContext",
  general = "checkpointing debugKeystrokeLogging preferredEditor vimMode",
  context = "contextFileName=fileName fileFiltering includeDirectories loadMemoryFromIncludeDirectories=loadFromIncludeDirectories "
    .. "memoryImportFormat=importFormat",
  security = "enforcedAuthType=auth.enforcedType folderTrust=folderTrust.enabled folderTrustFeature=folderTrust.featureEnabled "
    .. "selectedAuthType=auth.selectedType useExternalAuth=auth.useExternal",
  privacy = "usageStatisticsEnabled",
  ide = "hasSeenIdeIntegrationNudge=hasSeenNudge ideMode=enabled",
  advanced = "autoConfigureMaxOldSpaceSize=autoConfigureMemory bugCommand dnsResolutionOrder excludedProjectEnvVars=excludedEnvVars tavilyApiKey",
}

-- Switches that were said the other way round, flat or in today's places.
local inverted = {
  disableAutoUpdate = "general.enableAutoUpdate", disableUpdateNag = "general.enableAutoUpdate",
  disableLoadingPhrases = "ui.accessibility.enableLoadingPhrases", disableFuzzySearch = "context.fileFiltering.enableFuzzySearch",
  disableCacheControl = "model.generationConfig.enableCacheControl",
}

local names = {} -- old name to today's key

for group, words in pairs(groups) do
  for word in words:gmatch "%S+" do
    local old, new = word:match "^([^=]+)=?(.*)$"
    names[old] = group .. "." .. (new ~= "" and new or old)
  end
end

---Today's key of an old name, and whether it says the opposite.
---@param name string
---@return string? key
---@return boolean? opposite
function M.key(name)
  if inverted[name] then return inverted[name], true end
  return names[name]
end

---How many old names there are.
---@return integer
function M.count()
  local n = 0
  for _ in pairs(names) do n = n + 1 end
  for _ in pairs(inverted) do n = n + 1 end
  return n
end

-- `model` is a flat setting as a text, and a group today.
local function is_old(name, value)
  return M.key(name) ~= nil and (name ~= "model" or type(value) == "string")
end

local function over(key, old, new)
  if new == nil then return old end
  if config_value.is_list(old) and config_value.is_list(new) and (schema[key] or {}).merge == "append" then
    return table.move(new, 1, #new, #old + 1, table.move(old, 1, #old, 1, {}))
  end
  if not (config_value.is_object(old) and config_value.is_object(new)) then return new end
  local out = {}
  for name, value in pairs(old) do out[name] = value end
  for name, value in pairs(new) do out[name] = value end
  return out
end

-- Puts a value at a dotted key, under what is there; false where something else than an object is in the way.
local function put(values, key, value)
  local at = values
  for name, more in key:gmatch "([^.]+)(%.?)" do
    if more == "" then
      at[name] = over(key, value, at[name])
      return true
    end
    if at[name] == nil then at[name] = {} end
    at = at[name]
    if not config_value.is_object(at) then return false end
  end
end

-- Gives today's keys the lines of the old ones, with all below them.
local function move_lines(lines, from, to)
  local more = {}
  for key, line in pairs(lines) do
    local rest = key:sub(1, #from) == from and key:sub(#from + 1)
    if rest and (rest == "" or rest:sub(1, 1) == ".") and not lines[to .. rest] then more[to .. rest] = line end
  end
  for key, line in pairs(more) do lines[key] = line end
end

-- Takes one setting to today's place; nothing happens where that is no object.
local function move(values, lines, place, from, key, opposite)
  local holder = place == "" and values or config_value.dig(values, place)
  local name = from:gsub("^.*%.", "")
  local value = holder[name]
  holder[name] = nil
  local said = value
  if opposite and type(value) == "boolean" then said = not value end
  if put(values, key, said) then
    move_lines(lines, from, key)
    return true
  end
  holder[name] = value
  return false
end

-- Puts what stands under a dotted name, as "permissions.deny", where that key is.
local function spread(values, holder, prefix)
  local dotted = {}
  for name, value in pairs(holder) do
    local key = prefix .. tostring(name)
    if tostring(name):find(".", 1, true) and schema[key] then
      dotted[#dotted + 1] = name
    elseif config_value.is_object(value) and prefix:find "^[^.]*%.?$" then
      spread(values, value, key .. ".")
    end
  end
  table.sort(dotted)
  for _, name in ipairs(dotted) do
    local value = holder[name]
    holder[name] = nil
    if not put(values, prefix .. name, value) then holder[name] = value end
  end
end

---Reads the flat settings of a file into today's places. What cannot be put there stays, and is reported as unknown.
---@param values table as parsed; changed
---@param lines table<string, integer> by dotted key; today's keys get the lines of the old ones
---@return table<string, string> moved old name by today's key
function M.read(values, lines)
  local old, moved = {}, {}
  spread(values, values, "")
  for name, value in pairs(values) do
    if is_old(name, value) then old[#old + 1] = name end
  end
  table.sort(old, function(a, b) -- `model` as a text first: others are put beside it
    if (a == "model") ~= (b == "model") then return a == "model" end
    return a < b
  end)
  for _, name in ipairs(old) do
    local key, opposite = M.key(name)
    if move(values, lines, "", name, key, opposite) then moved[key] = name end
  end
  for name, key in pairs(inverted) do -- as the second version had them
    local place = key:match "^(.*)%.[^.]+$"
    if config_value.is_object(config_value.dig(values, place)) and config_value.dig(values, place)[name] ~= nil then
      move(values, lines, place, place .. "." .. name, key, true)
    end
  end
  return moved
end

return M
