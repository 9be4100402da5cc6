-- The model proposes to plan first: plan mode, if the user wants it.

local phrase, tr = qwen.phrase, qwen.tr
local plan_mode = qwen.x.plan_mode

local T = {
  summary = "Propose plan mode to the user: look and plan before anything is changed.",
  effect = "none",
  asks = true,
  serial = true,
  deferred = true,
  schema = { type = "object", properties = {} },
}

T.verbs = { ask = phrase "Plan first", done = phrase "Plan first" }

function T.offered(ctx) return ctx.interactive and not ctx.agent end

function T.label() return "" end

local function on(ctx)
  plan_mode.take(ctx, "plan")
  return { text = plan_mode.words(ctx), display = tr "plan mode is on" }
end

function T.run(ctx)
  if ctx.mode == "plan" then return on(ctx) end
  local key, words = ctx.ask { title = tr "Plan first, and change nothing until you approve the plan?",
    markdown = true, stands = true, turn = true, choices = {
      { key = "y", label = tr "Yes, turn plan mode on" },
      { key = "n", label = tr "No, and tell the model why",
        words = tr "What should the model know? (may stay empty)" },
    } }
  if key == "y" then return on(ctx) end
  local said = words and words ~= "" and words
  return { error = true, display = said and tr("refused: %s", said) or tr "refused",
    text = "The user does not want plan mode: go on as you were."
      .. (said and " The user says: " .. said or "") }
end

return T
