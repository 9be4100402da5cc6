-- Skills in Markdown, as Qwen Code and Claude Code have them: the model sees names and descriptions in
-- the tool `skill` and reads one when it fits; the user calls one as `/NAME`. One with `paths` waits
-- for the model until a tool has touched such a file.

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

-- What `${NAME}` stands for in its text.
local function variables_of(ctx, card)
  return { CLAUDE_SKILL_DIR = card.folder, QWEN_SKILL_ROOT = card.folder,
    CLAUDE_SESSION_ID = ctx.session and ctx.session.id }
end

-- The whole text of a skill, made for what it is to be done with.
local function text_of(ctx, card, args)
  qwen.x.files.show_folder(ctx, card.folder)
  local body, e = qwen.x.prompt_command.fill(ctx, { name = card.name, fields = card.fields,
    body = card.body, own = card.level == "user", variables = variables_of(ctx, card), package = card.package,
    behind = "It is asked for with: " }, args)
  if not body then return nil, e end
  local text = ("Skill %s, from %s:\n\n%s"):format(card.name, card.path, body)
  local files = files_of(card.folder)
  if files ~= "" then text = text .. "\n\nFiles in " .. card.folder .. ":\n" .. files end
  return text
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
      local text, e = text_of(ctx, card, args.args or "")
      if not text then return nil, e end
      return { text = text, display = tr("read %s", qwen.paths.short(card.path)) }
    end,
  }
end

-- As a command of the user, where its name can be one.
local function make_command(card)
  return {
    summary = card.description:match "^[^\n]*", args = card.fields["argument-hint"], session = true,
    run = function(ctx, _, rest)
      local prompt, e = text_of(ctx, card, rest or "")
      if prompt then prompt, e = qwen.x.prompt_command.expanded(ctx, card.name, rest or "", prompt) end
      if not prompt then return nil, e end
      return { prompt = prompt }
    end,
  }
end

-- By its name, and one of a package by both names, as Qwen Code has it: PACKAGE:NAME.
local function provide_command(card)
  local names = { card.name, card.package and card.package.name .. ":" .. card.bare or nil }
  for _, name in ipairs(names) do
    if name:find "^[%w_:/.\128-\255-]+$" then
      qwen.x.registry.provide("commands", name, make_command(card), "skills")
    end
  end
end

local offered, waiting = {}, {} -- cards that the model is offered; those that wait for their paths

local function provide_tool()
  table.sort(offered, function(a, b) return a.name < b.name end)
  if #offered > 0 then qwen.x.registry.provide("tools", "skill", make_tool(offered), "skills") end
end

-- Whether a path in the project fits one of a skill's patterns.
local function fits(card, path)
  for _, pattern in ipairs(qwen.x.markdown_resource.words(card.fields.paths)) do
    if qwen.x.files.glob(pattern)(path) then return true end
  end
  return false
end

local function touched(ctx, path)
  local relative, any = path:sub(#ctx.cwd + 2), false
  if path:sub(1, #ctx.cwd + 1) ~= ctx.cwd .. "/" then return false end
  for i = #waiting, 1, -1 do
    if fits(waiting[i], relative) then
      offered[#offered + 1], any = table.remove(waiting, i), true
    end
  end
  return any
end

return {
  summary = "offers the skills of the user, of packages and of a trusted project",
  session_started = function(ctx)
    local cards, problems = qwen.x.markdown_resource.list(ctx, "skills")
    for _, problem in ipairs(problems) do ctx.notice(problem) end
    offered, waiting = {}, {}
    for _, card in ipairs(cards) do
      local fields = card.fields
      if not card.off and fields["disable-model-invocation"] ~= "true" then
        local list = fields.paths and fields.paths ~= "" and waiting or offered
        list[#list + 1] = card
      end
      if not card.off and fields["user-invocable"] ~= "false" then provide_command(card) end
    end
    provide_tool()
  end,
  tool_ended = function(ctx, call)
    if #waiting == 0 then return end
    local tool = qwen.x.registry.get("tools", call.name)
    local args = tool and tool.paths and qwen.json.decode(call.args ~= "" and call.args or "{}", false, true)
    local any = false
    for _, place in ipairs(type(args) == "table" and qwen.x.files.places(ctx, tool.paths(args)) or {}) do
      any = touched(ctx, place.name) or any
    end
    if any then
      provide_tool()
      ctx.tools = qwen.x.view.tools(ctx)
    end
  end,
}
