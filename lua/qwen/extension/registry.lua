-- The kinds of content and their tiers: a file is its name, and the same name in a stronger tier replaces it (hooks add up).
-- Tiers, strongest first: --use FILE, ~/.qwen/, shipped. A broken file harms only its own name. A trusted project adds prompt commands, before
-- a person's of the same name, but never in the place of what ships; its Lua is the business of qwen.projectlua.
-- Long because finding, loading, laying over each other and looking again are about one state.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local guest = require "qwen.extension.environment"
local kinds = require "qwen.extension.validate"
local paths = require "qwen.util.paths"
local sys = require "sys.os"
local task = require "sys.task"

local M = {}

M.kinds = { "commands", "providers", "auth", "tools", "hooks", "themes", "languages" }
M.fields = kinds.fields

local MOST_SOURCE, LOAD_SECONDS, MOST_PREFIX = 4 * 1024 * 1024, 1, 100

local state = { files = {}, problems = {}, paths = {}, seen = {}, safe = false }
local generation, settings = 0, nil

local function shipped_name(kind, name)
  return (kind == "commands" and "commands/" or "lua/" .. kind .. "/") .. name .. ".lua"
end

-- What changes when a file is saved; nil when it is gone.
local function stamp(path)
  local stat = fs.stat(path)
  return stat and ("%d %d %.9f"):format(stat.ino, stat.size, stat.mtime)
end

-- What others may write is not a person's own.
local function others_may_write(path)
  local stat = fs.stat(path)
  if stat and stat.uid ~= sys.uid() and stat.uid ~= 0 then return ("%s belongs to somebody else and is not run"):format(paths.short(path)) end
  if stat and stat.mode & 18 ~= 0 then return ("%s can be written by others and is not run; chmod go-w %s"):format(paths.short(path), path) end
end

local function compile(entry)
  if entry.tier == "shipped" then return embed.load(entry.path) end
  local e
  if not entry.source then
    entry.stamp = stamp(entry.path)
    e = entry.tier ~= "project" and others_may_write(entry.path) -- a project's are texts, and trusted as a whole
    if e then return nil, e end
    entry.source, e = fs.read(entry.path, MOST_SOURCE)
    if not entry.source then return nil, e.message end
  end
  if entry.form ~= "lua" then return entry.source end
  return guest.load(entry.source, entry.path)
end

-- Other forms than Lua: which module makes the table of a file.
local forms = {
  commands = { md = { "qwen.extension.prompt_command", "command" }, toml = { "qwen.extension.prompt_command", "command" } },
  tools = { json = { "qwen.extension.tool_program", "tool" } },
}

local function call(entry, chunk, ...)
  if type(chunk) == "string" then
    local module, maker = table.unpack(forms[entry.kind][entry.form])
    local value, e = require(module)[maker](entry, chunk)
    return value ~= nil, value or ("%s: %s"):format(paths.short(entry.path), e)
  end
  if entry.tier == "shipped" then return xpcall(chunk, debug.traceback, ...) end
  return task.limited(LOAD_SECONDS, chunk, ...)
end

-- Runs the file and checks what it returns.
local function run_file(entry)
  local chunk, e = compile(entry)
  if not chunk then return nil, e:find(":%d") and e or paths.short(entry.path) .. ": " .. e end
  local ok, value = call(entry, chunk)
  if not ok then return nil, (guest.words(value):gsub("\n.*", "")) end
  local wrong = kinds.problem(entry, value)
  if wrong then return nil, wrong end
  if entry.kind == "commands" then require("qwen.extension.subcommands").join(entry.name, value) end
  if entry.tier ~= "shipped" then kinds.limit(entry, value) end
  if value.options then value.option = kinds.options(entry, value.options, function() return settings end) end
  entry.good = true
  return value
end

