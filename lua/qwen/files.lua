-- Paths as tools see them: absolute, compared by whole components on real paths, and which ones are never touched unasked.
local err = require "qwen.err"
local fs = require "sys.fs"
local paths = require "qwen.paths"

local M = {}

---The path without "." and ".." and doubled slashes.
local function normal(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return "/" .. table.concat(parts, "/")
end

---An absolute path in its normal form.
---@param ctx Ctx
---@param path string
---@return string?, Err?
function M.resolve(ctx, path)
  if path:find("\0", 1, true) then return nil, err("usage", "a path cannot hold a zero byte") end
  if path:sub(1, 1) ~= "/" then
    return nil, err("usage", ("the path must be absolute, not '%s'; perhaps %s/%s"):format(path, ctx.cwd, path))
  end
  return normal(path)
end

---The path that the system would really reach: links followed, for what does not exist yet those of its nearest folder.
---@param path string
---@return string
function M.real(path)
  local rest = ""
  path = normal(path)
  while path ~= "/" do
    local real = fs.realpath(path)
    if real then return normal(real .. rest) end
    -- A link that leads nowhere would be created at its target.
    rest = path:match "(/[^/]*)$" .. rest
    path = path:match "^(.*)/[^/]*$"
    if path == "" then path = "/" end
  end
  return normal(rest)
end

local function below(path, folder)
  return path == folder or folder == "/" or path:sub(1, #folder + 1) == folder .. "/"
end

---True when the real path is in the project folder.
---@param ctx Ctx
---@param path string
---@return boolean
function M.inside(ctx, path)
  local link = fs.stat(normal(path), false)
  if link and link.type == "link" and not fs.realpath(path) then return false end
  return below(M.real(path), ctx.cwd)
end

local folders = { [".git"] = true, [".qwen"] = true, [".vscode"] = true, [".idea"] = true, [".ssh"] = true, [".gnupg"] = true, [".github"] = true }
local names = {
  [".envrc"] = true, [".bashrc"] = true, [".bash_profile"] = true, [".profile"] = true, [".zshrc"] = true, [".zshenv"] = true, [".gitconfig"] = true,
  [".gitmodules"] = true, [".mcp.json"] = true, [".npmrc"] = true, [".netrc"] = true, [".bash_login"] = true, [".zprofile"] = true,
}

---True for places that decide what runs later: version control and editor folders, shell start files, our own settings.
---@param _ Ctx
---@param path string
---@return boolean
function M.protected(_, path)
  local real = M.real(path)
  local home = paths.qwen_home()
  if home and below(real, home) then return true end
  for part in real:gmatch "[^/]+" do
    local folded = part:lower():gsub("[%. ]+$", "")
    if folders[folded] or names[folded] then return true end
  end
  return false
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
function M.mark_seen(ctx, path)
  local stat, real = fs.stat(path), M.real(path)
  if stat then ctx.seen[real] = { size = stat.size, mtime = stat.mtime } end
end

---Whether a file may be changed: it was read in this session and is still the same.
---@param ctx Ctx
---@param path string
---@return boolean?, Err?
function M.check_seen(ctx, path)
  local stat = fs.stat(path)
  local seen = ctx.seen[M.real(path)]
  if not seen then
    return nil, err("usage", ("%s has not been read in this session. Nothing was written. Read it with read_file first."):format(path))
  end
  if not stat or stat.size ~= seen.size or stat.mtime ~= seen.mtime then
    return nil, err("usage", ("%s has changed on disk since it was read. Nothing was written. Read it again with read_file."):format(path))
  end
  return true
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
