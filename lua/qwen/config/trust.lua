-- Whether a folder's own settings, variables and scripts may be read. Decided by the person, kept in ~/.qwen/trustedFolders.json.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr

local M = {}

local words = { TRUST_FOLDER = true, TRUST_PARENT = true, DO_NOT_TRUST = true }

local function store_path()
  local home = paths.qwen_home()
  return home and home .. "/trustedFolders.json" or nil
end

-- The rules by folder, and what is wrong with the file in words.
local function load()
  local path = store_path()
  if not path then return {} end
  local text, e = fs.read(path, 1024 * 1024)
  if not text then return {}, e.kind ~= "missing" and e.message or nil end
  local value, problem = require("qwen.util.jsonc").parse(text)
  if type(value) == "table" then return value end
  return {}, ("%s: %s"):format(paths.short(path), value == nil and problem.message or "must be an object { ... }")
end

local function parent_of(folder)
  return folder:match "^(.+)/[^/]+$" or "/"
end

-- The home folder and all above it hold more than a project: trust in them does not reach what they contain.
local function too_wide(folder)
  local home = paths.home()
  return folder == "/" or home ~= nil and paths.below(fs.realpath(home) or home, folder)
end

-- Whether every folder on the way down belongs to us or to root; somebody else's copy inside a trusted folder is asked for anew.
local function ours_down_to(cwd, root)
  local folder = cwd
  while folder ~= root do
    local stat = fs.stat(folder)
    if not stat or stat.uid ~= sys.uid() and stat.uid ~= 0 then return false, folder end
    folder = parent_of(folder)
  end
  return true
end

-- What one rule says of a folder: "yes", "no" or nil, and how near it is.
local function judge(cwd, folder, word)
  if not words[word] or folder:sub(1, 1) ~= "/" then return nil end
  folder = #folder > 1 and folder:gsub("%f[/]/+$", "") or folder
  if word == "DO_NOT_TRUST" then return paths.below(cwd, folder) and "no" or nil, folder end
  local root = word == "TRUST_PARENT" and not too_wide(parent_of(folder)) and parent_of(folder) or folder
  if cwd == root or paths.below(cwd, root) and not too_wide(root) then return "yes", root end
end

-- The nearest rule about a folder: what it says, and where; and what is wrong with the file.
local function verdict_of(cwd)
  local rules, problem = load()
  local verdict, nearest
  for folder, word in pairs(rules) do
    local says, root = judge(cwd, tostring(folder), word)
    if says and (not nearest or #root > #nearest or #root == #nearest and says == "no") then verdict, nearest = says, root end
  end
  return verdict, nearest, problem
end

---Whether a rule speaks of a folder; a file of rules that cannot be read counts as a refusal.
---@param cwd string real path
---@return boolean
function M.decided(cwd)
  local verdict, _, problem = verdict_of(cwd)
  return verdict ~= nil or problem ~= nil
end

---The state of a folder. The rule nearest to it counts; between two equally near ones the refusal.
---@param cwd string real path
---@param flag boolean? --trust-folder was given
---@param enabled boolean? security.folderTrust.enabled; false: no rule is needed, but one against it counts
---@return "trusted"|"untrusted" state
---@return string reason
function M.state(cwd, flag, enabled)
  if flag then return "trusted", "flag --trust-folder" end
  local verdict, nearest, problem = verdict_of(cwd)
  if enabled == false and not verdict and not problem then
    if ours_down_to(cwd, parent_of(cwd)) then return "trusted", "security.folderTrust.enabled is false" end
    return "untrusted", "it belongs to somebody else"
  end
  if verdict == "yes" then
    local ours, foreign = ours_down_to(cwd, nearest)
    if ours then return "trusted", paths.short(store_path()) end
    return "untrusted", ("%s is trusted, but %s belongs to somebody else"):format(nearest, foreign)
  end
  return "untrusted", problem or verdict and paths.short(store_path()) or "nobody has trusted it yet"
end

---Remembers a decision; other decisions stay as they are.
---@param cwd string
---@param word "TRUST_FOLDER"|"TRUST_PARENT"|"DO_NOT_TRUST"
---@return boolean?, Err?
function M.set(cwd, word)
  local path = store_path()
  if not path then return nil, err("missing", tr "there is no home folder to remember the decision in; set HOME") end
  if word == "TRUST_PARENT" and too_wide(parent_of(cwd)) then
    return nil, err("usage", tr("%s holds more than projects and cannot be trusted as a whole; "
      .. "trust the folder itself", parent_of(cwd)))
  end
  local ok, e = fs.mkdir(paths.qwen_home(), 448)
  if not ok then return nil, e end
  local lock <close>, busy = fs.lock(path .. ".lock")
  if not lock then return nil, busy end
  local text
  text, e = fs.read(path, 1024 * 1024)
  if not text and e.kind ~= "missing" then return nil, e end
  text, e = require("qwen.util.json_edit").edit(text or "", { cwd }, word)
  if not text then return nil, err("usage", tr("%s: %s; nothing was written", paths.short(path), e.message)) end
  return fs.write(path, text, { mode = 384 })
end

return M
