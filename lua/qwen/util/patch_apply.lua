-- Puts the hunks of a patch into a text. Lines are found in their order, at first as they are, then
-- without the blanks at their end, then without those around them, then with plain characters for
-- look-alikes. What stays of a text keeps its own bytes. Pure.
local fuzzy_match = require "qwen.util.fuzzy_match"
local texts = require "qwen.util.text"

local M = {}

local BOM = "\xef\xbb\xbf"

-- The lines of a text without their ends, and the ends.
local function split(text)
  local lines, ends, at = {}, {}, 1
  while at <= #text do
    local stop = text:find("\n", at, true)
    local last = (stop or #text + 1) - 1
    local cr = stop and text:byte(last) == 13 and last >= at and 1 or 0
    lines[#lines + 1], ends[#ends + 1] = text:sub(at, last - cr), stop and text:sub(last - cr + 1, stop) or ""
    at = (stop or #text) + 1
  end
  return lines, ends
end

local function trim_end(line) return line:match "^.*%S" or "" end
local function folded(line) return fuzzy_match.trim(fuzzy_match.fold(line)) end

local passes = { function(line) return line end, trim_end, fuzzy_match.trim, folded }

-- The lines of a text as one pass sees them: joined, so that runs of them are found in C, and where
-- each begins.
local function seen_by(state, number)
  local known = state.passes[number]
  if known then return known end
  local lines, starts, at = {}, {}, 2
  for i, line in ipairs(state.lines) do
    lines[i], starts[i] = passes[number](line), at
    at = at + #lines[i] + 1
  end
  known = { text = "\n" .. table.concat(lines, "\n") .. "\n", starts = starts }
  state.passes[number] = known
  return known
end

-- The number of the line that begins at a byte.
local function line_at(starts, byte)
  local low, high = 1, #starts
  while low < high do
    local middle = (low + high) // 2
    if starts[middle] < byte then low = middle + 1 else high = middle end
  end
  return low
end

-- Where lines stand one after the other, from a line on, in one pass; and whether once more.
local function find_in(state, number, wanted, from)
  local seen, lines = seen_by(state, number), {}
  for i, line in ipairs(wanted) do lines[i] = passes[number](line) end
  local needle = "\n" .. table.concat(lines, "\n") .. "\n"
  local start = seen.starts[from]
  local found = start and seen.text:find(needle, start - 1, true)
  if not found then return nil end
  return line_at(seen.starts, found + 1), seen.text:find(needle, found + 1, true) ~= nil
end

-- The same in the first pass that finds them: behind what was found last, else from the beginning.
local function find(state, wanted, from)
  for _, start in ipairs { from, from > 1 and 1 or nil } do
    for number = 1, #passes do
      local at, again = find_in(state, number, wanted, start)
      if at then return at, again, number end
    end
  end
end

-- The lines of a hunk that are there already.
local function old_lines(hunk)
  local out = {}
  for i, line in ipairs(hunk.lines) do
    if hunk.marks[i] ~= "+" then out[#out + 1] = line end
  end
  return out
end

local SHOWN = 200 -- bytes of a line in a message

local function not_found(state, wanted)
  local line = wanted[1]
  for _, each in ipairs(wanted) do
    if each:find "%S" and not find_in(state, 3, { each }, 1) then
      line = each
      break
    end
  end
  return ("the lines that begin with '%s' were not found in this order"):format((line or ""):sub(1, SHOWN))
end

-- The line behind the heads of a hunk, which stand one below the other.
local function below_heads(state, hunk)
  local from = state.cursor
  for _, head in ipairs(hunk.heads) do
    local at = find(state, { head }, from)
    if not at then return nil, ("the line '%s' behind @@ was not found"):format(head:sub(1, SHOWN)) end
    from = at + 1
  end
  return from
end

-- Where the old lines of a hunk stand. An empty line at their end may be the model's own.
local function place(state, hunk)
  local from, why = below_heads(state, hunk)
  if not from then return nil, why end
  local wanted = old_lines(hunk)
  if #wanted == 0 then return hunk.heads[1] and from or #state.lines + 1, 0 end
  local count = #wanted
  for _ = 1, 2 do
    local at, again, number
    if hunk.at_end then at, again, number = find(state, wanted, math.max(1, #state.lines - count + 1)) end
    if not at then at, again, number = find(state, wanted, from) end
    if at then return at, count, again and not hunk.heads[1] and not hunk.at_end, number end
    if count == 1 or wanted[count] ~= "" then break end
    wanted[count], count = nil, count - 1
  end
  return nil, not_found(state, wanted)
end

-- How far lines that were found by their words are moved: the blanks of the model and of the file.
local function shift(state, hunk, at)
  local index = at
  for i, line in ipairs(hunk.lines) do
    if hunk.marks[i] ~= "+" then
      local own = state.lines[index]
      if line:find "%S" and own then return line:match "^[ \t]*", own:match "^[ \t]*" end
      index = index + 1
    end
  end
end

local function moved(line, from, to)
  if not from or from == to or line:sub(1, #from) ~= from or not line:find "%S" then return line end
  return to .. line:sub(#from + 1)
end

-- Notes what a hunk does: for each old line whether it goes, and what stands before it.
local function note(state, hunk, at, count, number)
  local from, to
  if number and number > 2 then from, to = shift(state, hunk, at) end
  local index, last = at, at + count - 1
  for i, line in ipairs(hunk.lines) do
    local mark = hunk.marks[i]
    if mark == "+" then
      local list = state.before[index] or {}
      list[#list + 1] = moved(line, from, to)
      state.before[index] = list
    elseif index <= last then
      if state.used[index] then return nil, "two of its parts change the same lines" end
      state.used[index], state.gone[index] = true, mark == "-" or nil
      index = index + 1
    end
  end
  state.cursor = math.max(at + count, 1)
  return true
end

-- The text of what was noted. A text that ends without a line end goes on to do so.
local function written(state, bom, eol)
  local out = {}
  local function put(line, line_end) out[#out + 1], out[#out + 2] = line, line_end end
  for i = 1, #state.lines + 1 do
    for _, line in ipairs(state.before[i] or {}) do put(line, eol) end
    if state.lines[i] and not state.gone[i] then
      put(state.lines[i], state.ends[i] ~= "" and state.ends[i] or eol)
    end
  end
  if #out > 0 and state.ends[#state.ends] == "" then out[#out] = "" end
  return bom .. table.concat(out)
end

-- How many bytes two texts have in common at one side: `part` cuts so many there.
local function common(a, b, part)
  local low, high = 0, math.min(#a, #b)
  while low < high do
    local middle = (low + high + 1) // 2
    if part(a, low, middle) == part(b, low, middle) then low = middle else high = middle - 1 end
  end
  return low
end

local function ahead(text, from, to) return text:sub(from + 1, to) end
local function behind(text, from, to) return text:sub(#text - to + 1, #text - from) end

---The lines from the first to the last in which two texts differ. What is between them the model did
---not give.
---@param before string
---@param after string
---@return FilePart
function M.part(before, after)
  local from = common(before, after, ahead)
  local same = math.min(common(before, after, behind), math.min(#before, #after) - from)
  local first = texts.line_ends(before, 1, from) + 1
  local last = first + texts.line_ends(before, from + 1, #before - same)
  local grown = texts.line_ends(after) - texts.line_ends(before)
  return { first = first, last = last, count = last - first + 1 + grown, known = false }
end

local LEAST = 5 -- bytes without blanks; fewer may be in a file that the model takes for another

-- Whether the old lines of a hunk say enough to be those of this file, and stand in it once.
local function once(state, hunk)
  local wanted = old_lines(hunk)
  if #table.concat(wanted):gsub("%s", "") < LEAST then return false end
  local _, again = find_in(state, 1, wanted, 1)
  return not again
end

---@param text string
---@param hunks PatchHunk[]
---@return string? after nil: it does not fit
---@return string|{unsure: integer?, exact: boolean} why; or the first line of a hunk that fits at
---another place, too; whether all old lines are there once and as they were given
function M.apply(text, hunks)
  local bom = text:sub(1, #BOM) == BOM and BOM or ""
  local lines, ends = split(text:sub(#bom + 1))
  local state = { lines = lines, ends = ends, passes = {}, before = {}, gone = {}, used = {}, cursor = 1 }
  local about = { exact = true }
  for i, hunk in ipairs(hunks) do
    local at, count, again, number = place(state, hunk)
    if not at then return nil, #hunks > 1 and ("part %d: %s"):format(i, count) or count end
    local ok, why = note(state, hunk, at, count, number)
    if not ok then return nil, why end
    about.unsure = about.unsure or again and at or nil
    about.exact = about.exact and number == 1 and once(state, hunk)
  end
  return written(state, bom, fuzzy_match.line_end(text)), about
end

return M
