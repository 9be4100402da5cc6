-- `/loop [INTERVAL] PROMPT`: sends a prompt, or a command, again and again. It ends by itself
-- after some rounds and some time, with Esc, Ctrl-C or `/loop stop`. What is typed meanwhile is
-- answered between two rounds.

local tr = qwen.tr

local C = { summary = "send a prompt again and again: /loop 5m PROMPT", session = true,
  args = "[INTERVAL] PROMPT [--rounds N] [--for TIME] | stop" }

local UNITS = { s = 1, m = 60, h = 3600, d = 86400 }
local INTERVAL, ROUNDS, LONGEST = 600, 20, 8 * 3600
local FAILURES = 3 -- in a row

local running -- {stop, waits}, of the loop that runs

local function seconds_of(word)
  local n, unit = (word or ""):match "^(%d+)([smhd])$"
  n = tonumber(n)
  return n and n > 0 and n * UNITS[unit] or nil
end

function C.beside(args) return args[1] == "stop" end

function C.complete(_, _, before) return before[1] and {} or { "5m", "stop" } end

-- The call as a table; nil and what is wrong with it. Flags stand before the prompt or behind it.
local function plan_of(rest)
  local plan = { interval = INTERVAL, rounds = ROUNDS, longest = LONGEST }
  local function flag(name, read)
    local before, value, behind = (" " .. rest):match("^(.-)%s%-%-" .. name .. "[ =](%S+)(.*)$")
    if not value then return true end
    rest = qwen.text.trim(before .. behind)
    local n = read(value)
    if not n then return nil, qwen.err("usage", tr("--%s does not take '%s'", name, value)) end
    plan[name] = n
    return true
  end
  local ok, e = flag("rounds", function(word)
    local n = math.tointeger(tonumber(word))
    return n and n > 0 and n
  end)
  if ok then ok, e = flag("for", seconds_of) end
  if not ok then return nil, e end
  plan.longest = plan["for"] or plan.longest
  local without, unattended = (" " .. rest .. " "):gsub(" %-%-unattended ", " ")
  plan.unattended, rest = unattended > 0, qwen.text.trim(without)
  local first, behind = rest:match "^(%S+)%s+(.+)$"
  if seconds_of(first) then plan.interval, rest = seconds_of(first), behind end
  plan.text = rest
  return rest ~= "" and not seconds_of(rest) and plan or nil
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
local function over(plan, round, failed, ends)
  if running.stop then return tr "it was stopped" end
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
  local ends, failed, why = qwen.task.now() + plan.longest, 0, nil
  for round = 1, plan.rounds do
    ctx.repeating = tr("loop %d/%d", round, plan.rounds)
    local answer, done = ctx.prompt(plan.text, typed)
    failed = (answer and answer.stop == "end" or not answer and done) and 0 or failed + 1
    why = over(plan, round, failed, ends)
    if why then break end
    if not waiting(ctx, plan, round) then break end
    why = over(plan, 0, failed, math.huge)
    if why then break end
  end
  ctx.print(tr("the loop is over: %s", why or tr "the session ends"))
  return 0
end

function C.run(ctx, args, rest)
  if args[1] == "stop" and not args[2] then
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
