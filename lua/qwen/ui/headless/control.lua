-- The control channel: a program on standard input and output that asks for things and is asked.
-- One JSON object a line; the shapes are those of Qwen Code's SDK. What is asked is answered by the
-- handlers that it gets.
local err = require "qwen.util.err"
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local phrase = require("qwen.util.translate").phrase

local M = {}

local Channel = {}
Channel.__index = Channel

---@param write fun(value: table) writes one object
---@return table channel
function M.new(write)
  return setmetatable({ write = write, last = 0, waiting = {}, name = "qwen" }, Channel)
end

---Asks the program and waits for its answer.
---@param request table with `subtype`
---@param seconds number? how long; without it until it answers
---@return table? response
---@return Err?
function Channel:ask(request, seconds)
  if self.closed then return nil, err("broken", phrase "the program that was to answer has closed its end") end
  local id, queue = json_rpc.question(self)
  local name = ("%s-%d"):format(self.name, id)
  local answered = false
  local _ <close> = setmetatable({}, { __close = function()
    self.waiting[id] = nil
    if not answered and not self.closed then
      self.write { type = "control_cancel_request", request_id = name }
    end
  end })
  self.write { type = "control_request", request_id = name, request = request }
  local reply = queue:get(seconds)
  answered = reply ~= nil
  if not reply and not self.closed then
    return nil, err("timeout", phrase("the program did not answer within %g s", seconds))
  end
  if not reply then return nil, err("broken", phrase "the program that was to answer has closed its end") end
  if reply.subtype ~= "success" then
    local why = type(reply.error) == "table" and reply.error.message or reply.error
    return nil, err("denied", tostring(why or "no reason was given"))
  end
  return type(reply.response) == "table" and reply.response ~= json.null and reply.response or {}
end

---Takes the answer to something that was asked.
---@param message table of type control_response
---@return boolean somebody waited
function Channel:answered(message)
  local reply = type(message.response) == "table" and message.response or {}
  local id = tostring(reply.request_id):match "%-(%d+)$"
  return json_rpc.hand_over(self, id, reply)
end

---Answers a request of the program by the handler of its subtype.
---@param message table of type control_request
---@param handlers table<string, fun(request: table): table?, Err?>
function Channel:serve(message, handlers)
  local request = type(message.request) == "table" and message.request or {}
  local handler = handlers[tostring(request.subtype)]
  local response, e
  if handler then response, e = handler(request)
  else e = err("usage", phrase("there is no control request '%s'", tostring(request.subtype))) end
  local reply = { subtype = response and "success" or "error", request_id = message.request_id,
    response = response, error = not response and tostring(e) or nil }
  self.write { type = "control_response", response = reply }
end

---Nobody will answer any more.
function Channel:close()
  self.closed = true
  json_rpc.close(self)
end

return M
