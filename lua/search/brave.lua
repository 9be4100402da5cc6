-- Web search by Brave.

local S = { summary = "Brave Search", order = 3, key = "BRAVE_API_KEY",
  url = "https://api.search.brave.com" }

function S.request(query, at)
  local form = table.concat(qwen.x.body.form { q = query, count = at.most })
  return { url = at.url .. "/res/v1/web/search?" .. form,
    headers = { Accept = "application/json", ["X-Subscription-Token"] = at.key } }
end

function S.results(answer)
  local out = {}
  for i, each in ipairs(answer.web and answer.web.results or {}) do
    local snippet = (each.description or ""):gsub("</?strong>", "")
    out[i] = { title = each.title, url = each.url, snippet = snippet }
  end
  return out
end

return S
