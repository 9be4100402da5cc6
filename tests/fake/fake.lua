-- Starts the scripted server (server.py) from a Lua test and reads its log. What an answer may say stands at the top of server.py.
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local proc = require "qwen.util.process"

local Fake = {}
Fake.__index = Fake

---Starts a server that plays these answers; end it with `local server <close> = ...` or server:close().
---@param answers table[]
---@param options {log: boolean?}? log = false spares the server the work of keeping what it was asked
---@return {url: string, port: integer}
local function start(answers, options)
  local folder = assert(fs.mkdtemp((os.env "TMPDIR" or "/tmp") .. "/fake-"))
  local script, log = folder .. "/script.json", folder .. "/log.jsonl"
  assert(fs.write(script, json.encode(json.array(answers))))
  local argv = { "python3", "tests/fake/server.py", script, log }
  if options and options.log == false then argv[4] = nil end
  local process = assert(proc.open { argv = argv, stdin = "pipe", stderr = "inherit" })
  local port = math.tointeger(tonumber((process:read() or ""):match "^PORT (%d+)"))
  assert(port, "the fake server did not start")
  return setmetatable({ process = process, folder = folder, log = log, port = port, url = "http://127.0.0.1:" .. port .. "/v1" }, Fake)
end

---What was asked so far: {n, connection, time, method, path, headers, body, sha256}, {gone, time} for stalled answers that the client left, and {stalled, time}.
---@return table[] requests
---@return table[] gone
---@return table[] stalled
function Fake:requests()
  local requests, gone, stalled = {}, {}, {}
  for line in (fs.read(self.log) or ""):gmatch "[^\n]+" do
    local entry = assert(json.decode(line))
    table.insert(entry.gone and gone or entry.stalled and stalled or requests, entry)
  end
  return requests, gone, stalled
end

---Lets so many pieces of answers with "step" go.
---@param n integer?
function Fake:step(n) return self.process:write(("."):rep(n or 1)) end

function Fake:close()
  self.process:close()
  fs.remove_tree(self.folder)
end

Fake.__close = Fake.close

return { start = start }
