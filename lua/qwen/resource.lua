-- The kinds of content and their tiers: a file is its name, and the same name in a stronger tier replaces it (hooks add up).
-- Tiers, strongest first: --use FILE, the trusted project's .qwen/, ~/.qwen/, shipped. A broken file harms only its own name.
-- Long because finding, loading, laying over each other and looking again are about one state.
local embed = require "sys.embed"
local err = require "qwen.err"
local fs = require "sys.fs"
local paths = require "qwen.paths"
local text = require "qwen.text"

local M = {}

M.kinds = { "commands", "providers", "auth", "tools", "hooks", "themes", "languages" }

local fields = {
  commands = { summary = "string", args = "string", shell = "boolean", repl = "boolean", session = "boolean", complete = "function", run = "function" },
  tools = { summary = "string", schema = "table", effect = "string", paths = "function", command = "function", run = "function",
    preview = "function", label = "function", serial = "boolean", editable = "string" },
  auth = { summary = "string", login = "function", status = "function", headers = "function", logout = "function", terms = "table",
    order = "number", refused = "function", credential = "function", state = "function", news = "function", flags = "table" },
  themes = { summary = "string", background = "string", styles = "table" },
  languages = { summary = "string", words = "table" },
  hooks = { summary = "string" },
}
for event in pairs(require "qwen.events") do fields.hooks[event] = "function" end
M.fields = fields
local required = {
  commands = { "summary", "run" }, tools = { "summary", "schema", "effect", "run" }, providers = { "summary" }, auth = { "summary" },
  hooks = {}, themes = { "styles" }, languages = { "words" },
}

local MOST_SOURCE = 4 * 1024 * 1024

local state = { files = {}, problems = {}, safe = false, generation = 0 }

local function shipped_name(kind, name)
  return (kind == "commands" and "commands/" or "lua/" .. kind .. "/") .. name .. ".lua"
end

-- What a file may see: the standard library, `qwen`, and nothing it sets leaks out.
local function environment()
  return setmetatable({}, { __index = _G })
end

-- What changes when a file is saved; nil when it is gone.
local function stamp(path)
  local stat = fs.stat(path)
  return stat and ("%d %d %.9f"):format(stat.ino, stat.size, stat.mtime)
end

local function compile(entry)
  if entry.tier == "shipped" then return embed.load(entry.path) end
  local e
  if not entry.source then
    entry.stamp = stamp(entry.path)
    entry.source, e = fs.read(entry.path, MOST_SOURCE)
    if not entry.source then return nil, e.message end
  end
  return load(entry.source, "@" .. paths.short(entry.path), "t", environment())
end

-- The line on which a field is likely to be set.
local function place_of(entry, field)
  local at = 0
  for line in (type(field) == "string" and entry.source or ""):gmatch "([^\n]*)\n?" do
    at = at + 1
    if line:find("%f[%w_]" .. field:gsub("%W", "%%%0") .. "%f[^%w_]%s*=[^=]") or line:find("function [%w_]+[.:]" .. field:gsub("%W", "%%%0") .. "%s*%(") then
      return ("%s:%d"):format(paths.short(entry.path), at)
    end
  end
  return paths.short(entry.path)
end

