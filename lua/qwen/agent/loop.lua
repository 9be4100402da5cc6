-- The agent: ask, fold, act, again, until the model asks for nothing. It reads top to bottom; the session is the only state.
local budget = require "qwen.usage.budget"
local context = require "qwen.agent.view"
local err = require "qwen.util.err"
local jobs = require "qwen.session.jobs"
local lent = require "qwen.permission.lent"
local message = require "qwen.session.message"
local Reply = require "qwen.agent.reply"
local reload = require "qwen.extension.reload"
local client = require "qwen.provider.client"
local plan_mode = require "qwen.agent.plan_mode"
local system_prompt = require "qwen.agent.system_prompt"
local tr = require("qwen.util.translate").tr
local unwritten = require "qwen.session.unwritten"
local window = require "qwen.agent.window"

local M = {}

-- Runs fn when the scope is left by any way, cancelling among them.
local function on_leave(fn)
  return setmetatable({}, { __close = fn })
end

local TURNS = 200 -- of a run without a screen, where no setting says otherwise
local MOST_SENT_ON = 8 -- times a hook may send the model on after an answer

local CANCELLED, TIME_OVER = "The user stopped this call.", "The time of the run was over before this call had ended."

local function keep(ctx, m)
  local ok, e = ctx.session:add(m)
  if not ok then unwritten(ctx, "session", tr("the session could not be written: %s", e.message)) end
  ctx.emit("message_added", m)
end

local function to_disk(ctx)
  local ok, e = ctx.session:sync()
  if not ok then
    unwritten(ctx, "session disk", tr("the newest messages of the session would be lost in a power cut: %s", e.message))
  end
end

local function keep_prompt(ctx, prompt)
  plan_mode.tell(ctx, prompt)
  if ctx.reread then require("qwen.agent.instruction_changes").tell(ctx, prompt) end
  local news = jobs.take(ctx)
  if news then table.insert(prompt.parts, 1, message.note(news)) end
  if ctx.worktree then require("qwen.agent.worktree").tell(ctx, prompt) end
  if ctx.told_next then require("qwen.agent.told_next").tell(ctx, prompt) end
  keep(ctx, prompt)
end

local busy = { limit = true, overloaded = true }

-- Another model when the one at hand has no room, or a hook says so, and nothing was said yet; it
-- stays for the rest of the run. A hook gets no model a second time: two that send to each other
-- would never end.
local function fall_back(ctx, m, tried)
  if m.stop ~= "error" or #m.parts > 0 or m.err.unsaid or m.err.budget then return false end
  local from, other = ctx.model.id, nil
  tried[from] = true
  if m.err.switch and not tried[m.err.switch] then
    local e
    other, e = ctx.switch(m.err.switch)
    if not other then ctx.notice(tostring(e)) end
    if other and tried[other.id] then other = nil end -- a word such as "inherit" may mean the same one
  elseif busy[m.err.kind] then
    other = table.remove(ctx.fallbacks, 1)
  end
  if not other then return false end
  ctx.show { type = "note", text = tr("%s: %s; %s is asked instead", from, m.err.message, other.id) }
  ctx.model = other
  return true
end

-- The service says that the conversation does not fit: it is shortened, and asked for again.
local function too_long(ctx, m, tried)
  if m.stop ~= "error" or #m.parts > 0 or m.err.kind ~= "too_long" then return false end
  if m.err.code == "max_body" then return false end -- the answer was, not the conversation
  tried[1] = (tried[1] or 0) + 1 -- models have names
  return require("qwen.agent.compaction").refused(ctx, m.err, tried[1])
end

local function receive(ctx, view, reply)
  local deltas <close> = client.open(ctx, ctx.model, view)
  for delta in deltas.next do
    reply:add(delta)
    ctx.show(delta)
    if delta.taken then
      ctx.show { type = "note", text = tr("the text of this answer before </think> is thinking; "
        .. "from the next answer on it is shown as such (thinkTags: \"open\")") }
    end
  end
end

local GO_ON = "Your answer was cut at a limit of its length. Go on exactly where it stopped, as if there had been no cut, and repeat nothing."

