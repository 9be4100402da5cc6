-- A conversation with one tool server (Model Context Protocol, 2025-06-18): start, its tools, calls. How bytes travel is in stdio and http.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local task = require "sys.task"
local phrase = require("qwen.util.translate").phrase
local wait = require "qwen.extension.mcp.wait"

local M = {}

local Client = {}
Client.__index = Client

local VERSION, START_LOCAL, START_REMOTE, CALL, IDLE = "2025-06-18", 30, 5, 600, 300 -- seconds
local MOST_ITEMS, MOST_PAGES = 500, 50
local LAST_WORDS = 10 -- seconds, at most: they come with the end of what it writes

local function seconds(value, default)
  value = tonumber(value)
  return value and value > 0 and value / 1000 or default
end

-- What the server asks of us: only a ping has an answer.
local function answer(self, message)
  if message.method == "notifications/tools/list_changed" then
    self.changed = true
  elseif message.method == "notifications/progress" then
    wait.heard(self, message.params)
  elseif message.id ~= nil and message.id ~= json.null then
    local reply = message.method == "ping" and { jsonrpc = "2.0", id = message.id, result = {} }
      or { jsonrpc = "2.0", id = message.id, error = { code = -32601, message = "not supported" } }
    self.link.send(json.encode(reply))
  end
end

local function heard(self, message)
  self.ctx.background(function() answer(self, message) end)
end

local function receive(self, text) return json_rpc.receive(self, text, heard) end

-- Reads until the server ends; whoever waits hears of it.
local function read_all(self, link)
  local e
  while true do
    local text
    text, e = link.read()
    if not text then break end
    receive(self, text)
  end
  if self.link ~= link then return end -- another has taken its place
  self.ended = e or err("broken", phrase "the connection was closed")
  json_rpc.close(self)
end

-- Asks once and waits for the result.
local function ask(self, method, params, limit, idle)
  local id, queue = json_rpc.question(self)
  local done = false
  if idle then params._meta = { progressToken = id } end
  local _ <close> = setmetatable({}, { __close = function()
    self.waiting[id], self.heard[id] = nil, nil
    if not done and not self.ended and method == "tools/call" then
      self.ctx.background(function() self:notify("notifications/cancelled", { requestId = id }) end)
    end
  end })
  local link, text = self.link, json.encode { jsonrpc = "2.0", id = id, method = method, params = params or {} }
  local sender = task.spawn(function()
    local ok, e = link.send(text)
    if ok and link.answers and self.waiting[id] == queue then e = err("protocol", phrase "the server ended its answer without a reply") end
    -- A program that ended says more in its last words than that it reads no longer: they end the wait.
    if e and link.read then task.sleep(LAST_WORDS) end
    if e and self.waiting[id] == queue then json_rpc.hand_over(self, id, { failure = e }) end
  end)
  local reply, waited = wait.reply(self, id, queue, limit or CALL, idle)
  done = reply ~= nil
  sender:cancel()
  if not reply then
    local why = self.ended and err.phrase(self.ended) or phrase("no answer to %s within %s", method, waited)
    return nil, err(self.ended and "broken" or "timeout", phrase("the tool server %s: %s", self.name, why))
  end
  local failure = reply.failure or type(reply.error) == "table" and err("broken", tostring(reply.error.message))
  if failure then
    return nil, err(failure.kind, phrase("the tool server %s: %s", self.name, err.phrase(failure)), { code = failure.code, status = failure.status })
  end
  return type(reply.result) == "table" and reply.result or {}
end

-- Greets the server: what it can is known, and it knows that it may begin, before anything else is asked.
local function greet(self)
  local me = { name = "qwen", version = embed.version }
  local hello, e = ask(self, "initialize", { protocolVersion = VERSION, capabilities = {}, clientInfo = me }, self.start_limit)
  if not hello then return nil, e end
  if self.link.version then self.link.version(tostring(hello.protocolVersion)) end
  self.can = type(hello.capabilities) == "table" and hello.capabilities or {}
  self:notify "notifications/initialized" -- servers refuse what comes before it; what they answer to it does not matter
  return true
