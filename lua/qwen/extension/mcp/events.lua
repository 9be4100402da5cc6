-- Streams of events of a tool server over HTTP: reading one, going on where it broke off, and the
-- stream of what the server says unasked. Each is asked for again from its last id, not before the
-- time that the server has named.
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"

local M = {}

local WAIT, LONGEST_WAIT = 1, 60 -- seconds before a stream is asked for again; doubled where it fails
local MOST_FAILED = 5 -- in a row
local SETTLED = 1 -- seconds
local LONGEST_ID = 1024 -- bytes
local NOT_JSON = phrase "the server sent a reply that is not JSON"

-- Reads a stream to its end. `place` learns where that was.
local function read(stream, receive, place)
  local ok = true
  while true do
    local data, kind, id, retry = stream:event()
    local usable = id and #id <= LONGEST_ID and not id:find "[^\32-\126]"
    place.id, place.retry = usable and id or place.id, retry or place.retry
    if not data then
      if kind then return nil, kind end -- it broke
      return ok or nil, not ok and err("protocol", NOT_JSON) or nil
    end
    place.any = true
    if data:find "%S" then ok = receive(data) and ok end
  end
end

-- Asks for a stream, from the place on at which the last one ended.
local function open(source, place)
  local headers = {}
  for key, value in pairs(source.headers) do
    headers[key] = key ~= "Content-Type" and value or nil
  end
  headers.Accept, headers["Last-Event-ID"] = "text/event-stream", place.id
  local stream, e = source.ctx.transport { url = source.target.url, method = "GET",
    headers = headers, first_timeout = 0, idle_timeout = 0 }
  if not stream then return nil, e end
  local kind = stream.headers["content-type"] or ""
  if stream.status == 200 and kind:find("text/event-stream", 1, true) then return stream end
  local status = stream.status
  stream:close()
  return nil, err("protocol", phrase("the server answered %d %s", status, ""), { status = status })
end

local function wait(place, failed)
  local seconds = place.retry and place.retry / 1000 or WAIT
  task.sleep(failed == 0 and seconds or math.max(seconds, math.min(WAIT * 2 ^ failed, LONGEST_WAIT)))
end

---Reads the answer to a request, on further streams where the first ends before the reply.
---@param source {ctx: Ctx, target: table, headers: table, receive: fun(text: string): boolean}
---@param stream HttpStream
---@param waits (fun(): boolean)? whether the reply is still missing
---@return boolean?, Err?
function M.answer(source, stream, waits)
  local place, failed = {}, 0
  local ok, e = read(stream, source.receive, place)
  while place.id and waits and waits() and failed < MOST_FAILED do
    wait(place, failed)
    if not waits() then break end
    local more <close>, problem = open(source, place)
    if not more and problem.status then return nil, problem end
    place.any = false
    if more then ok, e = read(more, source.receive, place) else ok, e = nil, problem end
    failed = place.any and 0 or failed + 1
  end
  return ok, e
end

---Ends the stream of what is said unasked.
---@param source table
function M.stop(source)
  if source.listener then source.listener:cancel() end
  source.listener = nil
end

---Reads what the server says unasked, where it has a stream for that.
---@param source table
function M.listen(source)
  M.stop(source)
  local opened = task.queue(1)
  source.opened, source.asked = opened, task.now()
  source.ctx.background(function()
    source.listener = task.spawn(function()
      local place, failed = {}, 0
      while failed < MOST_FAILED do
        local stream <close>, e = open(source, place)
        opened:close()
        if not stream and e.status then return end -- it has none
        place.any = false
        if stream then read(stream, source.receive, place) end
        failed = place.any and 0 or failed + 1
        wait(place, failed)
      end
    end)
    source.listener:join()
  end)
end

---Waits a moment for that stream: what a server says before it is open is lost.
---@param source table
function M.settle(source)
  local opened = source.opened
  source.opened = nil
  if opened then opened:get(math.max(0, SETTLED - (task.now() - source.asked))) end
end

return M
