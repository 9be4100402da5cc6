-- Letters that look like others: marked with their code where a question is about a command, a host or a path. Words of one script
-- stay as they are, unless each of their letters passes for a Latin one.

local M = {}

-- Letters of other scripts that pass for Latin ones, as single letters.
local passing = {}
for _, letter in utf8.codes("аАВеЕзЗкКмМнНоОрРсСтТуУхХіІїјЈѕЅһԁԛԝґԌѴѵӀӏ"
  .. "αΑβΒεΕΖηΗιΙκΚΜνΝοΟρΡτΤυΥχΧγωϲϳ" .. "օսոհցԼՕՏզ") do passing[letter] = true end

-- Ranges of letters that can stand among Latin ones without being seen; `always`: forms that no command needs.
local scripts = {
  { 0x370, 0x3FF }, { 0x400, 0x52F }, { 0x530, 0x58F }, { 0x13A0, 0x13FF }, { 0x2C80, 0x2CFF },
  { 0xA4D0, 0xA4FF }, { 0xAB30, 0xAB6F }, { 0xAB70, 0xABBF }, { 0x10280, 0x1031F },
}
local always = {
  { 0x1D00, 0x1D7F }, { 0x2100, 0x214F }, { 0x2160, 0x2188 }, { 0x24B6, 0x24E9 }, { 0xFF0E, 0xFF19 }, { 0xFF21, 0xFF3A },
  { 0xFF41, 0xFF5A }, { 0x1D400, 0x1D7FF }, { 0x1F110, 0x1F189 }, { 0x2044, 0x2044 }, { 0x2215, 0x2215 }, { 0x29F8, 0x29F8 },
  { 0x2024, 0x2024 }, { 0x2010, 0x2013 }, { 0x2212, 0x2212 }, { 0x37E, 0x37E }, { 0x1C3, 0x1C3 }, { 0x2032, 0x2035 },
  { 0x201A, 0x201A }, { 0x2236, 0x2236 }, { 0xA789, 0xA789 },
}

local function within(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function marked_word(word, prose)
  local latin, foreign, all_pass = word:find "%a" ~= nil, 0, true
  for _, code in utf8.codes(word) do
    if code > 127 and within(scripts, code) then
      foreign = foreign + 1
      all_pass = all_pass and passing[code] or false
    elseif code > 127 then
      all_pass = false
    end
  end
  local suspect = foreign > 0 and (latin or all_pass)
  return (word:gsub(utf8.charpattern, function(char)
    local code = utf8.codepoint(char)
    if code > 127 and (suspect and within(scripts, code) or not prose and within(always, code)) then return ("%s[U+%04X]"):format(char, code) end
  end))
end

---A text with letters marked that look like others: `с[U+0441]url`.
---@param text string valid UTF-8
---@param prose boolean? the text of a file: only words of mixed scripts are marked
---@return string
function M.marked(text, prose)
  if not text:find "[\x80-\xFF]" then return text end
  return (text:gsub("[%w_\x80-\xFF]+", function(word)
    if word:find "[\x80-\xFF]" and utf8.len(word) then return marked_word(word, prose) end
  end))
end

return M
