-- `/skills`: the skills in Markdown that the model may read, and where each is from. At the prompt
-- one can be looked at, used, changed and turned off.

local tr = qwen.tr

local C = { summary = "list the skills of ~/.qwen/skills and of this project", shell = true }

local PREVIEW = 1200 -- characters of a skill

local function none() return tr "no skill; write one as ~/.qwen/skills/NAME/SKILL.md (docs/extending.md)" end

-- Turns a skill off, or on again, for this person.
local function turn(ctx, card)
  local names, changed = {}, {}
  for _, name in ipairs(ctx.settings:get "skills.disabled" or {}) do
    if name:lower() ~= card.name:lower() then names[#names + 1] = name end
  end
  if not card.off then names[#names + 1] = card.name end
  changed[1] = { path = { "skills", "disabled" }, value = qwen.json.array(names) }
  local path, e = qwen.x.settings_writer.set(changed)
  if not path then return nil, e end
  ctx.print(card.off and tr("on from the next session on: %s", card.name)
    or tr("off from the next session on: %s", card.name))
  return 0
end

local function change(ctx, card)
  local old, e = qwen.fs.read(card.path)
  if not old then return nil, e end
  local written
  written, e = ctx.edit((old:gsub("\n$", "")))
  if not written then return nil, e end
  if written .. "\n" == old then
    ctx.print(tr "nothing was changed")
    return 0
  end
  local ok
  ok, e = qwen.fs.write(card.path, written .. "\n")
  if not ok then return nil, e end
  ctx.print(tr("written: %s; it counts from the next session on", qwen.paths.short(card.path)))
  return 0
end

-- What can be done with a skill; without an action it was only looked at.
local function act(ctx, card)
  local choices = { tr "Write a prompt with it", tr "Change it in your editor",
    card.off and tr "Turn it on" or tr "Turn it off" }
  local what = ctx.pick(card.name, choices)
  if what == 1 then ctx.prefill(tr("Use the skill %s: ", card.name)) end
  if what == 2 then return change(ctx, card) end
  if what == 3 then return turn(ctx, card) end
  return 0
end

function C.run(ctx)
  local cards, problems = qwen.x.markdown_resource.list(ctx, "skills")
  if not ctx.pick or not ctx.prefill or not cards[1] then
    return qwen.x.markdown_resource.show(ctx, "skills", none())
  end
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  local rows = {}
  for i, card in ipairs(cards) do
    local about = card.description:gsub("%s+", " ")
    rows[i] = { label = card.name, detail = card.off and tr("off: %s", about) or about }
  end
  local at = ctx.pick(tr "Skills", rows, { search = true, preview = function(i)
    return ("`%s`\n\n"):format(qwen.paths.short(cards[i].path)) .. qwen.text.head_tail(cards[i].body, PREVIEW)
  end })
  return at and act(ctx, cards[at]) or 0
end

return C
