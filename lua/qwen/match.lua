-- How an edit finds its place: exact, look-alike characters, then runs of whole lines. Pure; bytes outside the match never change.
-- Line ends are compared as LF and restored by the caller, who gives and gets text with LF only.

local M = {}

-- Characters that models and word processors write for plain ones. UTF-8 bytes on the left.
local alike = {
  ["\u{2018}"] = "'", ["\u{2019}"] = "'", ["\u{201A}"] = "'", ["\u{201B}"] = "'", ["\u{201C}"] = '"', ["\u{201D}"] = '"', ["\u{201E}"] = '"',
  ["\u{201F}"] = '"', ["\u{2010}"] = "-", ["\u{2011}"] = "-", ["\u{2012}"] = "-", ["\u{2013}"] = "-", ["\u{2014}"] = "-", ["\u{2015}"] = "-",
  ["\u{2212}"] = "-", ["\u{00A0}"] = " ", ["\u{2002}"] = " ", ["\u{2003}"] = " ", ["\u{2009}"] = " ", ["\u{200A}"] = " ", ["\u{202F}"] = " ",
  ["\u{205F}"] = " ", ["\u{3000}"] = " ",
}

-- The text in plain characters, and for each byte of it the place in the original where its character begins.
local function fold(text)
  if not text:find "[\xC2\xE2\xE3]" then return text end
  local out, places, n = {}, {}, 0
  for start, char in text:gmatch "()([%z\1-\x7F\xC2-\xF4][\x80-\xBF]*)" do
    local plain = alike[char] or char
    out[#out + 1] = plain
    for i = 1, #plain do places[n + i] = start + (alike[char] and 0 or i - 1) end
    n = n + #plain
  end
  places[n + 1] = #text + 1
  return table.concat(out), places
end

local function find_all(text, pattern)
  local found, at = {}, 1
  while true do
    local first, last = text:find(pattern, at, true)
    if not first then return found end
    found[#found + 1] = { first, last }
    at = last + 1
  end
end

local function folded_matches(text, pattern)
  local plain, places = fold(text)
  local wanted = fold(pattern)
  local found = find_all(plain, wanted)
  if not places then return found end
  for _, range in ipairs(found) do
    range[1], range[2] = places[range[1]], places[range[2] + 1] - 1
  end
  return found
end

local function split(text)
  local lines, starts, at = {}, {}, 1
  while at <= #text + 1 do
    local stop = text:find("\n", at, true) or #text + 1
    lines[#lines + 1], starts[#starts + 1] = text:sub(at, stop - 1), at
    at = stop + 1
  end
  return lines, starts
end

local function trim_end(line)
  return (line:gsub("%s+$", ""))
end

local passes = {
  function(line) return line end,
  trim_end,
  function(line) return trim_end((fold(line))) end,
}

-- Runs of whole lines equal to the pattern's lines.
local function line_matches(text, pattern)
  local lines, starts = split(text)
  local wanted = split(pattern)
  for _, pass in ipairs(passes) do
    local want, have, found = {}, {}, {}
    for i, line in ipairs(wanted) do want[i] = pass(line) end
    for i, line in ipairs(lines) do have[i] = pass(line) end
    local i = 1
    while i <= #have - #want + 1 do
      local same = true
      for k = 1, #want do
        if have[i + k - 1] ~= want[k] then same = false break end
      end
      if same then
        local last = i + #want - 1
        found[#found + 1] = { starts[i], starts[last] + #lines[last] - 1 }
        i = last
      end
      i = i + 1
    end
    if #found > 0 then return found end
  end
  return {}
end

---Where the old text stands.
---@param text string with LF line ends
---@param old string
---@return {[1]: integer, [2]: integer}[] ranges first and last byte
---@return boolean dropped the pattern's last, empty line had to be dropped
function M.find(text, old)
  if old == "" then return {}, false end
  local found = find_all(text, old)
  if #found == 0 then found = folded_matches(text, old) end
  if #found == 0 then found = line_matches(text, old) end
  if #found > 0 then return found, false end
  if old:sub(-1) == "\n" and #old > 1 then
    found = line_matches(text, old:sub(1, -2))
    if #found > 0 then return found, true end
  end
  return {}, false
end

---Replaces the ranges. Deleting a whole block takes the line end behind it along.
---@param text string
---@param ranges table[]
---@param new string
---@param dropped boolean as find gave it
---@return string
function M.replace(text, ranges, new, dropped)
  if dropped and new:sub(-1) == "\n" then new = new:sub(1, -2) end
  local out, at = {}, 1
  for _, range in ipairs(ranges) do
    local first, last = range[1], range[2]
    out[#out + 1] = text:sub(at, first - 1)
    out[#out + 1] = new
    local whole_line = first == 1 or text:sub(first - 1, first - 1) == "\n"
    if new == "" and whole_line and text:sub(last, last) ~= "\n" and text:sub(last + 1, last + 1) == "\n" then last = last + 1 end
    at = last + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

---The region of a text that is most like the pattern, with line numbers, for an error message.
---@param text string
---@param old string
---@return string?
function M.nearest(text, old)
  local lines, wanted = split(text), split(old)
  local words, best, best_score = {}, nil, 0
  for _, line in ipairs(wanted) do
    local key = line:match "^%s*(.-)%s*$"
    if #key > 3 then words[key] = true end
  end
  for i = 1, #lines do
    local score = 0
    for k = i, math.min(i + #wanted - 1, #lines) do
      if words[lines[k]:match "^%s*(.-)%s*$"] then score = score + 1 end
    end
    if score > best_score then best, best_score = i, score end
  end
  if not best then return nil end
  local out = {}
  for i = best, math.min(best + #wanted - 1, #lines, best + 20) do out[#out + 1] = ("%d: %s"):format(i, lines[i]) end
  return table.concat(out, "\n")
end

return M
