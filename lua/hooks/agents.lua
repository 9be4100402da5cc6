-- Agents in Markdown, as Qwen Code has them: each is a system prompt of its own with tools, a model and a limit of turns. The model gives one a
-- task by the tool `task`; what the agent answers last is the result.

local tr = qwen.tr
local SUMMARY = "Give a task to an agent; its last answer is the result. It sees nothing of this conversation: say all it must know. "
  .. "Several in one turn run side by side. Agents:\n"
local BESIDE = 4 -- agents at the same time, where no setting says otherwise
local NEVER = { task = true, todo_write = true }

-- Whether a tool is offered to an agent: named, or of a kind that is named; all where none is.
local function offers(card)
  local named, refused = qwen.x.markdown_resource.words(card.fields.tools), qwen.x.markdown_resource.words(card.fields.disallowedTools) or {}
  return function(name)
    if NEVER[name] then return false end
    for _, rule in ipairs(refused) do
      if qwen.x.policy.concerns(rule, name) then return false end
    end
    for _, rule in ipairs(named or {}) do
      if qwen.x.policy.names(rule, name) then return true end
    end
    return named == nil
  end
end

-- `places` has room for as many as may work at the same time.
local function run(ctx, card, args, places)
  local started = qwen.task.now()
  places:put(true)
  local _ <close> = setmetatable({}, { __close = function() places:get() end })
  local own_model = card.name == "explore" and ctx.settings:get "agents.builtin.exploreModel" or nil
  local level = card.fields.effort
  if level and not (" none low medium high xhigh max default "):find(" " .. level .. " ", 1, true) then
    return nil, qwen.err("usage", tr("the agent %s: there is no effort '%s'", card.name, level))
  end
  local text, e, turns = qwen.x.subagent.run(ctx, { effort = level, title = card.name, prompt = args.prompt, model = card.fields.model or own_model,
    system = card.body, max_turns = math.tointeger(tonumber(card.fields.maxTurns)), offers = offers(card),
    plan = card.fields.approvalMode == "plan" })
  if not text then return nil, e end
  return { text = text, display = tr("%d turns, %.0f s", turns, qwen.task.now() - started) }
end

local function make_tool(ctx, cards)
  local most = math.tointeger(ctx.settings:get "agents.maxParallelAgents") or BESIDE
  local places = qwen.task.queue(math.max(1, most))
  local lines, names, by_name = qwen.x.markdown_resource.menu(cards)
  return {
    summary = SUMMARY .. lines, effect = "none",
    schema = { type = "object", required = { "subagent_type", "prompt" }, properties = {
      subagent_type = { type = "string", enum = names },
      prompt = { type = "string", minLength = 1 },
      description = { type = "string" },
    } },
    label = function(args) return args.subagent_type .. (args.description and ": " .. args.description or "") end,
    run = function(scoped, args) return run(scoped, by_name[args.subagent_type], args, places) end,
  }
end

return {
  summary = "offers the agents that ship, of ~/.qwen/agents and of a trusted project",
  session_started = function(ctx)
    local cards, problems = qwen.x.markdown_resource.list(ctx, "agents")
    for _, problem in ipairs(problems) do ctx.notice(problem) end
    if #cards > 0 then qwen.x.registry.provide("tools", "task", make_tool(ctx, cards), "agents") end
  end,
}
