-- The agents of a session: each starts, waits for a place, runs, and ends or is stopped. The call
-- that started one in the foreground waits for it; the end of one in the background is reported
-- (session/jobs.lua).
local err = require "qwen.util.err"
local isolation = require "qwen.agent.isolation"
local jobs = require "qwen.session.jobs"
local message = require "qwen.session.message"
local paths = require "qwen.util.paths"
local subagent = require "qwen.agent.subagent"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST_RESULT = 20000 -- bytes of the answer of one in the background
local MOST_KEPT = 50 -- agents whose conversations are kept after their end

local function on_leave(fn) return setmetatable({}, { __close = fn }) end

---What an agent is called for people: its type, and what it is to do.
---@param agent Agent
---@return string
function M.words(agent)
  local title = agent.title and text.trim(agent.title) or ""
  return title ~= "" and ("%s: %s"):format(agent.name, title) or agent.name
end

---How deep below the conversation of the user an agent of this conversation would be.
---@param ctx Ctx
---@return integer
function M.depth(ctx) return ctx.agent and ctx.agent.depth + 1 or 1 end

local function turns(agent) return agent.turns == 1 and tr "1 turn" or tr("%d turns", agent.turns) end

-- Where the work of one is that was stopped; what becomes of it is decided after its end.
local function place_words(agent)
  local tree = agent.tree
  return tree and (" Its worktree is %s, branch %s; it goes where nothing was changed in it.")
    :format(tree.path, tree.branch) or ""
end

-- The last words of a conversation that did not come to its end, and where its work is.
local function last_words(agent)
  local place = place_words(agent)
  local list = agent.session and agent.session.messages or {}
  for i = #list, 1, -1 do
    local said = list[i].role == "assistant" and message.text_of(list[i]) or ""
    if said:find "%S" then
      return place .. " The last it said: " .. text.head_tail(said, MOST_RESULT // 4)
    end
  end
  return place
end

-- How it ended, for the user and for the model.
local function ending(agent, outcome)
  if outcome.text then
    return { user = turns(agent), model = "has ended",
      result = text.head_tail(outcome.text, MOST_RESULT) }
  end
  if agent.stopped then
    return { user = tr "stopped", model = "was stopped by the " .. agent.stopped,
      result = text.trim(last_words(agent)) }
  end
  local e = outcome.e
  return { user = tr("failed: %s", tostring(e)), model = "has failed: " .. err.english(e) }
end

local function finish(ctx, agent, outcome)
  agent.over, agent.now, agent.took = true, nil, task.now() - agent.since
  agent.text, agent.problem = outcome.text, outcome.e and err.english(outcome.e)
  agent.state = outcome.text and "ended" or agent.stopped and "stopped" or "failed"
  if ctx.agents_changed then ctx.agents_changed(agent) end
  if not agent.job then
    agent.answers:put(outcome)
  elseif outcome.text or outcome.e or agent.stopped then -- else the session ends
    jobs.ended(ctx, agent.job, ending(agent, outcome))
  end
end

-- The conversation in a folder of its own, where that was asked for.
local function run(ctx, agent, options)
  if not options.isolated then return subagent.run(ctx, options) end
  local tree, e = isolation.make(ctx)
  if not tree then return nil, e end
  agent.tree = tree
  local done
  local function clean_up()
    local words = isolation.finish(ctx, agent, tree)
    if agent.tree and ctx.interactive then
      ctx.print(tr("  its worktree: %s, branch %s", paths.short(tree.path), tree.branch))
    end
    return words
  end
  local _ <close> = on_leave(function()
    if not done then ctx.beside(clean_up) end
  end)
  options.cwd = tree.cwd
  options.prompt = options.prompt .. "\n\n" .. isolation.words(tree)
  local answer
  answer, e = subagent.run(ctx, options)
  done = true
  local kept = clean_up()
  if answer then return answer .. "\n\n" .. kept end
  return nil, err(e.kind, err.english(e) .. " " .. kept)
end

local function live(ctx, agent, options)
  local outcome = {}
  agent.task = task.current()
  local _ <close> = on_leave(function() finish(ctx, agent, outcome) end)
  if agent.stopped then return end
  options.places:put(true)
  local _ <close> = on_leave(function() options.places:get(0) end)
  agent.state = "running"
  local ok, answer, e = xpcall(run, debug.traceback, ctx, agent, options)
  if ok then
    outcome.text, outcome.e = answer, e
  else
    local first = tostring(answer):gsub("\n.*", "")
    ctx.notice(tr("the agent %s failed: %s", M.words(agent), tostring(answer)))
    outcome.e = err("broken", "the agent failed inside: " .. first)
  end
end

-- Conversations of agents that have ended take memory: those of the oldest go.
local function forget_oldest(list)
  local over = {}
  for i, agent in ipairs(list) do
    if agent.over then over[#over + 1] = i end
  end
  for i = 1, #over - MOST_KEPT do table.remove(list, over[i] - i + 1) end
end

---Starts an agent; it works beside its caller.
---@param ctx Ctx
---@param options AgentOptions
---@return Agent
function M.start(ctx, options)
  forget_oldest(ctx.agents)
  local agent = subagent.record(ctx, options)
  agent.answers = task.queue()
  function agent.stop(by)
    if agent.over or agent.stopped then return end
    agent.stopped = by or "user"
    if agent.task then agent.task:cancel() end
  end
  options.agent = agent
  ctx.agents[#ctx.agents + 1] = agent
  ctx.beside(function() live(ctx, agent, options) end)
  return agent
end

---From now on nobody waits for an agent: its end is reported.
---@param ctx Ctx
---@param agent Agent
function M.to_background(ctx, agent)
  agent.job = jobs.add(ctx, { id = agent.id, kind = "agent", words = M.words(agent), agent = agent,
    since = agent.since, stop = agent.stop })
end

local MOVED = "The user moved the agent to the background: it goes on as %s. You are told when it "
  .. "ends; do not wait for it."

---Waits for an agent in the foreground; it ends when this is left.
---@param ctx Ctx
---@param agent Agent
---@return {text: string, display: string}?
---@return Err?
function M.wait(ctx, agent)
  local asides = ctx.interactive and not ctx.agent and ctx.asides or {}
  asides[#asides + 1] = agent.answers
  local _ <close> = on_leave(function()
    for i, one in ipairs(asides) do
      if one == agent.answers then table.remove(asides, i) end
    end
    if not agent.job then agent.stop "turn" end
  end)
  local got = agent.answers:get()
  if got == true and agent.over then got = agent.answers:get(0) end
  if got == true then
    M.to_background(ctx, agent)
    return { text = MOVED:format(agent.id), display = tr("in the background: %s", agent.id) }
  end
  if got.text then
    return { text = got.text, display = ("%s, %.0f s"):format(turns(agent), agent.took) }
  end
  if agent.stopped then
    return { text = ("The %s stopped this agent.%s"):format(agent.stopped, last_words(agent)),
      error = true, display = tr "stopped" }
  end
  return nil, got.e
end

return M
