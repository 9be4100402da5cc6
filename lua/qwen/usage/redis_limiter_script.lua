-- The limiter of src/core/limit.c as it runs inside a Redis server (Lua 5.1), one call a time, with the server's clock. redis_limiter.lua
-- sends it. KEYS are all that it may touch, in one slot of a cluster; ARGV is an operation and its arguments as JSON; the answer is JSON.
-- Grants are numbered 1, 2, 3 ...
--
-- What a server forgets (a flush, an empty replica, an eviction) counts as used: "{qwen}:keys" must be there, with the time since when
-- everything is remembered, and with the time until which each key must be there. What is missing makes a pause of one window.
local op, a = ARGV[1], cjson.decode(ARGV[2])
local keys, head, log, weights, queue, seen, tight, pausing = unpack(KEYS)
local name, call = a.name, redis.call

local STALE, DAY, LONGEST_SHUT, IN_A_ROW, AHEAD = 3, 86400, 3600, 3, 998
local FORGOTTEN = 400 * DAY -- for so long it is known that a key was forgotten on purpose
local time = call("TIME")
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6

local function text(n) return ("%.6f"):format(n) end
local function get(field) return tonumber(call("HGET", head, field) or 0) end

local last, pause = get "last", get "until"
local turns = {} -- of those ahead: {weight, at}; at is found when it is needed
local weighed, lost = false, 0 -- whether weights count: then a turn depends on all before it; when something was found missing

local function day_of(t) return math.floor(t / DAY) end

-- When the window has room again, given that `at` fills it; not before t.
local function after(w, at, t)
  if not w.day then return at + w.per + w.margin end
  if day_of(at) < day_of(t) then return t end
  return (day_of(at) + 1) * DAY + w.margin
end

local turn
local function turn_at(i, said)
  local one = turns[i]
  if not one.at then one.at, one.why, one.window = turn(i, one.weight, said) end
  return one.at
end

local function free_count(w, t, i, said)
  local before = i - math.floor(w.n)
  local at = before > 0 and turn_at(before, said) or tonumber(call("ZSCORE", log, last + before) or nil)
  return at and math.max(t, after(w, at, t)) or t
end

local function free_weight(w, t, i, weight)
  local room, sum = w.n - math.min(weight, w.n), 0
  local start = w.day and 0 or t - w.per - w.margin
  for k = i - 1, 1, -1 do
    if turns[k].at <= start then break end
    sum = sum + turns[k].weight
    if sum > room then return math.max(t, after(w, turns[k].at, t)) end
  end
  for ord = last, 1, -1 do
    local at = tonumber(call("ZSCORE", log, ord) or nil)
    if not at or at <= start or w.day and day_of(at) < day_of(t) then return t end
    sum = sum + tonumber(call("HGET", weights, ord) or 0)
    if sum > room then return math.max(t, after(w, at, t)) end
  end
  return t
end

local function used_since(ord, weighted)
  if not weighted then return last - ord end
  local sum = 0
  for i = ord + 1, last do sum = sum + tonumber(call("HGET", weights, i) or 0) end
  return sum
end

