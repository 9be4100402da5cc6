-- Azure OpenAI: a deployment is part of the address, the key has a header of its own. Addresses that end in /openai/v1 are as elsewhere.
local P = {
  summary = "Azure OpenAI",
  base = "openai",
  match = { hosts = { "openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com" } },
}

local VERSION = "2024-10-21" -- until generationConfig.apiVersion says another

function P.url(model)
  local base, query = model.base_url:match "^([^?]*)%??(.*)$"
  query = model.query or query
  if base:find "/v1$" then return base .. "/chat/completions" .. (query ~= "" and "?" .. query or "") end
  if not base:find("/deployments/", 1, true) then base = ("%s/openai/deployments/%s"):format(base:gsub("/openai$", ""), model.id) end
  if query == "" then query = "api-version=" .. (model.config.apiVersion or VERSION) end
  return ("%s/chat/completions?%s"):format(base, query)
end

function P.sign(_, key)
  return { ["api-key"] = { key } }
end

return P
