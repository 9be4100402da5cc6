-- Starts the proxy that stands for the rest of the world (world.py), and runs the program behind it.
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "sys.proc"
local run = require("qwen.util.process").run
local program = dofile "tests/program.lua"

local World = {}
World.__index = World

local M = {}

-- An authority of its own, for the certificates of all hosts that a server plays.
local function authority(folder)
  local r = assert(run { argv = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
    "-subj", "/CN=authority of a test", "-keyout", folder .. "/ca.key", "-out", folder .. "/ca.pem" } })
  assert(r.code == 0, r.err)
  return folder .. "/ca.pem"
end

---@param server table? a server of fake.lua that plays every host; without it nobody is connected
---@return table world end it with `local world <close> = ...`
function M.start(server)
  local folder = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/world-"))
  local log = folder .. "/log.jsonl"
  local argv = { "python3", "tests/fake/world.py", log }
  local ca = server and authority(folder)
  if server then argv[4], argv[5] = tostring(server.port), folder end
  local process = assert(proc.open { argv = argv, stdin = "pipe", stderr = "inherit" })
  local first = process:read() or ""
  local port = math.tointeger(tonumber(first:match "^PORT (%d+)"))
  assert(port, "the proxy did not start: " .. first)
  return setmetatable({ process = process, folder = folder, log = log, ca = ca, url = "http://127.0.0.1:" .. port, seen = 0 }, World)
end

World.__close = function(self)
  self.process:close()
  fs.remove_tree(self.folder)
end

---The variables that lead everything but this machine to it.
---@param env table<string, string>?
---@return table<string, string>
function World:env(env)
  local out = { HTTPS_PROXY = self.url, HTTP_PROXY = self.url, ALL_PROXY = self.url, https_proxy = self.url, http_proxy = self.url, NODE_EXTRA_CA_CERTS = self.ca }
  for name, value in pairs(env or {}) do out[name] = value end
  return out
end

---What it was asked since the last time: "host:port", or the whole address of a request without TLS.
---@return string[]
function World:news()
  local out, count = {}, 0
  for line in (fs.read(self.log) or ""):gmatch "[^\n]+" do
    count = count + 1
    if count > self.seen then out[#out + 1] = assert(json.decode(line)).target end
  end
  self.seen = count
  return out
end

---All that it was sent, as text.
---@return string
function World:text()
  return fs.read(self.log) or ""
end

---@param place table of tests/program.lua
---@param args string[]
---@param options table? as of program.run
function World:run(place, args, options)
  options = options or {}
  return program.run(place, args, { env = self:env(options.env), input = options.input, cwd = options.cwd, timeout = options.timeout })
end

return M
