-- vLLM, on its usual port: thinking is a switch of the model's template.
local P = { summary = "vLLM", base = "local", match = { hosts = { ":8000" } } }

function P.reason(fields, _, reasoning)
  fields.chat_template_kwargs = { enable_thinking = reasoning and true or false }
end

return P