local function check_fields(entry, value)
  if type(value) ~= "table" then return ("%s: must return a table, not a %s"):format(paths.short(entry.path), type(value)) end
  for _, name in ipairs(required[entry.kind]) do
    if value[name] == nil and not (entry.kind == "providers" and value.base) then
      return ("%s: the returned table has no field '%s'"):format(paths.short(entry.path), name)
    end
  end
  local known = fields[entry.kind]
  for name, found in pairs(value) do
    local want = known and known[name]
    if known and not want then
      local names = {}
      for field in pairs(known) do names[#names + 1] = field end
      local near = text.nearest(tostring(name), names)
      return ("%s: unknown field '%s'%s"):format(place_of(entry, name), tostring(name), near and "; did you mean '" .. near .. "'?" or "")
    end
    if want and type(found) ~= want then
      return ("%s: field '%s' must be a %s, not a %s"):format(place_of(entry, name), name, want, type(found))
    end
  end
end

-- Runs the file and checks what it returns.
local function run_file(entry)
  local chunk, e = compile(entry)
  if not chunk then return nil, tostring(e) end
  local ok, value = xpcall(chunk, debug.traceback)
  if not ok then return nil, (tostring(value):gsub("\n.*", "")) end
  local wrong = check_fields(entry, value)
  if wrong then return nil, wrong end
  entry.good = true
  return value
end

local function add_file(kind, name, tier, path)
  local by_name = state.files[kind]
  by_name[name] = by_name[name] or {}
  table.insert(by_name[name], 1, { kind = kind, name = name, tier = tier, path = path })
end

local function add_folder(tier, folder)
  for _, kind in ipairs(M.kinds) do
    for _, entry in ipairs(fs.list(folder .. "/" .. kind) or {}) do
      local name = entry.name:match "^([%w_-]+)%.lua$"
      if name and entry.type ~= "dir" then add_file(kind, name, tier, folder .. "/" .. kind .. "/" .. entry.name) end
    end
  end
end

-- `require` in a user's file finds ~/.qwen/lua/NAME.lua, after everything shipped.
local function user_module(name)
  local home = paths.qwen_home()
  if state.safe or not home or not name:match "^[%w_.-]+$" or name:find("..", 1, true) then return nil end
  local path = home .. "/lua/" .. name:gsub("%.", "/") .. ".lua"
  local source = fs.read(path, MOST_SOURCE)
  if not source then return ("no file '%s'"):format(path) end
  local chunk, e = load(source, "@" .. paths.short(path), "t", environment())
  if not chunk then error(e, 0) end
  return chunk, path
end

---Finds all files again; what was loaded is forgotten.
---@param options {safe: boolean?, project: string?, use: string[]?}
---@return string[] problems
function M.scan(options)
  state.files, state.problems, state.safe, state.options = {}, {}, options.safe, options
  state.generation = state.generation + 1
  if not state.searching then
    state.searching = true
    table.insert(package.searchers, user_module)
  end
  for _, kind in ipairs(M.kinds) do state.files[kind] = {} end
  for _, name in ipairs(embed.names()) do
    local kind, base = name:match "^lua/(%w+)/([%w_-]+)%.lua$"
    if not kind then kind, base = name:match "^(commands)/([%w_-]+)%.lua$" end
    if kind and state.files[kind] then add_file(kind, base, "shipped", name) end
  end
  local home = paths.qwen_home()
  if home and not options.safe then add_folder("user", home) end
  if options.project and not options.safe then add_folder("project", options.project .. "/.qwen") end
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
  return state.problems
end

local function load_entry(entry)
  if entry.value == nil and not entry.problem then
    entry.value, entry.problem = run_file(entry)
    if entry.problem then state.problems[#state.problems + 1] = entry.problem end
  end
  return entry.value
end

---Finds all files again as the last time, and loads them, so that what is broken is told now.
---@return string[] problems
function M.reload()
  M.scan(state.options)
  for _, kind in ipairs(M.kinds) do M.list(kind) end
  return state.problems
end

---Grows with each scan: who keeps something made of the files compares it.
---@return integer
function M.generation()
  return state.generation
end

---Runs ~/.qwen/init.lua; what is wrong with it is told and harms nothing else.
---@param ctx Ctx
function M.run_init(ctx)
  local home = paths.qwen_home()
  local path = home and home .. "/init.lua"
  if state.safe or not path or not fs.stat(path) then return end
  local chunk, e = compile { tier = "user", path = path }
  local ok = chunk ~= nil
  if chunk then ok, e = pcall(chunk, ctx) end
  if not ok then ctx.notice(tostring(e)) end
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
      entry.value, entry.problem, value = nil, problem, nil
      state.problems[#state.problems + 1] = problem
    end
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
  if now == entry.stamp then return false end
  entry.stamp = now
  if not now then
    table.remove(entries, i)
    return true
  end
  local fresh = { kind = entry.kind, name = entry.name, tier = entry.tier, path = entry.path }
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
    state.generation = state.generation + 1
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

---The names of a kind without loading anything.
---@param kind string
---@return string[]
function M.names(kind)
  local out = {}
  for name in pairs(state.files[kind] or {}) do out[#out + 1] = name end
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
