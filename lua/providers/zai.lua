-- Z.AI (Zhipu): thinking is a switch, and goes back beside the answer.
local P = {
  summary = "Z.AI",
  base = "openai",
  match = { hosts = { "z.ai", "bigmodel.cn" }, models = { "^glm%-" } },
  thinking_field = "reasoning_content",
}

function P.efforts() return "none high" end

function P.reason(fields, _, reasoning)
  fields.thinking = { type = reasoning and "enabled" or "disabled" }
end

return P
