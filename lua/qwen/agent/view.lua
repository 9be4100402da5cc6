-- What the model is shown: a pure view of the session. Shortening long sessions is not done here.
local deferred_tools = require "qwen.agent.deferred_tools"
local json = require "sys.json"
local registry = require "qwen.extension.registry"
local rules = require "qwen.permission.rules"
local provider_of = require "qwen.model.provider_of"
local prompt_profile = require "qwen.agent.prompt_profile"
local tr = require("qwen.util.translate").tr
local user_modules = require "qwen.extension.user_modules"
local window = require "qwen.agent.window"

local M = {}

local encoded = setmetatable({}, { __mode = "k" })

-- A schema is encoded once.
local function as_text(schema)
  local text = encoded[schema]
  if not text then
    text = json.encode(schema)
    encoded[schema] = text
  end
  return text
end

-- What the tool itself says. A function of a person's own may fail: the tool is not offered then.
local function makes_sense(ctx, entry)
  local ok, yes = pcall(entry.value.offered, ctx)
  if not ok then ctx.notice(tr("the tool %s is not offered: %s", entry.name, user_modules.words(yes))) end
  return ok and yes
end

-- What may be offered: what rules, settings and the tools themselves leave.
local function allowed(ctx)
  local out, set = {}, rules.of(ctx)
  for _, entry in ipairs(registry.list "tools") do
    local tool, name = entry.value, entry.name
    local off = not tool or tool.offered and not makes_sense(ctx, entry)
      or name == "list_directory" and ctx.settings:get "tools.listDirectory.enabled" == false
      or ctx.offers and not ctx.offers(name)
    if not off and not rules.refused(ctx, name, set) then out[#out + 1] = entry end
  end
  return out
end

---The tools offered to the model: those a rule refuses outright are not, and some wait until they
---are asked for.
---@param ctx Ctx
---@return {name: string, description: string, schema: string}[]
---@return table[] hidden entries of those that wait
function M.tools(ctx)
  local out, profile = {}, prompt_profile.of(ctx)
  local offered, hidden = deferred_tools.split(ctx, allowed(ctx), function(entry)
    return #entry.value.summary + #as_text(entry.value.schema)
  end)
  for _, entry in ipairs(offered) do
    local summary, schema = prompt_profile.tool(profile, entry)
    if summary and entry.name == "tool_search" then summary = deferred_tools.describe(entry, hidden) end
    if summary then
      out[#out + 1] = { name = entry.name, description = summary, schema = as_text(schema) }
    end
  end
  return out, hidden
end

---The tools that wait to be found, and those that were found.
---@param ctx Ctx
---@return {name: string, summary: string, schema: table}[]
function M.waiting(ctx)
  local _, hidden = M.tools(ctx)
  local out = {}
  for i, entry in ipairs(hidden) do
    out[i] = { name = entry.name, summary = entry.value.summary, schema = entry.value.schema }
  end
  return out
end

---Offers a tool that waits from now on.
---@param ctx Ctx
---@param name string
---@return Tool? nil where none of that name waits
function M.offer(ctx, name)
  local _, hidden = M.tools(ctx)
  for _, entry in ipairs(hidden) do
    if entry.name == name then
      local found = ctx.found_tools
      local known = false
      for _, each in ipairs(found) do known = known or each == name end
      if not known then found[#found + 1] = name end
      ctx.tools = M.tools(ctx)
      return entry.value
    end
  end
end

local DEFAULT_MAX, RAISED_MAX = 8000, 64000

---@param ctx Ctx
---@param model Model
---@param raised boolean? the answer was cut by our own limit: ask with the higher one
---@return View
---@return boolean ours the limit is our choice and may be raised
function M.view(ctx, model, raised)
  local asked = math.tointeger(tonumber((ctx.settings:env "QWEN_CODE_MAX_OUTPUT_TOKENS")))
  local sampling, provider = model.config.samplingParams, provider_of.of(model)
  -- What the person set is never changed; where sampling parameters go out as they are, nothing is added to them.
  local set = sampling and (sampling.max_tokens or sampling.max_completion_tokens or provider and provider.sampling_alone)
  if asked and asked < 1 then asked = nil end
  local most = raised and RAISED_MAX or DEFAULT_MAX
  local limit = not set and (asked or window.answer(ctx, model, math.min(model.max_output or most, most))) or nil
  return { system = ctx.system, messages = ctx.session.messages, tools = ctx.tools, max_tokens = limit, session = ctx.session.id, prompt = ctx.prompt_id },
    not set and not asked and not raised and window.answer(ctx, model, model.max_output or RAISED_MAX) > limit
end

local kinds = { text = { user = "prompts", assistant = "answers" }, think = "thinking", call = "calls", result = "tool results" }

-- Bytes of what was said, by kind.
local function said(messages)
  local out = {}
  for _, m in ipairs(messages) do
    for _, part in ipairs(m.parts) do
      local kind = kinds[part.type] or "images and files"
      if type(kind) == "table" then kind = kind[m.role] or "tool results" end
      local data = type(part.data) == "string" and part.data or ""
      out[kind] = (out[kind] or 0) + #(part.text or "") + #(part.args or "") + #data
    end
  end
  return out
end

---What the next request would hold, in bytes that sum to its body.
---@param ctx Ctx
---@return {what: string, bytes: integer}[]?, Err?
---@return integer? total
function M.sizes(ctx)
  local provider, e = provider_of.of(ctx.model)
  if not provider then return nil, e end
  local function size(change)
    local view = M.view(ctx, ctx.model)
    for key, value in pairs(change) do view[key] = value end
    return #table.concat(provider.request(ctx.model, view).body)
  end
  local total = size {}
  local rows = { { what = "system prompt", bytes = total - size { system = "" } }, { what = "tools", bytes = total - size { tools = {} } } }
  local rest = total - rows[1].bytes - rows[2].bytes
  local parts = said(ctx.session.messages)
  for _, what in ipairs { "prompts", "answers", "thinking", "calls", "tool results", "images and files" } do
    if parts[what] then
      rows[#rows + 1] = { what = what, bytes = parts[what] }
      rest = rest - parts[what]
    end
  end
  rows[#rows + 1] = { what = "form (JSON, parameters)", bytes = rest }
  return rows, nil, total
end

return M
