-- Open questions of a JSON-RPC 2.0 conversation: whose reply a message is, and what becomes of one
-- that cannot be read. How messages travel is not done here.
local err = require "qwen.util.err"
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"

local M = {}

---@param value any as it was decoded
---@return boolean an object of JSON, which an empty list cannot be told from
function M.is_object(value)
  return type(value) == "table" and value ~= json.null and value[1] == nil
end

---What a method gives that cannot be carried out.
---@param code integer
---@param message string
---@param data table?
---@return nil
---@return {code: integer, message: string, data: table?}
function M.problem(code, message, data)
  return nil, { code = code, message = message, data = data }
end

---Opens a question: its id, and the queue that gets the reply.
---@param self table with `last` and `waiting`
---@return integer id
---@return Queue
function M.question(self)
  self.last = self.last + 1
  local queue = task.queue(1)
  self.waiting[self.last] = queue
  return self.last, queue
end

---Hands a reply to who waits for it. Some servers write the id as a text.
---@param self table
---@param id any
---@param reply table
---@return boolean somebody waited
function M.hand_over(self, id, reply)
  id = self.waiting[id] and id or math.tointeger(tonumber(id) or nil)
  local queue = id and self.waiting[id]
  if not queue then return false end
  self.waiting[id] = nil
  queue:put(reply)
  return true
end

---Nobody will reply any more.
---@param self table
function M.close(self)
  for _, queue in pairs(self.waiting) do queue:close() end
end

-- The one id that is waited for, where there is one.
local function only_one(self)
  local id = next(self.waiting)
  return id and next(self.waiting, id) == nil and id or nil
end

---Takes a message, or a list of them; who waits for a reply that cannot be read hears of it at
---once.
---@param self table
---@param text string
---@param heard fun(self: table, message: table) what the other side asks or says
---@return boolean false for what cannot be read
function M.receive(self, text, heard)
  local message, problem = json.decode(text, false, true)
  if type(message) ~= "table" then
    if not text:find('"jsonrpc"', 1, true) then return false end -- words that a program prints
    local failure = problem or err("protocol", phrase "not valid JSON: no object")
    failure = err(failure.kind, phrase("it sent a reply that cannot be read: %s",
      err.phrase(failure)), { code = failure.code, status = failure.status })
    if not M.hand_over(self, text:match '"id"%s*:%s*"?(%d+)', { failure = failure }) then
      for id in pairs(self.waiting) do -- whose it was is not known: nobody waits in vain
        M.hand_over(self, id, { failure = failure })
      end
    end
    return false
  end
  for _, one in ipairs(message[1] and message or { message }) do
    if type(one) == "table" and one.method then
      heard(self, one)
    elseif type(one) == "table" and (one.id == nil or one.id == json.null)
      and type(one.error) == "table" then
      M.hand_over(self, only_one(self), one) -- an error that names no request
    elseif type(one) == "table" then
      M.hand_over(self, one.id, one)
    end
  end
  return true
end

return M
