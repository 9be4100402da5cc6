-- A conversation with one language server, a program of the user's: start, greeting, questions,
-- end.
-- Which server is for what is in servers; which files it has is in documents.
local child_env = require "qwen.util.child_env"
local embed = require "sys.embed"
local err = require "qwen.util.err"
local frames = require "qwen.extension.lsp.frames"
local json = require "sys.json"
local json_rpc = require "qwen.extension.json_rpc"
local phrase = require("qwen.util.translate").phrase
local positions = require "qwen.extension.lsp.positions"
local proc = require "qwen.util.process"
local sandbox = require "qwen.permission.sandbox"
local task = require "sys.task"
local texts = require "qwen.util.text"

local M = {}

local Client = {}
Client.__index = Client

local START = 30000 -- milliseconds, as in the settings
local ASK, STOP = 20, 1 -- seconds
local MOST_UNSENT, LOG_KEPT, LONGEST = 64 * 1024 * 1024, 16 * 1024, 200
local MOST_ERROR = 300 -- bytes
local MODIFIED, AGAIN, PAUSE = -32801, 3, 0.3 -- its answer is out of date: asked again, so often

-- What we understand. Nothing is said to change files, so no server offers to.
local CAPABILITIES = {
  general = { positionEncodings = json.array { "utf-8", "utf-16" } },
  textDocument = {
    synchronization = { didSave = true },
    publishDiagnostics = { versionSupport = true, relatedInformation = true },
    diagnostic = { dynamicRegistration = false },
    hover = { contentFormat = json.array { "plaintext", "markdown" } },
    definition = { linkSupport = true }, implementation = { linkSupport = true }, references = {},
    documentSymbol = { hierarchicalDocumentSymbolSupport = true }, callHierarchy = {},
    rename = { prepareSupport = false },
  },
  window = { workDoneProgress = true },
  workspace = { workspaceFolders = true, configuration = true, symbol = {},
    workspaceEdit = { documentChanges = true } },
}

-- A part of the settings by its dotted name.
local function part_of(settings, section)
  for name in (type(section) == "string" and section or ""):gmatch "[^.]+" do
    settings = type(settings) == "table" and settings[name] or nil
  end
  return settings == nil and json.null or settings
end

-- What it may ask of us; everything else has no answer.
local answers = {
  ["workspace/configuration"] = function(self, params)
    local out = json.array {}
    for i, item in ipairs(type(params.items) == "table" and params.items or {}) do
      out[i] = part_of(self.settings, type(item) == "table" and item.section)
    end
    return out
  end,
  ["workspace/workspaceFolders"] = function(self) return json.array { self:folder() } end,
  ["workspace/applyEdit"] = function() return { applied = false } end,
  ["window/showDocument"] = function() return { success = false } end,
}
for _, method in ipairs { "client/registerCapability", "client/unregisterCapability",
  "window/workDoneProgress/create", "window/showMessageRequest" } do
  answers[method] = function() return json.null end
end

-- What it is at: the reading of a project takes its time.
local function progress(self, params)
  local kind = type(params.value) == "table" and params.value.kind
  local token = type(params.token) == "string" and params.token or tonumber(params.token)
  if not token or kind ~= "begin" and kind ~= "end" then return end
  local before = self.works
  self.working[token] = kind == "begin" or nil
  self.works = next(self.working) ~= nil
  if before and not self.works then self.said.on_rest() end
end

local function heard(self, message)
  local params = type(message.params) == "table" and message.params or {}
  if message.id == nil or message.id == json.null then
    if message.method == "textDocument/publishDiagnostics" then
      self.said.on_diagnostics(params)
    elseif message.method == "$/progress" then
      progress(self, params)
    end
    return
  end
  local answer = answers[message.method]
  self:send(answer and { id = message.id, result = answer(self, params) }
    or { id = message.id, error = { code = -32601, message = "not supported" } })
end

-- The end of the conversation, once, and why.
local function ended(self, e)
  if self.ended then return end
  self.ended = e
  json_rpc.close(self)
  self.outbox:close()
  self.gone:close()
  if self.greeted then self.said.on_end(e) end
end

-- What a program had to say at its end: the line that begins with "error", which a trace of calls may
-- follow; else the last line that speaks of one, else the last one.
local function last_words(log)
  local found, first
  local words = texts.trim(texts.plain(texts.utf8(log)))
  for line in words:gmatch "[^\n]+" do
    local low = line:lower()
    if low:find("error", 1, true) then found = line end
    if low:find "^%s*error" then first = first or line end
  end
  found = first or found
  return texts.head(found or texts.last_line(words), LONGEST)
end

-- Reads until it ends. A stream that cannot be read is closed.
local function read_all(self)
  local read = frames.reader()
  while true do
    local chunk, from = self.child:read()
    if not chunk then break end
    if from == "err" then
      self.said.log = (self.said.log .. chunk):sub(-LOG_KEPT)
    else
      local messages, e = read(chunk)
      if not messages then return e end
      for _, message in ipairs(messages) do json_rpc.receive(self, message, heard) end
    end
  end
  local said = last_words(self.said.log)
  return err("broken", phrase("the program ended%s", said ~= "" and ": " .. said or ""))
end

