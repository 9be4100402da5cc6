-- Whether a call may run: what rules and modes say, then hooks, then who is asked: the person, or the
-- program that leads the session.
local policy = require "qwen.permission.policy"
local tr = require("qwen.util.translate").tr

local M = {}

-- A hook may answer in the place of the person: true or false and the words for the model; nil when the person is to be asked, and why.
local function asked_hooks(ctx, call, args, reason, rule, kind)
  local answer, why = ctx.emit("permission_asked", { name = call.name, args = args, id = call.id,
    reason = tostring(reason), rule = rule, kind = kind })
  if not answer then return false, "Refused: " .. why end
  if answer.verdict == "allow" then return true, reason end
  if answer.verdict == "deny" then return false, "Refused: " .. (answer.reason or tostring(reason)) end
  return nil, answer.reason ~= tostring(reason) and answer.reason or reason
end

-- Allow, ask or deny; `must_ask` is a hook's reason to ask about what would be allowed.
local function judge(ctx, call, tool, args, must_ask, places)
  local verdict, reason, rule, firm, kind = policy.judge(ctx, call.name, tool, args, places)
  if verdict == "ask" and rule and ctx.granted[rule] then verdict = "allow" end
  if verdict == "allow" and must_ask then return "ask", must_ask, nil, true, "hook" end
  return verdict, reason, rule, firm, must_ask and "hook" or kind
end

---Judges a call.
---@param ctx Ctx
---@param scoped Ctx of the run: it opens the files that were judged, and no others
---@param call CallPart
---@param tool Tool
---@param args table
---@param about {must_ask: string?, places: table?, agreed: boolean?} must_ask: a hook's reason to ask
---about what would be allowed; agreed: who is asked has written these arguments
---@return boolean allowed
---@return string|Phrase? reason; for the model where it may not run
---@return table? changed arguments, to be judged again
---@return boolean? wrong it cannot work: nobody was asked
---@return string? said what was answered in the place of a yes
function M.of(ctx, scoped, call, tool, args, about)
  local verdict, reason, rule, firm, kind = judge(ctx, call, tool, args, about.must_ask, about.places)
  if verdict == "allow" and tool.asks then -- a hook may refuse that; it answers in nobody's place
    local allowed, words = asked_hooks(ctx, call, args, "it asks the user", nil, "asks")
    if allowed == false then return false, words end
  end
  if verdict == "allow" then return true, reason end
  if verdict == "ask" then
    local allowed, words = asked_hooks(ctx, call, args, reason, rule, kind)
    if allowed ~= nil then return allowed, words end
    reason = words
    if about.agreed then return true, reason end
    if ctx.decide then
      return ctx.decide(call, tool, args, { ctx = scoped, reason = reason, rule = rule })
    end
    if ctx.interactive then
      return require("qwen.permission.approval").ask(scoped, call, tool, args, reason, rule)
    end
  end
  if verdict == "deny" then
    ctx.notice(tr("%s was refused: %s", call.name, reason))
    return false, "Refused: " .. tostring(reason)
  end
  local flags = require("qwen.permission.approval").flags(ctx, tool, rule, firm)
  ctx.notice(flags and tr("%s was refused because nobody can be asked: %s; allow it with %s", call.name, reason, flags)
    or tr("%s was refused because nobody can be asked: %s", call.name, reason))
  return false, "Refused: this call needs the user's approval and nobody can be asked in this run ("
    .. tostring(reason) .. ")."
end

return M
