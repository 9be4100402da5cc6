-- What goes on beside a conversation: commands, monitors and agents in the background. The end of
-- each is reported to the user at once, and to the model before its next answer.
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"

local M = {}

local MOST_WORDS = 120 -- bytes of what names a job
local MOST_ENDED = 50 -- jobs that are known after their end

-- By the table of the jobs, which all conversations of a session have in common: {ended, news}.
local states = setmetatable({}, { __mode = "k" })

local function state_of(ctx)
  local state = states[ctx.jobs]
  if not state then
    state = { ended = {}, news = {} }
    states[ctx.jobs] = state
  end
  return state
end

local function main_session(ctx) return ctx.session and (ctx.session.main or ctx.session) end

local function changed(ctx)
  if ctx.jobs_changed then ctx.jobs_changed() end
end

---A new name for a job.
---@param prefix string
---@return string
function M.id(prefix) return ("%s_%s"):format(prefix, sys.uuid():sub(1, 8)) end

---Takes a job in.
---@param ctx Ctx
---@param job {id: string, kind: "command"|"agent"|"monitor", words: string, stop: fun()}
---@return Job
function M.add(ctx, job)
  job.words = text.head(job.words, MOST_WORDS)
  job.since, job.owner, job.session = job.since or task.now(), ctx.agent, main_session(ctx)
  ctx.jobs[job.id] = job
  changed(ctx)
  return job
end

-- Whether an entry is for this conversation: the job was started here, or by an agent that has
-- ended.
local function is_for(ctx, entry)
  if entry.owner == ctx.agent then return true end
  return not ctx.agent and entry.owner.over == true
end

---Puts something before the next answer of the conversation that started a job.
---@param ctx Ctx
---@param job Job
---@param words string|fun(): string for the model; a function is called when the model is told
function M.tell(ctx, job, words)
  local news = state_of(ctx).news
  news[#news + 1] = { owner = job.owner, session = job.session, words = words }
  if ctx.news_came then ctx.news_came() end
end

local kinds = { command = "The command `%s` in the background (%s)",
  monitor = "The monitor `%s` (%s)", agent = "The agent %s in the background (%s)" }

---A job has ended.
---@param ctx Ctx
---@param job Job
---@param how {user: string, model: string, result: string?} how it ended, in a few words for the user
--- and for the model; what it brought
function M.ended(ctx, job, how)
  if not ctx.jobs[job.id] then return end
  ctx.jobs[job.id] = nil
  job.how, job.took = how.user, task.now() - job.since
  local ended = state_of(ctx).ended
  if #ended >= MOST_ENDED then table.remove(ended, 1) end
  ended[#ended + 1] = job
  changed(ctx)
  for _, done in ipairs(job.waiters or {}) do done:put(true) end
  if ctx.job_ended and not job.quiet then ctx.job_ended(job) end
  local name = kinds[job.kind]:format(job.words, job.id)
  local head, result = ("%s %s after %.0f s."):format(name, how.model, job.took), how.result or ""
  M.tell(ctx, job, function() -- what it brought the model may have read meanwhile
    return (job.read or result == "") and head or head .. "\n" .. result
  end)
end

---What is to be told to the model of this conversation, as one text; nil where there is nothing.
---What another session began is not told in this one.
---@param ctx Ctx
---@return string?
function M.take(ctx)
  local state = states[ctx.jobs]
  if not state or not state.news[1] then return nil end
  local kept, out, session = {}, {}, main_session(ctx)
  for _, entry in ipairs(state.news) do
    if not is_for(ctx, entry) then
      kept[#kept + 1] = entry
    elseif entry.session == session then
      local words = type(entry.words) == "function" and entry.words() or entry.words
      out[#out + 1] = words ~= "" and words or nil -- the model may have looked by itself
    end
  end
  state.news = kept
  return out[1] and table.concat(out, "\n\n") or nil
end

---The jobs that go on, the oldest first.
---@param ctx Ctx
---@return Job[]
function M.list(ctx)
  local out = {}
  for _, job in pairs(ctx.jobs) do out[#out + 1] = job end
  table.sort(out, function(a, b)
    if a.since ~= b.since then return a.since < b.since end
    return a.id < b.id
  end)
  return out
end

---A job by its name, also one that has ended.
---@param ctx Ctx
---@param id string
---@return Job?
function M.find(ctx, id)
  if ctx.jobs[id] then return ctx.jobs[id] end
  for _, job in ipairs(state_of(ctx).ended) do
    if job.id == id then return job end
  end
end

---Waits for the end of a job.
---@param ctx Ctx
---@param job Job
---@param seconds number at most
function M.await(ctx, job, seconds)
  if seconds <= 0 or not ctx.jobs[job.id] then return end
  local done = task.queue()
  job.waiters = job.waiters or {}
  table.insert(job.waiters, done)
  done:get(seconds)
end

---Names of the jobs that go on and of those that ended last, for words about a wrong one.
---@param ctx Ctx
---@return string[]
function M.names(ctx)
  local out = {}
  for i, job in ipairs(M.list(ctx)) do out[i] = job.id end
  for _, job in ipairs(state_of(ctx).ended) do out[#out + 1] = job.id end
  return out
end

return M
