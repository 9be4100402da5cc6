-- Redis servers of their own for the tests: on 127.0.0.1 and a free port, with files of their own, stopped by their own process.
local os = require "sys.os"
local proc = require "qwen.util.process"

local M = {}

local Server = {}
Server.__index = Server
Server.__close = function(self) self:kill() end

---@return string
function M.free_port()
  return assert(proc.run { argv = { "python3", "-c",
    "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])" } }).out:match "%d+"
end

---Starts a server, and waits until it takes commands.
---@param ... string arguments more
---@return table server {port: integer, address: string}
function M.start(...)
  return M.start_at(M.free_port(), ...)
end

---@param port string
---@param ... string arguments more
function M.start_at(port, ...)
  local self = setmetatable({ port = math.tointeger(tonumber(port)), address = "redis://127.0.0.1:" .. port }, Server)
  self.process = assert(proc.open { argv = { "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
    "--appendonly", "no", "--dir", os.env "TMPDIR", "--dbfilename", port .. ".rdb", ... } })
  local said = ""
  while not said:find "Ready to accept connections" do said = said .. assert(self.process:read(), said) end
  return self
end

---It stands still: connections are made by the kernel, and nothing is answered.
function Server:stop_answering() self.process:kill(19) end
function Server:go_on() self.process:kill(18) end

---Ends at once, as by a fall of the machine.
function Server:kill()
  if self.process then
    self.process:kill(9)
    self.process:close()
  end
  self.process = nil
end

return M
