-- What carries out a request of a client (Model Context Protocol) may do meanwhile: tell how far it
-- is, write to the client's log, ask the client.
local json_rpc = require "qwen.extension.json_rpc"
local sys = require "sys.os"
local task = require "sys.task"

local is_object, problem = json_rpc.is_object, json_rpc.problem

local PATIENCE = 600 -- seconds for an answer to what a call has asked its client for
local MOST_ROUNDS = 3 -- that the same is asked for again
local INVALID, PARAMS, INTERNAL, NO_CAPABILITY = -32600, -32602, -32603, -32021

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

-- What a client must be able to for a question of ours.
local CAPABILITY = { ["elicitation/create"] = "elicitation", ["sampling/createMessage"] = "sampling",
  ["roots/list"] = "roots" }

-- Whether each question has an answer.
local function complete(responses, questions)
  for key in pairs(questions) do
    if not (is_object(responses) and is_object(responses[key])) then return false end
  end
  return true
end

-- The request is answered with what it wants to know, and goes on with the one that brings it. What
-- is missing there is asked for again.
local function ask_by_answer(self, questions)
  local server = self.server
  for _ = 1, MOST_ROUNDS do
    local state, queue = sys.uuid(), task.queue(1)
    server.halted[state] = { queue = queue, request = self }
    server:reply(self, { resultType = "input_required", requestState = state, inputRequests = questions })
    server.running[self.id] = nil
    local _ <close> = setmetatable({}, { __close = function() server.halted[state] = nil end })
    local again = queue:get(PATIENCE)
    if not again then return problem(INVALID, "nobody answered") end
    self.id, self.token, self.level = again.id, again.token, again.level
    if complete(again.params.inputResponses, questions) then return again.params.inputResponses end
  end
  return problem(PARAMS, "inputResponses lacks an answer")
end

-- One question, in a request of our own.
local function ask_by_request(self, question)
  local server = self.server
  local id, queue = json_rpc.question(server)
  local answered = false
  local _ <close> = setmetatable({}, { __close = function()
    server.waiting[id] = nil
    if not answered then server:notify("notifications/cancelled", { requestId = id }) end
  end })
  server:send { id = id, method = question.method, params = question.params }
  local reply = queue:get(PATIENCE)
  answered = reply ~= nil
  if not reply then return problem(INVALID, "nobody answered") end
  if is_object(reply.result) then return reply.result end
  return problem(INTERNAL, is_object(reply.error) and tostring(reply.error.message) or "no result")
end

---Asks the client several things at once.
---@param questions table<string, {method: string, params: table}> by names of their own
---@return table<string, table>? answers by the same names
---@return table? problem code and message
function Request:ask_all(questions)
  for _, question in pairs(questions) do
    local name = CAPABILITY[question.method]
    if name and not self:can(name) then
      return problem(NO_CAPABILITY, "the client cannot be asked for " .. name,
        { requiredCapabilities = { [name] = {} } })
    end
  end
  if self.stateless then return ask_by_answer(self, questions) end
  local answers = {}
  for name, question in pairs(questions) do
    local answer, e = ask_by_request(self, question)
    if not answer then return nil, e end
    answers[name] = answer
  end
  return answers
end

---Asks the client.
---@param method string elicitation/create, sampling/createMessage or roots/list
---@param params table?
---@return table? answer
---@return table? problem code and message
function Request:ask(method, params)
  local answers, e = self:ask_all { answer = { method = method, params = params or {} } }
  return answers and answers.answer, e
end

return Request
