-- What .qwenignore, and files like it, keep from the model: patterns as in .gitignore, from the project folder on, or from a folder
-- beside it. What git itself ignores is left out by ripgrep (listing.lua).
local folders = require "qwen.permission.folders"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"

local M = {}

local MOST = 1024 * 1024
local KEY = "context.fileFiltering."

-- One line as {fits, negated, folders}; nil for an empty line or a comment.
local function compile(line)
  line = line:gsub("\r$", "")
  if line:find "^#" then return nil end
  local last = #line
  while last > 0 and line:find("^%s", last) and line:sub(last - 1, last - 1) ~= "\\" do last = last - 1 end
  local of_folders = line:sub(last, last) == "/"
  while last > 0 and line:sub(last, last) == "/" do last = last - 1 end
  line = line:sub(1, last)
  local negated = line:sub(1, 1) == "!"
  if negated then line = line:sub(2) end
  if line == "" then return nil end
  local anchored = line:find("/", 1, true) ~= nil
  local pattern = line:gsub("^/", ""):gsub("\\(.)", "[%1]"):gsub("[{}]", "[%0]")
  local fits = require("qwen.util.glob").matcher((anchored and "" or "**/") .. pattern)
  return { fits = fits, negated = negated, folders = of_folders }
end

-- The patterns of one file, or that it cannot be read: then nothing is known to be allowed.
local function load(path, name)
  if not fs.exists(path, false) then return nil end -- most folders; this makes no error
  local text, e = fs.read(path, MOST)
  if not text then return e.kind ~= "missing" and { name = name, closed = true } or nil end
  local out = { name = name }
  for line in text:gsub("^\xef\xbb\xbf", ""):gmatch "[^\n]+" do out[#out + 1] = compile(line) end
  return out[1] and out or nil
end

local function files_of(ctx, folder)
  local settings = ctx.settings
  if settings:get(KEY .. "respectQwenIgnore") == false then return {} end
  local names = { ".qwenignore", table.unpack(settings:get(KEY .. "customIgnoreFiles") or { ".agentignore", ".aiignore" }) }
  local out = {}
  for _, name in ipairs(names) do
    local path = type(name) == "string" and paths.normal(folder .. "/" .. name)
    out[#out + 1] = path and paths.below(path, folder) and load(path, name) or nil
  end
  return out
end

-- Whether the patterns of a file leave out one step of a path: the last that fits decides.
local function leaves_out(file, step, is_folder)
  local out = false
  for _, pattern in ipairs(file) do
    if out == pattern.negated and (not pattern.folders or is_folder()) and pattern.fits(step) then out = not pattern.negated end
  end
  return out
end

-- What is below a folder that is left out cannot be taken in again.
local function ignores(file, relative, full)
  if file.closed then return true end
  for at in relative:gmatch "()/" do
    if leaves_out(file, relative:sub(1, at - 1), function() return true end) then return true end
  end
  return leaves_out(file, relative, function() return paths.is_folder(full) end)
end

---Tells whether a path in the project, or in a folder beside it, is kept from the model.
---@param ctx Ctx
---@return fun(path: string): string? absolute path; gives the name of the file that names it
function M.matcher(ctx)
  local by_folder = {}
  return function(path)
    local folder = folders.around(ctx, path)
    if not folder or path == folder then return nil end
    by_folder[folder] = by_folder[folder] or files_of(ctx, folder)
    for _, file in ipairs(by_folder[folder]) do
      if ignores(file, path:sub(#folder + 2), path) then return file.name end
    end
    return nil
  end
end

return M
