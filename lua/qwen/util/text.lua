-- Text helpers: lines, cutting, likeness, sizes. Cleaning for a terminal and UTF-8 repair are in C (`sys.text`).
local M = {}

---Lines without their ends; CRLF counts as one end.
---@param text string
---@return string[]
function M.lines(text)
  local out = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch("(.-)\r?\n") do out[#out + 1] = line end
  if text == "" then out = {} end
  return out
end

---Without white space at its end. (`%s+$` would look at each run of blanks once for each of its letters: what others wrote can have very long ones.)
---@param text string
---@return string
function M.trim_end(text)
  return text:match "^.*%S" or ""
end

---Without white space at both ends.
---@param text string
---@return string
function M.trim(text)
  return M.trim_end(text):match "^%s*(.*)$"
end

---What stands behind the last line end, in one pass whatever the length.
---@param text string
---@return string
function M.last_line(text)
  return text:match "^.*\n(.*)$" or text
end

---Where the braces of a text that are closed have their end, found in one pass: `%b{}` begins anew at each that is not.
---@param text string
---@return table<integer, integer> ends by the place of the opening brace
function M.closed(text)
  local open, ends = {}, {}
  for at, brace in text:gmatch "()([{}])" do
    if brace == "{" then open[#open + 1] = at elseif open[1] then ends[table.remove(open)] = at end
  end
  return ends
end

-- Moves a cut by up to three bytes so that it does not split a character; bytes that are no text are cut anywhere.
local function char_start(text, at, step)
  for moved = at, math.max(1, at + 3 * step), step do
    if (text:byte(moved) or 0) & 0xC0 ~= 0x80 then return moved end
  end
  return at
end

---The beginning of a text, at most so many bytes, ending with a whole character.
---@param text string
---@param limit integer
---@return string
function M.head(text, limit)
  return #text <= limit and text or text:sub(1, char_start(text, limit + 1, -1) - 1)
end

---The end of a text, at most so many bytes, beginning with a whole character.
---@param text string
---@param limit integer
---@return string
function M.tail(text, limit)
  return #text <= limit and text or text:sub(char_start(text, #text - limit + 1, 1))
end

---The beginning (a fifth) and the end of a text that is longer than limit bytes, with a mark between.
---@param text string
---@param limit integer
---@return string shortened
---@return boolean cut
function M.head_tail(text, limit)
  if #text <= limit then return text, false end
  local head = char_start(text, limit // 5 + 1, -1) - 1
  local tail = char_start(text, #text - (limit - head) + 1, 1)
  local left_out = tail - head - 1
  return ("%s\n[... %d bytes left out ...]\n%s"):format(text:sub(1, head), left_out, text:sub(tail)), true
end

-- Edit distance with swaps of neighbours, for short words.
local function distance(a, b)
  local before, previous = nil, {}
  for j = 0, #b do previous[j] = j end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      current[j] = math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
      if before and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        current[j] = math.min(current[j], before[j - 2] + 1)
      end
    end
    before, previous = previous, current
  end
  return previous[#b]
end

---The word of the list that is most alike, when it is alike enough to be meant.
---@param word string
---@param words string[]
---@return string?
function M.nearest(word, words)
  local best, best_distance
  word = word:lower()
  for _, candidate in ipairs(words) do
    local lower = candidate:lower()
    local d = distance(word, lower)
    if #word >= 2 and lower:sub(1, #word) == word then d = math.min(d, 1) end
    if not best_distance or d < best_distance then best, best_distance = candidate, d end
  end
  if best and best_distance <= math.max(1, math.min(3, #word // 2)) then return best end
end

local marks = {}
for mark in ("。 ， 、 ； ： ！ ？ （ ） 【 】 《 》 「 」 『 』 “ ” ‘ ’ … —"):gmatch "%S+" do marks[mark] = true end

---A name in a sentence without the last mark of punctuation: an ASCII one at its end, or a full-width one with all behind it, because
---no blank follows those. nil when there is none.
---@param word string
---@return string?
function M.without_mark(word)
  local shorter = word:match "^(.*)[%.,;:!%?%)%]}'\"`>]$"
  if shorter then return shorter end
  for at = #word - 2, 1, -1 do
    if marks[word:sub(at, at + 2)] then return word:sub(1, at - 1) end
  end
end

---So many of something: "1 file", "2 files".
---@param n integer
---@param one string
---@param many string?
---@return string
function M.count(n, one, many)
  return ("%d %s"):format(n, n == 1 and one or many or one .. "s")
end

---Words of a line as a shell would split them, with both quotes.
---@param line string
---@return string[]
function M.shell_words(line)
  local words, word, quote = {}, nil, nil
  for c in line:gmatch(".") do
    if quote then
      if c == quote then quote = nil else word = word .. c end
    elseif c == '"' or c == "'" then
      quote, word = c, word or ""
    elseif c:find "%s" then
      if word then words[#words + 1] = word end
      word = nil
    else
      word = (word or "") .. c
    end
  end
  if word then words[#words + 1] = word end
  return words
end

---A word as a shell takes it, in quotes where it needs them.
---@param word string
---@return string
function M.shell_word(word)
  return word:find "^[%w_./=:@%%+,-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

---A size for people.
---@param n integer bytes
---@return string
function M.human_bytes(n)
  if n < 1024 then return ("%d B"):format(n) end
  if n < 1024 * 1024 then return ("%.1f KB"):format(n / 1024) end
  if n < 1024 * 1024 * 1024 then return ("%.1f MB"):format(n / 1024 / 1024) end
  return ("%.1f GB"):format(n / 1024 / 1024 / 1024)
end

---The columns of a terminal that one line of clean text takes.
---@param text string
---@return integer
function M.width(text)
  return require("sys.term").width(text)
end

---A text with blanks to so many columns of a terminal, which string.format cannot count.
---@param text string
---@param width integer the blanks stand behind the text; before it for a negative width
---@return string
function M.pad(text, width)
  local blanks = (" "):rep(math.abs(width) - M.width(text))
  return width < 0 and blanks .. text or text .. blanks
end

return setmetatable(M, {
  __index = function(self, name)
    self[name] = name == "diff" and require "qwen.util.diff" or require("sys.text")[name]
    return rawget(self, name)
  end,
})
