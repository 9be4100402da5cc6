-- Which lines of which file the model has seen: what may be edited, and what may be replaced whole.
local M = {}

---@class SeenFile
---@field size integer of the file when it was read or written last
---@field mtime number
---@field hash string? SHA-256 of what a tool wrote last
---@field from string? of what was there before
---@field total integer? its lines; nil: all of it is known
---@field ranges integer[][]? first and last line of what was shown, in order, apart from each other

-- Ranges in order, those that touch as one.
local function joined(ranges)
  table.sort(ranges, function(a, b) return a[1] < b[1] end)
  local out = {}
  for _, range in ipairs(ranges) do
    local last = out[#out]
    if last and range[1] <= last[2] + 1 then
      last[2] = math.max(last[2], range[2])
    elseif range[1] <= range[2] then
      out[#out + 1] = { range[1], range[2] }
    end
  end
  return out
end

---The same file with more lines shown. Without `shown` all that counted before counts further.
---@param before SeenFile?
---@param stat Stat
---@param shown {first: integer, last: integer, total: integer}?
---@return SeenFile
function M.add(before, stat, shown)
  local after = { size = stat.size, mtime = stat.mtime }
  local same = before and M.same(before, stat)
  if not shown then
    after.total, after.ranges = before and before.total, before and before.ranges
  elseif not (same and not before.total) then
    local ranges = { { shown.first, shown.last } }
    for _, range in ipairs(same and before.ranges or {}) do ranges[#ranges + 1] = range end
    after.total, after.ranges = shown.total, joined(ranges)
    if M.gap(after) == nil then after.total, after.ranges = nil, nil end
  end
  return after
end

---Whether a file is still the one that was seen.
---@param file SeenFile
---@param stat Stat
---@return boolean
function M.same(file, stat) return file.size == stat.size and file.mtime == stat.mtime end

---The first and the last line of the first part that was not shown; nil when there is none.
---@param file SeenFile
---@return integer? first
---@return integer? last
function M.gap(file)
  if not file.total then return nil end
  local from = 1
  for _, range in ipairs(file.ranges) do
    if range[1] > from then return from, range[1] - 1 end
    from = math.max(from, range[2] + 1)
  end
  if from <= file.total then return from, file.total end
end

---None of a file's lines counts as shown: others have changed it, or it was not read.
---@param file SeenFile
---@param total integer its lines now
---@return SeenFile
function M.forget(file, total)
  file.total, file.ranges = total, {}
  return file
end

---Takes into account that lines were replaced. What the model has not seen stays unseen.
---@param file SeenFile
---@param part FilePart
function M.replaced(file, part)
  if not file.total then return end
  local moved, ranges = part.count - (part.last - part.first + 1), {}
  local known = part.known
  for _, range in ipairs(file.ranges) do
    known = known or range[1] <= part.first and range[2] >= part.last
    ranges[#ranges + 1] = { range[1], math.min(range[2], part.first - 1) }
    ranges[#ranges + 1] = { math.max(range[1], part.last + 1) + moved, range[2] + moved }
  end
  if known then ranges[#ranges + 1] = { part.first, part.first + part.count - 1 } end
  file.total, file.ranges = file.total + moved, joined(ranges)
  if M.gap(file) == nil then file.total, file.ranges = nil, nil end
end

return M
