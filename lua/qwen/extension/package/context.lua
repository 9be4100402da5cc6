-- The `ctx` that a package's functions get: what shows and asks, and of the rest only what the package may use. Nothing of it can be set, and
-- settings with keys in them are not read.
local rights = require "qwen.extension.package.rights"
local tr = require("qwen.util.translate").tr

local M = {}

local real = setmetatable({}, { __mode = "k" }) -- the ctx behind a view

-- Settings that hold keys, or programs.
local closed = { "env", "security", "modelProviders", "mcpServers", "connections", "proxy", "hooks", "lua", "packages" }

-- Data that can be looked at and not changed; its functions are left out.
local function read_only(of)
  local meta = { __metatable = "locked", __newindex = function() error(tr "it is for reading only", 2) end }
  local function shown(value)
    if type(value) == "table" then return read_only(value) end
    return type(value) ~= "function" and value or nil
  end
  function meta.__index(_, key) return shown(of[key]) end
  function meta.__len() return #of end
  function meta.__pairs()
    return function(_, key)
      local value
      repeat
        key, value = next(of, key)
      until key == nil or shown(value) ~= nil
      return key, shown(value)
    end
  end
  return setmetatable({}, meta)
end

local function settings_of(ctx, package)
  local function get(_, key)
    local first = tostring(key):match "^[^.]*"
    for _, name in ipairs(closed) do
      if first == name then error(rights.refusal(package, "ctx.settings:get '" .. tostring(key) .. "'", "all"), 2) end
    end
    return ctx.settings:get(key)
  end
  return setmetatable({}, { __metatable = "locked", __index = { get = get }, __newindex = function() error(tr "it is for reading only", 2) end })
end

-- What a line says is done as if the user had sent it, so `!` and `/` need what they can do.
local function prompt_of(ctx, package)
  return function(line, ...)
    local first = tostring(line):match "^%s*([!/#])"
    local right = first == "!" and "exec" or first and "all" or false
    if not rights.has(package, right) then error(rights.refusal(package, "ctx.prompt '" .. first .. "'", right), 2) end
    return ctx.prompt(line, ...)
  end
end

-- Fields that are made for the package.
local made = { settings = settings_of, prompt = prompt_of }
function made.session(ctx)
  local session = ctx.session
  return session and read_only { id = session.id, title = session.title, messages = session.messages } or nil
end
function made.model(ctx)
  local model = ctx.model
  return model and read_only { id = model.id, name = model.name, provider = model.provider } or nil
end
function made.opts(ctx) return read_only { verbose = ctx.opts.verbose, safe = ctx.opts.safe } end

---Whether a value is the ctx of a run.
---@param value any
---@return boolean
function M.is(value)
  if type(value) ~= "table" or real[value] then return false end
  local meta = getmetatable(value)
  if rawget(value, "emit") and rawget(value, "settings") then return true end
  return type(meta) == "table" and type(meta.__index) == "table" and M.is(meta.__index)
end

---The view of a ctx for a package.
---@param ctx Ctx
---@param package table
---@return table
function M.view(ctx, package)
  if rights.has(package, "all") then return ctx end
  local meta = { __metatable = "locked" }
  function meta.__index(_, name)
    if made[name] then return made[name](ctx, package) end
    local right = rights.ctx[name]
    if right == nil and ctx[name] == nil then return nil end
    if right == nil then right = "all" end
    if not rights.has(package, right) then error(rights.refusal(package, "ctx." .. tostring(name), right), 2) end
    return ctx[name]
  end
  function meta.__newindex(_, name, value)
    if name ~= "repeating" then error(rights.refusal(package, "ctx." .. tostring(name) .. " = ...", "all"), 2) end
    ctx.repeating = value
  end
  local view = setmetatable({}, meta)
  real[view] = ctx
  return view
end

---What a function of ours gets for what a package hands it: the ctx itself for its view.
---@param value any
---@return any
function M.behind(value)
  return type(value) == "table" and real[value] or value
end

return M
