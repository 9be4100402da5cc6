-- LM Studio, on its usual port: it takes how much to think as a plain word.
local P = { summary = "LM Studio", base = "local", match = { hosts = { ":1234" } } }

function P.efforts() return "low medium high" end

function P.reason(fields, _, reasoning)
  if reasoning then fields.reasoning_effort = reasoning.effort end
end

return P
