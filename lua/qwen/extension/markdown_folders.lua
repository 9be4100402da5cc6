-- The folders in which Markdown of a kind is looked for: of the user and of a trusted project, the weakest
-- first, and of packages. Reads none of it.
local foreign = require "qwen.extension.foreign"
local fs = require "sys.fs"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"

local M = {}

---Those of the packages that count.
---@param ctx Ctx
---@param kind "skills"|"agents"
---@return {path: string, level: string, foreign: boolean?, package: table}[]
function M.of_packages(ctx, kind)
  local out = {}
  for _, package in ipairs(foreign.enabled(ctx)) do
    for _, folder in ipairs(foreign.places(package, kind)) do
      out[#out + 1] = { path = folder, level = "extension", foreign = true, package = package }
    end
  end
  return out
end

-- A folder that the settings name, from the home folder: from the project it would be the project's.
local function named(home, name)
  return name:sub(1, 1) == "/" and name or home .. "/" .. name:gsub("^~/", "")
end

local function of_user(ctx, kind, out)
  local home, ours = paths.home(), paths.qwen_home()
  local function add(path, other) out[#out + 1] = { path = path, level = "user", foreign = other } end
  if home and ctx.settings:own "general.readClaudeHome" then add(home .. "/.claude/" .. kind, true) end
  if home and kind == "skills" then add(home .. "/.agents/skills", true) end
  if ours then add(ours .. "/" .. kind) end
  for _, name in ipairs(kind == "skills" and ctx.settings:own "skills.directories" or {}) do
    if home and type(name) == "string" and name ~= "" then add(named(home, name), true) end
  end
end

---The folders for a kind, the weakest first.
---@param ctx Ctx
---@param kind "skills"|"agents"
---@param off table<string, boolean> levels that are left out
---@return {path: string, level: string, foreign: boolean?, border: string?}[]
function M.of(ctx, kind, off)
  local out = {}
  if not off.user then of_user(ctx, kind, out) end
  if not ctx.trusted or off.project then return out end
  local border = project_files.border(ctx.cwd)
  for _, folder in ipairs(project_files.folders(ctx.cwd, kind)) do
    folder.level, folder.border = "project", border
    out[#out + 1] = folder
  end
  return out
end

---What is in such a folder, which may itself be what is looked for.
---@param folder {path: string}
---@param kind "skills"|"agents"
---@return {name: string, path: string}[] name: without front matter; path: of the file
function M.files(folder, kind)
  local out = {}
  if kind == "skills" and fs.exists(folder.path .. "/SKILL.md") then
    return { { name = folder.path:match "^.*/(.*)$", path = folder.path .. "/SKILL.md" } }
  end
  if kind == "agents" and folder.path:find "%.md$" then -- a manifest may name single files
    return { { name = folder.path:match("^.*/(.*)$"):sub(1, -4), path = folder.path } }
  end
  for _, entry in ipairs(fs.list(folder.path) or {}) do
    local name = kind == "skills" and entry.name or entry.name:match "^(.+)%.md$"
    local path = folder.path .. "/" .. entry.name .. (kind == "skills" and "/SKILL.md" or "")
    if name and entry.name:sub(1, 1) ~= "." and fs.stat(path) then
      out[#out + 1] = { name = name, path = path }
    end
  end
  return out
end

return M
