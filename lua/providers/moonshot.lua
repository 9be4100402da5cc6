-- Moonshot (Kimi): schemas of tools in plain words only, and thinking goes back beside the answer.
local P = {
  summary = "Moonshot (Kimi)",
  base = "openai",
  match = { hosts = { "moonshot.ai", "moonshot.cn", "api.kimi.com" }, models = { "^kimi", "^moonshot" } },
  thinking_field = "reasoning_content",
}

function P.encode_tool(_, tool)
  local parameters = qwen.wire.openapi_schema(tool.schema) or { type = "object", properties = {} }
  return qwen.json.encode { type = "function", ["function"] = { name = tool.name, description = tool.description, parameters = parameters } }
end

-- From K2.5 on thinking is a switch; the models before it think always or never.
function P.efforts(model)
  return model.id:find "kimi%-k2%.[5-9]" and "none high" or ""
end

function P.reason(fields, model, reasoning)
  if P.efforts(model) ~= "" then fields.thinking = { type = reasoning and "enabled" or "disabled" } end
end

return P