-- What is missing of an answer that our own limit has cut, where the beginning is on the screen already: both are one message.
local function the_rest(ctx, reply, first)
  local view = context.view(ctx, ctx.model, true)
  view.messages = table.move(view.messages, 1, #view.messages, 1, {})
  table.move({ first, message.user(GO_ON) }, 1, 2, #view.messages + 1, view.messages)
  reply:go_on()
  receive(ctx, view, reply)
  local e = reply.stop == "error" and reply.err
  if e then reply.stop, reply.err = "length", nil end
  return reply:message(), e
end

-- One request. Whatever ends it, what came is in the session. An answer cut by our own limit is asked for once more with a higher one, or the
-- rest of it, when somebody sees it already.
local function ask_model(ctx, raised, tried)
  tried = tried or {}
  local reply, kept = Reply.new(ctx.model.id), false
  local _ <close> = on_leave(function()
    if not kept then
      local m = reply:message "cancelled"
      if #m.parts > 0 then keep(ctx, m) end
      to_disk(ctx)
    end
  end)
  system_prompt.follow(ctx)
  if ctx.tools_of ~= ctx.model then -- some are offered to some families only
    ctx.tools, ctx.tools_of = context.tools(ctx), ctx.model
  end
  local view, may_raise = context.view(ctx, ctx.model, raised)
  view.in_words = true
  receive(ctx, view, reply)
  local m, e = reply:message(), nil
  local cut = reply.stop == "length" and may_raise
  if cut and ctx.shows.text and message.text_of(m) ~= "" then
    cut = false
    if m.stop == "length" then m, e = the_rest(ctx, reply, m) end -- whole calls are carried out first
  end
  kept = true
  if m.stop == "calls" then require("qwen.agent.call_slips").mend(ctx, m) end -- here: most answers ask for nothing
  ctx.emit("answer_ended", m)
  if cut then
    ctx.show { type = "note", text = tr("the answer reached %d tokens; it is asked for again with a higher limit", view.max_tokens) }
    local again = ask_model(ctx, true, tried)
    if again.stop ~= "error" or #again.parts > 0 then return again end
    e = again.err
  end
  if e then ctx.show { type = "note", text = tr("%s; the shorter answer is kept", e.message) } end
  if fall_back(ctx, m, tried) then return ask_model(ctx, nil, tried) end
  if too_long(ctx, m, tried) then return ask_model(ctx, nil, tried) end
  if #m.parts > 0 then keep(ctx, m) end
  return m
end

-- The calls of one answer. Each call has a result in the session afterwards, also when it was stopped.
local function carry_out(ctx, calls, guard)
  local results, media, kept = {}, {}, false
  local function keep_results(words)
    kept = true
    local parts = {}
    for i, call in ipairs(calls) do
      parts[i] = results[i] or { type = "result", id = call.id, name = call.name, text = words,
        error = true, display = tr "stopped" }
    end
    for _, part in ipairs(media) do parts[#parts + 1] = part end
    require("qwen.agent.fit").results(ctx, parts)
    keep(ctx, message.results(parts))
  end
  local _ <close> = on_leave(function()
    if not kept then
      keep_results(budget.over(ctx) and TIME_OVER or CANCELLED)
      to_disk(ctx)
    end
  end)
  require("qwen.agent.tool_calls").run(ctx, calls, results, media, guard) -- here: most answers ask for nothing
  keep_results(CANCELLED)
end

local EMPTY = "Your last answer had no text and no tool call. If the task is done, say in a few words what was done; else go on with it."
local AS_TEXT = "Your last answer had a tool call written as text. It was not run. Call tools through the tool interface; if you only meant "
  .. "to show the call, say so."

-- What the model is told when its answer says nothing to the user and asks for nothing, and what the user is told.
local function no_answer(ctx, answer)
  if answer.stop == "error" and answer.err.unsaid then return EMPTY, answer.err.message end
  if answer.stop ~= "end" then return nil end
  local said, names = message.text_of(answer), {}
  if ctx.model.config.textToolCalls then return nil end
  for _, tool in ipairs(ctx.tools) do names[tool.name] = true end
  if require("qwen.provider.request").has_tool_call(said, names) then return AS_TEXT, tr "the model wrote a tool call as text" end
end

-- The answer of a run that ends before the model is done. `why` is for the model, about the calls that were not run.
local function cut_off(ctx, answer, fields, why)
  local closing = why and message.close_dangling(ctx.session.messages, why)
  if closing then keep(ctx, closing) end
  to_disk(ctx)
  return setmetatable(fields, { __index = answer })
end

local function wait_for_servers(ctx)
  for _, name in ipairs(require("qwen.extension.mcp.starting").wait(ctx)) do
    ctx.notice(tr("the tool server %s is still starting: its tools join when it has", name))
  end
end

-- Long because a prompt's way reads top to bottom.
local function run(ctx, prompt, count)
  if ctx.starting then wait_for_servers(ctx) end
  if ctx.session.resumed then
    require("qwen.agent.seen_before").restore(ctx)
    local left_out = ctx.interactive and {} or ctx.session:left_out()
    for _, words in ipairs(left_out) do ctx.notice(words) end
    ctx.session.resumed = nil
  end
  ctx.tools, ctx.tools_of, ctx.prompt_id = context.tools(ctx), ctx.model, prompt.id
  local limit, sent_on, asked_again = ctx.max_turns or not ctx.interactive and TURNS, 0, false
  local over = budget.session(ctx)
  if over or limit == 0 then
    return message.assistant({}, { model = ctx.model.id, stop = over and "error" or "turns", err = over })
  end
  keep_prompt(ctx, prompt)
  local guard
  while true do
    count.turns = count.turns + 1
    if reload.take_saved(ctx) then ctx.tools = context.tools(ctx) end
    ctx.emit("turn_started", count.turns)
    if window.full(ctx) then require("qwen.agent.compaction").when_full(ctx) end
    local answer = ask_model(ctx)
    to_disk(ctx)
    ctx.emit("turn_ended", answer)
    local missing, problem = no_answer(ctx, answer)
    if missing and not asked_again then
      asked_again = true
      ctx.show { type = "note", text = tr("%s; the model is asked once more", problem) }
      keep(ctx, message.told(missing))
      goto continue
    end
    if missing then
      return cut_off(ctx, answer, { stop = "error", err = answer.err or err("protocol", problem) })
    end
    if answer.stop ~= "calls" then
      local told, unfit
      if ctx.structured and not ctx.agent then told, unfit = require("qwen.agent.structured").take_text(ctx, answer) end
      if unfit then return cut_off(ctx, answer, { stop = "error", err = unfit }) end
      if told then
        keep(ctx, message.told(told))
        goto continue
      end
      local done, reason = ctx.emit("prompt_answered", answer, count.turns)
      if done ~= false or answer.stop ~= "end" or sent_on == MOST_SENT_ON then return answer end
      sent_on = sent_on + 1
      keep(ctx, message.user(reason))
      goto continue
    end
    if limit and limit >= 0 and count.turns >= limit then
      return cut_off(ctx, answer, { stop = "turns" }, "The limit of turns was reached before this call.")
    end
    over = budget.calls(ctx, message.calls_of(answer)) or budget.session(ctx)
    if over then
      return cut_off(ctx, answer, { stop = "error", err = over }, "A limit of the run was reached before this call.")
    end
    asked_again = false
    guard = guard or require("qwen.agent.repeats").of(ctx) -- from the first calls of a prompt on
    carry_out(ctx, message.calls_of(answer), guard)
    over = guard:ended()
    if over then return cut_off(ctx, answer, { stop = "loop", err = over }) end
    if ctx.structured and not ctx.agent then
      local done, unfit = require("qwen.agent.structured").take_call(ctx, ctx.session.messages[#ctx.session.messages])
      if done or unfit then return cut_off(ctx, answer, { stop = done and "end" or "error", err = unfit }) end
    end
    over = budget.over(ctx) -- an agent has reached the limit
    if over then return cut_off(ctx, answer, { stop = "error", err = over }) end
    local steered = ctx.steer and ctx.steer()
    local news = not steered and jobs.take(ctx)
    if steered then keep_prompt(ctx, steered) elseif news then keep(ctx, message.told(news)) end
    ::continue::
  end
end

---Answers one prompt.
---@param ctx Ctx
---@param prompt Message
---@return Message last answer; its stop and err say how it ended
---@return integer turns
function M.run(ctx, prompt)
  local count = { turns = 0 }
  if ctx.agent then return run(ctx, prompt, count), count.turns end
  local _ <close> = lent.until_answered(ctx, prompt)
  local _ <close> = budget.begin(ctx)
  local in_time, answer = budget.within(ctx, function() return run(ctx, prompt, count) end)
  if in_time then return answer, count.turns end
  return message.assistant({}, { model = ctx.model.id, stop = "error", err = answer }), count.turns
end

return M
