-- What an editor may choose for a session: the approval mode, the model, and how much it thinks.
local effort = require "qwen.model.effort"
local json = require "sys.json"
local models = require "qwen.model.registry"
local phrase = require("qwen.util.translate").phrase
local plan_mode = require "qwen.agent.plan_mode"
local registry = require "qwen.extension.registry"
local tr = require("qwen.util.translate").tr

local M = {}

local function has_provider(name) return registry.has("providers", name) end

-- The models that are configured, and the one in use, each under one name.
local function all_models(ctx)
  local list, out, seen = models.list(ctx.settings, has_provider), {}, {}
  local function add(model)
    local id = #models.named(list, model.id) > 1 and model.id .. "@" .. models.place(model) or model.id
    if not seen[id] then out[#out + 1] = { id = id, model = model } end
    seen[id] = true
    return id
  end
  for _, model in ipairs(list) do add(model) end
  return out, add(ctx.model)
end

---The modes as the protocol has them.
---@param ctx Ctx
---@return table
function M.modes(ctx)
  local list = json.array {}
  for i, mode in ipairs(plan_mode.MODES) do
    list[i] = { id = mode.name, name = mode.name, description = tr(mode.about) }
  end
  return { currentModeId = ctx.mode, availableModes = list }
end

---The models, for clients that know no options yet.
---@param ctx Ctx
---@return table
function M.models(ctx)
  local list, now = all_models(ctx)
  local out = json.array {}
  for i, one in ipairs(list) do out[i] = { modelId = one.id, name = one.model.name or one.id } end
  return { currentModelId = now, availableModels = out }
end

local function select_option(id, category, name, now, options)
  return { id = id, type = "select", category = category, name = name, currentValue = now, options = options }
end

---All options with their values.
---@param ctx Ctx
---@return table[]
function M.options(ctx)
  local modes, list = json.array {}, json.array {}
  for i, mode in ipairs(plan_mode.MODES) do
    modes[i] = { value = mode.name, name = mode.name, description = tr(mode.about) }
  end
  local every, now = all_models(ctx)
  for i, one in ipairs(every) do list[i] = { value = one.id, name = one.model.name or one.id } end
  local out = json.array { select_option("mode", "mode", tr "Approval mode", ctx.mode, modes),
    select_option("model", "model", tr "Model", now, list) }
  local levels = json.array { { value = "default", name = "default" } }
  for _, level in ipairs(effort.known(ctx.model)) do levels[#levels + 1] = { value = level, name = level } end
  local told = ctx.model.effort_told or "default"
  if levels[2] then out[3] = select_option("effort", "thought_level", tr "Effort", told, levels) end
  return out
end

local set = {}

function set.mode(ctx, value)
  if not plan_mode.is_mode(value) then return nil, phrase("there is no mode '%s'", tostring(value)) end
  plan_mode.take(ctx, value)
  return true
end

function set.model(ctx, value)
  for _, one in ipairs((all_models(ctx))) do
    if one.id == value then
      local model, e = ctx.switch(one.model.id, one.model.provider, one.model.base_url)
      return model ~= nil, e and e.message
    end
  end
  return nil, phrase("there is no model '%s'", tostring(value))
end

function set.effort(ctx, value)
  local known = value == "default"
  for _, level in ipairs(effort.known(ctx.model)) do known = known or level == value end
  if not known then return nil, phrase("there is no effort '%s'", tostring(value)) end
  effort.set(ctx, value)
  return true
end

---Takes a value.
---@param ctx Ctx
---@param id any
---@param value any
---@return boolean?, (string|Phrase)?
function M.set(ctx, id, value)
  local one = set[id]
  if not one then return nil, phrase("there is no option '%s'", tostring(id)) end
  return one(ctx, value)
end

return M
