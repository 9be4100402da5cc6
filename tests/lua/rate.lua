-- The promise of the limiter: fifty processes at once, at most so many arrivals in any window at the server, hardly fewer, shared fairly; and
-- processes that are killed at any moment neither let more through nor leave anything stuck. tests/bench/limits does it with a real minute.
local t = dofile "tests/check.lua"
local rush = dofile "tests/limits/rush.lua"

t.eq(rush.most_in({ 0, 1, 2.5, 2.9, 3, 10 }, 2), 3, "arrivals in a window are counted rightly")

do
  local window = { n = 60, per = 2, margin = 0.1 }
  local r = rush.run(rush.home "rush", 50, window, 18.7)
  io.write(("%d arrived in 18.7 s, at most %d in 2 s, %.0f%% of the rate, least share %.2f, delays differ by %.0f ms\n"):format(r.arrived, r.most, r.rate * 100,
    r.share, r.spread * 1000))
  t.ok(r.most_granted <= 60, "grants in a window: " .. r.most_granted)
  if r.spread <= window.margin then -- what the margin is for; a machine that is busier than that shows nothing
    t.ok(r.most <= 60, "arrivals in a window: " .. r.most)
  else
    t.skip(("the way to the server took between %.0f ms more or less, the margin is %.0f ms"):format(r.spread * 1000, window.margin * 1000))
  end
  local used = r.arrived / (window.n * math.ceil(18.7 / (window.per + window.margin))) -- a margin of 5% is for this short window only
  t.ok(used >= 0.95, ("what the margin leaves is used: %.2f"):format(used))
  t.ok(r.share >= 0.5, ("it is shared: %.2f"):format(r.share))
end

do
  local r = rush.kill(rush.home "killed", 300)
  t.ok(r.granted > 100, "they were at work: " .. r.granted)
  t.ok(r.most <= 60, "no window was exceeded: " .. r.most)
  t.ok(r.goes_on, "and the next process has its turn")
end

t.done()
