-- Waiting for tool servers that are being started: a prompt waits for none of them long, and one
-- that names a server waits for that one.
local task = require "sys.task"

local M = {}

-- Seconds after its start that a prompt waits for a server; END: until one that the user waits for
-- has failed.
local AT_PROMPT, ALONE, END = 1, 15, 1

local Starting = {}
Starting.__index = Starting

---Notes that a server is being started.
---@param ctx Ctx
---@param name string
---@param patience number? seconds that the user has given to it
---@return fun() done it has started, or never will
function M.add(ctx, name, patience)
  local over = task.queue(1)
  local seconds = ctx.interactive and AT_PROMPT or patience and patience + END or ALONE
  local one = setmetatable({ name = name, over = over, ends = task.now() + seconds }, Starting)
  table.insert(ctx.starting, one)
  return function()
    one.ready = true
    over:close()
  end
end

---Waits until the server has started, or never will.
---@param seconds number?
function Starting:get(seconds)
  if not self.ready then self.over:get(seconds) end
end

---Waits as long as a prompt does.
---@param ctx Ctx
---@return string[] late names of servers that are still being started
function M.wait(ctx)
  local late = {}
  for _, one in ipairs(ctx.starting or {}) do
    one:get(math.max(one.ends - task.now(), 0))
    if not one.ready and not one.told then
      one.told = true
      late[#late + 1] = one.name
    end
  end
  return late
end

---Waits for the server of a name.
---@param ctx Ctx
---@param name string
function M.wait_for(ctx, name)
  for _, one in ipairs(ctx.starting or {}) do
    if one.name == name then one:get() end
  end
end

return M
