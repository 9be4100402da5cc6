-- Adding, updating and removing packages. What is fetched lies in a folder of its own until the user has said yes; then it takes its
-- place by a rename, under a lock, and a process that is killed on the way leaves the old one whole (recovery.lua).
local err = require "qwen.util.err"
local files = require "qwen.extension.package.files"
local foreign_market = require "qwen.extension.foreign_market"
local fs = require "sys.fs"
local git = require "qwen.extension.package.git"
local lock = require "qwen.extension.package.lock"
local manifests = require "qwen.extension.package.manifest"
local npm = require "qwen.extension.package.npm"
local packages = require "qwen.extension.packages"
local paths = require "qwen.util.paths"
local recovery = require "qwen.extension.package.recovery"
local sys = require "sys.os"
local tr = require("qwen.util.translate").tr

local M = {}

---Where a package comes from: `npm:NAME[@RANGE]`, an address of git `URL[#REF]`, or a folder.
---@param text string
---@param cwd string
---@return {kind: "npm"|"git"|"path", text: string, plugin: string?}?, Err?
function M.parse(text, cwd)
  local bare, plugin = foreign_market.split(text)
  if plugin then -- one of a marketplace
    local source, problem = M.parse(bare, cwd)
    if source then source.plugin, source.text = plugin, source.text .. ":" .. plugin end
    return source, problem
  end
  local of, e
  if text:sub(1, 4) == "npm:" then
    of, e = npm.parse(text:sub(5))
    return of and { kind = "npm", text = text, of = of } or nil, e
  end
  of, e = git.parse(text)
  if e then return nil, e end
  if of then return { kind = "git", text = text, of = of } end
  if text == "" or text:find "%c" then return nil, err("usage", tr "a source is npm:NAME, an address of git, or a folder") end
  local path = paths.expand(text)
  if path:sub(1, 1) ~= "/" then path = cwd .. "/" .. path end
  path = paths.normal(path)
  if not paths.is_folder(path) then
    local hosted = text:find "^[%w_-][%w._-]*/[%w._-]+$"
    return nil, err("missing", hosted and tr("there is no folder %s; a repository of GitHub is github:%s", paths.short(path), text)
      or tr("there is no folder %s; a source is npm:NAME, an address of git, or a folder", paths.short(path)))
  end
  return { kind = "path", text = path, of = path }
end

local fetchers = { npm = npm.fetch, git = function(_, source, stage) return git.fetch(source, stage) end }

function fetchers.path(_, path)
  local list, e = files.load(path)
  return list and { files = list, name = path:match "^.*/([^/]*)$" } or nil, e
end

local function folder_of_packages()
  local home = paths.qwen_home()
  if not home then return nil, err("missing", tr "there is no home folder for packages; set HOME") end
  local folder = home .. "/" .. packages.places[1]
  local ok, e = fs.mkdir(folder, 448)
  if not ok then return nil, e end
  return folder
end

local Staged = {}
Staged.__index = Staged
function Staged:close() fs.remove_tree(self.stage) end
Staged.__close = Staged.close

---Fetches a package into a folder of its own, with nothing of it in force; close the value when it is no longer needed.
---@param ctx Ctx
---@param source table of `parse`
---@return table? staged {dir, manifest, hashes, source, resolved, integrity}
---@return Err?
function M.fetch(ctx, source)
  local folder, e = folder_of_packages()
  if not folder then return nil, e end
  recovery.sweep(folder)
  local stage
  stage, e = fs.mkdtemp(("%s/%s%d-"):format(folder, recovery.stage, sys.pid()))
  if not stage then return nil, e end
  local self = setmetatable({ stage = stage, dir = stage .. "/package", source = source.text }, Staged)
  local function failed(problem)
    self:close()
    return nil, problem
  end
  local got
  got, e = fetchers[source.kind](ctx, source.of, stage)
  if not got then return failed(e) end
  self.resolved, self.integrity = got.resolved, got.integrity
  local chosen
  chosen, e = foreign_market.select(got.files, source.plugin)
  if not chosen then return failed(e) end
  local ok
  ok, e = files.write(self.dir, chosen)
  if ok then self.hashes, e = files.hashes(self.dir) end
  if self.hashes then self.manifest, e = manifests.read(self.dir, got.name) end
  if self.manifest then return self end
  local here = paths.short(self.dir):gsub("%p", "%%%0") -- the user knows where it is from, not where it lies now
  return failed(err(e.kind, (e.message:gsub(here, (source.text:gsub("%%", "%%%%"))))))
