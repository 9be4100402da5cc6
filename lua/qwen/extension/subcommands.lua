-- Commands with sub-commands: `subcommands = { add = { summary, args, complete, run } }` of a command's file become one `run`, one
-- `complete` and one usage of the command. What a sub-command does is its own business.
local err = require "qwen.util.err"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

---The type of each field of a sub-command.
M.fields = { summary = "string", args = "string", complete = "function", run = "function" }

---What is wrong with the sub-commands of a file: the field to blame, and a sentence.
---@param value table as the file returned it
---@return string? field, string? problem
function M.problem(value)
  for name, sub in pairs(value.subcommands) do
    if type(name) ~= "string" or not name:find "^%w[%w_-]*$" then return "subcommands", ("'%s' is no name for a sub-command"):format(tostring(name)) end
    if type(sub) ~= "table" then return name, ("sub-command '%s' must be a table, not a %s"):format(name, type(sub)) end
    for field, found in pairs(sub) do
      local want = M.fields[field]
      local near = not want and text.nearest(tostring(field), { "summary", "args", "complete", "run" })
      if not want then
        return name, ("sub-command '%s' has an unknown field '%s'%s"):format(name, tostring(field), near and "; did you mean '" .. near .. "'?" or "")
      end
      if type(found) ~= want then return name, ("sub-command '%s': field '%s' must be a %s, not a %s"):format(name, field, want, type(found)) end
    end
    if not sub.run or not sub.summary then return name, ("sub-command '%s' has no field '%s'"):format(name, sub.run and "summary" or "run") end
  end
end

---The sub-commands of a command, sorted by name.
---@param command table
---@return {name: string, summary: string, args: string?}[]
function M.list(command)
  local out = {}
  for name, sub in pairs(command.subcommands or {}) do out[#out + 1] = { name = name, summary = sub.summary, args = sub.args } end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local function names_of(command)
  local out = {}
  for i, sub in ipairs(M.list(command)) do out[i] = sub.name end
  return out
end

-- How many words a usage asks for, and whether it takes any; flags and their values do not count.
local function needed(args)
  local bare = args:gsub("%b[]", ""):gsub("%-%-[%w-]+[ =]?%u*", "")
  return bare:find "%s|%s" and 0 or select(2, bare:gsub("%S+", ""))
end

local function takes_words(args)
  return args:gsub("%-%-[%w-]+[ =]%u%S*", ""):find "%u" ~= nil
end

-- The usage of the whole.
local function usage(command, own)
  local out = { own and own:gsub("^%[(.*)%]$", "%1") }
  for _, sub in ipairs(M.list(command)) do out[#out + 1] = sub.name .. (sub.args and " " .. sub.args or "") end
  local all = table.concat(out, " | ")
  return command.run and "[" .. all .. "]" or all
end

local function wrong(command, name, args, why)
  return nil, err("usage", (why or "") .. tr("usage: %s", (command.shell and "qwen " or "/") .. name
    .. (args and " " .. args or "")))
end

-- Runs one; `false` from it means that the words do not fit its usage.
local function run_one(command, full, part, ctx, words, rest)
  if part.needed and (#words < part.needed or not part.args and #words > 0) then return wrong(command, full, part.args) end
  local code, e = part.run(ctx, words, rest)
  if code == false then return wrong(command, full, part.args) end
  return code, e
end

-- One row for each value that a sub-command completes.
local function values_of(sub, ctx)
  local rows = {}
  for i, value in ipairs(sub.complete and sub.complete(ctx, "", {}) or {}) do
    local known = type(value) == "table"
    rows[i] = { label = known and value.text or value, columns = { known and value.detail or "" } }
  end
  return rows
end

-- Lets the person at the prompt choose what the command can do. What needs a value is put into the
-- prompt with it, so that nothing is taken away by one key.
local function choose(command, name, ctx)
  local list, rows = M.list(command), {}
  for i, sub in ipairs(list) do
    rows[i] = { label = sub.name .. (sub.args and " " .. sub.args or ""), columns = { tr(sub.summary) } }
  end
  local at = ctx.pick(tr("What should %s do?", "/" .. name), rows)
  if not at then return nil end
  local sub = command.subcommands[list[at].name]
  if needed(sub.args or "") == 0 then return list[at].name end
  local words, values = ("/%s %s "):format(name, list[at].name), values_of(sub, ctx)
  if values[1] then
    local value = ctx.pick(words, values, { search = true })
    if not value then return nil end
    words = words .. values[value].label
  end
  ctx.prefill(words)
end

---Gives a command its one `run` and `complete`, and the usage of all in `args`.
---@param name string
---@param value table
function M.join(name, value)
  local subs, own = value.subcommands, { run = value.run, args = value.args }
  local complete = value.complete
  if not subs then
    function value.run(ctx, words, rest) return run_one(value, name, own, ctx, words, rest) end
    return
  end
  value.args = usage(value, own.args)
  function value.run(ctx, words, rest)
    local first = words[1]
    if not first and not own.run and ctx.pick and ctx.prefill then
      first = choose(value, name, ctx)
      if not first then return 0 end
    end
    local sub = first and subs[first]
    if sub then
      local part = { run = sub.run, args = sub.args, needed = needed(sub.args or "") }
      return run_one(value, name .. " " .. first, part, ctx, table.move(words, 2, #words, 1, {}), rest:match "^%s*%S+%s*(.*)$" or "")
    end
    local flag = not first or first:find "^%-"
    if own.run and (flag or own.args and takes_words(own.args)) then return run_one(value, name, { run = own.run, args = value.args }, ctx, words, rest) end
    local near = not flag and text.nearest(first, names_of(value))
    local hint = near and tr("; did you mean %s?", ("'%s %s'"):format(name, near)) or ""
    return wrong(value, name, value.args, not flag and tr("there is no '%s'%s", name .. " " .. first, hint) .. "\n")
  end
  function value.complete(ctx, word, before)
    before = before or {}
    local sub = before[1] and subs[before[1]]
    if sub then return sub.complete and sub.complete(ctx, word, table.move(before, 2, #before, 1, {})) or {} end
    local out = {}
    if not before[1] then
      for _, each in ipairs(M.list(value)) do
        out[#out + 1] = { text = each.name, args = each.args, detail = tr(each.summary) }
      end
    end
    for _, more in ipairs(complete and complete(ctx, word, before) or {}) do out[#out + 1] = more end
    return out
  end
end

return M
