-- vLLM, on its usual port: how much to think is a plain word, and a switch of the model's template.
local P = { summary = "vLLM", base = "local", match = { hosts = { ":8000" } } }

function P.efforts() return "none low medium high" end

function P.reason(fields, _, reasoning)
  fields.reasoning_effort = reasoning and reasoning.effort or nil -- older ones refuse "none"
  fields.chat_template_kwargs = { enable_thinking = reasoning and true or false }
end

return P
