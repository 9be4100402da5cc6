-- The protocols we know: their variables, default address and default model. Other names in settings
-- must be provider files, or be mapped to one of these by `providerProtocol`.

local M = {}

-- In the order in which they are listed and looked through.
M.names = { "openai", "openai-responses", "anthropic", "gemini", "vertex-ai" }

local known = {
  openai = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", models = { "OPENAI_MODEL", "QWEN_MODEL" },
    default_url = "https://api.openai.com/v1" },
  ["openai-responses"] = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", models = { "OPENAI_MODEL" },
    default_url = "https://api.openai.com/v1" },
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", models = { "ANTHROPIC_MODEL" },
    default_url = "https://api.anthropic.com", default_model = "claude-sonnet-4-5" },
  gemini = { key = "GEMINI_API_KEY", url = "GOOGLE_GEMINI_BASE_URL", models = { "GEMINI_MODEL" },
    default_url = "https://generativelanguage.googleapis.com", default_model = "gemini-2.5-pro" },
  ["vertex-ai"] = { key = "GOOGLE_API_KEY", url = "GOOGLE_VERTEX_BASE_URL", models = { "GOOGLE_MODEL" },
    default_url = "https://aiplatform.googleapis.com/v1", located = true },
  ["qwen-oauth"] = { models = {}, default_url = "https://dashscope.aliyuncs.com/compatible-mode/v1",
    default_model = "coder-model", only = "coder-model" },
}

-- Variables that are an address, or become a part of one.
local addresses = { GOOGLE_CLOUD_PROJECT = true, GOOGLE_CLOUD_LOCATION = true }
for _, protocol in pairs(known) do
  if protocol.url then addresses[protocol.url] = true end
end

---Whether a variable is an address of a service, or becomes a part of one.
---@param name string
---@return boolean
function M.is_address(name)
  return addresses[name] or false
end

---What we know of a protocol; nil for a name of a provider file.
---@param name string
---@return {key: string, url: string, models: string[], default_url: string, default_model: string?,
---only: string?, located: boolean?}?
function M.get(name)
  return known[name]
end

---The first variable of a list that is set and not empty.
---@param env fun(name: string): string?, string?
---@param names string[]
---@return string? value
---@return string? source in words
function M.first(env, names)
  for _, name in ipairs(names) do
    local value, source = env(name)
    if value and value ~= "" then return value, source end
  end
end

---The protocol that the variables speak for when nothing names one: the first that has a key or an
---address, and a model; else the first that has a key.
---@param env fun(name: string): string?
---@param named boolean? a flag or a setting names the model already
---@return string
function M.guess(env, named)
  local incomplete
  for _, name in ipairs(M.names) do
    local own = known[name]
    local service = M.first(env, { own.key, own.url, own.located and "GOOGLE_CLOUD_PROJECT" or nil })
    if service and (named and not own.located or M.first(env, own.models)) then return name end
    -- a key of Google's may be for any of its services: without a model it is not taken for this one
    if service and not own.located then incomplete = incomplete or name end
  end
  return incomplete or "openai"
end

return M
