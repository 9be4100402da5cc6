-- What a person's own file may see: the standard library without what reaches around the host, `qwen` for reading only, and globals of
-- its own. Budgets for what it computes are put on its functions when it is loaded (loader.lua) and on handlers (hooks.lua).
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local text = require "qwen.util.text"
local user_modules = require "qwen.extension.user_modules"
local tr = require("qwen.util.translate").tr

local M = {}

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

local views = setmetatable({}, { __mode = "k" })

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
  views[of] = found
  return found
end

-- Parts of the API that would reach into the host's own life.
local hidden = { task = { on_error = true, signals = true } }

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

local function raw_set(t, name, value)
  if getmetatable(t) == "locked" then error(("%s cannot be set: it is shared by all files"):format(tostring(name)), 2) end
  return rawset(t, name, value)
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

local libraries = { table = view(tables, "table") }
for _, name in ipairs { "string", "math", "utf8", "coroutine" } do libraries[name] = view(_G[name], name) end
libraries.io = view(only(io, "output", "input"), "io")
libraries.os = view(only(os, "exit", "setlocale"), "os")

-- What all files share.
local base = {}
for _, name in ipairs { "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "select",
  "setmetatable", "tonumber", "tostring", "type", "xpcall", "_VERSION" } do base[name] = _G[name] end
for name, library in pairs(libraries) do base[name] = library end
base.rawset, base.collectgarbage, base.print = raw_set, collect, say

local withheld = { debug = "it would reach around budgets and secrets", package = "require finds ~/.qwen/lua" }

setmetatable(base, { __index = function(_, name)
  if withheld[name] then error(("'%s' is withheld: %s"):format(name, withheld[name]), 2) end
  local near = text.nearest(tostring(name), sorted_names(base))
  error(("undefined variable '%s'%s"):format(tostring(name), near and "; did you mean '" .. near .. "'?" or ""), 2)
end })

local shared_api

local function ours(place) return place:find "^lua/" or place:find "^commands/" or place:find "^%[C%]" end

-- A call of what is not there: perhaps a part of ctx was meant.
local function with_hint(words)
  local name = words:match "attempt to call a nil value %([fg]%a+ '([%w_]+)'%)$" -- a field or a global
  local known = {}
  for _, field in ipairs(name and require("qwen.extension.api_reference").find("Ctx").fields or {}) do known[#known + 1] = field.name end
  local near = name and text.nearest(name, known)
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
  local out, frames = { with_hint(first) }, 0
  for frame in words:gmatch "\n[ \t]+%f[^ \t]([^\n]-:%d+): in " do
    frames = frames + 1
    if frames > 1 and not ours(frame) then out[#out + 1] = tr("  from %s", frame) end
  end
  return table.concat(out, "\n")
end

-- `require` of a person's file: a standard library by its name, or ~/.qwen/lua/NAME.lua.
local function find_module(name)
  if type(name) ~= "string" then error("require wants a name", 3) end
  if libraries[name] then return libraries[name] end
  local loaded, files = user_modules.loaded, user_modules.files
  if loaded[name] ~= nil then return loaded[name] end
  if withheld[name] then error(("'%s' is withheld: %s"):format(name, withheld[name]), 3) end
  if name:find "^sys%." or name:find "^qwen%." then error(("'%s' is inside the program; what is offered is in the global qwen"):format(name), 3) end
  local home = paths.qwen_home()
  if not home or not name:find "^[%w_.-]+$" or name:find("..", 1, true) then error(("there is no module '%s'"):format(name), 3) end
  local path = home .. "/lua/" .. name:gsub("%.", "/") .. ".lua"
  local chunk, e = M.load_file(path)
  files[#files + 1] = path
  if not chunk then error(("module '%s': %s"):format(name, e), 3) end
  local value = chunk(name, path)
  loaded[name] = value == nil and true or value
  return loaded[name]
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
  env._G = env
  shared_api = shared_api or api(qwen, "qwen")
  env.qwen = instead and api(qwen, "qwen", instead) or shared_api
  env.require = find_module
  function env.load(chunk, name, _, own)
    local source, e = gathered(chunk)
    if not source then return nil, e end
    name = name or type(chunk) == "function" and "=(load)" or nil
    return load(source, name, "t", own == nil and env or own)
  end
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
  return load(whole, "@" .. paths.short(path), "t", env or M.environment())
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
