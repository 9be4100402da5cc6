-- Qwen Code's own hooks: `hooks` in the person's settings.json, programs and addresses that get an event as JSON and say by exit code or
-- JSON what to do. The fields are those of Qwen Code; each event of ours is told under its name there. One hook runs in hook_runner.lua.

local tr = qwen.tr

local H = { summary = "programs and addresses in the settings' hooks", needs = "hooks" }

local function chosen(ctx, event, name)
  if ctx.settings:get "disableAllHooks" == true then return {} end
  return qwen.x.settings_hooks.chosen(ctx.settings:get "hooks", event, name)
end

local modes = { plan = "plan", default = "default", ["auto-edit"] = "auto-edit", auto = "auto", yolo = "yolo" }

---Tells an event; the answers of all hooks as one.
local function tell(ctx, event, name, fields)
  local list = chosen(ctx, event, name)
  local all = { context = {} }
  if #list == 0 then return all end
  fields.hook_event_name, fields.cwd, fields.permission_mode = event, ctx.cwd, modes[ctx.mode]
  fields.session_id = fields.session_id or ctx.session and ctx.session.id
  fields.transcript_path = fields.transcript_path or ctx.session and ctx.session.path
  fields.agent_id = fields.agent_id or ctx.agent and ctx.agent.id
  fields.prompt_id, fields.timestamp = ctx.prompt_id, os.date("!%Y-%m-%dT%H:%M:%SZ")
  local input, alias = qwen.json.encode(fields), fields.tool_alias
  local running = {}
  for i, item in ipairs(list) do
    local text = input
    if alias and item.hook.names == "claude" then -- of a plugin: it knows no other names
      fields.tool_name = alias
      text = qwen.json.encode(fields)
    end
    running[i] = qwen.task.spawn(qwen.x.hook_runner.run, ctx, event, item.hook, text)
    if item.sequential then running[i]:join() end
  end
  for i, child in ipairs(running) do
    local ok, said = child:join()
    if not ok then said = { warning = tostring(said) } end
    local label = list[i].hook.name or list[i].hook.command or list[i].hook.url or event
    if said.warning and event ~= "Notification" then ctx.notice(tr("hook %s (%s): %s", label, event, said.warning)) end
    if said.message and event ~= "Notification" then ctx.notice(said.message) end
    all.block, all.ask, all.input = all.block or said.block, all.ask or said.ask, said.input or all.input
    all.allow = all.allow or said.allow
    all.context[#all.context + 1] = said.context
  end
  return all
end

local function with_context(text, context)
  return #context > 0 and text .. "\n\n" .. table.concat(context, "\n\n") or text
end

-- What is wrong with the hooks, for /doctor.
function H.check(ctx, report)
  for _, wrong in ipairs(qwen.x.settings_hooks.problems(ctx.settings:get "hooks")) do
    report.bad(("%s %s"):format(wrong.key, wrong.text), tr "see docs/extending.md")
  end
end

-- Our events ---------------------------------------------------------------------------------------------------------------

local waiting, allowed, going_on, todos_before = {}, {}, 0, {}

-- The kinds of our errors by their names there.
local failures = { limit = "rate_limit", overloaded = "server_error", auth = "authentication_failed", denied = "authentication_failed",
  protocol = "invalid_request", too_long = "invalid_request", usage = "invalid_request" }

-- Whether any hook is there for an event.
local function listened(ctx, event)
  local all = ctx.settings:get "hooks"
  return type(all) == "table" and all[event] ~= nil
end

function H.instructions_loaded(ctx, file)
  tell(ctx, "InstructionsLoaded", "session_start", { file_path = file.path, memory_type = file.path:sub(1, #ctx.cwd) == ctx.cwd and "Project" or "User",
    load_reason = "session_start" })
end

function H.session_started(ctx, start)
  for _, wrong in ipairs(qwen.x.settings_hooks.problems(ctx.settings:get "hooks")) do
    ctx.notice(("%s %s (your settings)"):format(wrong.key, wrong.text))
  end
  local said = tell(ctx, "SessionStart", start.source, { source = start.source, model = start.model })
  waiting = said.context
end

function H.session_ended(ctx, session) tell(ctx, "SessionEnd", session.reason, { reason = session.reason }) end

function H.prompt_expanded(ctx, prompt)
  local said = tell(ctx, "UserPromptExpansion", prompt.command, { command_name = prompt.command, command_args = prompt.args, prompt = prompt.text })
  if said.block then return false, said.block end
  return { text = with_context(prompt.text, said.context) }
end

function H.prompt_submitted(ctx, prompt)
  local said = tell(ctx, "UserPromptSubmit", nil, { prompt = prompt.text, submitted_prompt = prompt.text })
  if said.block then return false, said.block end
  local text = with_context(with_context(prompt.text, waiting), said.context)
  waiting, going_on = {}, 0
  if text ~= prompt.text then return { text = text } end
end

local function call_fields(call, more)
  local others = qwen.x.settings_hooks.tool_names[call.name]
  local fields = { tool_name = call.name, tool_alias = others and others[1], tool_input = call.args, tool_use_id = call.id, tool_call_id = call.id }
  for name, value in pairs(more or {}) do fields[name] = value end
  return fields
end

function H.before_tool(ctx, call)
  local said = tell(ctx, "PreToolUse", call.name, call_fields(call))
  if said.block then return false, said.block end
  if said.allow and not said.ask then allowed[call.id] = true end
  if said.input then call.args = said.input end
  call.ask = said.ask or call.ask
  return call
end

function H.permission_asked(ctx, question)
  if allowed[question.id] then return { verdict = "allow" } end
  local said = tell(ctx, "PermissionRequest", question.name, call_fields(question))
  if said.block then return { verdict = "deny", reason = said.block } end
  if said.input then ctx.notice(tr "a hook of PermissionRequest changes arguments, which only PreToolUse can: you are asked") end
  if said.allow and not said.input then return { verdict = "allow" } end
  tell(ctx, "Notification", "permission_prompt", { message = ("%s needs permission"):format(question.name), notification_type = "permission_prompt",
    title = "Permission" })
end

function H.permission_denied(ctx, call) tell(ctx, "PermissionDenied", call.name, call_fields(call, { reason = call.reason })) end

function H.tool_ended(ctx, call, result, seconds)
  local args = qwen.json.decode(call.args ~= "" and call.args or "{}", false, true)
  local fields = call_fields({ name = call.name, args = type(args) == "table" and args or {}, id = call.id }, { duration_ms = math.floor(seconds * 1000) })
  if result.error then
    fields.error, fields.is_interrupt = result.text, false
  else
    fields.tool_response = { llmContent = result.text, returnDisplay = result.display }
  end
  allowed[call.id] = nil
  local said = tell(ctx, result.error and "PostToolUseFailure" or "PostToolUse", call.name, fields)
  local text = with_context(said.block and result.text .. "\n\n" .. said.block or result.text, said.context)
  if text ~= result.text then return { text = text } end
end

-- The calls of the message before, each with what came of it.
local function batch(ctx, results)
  local args, out = {}, qwen.json.array {}
  local messages = ctx.session and ctx.session.messages or {}
  for i = #messages, 1, -1 do
    if messages[i].role == "assistant" then
      for _, part in ipairs(messages[i].parts) do
        if part.type == "call" then args[part.id] = part.args end
      end
      break
    end
  end
  for _, part in ipairs(results.parts) do
    local input = qwen.json.decode(type(args[part.id]) == "string" and args[part.id] ~= "" and args[part.id] or "{}", false, true)
    local fields = call_fields({ name = part.name, args = type(input) == "table" and input or {}, id = part.id })
    fields.status, fields.tool_response = part.error and "error" or "success", { response_parts = part.text, error = part.error and part.text }
    out[#out + 1] = fields
  end
  return out
end

function H.message_added(ctx, message)
  if message.role ~= "tool" or not listened(ctx, "PostToolBatch") then return end
  local said = tell(ctx, "PostToolBatch", nil, { tool_calls = batch(ctx, message), count = #message.parts })
  if said.block then
    ctx.notice(tr("a hook of PostToolBatch wants to stop, which is not honoured: %s", said.block))
  elseif #said.context > 0 then
    ctx.notice(tr "a hook of PostToolBatch gives context, which is left out; PostToolUse can")
  end
end

function H.answer_ended(ctx, answer)
  tell(ctx, "MessageDisplay", nil, { message_id = answer.id, displayed_text = qwen.message.text_of(answer), is_final = true })
end

function H.todos_changed(ctx, todos)
  local now = {}
  for _, todo in ipairs(todos) do
    now[todo.content] = todo.status
    local fields = { todo_content = todo.content, todo_status = todo.status }
    if not todos_before[todo.content] then tell(ctx, "TodoCreated", nil, fields) end
    if todo.status == "completed" and todos_before[todo.content] ~= "completed" then tell(ctx, "TodoCompleted", nil, fields) end
  end
  todos_before = now
end

function H.prompt_answered(ctx, answer)
  if answer.stop == "error" then
    local e = answer.err or {}
    local kind = failures[e.kind] or "unknown"
    tell(ctx, "StopFailure", kind, { error = kind, error_details = e.message, last_assistant_message = qwen.message.text_of(answer) })
    return
  end
  local used, limit = answer.usage and answer.usage.input, ctx.model and ctx.model.context
  local said = tell(ctx, "Stop", nil, { stop_hook_active = going_on > 0, last_assistant_message = qwen.message.text_of(answer),
    input_tokens = used, context_limit = limit, context_usage = used and limit and used / limit,
    background_tasks = qwen.json.array {}, crons = qwen.json.array {} })
  if not said.block then
    going_on = 0
    return
  end
  local most = ctx.settings:get "stopHookBlockingCap"
  going_on = going_on + 1
  if going_on <= most then return false, said.block end
  going_on = 0
  ctx.notice(tr("a Stop hook blocked %d times (stopHookBlockingCap); the turn ends", most))
end

local agents_going_on = {}

function H.agent_started(ctx, agent)
  local said = tell(ctx, "SubagentStart", agent.name, { agent_id = agent.id, agent_type = agent.name })
  if #said.context > 0 then return { prompt = with_context(agent.prompt, said.context) } end
end

function H.agent_ended(ctx, agent)
  local said = tell(ctx, "SubagentStop", agent.name, { agent_id = agent.id, agent_type = agent.name, stop_hook_active = agents_going_on[agent.id] or false,
    last_assistant_message = agent.text })
  agents_going_on[agent.id] = said.block and agent.stop == "end" or nil
  if said.block then return false, said.block end
end

function H.session_deleted(ctx, session)
  tell(ctx, "SessionDelete", nil, { session_id = session.id, transcript_path = session.path })
end

function H.before_compaction(ctx, plan)
  local said = tell(ctx, "PreCompact", plan.instruction and "manual" or "auto", { trigger = plan.instruction and "manual" or "auto",
    custom_instructions = plan.instruction })
  if said.block then return false, said.block end
end

function H.conversation_compacted(ctx, result)
  tell(ctx, "PostCompact", nil, { before_tokens = result.before, after_tokens = result.after })
end

function H.notice_shown(ctx, text)
  tell(ctx, "Notification", "notice", { message = text, notification_type = "notice", title = "qwen" })
end

return H
