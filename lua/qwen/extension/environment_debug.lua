-- What a person's own file may ask about where it runs, and the names of Lua 5.1 that libraries still use.
-- Functions and variables of others are not given; `setfenv` changes chunks of such files alone.
local M = {}

local SHOWN = { "source", "short_src", "what", "name", "namewhat", "currentline", "linedefined", "lastlinedefined",
  "nups", "nparams", "isvararg" }

-- Functions that were compiled for such a file: their globals, and the globals of the file that they are of.
local chunks = setmetatable({}, { __mode = "k" })

---Notes a chunk.
---@param chunk function?
---@param env table
---@param owner table? globals of the file that compiled it
---@return function?
function M.note(chunk, env, owner)
  if chunk then chunks[chunk] = { env = env, owner = owner or env } end
  return chunk
end

local debugging = {}

function debugging.traceback(words, level)
  if words ~= nil and type(words) ~= "string" and type(words) ~= "number" then return words end
  return debug.traceback(words, (math.tointeger(level) or 1) + 1)
end

function debugging.getinfo(of, what)
  local level = math.tointeger(of)
  if type(of) ~= "function" and not level then error("debug.getinfo: a level or a function is wanted", 2) end
  if type(what) == "string" and what:find "[^SlntuLfr]" then error("debug.getinfo: invalid option", 2) end
  local info = debug.getinfo(level and level + (level > 0 and 1 or 0) or of, "Slnu")
  if not info then return nil end
  local out = {}
  for _, name in ipairs(SHOWN) do out[name] = info[name] end
  return out
end

M.debug = debugging

-- The chunk that is meant, itself or the one that runs at a level; never one of another file.
local function chunk_of(of, owner)
  local level = math.tointeger(of)
  local info = level and level > 0 and debug.getinfo(level + 2, "f")
  local chunk = info and info.func or of
  local noted = type(chunk) == "function" and chunks[chunk]
  if not noted or noted.owner ~= owner then error("setfenv and getfenv are for whole chunks of the same file", 3) end
  return chunk, noted
end

local function set(chunk, noted, env)
  noted.env = env
  if debug.getupvalue(chunk, 1) == "_ENV" then -- what was defined before keeps its globals, as in Lua 5.1
    debug.upvaluejoin(chunk, 1, function() return env end, 1)
  end
  return chunk
end

---The names of Lua 5.1 for one file.
---@param compile function its `load`
---@param owner table its globals
---@return table<string, function>
function M.old_names(compile, owner)
  local function setfenv(of, env)
    if type(env) ~= "table" then error("setfenv wants a table", 2) end
    local chunk, noted = chunk_of(of, owner)
    return set(chunk, noted, env)
  end
  local function getfenv(of)
    local _, noted = chunk_of(of or 1, owner)
    return noted.env
  end
  return { unpack = table.unpack, setfenv = setfenv, getfenv = getfenv, loadstring = compile }
end

return M
