-- The end of plan mode: the user sees the plan and says how it is carried out, or what should be
-- different.

local phrase, tr = qwen.phrase, qwen.tr
local plan_mode = qwen.x.plan_mode

local T = {
  summary = "In plan mode: show the user your plan, in Markdown, for approval.",
  effect = "none",
  asks = true,
  serial = true,
  deferred = true, -- the note about plan mode names it
  schema = {
    type = "object",
    properties = { plan = { type = "string", minLength = 1 } },
    required = { "plan" },
  },
}

T.verbs = { ask = phrase "Plan", done = phrase "Planned" }

function T.offered(ctx) return (ctx.interactive or ctx.decide) and not ctx.agent end

---The plan itself stands below.
function T.label() return "" end

local CHOICES = {
  { key = "auto", mode = "auto-edit",
    label = phrase "Yes, and edit files without asking (auto-edit)",
    words = "Files are edited without a question from now on." },
  { key = "ask", mode = "default", label = phrase "Yes, ask about each change",
    words = "The user is asked about each change." },
  { key = "judged", mode = "auto", before = true,
    label = phrase "Yes, and let a model judge commands, as before (auto)",
    words = "A model judges commands from now on." },
  { key = "yolo", mode = "yolo", before = true, label = phrase "Yes, and ask nothing, as before (yolo)",
    words = "The user is asked nothing from now on." },
  { key = "no", label = phrase "No: tell what should be different" },
}

-- The choice that was taken, and the words with it. Enter takes the mode that was before plan mode,
-- so that nothing is allowed for longer by one key.
local function ask(ctx, plan)
  local choices, by_key, at = {}, {}, nil
  local before = ctx.mode_before or "default"
  for _, choice in ipairs(CHOICES) do
    if not choice.before or choice.mode == before then
      choices[#choices + 1] = { key = choice.key, label = tr(choice.label),
        words = not choice.mode and tr "What should be different? (may stay empty)" or nil }
      by_key[choice.key] = choice
      if choice.mode == before then at = #choices end
    end
  end
  if ctx.edit then choices[#choices + 1] = { key = "e", label = tr "Change it first" } end
  local key, words = ctx.ask { title = tr "Carry out this plan?", detail = plan, markdown = true,
    stands = true, turn = true, at = at, choices = choices }
  return by_key[key], words, key == "e"
end

-- The plan as the person has written it anew in their editor.
local function edited(ctx, plan)
  local text, e = ctx.edit(plan, ".md")
  if not text then ctx.notice(e.message) end
  return text and text:find "%S" and text or plan
end

local function off(ctx)
  return { text = plan_mode.off(ctx.mode), display = tr "plan mode is off", error = true }
end

local function approved(ctx, choice, plan, changed)
  if ctx.mode ~= "plan" then return off(ctx) end -- the user left it meanwhile
  plan_mode.take(ctx, choice.mode)
  local words = choice.words .. " Carry it out now; keep its steps with todo_write."
  local path, e = qwen.x.plan_file.save(ctx, plan)
  if path then words = words .. (" The plan is in %s."):format(path) end
  if e then ctx.notice(e.message) end
  return { text = plan_mode.approved(words, changed),
    display = tr("approved, mode: %s", choice.mode) }
end

-- What a program that leads the session says of the plan; the mode is then the one before plan mode.
local function asked_program(ctx, args, id)
  local allowed, _, changed, _, words = ctx.decide({ name = "exit_plan_mode", id = id }, T, args)
  local plan = changed and type(changed.plan) == "string" and changed.plan or args.plan
  if not allowed and not changed then return nil, words, plan end
  local mode = ctx.mode_before ~= "plan" and ctx.mode_before or "default"
  for _, choice in ipairs(CHOICES) do
    if choice.mode == mode then return choice, nil, plan end
  end
end

function T.run(ctx, args, id)
  if ctx.mode ~= "plan" then return off(ctx) end
  if not args.plan:find "%S" then
    return { text = "The plan is empty. Nothing was asked.", error = true }
  end
  local plan = args.plan
  local choice, words, change
  if ctx.decide then
    choice, words, plan = asked_program(ctx, args, id)
  else
    choice, words, change = ask(ctx, plan)
  end
  while change do
    plan = edited(ctx, plan)
    choice, words, change = ask(ctx, plan)
  end
  local changed = plan ~= args.plan and plan or nil
  if choice and choice.mode then return approved(ctx, choice, plan, changed) end
  local said = words and words ~= "" and words
  return { error = true, display = said and tr("not approved: %s", said) or tr "not approved",
    text = "The user did not approve the plan. Plan mode stays on. "
      .. (said and "The user says: " .. said or "Ask what should be different, and end there.")
      .. (changed and qwen.x.kept.CHANGED .. changed or "") }
end

function T.shown(args, result) return qwen.x.kept.changed(result) or args.plan end

return T
