-- Settings: every source in order, the winner of each key, and who lost. Reads files; never writes them.
local env_file = require "qwen.config.dotenv"
local effect = require "qwen.config.effect"
local err = require "qwen.util.err"
local joining = require "qwen.config.joining"
local sources = require "qwen.config.sources"
local schema = require "qwen.config.schema"
local paths = require "qwen.util.paths"
local project_keys = require "qwen.config.project_keys"
local protocols = require "qwen.config.protocols"
local config_value = require "qwen.config.value"
local trust = require "qwen.config.trust"
local variables = require "qwen.config.variables"
local phrase = require("qwen.util.translate").phrase

local Settings = {}
Settings.__index = Settings

---The layers that packages add below the user's own; who knows the packages sets it.
---@type (fun(where: {cwd: string}): table[])?
Settings.packages = nil

---Whether a trusted folder's own settings may set a key.
---@param key string
---@return boolean
function Settings.project_may(key)
  return project_keys.may(key)
end

-- What one source says of a key; nil and a note when it says something that does not count.
local function from_layer(self, layer, key)
  local value = config_value.dig(layer.values, key)
  if value == nil then return nil end
  if layer.notes_by_key and layer.notes_by_key[key] then return nil, layer.notes_by_key[key] end
  if layer.scope == "project" then
    value = project_keys.allowed(key, value, function(name) return self:own(name) end)
    if value == nil then
      return nil, project_keys.may(key) and phrase "ignored: your own settings are stricter"
        or phrase "ignored: a project may not set this key"
    end
  end
  if not layer.literal then
    value = variables.expand(value, function(name) return self:for_text(name, layer.scope == "project") end)
  end
  local problem = config_value.problem(schema[key], value)
  if problem then return nil, phrase("ignored: %s", problem) end
  return value
end

-- What the layers say together, but for those of one scope. What a package adds is not replaced by files.
local function of_layers(self, key, without)
  local value, added
  for _, layer in ipairs(self.layers) do
    local found = nil
    if layer.scope ~= without then found = from_layer(self, layer, key) end
    if found ~= nil and layer.added and layer.added[key] then
      added = joining.with_lists(added, found)
    elseif found ~= nil then
      value = joining.joined(key, value, found)
    end
  end
  return added and joining.with_lists(value, added) or value
end

local UNSET = {} -- in the cache: the key has no value

---A value: the strongest source that has it, lists and objects joined where the key says so, else its default.
---@param key string dotted
---@return any
function Settings:get(key)
  local value = self.cache[key]
  if value ~= nil then
    if value == UNSET then return nil end
    return value
  end
  value = of_layers(self, key)
  if value == nil and schema[key] then
    value = schema[key].default
    if value == nil and schema[key].merge == "append" then value = {} end
  end
  self.cache[key] = value == nil and UNSET or value
  return value
end

---A value without what a project says.
---@param key string dotted
---@return any
function Settings:own(key)
  local value = of_layers(self, key, "project")
  if value == nil and schema[key] then return schema[key].default end
  return value
end

