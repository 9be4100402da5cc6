-- Ollama, on its usual port: it takes how much to think as a plain word, from models that can think at all.
local P = { summary = "Ollama", base = "local", match = { hosts = { ":11434" } } }

function P.efforts() return "none low medium high" end

function P.reason(fields, _, reasoning)
  fields.reasoning_effort = reasoning and reasoning.effort or not reasoning and "none" or nil
end

return P
