-- Names of commands: which the settings take away, and other names: `aliases = { "compress", remember = "add" }` of a command's
-- file. A name with words puts them before the others. The name of a file is always stronger than an alias.
local registry = require "qwen.extension.registry"

local M = {}

local index, made -- by alias: the command and the words in front

---The aliases of a command's table, sorted, with the words that each puts in front.
---@param value table?
---@return {name: string, words: string}[]
function M.of(value)
  local out = {}
  for key, item in pairs(value and value.aliases or {}) do
    local plain = type(key) == "number"
    out[#out + 1] = { name = plain and item or key, words = plain and "" or item }
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local function all()
  if made ~= registry.generation() then
    index, made = {}, registry.generation()
    local lua_only = function(_, form) return form and form ~= "lua" end -- prompts have no aliases
    for _, entry in ipairs(registry.list("commands", lua_only)) do
      for _, alias in ipairs(M.of(entry.value)) do
        index[alias.name] = index[alias.name]
          or { name = alias.name, command = entry.name, words = alias.words, args = entry.value.args }
      end
    end
  end
  return index
end

---The command that a name stands for, and the text behind it; what is no alias comes back as it is.
---@param name string
---@param rest string?
---@return string name
---@return string rest
function M.resolve(name, rest)
  rest = rest or ""
  local alias = not registry.has("commands", name) and all()[name]
  if not alias then return name, rest end
  local words = alias.words ~= "" and rest ~= "" and alias.words .. " " .. rest or alias.words .. rest
  return alias.command, words
end

-- What takes commands away: slashCommands.disabled and QWEN_DISABLED_SLASH_COMMANDS, in lower case.
local function taken_away(ctx)
  local out = {}
  for _, name in ipairs(ctx.settings:get "slashCommands.disabled") do out[#out + 1] = tostring(name):lower() end
  for name in (ctx.settings:env "QWEN_DISABLED_SLASH_COMMANDS" or ""):gmatch "[^,%s]+" do out[#out + 1] = name:lower() end
  return out
end

local function taken(name, words, away)
  for _, other in ipairs(away) do
    local command, in_front = M.resolve((other:gsub("^/", "")))
    local begins = in_front == "" or (words .. " "):sub(1, #in_front + 1) == in_front .. " "
    if begins and command:lower() == name:lower() then return true end
  end
  return false
end

---Whether the settings take a slash command away, by any of its names; by a name with words only what begins with them.
---@param ctx Ctx
---@param name string
---@param rest string?
---@return boolean
function M.is_disabled(ctx, name, rest)
  local called, words = M.resolve(name, rest)
  return taken(called, words, taken_away(ctx))
end

---The names of the commands that can be called, sorted, without loading anything.
---@param ctx Ctx
---@param wanted (fun(name: string): boolean)?
---@return string[]
function M.names(ctx, wanted)
  local out, away = {}, taken_away(ctx)
  for _, name in ipairs(registry.names "commands") do
    if not (wanted and not wanted(name)) and not taken(name, "", away) then out[#out + 1] = name end
  end
  return out
end

---The other names that can be called, sorted.
---@param ctx Ctx
---@param wanted fun(name: string): boolean
---@return {name: string, command: string, words: string, args: string?}[]
function M.others(ctx, wanted)
  local out, away = {}, taken_away(ctx)
  for name, alias in pairs(all()) do
    local free = wanted(name) and not registry.has("commands", name)
    if free and not taken(alias.command, alias.words, away) then out[#out + 1] = alias end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

---The commands that can be called, as of the registry.
---@param ctx Ctx
---@param wanted (fun(name: string): boolean)? others are not loaded
---@return table[]
function M.listed(ctx, wanted)
  local away = taken_away(ctx)
  return registry.list("commands", function(name)
    return wanted and not wanted(name) or taken(name, "", away)
  end)
end

return M
