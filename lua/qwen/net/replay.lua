-- Plays a recording written by record.lua in the place of the network: the same stream interface, in order, nothing is connected.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local make_stream = require "qwen.net.stream"
local sys = require "sys.os"
local task = require "sys.task"

local Player = {}
Player.__index = Player

---Reads a recording.
---@param path string
---@param options {speed: number?}? 0 plays at once (default), 1 in real time, 2 twice as fast
---@return table?, Err?
function Player.open(path, options)
  local text, e = fs.read(path)
  if not text then return nil, e end
  return Player.from(text, options, path)
end

local broken = { network = true, timeout = true, protocol = true, too_long = true, overloaded = true, cancelled = true }

local function headers_of(value)
  local out = {}
  for name, text in pairs(type(value) == "table" and value or {}) do out[tostring(name)] = tostring(text) end
  return out
end

local function bytes_of(item)
  if type(item.text) == "string" then return item.text end
  return type(item.base64) == "string" and sys.unbase64(item.base64) or nil
end

-- What each line of a recording must have; gives the part of the exchange that it is, or nil.
local readers = {
  request = function(item, exchange)
    exchange.request = type(item.url) == "string" and { method = tostring(item.method or "GET"), url = item.url } or nil
    return exchange.request
  end,
  response = function(item, exchange)
    local status = type(item.status) == "number" and math.tointeger(item.status)
    exchange.response = status and { status = status, headers = headers_of(item.headers) } or nil
    return exchange.response
  end,
  chunk = function(item) return bytes_of(item) and { bytes = bytes_of(item) } end,
  broken = function(item)
    local e = type(item.error) == "table" and item.error or {}
    return { err = err(broken[e.kind] and e.kind or "network", tostring(e.message)) }
  end,
  ["end"] = function() return { last = true } end,
}

---A player of the text of a recording.
---@param text string
---@param options {speed: number?}?
---@param name string? for messages
---@return table?, Err?
function Player.from(text, options, name)
  local exchanges, line_number = {}, 0
  name = name or "the recording"
  for line in text:gmatch "[^\n]+" do
    line_number = line_number + 1
    local item, e = json.decode(line)
    local n = type(item) == "table" and type(item.n) == "number" and math.tointeger(item.n)
    local exchange = n and (exchanges[n] or { pieces = {} })
    local piece = exchange and readers[item.type] and readers[item.type](item, exchange)
    if not piece then
      return nil, err("usage", ("%s:%d is not a line of a recording%s"):format(name, line_number, e and ": " .. e.message or ""))
    end
    exchanges[n] = exchange
    if item.type ~= "request" and item.type ~= "response" then
      piece.at = type(item.ms) == "number" and item.ms / 1000 or 0
      exchange.pieces[#exchange.pieces + 1] = piece
    end
  end
  return setmetatable({ exchanges = exchanges, n = 0, speed = options and options.speed or 0, name = name }, Player)
end

local function stream_of(exchange, speed)
  local next_piece, started = 1, task.now()
  local stream = { status = exchange.response.status, headers = exchange.response.headers, url = exchange.request.url }

  function stream.read()
    local piece = exchange.pieces[next_piece]
    if not piece or piece.last then return nil end
    next_piece = next_piece + 1
    if speed > 0 then task.sleep(math.max(0, started + piece.at / speed - task.now())) end
    return piece.bytes, piece.err
  end

  function stream.close() next_piece = #exchange.pieces + 1 end
  return make_stream(stream)
end

local function path_of(url)
  return url:match "^%a+://[^/?#]*(/[^?#]*)" or "/"
end

---The next exchange, when it is what the recording has at this place.
---@param request HttpRequest
---@return HttpStream?, Err?
function Player:play(request)
  self.n = self.n + 1
  local exchange, method, path = self.exchanges[self.n], request.method or "GET", path_of(request.url)
  if not exchange or not exchange.request or not exchange.response then
    return nil, err("protocol", ("%s has %d whole exchanges; this run makes one more (%s %s)"):format(self.name, self.n - 1, method, path))
  end
  local want = exchange.request
  if want.method ~= method or path_of(want.url) ~= path then
    return nil, err("protocol", ("%s: exchange %d was %s %s, this run asks %s %s"):format(self.name, self.n, want.method, path_of(want.url), method, path))
  end
  return stream_of(exchange, self.speed)
end

return Player
