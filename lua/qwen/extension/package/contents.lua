-- What the files of a package come to: under which names they are found, what they need to be read at all, and the ctx that their
-- functions get.
local context = require "qwen.extension.package.context"
local events = require "qwen.extension.events"
local rights = require "qwen.extension.package.rights"
local paths = require "qwen.util.paths"
local tr = require("qwen.util.translate").tr

local M = {}

local DEPTH, MOST_DEPTH = 3, 30

-- A name that says which package it is of; a model's tools have no slash in theirs.
local function qualified(package, kind, name)
  return package.name .. (kind == "tools" and "__" or "/") .. name
end

-- Kinds in which nothing is said at each start of what takes the place of a shipped file.
local harmless = { themes = true }

---Puts the files of packages into the names of a kind, which has those that ship and the user's already. The user's own are
---stronger, what ships is weaker, and of two packages none gets the plain name. Hooks only add.
---@param names table<string, table[]>
---@param found table[] entries {kind, name, tier, path, form, package}
---@param problems string[]
function M.place(names, found, problems)
  local count = {}
  for _, entry in ipairs(found) do count[entry.name] = (count[entry.name] or 0) + 1 end
  for _, entry in ipairs(found) do
    local plain, list = entry.name, names[entry.name]
    local ours = entry.package.manifest.form == "package.lua" -- others do not know what ships
    local free = count[plain] == 1 and entry.kind ~= "hooks" and (not list or ours and list[1].tier == "shipped")
    if free then
      if list and not harmless[entry.kind] then
        entry.clash = tr("%s/%s is that of the package %s, in the place of the shipped one", entry.kind, plain,
          entry.package.name) -- told when it is used, where it is not listed at the start
        problems[#problems + 1] = entry.clash
      end
      names[plain] = list or {}
      table.insert(names[plain], 1, entry)
    else
      entry.name = qualified(entry.package, entry.kind, plain)
      names[entry.name] = names[entry.name] or {}
      table.insert(names[entry.name], 1, entry)
    end
  end
end

---Why a file of a package is not read, by the rights of its package; nil when it is.
---@param entry table
---@return string?
function M.refused(entry)
  local right = rights.kinds[entry.kind] or entry.form == "json" and "exec" or false
  if rights.has(entry.package, right) then return nil end
  return rights.refusal(entry.package, ("%s (%s)"):format(paths.short(entry.path), entry.kind), right)
end

local function with_view(fn, package)
  return function(first, ...)
    if context.is(first) then first = context.view(first, package) end
    return fn(first, ...)
  end
end

-- Data as it is, for a handler that may only look: what it changed there would change the run.
local function copy(value, depth)
  if type(value) ~= "table" or depth > MOST_DEPTH then return type(value) ~= "table" and value or nil end
  local out = {}
  for key, field in next, value do
    if type(field) ~= "function" then out[key] = copy(field, depth + 1) end
  end
  return out
end

local function looking(fn)
  return function(ctx, ...)
    local given = table.pack(...)
    for i = 1, given.n do given[i] = copy(given[i], 1) end
    return fn(ctx, table.unpack(given, 1, given.n))
  end
end

local function wrap(value, package, depth, seen)
  if depth > DEPTH or seen[value] then return end
  seen[value] = true
  for key, field in next, value do
    if type(field) == "function" then
      value[key] = with_view(field, package)
    elseif type(field) == "table" then
      wrap(field, package, depth + 1, seen)
    end
  end
end

---Puts the package's view of a ctx before the functions of what a file returned; words when it listens to what it may not.
---@param entry table
---@param value table
---@return string? problem
function M.guard(entry, value)
  for event, right in pairs(entry.kind == "hooks" and rights.events or {}) do
    if rawget(value, event) and not rights.has(entry.package, right) then
      return rights.refusal(entry.package, ("%s: %s"):format(paths.short(entry.path), event), right)
    end
  end
  -- What is made of texts runs our code.
  if entry.form ~= "lua" or rights.has(entry.package, "all") then return nil end
  for event, spec in pairs(entry.kind == "hooks" and events or {}) do
    local handler = rawget(value, event)
    if type(handler) == "function" and not spec.replace then value[event] = looking(handler) end
  end
  wrap(value, entry.package, 1, {})
end

return M
