-- `/rewind`, or Esc twice: back to an earlier prompt, which stands in the input again. What was said since stays in the file.

local C = { summary = "go back to an earlier prompt and say it differently" }

-- The prompts of the person: place among the messages, and text.
local function prompts(session)
  local out = {}
  for at, message in ipairs(session.messages) do
    local words = message.role == "user" and message.parts[1] and message.parts[1].text
    if words and words ~= "" then out[#out + 1] = { at = at, text = words } end
  end
  return out
end

function C.run(ctx)
  if not ctx.pick then return nil, qwen.err("usage", "/rewind asks which prompt; it works in a session at the prompt only") end
  local found, choices = prompts(ctx.session), {}
  if #found == 0 then
    ctx.print "there is no prompt to go back to yet"
    return 0
  end
  for i, prompt in ipairs(found) do choices[i] = { label = prompt.text } end
  local choice = ctx.pick("Go back to before:", choices, { at = #choices, search = true })
  if not choice then return 0 end
  local ok, e = ctx.session:rewind(found[choice].at)
  if not ok then return nil, e end
  ctx.prefill(found[choice].text)
  return 0
end

return C
