-- What a program that leads a session may ask for: one function for each control request. The names
-- and fields are those of Qwen Code; the Claude Agent SDK has others for some of the same things.
local aliases = require "qwen.extension.aliases"
local effort = require "qwen.model.effort"
local err = require "qwen.util.err"
local initialize = require "qwen.ui.headless.initialize"
local json = require "sys.json"
local models = require "qwen.model.registry"
local registry = require "qwen.extension.registry"
local started = require "qwen.ui.headless.started"
local phrase = require("qwen.util.translate").phrase

local MODES = { plan = "plan", default = "default", ["auto-edit"] = "auto-edit", auto = "auto",
  yolo = "yolo", acceptEdits = "auto-edit", bypassPermissions = "yolo" }

local CAPABILITIES = { can_handle_can_use_tool = true, can_handle_hook_callback = true,
  can_set_permission_mode = true, can_set_model = true, can_set_effort = true,
  can_get_context_usage = true, can_get_available_models = true, can_get_usage_info = true,
  can_handle_mcp_message = true }

local MOST_ANSWER = 600 -- seconds that a program may ask to have for a question

local make = {} -- by subtype: fun(self): handler

local function usage(words) return nil, err("usage", words) end

-- A handler that needs the session: it is opened first.
local function with_session(handler)
  return function(self)
    return function(request)
      local ok, e = self:begin()
      if not ok then return nil, e end
      return handler(self, request)
    end
  end
end

local LEVELS = { low = "low", medium = "medium", med = "medium", high = "high", xhigh = "xhigh",
  extrahigh = "xhigh", max = "max", maximum = "max" }

-- Sets how much the model thinks, and says whether it is told just that.
local function set_effort(ctx, wanted)
  local level = type(wanted) == "string" and LEVELS[wanted:lower():gsub("[%s_-]+", "")]
  if not level then
    return usage(phrase("there is no effort '%s'; use low, medium, high, xhigh or max", tostring(wanted)))
  end
  effort.set(ctx, level)
  local applied = ctx.model.effort_told == level
  return { effort = level, applied = applied, override = json.null,
    reason = not applied and effort.words(ctx.model) or nil }
end

function make.initialize(self)
  return function(request)
    local ctx = self.ctx
    if ctx.session or self.opening then return usage(phrase "the session has begun already") end
    local ok, e = initialize.take(ctx, self.opts, request)
    if ok then ok, e = self:begin() end
    if not ok then return nil, e end
    local limit = type(request.timeout) == "table" and tonumber(request.timeout.canUseTool)
    if limit and limit > 0 then self.ask_seconds = math.min(limit / 1000, MOST_ANSWER) end
    local status
    if request.effort and request.effort ~= json.null then
      status, e = set_effort(ctx, request.effort)
      if not status then return nil, e end
    end
    local reply = started.described(ctx)
    reply.subtype, reply.session_id = "initialize", ctx.session.id
    reply.capabilities, reply.effort_status = CAPABILITIES, status
    return reply
  end
end

function make.interrupt(self)
  return function()
    if self.turn then self.turn:cancel() else self.stopped = self.read end
    return { subtype = "interrupt" }
  end
end

-- The kind of a turn that did not come to its end.
local function interruption(ctx)
  local last = ctx.session.messages[#ctx.session.messages]
  if not last then return "none" end
  if last.role == "user" then return "interrupted_prompt" end
  local cut = last.role == "tool" or last.stop == "cancelled" or last.stop == "error"
  return cut and "interrupted_turn" or "none"
end

make.continue_last_turn = with_session(function(self)
  local kind = interruption(self.ctx)
  local accepted = kind ~= "none" and not self.turn and not self.waits
  if accepted then self:go_on() end
  return { subtype = "continue_last_turn", accepted = accepted, interruption = kind }
end)

function make.set_permission_mode(self)
  return function(request)
    local mode = MODES[request.mode]
    if not mode then return usage(phrase("there is no mode '%s'", tostring(request.mode))) end
    self.ctx.mode = mode
    return { subtype = "set_permission_mode", mode = request.mode }
  end
end

make.set_model = with_session(function(self, request)
  local name = request.model
  if name == nil or name == json.null or name == "default" then name = self.first_model end
  if type(name) ~= "string" or not name:find "%S" then return usage(phrase "no model is named") end
  local ok, e = self.ctx.switch(name)
  if not ok then return nil, e end
  return { subtype = "set_model", model = name }
end)

make.set_effort = with_session(function(self, request)
  local status, e = set_effort(self.ctx, request.effort)
  if not status then return nil, e end
  status.subtype = "set_effort"
  return status
end)

make.get_available_models = with_session(function(self)
  local ctx, out, seen = self.ctx, json.array {}, {}
  local list = models.list(ctx.settings, function(name) return registry.has("providers", name) end)
  for _, model in ipairs { ctx.model, table.unpack(list) } do
    if model.provider == ctx.model.provider and not seen[model.id] then
      seen[model.id] = true
      out[#out + 1] = { id = model.id, label = model.name or model.id, contextWindowSize = model.context,
        capabilities = { vision = model.vision or false } }
    end
  end
  return { subtype = "get_available_models", models = out }
end)

function make.supported_commands(self)
  return function()
    return { subtype = "supported_commands", commands = json.array(aliases.names(self.ctx)) }
  end
end

function make.mcp_server_status(self)
  return function()
    local status = {}
    for _, one in ipairs(started.servers(self.ctx)) do status[one.name] = one.status end
    return { subtype = "mcp_server_status", status = status }
  end
end

function make.mcp_status(self)
  return function() return { subtype = "mcp_status", mcpServers = started.servers(self.ctx) } end
end

make.get_context_usage = with_session(function(self, request)
  local ctx = self.ctx
  local window = require "qwen.agent.window"
  local rows, e, total = require("qwen.agent.view").sizes(ctx)
  if not rows then return nil, e end
  local token, size = window.token(ctx), window.size(ctx.model)
  local bytes = {}
  for _, row in ipairs(rows) do bytes[row.what] = row.bytes end
  local function tokens(n) return math.ceil((n or 0) / token) end
  local tools, system = tokens(bytes.tools), tokens(bytes["system prompt"])
  local used = tokens(total)
  return { subtype = "get_context_usage", modelName = ctx.model.id, contextWindowSize = size,
    totalTokens = used, isEstimated = true, showDetails = request.show_details == true,
    breakdown = { systemPrompt = system, builtinTools = tools, messages = used - tools - system,
      freeSpace = math.max(size - used, 0) } }
end)

function make.get_usage_info()
  return function(request) return require "qwen.ui.headless.usage_info"(request.range) end
end

---The handlers of a session, by the subtype of the request.
---@param self table the session that is led
---@return table<string, fun(request: table): table?, Err?>
return function(self)
  local handlers = {}
  for subtype, maker in pairs(make) do handlers[subtype] = maker(self) end
  return handlers
end
