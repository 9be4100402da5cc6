-- `/loop [INTERVAL] PROMPT`: sends a prompt, or a command, again and again. It ends by itself
-- after some rounds and some time, with Esc, Ctrl-C or `/loop stop`. What is typed meanwhile is
-- answered between two rounds.

local tr = qwen.tr

local C = { summary = "send a prompt again and again: /loop 5m PROMPT", session = true,
  args = "[INTERVAL] PROMPT [--rounds N] [--for TIME] [--tokens N] | stop" }

local INTERVAL, ROUNDS, LONGEST = 600, 20, 8 * 3600
local FAILURES = 3 -- in a row

local running -- {stop, waits}, of the loop that runs

local STOPS = { stop = true, clear = true, cancel = true }
local FLAGS = { rounds = "word", ["for"] = "word", tokens = "word", unattended = "switch" }
local UNITS = { s = "s", sec = "s", second = "s", m = "m", min = "m", minute = "m", h = "h",
  hr = "h", hour = "h", d = "d", day = "d" }

local function stops(args) return STOPS[args[1]] and not args[2] or false end

function C.beside(args) return stops(args) end

function C.complete(_, _, before)
  local flags = { "--rounds", "--for", "--tokens" }
  return before[1] and flags or { "5m", "stop" }
end

-- A time such as "5m" or "5 minutes", in seconds; false where it is a time that cannot be.
local function seconds_of(words)
  local n, unit = words:lower():match "^(%d+) ?(%a+)$"
  unit = unit and (UNITS[unit] or UNITS[unit:gsub("s$", "")])
  if not unit then return nil end
  return qwen.x.line_flags.seconds(n .. unit) or false
end

-- The interval of a prompt, in front of it or behind it as "every 5m", and the prompt without it.
local function interval_of(rest)
  local first, behind = rest:match "^(%S+)%s*(.*)$"
  local seconds = first and seconds_of(first)
  if seconds ~= nil then return seconds, behind end
  local at = rest:match "^.*%s()every%s"
  local every = at and rest:match("^every%s(%d+ ?%a+)$", at)
  seconds = every and seconds_of(every)
  if seconds ~= nil then return seconds, qwen.text.trim(rest:sub(1, at - 1)) end
  return INTERVAL, rest
end

-- The call as a table; nil and what is wrong with it. Flags stand before the prompt or behind it.
local function plan_of(line)
  local flags, rest = qwen.x.line_flags.read(line, FLAGS)
  local plan, e = qwen.x.line_flags.limits(flags, { rounds = ROUNDS, seconds = LONGEST })
  if not plan then return nil, e end
  plan.unattended = flags.unattended
  plan.interval, plan.text = interval_of(rest)
  if not plan.interval then
    return nil, qwen.err("usage",
      tr "a loop waits at least a second between two rounds: /loop 5m PROMPT")
  end
  return plan.text ~= "" and plan or nil
end

-- Waits for the next round; false when the session ends.
local function waiting(ctx, plan, round)
  local at = os.date("%H:%M:%S", math.floor(os.time() + plan.interval))
  ctx.status(tr("loop: round %d of %d at %s · esc or /loop stop ends it", round + 1, plan.rounds,
    at))
  running.waits = true
  local goes_on = ctx.idle(plan.interval, function() return running.stop end)
  running.waits = false
  ctx.status()
  return goes_on
end

-- Why the loop is over after a round; nil while it goes on.
local function over(ctx, plan, round, failed, ends)
  if running.stop then return tr "it was stopped" end
  local spent = qwen.x.allowance.spent(ctx)
  if spent == "tokens" then return tr("its %d tokens are used", plan.tokens) end
  if spent == "uncounted" then return tr "the service does not say how many tokens are used" end
  if spent then return tr "its time is over" end
  if failed >= FAILURES then return tr("%d rounds in a row failed", failed) end
  if round == plan.rounds then return tr("all %d rounds are done", round) end
  if qwen.task.now() + plan.interval > ends then return tr "its time is over" end
end

local function go(ctx, plan, typed)
  running = {}
  local _ <close> = qwen.cleanup(function()
    running, ctx.repeating = nil, nil
    ctx.status()
  end)
  local _ <close> = qwen.x.allowance.begin(ctx, plan)
  local ends, failed, why = qwen.task.now() + plan.seconds, 0, nil
  for round = 1, plan.rounds do
    ctx.repeating = tr("loop %d/%d", round, plan.rounds)
    local answer, done = ctx.prompt(plan.text, typed)
    failed = (answer and answer.stop == "end" or not answer and done) and 0 or failed + 1
    why = over(ctx, plan, round, failed, ends)
    if why then break end
    if not waiting(ctx, plan, round) then break end
    why = over(ctx, plan, 0, failed, math.huge)
    if why then break end
  end
  ctx.print(tr("the loop is over: %s", why or tr "the session ends"))
  return 0
end

function C.run(ctx, args, rest)
  if args[1] == "list" and not args[2] then
    ctx.print(running and ctx.repeating or tr "no loop runs")
    return 0
  end
  if stops(args) then
    if not running then return nil, qwen.err("usage", tr "no loop runs") end
    running.stop = true
    if not running.waits then ctx.print(tr "the loop ends after this round") end
    return 0
  end
  if running then return nil, qwen.err("usage", tr "a loop runs already: /loop stop") end
  local plan, e = plan_of(rest or "")
  if not plan then
    if e then return nil, e end
    return false
  end
  if not ctx.interactive and not plan.unattended then
    return nil, qwen.err("usage", tr "nobody looks at this run: /loop needs --unattended here")
  end
  return go(ctx, plan, "/loop " .. rest)
end

return C
