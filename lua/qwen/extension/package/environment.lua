-- The globals of a package's Lua files: those of a user's own file, but what reaches the network, other programs and files is there only
-- with the right that its manifest declares, and `require` finds its own lua/ first. What a file is, is judged as it is read.
local context = require "qwen.extension.package.context"
local environment = require "qwen.extension.environment"
local environment_debug = require "qwen.extension.environment_debug"
local environment_globals = require "qwen.extension.environment_globals"
local module_search = require "qwen.extension.module_search"
local packages = require "qwen.extension.packages"
local rights = require "qwen.extension.package.rights"
local sys = require "sys.os"
local user_modules = require "qwen.extension.user_modules"

local M = {}

local function refuse(package, what, right, level)
  error(rights.refusal(package, what, right), (level or 1) + 1)
end

-- A table whose fields are those of another one, each behind the right of its name; `own` stands before them.
local function gate(package, of, title, needs, own)
  local meta = { __metatable = "locked" }
  function meta.__index(_, name)
    if own[name] ~= nil then return own[name] end
    local right = needs[name]
    if right == nil then right = "all" end
    if of[name] ~= nil and not rights.has(package, right) then refuse(package, title .. "." .. tostring(name), right, 2) end
    return of[name]
  end
  function meta.__newindex(_, name) error(("%s.%s cannot be set"):format(title, tostring(name)), 2) end
  return setmetatable({}, meta)
end

-- The standard libraries. What a package adds to them is its own, as what the user's files add is theirs.
local function libraries_of(base)
  local out = {}
  for _, name in ipairs { "string", "table", "math", "utf8", "coroutine", "debug" } do
    local library, added = base[name], {}
    local function get(_, key)
      local theirs = user_modules.added[name]
      local value = library[key]
      if value ~= nil and not (theirs and theirs[key] ~= nil) then return value end
      return added[key]
    end
    local function set(t, key, value)
      if get(t, key) ~= nil and added[key] == nil then
        error(("%s.%s cannot be set: it is shared by all files"):format(name, tostring(key)), 2)
      end
      added[key] = value
    end
    out[name] = setmetatable({}, { __index = get, __newindex = set, __metatable = "locked",
      __pairs = function() return pairs(library) end })
  end
  return out
end

-- A module whose functions take a ctx: they get the one behind the package's view.
local function unveiled(module)
  return setmetatable({}, { __metatable = "locked", __index = function(_, name)
    local value = module[name]
    if type(value) ~= "function" then return value end
    return function(...)
      local given = table.pack(...)
      for i = 1, given.n do given[i] = context.behind(given[i]) end
      return value(table.unpack(given, 1, given.n))
    end
  end })
end

-- A variable, unless it looks like a credential.
local function variable(package)
  return function(name)
    local value = sys.env(name)
    local credential = value and require("qwen.util.child_env").credential(name, value)
    if credential and not rights.has(package, "all") then refuse(package, name, "all", 2) end
    return value
  end
end

-- The values of the declared settings: `"packages": {"NAME": {"limit": 5}}`, else the default.
local function settings_of(package, from)
  local declared = package.manifest.settings
  return setmetatable({}, { __metatable = "locked", __index = function(_, name)
    local option = declared[name]
    if not option then error(("the package %s declares no setting '%s'"):format(package.name, tostring(name)), 2) end
    local all = from() and from():get "packages"
    local own = type(all) == "table" and all[package.name]
    local value = type(own) == "table" and own[name]
    if value == nil or type(own) ~= "table" or packages.setting_problem(option, value) then return option.default end
    return value
  end, __newindex = function() error("settings are set in settings.json", 2) end })
end

-- qwen.package: what it is, its settings, and its own files.
local function self_of(package, from)
  local function read(path) return packages.read(package, package.dir .. "/" .. tostring(path)) end
  return { name = package.name, version = package.version, dir = package.dir, read = read,
    settings = settings_of(package, from) }
end

local function shipped(package, base)
  return function(name)
    local kind = tostring(name):match "^(%w+)/"
    local data = kind == "providers" or kind == "themes" or kind == "languages"
    if not data and not rights.has(package, "all") then refuse(package, "qwen.shipped '" .. tostring(name) .. "'", "all", 2) end
    return base.shipped(name)
  end
end

-- Those that only make names.
local path_needs = { home = false, qwen_home = false, short = false, normal = false, below = false, expand = false,
  same = "files", real = "files", project_root = "files", folders_like = "files", is_folder = "files", cwd = false }

