-- Manifests of other programs as data of ours: `qwen-extension.json`, `gemini-extension.json`, plugins of
-- Claude Code and of Qoder, and portable `plugin.json`. It reads files of the folder and runs nothing;
-- what a package brings besides folders is in `brings`, as extension/foreign.lua hands it on.
local config_value = require "qwen.config.value"
local fs = require "sys.fs"
local jsonc = require "qwen.util.jsonc"
local paths = require "qwen.util.paths"

local M = {}

local MOST = 1024 * 1024

local function object(value) return config_value.is_object(value) and value or nil end
local function text(value) return type(value) == "string" and value or nil end
local function list(value) return type(value) == "table" and #value > 0 and value or nil end

-- The object in a file of the package; nil where there is none that can be read.
local function read(dir, path)
  local source = fs.read(dir .. "/" .. path, MOST)
  return source and object((jsonc.parse(source))) or nil
end

-- A relative path as a manifest writes it, "./x/", without its signs.
local function relative(path) return (path:gsub("^%./", ""):gsub("%f[/]/+$", "")) end

-- The folders or files of a kind: the usual folder, and what the manifest names.
local function places(data, kind, only)
  local out, said = {}, data[kind]
  if not (only and said ~= nil) then out[1] = kind end
  for _, path in ipairs(type(said) == "table" and said or { said }) do
    if text(path) and relative(path) ~= "" and relative(path) ~= kind then out[#out + 1] = relative(path) end
  end
  return out
end

-- Servers, whether they stand in an object of that name or alone.
local function servers_of(value)
  local all = object(value)
  return all and (object(all.mcpServers) or not all.mcpServers and all) or {}
end

local function merged(into, more)
  for name, value in pairs(more or {}) do into[name] = value end
  return into
end

-- Events of Gemini that mean the same as one of Claude Code.
local EVENTS = { BeforeTool = "PreToolUse", AfterTool = "PostToolUse", BeforeAgent = "UserPromptSubmit",
  AfterAgent = "Stop", PreCompress = "PreCompact" }

-- Hooks by event; those of one more file are added.
local function add_hooks(into, value)
  local hooks = object(value)
  hooks = hooks and (object(hooks.hooks) or not hooks.hooks and hooks) or {}
  for event, groups in pairs(hooks) do
    local ours = EVENTS[event] or event
    if type(groups) == "table" then
      into[ours] = table.move(groups, 1, #groups, #(into[ours] or {}) + 1, into[ours] or {})
    end
  end
end

-- Values that the user gives a package, as variables of its servers.
local function settings_of(value)
  local out = {}
  for _, item in ipairs(list(value) or {}) do
    local name = object(item) and text(item.envVar)
    if name and name:find "^[%a_][%w_]*$" then
      out[#out + 1] = { name = text(item.name) or name, text = text(item.description) or "", env = name,
        secret = item.sensitive == true }
    end
  end
  return out
end

-- What is there and has no meaning here, by the names of fields and folders.
local function left_of(data, dir, fields, folders)
  local out = {}
  for _, name in ipairs(fields) do
    local value = data[name]
    if value ~= nil and not (type(value) == "table" and next(value) == nil) then out[#out + 1] = name end
  end
  for _, name in ipairs(folders) do
    if paths.is_folder(dir .. "/" .. name) and data[name] == nil then out[#out + 1] = name .. "/" end
  end
  return out
end

local function has(t) return next(t) ~= nil end

-- Our data: hooks and servers run programs, and servers elsewhere are the network.
local function package(data, folders, brings)
  local may = {}
  for key, right in pairs(type(data.may) == "table" and data.may or {}) do
    if math.type(key) then may[right] = true else may[key] = right or nil end
  end
  if has(brings.hooks) then may.exec = true end
  for _, server in pairs(brings.servers) do
    local url = object(server) and (server.url or server.httpUrl)
    may[url and "net" or "exec"] = true
  end
  return { name = data.name, version = text(data.version), description = text(data.description), api = data.api,
    may = may, folders = folders, brings = brings }
end

-- What a folder of ours means is not meant by other programs.
local OURS = { "tools", "hooks", "providers", "auth", "search", "themes", "languages", "output-styles", "lua", "tests" }

local function without_ours(folders)
  for _, kind in ipairs(OURS) do folders[kind] = {} end
  return folders
end

local function folders_of(data, only)
  return { commands = places(data, "commands", only), skills = places(data, "skills", only),
    agents = places(data, "agents", only) }
end

-- The files with instructions: those that are named, else the usual one.
local function context_of(data, dir, usual)
  local said = data.contextFileName
  local out = {}
  for _, name in ipairs(type(said) == "table" and said or { said or usual }) do
    name = text(name) and name:gsub("%${/}", "/"):gsub("%${pathSeparator}", "/")
    if name and fs.exists(dir .. "/" .. relative(name)) then out[#out + 1] = relative(name) end
  end
  return out
end

-- Extensions of Qwen Code and of Gemini, which are of one family.
local function extension(data, dir, usual, left)
  local hooks, folders = {}, folders_of(data)
  for kind, value in pairs(object(data.folders) or {}) do folders[kind] = value end
  if type(data.hooks) == "string" then
    add_hooks(hooks, read(dir, relative(data.hooks)))
  else
    add_hooks(hooks, data.hooks)
    add_hooks(hooks, read(dir, "hooks/hooks.json"))
  end
  return package(data, folders, { servers = merged({}, object(data.mcpServers)), hooks = hooks,
    context = context_of(data, dir, usual), exclude = list(data.excludeTools) or {},
    settings = settings_of(data.settings), left = left })
end

---@param data table
---@param dir string
---@return table
function M.qwen(data, dir)
  return extension(data, dir, "QWEN.md",
    left_of(data, dir, { "channels", "workflows", "lspServers" }, { "workflows", "output-styles" }))
end

---@param data table
---@param dir string
---@return table
function M.gemini(data, dir)
  local made = extension(data, dir, "GEMINI.md",
    left_of(data, dir, { "themes", "policies", "plan" }, { "policies" }))
  without_ours(made.folders)
  return made
end

-- A part that a plugin names as a file, gives as an object, or has where it usually is.
local function parts(data, dir, key, usual, add)
  add(read(dir, usual))
  local said = data[key]
  for _, one in ipairs(list(said) or { said }) do
    if text(one) and relative(one) ~= usual then add(read(dir, relative(one))) else add(object(one)) end
  end
end

local function plugin(data, dir, context)
  local hooks, servers = {}, {}
  parts(data, dir, "hooks", "hooks/hooks.json", function(value) add_hooks(hooks, value) end)
  parts(data, dir, "mcpServers", ".mcp.json", function(value) merged(servers, servers_of(value)) end)
  for _, groups in pairs(hooks) do -- they know the tools by the names of Claude Code
    for _, group in ipairs(groups) do
      for _, hook in ipairs(object(group) and list(group.hooks) or {}) do
        if object(hook) then hook.names = "claude" end
      end
    end
  end
  local left = left_of(data, dir, { "lspServers", "outputStyles", "monitors", "channels", "dependencies", "userConfig" },
    { "output-styles", "monitors", "themes" })
  if fs.exists(dir .. "/.lsp.json") then left[#left + 1] = ".lsp.json" end
  local made = package(data, without_ours(folders_of(data, data.strict == false)), { servers = servers, hooks = hooks,
    context = context, exclude = {}, settings = {}, left = left, grammar = "dollars" })
  if not paths.is_folder(dir .. "/skills") and fs.exists(dir .. "/SKILL.md") then
    table.insert(made.folders.skills, ".")
  end
  return made
end

---A plugin of Claude Code.
---@param data table
---@param dir string
---@return table
function M.claude(data, dir) return plugin(data, dir, {}) end

---A plugin of Qoder.
---@param data table
---@param dir string
---@return table
function M.qoder(data, dir)
  local context = {}
  for _, name in ipairs { "system-prompt.md", "QWEN.md" } do
    if fs.exists(dir .. "/" .. name) then context[#context + 1] = name end
  end
  return plugin(data, dir, context)
end

---A portable package, which has skills and servers alone.
---@param data table
---@param dir string
---@return table?
function M.portable(data, dir)
  if not tostring(data["$schema"]):find "agent%-plugins%.org" then return nil end
  local brings = { servers = servers_of(read(dir, "mcp.json")), hooks = {}, context = {}, exclude = {},
    settings = {}, left = left_of({}, dir, {}, { "commands", "agents", "hooks", "workflows" }) }
  return package(data, without_ours { commands = {}, skills = { "skills" }, agents = {} }, brings)
end

---A skill, or a folder of skills, without a manifest.
---@param _ table
---@param dir string
---@return table
function M.skills(_, dir)
  local lone = fs.exists(dir .. "/SKILL.md")
  local brings = { servers = {}, hooks = {}, context = {}, exclude = {}, settings = {}, left = {} }
  return package({}, without_ours { commands = {}, agents = {}, skills = { lone and "." or "skills" } }, brings)
end

return M
