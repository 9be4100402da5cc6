-- The protocols we know: their variables, default address and default model. Other names in settings must be provider files.

local M = {}

-- In the order in which they are listed and looked through.
M.names = { "openai", "openai-responses", "anthropic", "gemini", "vertex-ai" }

local known = {
  openai = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", models = { "OPENAI_MODEL", "QWEN_MODEL" },
    default_url = "https://api.openai.com/v1", default_model = "qwen3-coder-plus" },
  ["openai-responses"] = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", models = { "OPENAI_MODEL" }, default_url = "https://api.openai.com/v1" },
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", models = { "ANTHROPIC_MODEL" }, default_url = "https://api.anthropic.com" },
  gemini = { key = "GEMINI_API_KEY", url = "GOOGLE_GEMINI_BASE_URL", models = { "GEMINI_MODEL" },
    default_url = "https://generativelanguage.googleapis.com" },
  ["vertex-ai"] = { key = "GOOGLE_API_KEY", url = "GOOGLE_VERTEX_BASE_URL", models = { "GOOGLE_MODEL" },
    default_url = "https://aiplatform.googleapis.com/v1" },
  ["qwen-oauth"] = { models = {}, default_url = "https://dashscope.aliyuncs.com/compatible-mode/v1", default_model = "coder-model", only = "coder-model" },
}

-- A project has an address of its own; without one, a key stands for it.
known["vertex-ai"].locate = function(env)
  local project, source = M.first(env, { "GOOGLE_CLOUD_PROJECT" })
  if not project then return nil end
  local place = M.first(env, { "GOOGLE_CLOUD_LOCATION" }) or "global"
  local host = place == "global" and "aiplatform.googleapis.com" or place .. "-aiplatform.googleapis.com"
  return ("https://%s/v1/projects/%s/locations/%s"):format(host, project, place), source
end

---What we know of a protocol; nil for a name of a provider file.
---@param name string
---@return {key: string, url: string, models: string[], default_url: string, default_model: string?, locate: function?}?
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

---The protocol that the variables speak for when nothing names one: openai unless only another one has its key and model.
---@param env fun(name: string): string?
---@return string
function M.guess(env)
  if M.first(env, { known.openai.key, known.openai.url }) then return "openai" end
  for _, name in ipairs(M.names) do
    if M.first(env, { known[name].key }) and M.first(env, known[name].models) then return name end
  end
  return "openai"
end

---The address of a protocol for a model without an entry, and where it comes from.
---@param settings Settings
---@param opts table flags
---@param protocol string
---@return string url without a final slash
---@return string source
function M.address(settings, opts, protocol)
  local own = known[protocol] or {}
  if opts.base_url then return opts.base_url, "flag --openai-base-url" end
  local url, source = M.first(function(name) return settings:env(name) end, { own.url })
  if not url and protocol == "openai" then
    url = settings:get "security.auth.baseUrl"
    source = url and settings:explain("security.auth.baseUrl")[1].source .. " security.auth.baseUrl"
  end
  if not url and own.locate then
    url, source = own.locate(function(name) return settings:env(name) end)
  end
  return ((url or own.default_url or ""):gsub("/+$", "")), source or "default"
end

return M
