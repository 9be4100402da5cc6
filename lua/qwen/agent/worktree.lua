-- How many files of the working tree differ from the last commit when a session begins: asked of git beside everything else, and told
-- before the first prompt, so that the system prompt stays the same bytes.
local fs = require "sys.fs"
local message = require "qwen.session.message"
local task = require "sys.task"

local M = {}

local WAIT = 0.2 -- seconds that a first prompt waits for it
local NONE = "git status at the start: no file is changed."
local SOME = "git status at the start: %d changed or new. Leave these changes alone unless they are the task."

---Begins to look.
---@param ctx Ctx
function M.begin(ctx)
  local stat = fs.stat(ctx.cwd .. "/.git", false)
  if not stat or stat.type ~= "dir" then return end
  local done = task.queue(1)
  ctx.worktree = done
  ctx.background(function()
    done:put(require("qwen.permission.git_looks").changes(ctx.cwd) or false)
  end)
end

---Puts it before the first prompt.
---@param ctx Ctx
---@param prompt Message
function M.tell(ctx, prompt)
  if ctx.agent or not ctx.worktree then return end
  local count = ctx.worktree:get(WAIT)
  ctx.worktree = nil
  if count then table.insert(prompt.parts, 1, message.note(count == 0 and NONE or SOME:format(count))) end
end

return M
