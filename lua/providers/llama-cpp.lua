-- The server of llama.cpp, on its usual port: thinking is a switch of the model's template.
local P = { summary = "llama.cpp server", base = "local", match = { hosts = { ":8080" } } }

function P.efforts() return "none low medium high" end

function P.reason(fields, _, reasoning)
  fields.reasoning_effort = reasoning and reasoning.effort or nil
  fields.chat_template_kwargs = { enable_thinking = reasoning and true or false }
end

return P
