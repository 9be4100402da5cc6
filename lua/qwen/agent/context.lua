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

local DEFAULT_MAX, RAISED_MAX = 8000, 64000

---@param ctx Ctx
---@param model Model
---@param raised boolean? the answer was cut by our own limit: ask with the higher one
---@return View
---@return boolean ours the limit is our choice and may be raised
function M.view(ctx, model, raised)
  local asked = math.tointeger(tonumber((ctx.settings:env "QWEN_CODE_MAX_OUTPUT_TOKENS")))
  local sampling = model.config.samplingParams
  local set = sampling and sampling.max_tokens
  local most = raised and RAISED_MAX or DEFAULT_MAX
  local limit = not set and (asked or math.min(model.max_output or most, most)) or nil
  return { system = ctx.system, messages = ctx.session.messages, tools = ctx.tools, max_tokens = limit, session = ctx.session.id },
    not set and not asked and not raised and (model.max_output or RAISED_MAX) > DEFAULT_MAX
end

return M
