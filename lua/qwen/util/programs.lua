-- Finds programs: which file a name runs, and whether the project or another user could have put
-- that file there.
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local phrase = require("qwen.util.translate").phrase
local sys = require "sys.os"

local M = {}

local DEFAULT = "/usr/local/bin:/usr/bin:/bin"
local EXECUTABLE, OTHERS_WRITE, STICKY = 73, 2, 512 -- bits of a file mode: 0111, 0002, 01000

-- What says that a folder belongs to a project, beside what git knows.
local MARKS = { "package.json", "node_modules", "Cargo.toml", "pyproject.toml", "setup.py", ".venv", "venv", "go.mod", "go.work", "pom.xml",
  "build.gradle", "Gemfile", "composer.json", "mix.exs", "CMakeLists.txt", "Makefile", "flake.nix", ".envrc", ".hg", ".svn", ".jj", "WORKSPACE" }

local function marked(folder)
  for _, name in ipairs(MARKS) do
    if fs.exists(folder .. "/" .. name, false) then return true end
  end
  return false
end

---The folder that counts as the project, as far up as it can be told; nil where the user's whole home is the working folder.
---@param cwd string? default: the folder we run in
---@return string?
function M.project(cwd)
  cwd = cwd or paths.cwd()
  local home = paths.home()
  if not cwd or cwd == "/" or home and paths.below(home, cwd) then return nil end
  local root = paths.project_root(cwd)
  if home and paths.below(home, root) then root = cwd end
  local at = root:match "^(.+)/[^/]+$"
  while at and not (home and paths.below(home, at)) do
    if marked(at) then root = at end
    at = at:match "^(.+)/[^/]+$"
  end
  return root
end

-- Why a folder or file is not trusted by its owner and mode; a sticky folder above lets nobody
-- replace what is in it.
local function open_to_others(path, last)
  local stat = fs.stat(path)
  if not stat then return phrase "is missing" end
  local own = fs.stat "/proc/self"
  if stat.uid ~= 0 and own and stat.uid ~= own.uid then return phrase "belongs to another user" end
  if stat.mode & OTHERS_WRITE ~= 0 and (last or stat.mode & STICKY == 0) then
    return phrase "can be written by others"
  end
end

-- Why what is in a folder is not trusted, or nil.
local function folder_problem(folder, project)
  local real = fs.realpath(folder)
  if not real then return phrase "is missing" end
  if project and (paths.below(folder, project) or paths.below(real, project)) then return phrase "is in the project" end
  local at, last = real, true
  while at and at ~= "" do
    local why = open_to_others(at, last)
    if why then return why end
    at, last = at:match "^(.+)/[^/]*$", false
  end
end

---Why a program is not one to run unasked: it, its folder or what it links to is in the project, or
---others can write it.
---@param path string absolute
---@param cwd string?
---@return Phrase?
function M.problem(path, cwd)
  local project = M.project(cwd)
  local real = fs.realpath(path)
  if not real then return phrase "is missing" end
  return folder_problem(path:match "^(.*)/" == "" and "/" or path:match "^(.*)/", project)
    or real ~= path and folder_problem(real:match "^(.*)/", project) or open_to_others(real, true)
end

local function entries()
  local out = {}
  for entry in (sys.env "PATH" or DEFAULT):gmatch "[^:]+" do
    if entry:sub(1, 1) == "/" then out[#out + 1] = paths.normal(entry) end
  end
  return out
end

---PATH for commands of the model: without relative and empty entries. `trusted` also leaves out
---folders of the project and of other users.
---@param trusted boolean?
---@param cwd string?
---@return string
function M.path(trusted, cwd)
  local out, project = {}, M.project(cwd)
  for _, entry in ipairs(entries()) do
    if not (trusted and folder_problem(entry, project)) then out[#out + 1] = entry end
  end
  return #out > 0 and table.concat(out, ":") or DEFAULT
end

local function executable(path)
  local stat = fs.exists(path) and fs.stat(path)
  return stat and stat.type == "file" and stat.mode & EXECUTABLE ~= 0 or false
end

---The file that a shell with our PATH runs for a name.
---@param name string
---@return string?
function M.find(name)
  if name:find "[/%z]" or name == "" then return nil end
  for _, entry in ipairs(entries()) do
    local path = entry == "/" and "/" .. name or entry .. "/" .. name
    if executable(path) then return path end
  end
end

---A program for our own use: the first of that name that is neither the project's nor another
---user's.
---@param name string a name, or an absolute path
---@return string? path
---@return Phrase? problem what is wrong with those that were found
function M.trusted(name)
  if name:sub(1, 1) == "/" then return executable(name) and name or nil end
  if name:find "[/%z]" or name == "" then return nil end
  local problem
  for _, entry in ipairs(entries()) do
    local path = entry == "/" and "/" .. name or entry .. "/" .. name
    local why = executable(path) and M.problem(path)
    if why then problem = problem or phrase("%s %s", path, why) elseif why == nil then return path end
  end
  return nil, problem
end

return M
