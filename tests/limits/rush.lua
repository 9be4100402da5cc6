-- Many processes against one limit: what its log holds (for the tests), and what a server sees in a real minute (for the bench).
local fake = dofile "tests/fake/fake.lua"
local fs, json, os, task = require "sys.fs", require "sys.json", require "sys.os", require "sys.task"
local proc = require "qwen.util.process"

local M = {}

---The most of these times that lie within less than `per`.
function M.most_in(times, per)
  table.sort(times)
  local most, first = 0, 1
  for i, at in ipairs(times) do
    while at - times[first] >= per do first = first + 1 end
    most = math.max(most, i - first + 1)
  end
  return most
end

---A folder of its own for a run.
function M.home(name)
  local home = os.env "TMPDIR" .. "/" .. name
  assert(fs.mkdir(home))
  return home
end

-- Starts one taker; its output is read by those who want to know how far it is.
local function taker(home, order, stdout)
  return assert(proc.open {
    argv = { os.env "QWEN", "lua", "tests/limits/taker.lua", json.encode(order) },
    env = { PATH = os.env "PATH", HOME = home, QWEN_HOME = home },
    stdout = stdout or "null",
    stderr = "inherit",
  })
end

---Lets them take `each` places, as fast as the limit allows; how many of them had them all.
---@param home string a folder of its own
---@param many integer processes
---@param each integer places
---@param window LimitWindow
---@param store string? limits.store
---@return integer
function M.take(home, many, each, window, store)
  local children, whole = {}, 0
  for i = 1, many do
    children[i] = taker(home, { windows = { window }, number = i, count = each, store = store })
  end
  for _, child in ipairs(children) do
    if child:wait().code == 0 then whole = whole + 1 end
  end
  return whole
end

---A crowd, all of whom want one place: how many had it, and for how long each computed, in order.
---@param home string a folder of its own
---@param many integer processes
---@param window LimitWindow
---@return {had: integer, computed: number[]}
function M.crowd(home, many, window)
  local children, out = {}, { had = 0, computed = {} }
  for i = 1, many do children[i] = taker(home, { windows = { window }, number = i, count = 1 }, "pipe") end
  for _, child in ipairs(children) do
    local said = ""
    for chunk in function() return child:read() end do said = said .. chunk end
    local seconds = said:match "^granted\ncomputed ([%d.]+)\n$"
    if seconds then
      out.had = out.had + 1
      out.computed[out.had] = tonumber(seconds)
    end
    child:close()
  end
  table.sort(out.computed)
  return out
end

---The times of all grants in the log on the disk.
---@param home string
---@return number[]
function M.log(home)
  local store <close> = assert(require("sys.db").open(home .. "/limits.db", "", 4))
  local times = {}
  for i, row in ipairs(assert(store:run "SELECT at FROM grants ORDER BY ord")) do times[i] = row.at end
  return times
end

---Ten takers at a time, each killed a moment after its first grant and replaced, so many times over.
---@param home string
---@param kills integer
---@param window LimitWindow
---@return boolean goes_on a process that comes afterwards has its turn
function M.kill(home, kills, window)
  local children = {}
  for i = 1, kills + 10 do
    local slot = i % 10 + 1
    local child = children[slot]
    if child then
      assert(child:read(), "a taker has no turn")
      task.sleep((i * 7 % 11) / 1000) -- the moments of the kills, spread; no result depends on it
      child:kill(9)
      child:close()
    end
    children[slot] = i <= kills and taker(home, { windows = { window }, number = i }, "pipe") or nil
  end
  return M.take(home, 1, 1, window) == 1
end

-- What the arrivals at a server show of a run: {time, granted, number}.
local function judged(requests, many, window, seconds)
  local arrivals, by, delays = {}, {}, {}
  for i, request in ipairs(requests) do
    arrivals[i] = request.time
    delays[i] = request.time - request.granted
    by[request.number] = (by[request.number] or 0) + 1
  end
  table.sort(delays)
  local least, largest = math.huge, 0
  for i = 1, many do
    least, largest = math.min(least, by[i] or 0), math.max(largest, by[i] or 0)
  end
  return {
    arrived = #arrivals,
    most = M.most_in(arrivals, window.per),
    share = largest > 0 and least / largest or 0,
    rate = #arrivals / (window.n * seconds / window.per),
    spread = #delays > 0 and delays[#delays] - delays[1] or 0,
  }
end

---Lets them run for a time; what the server saw.
---@param home string a folder of its own
---@param many integer processes
---@param window LimitWindow
---@param seconds number
---@param store string? limits.store
---@return {arrived: integer, most: integer, share: number, rate: number, spread: number}
function M.run(home, many, window, seconds, store)
  local server <close> = fake.start { { path = "/warm", body = "", times = 0 }, { body = "ok", times = 0 } }
  local order = { url = server.url, windows = { window }, begin = task.time() + 1 + many / 20, seconds = seconds, store = store }
  local children, requests = {}, {}
  for i = 1, many do
    order.number = i
    children[i] = taker(home, order)
  end
  for _, child in ipairs(children) do child:wait() end
  for _, request in ipairs((server:requests())) do
    local headers = request.headers
    if request.path:find "taken" then
      local number, granted = math.tointeger(tonumber(headers["x-number"])), tonumber(headers["x-granted"])
      requests[#requests + 1] = { time = request.time, number = number, granted = granted }
    end
  end
  return judged(requests, many, window, seconds)
end

return M
