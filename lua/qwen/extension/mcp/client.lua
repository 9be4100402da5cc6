-- A conversation with one tool server (Model Context Protocol, 2025-06-18): start, its tools, calls. How bytes travel is in stdio and http.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local json = require "sys.json"
local task = require "sys.task"

local M = {}

local Client = {}
Client.__index = Client

local VERSION, START_LOCAL, START_REMOTE, CALL = "2025-06-18", 30, 5, 600 -- seconds
local MOST_ITEMS, MOST_PAGES = 500, 50

local function seconds(value, default)
  value = tonumber(value)
  return value and value > 0 and value / 1000 or default
end

-- What the server asks of us: only a ping has an answer.
local function answer(self, message)
  if message.method == "notifications/tools/list_changed" then
    self.changed = true
  elseif message.id ~= nil and message.id ~= json.null then
    local reply = message.method == "ping" and { jsonrpc = "2.0", id = message.id, result = {} }
      or { jsonrpc = "2.0", id = message.id, error = { code = -32601, message = "not supported" } }
    self.link.send(json.encode(reply))
  end
end

local function receive(self, text)
  local message, e = json.decode(text)
  if message == nil and text:find('"jsonrpc"', 1, true) then -- an answer that cannot be read: nobody waits for it any longer
    for _, queue in pairs(self.waiting) do queue:put { failure = e } end
  end
  for _, one in ipairs(type(message) == "table" and (message[1] and message or { message }) or {}) do
    if type(one) == "table" and one.method then
      answer(self, one)
    elseif type(one) == "table" and self.waiting[one.id] then
      self.waiting[one.id]:put(one)
    end
  end
end

-- Reads until the server ends; whoever waits hears of it.
local function read_all(self)
  local e
  while true do
    local text
    text, e = self.link.read()
    if not text then break end
    receive(self, text)
  end
  self.ended = e or err("broken", "the connection was closed")
  for _, queue in pairs(self.waiting) do queue:close() end
end

---Asks and waits for the result.
---@param method string
---@param params table?
---@param limit number? seconds
---@return table? result
---@return Err?
function Client:request(method, params, limit)
  if self.ended then return nil, err("broken", ("the tool server %s: %s"):format(self.name, self.ended.message)) end
  self.last = self.last + 1
  local id, queue, done = self.last, task.queue(1), false
  self.waiting[id] = queue
  local _ <close> = setmetatable({}, { __close = function()
    self.waiting[id] = nil
    if not done and not self.ended and method == "tools/call" then self:notify("notifications/cancelled", { requestId = id }) end
  end })
  local sender = task.spawn(function()
    local ok, e = self.link.send(json.encode { jsonrpc = "2.0", id = id, method = method, params = params or {} })
    if not ok then queue:put { failure = e } end
  end)
  local reply = queue:get(limit or CALL)
  done = reply ~= nil
  sender:cancel()
  if not reply then
    local why = self.ended and self.ended.message or ("no answer to %s within %g s"):format(method, limit or CALL)
    return nil, err(self.ended and "broken" or "timeout", ("the tool server %s: %s"):format(self.name, why))
  end
  local failure = reply.failure or type(reply.error) == "table" and err("broken", tostring(reply.error.message))
  if failure then return nil, err(failure.kind, ("the tool server %s: %s"):format(self.name, failure.message)) end
  return type(reply.result) == "table" and reply.result or {}
end

---Says something that has no answer.
---@param method string
---@param params table?
function Client:notify(method, params)
  local text = json.encode { jsonrpc = "2.0", method = method, params = params }
  self.ctx.background(function() self.link.send(text) end)
end

-- All pages of a list, of things with a name.
local function pages(self, what)
  local out, cursor = {}, nil
  for _ = 1, MOST_PAGES do
    local page, e = self:request(what .. "/list", { cursor = cursor }, self.start_limit)
    if not page then return nil, e end
    for _, item in ipairs(type(page[what]) == "table" and page[what] or {}) do
      if type(item) == "table" and type(item.name) == "string" and #out < MOST_ITEMS then out[#out + 1] = item end
    end
    cursor = type(page.nextCursor) == "string" and page.nextCursor or nil
    if not cursor then break end
  end
  return out
end

---The tools that the server offers.
---@return {name: string, description: string?, inputSchema: table}[]?, Err?
function Client:tools()
  local out, e = pages(self, "tools")
  self.changed = false
  return out, e
end

---The prompts that it offers; none where it says that it has none.
---@return {name: string, description: string?, arguments: table?}[]?, Err?
function Client:prompts()
  if not self.can.prompts then return {} end
  return pages(self, "prompts")
end

---What is at an address of the server.
---@param uri string
---@return table? result {contents}
---@return Err?
function Client:read(uri)
  return self:request("resources/read", { uri = uri }, self.call_limit)
end

---Calls a tool.
---@param name string
---@param args table
---@return table? result {content, isError}
---@return Err?
function Client:call(name, args)
  return self:request("tools/call", { name = name, arguments = args }, self.call_limit)
end

---Ends the server.
function Client:close()
  self.link.close()
end

---Starts a server and greets it. Its reader lives as long as the session.
---@param ctx Ctx
---@param name string
---@param config table an entry of mcpServers
---@return table? client
---@return Err?
function M.connect(ctx, name, config)
  local remote = config.httpUrl or config.url
  if not remote and type(config.command) ~= "string" then
    return nil, err("usage", ("mcpServers.%s has neither command nor httpUrl"):format(name))
  end
  local link, e = require(remote and "qwen.extension.mcp.http" or "qwen.extension.mcp.stdio").open(config, ctx, name)
  if not link then return nil, err(e.kind, ("the tool server %s: %s"):format(name, e.message)) end
  local self = setmetatable({ ctx = ctx, name = name, link = link, last = 0, waiting = {}, call_limit = seconds(config.timeout, CALL),
    start_limit = seconds(config.discoveryTimeoutMs, remote and START_REMOTE or START_LOCAL) }, Client)
  ctx.background(function() read_all(self) end)
  local hello
  hello, e = self:request("initialize", { protocolVersion = VERSION, capabilities = {}, clientInfo = { name = "qwen", version = embed.version } },
    self.start_limit)
  if not hello then
    link.close()
    return nil, e
  end
  if link.version then link.version(tostring(hello.protocolVersion)) end
  self.can = type(hello.capabilities) == "table" and hello.capabilities or {}
  self:notify "notifications/initialized"
  return self
end

return M
