-- One of many processes that want as many requests as they can get: takes a place, asks a server, again,
-- until it has had `count` places or the time is over. It writes a line for each place that it got.
-- At its end it writes for how long it computed.
-- Argument: JSON with url (of the server; none: nobody is asked), windows, number (its own), store (address
-- of a Redis), and count, or begin (seconds since 1970) and seconds.
require "qwen.api"
local http, json, task = require "sys.http", require "sys.json", require "sys.task"
local limits = require "qwen.usage.limits"

local _, text = ...
local order = json.decode(text)
local url, seconds = order.url, order.seconds
local values = {
  ["limits.rules"] = { ["*"] = order.windows },
  ["limits.maxWait"] = 1e6,
  ["limits.store"] = order.store,
  ["usage.record"] = false,
}
local ctx = {
  cwd = "/",
  opts = {},
  interactive = false,
  settings = { get = function(_, key) return values[key] end, env = function() end },
  waiting = function() end,
  notice = function(words) io.stderr:write(words, "\n") end,
}
local base = url or "http://127.0.0.1:1/v1"
local model = { id = "m", name = "m", provider = "openai", base_url = base, config = {}, from = "a test" }

local function over()
  return seconds and task.time() >= order.begin + seconds
end

local function ask(path, granted, reservation)
  local headers = { ["x-number"] = tostring(order.number), ["x-granted"] = granted }
  local stream = assert(http.open { url = url .. path, headers = headers })
  if reservation then reservation:learn(stream.headers, stream.status, stream.sent) end
  stream:all()
  stream:close()
end

if url then ask "/warm" end -- libraries and connection are there
if seconds then task.sleep(math.max(order.begin - task.time(), 0)) end
local had = 0
while not over() and had < (order.count or math.huge) do
  local reservation = assert(limits.acquire(ctx, model, {}))
  if over() then
    reservation:cancel()
    break
  end
  had = had + 1
  io.write("granted\n")
  io.flush()
  if url then ask("/taken", ("%.6f"):format(task.time()), reservation) end
end
io.write(("computed %.6f\n"):format(os.clock()))