local function api_of(package, base, from)
  local own = { package = self_of(package, from), shipped = shipped(package, base) }
  function own.store(name) return base.store("package-" .. package.name:gsub("[^%w_-]", "_") .. "-" .. tostring(name)) end
  own.os = gate(package, base.os, "qwen.os", { uuid = false, random = false, sha256 = false, sha512 = false, base64 = false,
    unbase64 = false, platform = false, pid = false, home = false, env = false }, { env = variable(package) })
  own.paths = gate(package, base.paths, "qwen.paths", path_needs, {})
  local x = {} -- made when they are touched
  own.x = setmetatable({}, { __metatable = "locked", __index = function(_, name)
    if x[name] then return x[name] end
    local right = rights.x[name]
    if right == nil then right = "all" end
    local module = base.x[name]
    if not rights.has(package, right) then refuse(package, "qwen.x." .. tostring(name), right, 2) end
    x[name] = type(module) == "table" and unveiled(module) or module
    return x[name]
  end, __newindex = function(_, name) error(("qwen.x.%s cannot be set"):format(tostring(name)), 2) end })
  if rights.has(package, "net") then own.one_shot = unveiled(base.one_shot) end
  return gate(package, base, "qwen", rights.api, own)
end

-- What is written past the screen could be taken for ours, so it needs a right, too.
local io_needs = { open = "files", lines = "files", tmpfile = "files", popen = "exec", read = "files", stdin = "files",
  type = false, write = "files", stdout = "files", stderr = "files", close = "files" }
local os_needs = { time = false, date = false, clock = false, difftime = false, getenv = false, execute = "exec",
  remove = "files", rename = "files", tmpname = "files" }

local function of_files(package, env, base, name)
  return function(path, ...)
    if not rights.has(package, "files") then refuse(package, name, "files", 2) end
    if name == "loadfile" then
      local mode, own = ...
      return base.loadfile(path, mode, own == nil and env or own)
    end
    local chunk, e = base.loadfile(path, "t", env)
    if not chunk then error(e, 2) end
    return chunk()
  end
end

local worlds = setmetatable({}, { __mode = "k" }) -- what the files of a package share: `qwen` and its modules

---Globals for one file of a package.
---@param package table
---@param from fun(): Settings?
---@return table
function M.globals(package, from)
  local base = environment.environment()
  local world = worlds[package]
  if not world then
    world = { libraries = libraries_of(base), modules = { loaded = {}, preload = {}, files = {} }, qwen = api_of(package, base.qwen, from),
      io = gate(package, base.io, "io", io_needs, {}),
      os = gate(package, base.os, "os", os_needs, { getenv = variable(package) }) }
    worlds[package] = world
  end
  local env = { qwen = world.qwen, io = world.io, os = world.os }
  local libraries = { io = world.io, os = world.os }
  for name, library in pairs(world.libraries) do env[name], libraries[name] = library, library end
  env._G = environment_globals.new(env, base)
  function env.load(chunk, name, mode, own)
    if own == nil then own = env end
    local compiled, e = base.load(chunk, name, mode, own)
    return environment_debug.note(compiled, own, env), e
  end
  for name, value in pairs(environment_debug.old_names(env.load, env)) do env[name] = value end
  env.package = module_search.package(libraries, packages.folders(package, "lua"), world.modules)
  if not rights.has(package, "files") then env.package.searchpath = nil end -- it tells what files there are
  env.require = module_search.require(libraries, env.package, function(path)
    return M.load_file(package, path, env)
  end, world.modules)
  env.loadfile, env.dofile = of_files(package, env, base, "loadfile"), of_files(package, env, base, "dofile")
  return setmetatable(env, { __index = base, __metatable = "locked" })
end

---A test as a chunk: one of a package sees what the package may use.
---@param path string
---@param of table[] the packages that count
---@param from fun(): Settings?
---@return function?, string?
function M.load_test(path, of, from)
  for _, package in ipairs(of) do
    if path:sub(1, #package.dir + 1) == package.dir .. "/" then
      return M.load_file(package, path, M.globals(package, from))
    end
  end
  return environment.load_file(path)
end

---A file of a package as a chunk, if it is what was approved.
---@param package table
---@param path string
---@param env table
---@return function?, string?
function M.load_file(package, path, env)
  local source, e = packages.read(package, path)
  if not source then return nil, e.message end
  return environment.load(source, path, env)
end

return M
