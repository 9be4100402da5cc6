-- The content by kind and name: a file is its name, and the same name in a stronger tier replaces it (hooks add up). Loads what is asked
-- for, and lays a provider over the one that it builds on. A broken file harms only its own name.
local catalogue = require "qwen.extension.catalogue"
local embed = require "sys.embed"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local user_modules = require "qwen.extension.user_modules"
local inheritance = require "qwen.extension.inheritance"
local loader = require "qwen.extension.loader"
local paths = require "qwen.util.paths"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = { kinds = catalogue.kinds, scan = catalogue.scan }

local settings

-- What a file may ask of the rest when it runs.
local given = { settings = function() return settings end }

function given.get(kind, name) return M.get(kind, name) end

---Grows with each scan: who keeps something made of the files compares it.
---@return integer
function M.generation()
  return catalogue.generation
end

local function shipped_name(kind, name)
  return (kind == "commands" and "commands/" or "lua/" .. kind .. "/") .. name .. ".lua"
end

local words_of_tier = { use = "--use", user = phrase "yours", project = phrase "the project's",
  package = phrase "of a package" }

-- What an override hides, and the ways out of it; "" when it hides nothing.
local function chain_of(entry)
  local below
  for _, other in ipairs(entry and catalogue.state.files[entry.kind][entry.name] or {}) do
    if below then
      below[#below + 1] = tr("%s (%s)", paths.short(other.path), words_of_tier[other.tier]
        or other.tier)
    end
    if other == entry then below = {} end
  end
  if not below or #below == 0 then return "" end
  return "\n" .. tr("  %s (%s) takes the place of %s; look at both: qwen explain override %s/%s; "
    .. "without yours: qwen --safe",
    paths.short(entry.path), words_of_tier[entry.tier] or entry.tier,
      table.concat(below, tr ", and that of "), entry.kind, entry.name)
end

---Words about a failure, and behind them what the file that is to blame takes the place of: the one that they name, else the one of this name.
---@param words string
---@param kind string?
---@param name string?
---@return string
function M.blamed(words, kind, name)
  for _, names in pairs(catalogue.state.files) do
    for _, entries in pairs(names) do
      for i = 1, #entries - 1 do
        if words:find(paths.short(entries[i].path) .. ":", 1, true) then return words .. chain_of(entries[i]) end
      end
    end
  end
  local named = kind and catalogue.state.files[kind] and catalogue.state.files[kind][name]
  return words .. chain_of(named and named[1])
end

