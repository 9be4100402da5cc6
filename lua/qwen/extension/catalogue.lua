-- Which files there are: of the binary, of packages, of ~/.qwen/, of a trusted project, of --use, by
-- kind and name, the strongest tier first. Loads nothing. Commands are listed when the first one is asked
-- for: somebody may have thousands. A trusted project adds prompt commands, before a user's of the
-- same name, but never in the place of what ships.
local embed = require "sys.embed"
local fs = require "sys.fs"
local user_modules = require "qwen.extension.user_modules"
local loader = require "qwen.extension.loader"
local paths = require "qwen.util.paths"
local project_files = require "qwen.config.project_files"
local tr = require("qwen.util.translate").tr

local M = {
  kinds = { "commands", "providers", "auth", "tools", "hooks", "themes", "languages", "search" },
  ---What was found: files by kind and name, problems in words, paths that are watched, kinds that
  ---have other files than shipped ones.
  state = { files = {}, problems = {}, paths = {}, own = {}, seen = {}, safe = false, packages = {} },
  ---Grows with each scan, and with each change of what counts.
  generation = 0,
}

local MOST_PREFIX = 100

local function add_file(state, kind, name, tier, path, form, foreign)
  local entry = { kind = kind, name = name, tier = tier, path = path, form = form, foreign = foreign }
  local entries = state.files[kind][name]
  if not entries then
    state.files[kind][name] = { entry }
  else
    if tier ~= "shipped" and entries[1].tier == tier then
      entry.clash = ("%s and %s have the same name; the second counts")
        :format(paths.short(entries[1].path), paths.short(path))
      table.insert(state.problems, entry.clash)
    end
    local last = tier == "project" and entries[#entries].tier == "shipped"
    table.insert(entries, last and #entries + 1 or 1, entry)
  end
  if tier == "shipped" then return end
  if tier == "project" then
    local folder = state.options.project:match "^(.+)/" or "/"
    entry.border = project_files.border(folder)
  end
  if kind ~= "commands" then table.insert(state.paths, path) end
  state.own[kind] = true
end

-- Folders in commands/ are the first part of a name: commands/git/commit.md is /git:commit. `put` has each file.
local function add_kind(state, tier, folder, kind, prefix, put)
  table.insert(state.paths, folder)
  for _, entry in ipairs(fs.list(folder) or {}) do
    local name, form = entry.name:match "^([%w_\128-\255-]+)%.(%w+)$"
    local path = folder .. "/" .. entry.name
    if entry.type == "dir" then
      if kind == "commands" and entry.name:find "^[%w_\128-\255-]+$" and #prefix < MOST_PREFIX then
        add_kind(state, tier, path, kind, prefix .. entry.name .. ":", put)
      end
    elseif name and (form == "lua" and tier ~= "project" or loader.forms[kind] and loader.forms[kind][form]) then
      put(state, kind, prefix .. name, tier, path, form)
    end
  end
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

-- Kind and name of a file of --use; nil where its path says none.
local function used(path)
  local kind, name = path:match "%f[%w_-]([%w_-]+)/([%w_-]+)%.lua$"
  for _, each in ipairs(M.kinds) do
    if each == kind then return kind, name end
  end
end

-- A file that is written for another program; Lua is not.
local function add_foreign(state, kind, name, tier, path, form)
  if form ~= "lua" then add_file(state, kind, name, tier, path, form, true) end
end

-- The folders with commands, from the weakest tier to the strongest.
local function command_folders(options)
  local home, claude, out = paths.qwen_home(), options.claude and paths.home(), {}
  if options.safe then return out end
  if claude then out[1] = { tier = "user", path = claude .. "/.claude/commands", foreign = true } end
  if home then out[#out + 1] = { tier = "user", path = home .. "/commands" } end
  local cwd = options.project and (options.project:match "^(.+)/" or "/")
  for _, folder in ipairs(cwd and project_files.folders(cwd, "commands") or {}) do
    folder.tier, out[#out + 1] = "project", folder
  end
  return out
end

-- The files of one kind in the packages that count.
local function add_packages(state, kind)
  local found = {}
  for _, package in ipairs(state.packages) do
    local function put(_, of, name, tier, path, form)
      found[#found + 1] = { kind = of, name = name, tier = tier, path = path, form = form, package = package }
      if of ~= "commands" then table.insert(state.paths, path) end
    end
    for _, folder in ipairs(require("qwen.extension.packages").folders(package, kind)) do
      add_kind(state, "package", folder, kind, "", put)
    end
  end
  if #found == 0 then return end
  state.own[kind] = true
  require("qwen.extension.package.contents").place(state.files[kind], found, state.problems)
end

-- The packages that count here; those that do not are a problem each, unless they are switched off. Without any none of their
-- files is loaded.
local function find_packages(state)
  local home, out = paths.qwen_home(), {}
  local trial, e
  if state.options.trial then trial, e = require("qwen.extension.packages").trial(state.options.trial) end
  if e then state.problems[#state.problems + 1] = e.message end
  out[1] = trial
  if home and not state.safe then table.insert(state.paths, home .. "/packages.lock.json") end
  local any = home and not state.safe and (fs.exists(home .. "/packages.lock.json") or fs.exists(home .. "/packages")
    or fs.exists(home .. "/extensions"))
  if not any then return out end
  local all, problems = require("qwen.extension.packages").list { cwd = fs.cwd() }
  table.move(problems, 1, #problems, #state.problems + 1, state.problems)
  for _, package in ipairs(all) do
    local tried = trial and trial.name == package.name
    if package.enabled and not tried then out[#out + 1] = package end
    if package.problem then
      state.problems[#state.problems + 1] = tr("the package %s is not used: %s (look at it: qwen package approve %s)",
        package.name, package.problem, package.name)
    end
  end
  return out
end

-- The files of one kind, from the weakest tier to the strongest.
local function find_kind(state, kind)
  local options, home = state.options, paths.qwen_home()
  rawset(state.files, kind, {})
  for _, file in ipairs(shipped_files()) do
    if file.kind == kind then add_file(state, kind, file.name, "shipped", file.path, "lua") end
  end
  if kind == "commands" then
    for _, folder in ipairs(command_folders(options)) do
      add_kind(state, folder.tier, folder.path, kind, "", folder.foreign and add_foreign or add_file)
    end
  elseif home and not options.safe then
    add_kind(state, "user", home .. "/" .. kind, kind, "", add_file)
  end
  add_packages(state, kind)
  for _, entry in ipairs(state.provided) do
    if entry.kind == kind then
      state.files[kind][entry.name] = state.files[kind][entry.name] or {}
      table.insert(state.files[kind][entry.name], entry)
    end
  end
  for _, path in ipairs(options.use or {}) do
    local of, name = used(path)
    if of == kind then add_file(state, kind, name, "use", path, "lua") end
  end
end

-- Commands that came or went are noticed by their folders before they are listed, too.
local function watch_commands(state)
  if state.safe then return end
  for _, folder in ipairs(command_folders(state.options)) do table.insert(state.paths, folder.path) end
end

---Finds all files again; what was loaded is forgotten.
---@param options {safe: boolean?, project: string?, use: string[]?, trial: string?, claude: boolean?} trial: a folder that
---is tried as a package; claude: commands of ~/.claude count
---@param keep_modules boolean? of ~/.qwen/lua
---@return string[] problems
function M.scan(options, keep_modules)
  local state = { problems = {}, paths = {}, own = {}, seen = {}, provided = M.state.provided or {},
    safe = options.safe, options = options, instead = user_modules.instead }
  state.files = setmetatable({}, { __index = function(files, kind)
    if kind ~= "commands" then return nil end
    find_kind(state, kind)
    return rawget(files, kind)
  end })
  M.state = state
  state.packages = find_packages(state)
  M.generation = M.generation + 1
  if not keep_modules then user_modules.forget() end
  for _, kind in ipairs(M.kinds) do
    if kind ~= "commands" then find_kind(state, kind) end
  end
  watch_commands(state)
  for _, path in ipairs(options.use or {}) do
    if not used(path) then
      state.problems[#state.problems + 1] = tr("--use %s: name it KIND/NAME.lua with a kind of %s",
        path, table.concat(M.kinds, ", "))
    end
  end
  M.look()
  return state.problems
end

---Whether commands have been listed since the last scan.
---@param state table
---@return boolean
function M.has_commands(state) return rawget(state.files, "commands") ~= nil end

---From now on a change of a command's file is noticed; one that was never read need not be watched.
---@param entry table that was loaded
function M.watch(entry)
  local state = M.state
  if entry.kind ~= "commands" or not entry.stamp or state.seen[entry.path] then return end
  table.insert(state.paths, entry.path)
  state.seen[entry.path] = entry.stamp
end

---Offers an entry under all files of its name, until the program ends.
---@param entry table
function M.provide(entry)
  local state = M.state
  state.provided = state.provided or {}
  local function put(list)
    for i, old in ipairs(list) do
      if old.kind == entry.kind and old.name == entry.name and old.tier == entry.tier then
        list[i] = entry
        return
      end
    end
    list[#list + 1] = entry
  end
  put(state.provided)
  local by_name = rawget(state.files, entry.kind) -- commands that are not listed yet get it then
  if by_name then
    by_name[entry.name] = by_name[entry.name] or {}
    put(by_name[entry.name])
  end
end

---Takes back what was offered.
---@param kind string
---@param name string
---@param tier string
function M.withdraw(kind, name, tier)
  local function take(list)
    for i = #list, 1, -1 do
      local one = list[i]
      if one.kind == kind and one.name == name and one.tier == tier then table.remove(list, i) end
    end
  end
  local by_name = rawget(M.state.files, kind)
  take(M.state.provided or {})
  if not (by_name and by_name[name]) then return end
  take(by_name[name])
  if not by_name[name][1] then by_name[name] = nil end
end

return M
