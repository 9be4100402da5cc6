-- Taking what was saved since the files were read: all of them between two turns, those of one kind before a request. What was in order
-- before and is broken now leaves the old one in force.
local catalogue = require "qwen.extension.catalogue"
local user_modules = require "qwen.extension.user_modules"
local fs = require "sys.fs"
local registry = require "qwen.extension.registry"
local tr = require("qwen.util.translate").tr

local M = {}

-- The files that were in order before and are not now. What stays in force counts as looked at, but not as what the file says.
local function newly_broken(old)
  local out = {}
  for kind, names in pairs(catalogue.state.files) do
    for name, entries in pairs(names) do
      local before = (rawget(old.files, kind) or {})[name]
      if entries[1].problem and before and before[1].good then out[#out + 1], before[1].looked = entries[1].problem, entries[1].stamp end
    end
  end
  table.sort(out)
  return out
end

-- A hook file that has not changed stays loaded with all that it knows; so do its timers.
local function keep_hooks(old)
  for name, entries in pairs(catalogue.state.files.hooks) do
    for i, entry in ipairs(entries) do
      for _, before in ipairs(old.files.hooks[name] or {}) do
        local same = before.good and before.path == entry.path and before.tier == entry.tier
        if same and (entry.tier == "shipped" or before.stamp == fs.stamp(entry.path)) then entries[i] = before end
      end
    end
  end
end

-- Loads what a scan found: of the commands, unless all are wanted, those that were in use and
-- those that are new.
local function load_all(old, every)
  for _, kind in ipairs(catalogue.kinds) do
    if kind ~= "commands" or every then
      registry.list(kind)
    elseif catalogue.has_commands(old) then
      for name, entries in pairs(catalogue.state.files.commands) do
        local before = old.files.commands[name]
        before = before and before[1].path == entries[1].path and before[1]
        if not before or before.value ~= nil or before.problem then registry.ready(entries[1]) end
      end
    end
  end
end

---Finds and loads all files again as the last time. When one that was in order no longer is, everything stays as it was.
---@param in_use boolean? no commands that nobody has used
---@return string[] problems
---@return boolean swapped
function M.all(in_use)
  catalogue.look()
  local old, keep = catalogue.state, not catalogue.state.stale and catalogue.state.instead == user_modules.instead -- a test has a world of its own
  catalogue.scan(old.options, keep)
  if keep then keep_hooks(old) end
  load_all(old, not in_use)
  catalogue.look()
  local broken = newly_broken(old)
  if #broken > 0 then
    old.paths, old.seen = catalogue.state.paths, catalogue.state.seen -- what was tried is watched
    catalogue.state = old
    catalogue.generation = catalogue.generation + 1
    return broken, false
  end
  return catalogue.state.problems, true
end

---Does so when a file was saved since the last time; for the beginning of a turn. What is wrong is told.
---@param ctx Ctx
---@return boolean? taken
function M.take_saved(ctx)
  if catalogue.state.safe or not catalogue.state.options then return end
  if not catalogue.look() then return end
  local problems, swapped = M.all(true)
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  if not swapped then ctx.notice(tr "until that is mended, everything stays as it was before") end
  return swapped
end

-- Looks at a file again. Gives true when it counts anew, or a sentence when the new one is broken and the old one stays.
local function look_again(entries, i)
  local entry, now = entries[i], fs.stamp(entries[i].path)
  if now == (entry.looked or entry.stamp) then return false end
  entry.looked = now
  if not now then
    table.remove(entries, i)
    return true
  end
  local fresh = { kind = entry.kind, name = entry.name, tier = entry.tier, path = entry.path, form = entry.form,
    foreign = entry.foreign, border = entry.border }
  entries[i] = fresh
  if registry.ready(fresh) then return true end
  if not entry.good then return true end -- broken before, broken now
  entries[i] = entry
  return false, fresh.problem .. "; the version before it stays in use"
end

---Takes what was saved in a person's own files of a kind since they were read. A new version that is broken leaves the old one in force.
---@param kind string
---@return string[] problems
function M.kind(kind)
  local changed, problems = false, {}
  if not catalogue.state.own[kind] then return problems end
  for name, entries in pairs(catalogue.state.files[kind]) do
    for i = #entries, 1, -1 do
      local entry = entries[i]
      if (entry.tier == "user" or entry.tier == "use") and entry.stamp then
        local new, problem = look_again(entries, i)
        changed, problems[#problems + 1] = changed or new, problem
      end
    end
    if #entries == 0 then catalogue.state.files[kind][name] = nil end
  end
  if changed then -- others may build on it
    catalogue.generation = catalogue.generation + 1
    for _, entries in pairs(catalogue.state.files[kind]) do
      for _, entry in ipairs(entries) do entry.value, entry.problem = nil, nil end
    end
  end
  return problems
end

return M
