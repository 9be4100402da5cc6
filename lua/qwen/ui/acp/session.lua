-- One session of ACP in a process of its own: it opens it as the client says, answers its prompts
-- and takes its choices. The process that the client has started is hub.lua.
local choices = require "qwen.ui.acp.choices"
local commands = require "qwen.extension.commands"
local connection = require "qwen.ui.acp.connection"
local content = require "qwen.ui.acp.content"
local err = require "qwen.util.err"
local permission = require "qwen.ui.acp.permission"
local sys = require "sys.os"
local task = require "sys.task"
local translate = require "qwen.util.translate"
local updates = require "qwen.ui.acp.updates"
local version2 = require "qwen.ui.acp.version2"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local object = connection.object

local function pairs_of(list)
  local out = {}
  for _, one in ipairs(object(list)) do
    if type(one) == "table" and type(one.name) == "string" then out[one.name] = tostring(one.value) end
  end
  return out
end

-- The tool servers that the client gives, as mcpServers has them.
local function servers_of(list)
  local out = {}
  for _, one in ipairs(object(list)) do
    if type(one) ~= "table" or type(one.name) ~= "string" then return nil end
    if type(one.url) == "string" then
      out[one.name] = { [one.type == "sse" and "url" or "httpUrl"] = one.url, type = one.type,
        headers = pairs_of(one.headers) }
    elseif type(one.command) == "string" then
      out[one.name] = { command = one.command, args = one.args, env = pairs_of(one.env) }
    else
      return nil
    end
  end
  return out
end

-- What the flags would say of the session that is meant.
local function say_which(self, how, params)
  local opts = self.opts
  if how == "new" then return end
  opts.resume, opts.fork_session = params.sessionId, how == "fork" or nil
  if how ~= "fork" then opts.session_id = nil end
end

local function attach(self)
  self.updates = updates.new(self.ctx, function(update)
    self.connection:tell("session/update", { sessionId = self.id, update = update })
  end, self.can)
  self.updates:attach()
  permission.attach(self)
  local ctx, fs = self.ctx, object(object(self.client).fs)
  ctx.client_files = require("qwen.ui.acp.client_files").new(self, fs)
  if object(self.client).terminal == true then
    ctx.client_terminal = require("qwen.ui.acp.client_terminal").new(self)
  end
  function ctx.prompt(words) return self.lead.answer(ctx, words, {}), true end
  function ctx.idle(seconds)
    task.sleep(seconds)
    return true
  end
end

-- What a client is told of an open session.
local function state(self)
  self.updates:known()
  return { modes = choices.modes(self.ctx), models = choices.models(self.ctx),
    configOptions = choices.options(self.ctx) }
end

