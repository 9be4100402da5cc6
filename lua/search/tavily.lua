-- Web search by Tavily.

local S = { summary = "Tavily", order = 2, key = "TAVILY_API_KEY", url = "https://api.tavily.com" }

function S.request(query, at)
  return { url = at.url .. "/search",
    headers = { Authorization = { "Bearer ", at.key }, ["Content-Type"] = "application/json" },
    body = qwen.json.encode { query = query, max_results = at.most } }
end

function S.results(answer)
  local out = {}
  for i, each in ipairs(answer.results or {}) do
    out[i] = { title = each.title, url = each.url, snippet = each.content }
  end
  return out
end

return S
