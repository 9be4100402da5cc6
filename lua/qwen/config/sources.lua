-- The sources of settings, each as one layer: {scope, source, values, lines or sources}. Who wins is decided in settings.lua.
local addresses = require "qwen.config.addresses"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local schema = require "qwen.config.schema"
local paths = require "qwen.util.paths"
local protocols = require "qwen.config.protocols"
local config_value = require "qwen.config.value"
local translate = require "qwen.util.translate"
local visible = require("sys.text").visible

local tr, phrase = translate.tr, translate.phrase

local M = {}

local MOST = 16 * 1024 * 1024

local function broken(file, message)
  return nil, err("usage", tr("%s: %s; correct the file, or move it away", paths.short(file.path),
    message), { path = file.path })
end

---A settings file; nil without an error when there is none.
---@param file {scope: string, path: string}
---@return table?, Err?
function M.file(file)
  local text, e = fs.read(file.path, MOST)
  if not text then
    if e.kind == "missing" then return nil end
    return nil, err("usage", tr("%s; make it readable, or move it away", e.message), { path = file.path })
  end
  local value, lines, notes = require("qwen.util.jsonc").parse(text)
  if value == nil then return broken(file, lines.message) end
  if not config_value.is_object(value) then return broken(file, "line 1: the settings must be an object { ... }") end
  local moved = require("qwen.config.flat_keys").read(value, lines)
  return { scope = file.scope, source = paths.short(file.path), path = file.path, values = value, lines = lines, notes = notes,
    moved = moved }
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
  { "max_calls", "model.maxToolCalls", "--max-tool-calls" }, { "max_seconds", "model.maxWallTimeSeconds", "--max-wall-time" },
  { "max_tokens", "model.maxRunTokens", "--max-tokens" }, { "max_cost", "model.maxRunCost", "--max-cost" },
  { "openai_logging", "model.enableOpenAILogging", "--openai-logging" }, { "openai_logging_dir", "model.openAILoggingDir", "--openai-logging-dir" },
  { "allowed_tools", "tools.allowed", "--allowed-tools" }, { "exclude_tools", "tools.exclude", "--exclude-tools" },
  { "core_tools", "tools.core", "--core-tools" },
  { "sandbox", "tools.sandbox", "--sandbox" }, { "include", "context.includeDirectories", "--include-directories" },
  { "json_file", "dualOutput.jsonFile", "--json-file" }, { "input_file", "dualOutput.inputFile", "--input-file" },
  { "output_style", "general.outputStyle", "--output-style" },
  { "lsp", "lsp.enabled", "--experimental-lsp" },
  { "disabled_slash", "slashCommands.disabled", "--disabled-slash-commands" },
}

