-- Where things are: the home folder, ours in it, and one folder per project. It names paths and makes nothing.
local fs = require "sys.fs"
local sys = require "sys.os"

local M = {}

local LONGEST = 4096 -- PATH_MAX: no longer path is opened

---The user's home folder, or nil in an account without one.
---@return string?
function M.home()
  return sys.home()
end

---Our folder: QWEN_HOME of the real environment, else ~/.qwen; nil without a home.
---@return string?
function M.qwen_home()
  local moved = sys.env "QWEN_HOME"
  if moved and moved:sub(1, 1) == "/" then return (moved:gsub("%f[/]/+$", "")) end
  local home = M.home()
  return home and home .. "/.qwen" or nil
end

---The name of a project folder in ours: the path with "-" for all that is no letter or digit of
---ASCII, one for each UTF-16 unit, as Qwen Code makes it.
---@param cwd string
---@return string
function M.project_key(cwd)
  return (cwd:gsub("[\xf0-\xf4][\x80-\xbf]+", "--"):gsub("[\xc2-\xef][\x80-\xbf]+", "-")
    :gsub("[^%w]", "-"))
end

---The folder of a project's data.
---@param cwd string
---@return string?
function M.project(cwd)
  local home = M.qwen_home()
  return home and home .. "/projects/" .. M.project_key(cwd) or nil
end

---The folder of a project's sessions.
---@param cwd string
---@return string?
function M.chats(cwd)
  local project = M.project(cwd)
  return project and project .. "/chats" or nil
end

---The folder for spilled outputs of a project.
---@param cwd string
---@return string?
function M.tmp(cwd)
  local home = M.qwen_home()
  return home and home .. "/tmp/" .. sys.sha256(cwd) or nil
end

---Whether two paths lead to the same place, however they are written.
---@param a string
---@param b string
---@return boolean
function M.same(a, b)
  if a == b then return true end
  local one, other = fs.stat(a), fs.stat(b)
  return one ~= nil and other ~= nil and one.dev == other.dev and one.ino == other.ino
end

---The folder with a project's own configuration; nil where it is the person's own (~/.qwen, QWEN_HOME).
---@param cwd string
---@return string?
function M.project_config(cwd)
  local folder, home, ours = (cwd == "/" and "" or cwd) .. "/.qwen", M.home(), M.qwen_home()
  if home and (M.same(cwd, home) or M.same(folder, home .. "/.qwen")) or ours and M.same(folder, ours) then return nil end
  return folder
end

---The settings files, weakest first.
---@param cwd string
---@return {scope: string, path: string}[]
function M.settings_files(cwd)
  local files = {
    { scope = "system-defaults", path = sys.env "QWEN_CODE_SYSTEM_DEFAULTS_PATH" or "/etc/qwen-code/system-defaults.json" },
  }
  local home = M.qwen_home()
  if home then files[#files + 1] = { scope = "user", path = home .. "/settings.json" } end
  local project = M.project_config(cwd)
  if project then files[#files + 1] = { scope = "project", path = project .. "/settings.json" } end
  files[#files + 1] = { scope = "system", path = sys.env "QWEN_CODE_SYSTEM_SETTINGS_PATH" or "/etc/qwen-code/settings.json" }
  return files
end

---The path without "." and ".." and doubled slashes, by its text alone.
---@param path string
---@return string
function M.normal(path)
  local plain = path:sub(1, 1) == "/" and path:sub(-1) ~= "/" and not path:find("//", 1, true)
  if plain and not (path:find("/.", 1, true) and path:find "/%.%.?%f[/\0]") then return path end
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

---The path that the system would really reach: links followed in its order, `..` after them; for what does not exist yet those of
---its nearest folder.
---@param path string
---@return string
---@return boolean? unsure a link leads nowhere, or `..` follows what does not exist: creating it could reach another place
function M.real(path)
  if #path > LONGEST then return M.normal(path), true end
  local rest, unsure = "", false
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  while path ~= "" do
    local real = fs.realpath(path)
    if real then return M.normal(real .. rest), unsure end
    local parent, last = path:match "^(.*)/([^/]*)$"
    local stat = fs.stat(path, false)
    unsure = unsure or last == ".." or stat ~= nil and stat.type == "link"
    path, rest = parent, "/" .. last .. rest
  end
  return M.normal(rest), unsure
end

---The folder that a project begins in: the nearest above that git knows, else the folder itself.
---@param cwd string
---@return string
function M.project_root(cwd)
  local at = cwd
  while true do
    if fs.exists(at .. "/.git") then return at end
    local above = at:match "^(.+)/[^/]+$"
    if not above then return cwd end
    at = above
  end
end

---Whether a path is a folder or stands in it, by the text of both.
---@param path string absolute, in its normal form
---@param folder string
---@return boolean
function M.below(path, folder)
  return path == folder or folder == "/" or path:sub(1, #folder + 1) == folder .. "/"
end

---Whether a path leads to a folder.
---@param path string
---@return boolean
function M.is_folder(path)
  local stat = not path:find("\0", 1, true) and fs.stat(path)
  return stat and stat.type == "dir" or false
end

---The folders that a begun path may become, written as it was begun (blanks as `\ `), with a slash
---at the end.
---@param begun string
---@param folder string what a path that is not absolute begins in
---@return string[]
function M.folders_like(begun, folder)
  local plain = begun:gsub("\\(.)", "%1")
  local before, name = plain:match "^(.*/)([^/]*)$"
  if not before then before, name = plain == "~" and "~/" or "", plain == "~" and "" or plain end
  local path, out = M.expand(before), {}
  if path:sub(1, 1) ~= "/" then path = folder .. "/" .. path end
  for _, entry in ipairs(fs.list(path) or {}) do
    local fits = entry.name:sub(1, #name) == name
      and (entry.name:sub(1, 1) ~= "." or name:sub(1, 1) == ".")
    if fits and M.is_folder(path .. "/" .. entry.name) then
      out[#out + 1] = (before .. entry.name .. "/"):gsub("[ \\]", "\\%0")
    end
  end
  return out
end

---A path for people: ~ instead of the home folder, and without the folder they are in.
---@param path string
---@param folder string?
---@return string
function M.short(path, folder)
  if folder and #path > #folder + 1 and path:sub(1, #folder + 1) == folder .. "/" then
    return path:sub(#folder + 2)
  end
  local home = M.home()
  if home and home ~= "/" and (path == home or path:sub(1, #home + 1) == home .. "/") then return "~" .. path:sub(#home + 1) end
  return path
end

---A path as a user writes it: the home folder instead of ~.
---@param path string
---@return string
function M.expand(path)
  local home = path:sub(1, 1) == "~" and M.home()
  return home and path:gsub("^~%f[/\0]", (home:gsub("%%", "%%%%"))) or path
end

---The real path of the folder we run in.
---@return string?, Err?
function M.cwd()
  local cwd, e = fs.cwd()
  if not cwd then return nil, e end
  return fs.realpath(cwd)
end

return M
