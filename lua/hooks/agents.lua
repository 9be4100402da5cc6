-- Agents in Markdown, as Qwen Code has them: each is a system prompt of its own with tools, a model and a limit of turns. The model gives one a
-- task by the tool `task`; what the agent answers last is the result.

local tr = qwen.tr
local SUMMARY = "Give a task to an agent. It works on its own, with a conversation that you do not see, and its last answer is the result. Say "
  .. "everything it must know and what it is to answer. The agents:\n"
local NEVER = { task = true, todo_write = true }

-- Whether a tool is offered to an agent: named, or of a kind that is named; all where none is.
local function offers(card)
  local named, refused = qwen.x.markdown_resource.words(card.fields.tools), qwen.x.markdown_resource.words(card.fields.disallowedTools) or {}
  return function(name)
    if NEVER[name] then return false end
    for _, rule in ipairs(refused) do
      if qwen.x.policy.names(rule, name) then return false end
    end
    for _, rule in ipairs(named or {}) do
      if qwen.x.policy.names(rule, name) then return true end
    end
    return named == nil
  end
end

local function run(ctx, card, args)
  local started = qwen.task.now()
  local text, e, turns = qwen.x.subagent.run(ctx, { title = card.name, prompt = args.prompt, model = card.fields.model,
    system = ("%s\n\nFolder: %s"):format(card.body, ctx.cwd), max_turns = math.tointeger(tonumber(card.fields.maxTurns)), offers = offers(card),
    plan = card.fields.approvalMode == "plan" })
  if not text then return nil, e end
  return { text = text, display = tr("%d turns, %.0f s", turns, qwen.task.now() - started) }
end

local function make_tool(cards)
  local lines, names, by_name = qwen.x.markdown_resource.menu(cards)
  return {
    summary = SUMMARY .. lines, effect = "none", serial = true,
    schema = { type = "object", required = { "subagent_type", "prompt" }, properties = {
      subagent_type = { type = "string", enum = names, description = "the agent" },
      prompt = { type = "string", minLength = 1, description = "the whole task" },
      description = { type = "string", description = "what it is for, in a few words" },
    } },
    label = function(args) return args.subagent_type .. (args.description and ": " .. args.description or "") end,
    run = function(ctx, args) return run(ctx, by_name[args.subagent_type], args) end,
  }
end

return {
  summary = "offers the agents of ~/.qwen/agents and of a trusted project",
  session_started = function(ctx)
    local cards, problems = qwen.x.markdown_resource.list(ctx, "agents")
    for _, problem in ipairs(problems) do ctx.notice(problem) end
    if #cards > 0 then qwen.x.registry.provide("tools", "task", make_tool(cards), "agents") end
  end,
}