end

local transports = { stdio = "qwen.extension.mcp.stdio", http = "qwen.extension.mcp.http", sse = "qwen.extension.mcp.sse", sdk = "qwen.extension.mcp.sdk" }

-- Opens the connection in one way and greets.
local function open_as(self, kind)
  local link, e = require(transports[kind]).open(self.config, self.ctx, self.name, function(text) return receive(self, text) end)
  if not link then return nil, err(e.kind, phrase("the tool server %s: %s", self.name, err.phrase(e)), { status = e.status, code = e.code }) end
  self.link, self.ended = link, nil
  if link.read then self.ctx.background(function() read_all(self, link) end) end
  local ok
  ok, e = greet(self)
  if ok then return true end
  link.close()
  self.ended = self.ended or e
  return nil, e
end

-- A server of one transport refuses the other with a status of the client's fault, or with what is no stream.
local function speaks_otherwise(e)
  local status = e.status
  return e.code == "no_stream" and status ~= 401 and status ~= 403 or status and status >= 400 and status < 500 and status ~= 401 and status ~= 403
end

-- Opens the connection in the first way that the server understands.
local function open(self)
  local first
  for i, kind in ipairs(self.config.kinds) do
    local ok, e = open_as(self, kind)
    if ok then
      self.config.kinds = { kind }
      return true
    end
    first = first or e
    if i == #self.config.kinds or not speaks_otherwise(e) then return nil, i > 1 and speaks_otherwise(e) and first or e end
  end
end

-- Starts a server again that has ended; who comes meanwhile waits for it.
local function reopen(self)
  if self.opening then
    self.opening:get()
    return not self.ended, self.ended
  end
  local done = task.queue(1)
  self.opening = done
  local _ <close> = setmetatable({}, { __close = function()
    self.opening = nil
    done:close()
  end })
  self.link.close()
  return open(self)
end

---Asks and waits for the result. A server that has ended is started again first; a session that the server forgot is begun anew.
---@param method string
---@param params table?
---@param limit number? seconds
---@param idle number? seconds without a word of it
---@return table? result
---@return Err?
function Client:request(method, params, limit, idle)
  if self.ended then
    local ok, e = reopen(self)
    if not ok then return nil, e end
  end
  local result, e = ask(self, method, params, limit, idle)
  if result or e.code ~= "session" then return result, e end
  self.link.anew()
  local ok, problem = greet(self)
  if not ok then return nil, problem end
  return ask(self, method, params, limit, idle)
end

---Says something that has no answer; it has been sent when this comes back.
---@param method string
---@param params table?
---@return boolean?, Err?
function Client:notify(method, params)
  local queue, text = task.queue(1), json.encode { jsonrpc = "2.0", method = method, params = params }
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
  return self:request("tools/call", { name = name, arguments = args }, self.call_limit, self.idle_limit)
end

---Ends the server.
function Client:close()
  self.link.close()
end

---Starts a server and greets it. Its reader lives as long as the session.
---@param ctx Ctx
---@param name string
---@param given table an entry of mcpServers
---@return table? client
---@return Err?
function M.connect(ctx, name, given)
  local config, e = require("qwen.extension.mcp.config").read(ctx, name, given)
  if not config then return nil, e end
  local self = setmetatable({ ctx = ctx, name = name, config = config, last = 0, waiting = {}, heard = {}, can = {}, call_limit = seconds(config.timeout, CALL),
    idle_limit = seconds(ctx.settings:env "QWEN_CODE_MCP_TOOL_IDLE_TIMEOUT_MS" or ctx.settings:get "mcp.toolIdleTimeoutMs", IDLE),
    start_limit = seconds(config.discoveryTimeoutMs, config.url and START_REMOTE or START_LOCAL) }, Client)
  local ok, problem = open(self)
  if not ok then return nil, problem end
  return self
end

return M
