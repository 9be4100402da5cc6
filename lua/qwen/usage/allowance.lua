-- What the prompts of one command may use together, such as those of a goal: seconds and tokens. The
-- limits of each prompt stand beside it (budget.lua).
local task = require "sys.task"

local M = {}

---Begins to count for a command, until what it gives is closed.
---@param ctx Ctx
---@param most {seconds: number?, tokens: integer?}
---@return table closes
function M.begin(ctx, most)
  ctx.allowance = { tokens = 0, most_tokens = most.tokens,
    ends = most.seconds and task.now() + most.seconds }
  return setmetatable({}, { __close = function() ctx.allowance = nil end })
end

---What of it is used up; "uncounted": a service did not say how many tokens an answer used.
---@param ctx Ctx
---@return "tokens"|"seconds"|"uncounted"|nil
function M.spent(ctx)
  local own = ctx.allowance
  if not own then return nil end
  if own.uncounted then return "uncounted" end
  if own.most_tokens and own.tokens >= own.most_tokens then return "tokens" end
  return own.ends and task.now() >= own.ends and "seconds" or nil
end

---The seconds that are left; nil without a limit.
---@param ctx Ctx
---@param now number
---@return number?
function M.left(ctx, now)
  local own = ctx.allowance
  return own and own.ends and own.ends - now or nil
end

---Counts the tokens of a request.
---@param ctx Ctx
---@param tokens integer? nil where the service does not say
function M.count(ctx, tokens)
  local own = ctx.allowance
  if not own then return end
  own.tokens = own.tokens + (tokens or 0)
  own.uncounted = own.uncounted or own.most_tokens ~= nil and tokens == nil
end

---While a question waits for the user the time does not pass.
---@param ctx Ctx
---@param seconds number
function M.extend(ctx, seconds)
  local own = ctx.allowance
  if own and own.ends then own.ends = own.ends + seconds end
end

return M