end

local function entry_of(staged, old)
  return { source = staged.source, version = staged.manifest.version, resolved = staged.resolved,
    integrity = staged.integrity, link = staged.link, files = staged.hashes, may = staged.manifest.may,
    enabled = not old or old.enabled, workspaces = old and old.workspaces or {} }
end

-- Another package whose name differs by the size of its letters only, or not at all.
local function taken(name)
  for _, package in ipairs((packages.list())) do
    if package.name:lower() == name:lower() then return package end
  end
end

-- Puts the new folder in the place of the old one, if there is one.
local function swap(from, dir, aside)
  local had = fs.exists(dir)
  local ok, e = true, nil
  if had then ok, e = fs.rename(dir, aside) end
  if not ok then return nil, e end
  ok, e = fs.rename(from, dir)
  if not ok and had then fs.rename(aside, dir) end
  return ok, e
end

---Puts what was fetched in its place and notes what was approved.
---@param staged table
---@param replaces table? the package that is updated
---@return string? dir
---@return Err?
function M.install(staged, replaces)
  local name = staged.manifest.name
  local held <close>, busy = lock.hold()
  if not held then return nil, busy end
  local folder, e = folder_of_packages()
  if not folder then return nil, e end
  recovery.run(folder)
  local other = taken(name)
  if not replaces and other then
    return nil, err("usage", tr("there is a package '%s' already; update it (qwen package update %s), or remove it first",
      other.name, other.name))
  end
  if replaces and (not other or other.name ~= name) then
    return nil, err("usage", tr("the package %s was removed meanwhile, or is called otherwise now", replaces.name))
  end
  local dir = replaces and replaces.dir or folder .. "/" .. name
  local aside = dir:match "^(.*/)" .. recovery.aside .. name
  local ok
  ok, e = swap(staged.dir, dir, aside)
  if not ok then return nil, e end
  ok, e = lock.change(function(entries) entries[name] = entry_of(staged, entries[name]) end)
  if not ok then -- as it was
    fs.remove_tree(dir)
    if fs.exists(aside) then fs.rename(aside, dir) end
    return nil, e
  end
  if fs.exists(aside) then fs.remove_tree(aside) end
  return dir
end

---A folder of the user's as a package that stays where it is. Its files need approval as those of others do.
---@param source table of `parse`, of the kind path
---@return table? package for `approve`
---@return Err?
function M.link(source)
  if source.kind ~= "path" then return nil, err("usage", tr "only a folder can be linked") end
  local package, e = packages.trial(source.of)
  if not package then return nil, e end
  local other = taken(package.name)
  if other then
    return nil, err("usage", tr("there is a package '%s' already; remove it first", other.name))
  end
  package.linked, package.entry = true, nil
  return package
end

---Notes the files of a package as they are now as approved, if they still are what was shown.
---@param package table of packages.list
---@param hashes table<string, string> what was shown
---@return boolean?, Err?
function M.approve(package, hashes)
  local held <close>, busy = lock.hold()
  if not held then return nil, busy end
  local now, e = files.hashes(package.dir)
  if not now then return nil, e end
  if #files.differences(hashes, now) > 0 then
    return nil, err("denied", tr("the files of %s changed while they were looked at; nothing was approved", package.name))
  end
  return lock.change(function(entries)
    local old = entries[package.name]
    entries[package.name] = entry_of({ source = old and old.source or package.source, manifest = package.manifest,
      resolved = old and old.resolved, integrity = old and old.integrity, hashes = now,
      link = package.linked and package.dir or nil }, old)
  end)
end

---Removes a package, unless it is a folder of the user's, and what the lock file says of it.
---@param package table
---@return boolean?, Err?
function M.remove(package)
  local held <close>, busy = lock.hold()
  if not held then return nil, busy end
  local ok, e = lock.change(function(entries) entries[package.name] = nil end)
  if not ok or package.linked then return ok, e end
  if not fs.exists(package.dir, false) then return true end
  return fs.remove_tree(package.dir)
end

---Switches a package on or off: for one project, or for the user everywhere it is not said of a project.
---@param package table
---@param on boolean
---@param project string? its folder
---@return boolean?, Err?
function M.switch(package, on, project)
  local held <close>, busy = lock.hold()
  if not held then return nil, busy end
  return lock.change(function(entries)
    local entry = entries[package.name]
    if not entry then return end
    if project then entry.workspaces[paths.project_root(project)] = on else entry.enabled = on end
  end)
end

return M
