-- Redis servers of their own for the tests: on 127.0.0.1 and a free port, with files of their own, stopped by their own process.
local fs, os = require "sys.fs", require "sys.os"
local proc = require "qwen.util.process"

local M = {}

local Server = {}
Server.__index = Server
Server.__close = function(self) self:kill() end

-- Starts a program, and waits until it takes commands.
local function open(port, argv)
  local self = setmetatable({ port = math.tointeger(tonumber(port)), address = "redis://127.0.0.1:" .. port }, Server)
  self.process = assert(proc.open { argv = argv })
  local said = ""
  while not said:find "Ready to accept connections" and not said:find "Sentinel ID is" do
    said = said .. assert(self.process:read(), said)
  end
  return self
end

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

---The program that is tested: Redis, or Valkey where QWEN_REDIS names it.
M.PROGRAM = os.env "QWEN_REDIS" or "redis-server"

---@param port string
---@param ... string arguments more
function M.start_at(port, ...)
  return open(port, { M.PROGRAM, "--port", port, "--bind", "127.0.0.1", "--save", "",
    "--appendonly", "no", "--dir", os.env "TMPDIR", "--dbfilename", port .. ".rdb", ... })
end

---A Sentinel that watches a master as NAME.
---@param master table a server
---@param name string
function M.sentinel(master, name)
  local port = M.free_port()
  local file = os.env "TMPDIR" .. "/sentinel-" .. port
  assert(fs.write(file, ("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor %s 127.0.0.1 %d 1\n")
    :format(port, os.env "TMPDIR", name, master.port)))
  return open(port, { M.PROGRAM, file, "--sentinel" })
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
