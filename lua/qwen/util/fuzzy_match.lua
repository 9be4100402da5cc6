-- How an edit finds its place: exact, look-alike characters, then runs of whole lines. Pure; bytes outside the match never change.
-- Files are compared without BOM and with LF line ends; ranges are those of the file as it is.

local texts = require "qwen.util.text"

local M = {}

local BOM = "\xef\xbb\xbf"

-- Characters that models and word processors write for plain ones. UTF-8 bytes on the left.
local alike = {
  ["\u{2018}"] = "'", ["\u{2019}"] = "'", ["\u{201A}"] = "'", ["\u{201B}"] = "'", ["\u{201C}"] = '"', ["\u{201D}"] = '"', ["\u{201E}"] = '"',
  ["\u{201F}"] = '"', ["\u{2010}"] = "-", ["\u{2011}"] = "-", ["\u{2012}"] = "-", ["\u{2013}"] = "-", ["\u{2014}"] = "-", ["\u{2015}"] = "-",
  ["\u{2212}"] = "-", ["\u{00A0}"] = " ", ["\u{2002}"] = " ", ["\u{2003}"] = " ", ["\u{2009}"] = " ", ["\u{200A}"] = " ", ["\u{202F}"] = " ",
  ["\u{205F}"] = " ", ["\u{3000}"] = " ",
}

