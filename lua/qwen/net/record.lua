-- Writes exchanges with a service as a recording: JSON lines of request, response and timed pieces of the answer, without secrets.
-- A piece in the recording ends where a line of the answer ends, so that no secret and no character is cut in two and slips through.
local fs = require "sys.fs"
local json = require "sys.json"
local make_stream = require "qwen.net.stream"
local redaction = require "qwen.net.redact"
local redact = require("sys.secret").redact
local sys = require "sys.os"
local task = require "sys.task"

local Recorder = {}
Recorder.__index = Recorder

---A recorder on a new file.
---@param path string
---@param complain (fun(text: string))? told once, when the recording cannot be written any more
---@return table?, Err?
function Recorder.new(path, complain)
  local ok, e = fs.write(path, "", { mode = 384 })
  if not ok then return nil, e end
  local file
  file, e = fs.append(path, 384)
  if not file then return nil, e end
  return setmetatable({ file = file, n = 0, complain = complain }, Recorder)
end

local function put(self, value)
  if not self.file then return end
  local ok, e = self.file:write(redact(json.encode(value)) .. "\n")
  if ok then return end
  self.file:close()
  self.file = nil -- a recording with a hole would be worse than one that ends
  if self.complain then self.complain("the recording ends here: " .. e.message) end
end

-- Bytes as they may be seen, before JSON hides what stands in them.
local function add_bytes(value, bytes)
  bytes = redact(bytes)
  if utf8.len(bytes) then value.text = bytes else value.base64 = sys.base64(bytes) end
  return value
end

---A stream that is written down while it is read.
---@param request HttpRequest
---@param stream HttpStream
---@return HttpStream
function Recorder:wrap(request, stream)
  self.n = self.n + 1
  local n, started, held, ended = self.n, task.now(), "", false
  put(self, { n = n, type = "request", method = request.method or "GET", url = redaction.url(request.url),
    headers = redaction.headers(request.headers), body = redaction.body(request.body) })
  put(self, { n = n, type = "response", status = stream.status, headers = redaction.headers(stream.headers) })
  -- The request stays with the stream: its secrets are known, and taken out, as long as they are alive.
  local recorder, wrapped = self, { status = stream.status, headers = stream.headers, url = stream.url, request = request }

  local function piece(kind)
    return { n = n, type = kind, ms = math.floor((task.now() - started) * 1000) }
  end

  local function put_whole_lines(bytes)
    local cut = bytes and bytes:match "^.*()[\r\n]" or 0
    local whole = bytes and held .. bytes:sub(1, cut) or held
    if cut > 0 or not bytes then
      held = bytes and bytes:sub(cut + 1) or ""
      if whole ~= "" then put(recorder, add_bytes(piece "chunk", whole)) end
    else
      held = held .. bytes
    end
  end

  local function finish(kind, e)
    if ended then return end
    ended = true
    put_whole_lines(nil)
    local last = piece(kind)
    last.error = e and { kind = e.kind, message = e.message } or nil
    put(recorder, last)
  end

  function wrapped.read()
    local bytes, e = stream:read()
    if bytes then put_whole_lines(bytes) else finish(e and "broken" or "end", e) end
    return bytes, e
  end

  -- Tokens come this way: the recording says that there was an answer, not what.
  function wrapped.sealed(_, ...)
    local value, e = stream:sealed(...)
    finish(e and "broken" or "end", e)
    return value, e
  end

  -- Left before its end: what came is in the recording, and playing it ends there too.
  function wrapped.close(_, over)
    finish "end"
    stream:close(over)
  end

  return make_stream(wrapped)
end

return Recorder
