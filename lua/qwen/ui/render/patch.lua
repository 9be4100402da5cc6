-- A unified diff for people: line numbers, colours, and in a line that changed the words that did. Pure; the text must be clean.
local style = require "qwen.ui.render.style"
local words = require "qwen.ui.render.words"

local M = {}

local LEAST_ALIKE = 0.3 -- lines that share less have no words worth showing

---Whether a text is a unified diff.
---@param text string
---@return boolean
function M.is_diff(text)
  return text:find "^%-%-%- [^\n]*\n%+%+%+ [^\n]*\n@@ " ~= nil
end

-- Each line with its mark and its number in the file it stands in; show makes its text.
local function parse(text, show)
  local lines, old, new, widest = {}, 0, 0, 1
  for line in text:gmatch "([^\n]*)\n?" do
    local from, to = line:match "^@@ %-(%d+)%f[%D][,%d]* %+(%d+)%f[%D][,%d]* @@"
    local mark = line:sub(1, 1)
    if from then
      if #lines > 0 then lines[#lines + 1] = { mark = "@" } end
      old, new = math.tointeger(tonumber(from)), math.tointeger(tonumber(to))
    elseif new > 0 or old > 0 then
      if mark == "-" then
        lines[#lines + 1], old = { mark = mark, number = old, text = show(line:sub(2)) }, old + 1
      elseif mark == "+" then
        lines[#lines + 1], new = { mark = mark, number = new, text = show(line:sub(2)) }, new + 1
      elseif mark == " " then
        lines[#lines + 1], old, new = { mark = mark, number = new, text = show(line:sub(2)) }, old + 1, new + 1
      elseif mark == "\\" then
        lines[#lines + 1] = { mark = mark, text = line:sub(3) }
      end
    end
    widest = math.max(widest, #tostring(math.max(old, new)))
  end
  return lines, widest
end

local function is_word(byte)
  return byte and (byte >= 0x80 or byte == 95 or byte >= 48 and byte <= 57 or byte >= 65 and byte <= 90 or byte >= 97 and byte <= 122)
end

-- How many bytes two lines have in common at the beginning and at the end, never a part of a word.
local function shared(a, b)
  local most = math.min(#a, #b)
  local first, last = 0, 0
  while first < most and a:byte(first + 1) == b:byte(first + 1) do first = first + 1 end
  while first > 0 and is_word(a:byte(first)) and (is_word(a:byte(first + 1)) or is_word(b:byte(first + 1))) do first = first - 1 end
  while last < most - first and a:byte(-last - 1) == b:byte(-last - 1) do last = last + 1 end
  while last > 0 and is_word(a:byte(-last)) and (is_word(a:byte(-last - 1)) or is_word(b:byte(-last - 1))) do last = last - 1 end
  return first, last
end

-- Pairs the lines of a change that stand for each other, and marks what differs in them.
local function compare(lines)
  local i = 1
  while i <= #lines do
    local first = i
    while lines[i] and lines[i].mark == "-" do i = i + 1 end
    local gone = i - first
    while gone > 0 and lines[i] and lines[i].mark == "+" do i = i + 1 end
    if gone > 0 and i - first == 2 * gone then
      for n = 0, gone - 1 do
        local a, b = lines[first + n], lines[first + gone + n]
        local head, tail = shared(a.text, b.text)
        if head + tail >= LEAST_ALIKE * math.max(#a.text, #b.text) then
          a.from, a.to, b.from, b.to = head + 1, #a.text - tail, head + 1, #b.text - tail
        end
      end
    end
    i = math.max(i, first + 1)
  end
end

local kinds = { ["-"] = "removed", ["+"] = "added" }

local function painted(line)
  local kind = kinds[line.mark]
  if not kind then return line.mark .. " " .. line.text end
  if not line.from or line.from > line.to then return style.paint(kind, line.mark .. " " .. line.text) end
  return style.paint(kind, line.mark .. " " .. line.text:sub(1, line.from - 1)) .. style.paint(kind .. "_word", line.text:sub(line.from, line.to))
    .. style.paint(kind, line.text:sub(line.to + 1))
end

local function same(line) return line end

---The rows of a diff.
---@param text string
---@param most integer? rows; what is more is counted
---@param show (fun(line: string): string)? makes what a line holds clean; without it the text is
---@return string[]
function M.rows(text, most, show)
  local lines, width = parse(text, show or same)
  compare(lines)
  local rows, format = {}, "%" .. width .. "s "
  for i, line in ipairs(lines) do
    if most and i > most then
      rows[#rows + 1] = style.paint("dim", words.plural("more_lines", #lines - most))
      break
    elseif line.mark == "@" then
      rows[#rows + 1] = style.paint("dim", (" "):rep(width) .. " ⋮")
    else
      rows[#rows + 1] = style.paint("dim", format:format(line.number or "")) .. (line.mark == "\\" and style.paint("dim", line.text) or painted(line))
    end
  end
  return rows
end

---The rows of what a question is about: a diff as above, anything else as it is.
---@param text string
---@param most integer? rows of a diff
---@param plain boolean? it is no diff, whatever it looks like
---@param show (fun(line: string): string)? as for rows
---@return string[]
function M.detail(text, most, plain, show)
  local rows = {}
  if not plain and M.is_diff(text) then
    rows = M.rows(text, most, show)
  elseif text ~= "" then
    for line in text:gsub("\n$", ""):gmatch "[^\n]*" do rows[#rows + 1] = line end
  end
  for i, row in ipairs(rows) do rows[i] = row ~= "" and "  " .. row or row end
  return rows
end

return M