local function tightened()
  local out, all = {}, call("HGETALL", tight)
  for i = 1, #all, 2 do
    local row = cjson.decode(all[i + 1])
    weighed = weighed or row.weighted
    if row["until"] > now then out[#out + 1] = row else call("HDEL", tight, all[i]) end
  end
  return out
end

-- The turn of one more, after those that are planned; what it waits for, at first what the one before it waits for.
function turn(i, weight, said)
  local before = weighed and turns[i - 1] or { at = now }
  local t, why, window = math.max(now, before.at), before.why or "pause", before.window
  if pause > t then t, why, window = pause, "pause", nil end
  for _, w in ipairs(lost > 0 and a.windows or {}) do
    local free = after(w, lost, t)
    if free > t then t, why, window = free, "lost", nil end
  end
  for k, w in ipairs(a.windows) do
    local free = w.weighted and free_weight(w, t, i, weight) or free_count(w, t, i, said)
    if free > t then t, why, window = free, "window", k end
  end
  for _, row in ipairs(said) do
    local used = used_since(row.ord, row.weighted) + (row.weighted and 0 or i - 1)
    for k = 1, row.weighted and i - 1 or 0 do used = used + turns[k].weight end
    if row["until"] > t and used + (row.weighted and weight or 1) > row.left then t, why, window = row["until"], "server", nil end
  end
  return t, why, window
end

-- Only lengthens: an operation that names no window does not shorten what is remembered for one.
local function keep(seconds)
  for _, part in ipairs { head, log, weights, queue, seen, tight } do
    if call("TTL", part) < seconds then call("EXPIRE", part, math.ceil(seconds)) end
  end
  local due = call("TTL", head)
  if due > 0 then call("HSET", keys, name, text(now + due - 60)) end
end

local function longest()
  local most = DAY
  for _, w in ipairs(a.windows or {}) do most = math.max(most, w.per + w.margin) end
  return most + 3600
end

-- Whether this key has less than it had: all of it, its newest grants, or one of its parts.
local function is_missing()
  local due = tonumber(call("HGET", keys, name) or 0)
  if due > now and call("EXISTS", head) == 0 then return true end
  if a.known and last < a.known then return true end
  if last > 0 and get "at" > now - DAY and not call("ZSCORE", log, last) then return true end
  local heavy = get "heavy"
  return heavy > 0 and call("ZSCORE", log, heavy) and call("HEXISTS", weights, heavy) == 0
end

local function look_for_losses()
  local since = tonumber(call("HGET", keys, "") or nil)
  if not since or since > now then
    since = op == "begin" and 0 or now
    call("HSET", keys, "", text(since))
  end
  if op == "forget" or op == "begin" then return end
  if is_missing() then
    last = math.max(last, a.known or 0)
    call("HSET", head, "lost", text(now), "last", last)
    call("HDEL", head, "at", "heavy")
    keep(longest())
  end
  lost = math.max(since, math.min(get "lost", now))
  if lost <= get "clear" then lost = 0 end
end
look_for_losses()

local function write(ord, at, weight)
  call("ZADD", log, text(at), ord)
  if weight > 0 then call("HSET", weights, ord, text(weight)) end
end

local function drop(ticket)
  call("ZREM", queue, ticket)
  call("HDEL", seen, ticket)
end

local function grant()
  call("HSET", head, "last", last + 1, "at", text(now))
  if a.weight > 0 then call("HSET", head, "heavy", last + 1) end
  write(last + 1, now, a.weight)
  if a.ticket then drop(a.ticket) end
  for _, ord in ipairs(call("ZRANGEBYSCORE", log, "-inf", text(now - longest()), "LIMIT", 0, 4)) do
    call("ZREM", log, ord)
    call("HDEL", weights, ord)
  end
  keep(longest())
  return { grant = last + 1 }
end

local ops = {}

function ops.take()
  if call("HEXISTS", head, "last") == 0 then return { first = true } end
  local paused = pausing and tonumber(call("HGET", pausing, "until") or 0) or 0
  if paused > now then return { ticket = a.ticket, wait = paused - now, again = 1, ahead = 0, why = "pause" } end
  if a.spec and a.spec ~= "" then call("HSET", head, "spec", a.spec) end
  local said = tightened()
  for _, w in ipairs(a.windows) do weighed = weighed or w.weighted end
  local lanes, mine = { {}, {} }, a.background and 2 or 1 -- in the order of arrival, and the background: every fourth turn at least
  local tickets = call("ZRANGE", queue, 0, AHEAD)
  local rows = tickets[1] and call("HMGET", seen, unpack(tickets))
  for i, ticket in ipairs(tickets) do
    local at, weight, background = (rows[i] or "0 0 0"):match "^(%S+) (%S+) (%d)$"
    local lane, number, age = background == "1" and 2 or 1, tonumber(ticket), now - tonumber(at)
    if age > 20 * STALE then drop(ticket)
    elseif age < STALE and number ~= a.ticket and (lane ~= mine or not a.ticket or number < a.ticket) then
      table.insert(lanes[lane], { weight = tonumber(weight) })
    end
  end
  local next, run = { 1, 1 }, get "run"
  while true do
    local waits, first = mine == 2 or lanes[2][next[2]], mine == 1 or lanes[1][next[1]]
    local lane = waits and (not first or run >= IN_A_ROW) and 2 or 1
    local one = lanes[lane][next[lane]]
    if lane == mine and not one then break end
    turns[#turns + 1] = one
    next[lane] = next[lane] + 1
    run = lane == 1 and waits and run + 1 or 0
  end
  for i = 1, weighed and #turns or 0 do turn_at(i, said) end
  local at, why, window = turn(#turns + 1, a.weight, said)
  if at <= now then
    call("HSET", head, "run", mine == 1 and lanes[2][1] and get "run" + 1 or 0)
    return grant()
  end
  local ticket = a.ticket or call("HINCRBY", head, "tickets", 1)
  local again = math.min(at - now, math.max(1, math.min((at - now) / 4, 10))) -- who waits long asks less often, and is seen until then
  call("ZADD", queue, ticket, ticket)
  call("HSET", seen, ticket, text(now + math.max(again - 1, 0)) .. " " .. text(a.weight) .. (mine == 2 and " 1" or " 0"))
  keep(longest())
  return { ticket = ticket, wait = at - now, again = again, ahead = #turns, why = why, window = window }
end

function ops.leave() drop(a.ticket) end

function ops.settle()
  if call("ZSCORE", log, a.grant) then call("HSET", weights, a.grant, text(a.weight)) end
end

function ops.undo()
  if a.grant == last and call("ZREM", log, a.grant) == 1 then
    call("HDEL", weights, a.grant)
    call("HSET", head, "last", last - 1)
    call("HDEL", head, "at", "heavy")
  end
end

-- The request of a grant left so much later: no grant of its time or after it counts as earlier than that.
function ops.sent()
  local at = tonumber(call("ZSCORE", log, a.grant) or nil)
  local late = at and math.min(at + a.seconds, now)
  for ord = a.grant, late and last or 0 do
    if (tonumber(call("ZSCORE", log, ord) or nil) or now) >= late then break end
    call("ZADD", log, text(late), ord)
  end
end

function ops.shut()
  local strikes = get "struck" < now - 3 * 60 and 0 or get "strikes"
  local seconds = a.seconds and math.min(a.seconds, LONGEST_SHUT) or math.min(60, 2 ^ strikes)
  pause = math.max(pause, now + seconds)
  call("HSET", head, "until", text(pause), "struck", text(now), "strikes", math.min(strikes + 1, 16))
  keep(longest())
  return { shut = pause - now }
end

function ops.tighten()
  local row = { ord = a.grant, left = a.left, weighted = a.weighted, ["until"] = now + math.min(a.seconds, DAY) }
  call("HSET", tight, a.per .. (a.weighted and "w" or "n"), cjson.encode(row))
  keep(longest())
end

function ops.seed()
  if call("HEXISTS", head, "last") == 1 then return end
  call("HSET", head, "last", #a.grants)
  for i, one in ipairs(a.grants) do
    write(i, now - one.age, one.weight)
    call("HSET", head, "at", text(now - one.age))
  end
  keep(longest())
end

function ops.usage()
  local out = {}
  for i = 1, #a.windows do out[i] = { used = 0, next = 0, all = 0 } end
  for ord = last, 1, -1 do
    local at, open = tonumber(call("ZSCORE", log, ord) or nil), false
    for i, w in ipairs(at and a.windows or {}) do
      local inside = w.day and day_of(at) == day_of(now) or not w.day and at > now - w.per
      if inside then
        open = true
        if out[i].used == 0 then out[i].all = after(w, at, now) - now end
        out[i].used = out[i].used + (w.weighted and tonumber(call("HGET", weights, ord) or 0) or 1)
        out[i].next = after(w, at, now) - now
      end
    end
    if not open then break end
  end
  return { windows = out }
end

function ops.info()
  local waiting, background = 0, 0
  for _, ticket in ipairs(call("ZRANGE", queue, 0, -1)) do
    local at, lane = (call("HGET", seen, ticket) or "0 0 0"):match "^(%S+) %S+ (%d)$"
    if now - tonumber(at) < STALE then waiting, background = waiting + 1, background + tonumber(lane) end
  end
  local there = call("HEXISTS", head, "last") == 1 or pause > now
  if not there then call("HDEL", keys, name) end
  return { there = there, spec = call("HGET", head, "spec") or "", shut = math.max(0, pause - now), waiting = waiting,
    background = background, lost = lost > 0 and now - lost or nil }
end

function ops.forget()
  call("DEL", head, log, weights, queue, seen, tight)
  call("HDEL", keys, name)
  call("HSET", head, "clear", text(now))
  call("EXPIRE", head, FORGOTTEN)
end

function ops.begin() end -- a person says that this server counts from now on: where nothing is remembered, nothing was

return cjson.encode(ops[op]() or true)
