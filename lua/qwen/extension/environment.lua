-- What a person's own file may see: the standard library without what reaches around the host, `qwen` for reading only, and globals of
-- its own. Budgets for what it computes are put on its functions when it is loaded (loader.lua) and on handlers (hooks.lua).
local environment_debug = require "qwen.extension.environment_debug"
local fs = require "sys.fs"
local environment_globals = require "qwen.extension.environment_globals"
local module_search = require "qwen.extension.module_search"
local paths = require "qwen.util.paths"
local text = require "qwen.util.text"
local user_modules = require "qwen.extension.user_modules"
local tr = require("qwen.util.translate").tr

local M = {}

require("sys.task").on_raise(function(e)
  local words = require("qwen.extension.blame").raised(e)
  return words
end)

local MOST_SOURCE = 4 * 1024 * 1024
local MOST_LABELS = 4000 -- each is compared with all before it, inside of C, where no budget reaches

local function sorted_names(t)
  local out = {}
  for name in pairs(t) do
    if type(name) == "string" then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

local views, meta_of = setmetatable({}, { __mode = "k" }), setmetatable({}, { __mode = "k" })

-- A table that shows another one and cannot be changed. `strict`: an unknown name is an error that names the nearest.
local function view(of, title, strict, hidden)
  local found = views[of]
  if found then return found end
  local function get(_, name)
    local value = of[name]
    if hidden and hidden[name] then value = nil end
    if value ~= nil then return value end
    if not strict then return nil end
    local full = ("%s.%s"):format(title, tostring(name)):gsub("^qwen%.", "")
    local now = require("qwen.extension.moved_names").now(full)
    local near = not now and text.nearest(tostring(name), sorted_names(of))
    error(("%s has no '%s'%s"):format(title, tostring(name), now and "; it is qwen." .. now .. " now"
      or near and "; did you mean '" .. near .. "'?" or ""), 2)
  end
  local meta = { __index = get, __metatable = "locked" }
  function meta.__newindex(_, name) error(("%s.%s cannot be set: it is shared by all files"):format(title, tostring(name)), 2) end
  function meta.__pairs() return function(_, name)
    local value
    repeat name, value = next(of, name) until name == nil or not (hidden and hidden[name])
    return name, value
  end end
  if getmetatable(of) and type(getmetatable(of)) == "table" and getmetatable(of).__call then
    function meta.__call(_, ...) return of(...) end
  end
  found = setmetatable({}, meta)
  views[of], meta_of[found] = found, meta
  return found
end

-- Parts of the API that would reach into the host's own life.
local hidden = { task = { on_error = true, on_raise = true, signals = true } }

-- A table of the API, `qwen` or `qwen.x`, each of its modules as a view; `instead` has a test's own modules.
local function api(of, title, instead)
  local own = {}
  local meta = { __metatable = "locked" }
  function meta.__index(_, name)
    local value = own[name]
    if value == nil then
      value = instead and instead[name] or of[name]
      if value == qwen.x then
        value = api(value, "qwen.x")
      elseif type(value) == "table" then
        value = view(value, title .. "." .. name, true, hidden[name])
      end
      own[name] = value
    end
    return value
  end
  function meta.__newindex(_, name)
    error(("%s.%s cannot be set: the API is read-only"):format(title, tostring(name)), 2)
  end
  return setmetatable({}, meta)
end

local function only(of, ...)
  local out = {}
  for name, value in pairs(of) do out[name] = value end
  for i = 1, select("#", ...) do out[select(i, ...)] = nil end
  return out
end

local function collect(what, ...)
  if what and what ~= "collect" and what ~= "count" and what ~= "step" then error("collectgarbage: only collect, step and count are given", 2) end
  return collectgarbage(what, ...)
end

