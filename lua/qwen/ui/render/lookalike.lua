-- Letters that look like others: marked with their code where a question is about a command, a host or a path. Words of one script
-- stay as they are, unless each of their letters passes for a Latin one.

local M = {}

-- Letters of other scripts that pass for Latin ones, as single letters.
local passing = {}
for _, letter in utf8.codes("аАВеЕзЗкКмМнНоОрРсСтТуУхХіІїјЈѕЅһԁԛԝґԌѴѵӀӏ"
  .. "αΑβΒεΕΖηΗιΙκΚΜνΝοΟρΡτΤυΥχΧγωϲϳ" .. "օսոհցԼՕՏզ") do passing[letter] = true end

-- Ranges of letters that can stand among Latin ones without being seen; `always`: forms that no command needs, also what has no
-- picture and what strikes out the letter before it; `signs`: wide forms of the signs of a shell, and dashes that look like the one of
-- an option. Text in Chinese and other scripts has those, so they are marked only where no letter of it is beside them.
local scripts = {
  { 0x370, 0x3FF }, { 0x400, 0x52F }, { 0x530, 0x58F }, { 0x13A0, 0x13FF }, { 0x2C80, 0x2CFF },
  { 0xA4D0, 0xA4FF }, { 0xAB30, 0xAB6F }, { 0xAB70, 0xABBF }, { 0x10280, 0x1031F },
  { 0x590, 0x6FF }, { 0x10A0, 0x10FF }, { 0x1400, 0x167F }, { 0x1F00, 0x1FFF }, { 0xA500, 0xA63F }, { 0x10400, 0x1044F },
  { 0x118A0, 0x118FF },
}
local signs = { { 0xFF01, 0xFF0F }, { 0xFF1A, 0xFF20 }, { 0xFF3B, 0xFF40 }, { 0xFF5B, 0xFF5E }, { 0xFE58, 0xFE63 } }
local dashes = { { 0x2014, 0x2015 }, { 0x30FC, 0x30FC }, { 0x4E00, 0x4E00 } } -- before a Latin letter, as in —rf
local always = {
  { 0x1D00, 0x1D7F }, { 0x2100, 0x214F }, { 0x2160, 0x2188 }, { 0x24B6, 0x24E9 }, { 0xFF0E, 0xFF19 }, { 0xFF21, 0xFF3A },
  { 0xFF41, 0xFF5A }, { 0x1D400, 0x1D7FF }, { 0x1F110, 0x1F189 }, { 0x2044, 0x2044 }, { 0x2215, 0x2215 }, { 0x29F8, 0x29F8 },
  { 0x2024, 0x2024 }, { 0x2010, 0x2013 }, { 0x2212, 0x2212 }, { 0x37E, 0x37E }, { 0x1C3, 0x1C3 }, { 0x2032, 0x2035 },
  { 0x201A, 0x201A }, { 0x2236, 0x2236 }, { 0xA789, 0xA789 },
  { 0x250, 0x2BA }, { 0x2BD, 0x2FF }, { 0x1C0, 0x1C2 }, { 0x1E9F, 0x1E9F }, { 0x2025, 0x2025 }, { 0x334, 0x338 }, { 0x489, 0x489 },
  { 0x20D2, 0x20D3 }, { 0x20D8, 0x20DA }, { 0x20E5, 0x20EB }, { 0x2065, 0x2065 }, { 0xFFF0, 0xFFFC }, { 0x1D159, 0x1D159 },
  { 0xE000, 0xF8FF }, { 0xFDD0, 0xFDEF }, { 0xFFFE, 0xFFFF }, { 0xF0000, 0x10FFFF },
}

local function within(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function marked_word(word, prose)
  local latin, foreign, all_pass, only_signs = word:find "%a" ~= nil, 0, true, true
  for _, code in utf8.codes(word) do
    if code > 127 and within(scripts, code) then
      foreign, only_signs = foreign + 1, false
      all_pass = all_pass and passing[code] or false
    elseif code > 127 then
      all_pass, only_signs = false, only_signs and within(signs, code)
    end
  end
  local suspect = foreign > 0 and (latin or all_pass)
  return (word:gsub(utf8.charpattern, function(char)
    local code = utf8.codepoint(char)
    local plain = not prose and (within(always, code) or only_signs and within(signs, code)
      or within(dashes, code) and word:find("^" .. char .. "%a"))
    if code > 127 and (suspect and within(scripts, code) or plain) then return ("%s[U+%04X]"):format(char, code) end
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