-- Its life: one task reads, one writes what is said in its order.
local function live(self, hold)
  local _ <close> = hold
  local _ <close> = self.child
  local writer = task.spawn(function()
    while true do
      local bytes = self.outbox:get()
      if not bytes or not self.child:write(bytes) then break end
      self.unsent = self.unsent - #bytes
    end
  end)
  ended(self, read_all(self))
  writer:cancel()
end

---Says something, or answers; it does not wait.
---@param message table
function Client:send(message)
  if self.ended then return end
  message.jsonrpc = "2.0"
  local bytes = frames.write(json.encode(message))
  self.unsent = self.unsent + #bytes
  if self.unsent > MOST_UNSENT then return self:kill(phrase "it does not read what it is sent") end
  self.outbox:put(bytes)
end

---@param method string
---@param params table
function Client:notify(method, params)
  self:send { method = method, params = params }
end

-- Asks once.
local function ask(self, method, params, limit)
  if self.ended then return nil, self.ended end
  local id, queue = json_rpc.question(self)
  local done = false
  local _ <close> = setmetatable({}, { __close = function()
    self.waiting[id] = nil
    if not done and not self.ended then self:notify("$/cancelRequest", { id = id }) end
  end })
  self:send { id = id, method = method, params = params }
  local reply = queue:get(limit)
  done = reply ~= nil
  if not reply and self.ended then return nil, self.ended end
  if not reply then
    return nil, err("timeout", phrase("no answer to %s within %s", method, phrase("%g s", limit)))
  end
  if reply.failure then return nil, reply.failure end
  if type(reply.error) == "table" then
    return nil, err("broken", texts.head(tostring(reply.error.message), MOST_ERROR),
      { code = reply.error.code })
  end
  return type(reply.result) == "table" and reply.result or false
end

---Asks and waits for the answer.
---@param method string
---@param params table
---@param limit number? seconds
---@return table|false|nil result false: it has none
---@return Err?
function Client:request(method, params, limit)
  for i = 1, AGAIN do
    local result, e = ask(self, method, params, limit or ASK)
    if result ~= nil or e.code ~= MODIFIED or i == AGAIN then return result, e end
    task.sleep(PAUSE)
  end
end

---@return {uri: string, name: string}
function Client:folder()
  return { uri = positions.uri(self.root), name = positions.name(self.root) }
end

---Ends it at once.
---@param why Phrase
function Client:kill(why)
  if self.ended then return end -- its process is closed by then
  ended(self, err("broken", why))
  self.child:kill()
end

---Ends it as the protocol says, and at once where it does not listen.
function Client:stop()
  if self.ended then return end
  self.greeted = false
  if ask(self, "shutdown", nil, STOP) ~= nil then self:notify("exit", nil) end
  self.gone:get(STOP)
  if not self.ended then self:kill(phrase "it was stopped") end
end

-- A field of a server that may be a function of the folder and the program.
local function made(value, root, program)
  if type(value) == "function" then return value(root, program) end
  return value
end

-- Greets it: it says what it can and how it counts.
local function greet(self, spec)
  local hello, e = ask(self, "initialize", { processId = json.null, capabilities = CAPABILITIES,
    rootUri = positions.uri(self.root), rootPath = self.root,
    workspaceFolders = json.array { self:folder() },
    clientInfo = { name = "qwen", version = embed.version },
    initializationOptions = made(spec.initializationOptions, self.root, self.path) },
    (spec.startupTimeout or START) / 1000)
  if hello == nil then return nil, e end
  self.can = hello and type(hello.capabilities) == "table" and hello.capabilities or {}
  self.encoding = self.can.positionEncoding == "utf-8" and "utf-8" or "utf-16"
  self:notify("initialized", {})
  if self.settings then
    self:notify("workspace/didChangeConfiguration", { settings = self.settings })
  end
  return true
end

---Starts a server in the border that commands have, and greets it.
---@param ctx Ctx
---@param spec LspServer
---@param root string the folder that it is for
---@param said LspListener who hears of it
---@return LspClient?, Err?
function M.start(ctx, spec, root, said)
  local program, problem = proc.which(spec.command)
  if not program then
    return nil, problem and err("denied", problem)
      or err("missing", phrase("%s is not installed", spec.command))
  end
  local argv = table.move(spec.args or {}, 1, #(spec.args or {}), 2, { program })
  local pass = ctx.settings:get "tools.shell.passVariables"
  local env = child_env.for_command { pass = type(pass) == "table" and pass or nil,
    trusted = true, cwd = ctx.cwd } -- what it starts is no program of the project either
  for name, value in pairs(spec.env or {}) do env[name] = tostring(value) end
  local options, hold = sandbox.wrap(ctx, { argv = argv, cwd = root, env = env, stdin = "pipe" })
  if not options then return nil, hold end
  local child, e = proc.open(options)
  if not child then
    local _ <close> = hold
    return nil, e
  end
  local self = setmetatable({ child = child, root = root, last = 0, waiting = {}, unsent = 0,
    working = {}, works = false,
    outbox = task.queue(), gone = task.queue(), can = {}, encoding = "utf-16",
    settings = made(spec.settings, root, program),
    said = said, greeted = false, path = program }, Client)
  ctx.background(function() live(self, hold) end)
  local ok
  ok, e = greet(self, spec)
  if not ok then
    self:kill(err.phrase(e))
    return nil, e
  end
  self.greeted = true
  return self
end

return M
