-- What the user chose for a session, kept with it: the effort and the approval mode. A session that
-- goes on has the effort again, and the mode where it allows less than the one that counts now.
local effort = require "qwen.model.effort"
local plan_mode = require "qwen.agent.plan_mode"
local tr = require("qwen.util.translate").tr

local M = {}

-- From the strictest on. A mode that allows more is chosen anew for each run.
local rank = { plan = 1, default = 2, ["auto-edit"] = 3, auto = 4, yolo = 5 }

local levels = { default = true }
for _, level in ipairs(effort.levels) do levels[level] = true end

local function tell(ctx, words) ctx.notice(tr("as this session was left: %s", words)) end

local function take_effort(ctx, session)
  local level = (session.left or {}).effort or session.resumed and ctx.effort_chosen and "default"
  if not levels[level] or not ctx.model or (ctx.effort_chosen or "default") == level then return end
  effort.set(ctx, level)
  if (session.left or {}).effort then tell(ctx, effort.words(ctx.model)) end
end

local function take_mode(ctx, mode)
  if not ctx.interactive or not rank[mode] or rank[mode] >= (rank[ctx.mode] or 0) then return end
  plan_mode.take(ctx, mode)
  tell(ctx, tr("mode: %s", mode))
end

---A session begins or goes on: takes what was chosen for it, as far as no flag of this run says
---otherwise, and notes what counts in each of its records from now on.
---@param ctx Ctx
---@param session Session
function M.attach(ctx, session)
  local left, flags = session.left or {}, ctx.opts
  if ctx.effort_chosen or not flags.effort then take_effort(ctx, session) end
  if not flags.mode then take_mode(ctx, left.mode) end
  -- a run without a prompt of its own has the mode of its flags, which is not the session's
  function session.choices()
    return { mode = ctx.interactive and ctx.mode or left.mode, effort = ctx.effort_chosen or left.effort }
  end
end

return M
