-- The folders that belong to a session beside the project: `context.includeDirectories` and --include-directories. What is in them is read
-- and changed like the project; in the sandbox commands only read it.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

local OF_THE_SYSTEM = { "/proc", "/sys", "/dev" } -- what they hold are no files: memory, variables, devices

-- Why a folder cannot be taken in; nil when it can.
local function problem_of(real)
  for _, folder in ipairs(OF_THE_SYSTEM) do
    if paths.below(real, folder) then return tr "it holds no files but the system's own" end
  end
  local home, own = paths.home() and fs.realpath(paths.home()), paths.qwen_home() and fs.realpath(paths.qwen_home())
  if real == "/" or home and paths.below(home, real) then return tr "it holds more than a project" end
  if own and (paths.below(own, real) or paths.below(real, own)) then return tr "it holds the files of qwen" end
  if require("qwen.permission.protected").holds_keys(real) then return tr "it holds keys" end
end

-- The real path of what a person names; nil and why it cannot be taken in.
local function named(ctx, name)
  local path = paths.expand(name)
  if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
  local real = not path:find("\0", 1, true) and fs.realpath(path)
  if not real then return nil, tr "there is no such folder" end
  if not paths.is_folder(real) then return nil, tr "it is no folder" end
  local problem = problem_of(real)
  if problem then return nil, problem end
  return real
end

---Takes one folder in.
---@param ctx Ctx
---@param name string a path, from the project
---@return string? real path
---@return Err? of the code "there" where it belongs to the session already
function M.add(ctx, name)
  local real, problem = named(ctx, name)
  if not real then
    return nil, err("usage", tr("the folder %s is left out: %s", name, problem))
  end
  local around = M.around(ctx, real)
  if around then
    local words = around == ctx.cwd and tr("%s is in the project already", name)
      or tr("%s belongs to the session already: %s", name, paths.short(around))
    return nil, err("usage", words, { code = "there" })
  end
  ctx.folders[#ctx.folders + 1] = real
  return real
end

---Gives a ctx its folders, by their real paths; what cannot be taken in is said.
---@param ctx Ctx
function M.attach(ctx)
  ctx.folders = {}
  for _, name in ipairs(ctx.settings:get "context.includeDirectories" or {}) do
    local _, e
    if type(name) == "string" then _, e = M.add(ctx, name) else e = err("usage", tr "context.includeDirectories holds what is no path") end
    if e and e.code ~= "there" then ctx.notice(e.message) end
  end
end

---Lets a folder outside the project be read, as that of a skill that the model has read. One that holds more than that stays closed.
---@param ctx Ctx
---@param folder string
function M.show(ctx, folder)
  local real = fs.realpath(folder)
  if not real then return end
  local home, own = paths.home() and fs.realpath(paths.home()), paths.qwen_home() and fs.realpath(paths.qwen_home())
  local wide = real == "/" or home and paths.below(home, real) or own and paths.below(own, real)
  local skill = false
  for _, name in ipairs { "skills", "packages", "extensions" } do
    skill = skill or own ~= nil and paths.below(real, own .. "/" .. name)
  end
  if wide or not skill and require("qwen.permission.protected").holds_keys(real) then return end
  ctx.shown_folders = ctx.shown_folders or {}
  ctx.shown_folders[real] = true
end

---Whether a real path is in such a folder.
---@param ctx Ctx
---@param real string
---@return boolean
function M.shown(ctx, real)
  for folder in pairs(ctx.shown_folders or {}) do
    if paths.below(real, folder) then return true end
  end
  return false
end

---True when the project holds the person's home folder.
---@param ctx Ctx
---@return boolean
function M.holds_home(ctx)
  local home = paths.home()
  return home ~= nil and paths.below((paths.real(home)), ctx.cwd)
end

---True when keys are kept at a real path, in a project that holds the person's home folder.
---@param ctx Ctx
---@param real string
---@return boolean
function M.of_keys(ctx, real)
  return M.holds_home(ctx) and require("qwen.permission.protected").holds_keys(real)
end

---The folder of the session that a real path is in: the project, or one beside it.
---@param ctx Ctx
---@param real string
---@return string?
function M.around(ctx, real)
  if paths.below(real, ctx.cwd) then return ctx.cwd end
  for _, folder in ipairs(ctx.folders or {}) do
    if paths.below(real, folder) then return folder end
  end
end

return M
