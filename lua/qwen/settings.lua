-- Settings: every source in order, the winner of each key, and who lost. Reads files; never writes them.
local env = require "qwen.env"
local err = require "qwen.err"
local fs = require "sys.fs"
local json = require "sys.json"
local jsonc = require "qwen.jsonc"
local options = require "qwen.options"
local paths = require "qwen.paths"
local sys = require "sys.os"

local Settings = {}
Settings.__index = Settings

local function dig(value, key)
  for name in key:gmatch "[^.]+" do
    if type(value) ~= "table" or value == json.null then return nil end
    local found = value[name]
    if found == nil and math.tointeger(tonumber(name)) then found = value[math.tointeger(tonumber(name)) + 1] end
    value = found
  end
  if value == json.null then return nil end
  return value
end

-- `$NAME` and `${NAME}` in texts; unknown names stay as they are.
local function expand(self, value)
  if type(value) == "string" then
    local function one(name, whole)
      return self:env(name) or whole
    end
    value = value:gsub("%${([%a_][%w_]*)}", function(name) return one(name, "${" .. name .. "}") end)
    return (value:gsub("%$([%a_][%w_]*)", function(name) return one(name, "$" .. name) end))
  end
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do out[key] = expand(self, item) end
  return out
end

-- A project may set a key when it or a parent of it is declared so.
local function project_may(key)
  while key do
    local option = options[key]
    if option then return option.project or false end
    key = key:match("^(.*)%.[^.]+$")
  end
  return false
end

---A value: the strongest source that has it, lists joined where the key says so, else its default.
---@param key string dotted
---@return any
function Settings:get(key)
  if self.cache[key] ~= nil then return self.cache[key] end
  local option = options[key] or {}
  local value
  if option.merge == "append" then
    value = {}
    for _, layer in ipairs(self.layers) do
      local found = self:from_layer(layer, key)
      if type(found) == "table" then
        for _, item in ipairs(found) do value[#value + 1] = item end
      end
    end
  else
    for i = #self.layers, 1, -1 do
      value = self:from_layer(self.layers[i], key)
      if value ~= nil then break end
    end
    if value == nil then value = option.default end
  end
  if value ~= nil then self.cache[key] = value end
  return value
end

---What one source says of a key, after the checks of type and of what a project may set.
function Settings:from_layer(layer, key)
  if layer.scope == "project" and not project_may(key) then return nil end
  local value = layer.flat and layer.values[key] or dig(layer.values, key)
  local option = options[key]
  if value ~= nil and option and option.type ~= "any" and type(value) ~= option.type then return nil end
  if value ~= nil and not layer.flat then value = expand(self, value) end
  return value
end

---Everyone who has something to say of a key, the winner first.
---@param key string
---@return {value: any, source: string, line: integer?, note: string?}[]
function Settings:explain(key)
  local out = {}
  for i = #self.layers, 1, -1 do
    local layer = self.layers[i]
    local raw = layer.flat and layer.values[key] or dig(layer.values, key)
    if raw ~= nil then
      local value = self:from_layer(layer, key)
      local note
      if value == nil then
        note = layer.scope == "project" and not project_may(key) and "ignored: a project may not set this key"
          or ("ignored: must be a %s"):format(options[key] and options[key].type or "value")
      end
      out[#out + 1] = { value = value == nil and raw or value, source = layer.sources and layer.sources[key] or layer.source,
        line = layer.lines and layer.lines[key], note = note }
    end
  end
  table.sort(out, function(a, b)
    return not a.note and b.note ~= nil
  end)
  local option = options[key]
  if option and option.default ~= nil then out[#out + 1] = { value = option.default, source = "default" } end
  return out
end

---A variable: the real environment, then .env, then `env` of the settings.
---@param name string
---@return string? value
---@return string? source in words
function Settings:env(name)
  local value = sys.env(name)
  if value then return value, "environment " .. name end
  value = self.dotenv.values[name]
  if value then return value, paths.short(self.dotenv.path) .. " " .. name end
  for i = #self.layers, 1, -1 do
    local layer = self.layers[i]
    if layer.scope ~= "project" and not layer.flat then
      value = dig(layer.values, "env." .. name)
      if type(value) == "string" then return value, layer.source .. " env." .. name end
    end
  end
end

---The keys we know, sorted.
function Settings.keys()
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function read_file(file, problems)
  local text, e = fs.read(file.path, 16 * 1024 * 1024)
  if not text then
    if e.kind == "missing" then return nil end
    return nil, err("usage", ("cannot read %s: %s"):format(paths.short(file.path), e.message), { path = file.path })
  end
  local value, lines, notes = jsonc.parse(text)
  if value == nil then
    return nil, err("usage", ("%s: %s; correct the file, or move it away"):format(paths.short(file.path), lines.message), { path = file.path })
  end
  if type(value) ~= "table" then
    return nil, err("usage", ("%s: the settings must be an object { ... }"):format(paths.short(file.path)), { path = file.path })
  end
  for _, note in ipairs(notes) do problems[#problems + 1] = paths.short(file.path) .. ", " .. note end
  return { scope = file.scope, source = paths.short(file.path), path = file.path, values = value, lines = lines }
end

local flag_keys = {
  model = { "model.name", "--model" }, auth_type = { "security.auth.selectedType", "--auth-type" }, mode = { "tools.approvalMode", "--approval-mode" },
  proxy = { "proxy", "--proxy" }, max_turns = { "model.maxSessionTurns", "--max-session-turns" },
}

local function flag_layer(opts)
  local layer = { scope = "flags", source = "flag", flat = true, values = {}, sources = {} }
  for field, key in pairs(flag_keys) do
    if opts[field] ~= nil then
      layer.values[key[1]] = opts[field]
      layer.sources[key[1]] = "flag " .. key[2]
    end
  end
  if opts.allowed_tools and #opts.allowed_tools > 0 then layer.values["tools.allowed"] = opts.allowed_tools end
  if opts.exclude_tools and #opts.exclude_tools > 0 then layer.values["tools.exclude"] = opts.exclude_tools end
  return layer
end

---Reads all sources.
---@param where {cwd: string, trusted: boolean, opts: table}
---@return Settings?, Err?
function Settings.load(where)
  local self = setmetatable({ layers = {}, cache = {}, problems = {}, dotenv = { values = {} }, opts = where.opts, cwd = where.cwd }, Settings)
  for _, file in ipairs(paths.settings_files(where.cwd)) do
    if file.scope ~= "project" or where.trusted then
      local layer, e = read_file(file, self.problems)
      if e then return nil, e end
      self.layers[#self.layers + 1] = layer
    end
  end
  self.layers[#self.layers + 1] = flag_layer(where.opts)
  self.dotenv = env.load(where.cwd, where.trusted, self:get "advanced.excludedEnvVars")
  for _, notice in ipairs(self.dotenv.notices) do self.problems[#self.problems + 1] = notice end
  return self
end

return Settings
