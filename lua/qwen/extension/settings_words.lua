-- What is said of the settings of a folder when a session begins there: what has no effect, rules that
-- are none, and what is not read without trust.
local effect = require "qwen.config.effect"
local project_files = require "qwen.config.project_files"
local registry = require "qwen.extension.registry"
local rules = require "qwen.permission.rules"
local for_user = require("qwen.util.translate").for_user

---@param ctx Ctx
return function(ctx)
  local settings = ctx.settings
  for _, words in ipairs(effect.sentences(settings.without)) do ctx.notice(words) end
  local no_rules = rules.problems(settings, function(name) return registry.has("tools", name) end)
  for _, words in ipairs(no_rules) do ctx.notice(for_user(words)) end
  local names = settings:get "context.fileName"
  for _, words in ipairs(project_files.left_out(ctx.cwd, ctx.trusted, names)) do ctx.notice(words) end
end
