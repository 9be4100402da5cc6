-- One of many processes that want as many requests as they can get: takes a place, asks a server, again, until the time is over.
-- Arguments: address of the server ("-" for none), windows as JSON, when to begin (seconds since 1970), for how long, an own number,
-- and perhaps the address of a Redis.
require "qwen.api"
local http, task = require "sys.http", require "sys.task"
local limits = require "qwen.usage.limits"

local _, url, windows, begin, seconds, number, store = ...
begin = tonumber(begin)
local rules = { ["*"] = require("sys.json").decode(windows) }
local asked = url ~= "-" and url or "http://127.0.0.1:1/v1"
local values = { ["limits.rules"] = rules, ["limits.maxWait"] = 1e6, ["limits.store"] = store, ["usage.record"] = false }
local ctx = { cwd = "/", opts = {}, interactive = false, settings = { get = function(_, key) return values[key] end }, waiting = function() end,
  notice = function(text) io.stderr:write(text, "\n") end }
local model = { id = "m", name = "m", provider = "openai", base_url = asked, config = {}, from = "a test" }

if url ~= "-" then http.open({ url = url .. "/warm", headers = { ["x-number"] = number } }):close() end -- libraries and connection are there
task.sleep(math.max(begin - task.time(), 0))
while task.time() < begin + tonumber(seconds) do
  local lease = assert(limits.acquire(ctx, model, {}))
  if task.time() >= begin + tonumber(seconds) then
    lease:cancel()
    break
  end
  if url ~= "-" then
    local stream = assert(http.open { url = url .. "/taken", headers = { ["x-number"] = number, ["x-granted"] = ("%.6f"):format(task.time()) } })
    stream:all()
    stream:close()
  end
end
