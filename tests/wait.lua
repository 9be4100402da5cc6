-- Waiting on a machine that may be busy with anything: for a state, never for a time. The bound only ends a test that would hang.
local task = require "sys.task"

local M = { PATIENCE = 600 } -- seconds

---Asks again and again, for what tells nobody when it changes: a file, a process, a screen.
---@param fn fun(): any
---@return any what fn gave at last; nil when it never gave anything
function M.until_true(fn)
  local late = task.now() + M.PATIENCE
  repeat
    local value = fn()
    if value then return value end
    task.sleep(0.01)
  until task.now() > late
end

---For what a short time limit is to cut in the middle: tries with a limit that is doubled until it was long enough to get there.
---@param fn fun(limit: number): any nil when the limit came too early
---@return any what fn gave at last
function M.with_limit(fn)
  local limit = 0.1
  while limit < M.PATIENCE do
    local value = fn(limit)
    if value then return value end
    limit = limit * 2
  end
end

return M
