-- How much a model thinks: the level that the user chose, and the nearest one that the model's provider
-- file says it can be told.
local json = require "sys.json"
local provider_of = require "qwen.model.provider_of"
local tr = require("qwen.util.translate").tr

local M = {}

---The levels in rising order; "default" beside them leaves it to the model's entry and its service.
M.levels = { "none", "low", "medium", "high", "xhigh", "max" }

local rank = {}
for i, level in ipairs(M.levels) do rank[level] = i end

local USUAL = "none low medium high" -- where a provider file does not say

---The levels that a model can be told, in rising order; none where it cannot be told any.
---@param model Model
---@return string[]
function M.known(model)
  local provider, out = provider_of.of(model), {}
  local words = provider and (not provider.efforts and USUAL or provider.efforts(model)) or ""
  for level in words:gmatch "%a+" do out[#out + 1] = rank[level] and level or nil end
  return out
end

---The nearest of some levels: the highest below one, else the lowest above it. Only "none" turns
---thinking off.
---@param known string[] in rising order
---@param level string
---@return string?
function M.nearest(known, level)
  local below, above
  for _, one in ipairs(known) do
    if one == level then return one end
    if one ~= "none" and rank[one] < rank[level] then below = one end
    if rank[one] > rank[level] then above = above or one end
  end
  return below or above
end

local KNOBS = { "reasoning", "reasoning_effort", "enable_thinking", "thinking", "thinking_budget",
  "output_config" } -- what an entry's own fields of the body say of thinking

local function copy_of(fields)
  local out = {}
  for name, value in pairs(fields) do out[name] = value end
  return out
end

-- An entry's own fields without what they say of thinking; a switch among the words for a template
-- stays beside the others, as it is wanted now.
local function without_knobs(fields, thinks)
  if type(fields) ~= "table" then return fields end
  local out = copy_of(fields)
  for _, name in ipairs(KNOBS) do out[name] = nil end
  local words = out.chat_template_kwargs
  if type(words) == "table" and words ~= json.null and words.enable_thinking ~= nil then
    out.chat_template_kwargs = copy_of(words)
    out.chat_template_kwargs.enable_thinking = thinks
  end
  return out
end

---Gives a model a level. One that the user chose for this run is stronger than what the model's own
---entry says; one of the settings is for models whose entry says nothing.
---@param model Model
---@param level string? none, low, medium, high, xhigh, max or default
---@param chosen boolean?
function M.apply(model, level, chosen)
  local own = model.own_config or model.config
  model.own_config, model.config = own, own
  model.effort, model.effort_told, model.effort_chosen = nil, nil, nil
  if not level or level == "default" or own.reasoning ~= nil and not chosen then return end
  local told = M.nearest(M.known(model), level)
  model.effort, model.effort_told, model.effort_chosen = level, told, chosen or nil
  if not told then return end
  local config = copy_of(own)
  if chosen then
    config.extra_body = without_knobs(own.extra_body, told ~= "none")
    config.samplingParams = without_knobs(own.samplingParams, told ~= "none")
  end
  config.reasoning = told ~= "none" and { effort = told }
  model.config = config
end

---A model like another one, with a level of its own.
---@param model Model
---@param level string
---@return Model
function M.with(model, level)
  local copy = copy_of(model)
  M.apply(copy, level, true)
  return copy
end

---Chooses a level for the rest of the run: for the model in use, those that stand in for it, and each
---that is chosen later.
---@param ctx Ctx
---@param level string
function M.set(ctx, level)
  ctx.opts.effort, ctx.effort_chosen = level, level
  M.apply(ctx.model, level, true)
  for _, model in ipairs(ctx.fallbacks) do M.apply(model, level, true) end
end

---What counts for a model, in words for the user.
---@param model Model
---@return string
function M.words(model)
  local asked, told = model.effort, model.effort_told
  if not asked then return tr "effort: default" end
  if told == asked then return tr("effort: %s", told) end
  if not told then
    return tr("%s cannot be told how much to think; effort %s is not sent", model.id, asked)
  end
  return tr("effort: %s, the nearest to %s; %s can be told %s", told, asked, model.id,
    table.concat(M.known(model), ", "))
end

---The next level at which the model in use thinks, and "default" after the last.
---@param ctx Ctx
---@return string? nil: it cannot be told any
function M.next(ctx)
  local known = M.known(ctx.model)
  if known[1] == "none" then table.remove(known, 1) end
  if #known == 0 then return nil end
  for i, level in ipairs(known) do
    if level == ctx.model.effort_told then return known[i + 1] or "default" end
  end
  return known[1]
end

local PROBE = { system = "", messages = { { role = "user", parts = { { type = "text", text = "?" } } } },
  tools = {}, max_tokens = 8000 }
local APART = { messages = true, input = true, contents = true, max_tokens = true,
  max_output_tokens = true, max_completion_tokens = true }

local function fields_of(provider, model)
  local out = {}
  local function add(fields, prefix)
    for name, value in pairs(fields) do
      if name == "generationConfig" then
        add(value, "")
      elseif not APART[name] and name ~= "maxOutputTokens" then
        out[prefix .. name] = json.encode(value)
      end
    end
  end
  add(json.decode(table.concat(provider.request(model, PROBE).body)), "")
  return out
end

---The fields of a request that a level changes, as the service gets them: 'reasoning_effort: "high"'.
---@param model Model
---@param level string
---@return string "" where nothing is changed
function M.sent(model, level)
  local provider = provider_of.of(model)
  if not provider or not provider.request then return "" end
  local plain, told = fields_of(provider, M.with(model, "default")), fields_of(provider, M.with(model, level))
  local out = {}
  for name, value in pairs(told) do
    if plain[name] ~= value then out[#out + 1] = name .. ": " .. value end
  end
  for name in pairs(plain) do
    if not told[name] then out[#out + 1] = tr("no %s", name) end
  end
  table.sort(out)
  return table.concat(out, ", ")
end

return M
