-- Unified diffs by Myers' greedy algorithm over lines; a text changed beyond all likeness is shown as replaced.
local line_ends = require("sys.text").line_ends

local CONTEXT, MOST_EDITS = 3, 1000
local STEP = 64 * 1024 -- bytes that are looked at at once

local function head(words, from, size) return words:sub(from + 1, from + size) end

local function tail(words, from, size) return words:sub(-from - size, -from - 1) end

-- How many bytes, at most so many, two texts begin with alike, or end with, as `piece` takes them.
local function alike(a, b, most, piece)
  local n, step = 0, STEP
  while n < most do
    local size = math.min(step, most - n)
    if piece(a, n, size) == piece(b, n, size) then
      n = n + size
    elseif size == 1 then
      return n
    else
      step = size // 2
    end
  end
  return n
end

-- Where the line begins that ends before a byte.
local function line_start(words, at)
  local from = math.max(1, at - STEP)
  local stop = words:sub(from, at - 1):match "^.*()\n"
  return stop and from + stop or 1
end

-- What is left of two texts without the lines that both begin and end with, but for the context of a
-- change; and how many lines went before it. Lines are dear in a text of many megabytes.
local function middle(a, b)
  local least = math.min(#a, #b)
  local first = alike(a, b, least, head)
  local from, to = line_start(a, first + 1), #a - alike(a, b, least - first, tail)
  for _ = 1, CONTEXT do from = from > 1 and line_start(a, from - 1) or 1 end
  for _ = 0, CONTEXT do to = a:find("\n", to + 1, true) or #a end
  return a:sub(from, to), b:sub(from, to - #a + #b), line_ends(a, 1, from - 1)
end

-- Lines with their ends, so that a missing newline at the end is a difference like any other.
local function split(whole)
  local lines = {}
  for line in whole:gmatch("[^\n]*\n?") do
    if line ~= "" then lines[#lines + 1] = line end
  end
  return lines
end

-- The furthest points after each number of edits: trace[d][k] is x on the diagonal k = x - y. nil when there are too many edits.
local function furthest(a, b, first, last_a, last_b)
  local n, m = last_a - first + 1, last_b - first + 1
  local trace, v = {}, { [1] = 0 }
  for d = 0, math.min(n + m, MOST_EDITS) do
    local now = {}
    for k = -d, d, 2 do
      local x
      if k == -d or (k ~= d and v[k - 1] < v[k + 1]) then x = v[k + 1] else x = v[k - 1] + 1 end
      local y = x - k
      while x < n and y < m and a[first + x] == b[first + y] do x, y = x + 1, y + 1 end
      now[k] = x
      if x >= n and y >= m then
        trace[d] = now
        return trace, d
      end
    end
    trace[d], v = now, now
  end
end

-- Which lines of a are gone and which of b are new.
local function changes(a, b)
  local first, last_a, last_b = 1, #a, #b
  local gone, new = {}, {}
  while first <= last_a and first <= last_b and a[first] == b[first] do first = first + 1 end
  while last_a >= first and last_b >= first and a[last_a] == b[last_b] do last_a, last_b = last_a - 1, last_b - 1 end
  local trace, edits = furthest(a, b, first, last_a, last_b)
  if not trace then
    for i = first, last_a do gone[i] = true end
    for i = first, last_b do new[i] = true end
    return gone, new
  end
  local x, y = last_a - first + 1, last_b - first + 1
  for d = edits, 1, -1 do
    local v, k = trace[d - 1], x - y
    local down = k == -d or (k ~= d and v[k - 1] < v[k + 1])
    local from = down and k + 1 or k - 1
    x, y = v[from], v[from] - from
    if down then new[first + y] = true else gone[first + x] = true end
  end
  return gone, new
end

-- One script of all lines: {mark, line, position in a, position in b}.
local function script(a, b)
  local gone, new = changes(a, b)
  local out, i, j = {}, 1, 1
  while i <= #a or j <= #b do
    if gone[i] then
      out[#out + 1] = { "-", a[i], i, j }
      i = i + 1
    elseif new[j] then
      out[#out + 1] = { "+", b[j], i, j }
      j = j + 1
    else
      out[#out + 1] = { " ", a[i], i, j }
      i, j = i + 1, j + 1
    end
  end
  return out
end

local function range(start, count)
  if count == 0 then start = start - 1 end
  return count == 1 and tostring(start) or start .. "," .. count
end

local function add_hunk(out, steps, from, to, skipped)
  local old, new = 0, 0
  for i = from, to do
    if steps[i][1] ~= "+" then old = old + 1 end
    if steps[i][1] ~= "-" then new = new + 1 end
  end
  out[#out + 1] = ("@@ -%s +%s @@\n"):format(range(skipped + steps[from][3], old),
    range(skipped + steps[from][4], new))
  for i = from, to do
    local line = steps[i][2]
    out[#out + 1] = steps[i][1] .. line
    if line:sub(-1) ~= "\n" then out[#out + 1] = "\n\\ No newline at end of file\n" end
  end
end

---A unified diff with three lines of context; "" when nothing differs.
---@param old string
---@param new string
---@param path string shown in the head
---@return string
return function(old, new, path)
  if old == new then return "" end
  local before, after, skipped = middle(old, new)
  local steps = script(split(before), split(after))
  local out = { ("--- a/%s\n+++ b/%s\n"):format(path, path) }
  local i = 1
  while i <= #steps do
    if steps[i][1] == " " then
      i = i + 1
    else
      local last = i -- grows over every change that is near enough to share its context
      for j = i + 1, #steps do
        if steps[j][1] ~= " " then last = j end
        if j - last > 2 * CONTEXT then break end
      end
      local to = math.min(#steps, last + CONTEXT)
      add_hunk(out, steps, math.max(1, i - CONTEXT), to, skipped)
      i = to + 1
    end
  end
  return table.concat(out)
end
