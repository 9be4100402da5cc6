-- Which files are below a folder: what git and .qwenignore leave out is not among them.
local fs = require "sys.fs"
local ignore = require "qwen.permission.ignore"
local paths = require "qwen.util.paths"

local M = {}

---Arguments for ripgrep that leave out what .gitignore names, where the settings want it, and .git itself.
---@param ctx Ctx
---@return string[]
function M.ignore_flags(ctx)
  local flags = { "--no-config", "--hidden", "--glob=!.git" }
  if ctx.settings:get "context.fileFiltering.respectGitIgnore" == false then flags[#flags + 1] = "--no-ignore" end
  return flags
end

-- The program that lists what git does not ignore: ripgrep, or git in a folder that it knows.
local function lister(ctx, folder, proc)
  local rg, git = proc.which "rg", proc.which "git"
  if rg then return { rg, "--files", "--null", table.unpack(M.ignore_flags(ctx)) } end
  if not git or not fs.stat(paths.project_root(folder) .. "/.git") then return nil end
  local argv = { git, "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", "ls-files", "-z", "--cached", "--others" }
  if ctx.settings:get "context.fileFiltering.respectGitIgnore" ~= false then argv[#argv + 1] = "--exclude-standard" end
  return argv
end

---Relative paths of the files below a folder that are not ignored; nil where no program can tell.
---@param ctx Ctx
---@param folder string
---@param seconds number? default 60
---@return string[]?, Err?
---@return "stopped"|"unread"|nil partial it took too long or they are too many; some folders could not be read
function M.visible(ctx, folder, seconds)
  local proc = require "qwen.util.process" -- here: who reads one file starts nothing
  local argv = lister(ctx, folder, proc)
  if not argv then return nil end
  local result, e = proc.run { argv = argv, cwd = folder, env = proc.helper_env(), limit = 16 * 1024 * 1024, timeout = seconds or 60 }
  if not result then return nil, e end
  if result.code and result.code > 1 and result.out == "" then return nil end
  local found, ignored = {}, ignore.matcher(ctx)
  for name in result.out:sub(1, -2):gmatch "[^%z]+" do
    name = name:gsub("^%./", "")
    if not ignored(folder .. "/" .. name) then found[#found + 1] = name end
  end
  local part = (result.timed_out or result.truncated) and "stopped" or result.code ~= 0 and result.err:find("(os error", 1, true) and "unread"
  return found, nil, part or nil
end

---Relative paths of the links to files in the folders that hold some files: ripgrep does not list links.
---@param folder string a real path
---@param found string[] names of files below it
---@return table<string, Stat>
function M.links(folder, found)
  local out, looked = {}, {}
  local function look(below)
    if looked[below] then return end
    looked[below] = true
    for _, entry in ipairs(fs.list_exact(below == "" and folder or folder .. "/" .. below) or {}) do
      local name = below == "" and entry.name or below .. "/" .. entry.name
      local stat = entry.type == "link" and fs.stat(folder .. "/" .. name)
      if stat and stat.type == "file" then out[name] = stat end
    end
  end
  look ""
  for _, name in ipairs(found) do look(name:match "^(.*)/[^/]*$" or "") end
  return out
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
