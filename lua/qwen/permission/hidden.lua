-- Which files are kept from being read: by a deny rule, by .qwenignore, or because keys are in them.
-- What lists or searches whole folders leaves them out.
local folders = require "qwen.permission.folders"
local ignore = require "qwen.permission.ignore"
local rules = require "qwen.permission.rules"

-- The deny rules that speak of paths that are read.
local function rules_of_paths(ctx)
  local out = {}
  for _, rule in ipairs(rules.of(ctx).deny) do
    if rule.spec and rules.names_tool(rule, "read_file") then out[#out + 1] = rule end
  end
  return out
end

---Tells whether a file is kept from being read.
---@param ctx Ctx
---@return fun(path: string, real: string?): boolean
return function(ctx)
  local denied, ignored = rules_of_paths(ctx), ignore.matcher(ctx)
  local at_home = folders.holds_home(ctx)
  return function(path, real)
    if at_home and folders.of_keys(ctx, real or path) then return true end
    for _, rule in ipairs(denied) do
      if rules.matches_path(ctx, rule.spec, path, false, real) then return true end
    end
    return (ignored(path) or real and ignored(real)) ~= nil
  end
end
