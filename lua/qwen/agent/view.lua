-- What the model is shown: a pure view of the session. Shortening long sessions is not done here.
local json = require "sys.json"
local registry = require "qwen.extension.registry"
local rules = require "qwen.permission.rules"
local provider_of = require "qwen.model.provider_of"
local prompt_profile = require "qwen.agent.prompt_profile"
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

---The tools offered to the model: those a rule refuses outright are not.
---@param ctx Ctx
---@return {name: string, description: string, schema: string}[]
function M.tools(ctx)
  local out, set, profile = {}, rules.of(ctx), prompt_profile.of(ctx)
  for _, entry in ipairs(registry.list "tools") do
    local off = entry.name == "list_directory" and ctx.settings:get "tools.listDirectory.enabled" == false
    if entry.value and not off and (not ctx.offers or ctx.offers(entry.name)) and not rules.refused(ctx, entry.name, set) then
      local summary, schema = prompt_profile.tool(profile, entry)
      if summary then out[#out + 1] = { name = entry.name, description = summary, schema = as_text(schema) } end
    end
  end
  return out
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
