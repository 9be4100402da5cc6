-- Groq: how much to think is a plain word; thinking comes in a field of its own when that is asked for.
local P = { summary = "Groq", base = "openai", match = { hosts = { "groq.com" } }, think_tags = true }

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
