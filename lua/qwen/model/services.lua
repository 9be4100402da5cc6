-- The services we know by their address: what they are called, whose terms apply, and which auth file signs in there.
local http = require "sys.http"
local phrase = require("qwen.util.translate").phrase

local M = {}

-- Whose terms apply, by the end of a host's name; the auth file that signs in there.
local services = {
  { "chat.qwen.ai", "Qwen OAuth", "qwen-oauth", "https://qwen.ai/termsservice", "https://qwen.ai/privacypolicy" },
  { "coding.dashscope.aliyuncs.com", "Alibaba Cloud Coding Plan", "coding-plan" },
  { "coding-intl.dashscope.aliyuncs.com", "Alibaba Cloud Coding Plan", "coding-plan" },
  { "token-plan.cn-beijing.maas.aliyuncs.com", "Alibaba Cloud Token Plan", "token-plan" },
  { "aliyuncs.com", "Alibaba Cloud ModelStudio", "modelstudio", "https://www.alibabacloud.com/terms-of-use", "https://www.alibabacloud.com/privacy-policy" },
  { "openai.azure.com", "Azure OpenAI", nil, "https://www.microsoft.com/servicesagreement/", "https://privacy.microsoft.com/privacystatement" },
  { "openai.com", "OpenAI", nil, "https://openai.com/terms/", "https://openai.com/privacy/" },
  { "modelscope.cn", "ModelScope", nil, "https://modelscope.cn/terms", "https://modelscope.cn/privacy" },
  { "openrouter.ai", "OpenRouter", "openrouter", "https://openrouter.ai/terms", "https://openrouter.ai/privacy" },
  { "deepseek.com", "DeepSeek", "deepseek" }, { "minimax.io", "MiniMax", "minimax" }, { "minimaxi.com", "MiniMax", "minimax" },
  { "api.z.ai", "Z.AI", "zai" }, { "fireworks.ai", "Fireworks AI", "fireworks" },
}

local function service_of(model, field)
  local url = http.parse_url(model.base_url)
  local host = url and url.host or ""
  if model.provider == "qwen-oauth" then host = "chat.qwen.ai" end
  for _, row in ipairs(services) do
    if row[field] and (host == row[1] or host:sub(-#row[1] - 1) == "." .. row[1]) then return row[field], row end
  end
  return nil, nil, host, url and url.loopback
end

---Which terms of service and which privacy notice apply to requests to a model.
---@param model Model
---@return {terms: Phrase|string, privacy: Phrase|string}
function M.terms(model)
  local terms, row, host, loopback = service_of(model, 4)
  if terms then return { terms = terms, privacy = row[5] } end
  if loopback then return { terms = phrase "your own", privacy = phrase "requests stay on this machine" } end
  local whose = phrase("those of the service at %s", host)
  return { terms = whose, privacy = whose }
end

---How one signs in for a model, in English: "Alibaba Cloud Coding Plan", "API key". tr() has its translation.
---@param _ Ctx
---@param model Model
---@return string
function M.method_of(_, model)
  local label, _, _, loopback = service_of(model, 2)
  if label then return label end
  return loopback and "Local model" or "API key"
end

---The auth file that signs in for a model; nil when it is no shipped one.
---@param model Model
---@return string?
function M.name_of(model)
  return (service_of(model, 3))
end

return M
