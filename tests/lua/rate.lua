-- The promise of the limiter, kept by real processes: whatever the machine is busy with, no window of the log holds
-- more than the limit, all get what they wait for, and processes that are killed at any moment neither let more
-- through nor leave anything stuck. How much of the rate is used and how it is shared is in tests/c/test_limit.c
-- with a clock of its own, and with a real minute in tests/bench/limits.
local t = dofile "tests/check.lua"
local rush = dofile "tests/limits/rush.lua"

local function within(window) -- a grant is kept out of the window before it, to the microsecond
  return window.per + window.margin - 1e-6
end

t.eq(rush.most_in({ 0, 1, 2.5, 2.9, 3, 10 }, 2), 3, "what lies in a window is counted rightly")

do
  local window = { n = 60, per = 1, margin = 0.1 }
  local home = rush.home "rush"
  t.eq(rush.take(home, 50, 6, window), 50, "all fifty had their six turns")
  local times = rush.log(home)
  t.eq(#times, 300, "each of which is in the log")
  local sorted = table.move(times, 1, #times, 1, {})
  table.sort(sorted)
  t.eq(times, sorted, "in the order of their numbers")
  local most = rush.most_in(times, within(window))
  t.ok(most <= 60, "grants in a window: " .. most)
end

do
  local window = { n = 60, per = 0.5, margin = 0.05 }
  local home = rush.home "killed"
  t.ok(rush.kill(home, 300, window), "after 300 kills the next process has its turn")
  local times = rush.log(home)
  t.ok(#times > 300, "each of them was at work: " .. #times)
  local most = rush.most_in(times, within(window))
  t.ok(most <= 60, "no window was exceeded: " .. most)
end

t.done()
