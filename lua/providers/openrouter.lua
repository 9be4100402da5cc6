-- OpenRouter: says which program asks; marks for the cache where the model behind it wants them; it maps the words for thinking itself.
local P = { summary = "OpenRouter", base = "openai", match = { hosts = { "openrouter.ai" } } }

function P.headers()
  return { ["HTTP-Referer"] = "https://localhost/qwen", ["X-OpenRouter-Title"] = "qwen" }
end

function P.marks(model)
  return model.id:find "^anthropic/" ~= nil and model.config.enableCacheControl ~= false
end

function P.efforts() return "none low medium high xhigh" end

function P.reason(fields, _, reasoning)
  fields.reasoning = reasoning or { effort = "none" }
end

return P
