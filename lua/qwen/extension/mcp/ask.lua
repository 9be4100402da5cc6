-- One request to a tool server, or a note to it: sent, waited for, and cancelled when nobody wants
-- the reply any more.
local err = require "qwen.util.err"
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local metadata = require "qwen.extension.mcp.metadata"
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"
local wait = require "qwen.extension.mcp.wait"

local M = {}

local LONGEST = 600 -- seconds
local LAST_WORDS = 10 -- seconds, at most: they come with the end of what it writes
local ENDED_EARLY = phrase "the server ended its answer without a reply"

-- Where the reply to it may still be on its way to nobody, the server hears that it can stop.
local function give_up(self, id, method)
  if self.ended or method == "initialize" then return end
  if self.modern and self.link.answers then return end -- the end of the answer says it
  self.ctx.background(function()
    M.notify(self, "notifications/cancelled", { requestId = id })
  end)
end

-- The words of a request, with what every request of the newest revision says of us.
local function text_of(self, id, method, params, reports)
  local sent = {}
  for key, value in pairs(params or {}) do sent[key] = value end
  if self.modern then sent._meta = metadata.of(self) end
  if reports then
    sent._meta = sent._meta or {}
    sent._meta.progressToken = id
  end
  return json.encode { jsonrpc = "2.0", id = id, method = method, params = sent }
end

local function failure_of(self, reply)
  local said = type(reply.error) == "table" and reply.error
  local failure = reply.failure or said and err("broken", tostring(said.message))
  if not failure then return nil end
  return err(failure.kind, phrase("the tool server %s: %s", self.name, err.phrase(failure)),
    { code = failure.code, status = failure.status, rpc = said and said.code or failure.rpc,
      data = said and said.data or failure.data })
end

---Asks once and waits for the result.
---@param self table the client
---@param method string
---@param params table?
---@param limit number? seconds
---@param options {idle: number?, progress: (fun(params: table))?, headers: table?}? idle: seconds
---without a word; progress: hears the reports of the server
---@return table? result
---@return Err?
function M.ask(self, method, params, limit, options)
  options = options or {}
  local id, queue = json_rpc.question(self)
  local done = false
  self.reports[id] = options.progress
  local _ <close> = setmetatable({}, { __close = function()
    self.waiting[id], self.heard[id], self.reports[id] = nil, nil, nil
    if not done then give_up(self, id, method) end
  end })
  local link = self.link
  local text = text_of(self, id, method, params, options.idle or options.progress)
  local headers = self.modern and metadata.headers(method, params, options.headers) or nil
  local function waits() return self.waiting[id] == queue end
  local sender = task.spawn(function()
    local ok, e = link.send(text, waits, headers)
    if ok and link.answers and waits() then e = err("protocol", ENDED_EARLY) end
    -- A program that ended says more in its last words than that it reads no longer: they end the
    -- wait.
    if e and link.read then task.sleep(LAST_WORDS) end
    if e and waits() then json_rpc.hand_over(self, id, { failure = e }) end
  end)
  local reply, waited = wait.reply(self, id, queue, limit or LONGEST, options.idle)
  done = reply ~= nil
  sender:cancel()
  if not reply then
    local why = self.ended and err.phrase(self.ended)
      or phrase("no answer to %s within %s", method, waited)
    return nil, err(self.ended and "broken" or "timeout",
      phrase("the tool server %s: %s", self.name, why))
  end
  local failure = failure_of(self, reply)
  if failure then return nil, failure end
  return type(reply.result) == "table" and reply.result or {}
end

---Says something that has no answer; it has been sent when this comes back.
---@param self table the client
---@param method string
---@param params table?
---@return boolean?, Err?
function M.notify(self, method, params)
  local queue = task.queue(1)
  local text = json.encode { jsonrpc = "2.0", method = method, params = params }
  local sender = task.spawn(function()
    local _, e = self.link.send(text)
    queue:put(e or true)
  end)
  local said = queue:get(self.start_limit)
  sender:cancel()
  if said == true then return true end
  return nil, err(said and said.kind or "timeout", phrase("the tool server %s: %s", self.name, said
    and err.phrase(said) or phrase("it does not take %s", method)))
end

return M
