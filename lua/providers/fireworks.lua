-- Fireworks AI: a session stays on one machine, where its beginning is kept; how much to think is a plain word.
local P = { summary = "Fireworks AI", base = "openai", match = { hosts = { "fireworks.ai" } }, thinking_field = "reasoning_content" }

function P.headers(_, view)
  return view.session and { ["x-session-affinity"] = view.session } or nil
end

function P.efforts() return "none low medium high" end

function P.reason(fields, _, reasoning)
  fields.reasoning_effort = reasoning and reasoning.effort or not reasoning and "none" or nil
end

return P