---The flags.
---@param opts table
function M.flags(opts)
  local layer = { scope = "flags", source = "flag", literal = true, values = {}, sources = {} }
  for _, row in ipairs(flag_keys) do
    local value = opts[row[1]]
    if value ~= nil and not (type(value) == "table" and #value == 0) then
      put(layer, row[2], value, phrase("flag %s", row[3]))
    end
  end
  if opts.no_session then
    put(layer, "general.chatRecording", false, phrase("flag %s", "--no-session"))
  end
  return layer
end

local off = { ["false"] = true, ["0"] = true }

-- QWEN_SANDBOX as Qwen Code has it; a project may ask for a sandbox by it, but not take one away. What it names and we have
-- not is refused later, not left out.
local function sandbox_variable(layer, settings)
  for _, row in ipairs(settings:variables "QWEN_SANDBOX") do
    if row.value ~= "" and not (row.project and off[row.value]) then
      put(layer, "tools.sandbox", row.value, row.source)
      if off[row.value] then put(layer, "tools.executionSandbox.backend", "none", row.source) end
      return
    end
  end
end

-- Whether modelProviders has a model of this id, under the wanted protocol if there is one. An entry that
-- cannot be used counts as well: it is named, and the run ends with what is wrong with it.
local function is_entry(providers, id, wanted, mapped)
  for name, list in pairs(providers or {}) do
    if type(list) == "table" and type(list.models) == "table" then list = list.models end
    local fits = not wanted or name == wanted or type(mapped) == "table" and mapped[name] == wanted
    for _, entry in ipairs(type(list) == "table" and fits and list or {}) do
      if type(entry) == "table" and entry.id == id then return true end
    end
  end
  return false
end

---The protocol that is meant when no entry is: of a flag or the settings, else the one that variables speak for.
---@param settings Settings
---@param opts table
---@return string
function M.protocol(settings, opts)
  local named = opts.model or settings:written "model.name"
  return opts.auth_type or settings:get "security.auth.selectedType" or protocols.guess(function(name)
    local row = settings:variables(name)[1]
    return row and row.value
  end, named ~= nil)
end

---The variables that stand for settings. An entry of modelProviders that the files select is stronger than a variable.
---@param settings Settings with the layers of all files
---@param opts table
function M.environment(settings, opts)
  local layer = { scope = "environment", source = "environment", literal = true, values = {}, sources = {}, notes_by_key = {} }
  sandbox_variable(layer, settings)
  local wanted = opts.auth_type or settings:get "security.auth.selectedType"
  local known = protocols.get(M.protocol(settings, opts))
  local address = known and addresses.of(settings, opts, M.protocol(settings, opts))
  if not address then return layer end -- what is wrong with it is told when a model is chosen
  local id, source = addresses.model(settings, known, address)
  if id then
    local selected = settings:get "model.name"
    put(layer, "model.name", id, source)
    if selected and is_entry(settings:get "modelProviders", selected, wanted, settings:get "providerProtocol") then
      layer.notes_by_key["model.name"] = phrase "weaker than a model of modelProviders that is selected"
    end
  end
  if known == protocols.get "openai" then
    local key, key_source = protocols.first(function(name) return settings:env(name) end, { known.key })
    if key then put(layer, "security.auth.apiKey", key, key_source) end
    local written = address.place ~= "security.auth" and address.place ~= "flag" and address.place ~= "default"
    if written then put(layer, "security.auth.baseUrl", address.url, address.from) end
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
  for name in (key:match "^(.*)%." or ""):gmatch "[^.]+" do
    value, path = value[name], path and path .. "." .. name or name
    if value == nil or value == json.null then return nil end
    if not config_value.is_object(value) then return path end
  end
end

-- Whether a setting of a project says where a prompt goes: the protocol alone does not, nor do variables of other things.
local function says_where(key, value)
  if key ~= "env" then return key ~= "security.auth.selectedType" end
  for name in pairs(config_value.is_object(value) and value or {}) do
    if protocols.is_address(name) or name:find "_API_KEY$" or name:find "_BASE_URL$" then return true end
  end
  return false
end

---What is wrong with a file that could be read, in sentences.
---@param layer table
---@param project_may fun(key: string): boolean
---@return (Phrase|string)[]
---@return (Phrase|string)[] fatal those after which no model can be asked: it would be another one than the file says
---@return string[] refused keys of a project that say where a prompt goes
function M.complaints(layer, project_may)
  local out, ignored, told, keys, fatal, refused = {}, {}, {}, {}, {}, {}
  for _, note in ipairs(layer.notes) do out[#out + 1] = visible(layer.source) .. ", " .. note end
  for key in pairs(schema) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value, wrong = config_value.dig(layer.values, key), blocked(layer, key)
    if wrong and schema[key].vital and layer.scope ~= "project" then -- whichever key below it is told of
      fatal[#fatal + 1] = phrase("%s%s must be an object { ... }", visible(where(layer, wrong)), wrong)
    end
    if wrong and not told[wrong] then
      told[wrong] = true
      out[#out + 1] = phrase("%s%s must be an object { ... }; it is ignored", visible(where(layer, wrong)), wrong)
    elseif value ~= nil and layer.scope == "project" and not project_may(key) then
      ignored[#ignored + 1] = key
      if schema[key].vital and says_where(key, value) then refused[#refused + 1] = key end
    elseif value ~= nil then
      local problem = config_value.problem(schema[key], value)
      if problem then
        out[#out + 1] = phrase("%s%s %s; it is ignored", visible(where(layer, key)), key, visible(problem))
      end
      if problem and schema[key].vital then
        fatal[#fatal + 1] = visible(where(layer, key)) .. key .. " " .. visible(problem)
      end
    end
  end
  if #ignored > 0 then
    out[#out + 1] = phrase("%s: %s ignored; a project may not set %s", visible(layer.source),
      table.concat(ignored, ", ") .. (#ignored == 1 and " is" or " are"),
      #ignored == 1 and "it" or "them")
  end
  return out, fatal, refused
end

local READ, ENTER = 36, 9 -- permission bits of the group and of others: 044, 011

---A file of the user's with keys in it that others can read is worth a word.
---@param layer table
---@return Phrase?
function M.exposed(layer)
  local env = config_value.dig(layer.values, "env")
  local keys = type(env) == "table" and next(env) or config_value.dig(layer.values, "security.auth.apiKey")
  if layer.scope ~= "user" or not keys then return nil end
  local file, folder, home = fs.stat(layer.path), fs.stat(layer.path:match "^(.*)/"), fs.stat(paths.home() or "/")
  local open = file and file.mode & READ ~= 0 and folder and folder.mode & ENTER ~= 0 and home and home.mode & ENTER ~= 0
  return open and phrase("%s holds keys and other users can read it: chmod 600 %s", layer.source, layer.source) or nil
end

return M
