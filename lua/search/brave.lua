-- Web search by Brave.

local S = { summary = "Brave Search", order = 3, key = "BRAVE_API_KEY", url = "https://api.search.brave.com" }

function S.request(query, at)
  return { url = at.url .. "/res/v1/web/search?" .. table.concat(qwen.x.body.form { q = query, count = at.most }),
    headers = { Accept = "application/json", ["X-Subscription-Token"] = at.key } }
end

function S.results(answer)
  local out = {}
  for i, each in ipairs(answer.web and answer.web.results or {}) do
    out[i] = { title = each.title, url = each.url, snippet = (each.description or ""):gsub("</?strong>", "") }
  end
  return out
end

return S
