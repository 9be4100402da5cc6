-- What a program says before the first prompt, by the control request `initialize`: tool servers,
-- hooks, agents and the system prompt of its session, as settings and flags say them. Both forms
-- are read, the one of Qwen Code's SDK and the one of the Claude Agent SDK.
local err = require "qwen.util.err"
local json = require "sys.json"
local settings_hooks = require "qwen.extension.settings_hooks"
local translate = require "qwen.util.translate"
local phrase, tr = translate.phrase, translate.tr

local M = {}

local SOURCE = phrase "the program that leads the session"

local function table_of(value)
  return type(value) == "table" and value ~= json.null and value or {}
end

local function text_of(value)
  return type(value) == "string" and value or nil
end

-- The servers, as mcpServers has them. A server of the program itself comes as a name in a list, or
-- as an object; Qwen Code trusts the latter, and so the program is not asked about its own tools.
local function servers_of(request)
  local out = {}
  for name, config in pairs(table_of(request.mcpServers)) do out[tostring(name)] = config end
  for key, value in pairs(table_of(request.sdkMcpServers)) do
    local listed = type(key) == "number"
    local name = listed and text_of(value) or text_of(table_of(value).name)
    if not name or name == "" then name = text_of(key) end
    if name then out[name] = { type = "sdk", trust = not listed or nil } end
  end
  return next(out) and out
end

-- One callback of the program as a hook of the settings.
local function add_hook(hooks, event, id, matcher, timeout)
  hooks[event] = hooks[event] or {}
  table.insert(hooks[event], { matcher = text_of(matcher), hooks = {
    { type = "callback", callback_id = tostring(id), timeout = tonumber(timeout) } } })
end

-- The callbacks of both forms as a list of {event, id, matcher, timeout}; nil where one cannot be
-- understood, which may be a guard.
local function callbacks_of(given)
  local out = {}
  for key, value in pairs(given) do
    local groups = type(key) == "number" and { value } or value
    if type(groups) ~= "table" then return nil end
    for _, group in ipairs(groups) do
      if type(group) ~= "table" then return nil end
      local ids = type(key) == "number" and { group.callback_id } or group.hookCallbackIds
      local event = type(key) == "number" and group.event or key
      if type(ids) ~= "table" or type(event) ~= "string" then return nil end
      for _, id in ipairs(ids) do
        out[#out + 1] = { event = event, id = id, matcher = group.matcher, timeout = group.timeout }
      end
    end
  end
  return out
end

-- The callbacks beside the hooks of the settings: none takes the place of another one.
local function hooks_of(ctx, given)
  if given == nil or given == json.null then return {} end
  local callbacks = type(given) == "table" and callbacks_of(given)
  if not callbacks then return nil, err("usage", phrase "the hooks of initialize cannot be understood") end
  local hooks, any = {}, false
  for event, groups in pairs(table_of(ctx.settings:get "hooks")) do
    hooks[event] = type(groups) == "table" and table.move(groups, 1, #groups, 1, {}) or {}
  end
  for _, one in ipairs(callbacks) do
    if settings_hooks.events[one.event] == nil then
      ctx.notice(tr("there is no event '%s'; the hook of the program for it never runs", one.event))
    else
      add_hook(hooks, one.event, one.id, one.matcher, one.timeout)
      any = true
    end
  end
  return any and hooks or {}
end

local function words(list)
  local out = {}
  for _, item in ipairs(table_of(list)) do out[#out + 1] = text_of(item) end
  return out[1] and table.concat(out, ", ") or nil
end

-- An agent as a file of agents/ has it; nil and what is wrong with it.
local function agent_of(key, given)
  given = table_of(given)
  local name = text_of(given.name) or text_of(key)
  local body = text_of(given.systemPrompt) or text_of(given.prompt)
  local about = text_of(given.description)
  if not (name and name ~= "" and body and about and about ~= "") then
    return nil, err("usage", phrase("the agent '%s' needs name, description and systemPrompt", name or "?"))
  end
  local limits = table_of(given.runConfig)
  local turns = math.tointeger(given.maxTurns or limits.max_turns)
  local fields = { tools = words(given.tools), disallowedTools = words(given.disallowedTools),
    model = text_of(given.model), maxTurns = turns, effort = text_of(given.effort) }
  return { name = name, description = about, body = body, fields = fields, path = tr(SOURCE) }
end

local function agents_of(given)
  local out = {}
  for key, value in pairs(table_of(given)) do
    local card, e = agent_of(key, value)
    if not card then return nil, e end
    out[#out + 1] = card
  end
  return out
end

-- The system prompt, and what is added to it; a flag is weaker, as it is older.
local function prompts(opts, request)
  local system = request.systemPrompt
  if type(system) == "table" then system = words(system) and table.concat(system, "\n\n") end
  if text_of(system) and system ~= "" then opts.system = system end
  opts.append_system = text_of(request.appendSystemPrompt) or opts.append_system
end

---Takes what the program says into the settings and the flags of the run.
---@param ctx Ctx
---@param opts table flags
---@param request table
---@return boolean?, Err?
function M.take(ctx, opts, request)
  local agents, e = agents_of(request.agents)
  if not agents then return nil, e end
  local hooks
  hooks, e = hooks_of(ctx, request.hooks)
  if not hooks then return nil, e end
  local values = { mcpServers = servers_of(request) or nil, hooks = next(hooks) and hooks }
  if next(values) then ctx.settings:add(values, SOURCE) end
  ctx.given_agents = agents
  prompts(opts, request)
  if type(request.jsonSchema) == "table" and request.jsonSchema ~= json.null then
    opts.json_schema = json.encode(request.jsonSchema)
  end
  return true
end

return M
