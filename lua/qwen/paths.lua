-- Where things are: the home folder, ours in it, and one folder per project. It only names paths; nothing is made or read.
local fs = require "sys.fs"
local sys = require "sys.os"

local M = {}

---The user's home folder, or nil in an account without one.
---@return string?
function M.home()
  return sys.home()
end

---Our folder: QWEN_HOME of the real environment, else ~/.qwen; nil without a home.
---@return string?
function M.qwen_home()
  local moved = sys.env "QWEN_HOME"
  if moved and moved:sub(1, 1) == "/" then return (moved:gsub("/+$", "")) end
  local home = M.home()
  return home and home .. "/.qwen" or nil
end

---The name of a project folder in ours: the path with every character that is not a letter or digit as "-".
---@param cwd string
---@return string
function M.project_key(cwd)
  return (cwd:gsub("[^%w]", "-"))
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

---The settings files, weakest first.
---@param cwd string
---@return {scope: string, path: string}[]
function M.settings_files(cwd)
  local files = {
    { scope = "system-defaults", path = sys.env "QWEN_CODE_SYSTEM_DEFAULTS_PATH" or "/etc/qwen-code/system-defaults.json" },
  }
  local home = M.qwen_home()
  if home then files[#files + 1] = { scope = "user", path = home .. "/settings.json" } end
  if not home or cwd .. "/.qwen" ~= home then files[#files + 1] = { scope = "project", path = cwd .. "/.qwen/settings.json" } end
  files[#files + 1] = { scope = "system", path = sys.env "QWEN_CODE_SYSTEM_SETTINGS_PATH" or "/etc/qwen-code/settings.json" }
  return files
end

---A path for people: ~ instead of the home folder.
---@param path string
---@return string
function M.short(path)
  local home = M.home()
  if home and home ~= "/" and (path == home or path:sub(1, #home + 1) == home .. "/") then return "~" .. path:sub(#home + 1) end
  return path
end

---The real path of the folder we run in.
---@return string?, Err?
function M.cwd()
  local cwd, e = fs.cwd()
  if not cwd then return nil, e end
  return fs.realpath(cwd)
end

return M
