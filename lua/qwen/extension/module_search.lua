-- `require` and `package` of a person's own files: a standard library by its name, else NAME.lua or
-- NAME/init.lua, found by `package.path` as Lua does it. Modules written in C are not loaded.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local user_modules = require "qwen.extension.user_modules"

local M = {}

-- Modules in C that libraries ask for, by the first word of their names, and what does the same here.
local in_c = {
  lpeg = "string.find and string.gmatch", lpeglabel = "string.find and string.gmatch", re = "string.find and string.gmatch",
  rex_pcre = "string.find", rex_pcre2 = "string.find", rex_posix = "string.find",
  lfs = "qwen.fs", posix = "qwen.fs and qwen.proc", unix = "qwen.fs and qwen.proc", winapi = "qwen.proc",
  socket = "qwen.http", ssl = "qwen.http", mime = "qwen.http", ltn12 = "qwen.http", cqueues = "qwen.http and qwen.task",
  http = "qwen.http", curl = "qwen.http", lcurl = "qwen.http", cURL = "qwen.http",
  luv = "qwen.task and qwen.proc", uv = "qwen.task and qwen.proc", ev = "qwen.task", lanes = "qwen.task",
  cjson = "qwen.json", rapidjson = "qwen.json", yajl = "qwen.json", lsqlite3 = "qwen.store", luasql = "qwen.store",
  system = "qwen.task and qwen.os", term = "ctx.print", linenoise = "ctx.line", readline = "ctx.line",
  crypto = "qwen.os.sha256", openssl = "qwen.os.sha256", md5 = "qwen.os.sha256", zlib = "a program by qwen.proc.run",
  zip = "a program by qwen.proc.run", lxp = "a library in Lua", lyaml = "a library in Lua", yaml = "a library in Lua",
  bit = "the operators & | ~ << >>", bit32 = "the operators & | ~ << >>", ffi = "a program by qwen.proc.run",
  utf8proc = "utf8 and qwen.text", struct = "string.pack and string.unpack",
}

local function here(path) return (paths.short(path)) end

-- The places where a module of a name may be, by a path of templates.
local function candidates(name, path)
  local out, file = {}, name:gsub("%.", "/")
  for template in tostring(path):gmatch "[^;]+" do out[#out + 1] = (template:gsub("%?", (file:gsub("%%", "%%%%")))) end
  return out
end

-- Why there is no such module.
local function not_found(name, tried)
  local instead = in_c[name] or in_c[name:match "^[^.]+"]
  if instead then
    return ("module '%s' is written in C, and no C is loaded here; use %s"):format(name, instead)
  end
  local out = {}
  for i, path in ipairs(tried) do
    if fs.exists((path:gsub("%.lua$", ".so"))) then
      return ("module '%s': %s is written in C, and no C is loaded here"):format(name, here((path:gsub("%.lua$", ".so"))))
    end
    out[i] = here(path)
  end
  return ("there is no module '%s': no file %s"):format(name, table.concat(out, ", "))
end

-- What `package.loaded` shows: standard libraries and what was required so far.
local function loaded_view(libraries, state)
  return setmetatable({}, { __metatable = "locked",
    __index = function(_, name)
      if libraries[name] ~= nil then return libraries[name] end
      return state.loaded[name]
    end,
    __newindex = function(_, name, value)
      if libraries[name] == nil then state.loaded[name] = value end
    end,
    __pairs = function() return pairs(state.loaded) end })
end

-- Functions for modules that are not files; the table behind it may be made anew.
local function preload_view(state)
  return setmetatable({}, { __metatable = "locked",
    __index = function(_, name) return state.preload[name] end,
    __newindex = function(_, name, value) state.preload[name] = value end,
    __pairs = function() return pairs(state.preload) end })
end

---The folders in which modules are looked for, as a path of templates.
---@param folders string[]
---@return string
function M.path_of(folders)
  local out = {}
  for _, folder in ipairs(folders) do
    out[#out + 1] = folder .. "/?.lua"
    out[#out + 1] = folder .. "/?/init.lua"
  end
  return table.concat(out, ";")
end

---`package` for one file. A changed `path` counts for what this file requires.
---@param libraries table<string, table>
---@param folders string[]
---@param state {loaded: table, preload: table}? of those that share their modules; else those of the user's own
---@return table
function M.package(libraries, folders, state)
  state = state or user_modules
  local package = { config = "/\n;\n?\n!\n-\n", path = M.path_of(folders), cpath = "",
    loaded = loaded_view(libraries, state), preload = preload_view(state) }
  function package.searchpath(name, path, from)
    if from and from ~= "" then name = name:gsub("%" .. from, ".") end
    local tried = candidates(name, path)
    for i, file in ipairs(tried) do
      if fs.exists(file) then return file end
      tried[i] = "\n\tno file '" .. file .. "'"
    end
    return nil, table.concat(tried)
  end
  function package.loadlib() return nil, "no C is loaded here", "absent" end
  return package
end

-- The chunk of the first file that is there, and its path.
local function chunk_of(name, package, load_file, files)
  local tried = candidates(name, package.path)
  for _, path in ipairs(tried) do
    table.insert(files, path) -- also one that may come
    if fs.exists(path) then
      local chunk, e = load_file(path)
      if not chunk then error(("module '%s': %s"):format(name, e), 3) end
      return chunk, path
    end
  end
  error(not_found(name, tried), 3)
end

---`require` of a file.
---@param libraries table<string, table>
---@param package table of this file
---@param load_file fun(path: string): function?, string?
---@param state {loaded: table, preload: table, files: string[]}? as of package
---@return fun(name: string): any
function M.require(libraries, package, load_file, state)
  state = state or user_modules
  return function(name)
    if type(name) ~= "string" then error("require wants a name", 2) end
    if libraries[name] then return libraries[name] end
    local loaded = state.loaded
    if loaded[name] ~= nil then return loaded[name] end
    if name:find "^sys%." or name:find "^qwen%." then
      error(("'%s' is inside the program; what is offered is in the global qwen"):format(name), 2)
    end
    local chunk, path = state.preload[name], ":preload:"
    if not chunk then
      if not name:find "^[%w_.-]+$" or name:find("..", 1, true) then
        error(("there is no module '%s'"):format(name), 2)
      end
      chunk, path = chunk_of(name, package, load_file, state.files)
    end
    local value = chunk(name, path)
    if value ~= nil then loaded[name] = value end
    if loaded[name] == nil then loaded[name] = true end
    return loaded[name], path
  end
end

return M