---Everyone who has something to say of a key: who counts first, then who lost; `used` where the value comes from.
---@param key string
---@return {value: any, source: Phrase|string, line: integer?, scope: string, used: boolean, note: (Phrase|string)?}[]
function Settings:explain(key)
  local used, lost, whole = {}, {}, nil
  for i = #self.layers, 1, -1 do
    local layer = self.layers[i]
    local raw = config_value.dig(layer.values, key)
    if raw ~= nil then
      local value, note = from_layer(self, layer, key)
      local row = { value = raw, source = layer.sources and layer.sources[key] or layer.source, line = layer.lines and layer.lines[key],
        scope = layer.scope, note = note, used = false }
      if value ~= nil then
        row.value, row.used = value, layer.added and layer.added[key] or joining.shows(key, value, whole)
        if whole == nil then whole = value else whole = joining.joined(key, value, whole) end
      end
      table.insert(row.used and used or lost, row)
    end
  end
  local option = schema[key]
  if option and option.default ~= nil then
    table.insert(whole == nil and used or lost, { value = option.default, source = "default", scope = "default", used = whole == nil })
  end
  return table.move(lost, 1, #lost, #used + 1, used)
end

---A variable: the real environment, then .env, then `env` of the settings. An address that a project sets is
---none: it is for the key beside it (addresses.lua).
---@param name string
---@return string? value
---@return (Phrase|string)? source in words
---@return "environment"|"dotenv"|"settings"|nil kind of source
function Settings:env(name)
  for _, row in ipairs(self:variables(name)) do
    if not (row.project and protocols.is_address(name)) then return row.value, row.source, row.kind end
  end
  return nil
end

---Every place that sets a variable, the strongest first.
---@param name string
---@return table[] rows as of qwen.config.variables
function Settings:variables(name)
  return variables.of(self, name)
end

---A value of the settings files alone: no flag, no variable, no project.
---@param key string
---@return any value
---@return table? row as of explain
function Settings:written(key)
  for _, row in ipairs(self:explain(key)) do
    if not row.note and row.scope ~= "flags" and row.scope ~= "environment" and row.scope ~= "default" then
      return row.value, row
    end
  end
end

---A variable for `$NAME` in settings. A project's .env has no say there: it could turn the user's own
---addresses around. A project's settings get no credential: a model's name goes to a service.
---@param name string
---@param of_project boolean?
---@return string?
function Settings:for_text(name, of_project)
  for _, row in ipairs(self:variables(name)) do
    if not row.project then
      local kept = of_project and require("qwen.util.child_env").credential(name, row.value)
      return not kept and row.value or nil
    end
  end
end

---A typed value in the form its key wants.
---@param key string
---@param text string
---@return any value
---@return Err?
function Settings.read_value(key, text)
  local value, problem = config_value.read(schema[key], text)
  if problem then return nil, err("usage", ("%s %s"):format(key, problem)) end
  return value
end

---The keys we know, sorted.
function Settings.keys()
  local names = {}
  for name in pairs(schema) do names[#names + 1] = name end
  table.sort(names)
  return names
end

---What we know of a key: its type, default, choices, and what it is for.
---@param key string
---@return {type: string, default: any, choices: string[]?, text: string, project: boolean?}?
function Settings.option(key)
  return schema[key]
end

---What becomes of a key: honoured, named as one without effect, above such keys, or unknown.
---@param key string
---@return "honoured"|"named"|"above"|"unknown" state
---@return {text: string, restricts: boolean, same: string?}? entry
function Settings.effect(key)
  return effect.state(key)
end

---The known key that is most like another one.
---@param key string
---@return string?
function Settings.nearest(key)
  return effect.nearest(key)
end

---Reads all sources. A file that cannot be understood is an error: half a configuration is worse than none.
---@param where {cwd: string, trusted: boolean, opts: table}
---@return Settings?, Err?
function Settings.load(where)
  local self = setmetatable({ layers = {}, added = {}, cache = {}, problems = {}, without = {}, fatal = {}, refused = {},
    dotenv = { values = {}, addresses = {}, refused = {} }, where = where }, Settings)
  for _, file in ipairs(paths.settings_files(where.cwd)) do
    local more = file.scope == "user" and Settings.packages and Settings.packages(where) or {}
    table.move(more, 1, #more, #self.layers + 1, self.layers)
    if file.scope ~= "project" or where.trusted then
      local layer, e = sources.file(file)
      if e then return nil, e end
      self.layers[#self.layers + 1] = layer
    end
  end
  for _, layer in ipairs(self.layers) do
    local problems, fatal, refused = sources.complaints(layer, Settings.project_may)
    table.move(problems, 1, #problems, #self.problems + 1, self.problems)
    table.move(fatal, 1, #fatal, #self.fatal + 1, self.fatal)
    table.move(refused, 1, #refused, #self.refused + 1, self.refused)
    table.insert(self.problems, sources.exposed(layer))
    for _, row in ipairs(effect.without(layer)) do table.insert(self.without, row) end
  end
  self.dotenv = env_file.load(where.cwd, where.trusted, self:get "advanced.excludedEnvVars")
  for _, notice in ipairs(self.dotenv.notices) do table.insert(self.problems, notice) end
  self.cache = {} -- texts read before had no .env
  local environment = sources.environment(self, where.opts)
  table.insert(self.layers, environment)
  table.insert(self.layers, sources.flags(where.opts))
  self.cache = {}
  return self
end

---Adds what a flag or a program says that leads the session: it is as strong as flags, and stays when
---all sources are read anew.
---@param values table by key
---@param source Phrase
---@param expands boolean? it may name variables
function Settings:add(values, source, expands)
  local layer = { scope = "flags", source = "flag", literal = not expands, values = values, sources = {} }
  for key in pairs(values) do layer.sources[key] = source end
  table.insert(self.layers, layer)
  table.insert(self.added, layer)
  self.cache = {}
end

---Reads all sources of a folder, with its own files where it is trusted.
---@param cwd string
---@param opts table flags
---@return Settings?, Err?
---@return boolean? trusted
function Settings.open(cwd, opts)
  local trusted = trust.state(cwd, opts.trust_folder) == "trusted"
  local self, e = Settings.load { cwd = cwd, trusted = trusted, opts = opts }
  if self and not trusted and self:get "security.folderTrust.enabled" == false then -- no project has had a say yet
    trusted = trust.state(cwd, opts.trust_folder, false) == "trusted"
    if trusted then self, e = Settings.load { cwd = cwd, trusted = true, opts = opts } end
  end
  return self, e, trusted
end

---Reads all sources anew; on failure everything stays as it is.
---@return boolean?, Err?
function Settings:reload()
  local fresh, e = Settings.load(self.where)
  if not fresh then return nil, e end
  for _, part in ipairs { "layers", "cache", "problems", "without", "fatal", "refused", "dotenv" } do
    self[part] = fresh[part]
  end
  table.move(self.added, 1, #self.added, #self.layers + 1, self.layers)
  return true
end

return Settings
