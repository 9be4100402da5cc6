-- What an edit may have meant whose text is not in the file: the place that is most like it, why it was not found, and the same
-- lines in another indentation.
local fuzzy_match = require "qwen.util.fuzzy_match"
local line_ends = require("qwen.util.text").line_ends

local M = {}

local BIG, MOST_HITS, AROUND = 1024 * 1024, 20, 4096
local LEAST_LIKE = 0.5 -- of the three letters in a row that two lines have in common

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

local function triples(line)
  local out, count = {}, 0
  for i = 1, #line - 2 do
    local three = line:sub(i, i + 2)
    if not out[three] then out[three], count = true, count + 1 end
  end
  return out, count
end

-- The window around the line that is most like the longest line of the pattern.
local function alike_window(text, wanted)
  local longest, at = "", 1
  for i, line in ipairs(wanted) do
    local key = fuzzy_match.trim(line):sub(1, 400)
    if #key > #longest then longest, at = key, i end
  end
  local set, count = triples(longest)
  if count < 3 or #text > BIG then return nil end
  local lines, best, best_score = fuzzy_match.split(text), nil, LEAST_LIKE
  for i, line in ipairs(lines) do
    local key = fuzzy_match.trim(line)
    if #key > #longest // 2 and #key < #longest * 2 then
      local own, size = triples(key)
      local shared = 0
      for three in pairs(own) do shared = shared + (set[three] and 1 or 0) end
      local score = 2 * shared / (count + size)
      if score > best_score then best, best_score = i, score end
    end
  end
  return best and { lines = lines, at = math.max(1, best - at + 1), from = 1 }
end

