-- Waiting for a place in the limits: shown when it takes a while, ended by limits.maxWait, and what happens while the store of the
-- limits cannot be used.
local budget = require "qwen.usage.budget"
local err = require "qwen.util.err"
local rate_limit = require "qwen.usage.rate_limit"
local task = require "sys.task"
local translate = require "qwen.util.translate"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local RETRY, QUIET = 1, 0.3
local WORTH_A_DATE, DATE_AGAIN = 60, 600
local FILE_PATIENCE, SERVER_PATIENCE = 100, 15 -- seconds until a session goes on by itself
local HOPELESS = { certificate = true, client_certificate = true, tls = true, host = true }
local WORTH = { network = true, timeout = true, overloaded = true }

local alone, gave_up, reported, told = nil, false, nil, {}

---A notice that is given once in a process.
---@param ctx Ctx
---@param text string
function M.once(ctx, text)
  if not told[text] then ctx.notice(text) end
  told[text] = true
end

local function clock_words(seconds)
  return tostring(os.date(seconds < 20 * 3600 and "%H:%M:%S" or "%Y-%m-%d %H:%M", math.floor(task.time() + seconds)))
end

-- What one waits for, as an error value: it is shown while waiting, and is the answer when that would
-- take too long. Who sits at the prompt is told the way out of what the service asks for.
local function reason(rule, answer, at_prompt)
  local queue = answer.ahead > 0 and phrase(" (%d ahead)", answer.ahead) or ""
  local why = answer.why == "pause" and phrase("the service asked for a pause%s", queue)
    or answer.why == "server" and phrase("the service says that its limit is used up%s", queue)
  if why then
    return err("limit", at_prompt and phrase("%s; another model: /model; the limits: /limits", why) or why)
  end
  if answer.why == "lost" then
    return err("limit", phrase("the Redis server of the limits has lost its count%s", queue))
  end
  return err("limit", phrase("the limit of %s is used up%s", rate_limit.words(rule.windows[answer.window]), queue))
end

-- What a server has forgotten is reported once, on the screen and in the log.
local function report_loss(ctx, rule)
  if reported == rule.key then return end
  reported = rule.key
  M.once(ctx, tr("the Redis server of the limits has lost what was counted, or is new: nothing is sent for a whole window of %s. "
    .. "If nothing was sent before: qwen limits forget \"%s\"", rule.spec, rule.key))
  require("qwen.usage.telemetry").log(ctx, "limits_lost", { key = rule.key })
end

-- Looks at a wait before it is begun. Gives the reason where it may not be.
local function look_at(ctx, rule, answer, longest)
  if answer.why == "lost" then report_loss(ctx, rule) end
  if answer.wait <= longest then
    return answer.wait > (budget.left(ctx) or math.huge) and budget.no_time(ctx, reason(rule, answer)) or nil
  end
  local why, more = err.phrase(reason(rule, answer)), rule.provider and rule.provider.instead
  local advice = more and phrase("%s; see: qwen limits", more()) or phrase "see: qwen limits"
  return err("limit", phrase("%s until %s; %s", why, clock_words(answer.wait), advice),
    { retry_after = answer.wait, quota = true })
end

local function on_failure(ctx)
  return ctx.settings:get "limits.onFailure" or (ctx.interactive and "local" or "stop")
end

---A quarter of every window, kept by this process alone, when the others cannot be reached and a person is there to see it.
---@param ctx Ctx
---@param rule table whose windows become the quarters
---@param e Err why the others cannot be reached
---@return Limiter?, Err?
function M.without_others(ctx, rule, e)
  if on_failure(ctx) == "stop" then
    return nil, err("limit", phrase("the limit %s cannot be kept: %s; set limits.onFailure to "
      .. "\"local\" to go on with a quarter of it", rule.spec, err.phrase(e)), { retries = 0 })
  end
  M.once(ctx, tr("the shared limits cannot be used (%s); this process keeps a quarter of each by itself", e.message))
  alone = alone or assert(require("sys.limit").open ":memory:")
  local quarter = {}
  for i, w in ipairs(rule.windows) do
    quarter[i] = { n = math.max(w.n // 4, 1), per = w.per, margin = w.margin, weighted = w.weighted, day = w.day }
  end
  rule.windows = quarter
  return alone
end

-- Whether the store may be there again soon: a server that restarts, a file that others hold.
local function may_come_back(e)
  return WORTH[e.kind] and not HOPELESS[e.code]
end

---Takes a place in all windows, waiting as long as it needs and may. Leaving by any way gives the place up.
---@param ctx Ctx
---@param rule table of limits.rule
---@param reserved Reservation gets the store, the grant and whether the clock is unconfirmed
---@param seed fun(store: Limiter, rule: table): boolean?, Err?
---@return boolean?, Err?
function M.take(ctx, rule, reserved, seed)
  local clock = ctx.clock or task
  local longest = ctx.settings:get "limits.maxWait" or 600
  local stops = on_failure(ctx) == "stop"
  local ticket, waited, failing, dated
  local _ <close> = setmetatable({}, { __close = function()
    if ticket then pcall(reserved.store.leave, reserved.store, ticket) end -- a busy file cannot be waited for here; the place lapses by itself
    if waited then ctx.waiting(nil) end
  end })
  local function wait(why, left, again)
    waited = true
    ctx.waiting(why, left)
    clock.sleep(again)
  end

  -- The store failed: waits a moment, or goes on without it. Gives an error when neither may be.
  local function failed(e)
    if reserved.store == alone then return e end
    local patience = math.min(longest, stops and longest or reserved.store.remote and SERVER_PATIENCE or FILE_PATIENCE)
    failing = failing or clock.now()
    if may_come_back(e) and clock.now() - failing < patience and (stops or not gave_up) then
      wait(err("limit", phrase("the limits cannot be read: %s", err.phrase(e))), RETRY, RETRY)
      return nil
    end
    ticket, gave_up = nil, true
    reserved.store, e = M.without_others(ctx, rule, e)
    return e
  end

  while true do
    local store = reserved.store
    reserved.asked = task.now()
    local answer, e = store:take(rule.key, rule.windows, reserved.weight, ticket, rule.spec, reserved.background, rule.pause_key)
    if answer and answer.first then answer, e = seed(store, rule) end
    if not answer and #rule.windows == 0 then -- only a pause was looked for
      reserved.store = nil
      return true
    elseif not answer then
      e = failed(e)
      if e then return nil, e end
    else
      failing = nil
      if store ~= alone then gave_up = false end
      if answer ~= true and answer.grant then
        reserved.grant, reserved.undated, ticket = answer.grant, answer.unsure, nil
        return true
      elseif answer ~= true then
        ticket = answer.ticket
        if answer.leapt and answer.wait > WORTH_A_DATE and not (dated and clock.now() - dated < DATE_AGAIN) then
          dated, answer.wait, answer.again = clock.now(), 0, 0 -- the answer may free the window
          reserved:ask_date()
        end
        e = look_at(ctx, rule, answer, longest)
        if e then return nil, e end
        if waited or answer.wait > QUIET then wait(reason(rule, answer, ctx.interactive), answer.wait, answer.again)
        else clock.sleep(answer.again) end
      end
    end
  end
end

return M
