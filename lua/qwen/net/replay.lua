-- Plays a tape written by record.lua in the place of the network: the same stream interface, in order, nothing is connected.
local err = require "qwen.err"
local fs = require "sys.fs"
local json = require "sys.json"
local pulled = require "qwen.net.pulled"
local sys = require "sys.os"
local task = require "sys.task"

local Player = {}
Player.__index = Player

---Reads a tape.
---@param path string
---@param options {speed: number?} 0 plays at once, 1 in real time (default 0)
---@return table?, Err?
function Player.open(path, options)
  local text, e = fs.read(path)
  if not text then return nil, e end
  return Player.from(text, options, path)
end

---A player of the text of a tape.
---@param text string
---@param options {speed: number?}
---@param name string for messages
function Player.from(text, options, name)
  local exchanges, line_number = {}, 0
  for line in text:gmatch "[^\n]+" do
    line_number = line_number + 1
    local item, e = json.decode(line)
    if type(item) ~= "table" or not math.tointeger(item.n) then
      return nil, err("usage", ("%s:%d is not a line of a tape%s"):format(name, line_number, e and ": " .. e.message or ""))
    end
    local n = math.tointeger(item.n)
    exchanges[n] = exchanges[n] or { chunks = {} }
    local exchange = exchanges[n]
    if item.type == "request" or item.type == "response" then
      exchange[item.type] = item
    else
      exchange.chunks[#exchange.chunks + 1] = item
    end
  end
  return setmetatable({ exchanges = exchanges, n = 0, speed = options.speed or 0, name = name }, Player)
end

local function stream_of(player, exchange)
  local at, started = 0, task.now()
  local function read()
    at = at + 1
    local item = exchange.chunks[at]
    if not item or item.type == "end" then return nil end
    if player.speed > 0 then task.sleep(math.max(0, started + item.ms / 1000 / player.speed - task.now())) end
    if item.type == "broken" then return nil, err(item.error.kind, item.error.message) end
    return item.text or sys.unbase64(item.base64)
  end
  local facts = { status = math.tointeger(exchange.response.status), headers = exchange.response.headers, url = exchange.request.url }
  return pulled(facts, read, function() at = #exchange.chunks + 1 end)
end

local function path_of(url)
  return url:match "^%a+://[^/]*(/[^?]*)" or "/"
end

---The next exchange, when it is what the tape has at this place.
---@param request HttpRequest
---@return HttpStream?, Err?
function Player:play(request)
  self.n = self.n + 1
  local exchange = self.exchanges[self.n]
  if not exchange or not exchange.response then
    return nil, err("protocol", ("%s has %d exchanges; this run makes one more (%s %s)"):format(self.name, self.n - 1, request.method, request.url))
  end
  local want = exchange.request
  if want.method ~= (request.method or "GET") or path_of(want.url) ~= path_of(request.url) then
    return nil, err("protocol", ("%s: exchange %d was %s %s, this run asks %s %s"):format(self.name, self.n, want.method, path_of(want.url),
      request.method, path_of(request.url)))
  end
  return stream_of(self, exchange)
end

return Player
