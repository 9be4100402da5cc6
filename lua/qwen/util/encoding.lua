-- Texts of files that are not in UTF-8: which character set one is in, and the way there and back. What cannot be brought back byte by
-- byte is no text for us.
local text = require "qwen.util.text"

local M = {}

local SAMPLE = 64 * 1024
local MOST_RARE = 0.25 -- of a western text's letters, those that are \xff: with more, and UTF-8 in it, it is none

local marks = { { "UTF-32LE", "\xff\xfe\0\0" }, { "UTF-32BE", "\0\0\xfe\xff" }, { "UTF-16LE", "\xff\xfe" }, { "UTF-16BE", "\xfe\xff" } }

local function count(sample, pattern)
  return select(2, sample:gsub(pattern, ""))
end

-- UTF-16 without a mark: most of its letters are ASCII, so every second byte is zero.
local function wide(sample)
  if #sample < 4 or #sample % 2 ~= 0 and #sample < SAMPLE then return nil end
  local low, high = 0, 0 -- zero bytes at the second and at the first place of pairs
  for first, second in sample:gmatch "(.)(.)" do
    if second == "\0" then low = low + 1 end
    if first == "\0" then high = high + 1 end
  end
  local pairs_of = #sample // 2
  if low > pairs_of * 0.6 and high == 0 then return "UTF-16LE" end
  if high > pairs_of * 0.6 and low == 0 then return "UTF-16BE" end
end

local function valid_utf8(sample)
  return count(sample, "[\xc2-\xdf][\x80-\xbf]") + count(sample, "[\xe0-\xef][\x80-\xbf][\x80-\xbf]")
end

-- How characters of two bytes are spread over the rows that texts of a language use.
local function rows(sample)
  local n, of = 0, { chinese = 0, kana = 0, hangul = 0, beyond = 0, big5 = 0, low = 0 }
  for lead, trail in sample:gmatch "([\x81-\xfe])([\x40-\xfe])" do
    n = n + 1
    local high = trail >= "\xa1"
    local marks_row = lead >= "\xa1" and lead <= "\xa3"
    if high and (lead >= "\xb0" and lead <= "\xd7" or marks_row) then of.chinese = of.chinese + 1 end
    if high and (lead == "\xa4" or lead == "\xa5") then of.kana = of.kana + 1 end
    if high and (lead >= "\xb0" and lead <= "\xc8" or marks_row) then of.hangul = of.hangul + 1 end
    if lead >= "\xc9" then of.beyond = of.beyond + 1 end
    if lead >= "\xa1" and lead <= "\xc6" then of.big5 = of.big5 + 1 end
    if trail < "\x80" then of.low = of.low + 1 end
  end
  for name, hits in pairs(of) do of[name] = n > 0 and hits / n or 0 end
  return n, of
end

-- The same for Shift-JIS: kana and marks, or the usual characters side by side.
local function japanese(sample)
  local n, kana, usual, beside, last = 0, 0, 0, 0, nil
  for at, lead, trail in sample:gmatch "()([\x81-\x9f\xe0-\xfc])([\x40-\xfc])" do
    n = n + 1
    if lead == "\x82" and trail >= "\x9f" or lead == "\x83" and trail <= "\x96" or lead == "\x81" then kana = kana + 1 end
    if lead >= "\x88" and lead <= "\x98" then usual = usual + 1 end
    if last == at then beside = beside + 1 end
    last = at + 2
  end
  return n > 0 and beside > 0 and (kana >= n * 0.3 or kana + usual >= n * 0.9)
end

-- The sets that a sample may be in, the likeliest first.
local function candidates(sample)
  local out = {}
  local n, of = rows(sample)
  local function add(name, likely) out[#out + 1] = likely and name or nil end
  local letters, runs = count(sample, "[\x80-\xff]"), count(sample, "[\x80-\xff]+")
  local cyrillic = letters >= 3 * runs
  add("EUC-JP", of.kana >= 0.25)
  add("EUC-KR", n >= 4 and of.hangul >= 0.95 and of.beyond <= 0.02 and of.low == 0)
  add("GB18030", of.chinese >= 0.7)
  add("SHIFT_JIS", japanese(sample))
  add("BIG5", of.big5 >= 0.9 and (of.low >= 0.1 or n < 4))
  add("WINDOWS-1251", cyrillic and count(sample, "[\xe0-\xff]") >= letters * 0.6)
  add("KOI8-R", cyrillic and count(sample, "[\xc0-\xdf]") >= letters * 0.6)
  local western = count(sample, "\xff") <= letters * MOST_RARE or valid_utf8(sample) == 0
  add("WINDOWS-1252", western)
  add("ISO-8859-1", western and not sample:find "[\x80-\x9f]")
  return out
end

local programs = { ["EUC-KR"] = "CP949", SHIFT_JIS = "CP932" } -- the sets as systems write them

local function there_and_back(bytes, name)
  local set = programs[name] or name
  local words = text.convert(bytes, set, "UTF-8")
  if not words or words:find("\0", 1, true) or words:find("\u{E000}", 1, true) then return nil end
  return text.convert(words, "UTF-8", set) == bytes and words or nil
end

-- Controls that no text has.
local function has_controls(sample)
  return count(sample, "[\1-\8\14-\26\28-\31\127]") > #sample * 0.01
end

-- Valid sequences of UTF-8 are rare in other sets: where they are many, some bytes of it are broken.
local function is_broken_utf8(sample)
  return valid_utf8(sample) > count(text.utf8(sample), "\u{FFFD}")
end

---A file's bytes as text in UTF-8. nil when they are none.
---@param bytes string
---@return string? text
---@return Encoding? encoding nil: UTF-8, whole or with broken bytes
function M.decode(bytes)
  for _, mark in ipairs(marks) do
    if bytes:sub(1, #mark[2]) == mark[2] then
      local words = there_and_back(bytes:sub(#mark[2] + 1), mark[1])
      if words then return words, { name = mark[1], bom = mark[2] } end
    end
  end
  if bytes:sub(1, 8192):find("\0", 1, true) then
    local name = wide(bytes:sub(1, SAMPLE))
    local words = name and there_and_back(bytes, name)
    if words and not has_controls(words:sub(1, SAMPLE)) then return words, { name = name, bom = "" } end
    return nil
  end
  if text.utf8(bytes) == bytes then return bytes end
  local first = bytes:find "[\x80-\xff]"
  local sample = bytes:sub(first, first + SAMPLE - 1)
  if is_broken_utf8(sample) then return bytes end
  if has_controls(sample) then return nil end
  for _, name in ipairs(candidates(sample)) do
    local words = there_and_back(bytes, name)
    if words then return words, { name = name, bom = "" } end
  end
  return valid_utf8(sample) > 0 and bytes or nil
end

---A text in the set of its file.
---@param words string
---@param encoding Encoding?
---@return string? bytes
---@return string? character the first one that the set does not have
function M.encode(words, encoding)
  if not encoding then return words end
  local bytes, at = text.convert(words, "UTF-8", programs[encoding.name] or encoding.name)
  if bytes then return encoding.bom .. bytes end
  return nil, words:match("^.[\x80-\xbf]*", math.max(1, at))
end

return M
