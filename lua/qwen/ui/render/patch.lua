-- A unified diff for people: line numbers, the colours of the code, a ground behind what changed,
-- and in a line that changed the words that did; of several files the name of each. Pure; the text
-- must be clean.
local highlight = require "qwen.ui.render.highlight"
local style = require "qwen.ui.render.style"
local words = require "qwen.ui.render.words"
local wrap = require "qwen.ui.render.wrap"

local M = {}

local LEAST_ALIKE = 0.3 -- lines that share less have no words worth showing

---Whether a text is a unified diff.
---@param text string
---@return boolean
function M.is_diff(text)
  local at = text:match "^%-%-%- [^\n]*\n%+%+%+ [^\n]*\n()"
  return at ~= nil and (at > #text or text:find("^@@ ", at) ~= nil or text:find("^%-%-%- ", at) ~= nil)
end

local function same(line) return line end

-- Whether each line of both sides ends in CR, as those of Windows do: then that is nothing to be shown.
local function all_cr(text)
  local body = text:match "\n@@ .*" or ""
  for line in body:gmatch "\n([ +-][^\n]*)" do
    if line:byte(-1) ~= 13 then return false end
  end
  return body:find "\r\n" ~= nil
end

-- What is done to a file, by its two names in a diff.
local function file_title(old, new)
  local before, after = old:match "^a/(.*)$", new:match "^b/(.*)$"
  if not before then return "+ " .. (after or new) end
  if not after then return "− " .. before end
  return before == after and after or before .. " → " .. after
end

-- "12,3" or "12": the first line and how many there are.
local function range(place)
  return math.tointeger(tonumber(place:match "^%d+")) or 0, math.tointeger(tonumber(place:match ",(%d+)$")) or 1
end

-- Each line with its mark and its number in the file it stands in; show makes its text. A line is
-- part of a hunk as long as its head counts, whatever it looks like.
local function parse(text, show)
  local lines, old, new, widest, left_old, left_new = {}, 0, 0, 1, 0, 0
  local windows, name = all_cr(text), nil
  local function put(mark, number, line)
    if windows then line = line:gsub("\r$", "") end
    lines[#lines + 1] = { mark = mark, number = number, text = wrap.untab(show(line)) }
  end
  for line in text:gmatch "([^\n]*)\n?" do
    local inside = left_old > 0 or left_new > 0
    local olds, news = line:match "^@@ %-(%S+) %+(%S+) @@"
    local mark, rest = line:sub(1, 1), line:sub(2)
    if inside then
      if mark ~= "+" and mark ~= "\\" then left_old = left_old - 1 end
      if mark ~= "-" and mark ~= "\\" then left_new = left_new - 1 end
      if mark == "-" then
        put(mark, old, rest)
        old = old + 1
      elseif mark == "+" or mark == " " then
        put(mark, new, rest)
        old, new = old + (mark == " " and 1 or 0), new + 1
      elseif mark == "\\" then
        put(mark, nil, rest:sub(2))
      end
    elseif olds then
      local last = lines[#lines]
      if last and last.mark ~= "file" then lines[#lines + 1] = { mark = "@" } end
      old, left_old = range(olds)
      new, left_new = range(news)
    elseif mark == "\\" then
      put(mark, nil, rest:sub(2))
    elseif line:find "^%-%-%- " then
      name = line:sub(5)
    elseif name and line:find "^%+%+%+ " then
      lines[#lines + 1] = { mark = "file", text = show(file_title(name, line:sub(5))), path = line:sub(5) }
      name, old, new = nil, 0, 0
    end
    widest = math.max(widest, #tostring(math.max(old, new)))
  end
  local files = 0
  for _, each in ipairs(lines) do files = files + (each.mark == "file" and 1 or 0) end
  return lines, widest, files
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
    if gone > 0 then
      for n = 0, math.min(gone, i - first - gone) - 1 do
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

-- The colours of the code in a file; those of the lines that go and of those that come are read
-- apart, for a string may be open in one and not in the other.
local function colours(path)
  local name = path:match "%.([%w_]+)$" or path:match "^.*/(.*)" or path
  local old, new = highlight.spans(name), highlight.spans(name)
  return function(line)
    if line.mark == "-" then return old(line.text) end
    local spans = new(line.text)
    if line.mark == " " then old(line.text) end
    return spans
  end
end

-- The spans of a line with the words that changed in the place of what stood there.
local function with_words(line, spans, names)
  local from, to = line.from, line.to
  if not from or from > to then return spans end
  local out, put = {}, nil
  local function add(first, last, what)
    if first <= last then out[#out + 1] = { from = first, to = last, names = what } end
  end
  for _, span in ipairs(spans) do
    add(span.from, math.min(span.to, from - 1), span.names)
    if span.to >= from and not put then
      add(from, to, names)
      put = true
    end
    add(math.max(span.from, to + 1), span.to, span.names)
  end
  if not put then add(from, to, names) end
  return out
end

-- The rows of one line: its number and mark, and below them nothing where it wraps.
local function line_rows(line, spans, columns, format)
  local kind = kinds[line.mark]
  local rich = kind and style.ground(kind .. "_row")
  local base = kind and (rich and kind .. "_row" or kind) or ""
  if kind then spans = with_words(line, spans, kind .. "_word") end
  local number = format:format(line.number or "")
  local lead = style.paint(rich and "dim " .. base or "dim", number)
  if line.mark ~= "\\" then
    lead = lead .. style.paint(rich and kind .. " " .. base or base, line.mark .. " ")
  end
  local content = { text = line.text, spans = spans }
  local room = math.max(columns - #number - 2, 8)
  local rows, widths = wrap.rows(content, room, line.mark == "\\" and "dim" or base)
  local under = style.paint(base, (" "):rep(#number + 2))
  for i, row in ipairs(rows) do
    rows[i] = (i == 1 and lead or under) .. row
    widths[i] = widths[i] + #number + 2
  end
  return rows, widths, rich and base
end

-- Changed rows are as wide as the widest of them, so that their ground is one.
local function even(out, columns)
  local widest = 0
  for _, row in ipairs(out) do widest = math.max(widest, row.ground and row.width or 0) end
  widest = math.min(widest + 1, columns)
  for i, row in ipairs(out) do
    local blanks = row.ground and (" "):rep(widest - row.width) or ""
    out[i] = row.text .. style.paint(row.ground or "", blanks)
  end
  return out
end

---How many lines a diff adds and takes away, for people.
---@param text string
---@return string
function M.count(text)
  local added, removed = 0, 0
  for _, line in ipairs((parse(text, same))) do
    if line.mark == "+" then added = added + 1 elseif line.mark == "-" then removed = removed + 1 end
  end
  return ("+%d −%d"):format(added, removed)
end

---The rows of a diff: numbers, marks, the colours of the code and of what changed.
---@param text string
---@param columns integer
---@param most integer? lines; what is more is counted
---@param show (fun(line: string): string)? makes what a line holds clean; without it the text is
---@return string[]
function M.rows(text, columns, most, show)
  local lines, width, files = parse(text, show or same)
  if files == 1 and #lines > 1 then table.remove(lines, 1) end -- who shows it names it
  compare(lines)
  local paint = colours(text:match "^[^\n]*\n%+%+%+ ([^\n\t]*)" or "")
  local coloured = style.ground "added_row"
  local out, format = {}, "%" .. width .. "s "
  local function put(row, columns_of_it, ground)
    out[#out + 1] = { text = row, width = columns_of_it, ground = ground }
  end
  for i, line in ipairs(lines) do
    if most and i > most then
      put(style.paint("dim", words.plural("more_lines", #lines - most)))
      break
    elseif line.mark == "file" then
      for _, row in ipairs((wrap.rows({ text = line.text, spans = {} }, columns, "bold"))) do put(row) end
      paint = colours(line.path:match "^[^\t]*")
    elseif line.mark == "@" then
      put(style.paint("dim", (" "):rep(width) .. " ⋮"))
    else
      local spans = coloured and line.mark ~= "\\" and paint(line) or {}
      local rows, widths, ground = line_rows(line, spans, columns, format)
      for n, row in ipairs(rows) do put(row, widths[n], ground) end
    end
  end
  return even(out, columns)
end

return M