local function add_file(kind, name, tier, path)
  local by_name = state.files[kind]
  by_name[name] = by_name[name] or {}
  local clash = tier ~= "shipped" and by_name[name][1]
  if clash and clash.tier == tier then
    table.insert(state.problems, ("%s and %s have the same name; the second counts"):format(paths.short(clash.path), paths.short(path)))
  end
  local at = tier == "project" and by_name[name][1] and by_name[name][#by_name[name]].tier == "shipped" and #by_name[name] + 1 or 1
  table.insert(by_name[name], at, { kind = kind, name = name, tier = tier, path = path, form = path:match "%.(%w+)$" })
  if tier ~= "shipped" then table.insert(state.paths, path) end
end

-- Folders in commands/ are the first part of a name: commands/git/commit.md is /git:commit.
local function add_kind(tier, folder, kind, prefix)
  table.insert(state.paths, folder)
  for _, entry in ipairs(fs.list(folder) or {}) do
    local name, form = entry.name:match "^([%w_-]+)%.(%w+)$"
    local path = folder .. "/" .. entry.name
    if entry.type == "dir" then
      if kind == "commands" and entry.name:find "^[%w_-]+$" and #prefix < MOST_PREFIX then add_kind(tier, path, kind, prefix .. entry.name .. ":") end
    elseif name and (form == "lua" and tier ~= "project" or forms[kind] and forms[kind][form]) then
      add_file(kind, prefix .. name, tier, path)
    end
  end
end

local function add_folder(tier, folder)
  for _, kind in ipairs(M.kinds) do add_kind(tier, folder .. "/" .. kind, kind, "") end
end

-- Whether a person's file was saved, came or went since it was found, or since the last look.
local function look()
  local new, seen, modules = false, state.seen, guest.files()
  for _, list in ipairs { state.paths, modules } do
    for _, path in ipairs(list) do
      local now = stamp(path) or ""
      local changed = seen[path] ~= nil and seen[path] ~= now
      new, seen[path] = new or changed, now
      if changed and list == modules then state.stale = true end
    end
  end
  return new
end

local all_shipped

-- What is in the binary never changes.
local function shipped_files()
  if all_shipped then return all_shipped end
  all_shipped = {}
  for _, path in ipairs(embed.names()) do
    local kind, name = path:match "^lua/(%l+)/([%w_-]+)%.lua$"
    if not kind then kind, name = path:match "^(commands)/([%w_-]+)%.lua$" end
    if kind and state.files[kind] then all_shipped[#all_shipped + 1] = { kind = kind, name = name, path = path } end
  end
  return all_shipped
end

---Finds all files again; what was loaded is forgotten.
---@param options {safe: boolean?, project: string?, use: string[]?}
---@param keep_modules boolean? of ~/.qwen/lua
---@return string[] problems
function M.scan(options, keep_modules)
  state = { files = {}, problems = {}, paths = {}, seen = {}, provided = state.provided, safe = options.safe, options = options,
    instead = guest.instead }
  generation = generation + 1
  if not keep_modules then guest.forget() end
  for _, kind in ipairs(M.kinds) do state.files[kind] = {} end
  for _, file in ipairs(shipped_files()) do add_file(file.kind, file.name, "shipped", file.path) end
  local home = paths.qwen_home()
  if home and not options.safe then add_folder("user", home) end
  if options.project and not options.safe then add_kind("project", options.project .. "/commands", "commands", "") end
  for _, entry in ipairs(state.provided or {}) do
    state.files[entry.kind][entry.name] = state.files[entry.kind][entry.name] or {}
    table.insert(state.files[entry.kind][entry.name], entry)
  end
  for _, path in ipairs(options.use or {}) do
    local kind, name = path:match "([%w_-]+)/([%w_-]+)%.lua$"
    if kind and state.files[kind] then
      add_file(kind, name, "use", path)
    else
      state.problems[#state.problems + 1] = ("--use %s: name it KIND/NAME.lua with a kind of %s"):format(path, table.concat(M.kinds, ", "))
    end
  end
  look()
  return state.problems
end

local words_of_tier = { use = "--use", user = "yours", project = "the project's" }

-- What an override hides, and the ways out of it; "" when it hides nothing.
local function chain_of(entry)
  local below
  for _, other in ipairs(entry and state.files[entry.kind][entry.name] or {}) do
    if below then below[#below + 1] = ("%s (%s)"):format(paths.short(other.path), words_of_tier[other.tier] or other.tier) end
    if other == entry then below = {} end
  end
  if not below or #below == 0 then return "" end
  return ("\n  %s (%s) takes the place of %s; look at both: qwen explain override %s/%s; without yours: qwen --safe"):format(paths.short(entry.path),
    words_of_tier[entry.tier] or entry.tier, table.concat(below, ", and that of "), entry.kind, entry.name)
end

---Words about a failure, and behind them what the file that is to blame takes the place of: the one that they name, else the one of this name.
---@param words string
---@param kind string?
---@param name string?
---@return string
function M.blamed(words, kind, name)
  for _, names in pairs(state.files) do
    for _, entries in pairs(names) do
      for i = 1, #entries - 1 do
        if words:find(paths.short(entries[i].path) .. ":", 1, true) then return words .. chain_of(entries[i]) end
      end
    end
  end
  return words .. chain_of(kind and state.files[kind] and state.files[kind][name] and state.files[kind][name][1])
end

local function load_entry(entry)
  if entry.value == nil and not entry.problem then
    entry.value, entry.problem = run_file(entry)
    if entry.problem then entry.problem = entry.problem .. chain_of(entry) end
    if entry.problem then state.problems[#state.problems + 1] = entry.problem end
  end
  return entry.value
end

-- The files that were in order before and are not now. What stays in force counts as looked at, but not as what the file says.
local function newly_broken(old)
  local out = {}
  for kind, names in pairs(state.files) do
    for name, entries in pairs(names) do
      local before = old.files[kind][name]
      if entries[1].problem and before and before[1].good then out[#out + 1], before[1].looked = entries[1].problem, entries[1].stamp end
    end
  end
  table.sort(out)
  return out
end

-- A hook file that has not changed stays loaded with all that it knows; so do its timers.
local function keep_hooks(old)
  for name, entries in pairs(state.files.hooks) do
    for i, entry in ipairs(entries) do
      for _, before in ipairs(old.files.hooks[name] or {}) do
        local same = before.good and before.path == entry.path and before.tier == entry.tier
        if same and (entry.tier == "shipped" or before.stamp == stamp(entry.path)) then entries[i] = before end
      end
    end
  end
end

---Finds and loads all files again as the last time. When one that was in order no longer is, everything stays as it was.
---@return string[] problems
---@return boolean swapped
function M.reload()
  look()
  local old, keep = state, not state.stale and state.instead == guest.instead -- a test has a world of its own
  M.scan(old.options, keep)
  if keep then keep_hooks(old) end
  for _, kind in ipairs(M.kinds) do M.list(kind) end
  look()
  local broken = newly_broken(old)
  if #broken > 0 then
    old.paths, old.seen = state.paths, state.seen -- what was tried is watched
    state = old
    generation = generation + 1
    return broken, false
  end
  return state.problems, true
end

---Does so when a file was saved since the last time; for the beginning of a turn. What is wrong is told.
---@param ctx Ctx
---@return boolean? taken
function M.take_saved(ctx)
  if state.safe or not state.options then return end
  if not look() then return end
  local problems, swapped = M.reload()
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  if not swapped then ctx.notice "until that is mended, everything stays as it was before" end
  return swapped
end

---Grows with each scan: who keeps something made of the files compares it.
---@return integer
function M.generation()
  return generation
end

---The hook file in force that a chunk came from: what asks again gets another one, or nil, once the file was replaced.
---@param source string as debug.getinfo has it
---@return table?
function M.hook_of(source)
  for _, entries in pairs(state.files.hooks or {}) do
    if source == "@" .. paths.short(entries[1].path) then return entries[1] end
  end
end

---Where declared options get their values from.
---@param from Settings
function M.use_settings(from)
  settings = from
end

---What is behind a name, strongest first.
---@param kind string
---@param name string
---@return {tier: string, path: string, problem: string?}[]
function M.layers(kind, name)
  local out = {}
  for i, entry in ipairs(state.files[kind] and state.files[kind][name] or {}) do
    out[i] = { tier = entry.tier, path = entry.path, problem = entry.problem }
  end
  return out
end

---Runs ~/.qwen/init.lua; what is wrong with it is told and harms nothing else.
---@param ctx Ctx
function M.run_init(ctx)
  local home = paths.qwen_home()
  local path = home and home .. "/init.lua"
  if state.safe or not path or not fs.stat(path) then return end
  local chunk, e = compile { tier = "user", path = path, form = "lua" }
  local ok = chunk ~= nil
  if chunk then ok, e = pcall(chunk, ctx) end
  if not ok then ctx.notice(guest.words(e)) end
end

local under = setmetatable({}, { __mode = "k" }) -- by provider: the fresh table that it builds on

-- Lays a provider over the one that it builds on, a fresh table: what it has wins, also inside the functions of all below it; `super` keeps
-- what the base had.
local function lay(value, base)
  local super = {}
  for key, field in pairs(base) do super[key] = field end
  under[value] = base
  while base do
    for key, field in pairs(value) do base[key] = field end
    base = under[base]
  end
  for key, field in pairs(super) do
    if value[key] == nil and key ~= "match" then value[key] = field end
  end
  value.super = super
  return value
end

-- A shipped provider that a file amended has its base below it already: what the file set counts there, too.
local function amend(value)
  local base = under[value]
  while base do
    for key, field in pairs(value) do
      if key ~= "super" then base[key] = field end
    end
    base = under[base]
  end
end

local DEEPEST = 8

-- Gives a provider what it builds on. The base of a file with the base's own name is the next weaker one of that name.
local function build_on(entry, value, depth)
  local list, at = state.files[entry.kind][value.base] or {}, 1
  for i, other in ipairs(list) do
    if other == entry then at = i + 1 end
  end
  local below = list[at]
  if not below or depth > DEEPEST then
    return nil, ("%s: base '%s' %s"):format(entry.path, tostring(value.base), below and "builds on this file itself" or "is no provider")
  end
  local base, e = run_file(below)
  if base and base.base then base, e = build_on(below, base, depth + 1) end
  if not base then return nil, e end
  if value.base == entry.name then
    value.base, value.match = base.base, value.match or base.match
  end
  return lay(value, base)
end

-- The table of a file, laid over what it builds on.
local function ready(entry)
  local value = load_entry(entry)
  if value and value.base and not value.super then
    local joined, problem = build_on(entry, value, 1)
    if not joined then
      problem = problem .. chain_of(entry)
      entry.value, entry.problem, value = nil, problem, nil
      state.problems[#state.problems + 1] = problem
    end
  elseif value and value.super and entry.amended ~= value then
    entry.amended = value
    amend(value)
  end
  return value
end

---Offers something that comes from no file: under all files of that name, until the program ends.
---@param kind string
---@param name string
---@param value table as a file would return it
---@param from string where it comes from, for lists
function M.provide(kind, name, value, from)
  local entry = { kind = kind, name = name, tier = from, path = from, value = value }
  state.provided = state.provided or {}
  table.insert(state.provided, entry)
  state.files[kind][name] = state.files[kind][name] or {}
  table.insert(state.files[kind][name], entry)
end

---The table of a name, from its strongest tier. A broken file does not fall back to a weaker one: its name is out of order.
---@param kind string
---@param name string
---@return table?, Err?
function M.get(kind, name)
  local entries = state.files[kind] and state.files[kind][name]
  if not entries then
    return nil, err("missing", ("there is no %s '%s'"):format(kind:gsub("s$", ""), name))
  end
  local value = ready(entries[1])
  if value then return value end
  return nil, err("broken", entries[1].problem, { path = entries[1].path })
end

-- Looks at a file again. Gives true when it counts anew, or a sentence when the new one is broken and the old one stays.
local function look_again(entries, i)
  local entry, now = entries[i], stamp(entries[i].path)
  if now == (entry.looked or entry.stamp) then return false end
  entry.looked = now
  if not now then
    table.remove(entries, i)
    return true
  end
  local fresh = { kind = entry.kind, name = entry.name, tier = entry.tier, path = entry.path, form = entry.form }
  entries[i] = fresh
  if ready(fresh) then return true end
  if not entry.good then return true end -- broken before, broken now
  entries[i] = entry
  return false, fresh.problem .. "; the version before it stays in use"
end

---Takes what was saved in a person's own files of a kind since they were read. A new version that is broken leaves the old one in force.
---@param kind string
---@return string[] problems
function M.refresh(kind)
  local changed, problems = false, {}
  for name, entries in pairs(state.files[kind]) do
    for i = #entries, 1, -1 do
      local entry = entries[i]
      if (entry.tier == "user" or entry.tier == "use") and entry.stamp then
        local new, problem = look_again(entries, i)
        changed, problems[#problems + 1] = changed or new, problem
      end
    end
    if #entries == 0 then state.files[kind][name] = nil end
  end
  if changed then -- others may build on it
    generation = generation + 1
    for _, entries in pairs(state.files[kind]) do
      for _, entry in ipairs(entries) do entry.value, entry.problem = nil, nil end
    end
  end
  return problems
end

---Whether there is a file of that name.
function M.has(kind, name)
  return state.files[kind] ~= nil and state.files[kind][name] ~= nil
end

---Every name of a kind, sorted.
---@param kind string
---@param left_out (fun(name: string): boolean)? names that are not wanted, and not loaded
---@return {name: string, tier: string, path: string, summary: string?, shadows: string[], problem: string?}[]
function M.list(kind, left_out)
  local out = {}
  for name, entries in pairs(state.files[kind] or {}) do
    if not (left_out and left_out(name)) then
      local value, shadows = load_entry(entries[1]), {}
      for i = 2, #entries do shadows[#shadows + 1] = entries[i].path end
      out[#out + 1] = { name = name, tier = entries[1].tier, path = entries[1].path, summary = value and value.summary, shadows = shadows,
        problem = entries[1].problem, value = value }
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

---The names of a kind, or every KIND/NAME there is, without loading anything.
---@param kind string?
---@return string[]
function M.names(kind)
  local out = {}
  for _, each in ipairs(kind and { kind } or M.kinds) do
    for name in pairs(state.files[each] or {}) do out[#out + 1] = kind and name or each .. "/" .. name end
  end
  table.sort(out)
  return out
end

---The shipped text of a name.
---@param name string "providers/openai"
---@return string?
function M.source(name)
  local kind, base = name:match "^(%w+)/([%w_-]+)$"
  return kind and embed.source(shipped_name(kind, base)) or nil
end

---The shipped file of that name as a fresh table.
---@param name string "providers/openai"
---@return table
function M.shipped(name)
  local kind, base = name:match "^(%w+)/([%w_-]+)$"
  if not kind then error("qwen.shipped wants KIND/NAME, such as providers/openai, not '" .. tostring(name) .. "'", 3) end
  local chunk, e = embed.load(shipped_name(kind, base))
  if not chunk then error(e, 3) end
  local value = chunk()
  return kind == "providers" and value.base and lay(value, M.shipped("providers/" .. value.base)) or value
end

---What is wrong with files that were loaded so far.
---@return string[]
function M.problems()
  return state.problems
end

return M
