-- Measures the limiter with a real minute: arrivals at a server, use of the rate, shares, kills. Started by tests/bench/limits.
local rush = dofile "tests/limits/rush.lua"

local _, minutes = ...
local r = rush.run(rush.home "rush", 50, { n = 60, per = 60, margin = 2 }, tonumber(minutes) * 60)
print(("50 processes, %s min: %d arrived, at most %d in any 60 s, %.1f%% of the rate, least share %.2f, the way differs by %.0f ms"):format(minutes, r.arrived,
  r.most, r.rate * 100, r.share, r.spread * 1000))
local k = rush.kill(rush.home "killed", 1000)
print(("1000 kills: %d grants, at most %d of 60 in a window, the next process %s"):format(k.granted, k.most, k.goes_on and "goes on" or "is stuck"))
return r.most <= 60 and r.rate >= 0.95 and r.share >= 0.5 and k.most <= 60 and k.goes_on and 0 or 1
