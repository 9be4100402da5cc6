-- The server's end of a conversation (Model Context Protocol): the revisions that begin with a
-- greeting (2024-11-05 to 2025-11-25) and the one without (2026-07-28), each as its client speaks
-- it. What is offered is given; the methods stand in server_methods.
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local Request = require "qwen.extension.mcp.server_request"
local server_methods = require "qwen.extension.mcp.server_methods"
local sys = require "sys.os"
local task = require "sys.task"

local is_object, wrong, methods = json_rpc.is_object, json_rpc.problem, server_methods.methods

local M = {}

local META, STATELESS = server_methods.META, server_methods.STATELESS
local PARSE, INVALID, NO_METHOD, PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
local NO_VERSION = -32022
local ANSWERS = 5 -- seconds for what was asked before the end

local GREETED_ONLY = { initialize = true, ping = true, ["logging/setLevel"] = true, ["resources/subscribe"] = true,
  ["resources/unsubscribe"] = true }
local STATELESS_ONLY = { ["server/discover"] = true, ["subscriptions/listen"] = true }
local NEEDS = { tools = "tools", prompts = "prompts", resources = "resources",
  completion = "complete", logging = "logs" }

local Server = {}
Server.__index = Server

local function meta_of(params) return is_object(params._meta) and params._meta or {} end

---Writes a message.
---@param message table
function Server:send(message)
  message.jsonrpc = "2.0"
  self.write(json.encode(message))
end

---@param method string
---@param params table?
function Server:notify(method, params) self:send { method = method, params = params } end

---Answers a request.
---@param request McpRequest
---@param result table?
---@param failure table?
function Server:reply(request, result, failure)
  if result and request.stateless then
    result.resultType = result.resultType or "complete"
    if result.resultType == "complete" then
      result._meta = result._meta or {}
      result._meta[META .. "serverInfo"] = server_methods.who(self)
    end
    if request.method:find "/list$" or request.method == "resources/read"
      or request.method == "server/discover" then
      result.ttlMs, result.cacheScope = 0, "private"
    end
  end
  self:send { id = request.id, result = result, error = failure }
end

---Tells the clients that have asked for it.
---@param what string tools, prompts or resources: the list; or the address of one resource
function Server:changed(what)
  local list = self.offer[what] and "notifications/" .. what .. "/list_changed"
  local method = list or "notifications/resources/updated"
  local uri = not list and what or nil
  if self.version and (list or self.subscribed[what]) then self:notify(method, { uri = uri }) end
  for id, agreed in pairs(self.listening) do
    local yes = list and agreed[what .. "ListChanged"]
    for _, each in ipairs(agreed.resourceSubscriptions or {}) do yes = yes or each == uri end
    if yes then self:notify(method, { uri = uri, _meta = { [META .. "subscriptionId"] = id } }) end
  end
end

-- Whether a request may be asked as it is: its revision, and what is offered.
local function admitted(self, request, meta)
  local method, stateless = request.method, request.stateless
  if stateless and stateless ~= STATELESS then
    return wrong(NO_VERSION, "Unsupported protocol version", { requested = stateless,
      supported = json.array { STATELESS, table.unpack(server_methods.GREETED) } })
  end
  local known = methods[method] ~= nil
  if known and not stateless and not self.version and method ~= "initialize" and method ~= "ping" then
    return wrong(PARAMS, "neither initialize nor _meta with " .. META .. "protocolVersion came before")
  end
  local part = NEEDS[method:match "^%a+"]
  if not known or (stateless and GREETED_ONLY or STATELESS_ONLY)[method] or part and not self.offer[part] then
    return wrong(NO_METHOD, "there is no method " .. method)
  end
  local level = meta[META .. "logLevel"]
  if stateless and not is_object(request.capabilities) then
    return wrong(PARAMS, "_meta has no " .. META .. "clientCapabilities")
  elseif stateless and level ~= nil and not Request.levels[level] then
    return wrong(PARAMS, "there is no such level")
  end
  return true
end

