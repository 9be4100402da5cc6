-- DeepSeek: messages are plain texts, every answer has its thinking beside it, and how much to think has names of its own.
local P = {
  summary = "DeepSeek",
  base = "openai",
  match = { hosts = { "api.deepseek.com" }, models = { "deepseek" } },
  thinking_field = "reasoning_content",
}

function P.encode_media(_, part)
  return { type = "text", text = ("[Unsupported content type: %s]"):format(part.mime) }
end

function P.encode_message(model, message)
  local items = P.super.encode_message(model, message)
  for _, item in ipairs(items) do
    local texts = {}
    for i, part in ipairs(type(item.content) == "table" and item.content or {}) do texts[i] = part.text end
    if #texts > 0 then item.content = table.concat(texts, "\n\n") end
  end
  return items
end

local function at_home(model)
  local url = qwen.http.parse_url(model.base_url)
  return url and url.host:find "api%.deepseek%.com$"
end

function P.efforts(model)
  return at_home(model) and "none high max" or P.super.efforts(model)
end

local efforts = { low = "high", medium = "high", high = "high", xhigh = "max", max = "max" }

function P.reason(fields, model, reasoning)
  if not at_home(model) then return P.super.reason(fields, model, reasoning) end
  if reasoning then
    fields.reasoning_effort = efforts[reasoning.effort] or reasoning.effort
  else
    fields.thinking = { type = "disabled" }
  end
end

return P
