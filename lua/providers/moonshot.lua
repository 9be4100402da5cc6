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

return P