-- Carries out a request and answers it; one that was cancelled has no answer.
local function serve(self, request, params)
  if request.cancelled then return end
  local _ <close> = setmetatable({}, { __close = function() self.running[request.id] = nil end })
  local ok, result, failure = xpcall(methods[request.method], debug.traceback, self, params, request)
  if not ok then
    self.failed(request.method, result)
    failure = { code = INTERNAL, message = "it failed inside: " .. tostring(result):gsub("\n.*", "") }
    result = nil
  end
  if not request.cancelled then self:reply(request, result, failure) end
end

-- Hands a request on to the one that has asked for what it brings.
local function go_on(self, request, params)
  local state = params.requestState
  if state == nil or state == json.null then return false end
  local halted = type(state) == "string" and self.halted[state]
  if not halted or halted.request.method ~= request.method then
    self:reply(request, nil, { code = PARAMS, message = "requestState is not one that was given out" })
    return true
  end
  request.params = params
  self.running[request.id], self.halted[state] = halted.request, nil
  halted.queue:put(request)
  return true
end

local function cancel(self, params)
  local request = params.requestId ~= nil and self.running[params.requestId]
  if not request then return end
  request.cancelled, self.running[params.requestId] = true, nil
  if request.task then request.task:cancel() end
end

-- A request or a notification of the client.
local function heard(self, message)
  local method, id = message.method, message.id
  local params = is_object(message.params) and message.params or {}
  if id == nil then
    if method == "notifications/cancelled" then cancel(self, params) end
    return
  end
  local named_well = type(id) == "string" or type(id) == "number"
  local meta = meta_of(params)
  local request = setmetatable({ server = self, id = named_well and id or json.null, method = method,
    token = meta.progressToken, stateless = meta[META .. "protocolVersion"],
    capabilities = meta[META .. "clientCapabilities"], level = meta[META .. "logLevel"] }, Request)
  if not named_well or type(method) ~= "string" or self.running[id] then
    request.stateless = nil
    return self:reply(request, nil, { code = INVALID, message = "not a request" })
  end
  local ok, failure = admitted(self, request, meta)
  if not ok then return self:reply(request, nil, failure) end
  if go_on(self, request, params) then return end
  self.running[id] = request
  if method == "initialize" then return serve(self, request, params) end -- what comes behind it waits
  self.start(function() serve(self, request, params) end, request)
end

---Takes a message, or several.
---@param text string
function Server:receive(text)
  if json_rpc.receive(self, text, heard) then return end
  self:send { id = json.null, error = { code = PARSE, message = "not a JSON-RPC message" } }
end

---@param offer McpOffer
---@param write fun(text: string) sends a message
---@param failed fun(method: string, words: string) hears of what was raised inside
---@return table server
function M.new(offer, write, failed)
  local function start(fn, request) request.task = task.spawn(fn) end
  return setmetatable({ offer = offer, start = start, write = write, failed = failed, level = "info", last = 0, waiting = {},
    running = {}, halted = {}, listening = {}, subscribed = {} }, Server)
end

local function read_all(ctx, server)
  local input = sys.stdin_lines()
  while true do
    local line, e = input:line()
    if e then ctx.notice(e.message) end
    if not line then break end
    if line:find "%S" then server:receive(line) end
  end
end

---Serves one client on standard input and output, until it closes its end.
---@param ctx Ctx
---@param offer McpOffer
---@param began? fun(server: table) called before the first message
function M.serve(ctx, offer, began)
  local reader
  local server = M.new(offer, function(text)
    sys.out(text .. "\n")
    local ok = sys.flush()
    if not ok and reader then reader:cancel() end -- nobody hears the answers any more
  end, function(method, words) ctx.notice(("%s: %s"):format(method, words)) end)
  if began then began(server) end
  local jobs, ended = task.queue(), false
  function server.start(fn, request) jobs:put { fn, request } end -- a task ends with who started it
  reader = task.spawn(function()
    local _ <close> = setmetatable({}, { __close = function() jobs:close() end })
    read_all(ctx, server)
    ended = true
  end)
  for job in function() return jobs:get() end do job[2].task = task.spawn(job[1]) end
  json_rpc.close(server)
  for _, request in pairs(server.running) do -- what was asked before the end has its answer
    if ended and request.method ~= "subscriptions/listen" then request.task:join(ANSWERS) end
  end
end

return M
