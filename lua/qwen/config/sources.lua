-- The sources of settings, each as one layer: {scope, source, values, lines or sources}. Who wins is decided in settings.lua.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local schema = require "qwen.config.schema"
local paths = require "qwen.util.paths"
local protocols = require "qwen.config.protocols"
local config_value = require "qwen.config.value"
local sys = require "sys.os"
local visible = require("sys.text").visible

local M = {}

local MOST = 16 * 1024 * 1024

local function broken(file, message)
  return nil, err("usage", ("%s: %s; correct the file, or move it away"):format(paths.short(file.path), message), { path = file.path })
end

---A settings file; nil without an error when there is none.
---@param file {scope: string, path: string}
---@return table?, Err?
function M.file(file)
  local text, e = fs.read(file.path, MOST)
  if not text then
    if e.kind == "missing" then return nil end
    return nil, err("usage", e.message .. "; make it readable, or move it away", { path = file.path })
  end
  local value, lines, notes = require("qwen.util.jsonc").parse(text)
  if value == nil then return broken(file, lines.message) end
  if not config_value.is_object(value) then return broken(file, "line 1: the settings must be an object { ... }") end
  return { scope = file.scope, source = paths.short(file.path), path = file.path, values = value, lines = lines, notes = notes }
end

-- Sets a dotted key in a layer that is made here.
local function put(layer, key, value, source)
  local at = layer.values
  for name, more in key:gmatch "([^.]+)(%.?)" do
    if more == "" then
      at[name] = value
    else
      at[name] = at[name] or {}
      at = at[name]
    end
  end
  layer.sources[key] = source
end

local flag_keys = {
  { "model", "model.name", "--model" }, { "fallback", "model.fallback", "--fallback-model" }, { "auth_type", "security.auth.selectedType", "--auth-type" },
  { "api_key", "security.auth.apiKey", "--openai-api-key" }, { "base_url", "security.auth.baseUrl", "--openai-base-url" },
  { "mode", "tools.approvalMode", "--approval-mode" }, { "proxy", "proxy", "--proxy" }, { "max_turns", "model.maxSessionTurns", "--max-session-turns" },
  { "openai_logging", "model.enableOpenAILogging", "--openai-logging" }, { "openai_logging_dir", "model.openAILoggingDir", "--openai-logging-dir" },
  { "allowed_tools", "tools.allowed", "--allowed-tools" }, { "exclude_tools", "tools.exclude", "--exclude-tools" },
  { "sandbox", "tools.executionSandbox.backend", "--sandbox" },
}

---The flags.
---@param opts table
function M.flags(opts)
  local layer = { scope = "flags", source = "flag", literal = true, values = {}, sources = {} }
  for _, row in ipairs(flag_keys) do
    local value = opts[row[1]]
    if row[1] == "sandbox" and value then value = "bubblewrap" end
    if value ~= nil and not (type(value) == "table" and #value == 0) then put(layer, row[2], value, "flag " .. row[3]) end
  end
  return layer
end

-- QWEN_SANDBOX as Qwen Code has it, of the real environment only. What it names and we have not is refused later, not left out.
local function sandbox_variable(layer)
  local value = sys.env "QWEN_SANDBOX"
  if not value or value == "" then return end
  local known = { ["true"] = "bubblewrap", ["1"] = "bubblewrap", bwrap = "bubblewrap", ["false"] = "none", ["0"] = "none" }
  put(layer, "tools.executionSandbox.backend", known[value] or value, "environment QWEN_SANDBOX")
end

-- Whether modelProviders has a model of this id, under the wanted protocol if there is one.
local function is_entry(providers, id, wanted)
  for protocol, list in pairs(providers or {}) do
    for _, entry in ipairs(type(list) == "table" and (not wanted or protocol == wanted) and list or {}) do
      if type(entry) == "table" and entry.id == id then return true end
    end
  end
  return false
end

---The variables that stand for settings. An entry of modelProviders that the files select is stronger than a variable.
---@param settings Settings with the layers of all files
---@param opts table
function M.environment(settings, opts)
  local layer = { scope = "environment", source = "environment", literal = true, values = {}, sources = {}, notes_by_key = {} }
  sandbox_variable(layer)
  local function env(name) return settings:env(name) end
  local wanted = opts.auth_type or settings:get "security.auth.selectedType"
  local known = protocols.get(wanted or protocols.guess(env))
  if not known then return layer end
  local id, source = protocols.first(env, known.models)
  if id then
    local selected = settings:get "model.name"
    put(layer, "model.name", id, source)
    if selected and is_entry(settings:get "modelProviders", selected, wanted) then
      layer.notes_by_key["model.name"] = "weaker than a model of modelProviders that is selected"
    end
  end
  if known == protocols.get "openai" then
    local key, key_source = protocols.first(env, { known.key })
    if key then put(layer, "security.auth.apiKey", key, key_source) end
    local url, url_source = protocols.first(env, { known.url })
    if url then put(layer, "security.auth.baseUrl", url, url_source) end
  end
  return layer
end

-- "file:line: " of a key, for sentences.
local function where(layer, key)
  return layer.source .. (layer.lines[key] and ":" .. layer.lines[key] or "") .. ": "
end

-- The first part of a dotted key that is something else than an object.
local function blocked(layer, key)
  local value, path = layer.values, nil
  for name in key:gmatch "([^.]+)%." do
    value, path = value[name], path and path .. "." .. name or name
    if value == nil or value == json.null then return nil end
    if not config_value.is_object(value) then return path end
  end
end

---What is wrong with a file that could be read, in sentences.
---@param layer table
---@param project_may fun(key: string): boolean
---@return string[]
function M.complaints(layer, project_may)
  local out, ignored, told, keys = {}, {}, {}, {}
  for _, note in ipairs(layer.notes) do out[#out + 1] = layer.source .. ", " .. note end
  for key in pairs(schema) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value, wrong = config_value.dig(layer.values, key), blocked(layer, key)
    if wrong and not told[wrong] then
      told[wrong] = true
      out[#out + 1] = ("%s%s must be an object { ... }; it is ignored"):format(where(layer, wrong), wrong)
    elseif value ~= nil and layer.scope == "project" and not project_may(key) then
      ignored[#ignored + 1] = key
    elseif value ~= nil then
      local problem = config_value.problem(schema[key], value)
      if problem then out[#out + 1] = ("%s%s %s; it is ignored"):format(where(layer, key), key, problem) end
    end
  end
  if #ignored > 0 then
    out[#out + 1] = ("%s: %s ignored; a project may not set %s"):format(layer.source, table.concat(ignored, ", ") .. (#ignored == 1 and " is" or " are"),
      #ignored == 1 and "it" or "them")
  end
  for i, sentence in ipairs(out) do out[i] = visible(sentence) end
  return out
end

return M
