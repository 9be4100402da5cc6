-- Calls of tools that answer with a task: the server works on, and is asked until it is done. The
-- task of 2025-11-25 is wanted by the caller; that of the newest revision comes unasked.
local ask = require "qwen.extension.mcp.ask"
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase
local incoming = require "qwen.extension.mcp.incoming"
local task = require "sys.task"

local M = {}

local LEAST, USUAL, MOST = 0.1, 1, 60 -- seconds between two looks
local OVER = { completed = true, failed = true, cancelled = true }

-- Whether a tool is called as a task: only where it must be.
local function must(self, tool)
  local can = type(self.can.tasks) == "table" and self.can.tasks.requests
  local calls = type(can) == "table" and type(can.tools) == "table" and can.tools.call
  return calls and type(tool.execution) == "table" and tool.execution.taskSupport == "required"
end

local function pause(state)
  local wait = tonumber(state.pollInterval or state.pollIntervalMs)
  task.sleep(math.max(LEAST, math.min(wait and wait / 1000 or USUAL, MOST)))
end

-- What the server wants to know for a task that came unasked.
local function give_input(self, id, wanted)
  local input = {}
  for key, one in pairs(type(wanted) == "table" and wanted or {}) do
    if type(one) == "table" then
      input[key] = incoming.respond(self, tostring(one.method), one.params) or { action = "decline" }
    end
  end
  return self:request("tasks/update", { taskId = id, inputResponses = input }, self.start_limit)
end

local function failed(self, state)
  local said = type(state.error) == "table" and state.error.message or state.statusMessage
  return nil, err("broken", phrase("the tool server %s: %s", self.name,
    tostring(said or state.status)))
end

-- Asks until the task is over. `settled` gives the result of one that is.
local function follow(self, state, limit, progress, settled)
  local id, told = state.taskId, nil
  if type(id) ~= "string" then
    return nil, err("protocol", phrase("the tool server %s: it named a task without an id",
      self.name))
  end
  local over = false
  local _ <close> = setmetatable({}, { __close = function()
    if over or self.ended then return end
    self.ctx.background(function()
      ask.ask(self, "tasks/cancel", { taskId = id }, self.start_limit)
    end)
  end })
  local ends = task.now() + limit
  while task.now() < ends do
    if progress and state.statusMessage and state.statusMessage ~= told then
      told = state.statusMessage
      progress { message = told }
    end
    if OVER[state.status] or state.status == "input_required" and not self.modern then
      local result, e = settled(state)
      over = result ~= nil or OVER[state.status] or false
      return result, e
    end
    if state.status == "input_required" then
      local ok, e = give_input(self, id, state.inputRequests)
      if not ok then return nil, e end
    end
    pause(state)
    local e
    state, e = self:request("tasks/get", { taskId = id }, self.start_limit)
    if not state then return nil, e end
  end
  return nil, err("timeout", phrase("the tool server %s: %s", self.name,
    phrase("no answer to %s within %s", "tools/call", phrase("%g s", limit))))
end

---Calls a tool, and waits for its task where it has one.
---@param self table the client
---@param tool table
---@param params table
---@param options table
---@return table? result
---@return Err?
function M.call(self, tool, params, options)
  local limit = self.call_limit
  if must(self, tool) then
    params.task = { ttl = math.tointeger(limit * 1000 // 1) }
    local made, e = self:request("tools/call", params, limit, options)
    if not made or type(made.task) ~= "table" then return made, e end
    return follow(self, made.task, limit, options.progress, function(state)
      -- The questions of a task come while its result is waited for.
      return self:request("tasks/result", { taskId = state.taskId }, limit, options)
    end)
  end
  local result, e = self:request("tools/call", params, limit, options)
  if not result or result.resultType ~= "task" then return result, e end
  return follow(self, result, limit, options.progress, function(state)
    if type(state.result) == "table" then return state.result end
    return failed(self, state)
  end)
end

return M
