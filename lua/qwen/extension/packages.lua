-- The packages that are there: folders of the shape of ~/.qwen, in ~/.qwen/packages and ~/.qwen/extensions. One counts
-- only while each of its files is what the user approved. Adding and removing is in package/store.lua.
local config_value = require "qwen.config.value"
local err = require "qwen.util.err"
local files = require "qwen.extension.package.files"
local lock = require "qwen.extension.package.lock"
local manifests = require "qwen.extension.package.manifest"
local paths = require "qwen.util.paths"
local recovery = require "qwen.extension.package.recovery"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr

local M = {
  ---The folders of ~/.qwen that hold packages; ours are made in the first.
  places = { "packages", "extensions" },
}

---The manifest of a folder.
---@param dir string
---@return table?, Err?
function M.manifest(dir) return manifests.read(dir) end

-- Whether it is switched on for a folder: what is said of the project is stronger than what is said of all.
local function enabled(entry, cwd)
  local here = cwd and entry.workspaces[paths.project_root(cwd)]
  if here ~= nil then return here end
  return entry.enabled
end

-- What is wrong with the files as they are, in words; nil when they are what was approved.
local function changed(dir, entry)
  local now, e = files.hashes(dir)
  if not now then return e.message end
  local found = files.differences(entry.files, now)
  if #found == 0 then return nil end
  return tr("%s is not what was approved", found[1].path)
    .. (#found > 1 and tr(", and %d more", #found - 1) or "")
end

local function describe(name, dir, entry, cwd)
  local package = { name = name, dir = dir, enabled = false, entry = entry, state = "new",
    source = entry and entry.source or paths.short(dir), version = entry and entry.version or "" }
  local problem = manifests.name_problem(name)
  local manifest, e
  if not problem then manifest, e = manifests.read(dir) end
  if not manifest then
    package.state, package.problem = "broken", problem or e.message
    return package
  end
  package.manifest, package.version = manifest, manifest.version
  if not entry then
    package.problem = tr "it was not approved yet"
  elseif not enabled(entry, cwd) then
    package.state = "off"
  else
    package.problem = changed(dir, entry)
    for right in pairs(manifest.may) do -- what was read before the hashes, and what the lock file says, agree
      if not entry.may[right] then manifest.may[right] = nil end
    end
    package.state = package.problem and "changed" or "ready"
    package.enabled = package.state == "ready"
  end
  return package
end

local function look(home, where)
  local out, seen, folders = {}, {}, {}
  for i, place in ipairs(M.places) do folders[i] = recovery.list(home .. "/" .. place) end
  local entries, problem = lock.read() -- after them: they wait for a change that is under way
  for i, place in ipairs(M.places) do
    for _, found in ipairs(folders[i]) do
      local name, dir = found.name, home .. "/" .. place .. "/" .. found.name
      if found.type == "dir" and name:sub(1, 1) ~= "." and not seen[name:lower()] then
        seen[name:lower()] = true
        out[#out + 1] = describe(name, dir, entries[name], where and where.cwd)
      end
    end
  end
  for name, entry in pairs(entries) do
    local missing = not seen[name:lower()]
    if missing and entry.link then -- it stays in a folder of the user's
      out[#out + 1] = describe(name, entry.link, entry, where and where.cwd)
      out[#out].linked = true
    elseif missing then -- it may have held a guard
      out[#out + 1] = { name = name, dir = home .. "/" .. M.places[1] .. "/" .. name, enabled = false, entry = entry,
        source = entry.source, version = entry.version, state = "broken",
        problem = tr("its folder is missing (forget it: qwen package remove %s)", name) }
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out, { problem }
end

---Every package: those that count have the state "ready"; "new" and "changed" ones wait for
---`qwen package approve`, "off" ones are switched off here, "broken" ones have no manifest.
---@param where {cwd: string?}? a ctx will do
---@return {name: string, version: string, dir: string, enabled: boolean, state: string, manifest: table?,
---source: string, problem: string?, entry: table?}[] sorted by name
---@return string[] problems of the lock file
function M.list(where)
  local home = paths.qwen_home()
  if not home then return {}, {} end
  local before = lock.stamp()
  local out, problems = look(home, where)
  if lock.stamp() == before then return out, problems end
  return look(home, where) -- another process changed it meanwhile
end

---A folder of the user's that is tried as a package without being added: its files count as they are now.
---@param dir string
---@return table?, Err?
function M.trial(dir)
  local manifest, e = manifests.read(dir)
  if not manifest then return nil, e end
  local hashes
  hashes, e = files.hashes(dir)
  if not hashes then return nil, e end
  return { name = manifest.name, version = manifest.version, dir = dir, manifest = manifest, state = "ready", enabled = true,
    source = dir, entry = { source = dir, files = hashes, may = manifest.may, workspaces = {} } }
end

---One package by its name.
---@param name string
---@param where {cwd: string?}?
---@return table?, Err?
function M.find(name, where)
  local names = {}
  for i, package in ipairs((M.list(where))) do
    if package.name == name then return package end
    names[i] = package.name
  end
  local near = require("qwen.util.text").nearest(name, names)
  return nil, err("missing", tr("there is no package '%s'%s", name,
    near and tr("; did you mean %s?", near) or ""))
end

---The folders in which a package has files of a kind: `commands`, `skills`, ...
---@param package table
---@param kind string
---@return string[] absolute paths
function M.folders(package, kind)
  local out, said = {}, package.manifest.folders[kind] or kind
  for _, path in ipairs(type(said) == "table" and said or { said }) do
    if path == "." then
      out[#out + 1] = package.dir
    elseif type(path) == "string" and not files.path_problem(path) and paths.is_folder(package.dir .. "/" .. path) then
      out[#out + 1] = package.dir .. "/" .. path
    end
  end
  return out
end

-- Kinds of content, in the order in which they are listed, and the ends of their files' names.
local kinds = { "commands", "tools", "hooks", "providers", "auth", "search", "themes", "languages", "skills", "agents",
  "output-styles", "lua", "tests" }
local ends = { commands = { lua = true, md = true, toml = true }, tools = { lua = true, json = true },
  agents = { md = true }, ["output-styles"] = { md = true } }
local LUA = { lua = true }

-- The name of a file of a kind; nil where it is none of that kind.
local function name_in(kind, package, folder, path)
  if kind == "skills" and path == "SKILL.md" then
    return folder == package.dir and package.manifest.name or folder:match "^.*/(.*)$"
  elseif kind == "skills" then
    return folder ~= package.dir and path:match "^(.-)/SKILL%.md$" or nil
  end
  local name, form = path:match "^(.+)%.(%w+)$"
  return name and (ends[kind] or LUA)[form] and name or nil
end

---What a package brings, by kind: the names of its files there.
---@param package {dir: string, manifest: table}
---@return {kind: string, names: string[]}[]
function M.brings(package)
  local out = {}
  for _, kind in ipairs(kinds) do
    local names = {}
    for _, folder in ipairs(M.folders(package, kind)) do
      for _, path in ipairs(files.list(folder) or {}) do
        names[#names + 1] = name_in(kind, package, folder, path)
      end
    end
    if #names > 0 then out[#out + 1] = { kind = kind, names = names } end
  end
  return out
end

---What is wrong with a value of a declared setting; nil when it can be.
---@param option table
---@param value any
---@return string?
function M.setting_problem(option, value) return config_value.problem(option, value) end

---A file of a package, if it is what was approved: what is judged is what was read.
---@param package table
---@param path string absolute, below its folder
---@return string?, Err?
function M.read(package, path)
  local relative = paths.below(path, package.dir) and path:sub(#package.dir + 2) or ""
  local text, e = files.read(package.dir, relative)
  if not text then return nil, e end
  if package.entry and package.entry.files[relative] == sys.sha256(text) then return text end
  return nil, err("denied", tr("%s of the package %s is not what was approved; look at it: "
    .. "qwen package approve %s", relative, package.name, package.name))
end

return M
