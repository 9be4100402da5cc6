-- The home that the tests of a person's files run in: this program again, where ~/.qwen is a folder
-- that goes with the run. It has their files as links, and none of their sessions, stores, settings
-- or credentials.
local catalogue = require "qwen.extension.catalogue"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local proc = require "qwen.util.process"
local sys = require "sys.os"

local M = {}

local MARK = "QWEN_TEST_HOME"
local MORE = { "lua", "skills", "agents", "output-styles", "tests", "packages", "extensions", "init.lua",
  "packages.lock.json" }
local HIDDEN = { "DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME" }

---Whether this is such a run.
---@return boolean
function M.inside() return sys.env(MARK) ~= nil end

-- The new home with links to what counts of the old one; it speaks the same language.
local function make(language)
  local home, e = fs.mkdtemp((sys.env "TMPDIR" or "/tmp") .. "/qwen-test-home-")
  if not home then return nil, e end
  local ok
  ok, e = fs.mkdir(home .. "/.qwen", 448)
  if ok and language then
    ok, e = fs.write(home .. "/.qwen/settings.json", json.encode { general = { language = language } })
  end
  local from, argv = paths.qwen_home(), { "ln", "-s" }
  local function add(name)
    if from and fs.stat(from .. "/" .. name) then argv[#argv + 1] = from .. "/" .. name end
  end
  for _, kind in ipairs(catalogue.kinds) do add(kind) end
  for _, name in ipairs(MORE) do add(name) end
  if not ok or not argv[3] then return home, e end
  argv[#argv + 1] = home .. "/.qwen/"
  local linked = proc.run { argv = argv, timeout = 20 }
  if linked and linked.code == 0 then return home end
  return home, err("broken", phrase("no home for the tests could be made in %s", home))
end

---Runs `qwen test` there.
---@param args string[]
---@param ctx Ctx
---@return integer? exit code
---@return Err?
function M.run(args, ctx)
  local home, e = make(ctx.settings:get "general.language")
  local _ <close> = setmetatable({}, { __close = function()
    if home then fs.remove_tree(home) end
  end })
  if e then return nil, e end
  local env = proc.own_env(true)
  for _, name in ipairs(HIDDEN) do env[name] = nil end
  env.HOME, env.QWEN_HOME, env[MARK] = home, home .. "/.qwen", "1"
  local child <close>, wrong = proc.open { argv = { fs.realpath "/proc/self/exe", "test", table.unpack(args) },
    cwd = ctx.cwd, env = env, stdout = "inherit", stderr = "inherit" }
  if not child then return nil, wrong end
  local ended = child:wait()
  return ended.code or 128 + ended.signal
end

return M
