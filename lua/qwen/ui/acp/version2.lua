-- Version 2 of the protocol, a draft: what a client of it sends, as version 1 has it, and what a
-- session of ours says, as version 2 has it. A prompt is answered when it begins; its end is a state.
local diff = require "qwen.util.diff"
local json = require "sys.json"
local sys = require "sys.os"

local M = { VERSION = 2 }

local Session = {}
Session.__index = Session

---What one session needs to be told of.
---@return table
function M.session() return setmetatable({ prompts = {} }, Session) end

local function with(object, changes)
  local out = {}
  for key, value in pairs(object) do out[key] = value end
  for key, value in pairs(changes) do out[key] = value end
  return out
end

local function is_list(value) return type(value) == "table" and value ~= json.null end

local function each(list, fn)
  local out = json.array {}
  for i, one in ipairs(is_list(list) and list or {}) do out[i] = fn(one) end
  return out
end

-- What the client says
-- -----------------------------------------------------------------------------------------------

local METHODS = { ["auth/login"] = "authenticate", ["auth/logout"] = "logout" }

---A message of the client as version 1 has it.
---@param message table
---@return table
function M.to_agent(message)
  local params = is_list(message.params) and message.params or {}
  local replay = is_list(params.replayFrom) and params.replayFrom.type == "start"
  if message.method == "session/resume" and replay then return with(message, { method = "session/load" }) end
  return METHODS[message.method] and with(message, { method = METHODS[message.method] }) or message
end

---What the client can, as version 1 has it: no files, no terminals.
---@param capabilities table
---@return table
function M.client(capabilities)
  local auth = is_list(capabilities.auth) and capabilities.auth or {}
  return { auth = { terminal = is_list(auth.terminal) or nil }, elicitation = capabilities.elicitation, session = { notices = {} }, version = M.VERSION }
end

---The answer to initialize.
---@param result table of version 1
---@return table
function M.hello(result)
  return { protocolVersion = M.VERSION, info = result.agentInfo,
    capabilities = { auth = {}, session = { additionalDirectories = {}, delete = {},
      mcp = { stdio = {}, http = {} }, prompt = { image = {}, embeddedContext = {} } } },
    authMethods = each(result.authMethods, function(one)
      return { type = one.type or "agent", methodId = one.id, name = one.name, args = one.args }
    end) }
end

-- What a session of ours says
-- -----------------------------------------------------------------------------------------------

local function options_of(list)
  return each(list, function(one)
    local out = with(one, { configId = one.id })
    out.id = nil
    return out
  end)
end

local function result_of(result)
  if not is_list(result) or not result.configOptions then return result end
  local out = with(result, { configOptions = options_of(result.configOptions) })
  out.modes, out.models = nil, nil
  return out
end

local function content_of(list)
  if not is_list(list) then return nil end
  return each(list, function(one)
    if one.type ~= "diff" then return one end
    local name = one.path:gsub("^/", "")
    return { type = "diff", changes = json.array { { operation = one.oldText and "modify" or "add", path = one.path } },
      patch = { format = "git_patch", text = diff(one.oldText or "", one.newText, name) } }
  end)
end

local function call_of(call)
  local out = with(call, { content = content_of(call.content) })
  out.sessionUpdate = nil
  return out
end

local update = {}

-- Pieces that follow each other are one message.
local function chunk(self, one)
  local kind = one.sessionUpdate
  if not one.messageId and (self.kind ~= kind or not self.message) then self.message = sys.uuid() end
  self.kind = kind
  return with(one, { messageId = one.messageId or self.message })
end
update.agent_message_chunk, update.agent_thought_chunk, update.user_message_chunk = chunk, chunk, chunk

local function call(self, one)
  self.kind = nil
  return with(call_of(one), { sessionUpdate = "tool_call_update" })
end
update.tool_call, update.tool_call_update = call, call

function update.plan(_, one)
  return { sessionUpdate = "plan_update", plan = { type = "items", planId = "plan", entries = one.entries } }
end

function update.available_commands_update(_, one)
  return { sessionUpdate = one.sessionUpdate, availableCommands = each(one.availableCommands, function(command)
    local input = command.input and { type = "text", hint = command.input.hint } or nil
    return with(command, { type = "command", input = input })
  end) }
end

function update.config_option_update(_, one)
  return { sessionUpdate = one.sessionUpdate, configOptions = options_of(one.configOptions) }
end

function update.current_mode_update() return nil end -- the option says it

local function as_it_is(_, one) return one end

local function tell(id, what) return { method = "session/update", params = { sessionId = id, update = what } } end

local function state(id, name, more)
  return tell(id, with(more or {}, { sessionUpdate = "state_update", state = name }))
end

---A request of the client.
---@param message table
function Session:asked(message)
  if message.method ~= "session/prompt" then return end
  self.prompts[#self.prompts + 1] = { id = message.id, prompt = message.params.prompt, session = message.params.sessionId }
end

-- The prompt whose answer a message is, taken out.
local function prompt_of(self, id)
  for i, one in ipairs(self.prompts) do
    if one.id == id then return table.remove(self.prompts, i) end
  end
end

---The newest prompt begins.
---@return table[]
function Session:begun()
  for _, one in ipairs(self.prompts) do
    if not one.message then
      one.message, self.kind = sys.uuid(), nil
      return { { id = one.id, result = { messageId = one.message } },
        tell(one.session, { sessionUpdate = "user_message", messageId = one.message, content = one.prompt }),
        state(one.session, "running") }
    end
  end
  return {}
end

local function answer(self, message)
  local prompt = prompt_of(self, message.id)
  if not (prompt and prompt.message) then return { with(message, { result = result_of(message.result) }) } end
  local e = message.error
  if not e then return { state(prompt.session, "idle", { stopReason = message.result.stopReason }) } end
  return { state(prompt.session, "idle", { stopReason = "error", error = e }) }
end

local function ask(message)
  if message.method ~= "session/request_permission" then return { message } end
  local params = message.params
  local call_shown = call_of(params.toolCall)
  return { state(params.sessionId, "requires_action"), with(message, { params = { sessionId = params.sessionId,
    title = call_shown.title, options = params.options,
    subject = { type = "tool_call", toolCall = call_shown } } }) }
end

---A message of a session of ours as version 2 has it.
---@param message table of version 1
---@return table[] messages in their order
function Session:to_client(message)
  if message.method == nil then return answer(self, message) end
  if message.id ~= nil then return ask(message) end
  if message.method ~= "session/update" then return { message } end
  local params = message.params
  local one = (update[params.update.sessionUpdate] or as_it_is)(self, params.update)
  return one and { tell(params.sessionId, one) } or {}
end

---What follows an answer of the client to a question.
---@return table[]
function Session:answered()
  local one = self.prompts[1]
  return one and one.message and { state(one.session, "running") } or {}
end

return M
