-- Whether a folder's own settings, variables and scripts may be read. Decided by the person, kept in ~/.qwen/trustedFolders.json.
local err = require "qwen.err"
local fs = require "sys.fs"
local json = require "sys.json"
local jsonc = require "qwen.jsonc"
local paths = require "qwen.paths"

local M = {}

local function store_path()
  local home = paths.qwen_home()
  return home and home .. "/trustedFolders.json" or nil
end

local function load()
  local path = store_path()
  local text = path and fs.read(path, 1024 * 1024)
  local value = text and jsonc.parse(text)
  return type(value) == "table" and value or {}
end

local function inside(path, folder)
  return path == folder or path:sub(1, #folder + 1) == folder .. "/"
end

---The state of a folder.
---@param cwd string real path
---@param flag boolean? --trust-folder was given
---@return "trusted"|"untrusted" state
---@return string reason
function M.state(cwd, flag)
  if flag then return "trusted", "flag --trust-folder" end
  local best, length, home = nil, -1, paths.home()
  for folder, word in pairs(load()) do
    if type(folder) == "string" and type(word) == "string" then
      local root = word == "TRUST_PARENT" and (folder:match("^(.+)/[^/]+$") or "/") or folder
      local too_wide = root == "/" or root == home
      local matches = word == "DO_NOT_TRUST" and inside(cwd, folder)
        or (word == "TRUST_FOLDER" or word == "TRUST_PARENT") and (not too_wide and inside(cwd, root) or cwd == root and word == "TRUST_FOLDER")
      if matches and #root > length then best, length = word, #root end
    end
  end
  if best == "TRUST_FOLDER" or best == "TRUST_PARENT" then return "trusted", "~/.qwen/trustedFolders.json" end
  return "untrusted", best and "~/.qwen/trustedFolders.json" or "nobody has trusted it yet"
end

---Remembers a decision.
---@param cwd string
---@param word "TRUST_FOLDER"|"TRUST_PARENT"|"DO_NOT_TRUST"
---@return boolean?, Err?
function M.set(cwd, word)
  local path = store_path()
  if not path then return nil, err("missing", "there is no home folder to remember the decision in; set HOME") end
  local all = load()
  all[cwd] = word
  fs.mkdir(paths.qwen_home(), 448)
  return fs.write(path, json.encode(all, { indent = 2 }) .. "\n", { mode = 384 })
end

return M
