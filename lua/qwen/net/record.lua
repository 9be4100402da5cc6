-- Writes exchanges with a service as a tape: JSON lines of request, response and timed chunks, with every live secret taken out.
local fs = require "sys.fs"
local json = require "sys.json"
local pulled = require "qwen.net.pulled"
local redact = require("sys.secret").redact
local task = require "sys.task"

local Recorder = {}
Recorder.__index = Recorder

---A recorder on a new file.
---@param path string
---@return table?, Err?
function Recorder.new(path)
  local ok, e = fs.write(path, "", { mode = 384 })
  if not ok then return nil, e end
  local file
  file, e = fs.append(path, 384)
  if not file then return nil, e end
  return setmetatable({ file = file, n = 0 }, Recorder)
end

local function line(self, value)
  self.file:write(redact(json.encode(value)) .. "\n")
end

-- Header values as they may be seen: a secret prints as its name.
local function plain_headers(headers)
  local out = {}
  for name, value in pairs(headers or {}) do
    if type(value) == "table" then
      local parts = {}
      for i, part in ipairs(value) do parts[i] = tostring(part) end
      value = table.concat(parts)
    end
    out[name] = value
  end
  return out
end

---A stream that is written down while it is read.
---@param request HttpRequest
---@param stream HttpStream
---@return HttpStream
function Recorder:wrap(request, stream)
  self.n = self.n + 1
  local n, started = self.n, task.now()
  local body = type(request.body) == "table" and table.concat(request.body) or request.body
  line(self, { n = n, type = "request", method = request.method or "GET", url = request.url, headers = plain_headers(request.headers), body = body })
  line(self, { n = n, type = "response", status = stream.status, headers = stream.headers })
  local function read()
    local bytes, e = stream:read()
    local value = { n = n, type = bytes and "chunk" or e and "broken" or "end", ms = math.floor((task.now() - started) * 1000) }
    if bytes then
      if utf8.len(bytes) then value.text = bytes else value.base64 = require("sys.os").base64(bytes) end
    elseif e then
      value.error = { kind = e.kind, message = e.message }
    end
    line(self, value)
    return bytes, e
  end
  return pulled(stream, read, function() stream:close() end)
end

return Recorder
