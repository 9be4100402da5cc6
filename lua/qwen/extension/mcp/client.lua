-- A conversation with one tool server (Model Context Protocol): its lists, calls, texts and tasks.
-- How it begins is in greeting, how bytes travel in stdio, http, sse and sdk.
local ask = require "qwen.extension.mcp.ask"
local err = require "qwen.util.err"
local greeting = require "qwen.extension.mcp.greeting"
local json = require "sys.json"
local metadata = require "qwen.extension.mcp.metadata"
local phrase = require("qwen.util.translate").phrase
local incoming = require "qwen.extension.mcp.incoming"
local task = require "sys.task"

local M = {}

local Client = {}
Client.__index = Client

local START_LOCAL, START_REMOTE, CALL, IDLE = 30, 5, 600, 300 -- seconds
local MOST_ITEMS, MOST_PAGES = 500, 50
local MOST_ROUNDS = 10 -- of questions that one request of ours leads to
local FOREVER = 365 * 24 * 3600 -- seconds
local URL_FIRST = -32042 -- a page must be opened before the request can be answered

local function seconds(value, default)
  value = tonumber(value)
  return value and value > 0 and value / 1000 or default
end

-- What goes on beside the requests: the level of the log, news of lists and of texts.
local function follow(self)
  if self.modern then return self:listen() end
  if self.link.listen then self.link.listen() end
  if self.can.logging then
    self.ctx.background(function()
      ask.ask(self, "logging/setLevel", { level = metadata.LOG_LEVEL }, self.start_limit)
    end)
  end
  for uri in pairs(self.subscribed) do
    self.ctx.background(function()
      ask.ask(self, "resources/subscribe", { uri = uri }, self.start_limit)
    end)
  end
end

local function open(self)
  local ok, e = greeting.open(self)
  if ok then follow(self) end
  return ok, e
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
  greeting.close(self.link)
  return open(self)
end

-- One request to a server that runs; a session that it forgot is begun anew.
local function once(self, method, params, limit, options)
  if self.ended then
    local ok, e = reopen(self)
    if not ok then return nil, e end
  end
  local result, e = ask.ask(self, method, params, limit, options)
  if result or e.code ~= "session" then return result, e end
  self.link.anew()
  local ok, problem = greeting.greet(self)
  if not ok then return nil, problem end
  follow(self)
  return ask.ask(self, method, params, limit, options)
end

-- The answers to what a server wants to know before it can answer a request.
local function input_for(self, wanted)
  local out = {}
  for key, one in pairs(type(wanted) == "table" and wanted or {}) do
    if type(one) == "table" then
      local answer, problem = incoming.respond(self, tostring(one.method), one.params)
      if not answer then return nil, err("denied", phrase("the tool server %s: %s", self.name, problem.message)) end
      out[key] = answer
    end
  end
  return out
end

-- The pages that have to be opened first; whether the person has been to all of them.
local function pages_first(self, e)
  local list = type(e.data) == "table" and e.data.elicitations
  if type(list) ~= "table" or not list[1] then return false end
  for _, one in ipairs(list) do
    local answer = incoming.respond(self, "elicitation/create", one)
    if not (answer and answer.action == "accept") then return false end
  end
  return true
end

---Asks and waits for the result. A server that has ended is started again first, and what it wants
---to know before it answers is asked.
---@param method string
---@param params table?
---@param limit number? seconds
---@param options {idle: number?, progress: (fun(params: table))?, headers: table?}?
---@return table? result
---@return Err?
function Client:request(method, params, limit, options)
  self.open = self.open + 1
  local _ <close> = setmetatable({}, { __close = function() self.open = self.open - 1 end })
  local sent, again = params, nil
  for _ = 1, MOST_ROUNDS do
    local result, e = once(self, method, sent, limit, options)
    again = e
    if not result then
      if e.rpc ~= URL_FIRST or not pages_first(self, e) then return nil, e end
    elseif result.resultType == "input_required" then
      local input, problem = input_for(self, result.inputRequests)
      if not input then return nil, problem end
      sent = {}
      for key, value in pairs(params or {}) do sent[key] = value end
      sent.inputResponses, sent.requestState = next(input) and input or nil, result.requestState
    else
      return result
    end
  end
  return nil, again or err("protocol",
    phrase("the tool server %s asks again and again", self.name))
end

---Says something that has no answer; it has been sent when this comes back.
---@param method string
---@param params table?
---@return boolean?, Err?
function Client:notify(method, params) return ask.notify(self, method, params) end

-- All pages of a list; `key` is the field that every item has.
local function pages(self, method, what, key)
  local out, cursor = {}, nil
  for _ = 1, MOST_PAGES do
    local page, e = self:request(method, { cursor = cursor }, self.start_limit)
    if not page then return nil, e end
    for _, item in ipairs(type(page[what]) == "table" and page[what] or {}) do
      local fits = type(item) == "table" and type(item[key]) == "string"
      if fits and #out < MOST_ITEMS then out[#out + 1] = item end
    end
    cursor = type(page.nextCursor) == "string" and page.nextCursor or nil
    if not cursor then break end
  end
  return out
end

