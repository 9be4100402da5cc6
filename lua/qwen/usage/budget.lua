-- What a prompt may use at most, with its subagents and side requests: calls of tools, seconds, tokens and money. A run without a
-- screen has one prompt; at the prompt the counts begin anew with each. Nothing is counted where no limit is set.
local allowance = require "qwen.usage.allowance"
local err = require "qwen.util.err"
local exit = require "qwen.util.exit"
local task = require "sys.task"
local translate = require "qwen.util.translate"
local unfinished = require "qwen.util.unfinished"
local usage_ledger = require "qwen.usage.ledger"

local tr, phrase = translate.tr, translate.phrase

local M = {}

local FEW = 0.1 -- seconds between two looks at the time while a question waits
local PATIENCE = 60 -- seconds for work that must not end half done

local settings = {
  calls = "model.maxToolCalls", seconds = "model.maxWallTimeSeconds", tokens = "model.maxRunTokens", cost = "model.maxRunCost",
}

---Begins to count for a prompt, or for all prompts of a run without a screen, until what it gives is closed.
---@param ctx Ctx
---@return table? closes; nil where nothing is limited, or counted already
function M.begin(ctx)
  if ctx.budget then return nil end
  local most = {}
  for name, key in pairs(settings) do
    local value = ctx.settings:get(key)
    most[name] = value and value >= 0 and value or nil
  end
  if not next(most) and not ctx.allowance then return nil end
  local budget = { most = most, calls = 0, tokens = 0, cost = 0,
    ends = most.seconds and task.now() + most.seconds }
  ctx.budget = budget
  -- An agent in the background keeps it longer, without its time.
  return setmetatable({}, { __close = function() ctx.budget, budget.ends = nil, nil end })
end

-- The end of the run, said once: the first limit that was reached is the reason.
local function exceeded(ctx, what, words)
  local budget = ctx.budget
  if not budget.over then
    if ctx.interactive and not allowance.spent(ctx) then
      words = phrase("%s; each prompt has the whole limit: to go on, type: go on", words)
    end
    budget.over = err("limit", words, { exit = exit.limit, budget = what, retries = 0 })
  end
  return budget.over
end

-- Whether all tokens, or all the money, are used.
local function used_up(ctx)
  local budget = ctx.budget
  local most = budget.most
  if most.cost and budget.cost >= most.cost then
    return exceeded(ctx, "cost", phrase("the limit of money is reached: %.4f of %g %s were used (--max-cost, model.maxRunCost)", budget.cost,
      most.cost, budget.currency or ""))
  elseif allowance.spent(ctx) == "tokens" then
    return exceeded(ctx, "tokens", phrase "the tokens of this command are used (--tokens)")
  elseif most.tokens and budget.tokens >= most.tokens then
    return exceeded(ctx, "tokens", phrase("the limit of tokens is reached: %.0f of %d were used, in and out (--max-tokens, "
      .. "model.maxRunTokens)", budget.tokens, most.tokens))
  end
  return budget.over
end

---Counts calls of tools before they are made.
---@param ctx Ctx
---@param calls CallPart[]
---@return Err? why they are not made: they are more than may be, or their results could not be sent
function M.calls(ctx, calls)
  local budget, turn, count = ctx.budget, ctx.settings:get "model.maxToolCallsPerTurn", 0
  for _, call in ipairs(calls) do
    if call.name ~= "structured_output" then count = count + 1 end -- the answer itself
  end
  if ctx.counted_prompt ~= ctx.prompt_id then ctx.counted_prompt, ctx.calls_of_turn = ctx.prompt_id, 0 end
  ctx.calls_of_turn = (ctx.calls_of_turn or 0) + count
  if turn and turn > 0 and ctx.calls_of_turn > turn then
    return err("limit", tr("the limit of %d tool calls in one turn is reached (model.maxToolCallsPerTurn)", turn),
      { exit = exit.limit, budget = "calls" })
  end
  if not budget then return nil end
  budget.calls = budget.calls + count
  local most = budget.most.calls
  if most and budget.calls > most then
    return exceeded(ctx, "calls", phrase("the limit of tool calls is reached: %d (--max-tool-calls, model.maxToolCalls)", most))
  end
  return used_up(ctx)
end

---Why nothing more may be done; nil as long as something may.
---@param ctx Ctx
---@return Err?
function M.over(ctx) return ctx.budget and ctx.budget.over end

-- The prices of a model, where a limit of money can be kept with them.
local function prices_of(budget, model, provider)
  local prices = usage_ledger.prices(model, provider)
  if not usage_ledger.cost({ input = 1, output = 1 }, prices) then
    return nil, phrase("nothing was sent: --max-cost (model.maxRunCost) needs the prices of %s, which are not known; set them in "
      .. 'modelPricing: {"%s": {"inputPerMillionTokens": 0.5, "outputPerMillionTokens": 2}}', model.id, model.id)
  end
  local currency = type(prices.currency) == "string" and prices.currency or "USD"
  if budget.currency and budget.currency ~= currency then
    return nil, phrase("nothing was sent: --max-cost (model.maxRunCost) is in %s, and the prices of %s are in %s", budget.currency,
      model.id, currency)
  end
  budget.currency = currency
  return prices
