-- Web search by a SearXNG of one's own: its address is tools.webSearch.url; its settings must allow the
-- format json.

local S = { summary = "SearXNG", order = 1 }

function S.request(query, at)
  local form = table.concat(qwen.x.body.form { q = query, format = "json" })
  return { url = at.url .. "/search?" .. form }
end

function S.results(answer)
  local out = {}
  for i, each in ipairs(answer.results or {}) do
    out[i] = { title = each.title, url = each.url, snippet = each.content }
  end
  return out
end

return S
