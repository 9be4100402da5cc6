-- Skills in Markdown, as Qwen Code has them: the model sees names and descriptions in the tool `skill` and reads one when it fits.

local tr = qwen.tr
local SUMMARY = "Read a skill: instructions for a kind of task, written by the user. Read one before you begin a task that its description fits. The skills:\n"

-- The names of the files beside SKILL.md, which its text may speak of.
local function files_of(folder)
  local names = {}
  for path in qwen.x.files.walk(folder, 50) do
    if path ~= "SKILL.md" then names[#names + 1] = path end
  end
  table.sort(names)
  return table.concat(names, "\n")
end

local function make_tool(cards)
  local lines, names, by_name = qwen.x.markdown_resource.menu(cards)
  return {
    summary = SUMMARY .. lines, effect = "none",
    schema = { type = "object", properties = { skill = { type = "string", enum = names, description = "its name" },
      args = { type = "string", description = "what it is to be done with" } }, required = { "skill" } },
    label = function(args) return args.skill end,
    run = function(ctx, args)
      local card = by_name[args.skill]
      qwen.x.files.show_folder(ctx, card.folder)
      local files = files_of(card.folder)
      local text = ("Skill %s, from %s:\n\n%s"):format(card.name, card.path, card.body)
      if args.args and args.args ~= "" then text = text .. "\n\nIt is asked for with: " .. args.args end
      if files ~= "" then text = text .. "\n\nFiles in " .. card.folder .. ":\n" .. files end
      return { text = text, display = tr("read %s", qwen.paths.short(card.path)) }
    end,
  }
end

return {
  summary = "offers the skills of ~/.qwen/skills and of a trusted project",
  session_started = function(ctx)
    local cards, problems = qwen.x.markdown_resource.list(ctx, "skills")
    for _, problem in ipairs(problems) do ctx.notice(problem) end
    local offered = {}
    for _, card in ipairs(cards) do
      if card.fields["disable-model-invocation"] ~= "true" and not card.off then offered[#offered + 1] = card end
    end
    if #offered > 0 then qwen.x.registry.provide("tools", "skill", make_tool(offered), "skills") end
  end,
}
