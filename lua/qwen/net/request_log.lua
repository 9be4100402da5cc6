-- A log of requests for debugging: one private JSON file each, written when the request leaves and again when its answer has ended.
local fs = require "sys.fs"
local json = require "sys.json"
local make_stream = require "qwen.net.stream"
local redaction = require "qwen.net.redact"
local redact = require("sys.secret").redact
local sys = require "sys.os"
local task = require "sys.task"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

local MOST = 16 * 1024 * 1024 -- of an answer; what is longer is cut

local function stamp(time, form)
  return os.date("!" .. form, math.floor(time)) .. (".%03dZ"):format(math.floor(time % 1 * 1000))
end

-- JSON stays JSON, so that it can be looked into.
local function readable(body)
  if not body then return nil end
  body = text.utf8(redact(body))
  local value = json.decode(body)
  return type(value) == "table" and json.raw(body) or body
end

local function new_file(folder, request)
  local time = task.time()
  local entry = { timestamp = stamp(time, "%Y-%m-%dT%H:%M:%S"), request = { method = request.method or "GET", url = redaction.url(request.url),
    headers = redaction.headers(request.headers), body = readable(redaction.body(request.body)) } }
  local path = ("%s/openai-%s-%s.json"):format(folder, stamp(time, "%Y-%m-%dT%H-%M-%S"), sys.uuid():sub(1, 8))
  return entry, function()
    entry.ms = math.floor((task.time() - time) * 1000)
    return fs.write(path, json.encode(entry, { indent = 2 }) .. "\n", { mode = 384, fsync = false })
  end
end

local function error_of(e)
  return e and { kind = e.kind, message = redact(e.message), code = e.code } or nil
end

-- The answer as it is read. The request stays with the stream: its secrets are known, and taken out, as long as they are alive.
local function watched(request, stream, entry, save)
  local pieces, size, ended = {}, 0, false
  local wrapped = { status = stream.status, headers = stream.headers, url = stream.url, request = request }
  entry.response = { status = stream.status, headers = redaction.headers(stream.headers) }

  local function finish(e)
    if ended then return end
    ended = true
    entry.response.body, entry.error = readable(table.concat(pieces)), error_of(e)
    save()
  end

  function wrapped.read()
    local bytes, e = stream:read()
    if not bytes then
      finish(e)
    elseif size < MOST then
      pieces[#pieces + 1] = bytes:sub(1, MOST - size)
      size = size + #bytes
    end
    return bytes, e
  end

  function wrapped.close(_, over)
    finish()
    stream:close(over)
  end

  return make_stream(wrapped)
end

---Stands between a ctx and its network.
---@param ctx Ctx
---@param folder string? default logs/openai in the project folder
---@return boolean?, Err?
function M.attach(ctx, folder)
  folder = folder or "logs/openai"
  if folder:sub(1, 2) == "~/" then folder = sys.home() .. folder:sub(2) end
  if folder:sub(1, 1) ~= "/" then folder = ctx.cwd .. "/" .. folder end
  local ok, e = fs.mkdir(folder, 448)
  if not ok then return nil, e end
  local open, told = ctx.transport, false
  function ctx.transport(request)
    local entry, write = new_file(folder, request)
    local function save()
      local written, problem = write()
      if written or told then return end
      told = true
      ctx.notice(tr("the log of requests cannot be written: %s", problem.message))
    end
    save()
    local stream, problem = open(request)
    if stream then return watched(request, stream, entry, save) end
    entry.error = error_of(problem)
    save()
    return nil, problem
  end
  return true
end

return M
