-- What approved packages bring besides files of ours: tool servers, hooks, tools that are not offered and
-- instructions. Servers, hooks and refusals are a layer of the settings, weaker than the user's own, so
-- that everything that reads settings, `/mcp`, `/hooks` and `qwen explain` among it, knows them.
local catalogue = require "qwen.extension.catalogue"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local translate = require "qwen.util.translate"
local variables_of = require "qwen.extension.package.variables"
local visible = require("sys.text").visible

local phrase, tr = translate.phrase, translate.tr

local M = {}

local function filled(value, variables)
  if type(value) == "string" then return (value:gsub("%${([%a_/][%w_]*)}", variables)) end
  if type(value) ~= "table" then return value end
  local out = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do out[key] = filled(item, variables) end
  return out
end

local function brings(package) return package.manifest.raw.brings end

-- Its servers, each with the values that the user gives the package.
local function servers_of(package, variables)
  local out = filled(brings(package).servers, variables)
  for _, server in pairs(out) do
    if type(server) == "table" and server.command then
      server.env = type(server.env) == "table" and server.env or {}
      for _, setting in ipairs(brings(package).settings) do
        server.env[setting.env] = server.env[setting.env] or ("${%s:-}"):format(setting.env)
      end
    end
  end
  return out
end

-- Its hooks, each with the variables that its program may ask for.
local function hooks_of(package, variables)
  local out = filled(brings(package).hooks, variables)
  for _, groups in pairs(out) do
    for _, group in ipairs(groups) do
      for _, hook in ipairs(type(group) == "table" and type(group.hooks) == "table" and group.hooks or {}) do
        if type(hook) == "table" then
          hook.env = { CLAUDE_PLUGIN_ROOT = package.dir, CLAUDE_PLUGIN_DATA = variables.PLUGIN_DATA,
            extensionPath = package.dir }
        end
      end
    end
  end
  return out
end

---The packages that count, as they were found with all files.
---@param where {opts: table?}
---@return table[]
function M.enabled(where)
  local safe = where.opts and where.opts.safe
  return not safe and catalogue.state.packages or {}
end

-- Those that come with more than folders.
local function in_force(where)
  local out = {}
  for _, package in ipairs(M.enabled(where)) do
    if brings(package) then out[#out + 1] = package end
  end
  return out
end

---The layers of settings that packages make, one each.
---@param where {cwd: string}
---@return table[]
function M.layers(where)
  local out = {}
  for i, package in ipairs(in_force(where)) do
    local variables, values = variables_of(package, where.cwd), {}
    local servers, hooks = servers_of(package, variables), hooks_of(package, variables)
    if next(servers) then values.mcpServers = servers end
    if next(hooks) then values.hooks = hooks end
    local exclude = brings(package).exclude
    if #exclude > 0 then values.tools = { exclude = json.array(exclude) } end
    out[i] = { scope = "extension", source = phrase("package %s", package.name), values = values, lines = {},
      notes = {}, added = { hooks = true } }
  end
  return out
end

---The instructions that packages bring, each with its text.
---@param where {cwd: string}
---@return {path: string, text: string}[]
---@return string[] problems
function M.instructions(where)
  local out, problems = {}, {}
  for _, package in ipairs(in_force(where)) do
    for _, name in ipairs(brings(package).context) do
      local path = package.dir .. "/" .. name
      local text, e = require("qwen.extension.packages").read(package, path)
      if text then out[#out + 1] = { path = path, text = text } else problems[#problems + 1] = e.message end
    end
  end
  return out, problems
end

---The folders, and single files, in which a package has something of a kind.
---@param package table
---@param kind string
---@return string[] absolute paths
function M.places(package, kind)
  local out, said = {}, package.manifest.folders[kind] or kind
  for _, path in ipairs(type(said) == "table" and said or { said }) do
    local real = type(path) == "string" and fs.realpath(package.dir .. "/" .. path)
    local root = fs.realpath(package.dir)
    if real and root and paths.below(real, root) then
      out[#out + 1] = path == "." and package.dir or package.dir .. "/" .. path
    end
  end
  return out
end

-- A list of words in one line, each without what a terminal would take for more than words.
local function line_of(name, config)
  local words = { config.command or config.httpUrl or config.url or config.serverUrl }
  for _, arg in ipairs(type(config.args) == "table" and config.args or {}) do words[#words + 1] = tostring(arg) end
  return visible(("%s (%s)"):format(name, table.concat(words, " ")))
end

local function sorted(list)
  table.sort(list)
  return list
end

---What a package brings besides folders, for the question whether it may.
---@param package table
---@return {kind: string, names: string[]}[]
function M.shown(package)
  local more, out = brings(package), {}
  if not more then return out end
  local servers, hooks, settings = {}, {}, {}
  for name, config in pairs(more.servers) do
    servers[#servers + 1] = line_of(name, type(config) == "table" and config or {})
  end
  for event, groups in pairs(more.hooks) do
    for _, group in ipairs(groups) do
      for _, hook in ipairs(type(group) == "table" and type(group.hooks) == "table" and group.hooks or {}) do
        hooks[#hooks + 1] = line_of(event, type(hook) == "table" and { command = hook.command, url = hook.url } or {})
      end
    end
  end
  for i, setting in ipairs(more.settings) do settings[i] = setting.env end
  for _, part in ipairs { { kind = tr "tool servers", names = sorted(servers) },
    { kind = tr "programs", names = sorted(hooks) }, { kind = tr "instructions", names = more.context },
    { kind = tr "no tools", names = more.exclude }, { kind = tr "variables", names = settings },
    { kind = tr "not used", names = more.left } } do
    if #part.names > 0 then out[#out + 1] = part end
  end
  return out
end

return M