local function say(...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  user_modules.say(table.concat(words, "\t"))
end

local function warn_as(...)
  local words = table.concat { ... }
  if words:sub(1, 1) ~= "@" then user_modules.say(words) end
end

-- `table.move`, `insert` and `remove` go as far as they are told, in one call that nothing stops; what is stored is bounded by memory.
local MOST_ELEMENTS = 1 << 24

local function few(name, count)
  if count > MOST_ELEMENTS then error(("table.%s: more than %d elements"):format(name, MOST_ELEMENTS), 3) end
end

local tables = only(table)
function tables.move(from, first, last, to, ...)
  if math.type(first) and math.type(last) then few("move", last + 1.0 - first) end
  return table.move(from, first, last, to, ...)
end
for _, name in ipairs { "insert", "remove" } do
  local standard = table[name]
  tables[name] = function(t, ...)
    if type(t) == "table" and getmetatable(t) ~= nil then few(name, #t) end
    return standard(t, ...)
  end
end

-- A standard library. What is there stays as it is; libraries may put names of their own beside it.
local function library(of, title)
  local out = view(of, title)
  local meta = meta_of[out]
  local get, refuse = meta.__index, meta.__newindex
  function meta.__index(t, name)
    local value = get(t, name)
    if value == nil and user_modules.added[title] then return user_modules.added[title][name] end
    return value
  end
  function meta.__newindex(t, name, value)
    if of[name] ~= nil then refuse(t, name) end
    user_modules.added[title] = user_modules.added[title] or {}
    user_modules.added[title][name] = value
  end
  return out
end

local libraries = { table = library(tables, "table") }
for _, name in ipairs { "string", "math", "utf8", "coroutine" } do libraries[name] = library(_G[name], name) end
libraries.io = library(only(io, "output", "input"), "io")
libraries.os = library(only(os, "exit", "setlocale"), "os")

-- What all files share.
local base = {}
for _, name in ipairs { "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawlen", "select",
  "setmetatable", "tonumber", "tostring", "type", "xpcall", "_VERSION" } do base[name] = _G[name] end
for name, value in pairs(libraries) do base[name] = value end
base.rawget, base.rawset, base.collectgarbage = environment_globals.rawget, environment_globals.rawset, collect
base.print, base.warn = say, warn_as

libraries.debug = library(environment_debug.debug, "debug")
base.debug = libraries.debug

-- Names of other versions of Lua, and of other hosts, that libraries look for: they are not there.
local absent = {}
for name in ("module newproxy jit bit bit32 ffi ngx love arg _TEST EXPORT_ASSERT_TO_GLOBALS"):gmatch "%S+" do absent[name] = true end

setmetatable(base, { __index = function(_, name)
  if absent[name] then return nil end
  local near = text.nearest(tostring(name), sorted_names(base))
  error(("undefined variable '%s'%s"):format(tostring(name), near and "; did you mean '" .. near .. "'?" or ""), 2)
end })

local shared_api

local ours = user_modules.ships

-- A call of what is not there: perhaps a part of ctx was meant.
local function with_hint(words)
  local name = words:match "attempt to call a nil value %([fg]%a+ '([%w_]+)'%)$" -- a field or a global
  local known = {}
  for _, field in ipairs(name and require("qwen.extension.api_reference").find("Ctx").fields or {}) do known[#known + 1] = field.name end
  local near = name and text.nearest(name, known)
  if near and near == name then return words .. "; ctx." .. name .. " is there only in some runs, as its type says: if ctx." .. name .. " then" end
  return words .. (near and "; did you mean ctx." .. near .. "?" or "")
end

---An error that a person's own file is to blame for, with the way to it through such files; nil when it is ours.
---@param e any with the traceback
---@return string?
function M.own_error(e)
  local words = user_modules.words(e)
  local first = words:match "^[^\n]*"
  local place = first:match "^([^\n]-):%d+: "
  if not place or ours(place) then return nil end
  local told = words:match "^[^\n]*(\n  from .*)" -- by blame.lua, while the stack was there
  if told then return with_hint(first) .. (told:gsub("\nstack traceback:.*", "")) end
  local out, frames = { with_hint(first) }, 0
  for frame in words:gmatch "\n[ \t]+%f[^ \t]([^\n]-:%d+): in " do
    frames = frames + 1
    if frames > 1 and not ours(frame) then out[#out + 1] = tr("  from %s", frame) end
  end
  return table.concat(out, "\n")
end

-- A source that is compiled within a moment, or why it may not be.
local function bounded(source)
  if #source > MOST_SOURCE then return nil, ("a source of more than %d MB"):format(MOST_SOURCE >> 20) end
  local _, marks = source:gsub("::", "")
  if marks > 2 * MOST_LABELS then return nil, ("a source with more than %d labels"):format(MOST_LABELS) end
  return source
end

-- The source that a call of load gives, whole: in pieces its bounds could not be seen.
local function gathered(chunk)
  if type(chunk) == "string" then return bounded(chunk) end
  if type(chunk) ~= "function" then return nil, select(2, load(chunk)) end -- it raises, but for numbers
  local pieces, size = {}, 0
  while size <= MOST_SOURCE do
    local piece = chunk()
    if piece == nil or piece == "" then return bounded(table.concat(pieces)) end
    if type(piece) ~= "string" then return nil, "reader function must return a string" end
    pieces[#pieces + 1], size = piece, size + #piece
  end
  return bounded(table.concat(pieces))
end

---Globals for one file.
---@return table
function M.environment()
  local env, instead = {}, user_modules.instead
  env._G = environment_globals.new(env, base)
  shared_api = shared_api or api(qwen, "qwen")
  env.qwen = instead and api(qwen, "qwen", instead) or shared_api
  local home = paths.qwen_home()
  env.package = module_search.package(libraries, home and { home .. "/lua" } or {})
  env.require = module_search.require(libraries, env.package, M.load_file)
  function env.load(chunk, name, _, own)
    local source, e = gathered(chunk)
    if not source then return nil, e end
    name = name or type(chunk) == "function" and "=(load)" or nil
    if own == nil then own = env end
    local compiled
    compiled, e = load(source, name, "t", own)
    return environment_debug.note(compiled, own, env), e
  end
  for old, value in pairs(environment_debug.old_names(env.load, env)) do env[old] = value end
  function env.loadfile(path, _, own) return M.load_file(path, own == nil and env or own) end
  function env.dofile(path)
    local chunk, e = M.load_file(path, env)
    if not chunk then error(e, 2) end
    return chunk()
  end
  return setmetatable(env, { __index = base, __metatable = "locked" })
end

---A text as a chunk of its own; bytecode is refused.
---@param source string
---@param path string
---@param env table?
---@return function?, string?
function M.load(source, path, env)
  local whole, e = bounded(source)
  if not whole then return nil, ("%s: %s is not loaded"):format(paths.short(path), e) end
  env = env or M.environment()
  local chunk
  chunk, e = load(whole, "@" .. paths.short(path), "t", env)
  return environment_debug.note(chunk, env), e
end

---A file as a chunk.
---@param path string
---@param env table?
---@return function?, string?
function M.load_file(path, env)
  local source, e = fs.read(path, MOST_SOURCE)
  if not source then return nil, e.message end
  return M.load(source, path, env)
end

return M
