-- Paths as tools see them: absolute, compared by whole components on real paths, and which ones are never touched unasked.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local glob = require "qwen.util.glob"
local paths = require "qwen.util.paths"
local proc = require "qwen.util.process"
local protected = require "qwen.permission.protected"

local M = { glob = glob.matcher, normal = paths.normal, real = paths.real }

---An absolute path in its normal form.
---@param ctx Ctx
---@param path string
---@return string?, Err?
function M.resolve(ctx, path)
  if path:find("\0", 1, true) then return nil, err("usage", "a path cannot hold a zero byte") end
  if path:sub(1, 1) ~= "/" then
    return nil, err("usage", ("the path must be absolute, not '%s'; perhaps %s/%s"):format(path, ctx.cwd, path))
  end
  return paths.normal(path)
end

---True when the real path is in the project folder.
---@param ctx Ctx
---@param path string
---@return boolean
function M.inside(ctx, path)
  local real, unsure = paths.real(path)
  return not unsure and paths.below(real, ctx.cwd)
end

---True for what may be read unasked: the project, and the outputs that were spilled for it.
---@param ctx Ctx
---@param path string
---@return boolean
function M.readable(ctx, path)
  if M.inside(ctx, path) then return true end
  local real, unsure = paths.real(path)
  local spilled = paths.tmp(ctx.cwd)
  return spilled ~= nil and not unsure and paths.below(real, (paths.real(spilled)))
end

---True for places that decide what runs later: version control and editor folders, shell start files, our own settings.
---Both the name and what it really reaches count; names above the project do not.
---@param ctx Ctx
---@param path string
---@return boolean
function M.protected(ctx, path)
  local real = paths.real(path)
  local home = paths.qwen_home()
  if home and (paths.below(real, paths.real(home)) or paths.below(paths.normal(path), home)) then return true end
  return protected.is(paths.normal(path), ctx.cwd) or protected.is(real, ctx.cwd)
end

---A path for people: relative to the project when it is inside.
---@param ctx Ctx
---@param path string
---@return string
function M.relative(ctx, path)
  if path:sub(1, #ctx.cwd + 1) == ctx.cwd .. "/" then return path:sub(#ctx.cwd + 2) end
  return (path:gsub("^/", ""))
end

---Notes that a file was read, so that it may be edited while it stays the same.
---@param ctx Ctx
---@param path string
---@param stat Stat? what it was before it was read
function M.mark_seen(ctx, path, stat)
  local real = paths.real(path)
  stat = stat or fs.stat(path)
  if stat then ctx.seen[real] = { size = stat.size, mtime = stat.mtime } end
end

---Whether a file may be changed: it was read in this session and is still the same.
---@param ctx Ctx
---@param path string
---@return boolean?, Err?
function M.check_seen(ctx, path)
  local stat = fs.stat(path)
  local seen = ctx.seen[paths.real(path)]
  if not seen then
    return nil, err("usage", ("%s has not been read in this session. Nothing was written. Read it with read_file first."):format(path))
  end
  if not stat or stat.size ~= seen.size or stat.mtime ~= seen.mtime then
    return nil, err("usage", ("%s has changed on disk since it was read. Nothing was written. Read it again with read_file."):format(path))
  end
  return true
end

---Arguments for ripgrep that leave out what .gitignore and the project's .qwenignore name, and .git itself.
---@param ctx Ctx
---@return string[]
function M.ignore_flags(ctx)
  local flags = { "--no-config", "--hidden", "--glob=!.git" }
  if fs.stat(ctx.cwd .. "/.qwenignore") then flags[#flags + 1] = "--ignore-file=" .. ctx.cwd .. "/.qwenignore" end
  return flags
end

---Relative paths of the files below a folder that are not ignored, by ripgrep; nil where it is missing or takes too long.
---@param ctx Ctx
---@param folder string
---@param seconds number? default 60
---@return string[]?, Err?
function M.visible(ctx, folder, seconds)
  local rg = proc.which "rg"
  if not rg then return nil end
  local argv = { rg, "--files", "--null", table.unpack(M.ignore_flags(ctx)) }
  local result, e = proc.run { argv = argv, cwd = folder, env = proc.helper_env(), limit = 16 * 1024 * 1024, timeout = seconds or 60 }
  if not result then return nil, e end
  if result.timed_out then return nil end
  local found = {}
  for name in result.out:gmatch "[^%z]+" do found[#found + 1] = (name:gsub("^%./", "")) end
  return found
end

---Relative paths of the files below a folder, without .git and what looks generated. For when ripgrep is missing.
---@param root string
---@param limit integer?
---@return fun(): string?
function M.walk(root, limit)
  local skip = { [".git"] = true, node_modules = true, target = true, build = true, [".cache"] = true }
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
      for _, entry in ipairs(fs.list(root .. "/" .. folder) or {}) do
        local name = folder == "" and entry.name or folder .. "/" .. entry.name
        if entry.type == "file" then files[#files + 1] = name end
        if entry.type == "dir" and not skip[entry.name] then stack[#stack + 1] = name end
      end
    end
  end
end

return M
