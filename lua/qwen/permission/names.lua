-- Paths as a model writes them: `~` is the home folder, and a name that the system writes with other code points for the same letters
-- is that name. Where nothing is, what is nearest.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local ignore = require "qwen.permission.ignore"
local listing = require "qwen.permission.listing"
local paths = require "qwen.util.paths"
local text = require "qwen.util.text"

local M = {}

local MOST_NAMES, MOST_SHOWN, SECONDS = 20000, 3, 5

-- The name in a folder that is the same but for the way its letters are composed.
local function twin(folder, name)
  if not name:find "[\x80-\xff]" then return nil end
  local wanted = text.normal(name, "NFC")
  for _, entry in ipairs(fs.list(folder) or {}) do
    if text.normal(entry.name, "NFC") == wanted then return entry.name end
  end
end

-- The same path with the names that are there.
local function composed(path)
  if not path:find "[\x80-\xff]" or fs.stat(path, false) then return path end
  local at = ""
  for name in path:gmatch "[^/]+" do
    local there = fs.stat(at .. "/" .. name, false) and name or twin(at == "" and "/" or at, name)
    at = at .. "/" .. (there or name)
  end
  return at
end

---The path that is meant, in its normal form; relative ones count from the project folder.
---@param ctx Ctx
---@param path string
---@return string
function M.meant(ctx, path)
  path = paths.expand(path)
  return composed(paths.normal(path:sub(1, 1) == "/" and path or ctx.cwd .. "/" .. path))
end

-- The deepest folder above a path that is there.
local function nearest_folder(path)
  repeat path = path:match "^(.*)/[^/]*$" until path == "" or paths.is_folder(path)
  return path == "" and "/" or path
end

-- Names in a folder that may be told; it is opened without a link.
local function names_in(ctx, folder)
  local out, ignored = {}, ignore.matcher(ctx)
  for i, entry in ipairs(fs.list_exact(folder) or {}) do
    if i > MOST_NAMES then break end
    if not ignored(folder .. "/" .. entry.name) then out[#out + 1] = entry.name end
  end
  return out
end

-- Files of the project with the same name elsewhere.
local function same_name(ctx, name)
  local out = {}
  for _, each in ipairs(listing.visible(ctx, ctx.cwd, SECONDS) or {}) do
    if ("/" .. each):sub(-#name - 1) == "/" .. name then out[#out + 1] = ctx.cwd .. "/" .. each end
    if #out == MOST_SHOWN then break end
  end
  return out
end

-- What a path outside stands for in the project, as where a model takes it for /workspace or /app: the longest end of it that is there.
local function in_project(ctx, path)
  local ignored = ignore.matcher(ctx)
  for at in path:gmatch "()/" do
    local found = ctx.cwd .. path:sub(at)
    if at > 1 and not ignored(found) and fs.stat(found, false) then return found end
  end
end

-- What is nearest to a path in the project where nothing is.
local function hint(ctx, path)
  local folder, name = nearest_folder(path), path:match "^.*/(.*)$"
  local real = paths.real(folder)
  if not paths.below(real, ctx.cwd) then
    local found = in_project(ctx, path)
    return found and (" Did you mean %s?"):format(found) or (" The project is in %s."):format(ctx.cwd)
  end
  local part = path:sub(#folder + 2):match "^[^/]+"
  local near = text.nearest(part, names_in(ctx, real))
  if near then return (" Did you mean %s/%s%s?"):format(folder, near, path:sub(#folder + #part + 2)) end
  local others = same_name(ctx, name)
  if others[1] then return " There is " .. table.concat(others, ", ") .. "." end
  return folder ~= path:match "^(.*)/" and (" The nearest folder is %s."):format(folder) or ""
end

---That nothing is at a path, with what is nearest to it.
---@param ctx Ctx
---@param path string
---@return Err
function M.missing(ctx, path)
  return err("missing", ("File not found: %s.%s"):format(path, hint(ctx, path)))
end

return M