end

---Whether a request may be sent: it is asked before each.
---@param ctx Ctx
---@param model Model
---@param provider Provider
---@return Err? why not
function M.before_request(ctx, model, provider)
  local budget = ctx.budget
  if not budget or budget.over then return budget and budget.over end
  if budget.most.cost then
    local prices, problem = prices_of(budget, model, provider)
    if not prices then return err("usage", problem, { exit = exit.usage }) end
  end
  return used_up(ctx)
end

---Counts what a request used. Where a service does not say what a whole answer used, no limit can be kept.
---@param ctx Ctx
---@param row {usage: Usage, prices: table?, outcome: string}
function M.count(ctx, row)
  local budget, usage = ctx.budget, row.usage or {}
  local tokens = (usage.input or 0) + (usage.output or 0)
  local unsaid = row.outcome == "ok" and not (usage.input and usage.output)
  allowance.count(ctx, not unsaid and tokens or nil)
  if not budget then return end
  if unsaid and (budget.most.tokens or budget.most.cost or allowance.spent(ctx) == "uncounted") then
    exceeded(ctx, "tokens", phrase "the service does not say how many tokens an answer used: no limit of tokens or money can be kept")
  end
  budget.tokens = budget.tokens + tokens
  budget.cost = budget.cost + (usage_ledger.cost(usage, row.prices) or 0)
end

---The seconds that are left; nil without a limit. While a question waits for the user they do not pass.
---@param ctx Ctx
---@return number?
function M.left(ctx)
  local budget = ctx.budget
  if not budget then return nil end
  local now = budget.asked or task.now()
  local own, of_command = budget.ends and budget.ends - now, allowance.left(ctx, now)
  return own and of_command and math.min(own, of_command) or own or of_command
end

---What is said instead of a wait that would take longer than the time that is left.
---@param ctx Ctx
---@param e Err what would be waited for
---@return Err
function M.no_time(ctx, e)
  return exceeded(ctx, "seconds", phrase("%s; that would take longer than the time that is left (--max-wall-time, "
    .. "model.maxWallTimeSeconds)", err.phrase(e)))
end

---The time stands still until what it gives is closed: a question waits.
---@param ctx Ctx
---@return table? closes
function M.hold(ctx)
  local budget = ctx.budget
  if not M.left(ctx) then return nil end
  budget.asked, budget.questions = budget.asked or task.now(), (budget.questions or 0) + 1
  return setmetatable({}, { __close = function()
    budget.questions = budget.questions - 1
    if budget.questions > 0 then return end -- another one waits
    local waited = task.now() - budget.asked
    allowance.extend(ctx, waited)
    budget.ends, budget.asked = budget.ends and budget.ends + waited, nil
  end })
end

---Runs fn no longer than the time that is left; then everything in it is stopped. What runs in it already is stopped with it.
---@param ctx Ctx
---@param fn fun(): ...
---@return boolean in_time
---@return any results of fn, or the reason
function M.within(ctx, fn)
  if not M.left(ctx) or ctx.budget.watched then return true, fn() end
  local budget = ctx.budget
  budget.watched = true
  local _ <close> = setmetatable({}, { __close = function() budget.watched = nil end })
  local child = task.spawn(fn)
  while true do
    local results = table.pack(child:join(math.max(M.left(ctx), FEW)))
    if results[1] then return table.unpack(results, 1, results.n) end
    if child:done() then error(results[2], 0) end
    if M.left(ctx) <= 0 then break end
  end
  local over = exceeded(ctx, "seconds", allowance.spent(ctx) and phrase "the time of this command is over (--for)"
    or phrase("the limit of time is reached: %g s (--max-wall-time, model.maxWallTimeSeconds)", budget.most.seconds))
  local late = task.now() + PATIENCE
  while unfinished.any() and task.now() < late do task.sleep(FEW) end
  child:cancel()
  child:join()
  return false, over
end

---Whether a session is larger than it may be: then nothing more is sent in it.
---@param ctx Ctx
---@return Err?
function M.session(ctx)
  local most, messages = ctx.settings:get "model.sessionTokenLimit", ctx.session.messages
  if most <= 0 then return nil end
  for i = #messages, (ctx.session.compacted or 0) + 1, -1 do
    local used = messages[i].usage and messages[i].usage.input
    if used and used > most then
      return err("limit", tr("nothing was sent: the session has %d tokens, more than %d (model.sessionTokenLimit); /compact or /clear",
        used, most))
    end
    if used then return nil end
  end
end

return M
