-- Many processes against one limit, and what a server sees of it: for the test (a short window) and the bench (a real minute).
local fake = dofile "tests/fake/fake.lua"
local fs, json, os, task = require "sys.fs", require "sys.json", require "sys.os", require "sys.task"
local proc = require "qwen.util.process"

local M = {}

local function most_in(times, per)
  table.sort(times)
  local most, first = 0, 1
  for i, at in ipairs(times) do
    while at - times[first] >= per do first = first + 1 end
    most = math.max(most, i - first + 1)
  end
  return most
end
M.most_in = most_in

---A folder of its own for a run.
function M.home(name)
  local home = os.env "TMPDIR" .. "/" .. name
  assert(fs.mkdir(home))
  return home
end

---Starts one taker.
function M.taker(home, url, window, begin, seconds, number, store)
  return assert(proc.open { argv = { os.env "QWEN", "lua", "tests/limits/taker.lua", url, json.encode(json.array { window }), ("%.3f"):format(begin),
    tostring(seconds), tostring(number), store }, env = { PATH = os.env "PATH", HOME = home, QWEN_HOME = home }, stdout = "null", stderr = "inherit" })
end

---Lets them run; what the server saw.
---@param home string a folder of its own
---@param many integer processes
---@param window LimitWindow
---@param seconds number
---@param store string? limits.store
---@return {arrived: integer, most: integer, most_granted: integer, share: number, rate: number, spread: number}
function M.run(home, many, window, seconds, store)
  local server <close> = fake.start { { path = "/warm", body = "", times = 0 }, { body = "ok", times = 0 } }
  local begin = task.time() + 1 + many / 20
  local children = {}
  for i = 1, many do children[i] = M.taker(home, server.url, window, begin, seconds, i, store) end
  for _, child in ipairs(children) do child:wait() end
  local arrivals, grants, by, delays = {}, {}, {}, {}
  for _, request in ipairs((server:requests())) do
    if request.path:find "taken" then
      local number, granted = request.headers["x-number"], tonumber(request.headers["x-granted"])
      arrivals[#arrivals + 1], grants[#grants + 1], delays[#delays + 1] = request.time, granted, request.time - granted
      by[number] = (by[number] or 0) + 1
    end
  end
  table.sort(delays)
  local least, largest = math.huge, 0
  for i = 1, many do
    local n = by[tostring(i)] or 0
    least, largest = math.min(least, n), math.max(largest, n)
  end
  return { arrived = #arrivals, most = most_in(arrivals, window.per), most_granted = most_in(grants, window.per), share = largest > 0 and least / largest or 0,
    rate = #arrivals / (window.n * seconds / window.per), spread = #delays > 0 and delays[#delays] - delays[1] or 0 }
end

---Ten takers, each killed after a moment and replaced, so many times over; what the log then holds.
---@param home string
---@param kills integer
---@return {granted: integer, most: integer, goes_on: boolean}
function M.kill(home, kills)
  local window, children, begin = { n = 60, per = 0.5, margin = 0.05 }, {}, task.time()
  for i = 1, kills + 10 do
    local slot = i % 10 + 1
    if children[slot] then
      children[slot]:kill(9)
      children[slot]:close()
    end
    children[slot] = i <= kills and M.taker(home, "-", window, begin, 1e6, i) or nil
    task.sleep((i * 7 % 11) / 1000) -- the moments of the kills, spread; no result depends on it
  end
  local store = assert(require("sys.store").open(home .. "/limits.db", "", 3))
  local times = {}
  for i, row in ipairs(assert(store:run "SELECT at FROM grants ORDER BY ord")) do times[i] = row.at end
  store:close()
  local last = M.taker(home, "-", window, begin, task.time() - begin + 0.2, 0)
  return { granted = #times, most = most_in(times, window.per + window.margin - 1e-6), goes_on = last:wait().code == 0 }
end

return M
