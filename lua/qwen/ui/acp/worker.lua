-- The process of one session, as the hub sees it: what it is sent, what it says, and which requests
-- it has not answered yet.
local connection = require "qwen.ui.acp.connection"
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local lines = require "qwen.util.child_lines"
local phrase = require("qwen.util.translate").phrase
local proc = require "qwen.util.process"
local sys = require "sys.os"
local task = require "sys.task"

local M = {}

local SECONDS = 5 -- for a turn to leave what it is doing

local Worker = {}
Worker.__index = Worker

-- The words that start it: ours, without those that make a hub.
local function argv_of(program, argv, id)
  local out = { program, "--acp-session" }
  for _, word in ipairs(argv) do
    if word ~= "--acp" and word ~= "--experimental-acp" then out[#out + 1] = word end
  end
  if id then table.move({ "--session-id", id }, 1, 2, #out + 1, out) end
  return out
end

-- Passes on what it says, where it is of the protocol. What may answer a request is looked at.
local function pump(self)
  for line in self.read do
    local message = line:sub(1, 10) ~= '{"jsonrpc"' and connection.object((json.decode(line, false, true)))
    if message and message.jsonrpc ~= "2.0" then
      sys.err(line .. "\n") -- a command's own words
    else
      if message and message.method == nil then self.pending[json.encode(message.id)] = nil end
      sys.out(line .. "\n")
      sys.flush()
    end
  end
  self.ended = true
  for _, id in pairs(self.pending) do
    self.write(connection.failure(id, connection.codes.internal, "the session has ended"))
  end
  self.pending = {}
  self.child:close()
  self.over(self)
  self.gone:close()
end

---Starts it.
---@param options {cwd: string, argv: string[], id: string?, prefix: string, client: table,
--- beside: fun(fn: function), write: fun(message: table), over: fun(worker: table)}
---@return table?, Err?
function M.start(options)
  local program = fs.realpath "/proc/self/exe"
  if not program then return nil, err("missing", phrase "the program's own path is not known") end
  local child, e = proc.open { argv = argv_of(program, options.argv, options.id), cwd = options.cwd,
    stdin = "pipe", stderr = "inherit" }
  if not child then return nil, e end
  local self = setmetatable({ child = child, prefix = options.prefix, pending = {}, write = options.write,
    over = options.over, gone = task.queue(), outbox = task.queue(), read = lines.of(child) }, Worker)
  options.beside(function() pump(self) end)
  options.beside(function()
    for line in function() return self.outbox:get() end do
      if not child:write(line .. "\n") then return end
    end
    child:close_stdin()
  end)
  self.outbox:put(json.encode { jsonrpc = "2.0", method = "qwen/client",
    params = { capabilities = options.client, prefix = options.prefix } })
  return self
end

---Sends it a line; a request is remembered until it is answered.
---@param line string
---@param message table? what the line says, where it is not a reply
function Worker:send(line, message)
  if message and message.id ~= nil then self.pending[json.encode(message.id)] = message.id end
  self.outbox:put(line)
end

---@param id any
---@return boolean
function Worker:waits_for(id) return id ~= nil and self.pending[json.encode(id)] ~= nil end

---It gets no more lines: it leaves what it does, keeps its session and ends.
function Worker:leave() self.outbox:close() end

---Waits for its end, and ends it where that takes too long.
function Worker:finish()
  self:leave()
  if self.ended then return end
  self.gone:get(SECONDS)
  self.child:close()
end

return M
