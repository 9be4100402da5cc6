-- Measures the limiter with a real minute: arrivals at a server, use of the rate, shares, kills; with a Redis server,
-- where one is installed, the same for ten seconds; and a crowd of 1,000 processes. Started by tests/bench/limits.
local redis_limiter = require "qwen.usage.redis_limiter"
local redis_server = dofile "tests/limits/redis_server.lua"
local rush = dofile "tests/limits/rush.lua"
local proc = require "qwen.util.process"

local _, minutes = ...
local good = true

local function row(name, many, window, seconds, store)
  local r = rush.run(rush.home(name), many, window, seconds, store)
  print(("%s, %d processes, %g s: %d arrived, at most %d in any %g s, %.1f%% of the rate, least share %.2f, the way differs by %.0f ms")
    :format(name, many, seconds, r.arrived, r.most, window.per, r.rate * 100, r.share, r.spread * 1000))
  local whole = r.rate * (window.per + window.margin) / window.per -- of what the margin leaves
  good = good and r.most <= window.n and whole >= 0.95 and r.share >= 0.5
end

row("disk", 50, { n = 60, per = 60, margin = 2 }, tonumber(minutes) * 60)
if proc.which "redis-server" then
  local server <close> = redis_server.start()
  assert(assert(redis_limiter.open(server.address)):begin())
  row("redis", 20, { n = 40, per = 1, margin = 0.1 }, 9.85, server.address)
end

do
  local many = 1000
  local r = rush.crowd(rush.home "crowd", many, { n = 50, per = 1, margin = 0.05 })
  local sum = 0
  for _, seconds in ipairs(r.computed) do sum = sum + seconds end
  local mean = sum / math.max(r.had, 1)
  print(("disk, a crowd of %d at 50 a second: %d had their place; each computed %.1f ms in the mean, 99 of 100 less than %.1f ms")
    :format(many, r.had, mean * 1000, (r.computed[math.ceil(r.had * 0.99)] or 0) * 1000))
  good = good and r.had == many and mean < 0.02
end

local window, home = { n = 60, per = 0.5, margin = 0.05 }, rush.home "killed"
local goes_on = rush.kill(home, 1000, window)
local times = rush.log(home)
local most = rush.most_in(times, window.per + window.margin - 1e-6)
print(("1000 kills: %d grants, at most %d of 60 in a window, the next process %s")
  :format(#times, most, goes_on and "goes on" or "is stuck"))
return good and most <= 60 and goes_on and 0 or 1