-- The text with some of its parts written as one plain character each, and where it grew shorter: places in the new text, bytes.
local function shorten(text, pattern, plain)
  local out, shorter, at, length = {}, { places = {}, bytes = {} }, 1, 0
  for first, found in text:gmatch("()(" .. pattern .. ")") do
    local char = plain[found]
    if char then
      out[#out + 1] = text:sub(at, first - 1)
      out[#out + 1] = char
      length, at = length + first - at + 1, first + #found
      table.insert(shorter.places, length)
      table.insert(shorter.bytes, #found - 1)
    end
  end
  if at == 1 then return text, shorter end
  out[#out + 1] = text:sub(at)
  return table.concat(out), shorter
end

-- Turns sorted ranges of the shorter text into those of the longer one.
local function lengthen(ranges, shorter)
  local moved, next_one = 0, 1
  local function place(at)
    while (shorter.places[next_one] or at) < at do
      moved, next_one = moved + shorter.bytes[next_one], next_one + 1
    end
    return at + moved
  end
  for _, range in ipairs(ranges) do
    range[1], range[2] = place(range[1]), place(range[2] + 1) - 1
  end
  return ranges
end

local function fold(text)
  local foreign = text:find("\xE2", 1, true) or text:find("\xC2", 1, true) or text:find("\xE3", 1, true)
  if not foreign then return text, { places = {}, bytes = {} } end
  return shorten(text, "[\xC2\xE2\xE3][\x80-\xBF]+", alike)
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
  local plain, shorter = fold(text)
  if plain == text and fold(pattern) == pattern then return {} end
  return lengthen(find_all(plain, (fold(pattern))), shorter)
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
  return line:match "^.*%S" or ""
end

local function trim(line)
  local first = line:find "%S"
  return first and line:match("^.*%S", first) or ""
end

local passes = {
  function(line) return line end,
  trim_end,
  function(line) return trim_end((fold(line))) end,
}

-- Whether all lines are somewhere in a text: it costs little, and cutting a long text in lines much.
local function all_there(text, lines)
  for _, line in ipairs(lines) do
    if line ~= "" and not text:find(line, 1, true) then return false end
  end
  return true
end

-- Runs of whole lines equal to the pattern's lines, by one of the passes.
local function pass_matches(lines, starts, wanted, pass)
  local have, found, i = {}, {}, 1
  for n, line in ipairs(lines) do have[n] = pass(line) end
  while i <= #have - #wanted + 1 do
    local same = true
    for k = 1, #wanted do
      if have[i + k - 1] ~= wanted[k] then same = false break end
    end
    if same then
      local last = i + #wanted - 1
      found[#found + 1] = { starts[i], starts[last] + #lines[last] - 1 }
      i = last
    end
    i = i + 1
  end
  return found
end

-- Runs of whole lines equal to the pattern's lines.
local function line_matches(text, pattern)
  local raw, lines, starts = split(pattern), nil, nil
  for n, pass in ipairs(passes) do
    local wanted = {}
    for i, line in ipairs(raw) do wanted[i] = pass(line) end
    if all_there(n == #passes and fold(text) or text, wanted) then
      if not lines then lines, starts = split(text) end
      local found = pass_matches(lines, starts, wanted, pass)
      if #found > 0 then return found end
    end
  end
  return {}
end

-- The same letters, composed in the other way.
local function composed_matches(text, old)
  for _, form in ipairs(old:find "[\x80-\xff]" and { "NFC", "NFD" } or {}) do
    local other = texts.normal(old, form)
    local found = other ~= old and find_all(text, other) or {}
    if #found > 0 then return found end
  end
  return {}
end

local function find_plain(text, old)
  local found = find_all(text, old)
  if #found == 0 then found = folded_matches(text, old) end
  if #found == 0 then found = composed_matches(text, old) end
  if #found > 0 or not fold(old):find "%S" then return found, false end
  found = line_matches(text, old)
  if #found == 0 and old:sub(-1) == "\n" then return line_matches(text, old:sub(1, -2)), true end
  return found, false
end

local line_ends = { ["\r\n"] = "\n" }

-- A file's text without BOM and with LF only; how long the BOM is; where CRs were.
local function plain_text(file)
  local skip = file:sub(1, #BOM) == BOM and #BOM or 0
  if not file:find("\r", 1, true) then return skip == 0 and file or file:sub(skip + 1), skip, { places = {}, bytes = {} } end
  local text, shorter = shorten(file:sub(skip + 1), "\r\n", line_ends)
  return text, skip, shorter
end

---Where the old text stands.
---@param file string with any line ends
---@param old string
---@return {[1]: integer, [2]: integer}[] ranges first and last byte
---@return boolean dropped the pattern's last, empty line had to be dropped
function M.find(file, old)
  local text, skip, shorter = plain_text(file)
  old = plain_text(old)
  if old == "" then return {}, false end
  local ranges, dropped = find_plain(text, old)
  for _, range in ipairs(lengthen(ranges, shorter)) do
    range[1], range[2] = range[1] + skip, range[2] + skip
  end
  return ranges, dropped
end

---Where two texts differ in nothing but line ends and a BOM, the change of those is what is wanted: the old one byte by byte.
---@param file string
---@param old string
---@param new string
---@return {[1]: integer, [2]: integer}[]? ranges nil: they differ in more
function M.find_form(file, old, new)
  if old == "" or old == new or (plain_text(old)) ~= (plain_text(new)) then return nil end
  return find_all(file, old)
end

---@param file string
---@param ranges table[]
---@param new string
---@return string
function M.replace_form(file, ranges, new)
  local out, at = {}, 1
  for _, range in ipairs(ranges) do
    out[#out + 1] = file:sub(at, range[1] - 1)
    out[#out + 1] = new
    at = range[2] + 1
  end
  out[#out + 1] = file:sub(at)
  return table.concat(out)
end

---The line end that most lines of a file have.
---@param file string
---@return "\r\n"|"\n"
function M.line_end(file)
  if not file:find("\r", 1, true) then return "\n" end
  local _, all = file:gsub("\n", "")
  local _, crlf = file:gsub("\r\n", "")
  return crlf * 2 > all and "\r\n" or "\n"
end

---Replaces the ranges; new lines end as those around them. Deleting a whole block takes the line end behind it along.
---@param file string
---@param ranges table[]
---@param new string
---@param dropped boolean as find gave it
---@return string
function M.replace(file, ranges, new, dropped)
  new = plain_text(new)
  local deletes = new == ""
  if dropped and new:sub(-1) == "\n" then new = new:sub(1, -2) end
  local forms = { ["\n"] = new, ["\r\n"] = new:gsub("\n", "\r\n") }
  local out, at, usual = {}, 1, M.line_end(file)
  local line_end, known_to = usual, 0
  for _, range in ipairs(ranges) do
    local first, last = range[1], range[2]
    if known_to < first then
      local from, to = file:find("\r?\n", first)
      line_end, known_to = from and file:sub(from, to) or usual, to or math.huge
    end
    out[#out + 1] = file:sub(at, first - 1)
    out[#out + 1] = forms[line_end]
    local whole_line = first == 1 or file:byte(first - 1) == 10 or first == #BOM + 1 and file:sub(1, #BOM) == BOM
    if deletes and whole_line and file:byte(last) ~= 10 then
      local _, stop = file:find("^\r?\n", last + 1)
      last = stop or last
    end
    at = last + 1
  end
  out[#out + 1] = file:sub(at)
  return table.concat(out)
end

M.plain_text, M.split, M.trim, M.fold = plain_text, split, trim, fold

return M
