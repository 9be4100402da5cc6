-- One end of an ACP connection: JSON-RPC 2.0, one message a line. Each request is answered by its
-- handler in a task of its own; a question to the other end waits for the reply.
local err = require "qwen.util.err"
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local output = require "qwen.ui.headless.json"
local sys = require "sys.os"
local task = require "sys.task"
local phrase = require("qwen.util.translate").phrase

local M = {}

---The codes of errors.
M.codes = { parse = -32700, invalid = -32600, unknown = -32601, params = -32602, internal = -32603,
  auth = -32000, missing = -32002, cancelled = -32800 }

local BY_KIND = { auth = M.codes.auth, cancelled = M.codes.cancelled, missing = M.codes.missing,
  usage = M.codes.params }

local Connection = {}
Connection.__index = Connection

---Writes one message to standard output. It can be called while a task is closed.
---@param message table
function M.write(message)
  message.jsonrpc = "2.0"
  sys.out(output.line(message))
  sys.flush()
end

---@param id any
---@param code integer
---@param words string
---@param data table?
---@return table
function M.failure(id, code, words, data)
  return { id = id == nil and json.null or id, error = { code = code, message = words, data = data } }
end

---An error with a code of JSON-RPC.
---@param name string of `codes`
---@param words string|Phrase
---@return Err
function M.err(name, words)
  return err(name == "auth" and "auth" or "usage", words, { rpc = M.codes[name] })
end

---@param value any as it was decoded
---@return table empty for what is no object
function M.object(value) return type(value) == "table" and value ~= json.null and value or {} end

---@param options {handlers: table<string, function>, prefix: string, write: fun(message: table)?,
--- route: (fun(message: table, line: string): boolean)?}
--- handlers: by method, fun(params): result, err, function that is called behind the answer;
--- prefix: what the ids of questions begin with; route: takes messages that are another's
---@return table connection
function M.new(options)
  return setmetatable({ handlers = options.handlers, prefix = options.prefix, route = options.route,
    write = options.write or M.write, last = 0, waiting = {}, serving = {} }, Connection)
end

---@param method string
---@param params table
function Connection:tell(method, params)
  if not self.closed then self.write { method = method, params = params } end
end

local GONE = phrase "the client that was to answer has closed its end"

---Asks the other end and waits for its answer. A question that nobody waits for any more is
---called back.
---@param method string
---@param params table
---@return table? result
---@return Err?
function Connection:ask(method, params)
  if self.closed then return nil, err("broken", GONE) end
  local number, queue = json_rpc.question(self)
  local id, answered = self.prefix .. number, false
  local _ <close> = setmetatable({}, { __close = function()
    self.waiting[number] = nil
    if not answered then self:tell("$/cancel_request", { requestId = id }) end
  end })
  self.write { id = id, method = method, params = params }
  local reply = queue:get()
  answered = true
  if not reply then return nil, err("broken", GONE) end
  local e = reply.error
  if type(e) == "table" and e ~= json.null then
    local code = math.tointeger(e.code)
    return nil, err(code == M.codes.missing and "missing" or "denied",
      tostring(e.message), { code = code and tostring(code) })
  end
  return M.object(reply.result)
end

---Asks without waiting for the answer: it can be called while a task is closed.
---@param method string
---@param params table
function Connection:command(method, params)
  if self.closed then return end
  self.last = self.last + 1
  self.write { id = self.prefix .. self.last, method = method, params = params }
end

---@param e Err
---@return integer
function M.code_of(e)
  return math.tointeger(e.rpc) or BY_KIND[e.kind] or M.codes.internal
end

local function serve(self, message, handler, key)
  local params = message.params
  local ok, result, e, after = xpcall(handler, debug.traceback, M.object(params))
  self.serving[key or message] = nil
  if not ok then
    sys.err("qwen: " .. tostring(result) .. "\n")
    result, e = nil, err("broken", phrase "internal error")
  end
  if not key then return end
  if result then
    self.write { id = message.id, result = result }
  else
    self.write(M.failure(message.id, M.code_of(e), e.message))
  end
  if after then after() end
end

-- A request that the other end needs no answer to any more.
local function call_back(self, id)
  local key = json.encode(id)
  local one = self.serving[key]
  if not one then return end
  self.serving[key] = nil
  one:cancel()
  self.write(M.failure(id, M.codes.cancelled, "the request was cancelled"))
end

-- What a message is, or what is wrong with it.
local function kind_of(message)
  if type(message) ~= "table" or message == json.null or message[1] ~= nil then return nil end
  local id = message.id
  local named = type(id) == "string" or math.tointeger(id) ~= nil or id == json.null
  if id ~= nil and not named then return nil end
  if type(message.method) == "string" then return id == nil and "notification" or "request" end
  return id ~= nil and message.method == nil and "reply" or nil
end

---Takes one line of the other end.
---@param line string
function Connection:take(line)
  if not line:find "%S" then return end
  local message, problem = json.decode(line, false, true)
  if message == nil then
    return self.write(M.failure(nil, M.codes.parse, "the message is not JSON: " .. err.english(problem)))
  end
  local kind = kind_of(message)
  if not kind then
    return self.write(M.failure(nil, M.codes.invalid, "the message is no request, notification or response"))
  end
  if self.route and self.route(message, line, kind) then return end
  if kind == "reply" then
    json_rpc.hand_over(self, tostring(message.id):match "%-(%d+)$", message)
  elseif message.method == "$/cancel_request" then
    local params = message.params
    if type(params) == "table" then call_back(self, params.requestId) end
  else
    local handler = self.handlers[message.method]
    if not handler then
      if kind == "notification" then return end
      return self.write(M.failure(message.id, M.codes.unknown, "there is no method " .. message.method))
    end
    local key = kind == "request" and json.encode(message.id) or nil
    self.serving[key or message] = task.spawn(serve, self, message, handler, key)
  end
end

---Nobody will answer any more.
function Connection:close()
  self.closed = true
  json_rpc.close(self)
end

return M
