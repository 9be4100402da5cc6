-- Which tool a model means by a name: names of other programs, and what stands around a name in the formats of models.
local registry = require "qwen.extension.registry"
local text = require "qwen.util.text"
local tool_names = require "qwen.permission.tool_names"

local M = {}

local MOST_NAME = 200 -- bytes that are looked at

---A name without letter case, `_`, `-`, `.` and blanks.
---@param name string
---@return string
function M.squeezed(name) return (name:gsub("[_%-. ]", ""):lower()) end

local squeezed = M.squeezed

local called = {}
for _, list in ipairs { tool_names.others, tool_names.called } do
  for tool, names in pairs(list) do
    called[squeezed(tool)] = tool
    for _, name in ipairs(names) do called[squeezed(name)] = tool end
  end
end

-- A name without what stands around it: `functions.read_file:0<|channel|>`.
local function bare(name)
  name = text.trim((name:sub(1, MOST_NAME):gsub("<|.*$", ""))):gsub("%(%)$", ""):gsub("%f[:%d]:%d+$", "")
  for _, prefix in ipairs { "^functions?[.:]", "^default_api[.:]", "^tools?[.:]", "^builtin_" } do name = name:gsub(prefix, "") end
  return name
end

---A name by which lists of names of other programs are looked up.
---@param name string
---@return string
function M.key(name) return squeezed(bare(name)) end

---The tool that a model means by a name; nil when none is offered that it can mean.
---@param name string
---@param offered table<string, boolean>
---@param args table? of the call, where they are known
---@return string?
function M.tool(name, offered, args)
  if offered[name] then return name end
  local plain = bare(name)
  if offered[plain] then return plain end
  local low, fits = squeezed(plain), nil
  for _, known in ipairs(registry.names "tools") do
    -- a tool that is there and not offered, as one that a rule refuses, is not another one
    if not offered[known] and (known == name or squeezed(known) == low) then return nil end
  end
  for known in pairs(offered) do
    if squeezed(known) == low then
      if fits then return nil end
      fits = known
    end
  end
  local by_command = tool_names.by_command[low]
  if not fits and by_command then return args and offered[by_command[args.command]] and by_command[args.command] or nil end
  fits = fits or called[low]
  return offered[fits] and fits or nil
end

return M
