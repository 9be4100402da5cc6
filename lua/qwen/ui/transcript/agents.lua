-- What agents and monitors do now, each in a line: one in the foreground in the place of its call,
-- the others above the input; and a line when something in the background has ended.
local jobs = require "qwen.session.jobs"
local live = require "qwen.ui.screen.live"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local tool_calls = require "qwen.ui.transcript.tool_calls"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local LEAST = 4 -- rows, however small the screen is
local NAME = 0.5 -- part of a row that the name of an agent has at most
local NARROW = 56 -- columns below which the name alone is shown

local function one_line(said) return (text.clean(said):gsub("%s+", " ")) end

-- What an agent does now, in a few words.
local function doing(agent)
  if agent.state == "waiting" then return words.say "waits_place" end
  if not agent.now then return words.say "thinking" end
  local brief = tool_calls.brief(agent.now.call, agent.now.args)
  return agent.now.asks and words.say("asks_about", brief) or brief
end

local function title_of(agent)
  local title = agent.title and one_line(agent.title) or ""
  return one_line(agent.name) .. (title ~= "" and ": " .. title or "")
end

-- "sign name · what it does · turn 3 · 12 s" in at most so many columns.
local function row(sign, look, name, now, more, columns)
  if style.reader() then sign = "" else sign = sign .. " " end
  local room = math.max(columns - term.width(sign .. more), 8)
  name = wrap.cut(name, columns < NARROW and room or math.max(math.floor(columns * NAME), 12))
  local rest = columns - term.width(sign .. name) - term.width(more) - 3
  local said = rest >= 8 and " · " .. wrap.cut(now, rest) or ""
  return style.paint(look, sign) .. style.paint("bold", name) .. style.paint("dim", said .. more)
end

local function line(agent, sign, look, columns)
  local time = style.reader() and "" or " · " .. words.span(task.now() - agent.since, true)
  local turns = agent.turns > 0 and " · " .. words.say("turn", agent.turns) or ""
  return row(sign, look, title_of(agent), doing(agent), turns .. time, columns)
end

local function job_row(job, columns)
  if job.kind == "agent" then return line(job.agent, "◦", "accent", columns) end
  local time = style.reader() and "" or " · " .. words.span(task.now() - job.since, true)
  return row("◦", "accent", one_line(job.words), one_line(job.last or ""),
    " · " .. words.plural("events", job.events) .. time, columns)
end

-- Agents and monitors that go on beside the conversation.
local function shown(ctx)
  local out = {}
  for _, job in ipairs(jobs.list(ctx)) do
    if job.kind ~= "command" then out[#out + 1] = job end
  end
  return out
end

local function rows_of(ctx, columns, height)
  local list, rows = shown(ctx), {}
  local most = math.max(height // 3, LEAST)
  for i, job in ipairs(list) do
    if i == most and #list > most then
      rows[i] = "  " .. style.paint("dim", words.say("more_agents", #list - most + 1))
      break
    end
    rows[i] = "  " .. job_row(job, math.max(columns - 3, 1))
  end
  if rows[1] then table.insert(rows, 1, "") end
  return rows
end

local ticking = false

local function set(ctx)
  local any = shown(ctx)[1] ~= nil
  local function rows(columns, height) return rows_of(ctx, columns, height) end
  live.set("agents", any and rows or nil)
  return any
end

-- Seconds go on while something is shown, and no longer.
local function tick(ctx)
  if ticking then return end
  ticking = true
  ctx.beside(function()
    repeat task.sleep(1) until not set(ctx)
    ticking = false
  end)
end

local function touch(ctx)
  if set(ctx) then tick(ctx) end
end

---Shows the agents of a session.
---@param ctx Ctx
---@param changed fun() the lines of calls are to be painted again
function M.attach(ctx, changed)
  function tool_calls.line_of(id, columns)
    for i = #ctx.agents, 1, -1 do
      local agent = ctx.agents[i]
      local waited_for = agent.call == id and not agent.over and not agent.job
      if waited_for then return line(agent, "●", "warn", columns) end
    end
  end
  function ctx.agents_changed(agent)
    if agent.job then touch(ctx) else changed() end
  end
  local before = ctx.jobs_changed
  function ctx.jobs_changed()
    if before then before() end
    touch(ctx)
  end
  function ctx.job_ended(job)
    local took = words.span(job.took)
    ctx.print(words.say("job_ended", one_line(job.words), one_line(job.how), took))
  end
end

return M
