-- Starts the impaired link (link.py) before a server, from a Lua test.
local proc = require "sys.proc"

local Link = {}
Link.__index = Link

-- The next line that it prints.
local function line(self)
  while not self.buffer:find "\n" do self.buffer = self.buffer .. assert(self.process:read()) end
  local text
  text, self.buffer = self.buffer:match "^(.-)\n(.*)$"
  return text
end

---Plays a fault with the next request that has `text` in it, after `after` of its answer.
---@param fault string
---@param after string "" for before the answer
---@param text string?
function Link:fault(fault, after, text)
  self.process:write(("%s\t%s\t%s\n"):format(fault, after, text or "HTTP/1.1"))
  assert(line(self) == "ok")
end

---How many requests with that text have reached the server since.
---@return integer
function Link:count()
  self.process:write "count\n"
  return assert(math.tointeger(tonumber(line(self))))
end

Link.__close = function(self) self.process:close() end

---@param port integer of the server
---@param env table<string, string>? LINK_PAUSE, LINK_RATE
---@return table link with url, port; `local link <close> = ...`
local function start(port, env)
  local argv = { "python3", "tests/fake/link.py", tostring(port) }
  local process = assert(proc.open { argv = argv, env = env, stdin = "pipe", stderr = "inherit" })
  local self = setmetatable({ process = process, buffer = "" }, Link)
  self.port = assert(math.tointeger(tonumber(line(self):match "^PORT (%d+)")))
  self.url = "http://127.0.0.1:" .. self.port
  return self
end

return { start = start }
