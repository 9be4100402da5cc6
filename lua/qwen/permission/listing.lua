-- Which files are below a folder: what git and .qwenignore leave out is not among them.
local fs = require "sys.fs"
local ignore = require "qwen.permission.ignore"

local M = {}

---Arguments for ripgrep that leave out what .gitignore names, where the settings want it, and .git itself.
---@param ctx Ctx
---@return string[]
function M.ignore_flags(ctx)
  local flags = { "--no-config", "--hidden", "--glob=!.git" }
  if ctx.settings:get "context.fileFiltering.respectGitIgnore" == false then flags[#flags + 1] = "--no-ignore" end
  return flags
end

---Relative paths of the files below a folder that are not ignored, by ripgrep; nil where it is
---missing or takes too long.
---@param ctx Ctx
---@param folder string
---@param seconds number? default 60
---@return string[]?, Err?
function M.visible(ctx, folder, seconds)
  local proc = require "qwen.util.process" -- here: who reads one file starts nothing
  local rg = proc.which "rg"
  if not rg then return nil end
  local argv = { rg, "--files", "--null", table.unpack(M.ignore_flags(ctx)) }
  local result, e = proc.run { argv = argv, cwd = folder, env = proc.helper_env(), limit = 16 * 1024 * 1024, timeout = seconds or 60 }
  if not result then return nil, e end
  if result.timed_out then return nil end
  local found, ignored = {}, ignore.matcher(ctx)
  for name in result.out:gmatch "[^%z]+" do
    name = name:gsub("^%./", "")
    if not ignored(folder .. "/" .. name) then found[#found + 1] = name end
  end
  return found
end

---Relative paths of the files below a folder, without .git and what looks generated. For when
---ripgrep is missing.
---@param root string
---@param limit integer?
---@param ctx Ctx? what its .qwenignore names is left out
---@return fun(): string?
function M.walk(root, limit, ctx)
  local ignored = ctx and ignore.matcher(ctx) or function() end
  local skip = { [".git"] = true, node_modules = true, target = true, build = true, [".cache"] = true }
  local real = fs.realpath(root) or root
  if real == "/" then real = "" end
  local stack, files, at, count = { "" }, {}, 0, 0
  return function()
    while true do
      at = at + 1
      if files[at] then
        count = count + 1
        if limit and count > limit then return nil end
        return files[at]
      end
      local folder = table.remove(stack)
      if not folder then return nil end
      files, at = {}, 0
      for _, entry in ipairs(fs.list_exact(folder == "" and real or real .. "/" .. folder) or {}) do
        local name = folder == "" and entry.name or folder .. "/" .. entry.name
        local shown = not ignored(real .. "/" .. name)
        if shown and entry.type == "file" then files[#files + 1] = name end
        if shown and entry.type == "dir" and not skip[entry.name] then stack[#stack + 1] = name end
      end
    end
  end
end

return M
