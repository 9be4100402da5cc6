-- The methods of a tool server (Model Context Protocol), answered from what it offers.
local embed = require "sys.embed"
local err = require "qwen.util.err"
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local task = require "sys.task"
local levels = require("qwen.extension.mcp.server_request").levels

local is_object, wrong = json_rpc.is_object, json_rpc.problem

local M = {}

M.GREETED = { "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05" } -- revisions with initialize
M.STATELESS = "2026-07-28"
M.META = "io.modelcontextprotocol/"
local PARAMS, INTERNAL, NO_RESOURCE = -32602, -32603, -32002

local methods = {} -- by name: fun(server, params, request) -> result, or nil and what is wrong
M.methods = methods

local function capabilities(self)
  local offer, changes = self.offer, self.offer.changes
  local out, listed = {}, changes and { listChanged = true } or {}
  out.tools = offer.tools and listed
  out.prompts = offer.prompts and listed
  out.resources = offer.resources and { subscribe = true, listChanged = changes }
  out.completions = offer.complete and {}
  out.logging = offer.logs and {}
  return out
end

---@param self table the server
---@return {name: string, title: string?, version: string}
function M.who(self)
  return { name = self.offer.name, title = self.offer.title, version = self.offer.version or embed.version }
end

function methods.initialize(self, params)
  if type(params.protocolVersion) ~= "string" then return wrong(PARAMS, "protocolVersion is missing") end
  self.version = M.GREETED[1]
  for _, version in ipairs(M.GREETED) do
    if version == params.protocolVersion then self.version = version end
  end
  self.capabilities = params.capabilities
  return { protocolVersion = self.version, capabilities = capabilities(self), serverInfo = M.who(self),
    instructions = self.offer.instructions }
end

function methods.ping() return {} end

methods["server/discover"] = function(self)
  return { supportedVersions = json.array { M.STATELESS, table.unpack(M.GREETED) },
    capabilities = capabilities(self), instructions = self.offer.instructions }
end

methods["logging/setLevel"] = function(self, params)
  if not levels[params.level] then return wrong(PARAMS, "there is no such level") end
  self.level = params.level
  return {}
end

-- A list; all of it is one page.
local function lists(what, from)
  return function(self, params)
    if params.cursor ~= nil and params.cursor ~= json.null then
      return wrong(PARAMS, "there is no such cursor")
    end
    return { [what] = json.array(self.offer[from] and self.offer[from]() or {}) }
  end
end

methods["tools/list"] = lists("tools", "tools")
methods["prompts/list"] = lists("prompts", "prompts")
methods["resources/list"] = lists("resources", "resources")
methods["resources/templates/list"] = lists("resourceTemplates", "templates")

-- What the protocol says is wrong, and not what a tool says.
local function is_problem(e) return type(e) == "table" and math.type(e.code) == "integer" end

local function named(list, name)
  for _, one in ipairs(list) do
    if one.name == name then return one end
  end
end

local function arguments(params)
  local given = params.arguments
  if given == nil or given == json.null then return {} end
  return is_object(given) and given or nil
end

methods["tools/call"] = function(self, params, request)
  local given = arguments(params)
  if not named(self.offer.tools(), params.name) then
    return wrong(PARAMS, "Unknown tool: " .. tostring(params.name))
  end
  if not given then return wrong(PARAMS, "arguments is no object") end
  local result, e = self.offer.call(params.name, given, request)
  if result or is_problem(e) then return result, e end
  return { isError = true, content = json.array { { type = "text", text = err.english(e) } } }
end

methods["prompts/get"] = function(self, params, request)
  local prompt, given = named(self.offer.prompts(), params.name), arguments(params)
  if not prompt then return wrong(PARAMS, "Unknown prompt: " .. tostring(params.name)) end
  if not given then return wrong(PARAMS, "arguments is no object") end
  for _, argument in ipairs(prompt.arguments or {}) do
    if argument.required and given[argument.name] == nil then
      return wrong(PARAMS, ("the argument '%s' is missing"):format(argument.name))
    end
  end
  local result, e = self.offer.prompt(params.name, given, request)
  if result or is_problem(e) then return result, e end
  return wrong(INTERNAL, err.english(e))
end

methods["resources/read"] = function(self, params, request)
  local contents = type(params.uri) == "string" and self.offer.read(params.uri, request)
  if contents then return { contents = json.array(contents) } end
  return wrong(request.stateless and PARAMS or NO_RESOURCE, "Resource not found", { uri = params.uri })
end

local function subscribes(yes)
  return function(self, params)
    if type(params.uri) ~= "string" then return wrong(PARAMS, "uri is missing") end
    self.subscribed[params.uri] = yes
    return {}
  end
end

methods["resources/subscribe"] = subscribes(true)
methods["resources/unsubscribe"] = subscribes(nil)

methods["completion/complete"] = function(self, params)
  if not (is_object(params.ref) and is_object(params.argument)) then
    return wrong(PARAMS, "ref or argument is missing")
  end
  local values = self.offer.complete(params.ref, params.argument) or {}
  local shown = json.array(table.move(values, 1, math.min(#values, 100), 1, {}))
  return { completion = { values = shown, total = #values, hasMore = #values > 100 } }
end

-- Stays open until it is cancelled.
methods["subscriptions/listen"] = function(self, params, request)
  local wanted = is_object(params.notifications) and params.notifications or {}
  local agreed = {}
  for _, what in ipairs { "tools", "prompts", "resources" } do
    local key = what .. "ListChanged"
    if self.offer.changes and self.offer[what] and wanted[key] == true then agreed[key] = true end
  end
  local uris = wanted.resourceSubscriptions
  if self.offer.resources and type(uris) == "table" and uris[1] then agreed.resourceSubscriptions = uris end
  self.listening[request.id] = agreed
  local _ <close> = setmetatable({}, { __close = function() self.listening[request.id] = nil end })
  self:notify("notifications/subscriptions/acknowledged", { notifications = agreed,
    _meta = { [M.META .. "subscriptionId"] = request.id } })
  task.queue(1):get()
end

return M
