-- Changes of files in a folder that another process may hold locked: the wait is one of the task, so
-- that the screen lives and Ctrl-C ends it.
local err = require "qwen.util.err"
local task = require "sys.task"
local tr = require("qwen.util.translate").tr

local PATIENCE, FIRST, LONGEST = 5, 0.02, 0.25 -- seconds; others compare and rename, which takes a moment

---Calls a function of sys.fs, again and again while the folder is locked.
---@param change fun(path: string, ...): any, any
---@param path string
---@return any ok
---@return any more what it gives beside, or an Err
return function(change, path, ...)
  local late, pause = task.now() + PATIENCE, FIRST
  while true do
    local ok, more = change(path, ...)
    if ok or more.code ~= "EAGAIN" then return ok, more end
    if task.now() > late or not coroutine.isyieldable() then
      return nil, err("timeout", tr("%s: another process holds the folder locked; nothing was written", path),
        { code = more.code, path = path })
    end
    task.sleep(pause)
    pause = math.min(2 * pause, LONGEST)
  end
end
