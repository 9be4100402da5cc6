-- What the model is shown: a pure view of the session. Shortening long sessions is not done here.
local json = require "sys.json"
local resource = require "qwen.resource"
local rules = require "qwen.agent.permit"

local M = {}

local encoded = setmetatable({}, { __mode = "k" })

-- A tool's schema is encoded once.
local function schema_of(tool)
  local text = encoded[tool]
  if not text then
    text = json.encode(tool.schema)
    encoded[tool] = text
  end
  return text
end

---The tools offered to the model: those a rule refuses outright are not.
---@param ctx Ctx
---@return {name: string, description: string, schema: string}[]
function M.tools(ctx)
  local out = {}
  for _, entry in ipairs(resource.list "tools") do
    local off = entry.name == "list_directory" and ctx.settings:get "tools.listDirectory.enabled" == false
    if entry.value and not off and not rules.refused(ctx, entry.name) then
      out[#out + 1] = { name = entry.name, description = entry.summary, schema = schema_of(entry.value) }
    end
  end
  return out
end

local DEFAULT_MAX = 8000

---@param ctx Ctx
---@param model Model
---@return View
function M.view(ctx, model)
  local _, env = pcall(ctx.settings.env, ctx.settings, "QWEN_CODE_MAX_OUTPUT_TOKENS")
  local asked = math.tointeger(tonumber(env))
  local sampling = model.config.samplingParams
  return {
    system = ctx.system, messages = ctx.session.messages, tools = ctx.tools,
    max_tokens = not (sampling and sampling.max_tokens) and (asked or math.min(model.max_output or DEFAULT_MAX, DEFAULT_MAX)) or nil,
    session = ctx.session.id,
  }
end

return M