---The region of a file that is most like the pattern, as it is, below the numbers of its lines.
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
  best = best or alike_window(text, wanted)
  if not best then return nil end
  local out, before = {}, line_ends(text, 1, best.from - 1)
  local last = math.min(best.at + #wanted - 1, #best.lines, best.at + 20)
  for i = best.at, last do out[#out + 1] = best.lines[i]:sub(1, 400) end
  return ("lines %d-%d:\n%s"):format(before + best.at, before + last, table.concat(out, "\n"))
end

local ENTITIES = { ["&amp;"] = "&", ["&lt;"] = "<", ["&gt;"] = ">", ["&quot;"] = '"', ["&#39;"] = "'", ["&apos;"] = "'" }
local PLAIN = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function without_numbers(old)
  local out = {}
  for i, line in ipairs(fuzzy_match.split(old)) do
    local rest = line:match "^%s*%d+[:|\t] ?(.*)$" or line:match "^%s*%d+\u{2192}(.*)$"
    if not rest and line:find "%S" then return nil end
    out[i] = rest or line
  end
  return table.concat(out, "\n")
end

-- What old_string may have been before a model wrote it wrongly, and what is to be said where it is found so.
local READINGS = {
  { without_numbers, "old_string has the numbers of the lines in front of them; leave them out, in new_string too" },
  { function(old) return (old:gsub("\\n", "\n"):gsub("\\t", "\t"):gsub('\\"', '"')) end,
    "old_string has \\n, \\t or \\\" as two characters where the file has the character itself" },
  { function(old) return (old:gsub("\n", "\\n"):gsub("\t", "\\t")) end,
    "old_string has a line end or tab where the file has \\n or \\t as two characters" },
  { function(old) return (old:gsub("&#?%w+;", ENTITIES)) end, "old_string has &lt;, &gt; or &amp; where the file has the character" },
  { function(old) return (old:gsub("[&<>]", PLAIN)) end, "old_string has a character where the file has &lt;, &gt; or &amp;" },
  { function(old) return (old:gsub("\\\\", "\\")) end, "old_string has each backslash twice" },
}

---Why a text was not found, where that can be told.
---@param file string
---@param old string
---@param new string
---@return string? cause
---@return string? old the text as it is in the file
function M.cause(file, old, new)
  local there = new:find "%S%s*%S" and fuzzy_match.find(file, new)[1]
  if there then return ("new_string is there already, from line %d on"):format(line_ends(file, 1, there[1] - 1) + 1) end
  for _, row in ipairs(READINGS) do
    local other = row[1](old)
    if other and other ~= old and fuzzy_match.find(file, other)[1] then return row[2], other end
  end
  if #file > BIG then return nil end
  if file:lower():find(old:lower(), 1, true) then return "capital and small letters differ" end
  local plain = old:gsub("%s+", "")
  if #plain > 3 and file:gsub("%s+", ""):find(plain, 1, true) then return "blanks or line ends differ" end
end

local function indent_of(line) return line:match "^[ \t]*" end

-- The first line of the only run of lines that differs in indentation alone.
local function run_of(lines, wanted)
  local found
  for i = 1, #lines - #wanted + 1 do
    local k = 1
    while k <= #wanted and fuzzy_match.trim(lines[i + k - 1]) == fuzzy_match.trim(wanted[k]) do k = k + 1 end
    if k > #wanted then
      if found then return nil end
      found = i
    end
  end
  return found
end

-- How one indentation becomes the other: what is put before it, or taken away; nil where neither does.
local function shift_of(from, to)
  if #to >= #from and to:sub(#to - #from + 1) == from then return { put = to:sub(1, #to - #from), take = "" } end
  if from:sub(#from - #to + 1) == to then return { put = "", take = from:sub(1, #from - #to) } end
end

local function shifted(line, shift)
  if not line:find "%S" then return line end
  if line:sub(1, #shift.take) ~= shift.take then return nil end
  return shift.put .. line:sub(#shift.take + 1)
end

-- A function that moves the lines of new_string as those of old_string must be moved; nil where that is not one and the same.
local function mover(have, wanted)
  local first, rest, kinds = nil, nil, {}
  local one, later = true, true -- all lines alike; all but the first as they are
  for k, line in ipairs(wanted) do
    if line:find "%S" then
      local from, to = indent_of(line), indent_of(have[k])
      local shift = shift_of(from, to)
      if kinds[from] and kinds[from] ~= to then kinds.broken = true end
      kinds[from] = to
      if k == 1 then first = shift else later = later and from == to end
      rest = rest or shift
      one = one and shift ~= nil and shift.put == rest.put and shift.take == rest.take
    end
  end
  if one and rest then return function(line) return shifted(line, rest) end end
  if later and first then
    return function(line, k) return k == 1 and shifted(line, first) or k > 1 and line or nil end
  end
  if kinds.broken then return nil end
  return function(line)
    local to = kinds[indent_of(line)]
    return not line:find "%S" and line or to and to .. line:sub(#indent_of(line) + 1) or nil
  end
end

---Both texts of an edit in the indentation of the file, where old_string is there once and differs in nothing else.
---@param file string
---@param old string
---@param new string
---@return string? old
---@return string? new
function M.reindented(file, old, new)
  local text = fuzzy_match.plain_text(file)
  if #text > BIG or not old:find "%S" then return nil end
  local wanted = fuzzy_match.split((fuzzy_match.plain_text(old)))
  local tail = wanted[#wanted] == "" and "\n" or ""
  if tail ~= "" then wanted[#wanted] = nil end
  for _, line in ipairs(wanted) do
    if not text:find(fuzzy_match.trim(line), 1, true) then return nil end
  end
  local lines = fuzzy_match.split(text)
  local at = run_of(lines, wanted)
  if not at then return nil end
  local have = table.move(lines, at, at + #wanted - 1, 1, {})
  local move, out = mover(have, wanted), {}
  for k, line in ipairs(move and fuzzy_match.split((fuzzy_match.plain_text(new))) or {}) do
    out[k] = move(line, k)
    if not out[k] then return nil end
  end
  return move and table.concat(have, "\n") .. tail, table.concat(out, "\n")
end

return M
