-- Which files there are: of the binary, of ~/.qwen/, of a trusted project, of --use, by kind and name, the strongest tier first.
-- Loads nothing. A trusted project adds prompt commands, before a user's of the same name, but never in the place of what ships.
local embed = require "sys.embed"
local fs = require "sys.fs"
local user_modules = require "qwen.extension.user_modules"
local loader = require "qwen.extension.loader"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {
  kinds = { "commands", "providers", "auth", "tools", "hooks", "themes", "languages" },
  ---What was found: files by kind and name, problems in words, paths that are watched, kinds that have other files than shipped ones.
  state = { files = {}, problems = {}, paths = {}, own = {}, seen = {}, safe = false },
  ---Grows with each scan, and with each change of what counts.
  generation = 0,
}

local MOST_PREFIX = 100

local function add_file(kind, name, tier, path)
  local by_name = M.state.files[kind]
  by_name[name] = by_name[name] or {}
  local clash = tier ~= "shipped" and by_name[name][1]
  if clash and clash.tier == tier then
    table.insert(M.state.problems, ("%s and %s have the same name; the second counts"):format(paths.short(clash.path), paths.short(path)))
  end
  local at = tier == "project" and by_name[name][1] and by_name[name][#by_name[name]].tier == "shipped" and #by_name[name] + 1 or 1
  local form = tier == "shipped" and "lua" or path:match "%.(%w+)$"
  local entry = { kind = kind, name = name, tier = tier, path = path, form = form }
  if tier == "project" then
    entry.border = require("qwen.config.project_files").border(M.state.options.project:match "^(.+)/" or "/")
  end
  table.insert(by_name[name], at, entry)
  if tier ~= "shipped" then
    table.insert(M.state.paths, path)
    M.state.own[kind] = true
  end
end

-- Folders in commands/ are the first part of a name: commands/git/commit.md is /git:commit.
local function add_kind(tier, folder, kind, prefix)
  table.insert(M.state.paths, folder)
  for _, entry in ipairs(fs.list(folder) or {}) do
    local name, form = entry.name:match "^([%w_\128-\255-]+)%.(%w+)$"
    local path = folder .. "/" .. entry.name
    if entry.type == "dir" then
      if kind == "commands" and entry.name:find "^[%w_\128-\255-]+$" and #prefix < MOST_PREFIX then add_kind(tier, path, kind, prefix .. entry.name .. ":") end
    elseif name and (form == "lua" and tier ~= "project" or loader.forms[kind] and loader.forms[kind][form]) then
      add_file(kind, prefix .. name, tier, path)
    end
  end
end

local function add_folder(tier, folder)
  for _, kind in ipairs(M.kinds) do add_kind(tier, folder .. "/" .. kind, kind, "") end
end

---Whether a user's file was saved, came or went since it was found, or since the last look.
---@return boolean
function M.look()
  local new, seen, modules = false, M.state.seen, user_modules.files
  for _, list in ipairs { M.state.paths, modules } do
    for _, path in ipairs(list) do
      local now = fs.stamp(path) or ""
      local changed = seen[path] ~= nil and seen[path] ~= now
      new, seen[path] = new or changed, now
      if changed and list == modules then M.state.stale = true end
    end
  end
  return new
end

local all_shipped

-- What is in the binary never changes.
local function shipped_files()
  if all_shipped then return all_shipped end
  all_shipped = {}
  for _, kind in ipairs(M.kinds) do
    local folder = kind == "commands" and "commands/" or "lua/" .. kind .. "/"
    for _, path in ipairs(embed.names(folder)) do
      local name = path:sub(#folder + 1, -#".lua" - 1)
      if not name:find("/", 1, true) then
        all_shipped[#all_shipped + 1] = { kind = kind, name = name, path = path }
      end
    end
  end
  return all_shipped
end

---Finds all files again; what was loaded is forgotten.
---@param options {safe: boolean?, project: string?, use: string[]?}
---@param keep_modules boolean? of ~/.qwen/lua
---@return string[] problems
function M.scan(options, keep_modules)
  M.state = { files = {}, problems = {}, paths = {}, own = {}, seen = {}, provided = M.state.provided, safe = options.safe, options = options,
    instead = user_modules.instead }
  M.generation = M.generation + 1
  if not keep_modules then user_modules.forget() end
  for _, kind in ipairs(M.kinds) do M.state.files[kind] = {} end
  for _, file in ipairs(shipped_files()) do add_file(file.kind, file.name, "shipped", file.path) end
  local home = paths.qwen_home()
  if home and not options.safe then add_folder("user", home) end
  if options.project and not options.safe then add_kind("project", options.project .. "/commands", "commands", "") end
  for _, entry in ipairs(M.state.provided or {}) do
    M.state.files[entry.kind][entry.name] = M.state.files[entry.kind][entry.name] or {}
    table.insert(M.state.files[entry.kind][entry.name], entry)
  end
  for _, path in ipairs(options.use or {}) do
    local kind, name = path:match "%f[%w_-]([%w_-]+)/([%w_-]+)%.lua$"
    if kind and M.state.files[kind] then
      add_file(kind, name, "use", path)
    else
      M.state.problems[#M.state.problems + 1] = tr("--use %s: name it KIND/NAME.lua with a kind of %s", path, table.concat(M.kinds, ", "))
    end
  end
  M.look()
  return M.state.problems
end

return M
