-- Groq: how much to think is a plain word; thinking comes in a field of its own when that is asked for.
local P = { summary = "Groq", base = "openai", match = { hosts = { "groq.com" } }, think_tags = true }

function P.efforts(model)
  if model.id:find "gpt%-oss" then return "low medium high" end
  return model.id:find "qwen3" and "none high" or ""
end

function P.reason(fields, model, reasoning)
  if model.id:find "gpt%-oss" then
    fields.reasoning_effort = reasoning and reasoning.effort or nil
  elseif reasoning == false then
    fields.reasoning_effort = "none"
  else
    fields.reasoning_format = "parsed"
  end
end

return P
