-- xAI: tokens of thinking are counted beside those of the answer; only some models can be told how much to think.
local P = { summary = "xAI", base = "openai", match = { hosts = { "x.ai" }, models = { "^grok%-" } } }

function P.usage(u)
  local usage = P.super.usage(u)
  if usage.output and usage.reasoning then usage.output = usage.output + usage.reasoning end
  return usage
end

function P.efforts(model)
  return model.id:find "mini" and "low high" or ""
end

function P.reason(fields, model, reasoning)
  if reasoning and model.id:find "mini" then fields.reasoning_effort = reasoning.effort == "low" and "low" or "high" end
end

return P