local function open(self, how, params)
  if self.opened then return nil, connection.err("invalid", phrase "the session is open already") end
  local servers = servers_of(params.mcpServers)
  if not servers then return nil, connection.err("params", phrase "mcpServers has an entry that is none") end
  self.opened = true
  local ctx = self.ctx
  if next(servers) then ctx.settings:add({ mcpServers = servers }, phrase "the editor") end
  local more = object(params.additionalDirectories)
  if more[1] then self.opts.include = table.move(more, 1, #more, #(self.opts.include or {}) + 1, self.opts.include or {}) end
  say_which(self, how, params)
  local front, _, e = self.lead.prepare(ctx, self.opts, { attach = function() attach(self) end })
  if not front then
    self.over = true
    return nil, e
  end
  self.id = ctx.session.id
  self.lead.begin(ctx)
  ctx.tools = require("qwen.agent.view").tools(ctx)
  local result = state(self)
  if how == "new" or how == "fork" then result.sessionId = self.id end
  if how == "load" then self.updates:replay() end
  return result, nil, function()
    self.told = true
    self.updates:commands()
    collectgarbage()
  end
end

-- A slash command: what it prints is the answer. Gives what the model is to be asked instead.
local function slash(self, words)
  local name, rest = commands.split(words)
  if not name or name == "" then return false end
  if updates.for_screen(name) then
    self.updates:say(tr("/%s is for a terminal; the editor has its own way", name))
    return true
  end
  self.updates.commanding = true
  local _ <close> = setmetatable({}, { __close = function() self.updates.commanding = nil end })
  local code = self.lead.command(self.ctx, name, rest)
  if type(code) == "table" then return false, code.prompt end
  return true
end

local function answer(self, words, parts)
  local done, prompt = false, nil
  if words:find "^/" then done, prompt = slash(self, words) end
  if done then return { stop = "end" } end
  local submitted, reason = self.ctx.emit("prompt_submitted", { text = prompt or words, typed = words })
  if not submitted then
    self.updates:say(tr("the prompt was blocked: %s", tostring(reason)))
    return { stop = "refusal" }
  end
  return (self.lead.answer(self.ctx, submitted.text, parts))
end

local STOPS = { length = "max_tokens", turns = "max_turn_requests", refusal = "refusal", filter = "refusal",
  cancelled = "cancelled" }

-- How a prompt ended, as the protocol has it.
local function ended(self, ok, last)
  self.updates.calls:stop()
  self.updates:settle()
  self.updates:title()
  if not ok then
    if err.is(last) and last.kind == "cancelled" then return { stopReason = "cancelled" } end
    error(last, 0)
  end
  local e = last.err
  if last.stop == "error" or last.stop == "loop" then
    if e and (e.budget or last.stop == "loop") then
      self.updates:say("\n" .. e.message)
      return { stopReason = "max_turn_requests" }
    end
    return nil, e or err("protocol", tr "the answer failed")
  end
  return { stopReason = STOPS[last.stop] or "end_turn" }
end

local function run_prompt(self, params)
  if not self.id then return nil, connection.err("invalid", phrase "no session is open") end
  if self.turn then return nil, connection.err("invalid", phrase "a prompt of this session is being answered") end
  local words, parts = content.read(params.prompt)
  if not words then return nil, connection.err("params", parts) end
  for _, message in ipairs(self.newer and self.newer:begun() or {}) do connection.write(message) end
  self.turn = task.spawn(answer, self, words, parts)
  local _ <close> = setmetatable({}, { __close = function() self.turn = nil end })
  return ended(self, self.turn:join())
end

local function choose(self, id, value)
  if not self.id then return nil, connection.err("invalid", phrase "no session is open") end
  local ok, problem = choices.set(self.ctx, id, value)
  if not ok then return nil, connection.err("params", problem) end
  self.updates:known()
  return true
end

-- From now on in another version of the protocol.
local function speak(self, newer)
  self.newer = newer
  function self.connection.write(message)
    for _, one in ipairs(newer:to_client(message)) do connection.write(one) end
  end
  function self.connection.route(message, _, kind)
    if kind == "request" then newer:asked(message) end
    for _, one in ipairs(kind == "reply" and newer:answered() or {}) do connection.write(one) end
    return false
  end
end

local function make_handlers(self)
  local handlers = {}
  for _, how in ipairs { "new", "load", "resume", "fork" } do
    handlers["session/" .. how] = function(params) return open(self, how, params) end
  end
  handlers["session/prompt"] = function(params) return run_prompt(self, params) end
  handlers["session/cancel"] = function()
    if self.turn then self.turn:cancel() end
  end
  handlers["session/set_mode"] = function(params)
    local ok, e = choose(self, "mode", params.modeId)
    return ok and {}, e
  end
  handlers["session/set_model"] = function(params)
    local ok, e = choose(self, "model", params.modelId)
    return ok and {}, e
  end
  handlers["session/set_config_option"] = function(params)
    local ok, e = choose(self, params.configId, params.value)
    return ok and { configOptions = choices.options(self.ctx) }, e
  end
  -- The first line, of hub.lua: what the client can, and what ids of ours begin with.
  handlers["qwen/client"] = function(params)
    self.client, self.connection.prefix = object(params.capabilities), tostring(params.prefix)
    self.can = { notices = object(self.client.session).notices ~= nil }
    if self.client.version == version2.VERSION then speak(self, version2.session()) end
  end
  return handlers
end

---Answers one client until its input ends.
---@param ctx Ctx
---@param opts table flags
---@param lead table what the main task can: `prepare`, `answer`, `begin`, `command`, `until_signal`
---@return integer exit code
function M.run(ctx, opts, lead)
  local self = { ctx = ctx, opts = opts, lead = lead, can = {}, client = {} }
  self.connection = connection.new { handlers = make_handlers(self), prefix = "s-" }
  local done, stopped = lead.until_signal(function()
    local input = sys.stdin_lines()
    for line in function() return (input:line()) end do self.connection:take(line) end
    self.connection:close()
    if self.turn then
      self.turn:cancel()
      self.turn:join()
    end
  end)
  if ctx.session then
    ctx.emit("session_ended", { reason = done and "done" or "interrupted" })
    ctx.session:close()
  end
  return done and 0 or stopped
end

return M
