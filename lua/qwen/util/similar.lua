-- The place in a file that is most like a text, for the error about an edit that did not find it.
local fuzzy_match = require "qwen.util.fuzzy_match"
local line_ends = require("qwen.util.text").line_ends

local M = {}

local BIG, MOST_HITS, AROUND = 1024 * 1024, 20, 4096

-- The parts of a text that are looked at: all of it, or of a big one what is around the first places of each line of the pattern.
local function parts_of(text, keys, size)
  if #text <= BIG then return { { 1, #text } } end
  local out = {}
  for key in pairs(keys) do
    local last = 0
    for _ = 1, MOST_HITS do
      local first
      first, last = text:find(key, last + 1, true)
      if not first then break end
      local from = math.max(1, first - size - AROUND)
      from = (text:find("\n", from, true) or 0) + 1
      out[#out + 1] = { from > first and first or from, math.min(#text, last + size + AROUND) }
    end
  end
  return out
end

-- The best run of as many lines as the pattern has: where it begins, and how many lines of it the pattern has.
local function best_window(lines, keys, count)
  local best, best_score, score, hits = nil, 0, 0, {}
  for i, line in ipairs(lines) do
    hits[i] = keys[fuzzy_match.trim(line)] and 1 or 0
    score = score + hits[i] - (hits[i - count] or 0)
    if score > best_score then best, best_score = math.max(1, i - count + 1), score end
  end
  return best, best_score
end

---The region of a file that is most like the pattern, with line numbers, for an error message.
---@param file string
---@param old string
---@return string?
function M.nearest(file, old)
  local text, wanted = fuzzy_match.plain_text(file), fuzzy_match.split((fuzzy_match.plain_text(old)))
  local keys, best, best_score = {}, nil, 0
  for _, line in ipairs(wanted) do
    local key = fuzzy_match.trim(line)
    if #key > 3 and text:find(key, 1, true) then keys[key] = true end
  end
  for _, part in ipairs(next(keys) and parts_of(text, keys, #old) or {}) do
    local lines = fuzzy_match.split(text:sub(part[1], part[2]))
    local at, score = best_window(lines, keys, #wanted)
    if score > best_score then best, best_score = { lines = lines, at = at, from = part[1] }, score end
  end
  if not best then return nil end
  local out, before = {}, line_ends(text, 1, best.from - 1)
  for i = best.at, math.min(best.at + #wanted - 1, #best.lines, best.at + 20) do
    out[#out + 1] = ("%d: %s"):format(before + i, best.lines[i]:sub(1, 400))
  end
  return table.concat(out, "\n")
end

return M
