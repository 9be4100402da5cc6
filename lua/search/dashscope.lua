-- Web search by a model of DashScope that searches before it answers. It costs tokens, so it is used
-- only where tools.webSearch.provider names it; for the region Singapore tools.webSearch.url is
-- https://dashscope-intl.aliyuncs.com.

local S = { summary = "DashScope", named = true, key = "DASHSCOPE_API_KEY",
  url = "https://dashscope.aliyuncs.com", model = "qwen-plus" }

function S.request(query, at)
  local search = { forced_search = true, enable_source = true,
    search_strategy = at.url:find "%-intl%." and "agent" or nil }
  local messages = qwen.json.array { { role = "user", content = query } }
  return { url = at.url .. "/api/v1/services/aigc/text-generation/generation",
    headers = { Authorization = { "Bearer ", at.key }, ["Content-Type"] = "application/json" },
    body = qwen.json.encode { model = at.model, input = { messages = messages },
      parameters = { result_format = "message", enable_search = true, search_options = search } } }
end

function S.results(answer)
  local output, out = answer.output or {}, {}
  for i, each in ipairs((output.search_info or {}).search_results or {}) do
    out[i] = { title = each.title, url = each.url }
  end
  local choice = (output.choices or {})[1]
  return out, choice and choice.message and choice.message.content
end

function S.usage(answer)
  local used = answer.usage
  return used and { input = used.input_tokens, output = used.output_tokens }
end

return S
