-- What a run may use at most, by the settings: calls of tools and seconds where nobody watches, tokens of a session anywhere. A subagent
-- counts as the one call that started it.
local err = require "qwen.util.err"
local tr = require("qwen.util.translate").tr

local M = {}

M.EXIT = 55

local function exceeded(words)
  return err("limit", words, { exit = M.EXIT })
end

---Counts calls of tools before they are made.
---@param ctx Ctx
---@param count integer
---@return Err? when they are more than the run may make
function M.calls(ctx, count)
  local most, turn = ctx.settings:get "model.maxToolCalls", ctx.settings:get "model.maxToolCallsPerTurn"
  if ctx.counted_prompt ~= ctx.prompt_id then ctx.counted_prompt, ctx.calls_of_turn = ctx.prompt_id, 0 end
  ctx.calls_of_turn = (ctx.calls_of_turn or 0) + count
  if turn and turn > 0 and ctx.calls_of_turn > turn then
    return exceeded(tr("the limit of %d tool calls in one turn is reached (model.maxToolCallsPerTurn)", turn))
  end
  if ctx.interactive or ctx.agent or most < 0 then return nil end
  ctx.calls_made = (ctx.calls_made or 0) + count
  if ctx.calls_made > most then return exceeded(tr("the limit of %d tool calls is reached (model.maxToolCalls)", most)) end
end

---The seconds that a run without a screen may take; nil for any.
---@param ctx Ctx
---@return number? seconds
---@return Err? what is said when they are over
function M.seconds(ctx)
  local most = ctx.settings:get "model.maxWallTimeSeconds"
  if ctx.interactive or most < 0 then return nil end
  return most, exceeded(tr("the limit of %g seconds is reached (model.maxWallTimeSeconds)", most))
end

---Whether a session is larger than it may be: then nothing more is sent in it.
---@param ctx Ctx
---@return Err?
function M.tokens(ctx)
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