local function load_entry(entry)
  if entry.value == nil and not entry.problem then
    entry.value, entry.problem = loader.run(entry, given)
    catalogue.watch(entry)
    if entry.problem then entry.problem = entry.problem .. chain_of(entry) end
    if entry.problem then catalogue.state.problems[#catalogue.state.problems + 1] = entry.problem end
  end
  return entry.value
end

---The hook file in force that a chunk came from: what asks again gets another one, or nil, once the file was replaced.
---@param source string as debug.getinfo has it
---@return table?
function M.hook_of(source)
  for _, entries in pairs(catalogue.state.files.hooks or {}) do
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
---@return {tier: string, path: string, problem: string?, package: string?}[]
function M.tiers(kind, name)
  local out = {}
  for i, entry in ipairs(catalogue.state.files[kind] and catalogue.state.files[kind][name] or {}) do
    out[i] = { tier = entry.tier, path = entry.path, problem = entry.problem,
      package = entry.package and entry.package.name }
  end
  return out
end

---Words about two files of one tier that have a name; once, since they were not told at the start
---where the kind was not listed then.
---@param kind string
---@param name string
---@return string?
function M.clash(kind, name)
  local entries = catalogue.state.files[kind] and catalogue.state.files[kind][name]
  local words = entries and entries[1].clash
  if words then entries[1].clash = nil end
  return words
end

local DEEPEST = 8

-- Gives a provider what it builds on. The base of a file with the base's own name is the next weaker one of that name.
local function build_on(entry, value, depth)
  local list, at = catalogue.state.files[entry.kind][value.base] or {}, 1
  for i, other in ipairs(list) do
    if other == entry then at = i + 1 end
  end
  local below = list[at]
  if not below or depth > DEEPEST then
    return nil, ("%s: base '%s' %s"):format(entry.path, tostring(value.base), below and "builds on this file itself" or "is no provider")
  end
  local base, e = loader.run(below, given)
  if base and base.base then base, e = build_on(below, base, depth + 1) end
  if not base then return nil, e end
  if value.base == entry.name then
    value.base, value.match = base.base, value.match or base.match
  end
  return inheritance.lay(value, base)
end

---The table of a file, laid over what it builds on; what is wrong is in entry.problem.
---@param entry table
---@return table?
function M.ready(entry)
  local value = load_entry(entry)
  if value and value.base and not value.super then
    local joined, problem = build_on(entry, value, 1)
    if not joined then
      problem = problem .. chain_of(entry)
      entry.value, entry.problem, value = nil, problem, nil
      catalogue.state.problems[#catalogue.state.problems + 1] = problem
    end
  elseif value and value.super and entry.amended ~= value then
    entry.amended = value
    inheritance.amend(value)
  end
  return value
end

---Offers something that comes from no file: under all files of that name, until the program ends.
---@param kind string
---@param name string
---@param value table as a file would return it
---@param from string where it comes from, for lists
function M.provide(kind, name, value, from)
  catalogue.provide { kind = kind, name = name, tier = from, path = from, value = value }
end

---Takes back what was offered in that way.
---@param kind string
---@param name string
---@param from string
function M.withdraw(kind, name, from) catalogue.withdraw(kind, name, from) end

---The table of a name, from its strongest tier. A broken file does not fall back to a weaker one: its name is out of order.
---@param kind string
---@param name string
---@return table?, Err?
function M.get(kind, name)
  local entries = catalogue.state.files[kind] and catalogue.state.files[kind][name]
  if not entries then
    return nil, err("missing", tr("there is no %s '%s'", kind:gsub("s$", ""), name))
  end
  local value = M.ready(entries[1])
  if value then return value end
  return nil, err("broken", entries[1].problem, { path = entries[1].path })
end

---Whether there is a file of that name.
function M.has(kind, name)
  return catalogue.state.files[kind] ~= nil and catalogue.state.files[kind][name] ~= nil
end

---Every name of a kind, sorted.
---@param kind string
---@param left_out (fun(name: string, form: string?): boolean)? names that are not wanted, and not
---loaded; form: "lua", "md", "toml"
---@return {name: string, tier: string, path: string, summary: string?, shadows: string[], problem: string?, declared: boolean}[] declared: by a
---Lua file, so that its summary is a text to translate, and not data as that of a tool server
function M.list(kind, left_out)
  local out = {}
  for name, entries in pairs(catalogue.state.files[kind] or {}) do
    if not (left_out and left_out(name, entries[1].form)) then
      local value, shadows = load_entry(entries[1]), {}
      for i = 2, #entries do shadows[#shadows + 1] = entries[i].path end
      out[#out + 1] = { name = name, tier = entries[1].tier, path = entries[1].path, summary = value and value.summary, shadows = shadows,
        problem = entries[1].problem, package = entries[1].package and entries[1].package.name,
        value = value, declared = entries[1].form == "lua" }
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
    for name in pairs(catalogue.state.files[each] or {}) do out[#out + 1] = kind and name or each .. "/" .. name end
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

-- The shipped file of that name as a fresh table.
local function fresh(name)
  local kind, base = name:match "^(%w+)/([%w_-]+)$"
  if not kind then error("qwen.shipped wants KIND/NAME, such as providers/openai, not '" .. tostring(name) .. "'", 4) end
  local chunk, e = embed.load(shipped_name(kind, base))
  if not chunk then error(e, 4) end
  local value = chunk()
  return kind == "providers" and value.base and inheritance.lay(value, fresh("providers/" .. value.base)) or value
end

---The shipped file of that name as a table to amend, or to copy, and return.
---@param name string "providers/openai"
---@return table
function M.shipped(name)
  return inheritance.hand_out(fresh(name))
end

---What is wrong with files that were loaded so far.
---@return string[]
function M.problems()
  return catalogue.state.problems
end

---Runs ~/.qwen/init.lua; what is wrong with it is told and harms nothing else.
---@param ctx Ctx
function M.run_init(ctx)
  local home = paths.qwen_home()
  local path = home and home .. "/init.lua"
  if catalogue.state.safe or not path or not fs.stat(path) then return end
  local chunk, e = loader.compile { tier = "user", path = path, form = "lua" }
  local ok = chunk ~= nil
  if chunk then ok, e = pcall(chunk, ctx) end
  if not ok then ctx.notice(user_modules.words(e)) end
end

return M
