-- The agent that an editor starts: `qwen --acp`. It says what it can, signs in, lists sessions, and
-- hands each session to a process of its own (session.lua), whose folder, trust, settings and
-- commands are those of that session alone. Lines are passed on as they are.
local connection = require "qwen.ui.acp.connection"
local embed = require "sys.embed"
local fs = require "sys.fs"
local json = require "sys.json"
local listing = require "qwen.ui.acp.listing"
local signing = require "qwen.ui.acp.signing"
local sys = require "sys.os"
local translate = require "qwen.util.translate"
local version2 = require "qwen.ui.acp.version2"
local worker = require "qwen.ui.acp.worker"
local tr, phrase = translate.tr, translate.phrase

local M = {}

local VERSION = 1
local STARTS = { ["session/new"] = true, ["session/load"] = true, ["session/resume"] = true,
  ["session/fork"] = true }

local object = connection.object

local function unknown(id)
  return connection.err("missing", phrase("there is no open session '%s'", tostring(id)))
end

local function refuse(self, message, e)
  if message.id == nil then return end
  self.connection.write(connection.failure(message.id, connection.code_of(e), e.message))
end

local function check_folder(params)
  local cwd = params.cwd
  if type(cwd) ~= "string" or cwd:sub(1, 1) ~= "/" then
    return nil, connection.err("params", phrase "cwd must be an absolute path")
  end
  local stat = fs.stat(cwd)
  if not stat or stat.type ~= "dir" then return nil, connection.err("params", phrase("%s is no folder", cwd)) end
  return cwd
end

-- Ends the process of a session and waits for it.
local function close(self, id)
  local one = self.workers[id]
  if not one then return end
  self.workers[id] = nil
  one:finish()
end

-- A session begins in a process of its own, under an id that is known before it answers.
local function start(self, message, line)
  local params = object(message.params)
  local cwd, e = check_folder(params)
  if not cwd then return refuse(self, message, e) end
  local fresh = message.method == "session/new" or message.method == "session/fork"
  if not fresh and type(params.sessionId) ~= "string" then
    return refuse(self, message, connection.err("params", phrase "sessionId is missing"))
  end
  local id = fresh and sys.uuid() or params.sessionId
  close(self, id)
  self.started = self.started + 1
  local one
  one, e = worker.start { cwd = cwd, argv = self.argv, id = fresh and id or nil, beside = self.ctx.beside,
    prefix = ("%d-"):format(self.started), client = self.client, write = self.connection.write,
    over = function(ended) if self.workers[id] == ended then self.workers[id] = nil end end }
  if not one then return refuse(self, message, e) end
  self.workers[id] = one
  one:send(line, message)
end

local function by_prefix(self, id)
  for _, one in pairs(self.workers) do
    if tostring(id):sub(1, #one.prefix) == one.prefix then return one end
  end
end

-- Whose a message is: false for what is answered here.
local function route(self, message, line, kind)
  if kind == "reply" then
    local one = by_prefix(self, message.id)
    if one then one:send(line) end
    return true
  end
  local params = object(message.params)
  if message.method == "$/cancel_request" then
    for _, one in pairs(self.workers) do
      if one:waits_for(params.requestId) then
        one:send(line)
        return true
      end
    end
    return false
  end
  if kind == "request" and message.method ~= "initialize" and not self.client then
    refuse(self, message, connection.err("invalid", phrase "initialize comes first"))
    return true
  end
  if STARTS[message.method] then
    start(self, message, line)
    return true
  end
  if self.handlers[message.method] or params.sessionId == nil then return false end
  local one = self.workers[params.sessionId]
  if one then one:send(line, message) else refuse(self, message, unknown(params.sessionId)) end
  return true
end

local CAPABILITIES = {
  loadSession = true,
  promptCapabilities = { image = true, audio = false, embeddedContext = true },
  mcpCapabilities = { http = true, sse = true },
  sessionCapabilities = { list = {}, delete = {}, additionalDirectories = {}, resume = {}, close = {}, fork = {} },
  auth = { logout = {} },
}

local function make_handlers(self)
  local handlers = {}

  function handlers.initialize(params)
    if not math.tointeger(params.protocolVersion) then
      return nil, connection.err("params", phrase "protocolVersion is missing")
    end
    self.newer = params.protocolVersion >= version2.VERSION
    self.client = object(params.clientCapabilities)
    if self.newer then self.client = version2.client(object(params.capabilities)) end
    local hello = { protocolVersion = VERSION, agentCapabilities = CAPABILITIES,
      agentInfo = { name = "qwen", version = embed.version },
      authMethods = signing.methods(self.ctx, self.client) }
    return self.newer and version2.hello(hello) or hello
  end

  function handlers.authenticate(params) return signing.sign_in(self.ctx, params.methodId) end

  function handlers.logout() return signing.sign_out(self.ctx) end

  handlers["session/list"] = function(params) return listing.page(params) end

  handlers["session/close"] = function(params)
    if not self.workers[params.sessionId] then return nil, unknown(params.sessionId) end
    close(self, params.sessionId)
    return {}
  end

  handlers["session/delete"] = function(params)
    close(self, params.sessionId)
    return listing.delete(self.ctx, params.sessionId)
  end
  return handlers
end

---Serves one client until its input ends.
---@param ctx Ctx
---@param lead table what the main task can; `argv`: the words of the command line
---@return integer exit code
function M.run(ctx, lead)
  local opts = ctx.opts
  if opts.prompt or opts.positional[1] or opts.resume or opts.continue or opts.session_id or opts.worktree then
    ctx.notice(tr "--acp takes no prompt, session or worktree: the editor says which")
    return 2
  end
  local self = { ctx = ctx, argv = lead.argv, workers = {}, started = 0 }
  self.handlers = make_handlers(self)
  self.connection = connection.new { handlers = self.handlers, prefix = "0-",
    route = function(message, line, kind)
      local meant = self.newer and version2.to_agent(message) or message
      if meant ~= message then message.method, line = meant.method, json.encode(meant) end
      return route(self, message, line, kind)
    end }
  function ctx.print(words) ctx.notice(words) end -- standard output is the protocol's
  if sys.isatty(0) then
    ctx.notice(tr "--acp is started by an editor (docs/editors.md); it waits for JSON on standard input. Ctrl-C ends it.")
  end
  local done, stopped = lead.until_signal(function()
    local input = sys.stdin_lines()
    for line in function() return (input:line()) end do self.connection:take(line) end
  end)
  for _, one in pairs(self.workers) do one:leave() end
  for _, one in pairs(self.workers) do one:finish() end
  return done and 0 or stopped
end

return M
