-- What carries out a request of a client (Model Context Protocol) may do meanwhile: tell how far it
-- is, write to the client's log, ask the client.
local json_rpc = require "qwen.extension.json_rpc"
local sys = require "sys.os"
local task = require "sys.task"

local is_object, problem = json_rpc.is_object, json_rpc.problem

local PATIENCE = 600 -- seconds for an answer to what a call has asked its client for
local INVALID, PARAMS, INTERNAL = -32600, -32602, -32603

---@class McpRequest
local Request = { levels = { debug = 1, info = 2, notice = 3, warning = 4, error = 5, critical = 6,
  alert = 7, emergency = 8 } }
Request.__index = Request

---Says how far it is; nothing where the client did not ask to be told.
---@param done number
---@param total number?
---@param message string?
function Request:progress(done, total, message)
  if self.token == nil then return end
  self.server:notify("notifications/progress", { progressToken = self.token, progress = done,
    total = total, message = message })
end

---A line for the log of the client.
---@param level string debug, info, notice, warning, error, critical, alert or emergency
---@param data any
---@param logger string?
function Request:log(level, data, logger)
  local least = self.stateless and self.level or not self.stateless and self.server.level
  if not least or self.levels[level] < self.levels[least] then return end
  self.server:notify("notifications/message", { level = level, data = data, logger = logger })
end

---Whether the client can be asked for that.
---@param what string elicitation, sampling or roots
---@return boolean
function Request:can(what)
  local can = self.stateless and self.capabilities or self.server.capabilities
  return is_object(can) and can[what] ~= nil
end

-- The request is answered with what it wants to know, and goes on with the one that brings it.
local function ask_by_answer(self, method, params)
  local server, state, queue = self.server, sys.uuid(), task.queue(1)
  server.halted[state] = { queue = queue, request = self }
  server:reply(self, { resultType = "input_required", requestState = state,
    inputRequests = { answer = { method = method, params = params } } })
  server.running[self.id] = nil
  local _ <close> = setmetatable({}, { __close = function() server.halted[state] = nil end })
  local again = queue:get(PATIENCE)
  if not again then return problem(INVALID, "nobody answered") end
  self.id, self.token, self.level = again.id, again.token, again.level
  local responses = again.params.inputResponses
  local response = is_object(responses) and responses.answer
  if not is_object(response) then return problem(PARAMS, "inputResponses has no 'answer'") end
  return response
end

---Asks the client.
---@param method string elicitation/create, sampling/createMessage or roots/list
---@param params table?
---@return table? result
---@return table? error code and message
function Request:ask(method, params)
  params = params or {}
  if self.stateless then return ask_by_answer(self, method, params) end
  local server = self.server
  local id, queue = json_rpc.question(server)
  local answered = false
  local _ <close> = setmetatable({}, { __close = function()
    server.waiting[id] = nil
    if not answered then server:notify("notifications/cancelled", { requestId = id }) end
  end })
  server:send { id = id, method = method, params = params }
  local reply = queue:get(PATIENCE)
  answered = reply ~= nil
  if not reply then return problem(INVALID, "nobody answered") end
  if is_object(reply.result) then return reply.result end
  return problem(INTERNAL, is_object(reply.error) and tostring(reply.error.message) or "no result")
end

return Request