---The tools that the server offers; those that cannot be called are left out, and why is in
---`unfit`.
---@return {name: string, description: string?, inputSchema: table}[]?, Err?
function Client:tools()
  local all, e = pages(self, "tools/list", "tools", "name")
  if not all then return nil, e end
  local out = {}
  self.unfit = {}
  for _, tool in ipairs(all) do
    local problem = self.modern and self.link.answers and metadata.problem(tool)
    if problem then self.unfit[#self.unfit + 1] = { name = tool.name, problem = problem }
    else out[#out + 1] = tool end
  end
  return out
end

---The prompts that it offers; none where it says that it has none.
---@return {name: string, description: string?, arguments: table?}[]?, Err?
function Client:prompts()
  if not self.can.prompts then return {} end
  return pages(self, "prompts/list", "prompts", "name")
end

---The texts that it lists.
---@return {uri: string, name: string?, title: string?}[]?, Err?
function Client:resources()
  if not self.can.resources then return {} end
  return pages(self, "resources/list", "resources", "uri")
end

---The forms of addresses of more texts.
---@return {uriTemplate: string, name: string?}[]?, Err?
function Client:templates()
  if not self.can.resources then return {} end
  return pages(self, "resources/templates/list", "resourceTemplates", "uriTemplate")
end

---What is at an address of the server.
---@param uri string
---@return table? result {contents}
---@return Err?
function Client:read(uri)
  return self:request("resources/read", { uri = uri }, self.call_limit)
end

---Hears from now on when the text at an address changes.
---@param uri string
function Client:subscribe(uri)
  local can = type(self.can.resources) == "table" and self.can.resources.subscribe
  if not can or self.subscribed[uri] then return end
  self.subscribed[uri] = true
  if self.modern then return self:listen() end
  self.ctx.background(function()
    ask.ask(self, "resources/subscribe", { uri = uri }, self.start_limit)
  end)
end

---Values that an argument may have, for what is typed of it.
---@param ref table {type, name} of a prompt, {type, uri} of the form of an address
---@param name string
---@param value string
---@return string[]
function Client:complete(ref, name, value)
  if not self.can.completions then return {} end
  local result = ask.ask(self, "completion/complete",
    { ref = ref, argument = { name = name, value = value } }, self.start_limit)
  local found, out = result and result.completion, {}
  local values = type(found) == "table" and found.values
  for _, each in ipairs(type(values) == "table" and values or {}) do
    if type(each) == "string" then out[#out + 1] = each end
  end
  return out
end

-- News of the newest revision come as the answer to a request that stays open.
---Hears of changes of lists and texts.
function Client:listen()
  if self.listening then self.listening:cancel() end
  local wanted, any = { resourceSubscriptions = json.array {} }, false
  for what, field in pairs { tools = "toolsListChanged", prompts = "promptsListChanged",
    resources = "resourcesListChanged" } do
    local can = type(self.can[what]) == "table" and self.can[what].listChanged == true
    wanted[field], any = can or nil, any or can
  end
  for uri in pairs(self.subscribed) do
    table.insert(wanted.resourceSubscriptions, uri)
    any = true
  end
  if not any then return end
  self.ctx.background(function()
    local child = task.spawn(ask.ask, self, "subscriptions/listen", { notifications = wanted },
      FOREVER)
    self.listening = child
    child:join()
  end)
end

---Calls a tool.
---@param tool string|{name: string, inputSchema: table?} of the list, or its name
---@param args table
---@param progress (fun(params: table))? hears the reports of the server
---@return table? result {content, structuredContent, isError}
---@return Err?
function Client:call(tool, args, progress)
  if type(tool) == "string" then tool = { name = tool } end
  if self.link.settle then self.link.settle() end
  local params = { name = tool.name, arguments = args }
  local options = { idle = self.idle_limit, progress = progress,
    headers = self.modern and metadata.of_arguments(tool.inputSchema, args) or nil }
  return require("qwen.extension.mcp.call").call(self, tool, params, options)
end

---Ends the server.
function Client:close()
  if self.listening then self.listening:cancel() end
  greeting.close(self.link)
end

---Starts a server and greets it. Its reader lives as long as the session.
---@param ctx Ctx
---@param name string
---@param given table an entry of mcpServers
---@param handlers table? by method: answers to questions of the server, `fun(params, client): table?,
---string?`; changed(what, client), logged(level, line) and updated(uri) hear of what it tells
---@return table? client
---@return Err?
function M.connect(ctx, name, given, handlers)
  local config, e = require("qwen.extension.mcp.config").read(ctx, name, given)
  if not config then return nil, e end
  local idle = ctx.settings:env "QWEN_CODE_MCP_TOOL_IDLE_TIMEOUT_MS"
    or ctx.settings:get "mcp.toolIdleTimeoutMs"
  local self = setmetatable({ ctx = ctx, name = name, config = config, handlers = handlers or {},
    last = 0, waiting = {}, heard = {}, reports = {}, can = {}, asked = {}, withdrawn = {},
    changing = {}, subscribed = {}, open = 0, asked_now = 0, modern = false,
    call_limit = seconds(config.timeout, CALL), idle_limit = seconds(idle, IDLE),
    start_limit = seconds(config.discoveryTimeoutMs, config.url and START_REMOTE or START_LOCAL) },
    Client)
  local ok, problem = open(self)
  if not ok then return nil, problem end
  return self
end

return M
