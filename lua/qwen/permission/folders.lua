-- The folders that belong to a session beside the project: `context.includeDirectories` and --include-directories. What is in them is read
-- and changed like the project; in the sandbox commands only read it.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

-- Why a folder cannot be taken in; nil when it can.
local function problem_of(real)
  local home, own = paths.home() and fs.realpath(paths.home()), paths.qwen_home() and fs.realpath(paths.qwen_home())
  if real == "/" or home and paths.below(home, real) then return tr "it holds more than a project" end
  if own and (paths.below(own, real) or paths.below(real, own)) then return tr "it holds the files of qwen" end
  if require("qwen.permission.protected").holds_keys(real) then return tr "it holds keys" end
end

---Gives a ctx its folders, by their real paths; what cannot be taken in is said.
---@param ctx Ctx
function M.attach(ctx)
  ctx.folders = {}
  local seen = { [ctx.cwd] = true }
  for _, text in ipairs(ctx.settings:get "context.includeDirectories" or {}) do
    local name = tostring(text)
    local path = name:gsub("^~%f[/\0]", paths.home() or "~")
    if path:sub(1, 1) ~= "/" then path = ctx.cwd .. "/" .. path end
    local real = fs.realpath(path)
    local problem = not (real and paths.is_folder(real)) and tr "there is no such folder" or problem_of(real)
    if problem then ctx.notice(tr("the folder %s is left out: %s", name, problem)) end
    if not problem and not seen[real] and not paths.below(real, ctx.cwd) then
      seen[real], ctx.folders[#ctx.folders + 1] = true, real
    end
  end
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
