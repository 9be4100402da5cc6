-- Agents in Markdown, as Qwen Code has them: each is a system prompt of its own with tools, a model and a limit of turns. The model gives one a
-- task by the tool `task`; what the agent answers last is the result.

local SUMMARY = "Give a task to an agent; its last answer is the result. It sees nothing of this conversation: say all it must know. "
  .. "Several in one turn run side by side. Agents:\n"
local BESIDE = 4 -- agents at the same time, where no setting says otherwise
local NEVER = { todo_write = true, ask_user_question = true, enter_plan_mode = true,
  exit_plan_mode = true }

-- How deep agents may start agents.
local function deepest(ctx)
  return math.max(1, math.min(math.tointeger(ctx.settings:get "model.maxSubagentDepth") or 1, 100))
end

-- Whether a tool is offered to an agent: named, or of a kind that is named; all where none is.
local function offers(card, nests)
  local named, refused = qwen.x.markdown_resource.words(card.fields.tools), qwen.x.markdown_resource.words(card.fields.disallowedTools) or {}
  return function(name)
    if NEVER[name] or name == "task" and not nests then return false end
    for _, rule in ipairs(refused) do
      if qwen.x.policy.concerns(rule, name) then return false end
    end
    for _, rule in ipairs(named or {}) do
      if qwen.x.policy.names(rule, name) then return true end
    end
    return named == nil
  end
end

-- How an agent is held, in the words of Qwen Code and Claude Code: "plan" to reading; the others have no
-- effect, since an agent is allowed what its conversation is.
local MODES = { plan = true, default = false, ["auto-edit"] = false, auto_edit = false, auto = false,
  yolo = false, bubble = false, acceptedits = false, dontask = false, bypasspermissions = false,
  manual = false }

-- Whether an agent is held to reading; nil and the word where that is not known.
local function held(card)
  local mode = card.fields.approvalMode or card.fields.permissionMode or "default"
  local known = type(mode) == "string" and MODES[mode == "" and "default" or mode:lower()]
  if type(known) ~= "boolean" then return nil, qwen.inspect(mode) end
  return known
end

local STARTED = "Started in the background as %s. You are told when it ends: do not wait for it, and do not do its work. "
  .. "task_output shows how far it is, task_stop ends it."
local WAITED = "\n\n[It ran in the foreground: here nobody can be told of its end later.]"

-- `places` has room for as many as may work at the same time.
local function run(ctx, card, args, id, places)
  local depth, most = qwen.x.agents.depth(ctx), deepest(ctx)
  if depth > most then
    return nil, qwen.err("denied", qwen.phrase("agents start agents only to depth %d: do it yourself", most))
  end
  local own_model = card.name == "explore" and ctx.settings:get "agents.builtin.exploreModel" or nil
  local level = card.fields.effort
  if level and not (" none low medium high xhigh max default "):find(" " .. level .. " ", 1, true) then
    return nil, qwen.err("usage", qwen.tr("the agent %s: there is no effort '%s'", card.name, level))
  end
  local plan, odd = held(card)
  if plan == nil then
    return nil, qwen.err("usage", qwen.tr("the agent %s: approvalMode is none of ours: %s", card.name, odd))
  end
  local agent = qwen.x.agents.start(ctx, { title = card.name, description = args.description, call = id, places = places, effort = level,
    prompt = args.prompt, model = card.fields.model or own_model, system = card.body, isolated = args.isolation == "worktree",
    max_turns = math.tointeger(tonumber(card.fields.maxTurns)), offers = offers(card, depth < most),
    plan = plan })
  local aside = args.run_in_background
  if aside and ctx.interactive and not ctx.agent then
    qwen.x.agents.to_background(ctx, agent)
    return { text = STARTED:format(agent.id), display = qwen.tr("in the background: %s", agent.id) }
  end
  local result, e = qwen.x.agents.wait(ctx, agent)
  if result and aside then result.text = result.text .. WAITED end
  return result, e
end

local function make_tool(ctx, cards)
  local most = math.tointeger(ctx.settings:get "agents.maxParallelAgents") or BESIDE
  local places = setmetatable({}, { __mode = "k", __index = function(self, parent)
    local queue = qwen.task.queue(math.max(1, most))
    self[parent] = queue
    return queue
  end }) -- by the agent that starts them: one that waits for its own must not wait for its own place
  local lines, names, by_name = qwen.x.markdown_resource.menu(cards)
  return {
    summary = SUMMARY .. lines, effect = "none",
    schema = { type = "object", required = { "subagent_type", "prompt" }, properties = {
      subagent_type = { type = "string", enum = names },
      prompt = { type = "string", minLength = 1 },
      description = { type = "string" },
      -- named where they make sense; taken everywhere
      run_in_background = ctx.interactive and { type = "boolean" } or nil,
      isolation = ctx.trusted and qwen.x.git.branch(ctx.cwd) and { type = "string", enum = { "worktree" } } or nil,
    } },
    verbs = { ask = qwen.phrase "Ask", done = qwen.phrase "Asked" },
    label = function(args) return args.subagent_type .. (args.description and ": " .. args.description or "") end,
    run = function(scoped, args, id)
      return run(scoped, by_name[args.subagent_type], args, id, places[scoped.agent or places])
    end,
  }
end

local function provide(ctx)
  local cards, problems = qwen.x.markdown_resource.list(ctx, "agents")
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  if #cards > 0 then qwen.x.registry.provide("tools", "task", make_tool(ctx, cards), "agents") end
end

return {
  summary = "offers the agents that ship, of ~/.qwen/agents and of a trusted project",
  session_started = provide,
  command_ended = function(ctx, command)
    if command.name == "agents" and ctx.session then provide(ctx) end
  end,
}
