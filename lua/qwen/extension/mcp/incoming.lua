-- What a tool server asks of us and tells us, beside the replies: its questions go to the handlers
-- that the client was given, and only while a request of ours to it is open.
local json = require "sys.json"
local roots = require "qwen.extension.mcp.roots"
local task = require "sys.task"
local text = require "qwen.util.text"
local wait = require "qwen.extension.mcp.wait"

local M = {}

local MOST_OPEN = 20 -- questions of a server at a time
local LONGEST_LINE = 500 -- bytes of a line of its log
local UNKNOWN, REFUSED = -32601, -1

local own = { ping = function() return {} end,
  ["roots/list"] = function(self) return roots.list(self.ctx) end }

---What we answer to a question of the server.
---@param self table the client
---@param method string
---@param params table?
---@return table? result
---@return {code: integer, message: string}? problem
function M.respond(self, method, params)
  if own[method] then return own[method](self) end
  local handler = self.handlers[method]
  if not handler then return nil, { code = UNKNOWN, message = "not supported" } end
  if self.open == 0 then -- nobody has asked it for anything
    if method == "elicitation/create" then return { action = "decline" } end
    return nil, { code = REFUSED, message = "only while a request to this server is open" }
  end
  self.asked_now = self.asked_now + 1
  local _ <close> = setmetatable({}, { __close = function()
    self.asked_now = self.asked_now - 1
  end })
  local result, why = handler(type(params) == "table" and params or {}, self)
  if result then return result end
  return nil, { code = REFUSED, message = tostring(why or "declined") }
end

local function answer(self, message)
  local link, result = self.link, nil
  local problem = { code = -32603, message = "internal error" }
  local key, count = tostring(message.id), 0
  for _ in pairs(self.asked) do count = count + 1 end
  if count >= MOST_OPEN then
    problem = { code = REFUSED, message = "too many questions at a time" }
  else
    local child = task.spawn(M.respond, self, message.method, message.params)
    self.asked[key] = child
    local _ <close> = setmetatable({}, { __close = function() self.asked[key] = nil end })
    local ok, first, second = child:join()
    if not ok and self.withdrawn[key] then
      self.withdrawn[key] = nil
      return -- the server does not want an answer any more
    end
    if ok then result, problem = first, second end
  end
  link.send(json.encode { jsonrpc = "2.0", id = message.id, result = result, error = problem })
end

-- What is logged, as one line without control characters.
local function log_line(params)
  local data = params.data
  local said = type(data) == "string" and data or json.encode(data)
  local line = text.clean(text.utf8(said:sub(1, LONGEST_LINE))):gsub("%s+", " ")
  local logger = type(params.logger) == "string" and text.clean(params.logger:sub(1, 60)) .. ": "
  return (logger or "") .. line
end

local changes = { ["notifications/tools/list_changed"] = "tools",
  ["notifications/prompts/list_changed"] = "prompts",
  ["notifications/resources/list_changed"] = "resources" }

-- One look at a list that has changed serves all that is told until it begins.
local function changed(self, what)
  if self.changing[what] or not self.handlers.changed then return end
  self.changing[what] = true
  self.ctx.background(function()
    self.changing[what] = nil
    self.handlers.changed(what, self)
  end)
end

local notes = {}

notes["notifications/progress"] = wait.heard

notes["notifications/message"] = function(self, params)
  if self.handlers.logged then self.handlers.logged(tostring(params.level), log_line(params)) end
end

notes["notifications/resources/updated"] = function(self, params)
  local uri = params.uri
  if type(uri) == "string" and self.subscribed[uri] and self.handlers.updated then
    self.handlers.updated(uri)
  end
end

notes["notifications/cancelled"] = function(self, params)
  local key = tostring(params.requestId)
  local child = self.asked[key]
  if not child then return end
  self.withdrawn[key] = true
  child:cancel()
end

---Takes what is no reply.
---@param self table the client
---@param message table
function M.heard(self, message)
  local params = type(message.params) == "table" and message.params or {}
  if message.id ~= nil and message.id ~= json.null then
    self.ctx.background(function() answer(self, message) end)
  elseif changes[message.method] then
    changed(self, changes[message.method])
  elseif notes[message.method] then
    notes[message.method](self, params)
  end
end

return M
