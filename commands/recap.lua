-- `/recap`: what was done in this session and what is next, in a few lines. It asks a model once, beside
-- the conversation, and only when it is called.

local tr = qwen.tr

local C = { summary = "sum up this session in a few lines", session = true }

local SHOWN, EACH = 30, 2000 -- messages that the model is shown, and bytes of each
local TOKENS, SECONDS = 600, 60

local SYSTEM = "You sum up a conversation between a user and a coding assistant for the user, who comes "
  .. "back to it. Write at most four short lines of plain text: what the task is, what was done, what is "
  .. "open or next. No heading, no greeting, nothing that is not in the conversation. Write in the "
  .. "language of the user."

-- The texts of the newest messages, as one text.
local function conversation(session)
  local out, messages = {}, session.messages
  for i = #messages, 1, -1 do
    local m = messages[i]
    local words = m.role ~= "tool" and qwen.message.text_of(m) or ""
    if words:find "%S" and #out < SHOWN then
      table.insert(out, 1, ("%s: %s"):format(m.role == "user" and "User" or "Assistant",
        qwen.text.utf8((qwen.text.head_tail(words, EACH)))))
    end
  end
  return #out > 0 and table.concat(out, "\n\n") or nil
end

function C.run(ctx)
  local said = conversation(ctx.session)
  if not said then return nil, qwen.err("usage", tr "nothing was said yet") end
  ctx.status(tr "reading the conversation")
  local text, e = qwen.one_shot.ask(ctx, { model = ctx.settings:get "fastModel" and "fast" or nil, system = SYSTEM,
    prompt = "The conversation:\n\n" .. said, max_tokens = TOKENS, seconds = SECONDS, purpose = "recap" })
  ctx.status()
  if not text then return nil, e end
  ctx.print(qwen.text.trim(text))
  return 0
end

return C
