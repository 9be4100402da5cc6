-- What a folder brings along for qwen: files that count only when the folder is trusted, and those that never count. Reads one only
-- when it is asked to, and none that leads out of the project.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local schema = require "qwen.config.schema"
local tr = require("qwen.util.translate").tr

local M = {}

local own = { "settings.json", ".env", "commands", "skills", "agents", "hooks", "rules", "output-styles",
  "team-memory", "QWEN.local.md" }

-- Folders of other programs that count as those of .qwen do, and are weaker.
local foreign = {
  commands = { ".claude/commands" }, agents = { ".claude/agents" },
  skills = { ".claude/skills", ".agents/skills" },
}
local foreign_kinds = { "commands", "skills", "agents" }

---The folders of a project for files of a kind, the weakest first.
---@param cwd string
---@param kind "commands"|"skills"|"agents"
---@return {path: string, foreign: boolean?}[]
function M.folders(cwd, kind)
  local out, config, base = {}, paths.project_config(cwd), cwd == "/" and "" or cwd
  if not config then return out end
  for _, name in ipairs(foreign[kind]) do out[#out + 1] = { path = base .. "/" .. name, foreign = true } end
  out[#out + 1] = { path = config .. "/" .. kind }
  return out
end

---The folder that all files of a project lie in; never one that holds the person's home.
---@param cwd string
---@return string
function M.border(cwd)
  local root, home = paths.project_root(cwd), paths.home()
  return home and paths.below(fs.realpath(home) or home, root) and cwd or root
end

---Reads a file of a project. One that lies elsewhere, links followed, is not the project's to give.
---@param border string as `border` gives it
---@param path string
---@param limit integer
---@return string?
---@return Err|Stat
function M.read(border, path, limit)
  local real = fs.realpath(path)
  if not real then return fs.read(path, limit) end -- says why
  if not paths.below(real, border) then
    return nil, err("denied", tr("%s leads out of the project and is not read", paths.short(path)))
  end
  return fs.read_exact(real, limit)
end

-- The names of the files with instructions, as far as they may stand in a folder.
local function instruction_names(value)
  local out = {}
  for _, name in ipairs(type(value) == "string" and { value } or type(value) == "table" and value or {}) do
    if type(name) == "string" and name ~= "" and not name:find "[/%z]" then out[#out + 1] = name end
  end
  return out
end

-- Another program's instructions count where ours are not there, unless the user has named files.
local INSTEAD = "CLAUDE.md"

---The file with instructions that one writes in a folder: the first that is there, else the first that may be.
---@param folder string
---@param value any context.fileName
---@return string name
function M.main_instructions(folder, value)
  return M.instructions(folder, value)[1] or instruction_names(value)[1] or "QWEN.md"
end

---The files with instructions that stand in a folder.
---@param folder string
---@param value any context.fileName
---@return string[] names
function M.instructions(folder, value)
  local out = {}
  for _, name in ipairs(instruction_names(value)) do
    if fs.exists(folder .. "/" .. name) then out[#out + 1] = name end
  end
  if #out == 0 and value == schema["context.fileName"].default and fs.exists(folder .. "/" .. INSTEAD) then out[1] = INSTEAD end
  return out
end

-- Adds what is there; a folder only when something is in it.
local function add(out, folder, prefix, name)
  local path = folder .. "/" .. name
  local stat = fs.exists(path) and fs.stat(path)
  if stat and (stat.type ~= "dir" or next(fs.list(path) or {})) then
    out[#out + 1] = prefix .. name .. (stat.type == "dir" and "/" or "")
  end
end

-- Adds the .env of the nearest folder above that has one: the one that would count where the folder has none itself.
-- The search ends at the home folder, as that of config/dotenv.lua does.
local function add_env_above(out, cwd)
  local home, up, at = paths.home(), "../", cwd
  while at ~= "/" do
    at = at:match "^(.+)/[^/]+$" or "/"
    if home and paths.same(at, home) then return end
    local before = #out
    for _, name in ipairs { ".qwen/.env", ".env" } do
      if #out == before then add(out, at == "/" and "" or at, up, name) end
    end
    if #out > before then return end
    up = up .. "../"
  end
end

---What a trusted folder would bring: its .qwen, its .env or that of a folder above, and the instructions from the top of the project on.
---@param cwd string
---@param names any names of the files with instructions (context.fileName)
---@return string[] names relative to the folder
function M.list(cwd, names)
  local out, config = {}, paths.project_config(cwd)
  if not config then return out end
  for _, name in ipairs(own) do add(out, config, ".qwen/", name) end
  add(out, cwd == "/" and "" or cwd, "", ".mcp.json")
  for _, kind in ipairs(foreign_kinds) do
    for _, name in ipairs(foreign[kind]) do add(out, cwd == "/" and "" or cwd, "", name) end
  end
  local here = #out
  add(out, cwd == "/" and "" or cwd, "", ".env")
  if #out == here and not fs.exists(config .. "/.env") then add_env_above(out, cwd) end
  local root, at, up = paths.project_root(cwd), cwd, ""
  repeat
    for _, name in ipairs(M.instructions(at == "/" and "" or at, names)) do out[#out + 1] = up .. name end
    local last = at == root or at == "/"
    at, up = at:match "^(.+)/[^/]+$" or "/", up .. "../"
  until last
  return out
end

-- Files in which a project names servers that are never started, and where a user adds them.
local servers = { { ".lsp.json", "lsp.servers" } }

---What a folder brings that is not read, whether it is trusted or not, each with what takes its place.
---@param cwd string
---@return {name: string, instead: string}[]
function M.never(cwd)
  local out = {}
  for _, row in ipairs(paths.project_config(cwd) and servers or {}) do
    if fs.exists((cwd == "/" and "" or cwd) .. "/" .. row[1]) then
      out[#out + 1] = { name = row[1], instead = row[2] }
    end
  end
  return out
end

---Says what of a folder is not read.
---@param cwd string
---@param trusted boolean
---@param names any context.fileName
---@return string[] sentences
function M.left_out(cwd, trusted, names)
  local out, found, never = {}, trusted and {} or M.list(cwd, names), M.never(cwd)
  if #found > 0 then
    local which = table.concat(found, ", ") .. (#found == 1 and " is" or " are")
    out[#out + 1] = tr("this folder is not trusted: %s not read (trust it: qwen trust yes, or --trust-folder for once)", which)
  end
  for _, file in ipairs(never) do
    out[#out + 1] = tr("%s is not read, because a project makes no servers start: add them with %s",
      file.name, file.instead)
  end
  return out
end

return M
