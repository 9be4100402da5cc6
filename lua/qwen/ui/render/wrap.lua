-- Text with styled parts as rows that fit: broken at spaces, painted afterwards, so that no escape sequence is ever counted. Pure.
-- A content is {text, spans}, without tabs: a span gives the bytes `from` to `to` the style `names`; spans are in order and apart from each other.
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local texts = require "qwen.util.text"

local M = {}

---Tabs as spaces, so that the width is known.
---@param line string
---@return string
function M.untab(line)
  return (line:gsub("\t", "    "))
end

---A text as one row; where it does not fit, "…" stands for the rest.
---@param text string
---@param columns integer
---@return string
---@return integer columns that it takes
function M.cut(text, columns)
  local width = term.width(text)
  if width <= columns then return text, width end
  if columns < 1 then return "", 0 end
  text, width = term.cut(text, columns - 1)
  return text .. "…", width + 1
end

-- A function that paints pieces of the text, which must come in their order.
local function painter(content, base)
  local text, spans, i = content.text, content.spans, 1
  return function(from, to)
    local span = spans[i]
    while span and span.to < from do
      i = i + 1
      span = spans[i]
    end
    if not span or span.from > to then return style.paint(base, text:sub(from, to)) end
    local out = {}
    while span and span.from <= to do
      local first, last = math.max(span.from, from), math.min(span.to, to)
      if first > from then out[#out + 1] = style.paint(base, text:sub(from, first - 1)) end
      out[#out + 1] = style.paint(base == "" and span.names or base .. " " .. span.names, text:sub(first, last))
      from = last + 1
      if span.to > to then break end
      i = i + 1
      span = spans[i]
    end
    if from <= to then out[#out + 1] = style.paint(base, text:sub(from, to)) end
    return table.concat(out)
  end
end

---Rows of at most so many columns.
---@param content {text: string, spans: {from: integer, to: integer, names: string}[]}
---@param width integer
---@param base string? style of the whole
---@return string[] rows
---@return integer[] columns of each
function M.rows(content, width, base)
  local text, rows, columns, start = content.text, {}, {}, 1
  local paint = painter(content, base or "")
  while start <= #text + 1 do
    local newline = text:find("\n", start, true) or #text + 1
    for i, line in ipairs(term.wrap(text:sub(start, newline - 1), width)) do
      if i > 1 then start = text:find("[^ ]", start) or start end -- the spaces of the break hang over the edge
      rows[#rows + 1] = paint(start, start + #line - 1)
      columns[#rows] = term.width(line)
      start = start + #line
    end
    start = newline + 1
  end
  return rows, columns
end

-- Where the rows after the first begin: below what stands behind a label or a mark, when that leaves room enough.
local function hang_of(line, columns)
  local indent, most = #line:match "^ *", columns * 3 // 5
  local mark = line:match "^ *[-*•] +()" or line:match "^ *%d+[.)] +()"
  if mark then return mark - 1 end
  local hang = indent
  for behind in line:gmatch "%S  +()%f[^ ]" do
    local column = term.width(line:sub(1, behind - 1))
    if column > most then break end
    hang = column
  end
  return hang > most and 0 or hang
end

---Rows of a line of plain text: broken between words, the rest below the beginning. A word that fits no row, such as an address, stays whole.
---@param line string
---@param columns integer
---@return string[]
function M.hanging(line, columns)
  line = M.untab(line)
  if term.width(line) <= columns then return { line } end
  local hang, out, at = hang_of(line, columns), {}, 1
  local lead = (" "):rep(hang)
  local function put(text)
    if #out == 0 then
      local first = term.wrap(text, columns)[1]
      out[1] = first:gsub("%f[ ] +$", "")
      text = text:sub(#first + 1)
    end
    text = texts.trim(text)
    if text == "" then return end
    for _, row in ipairs(term.wrap(text, math.max(columns - hang, 1))) do out[#out + 1] = lead .. row end
  end
  for from, word, behind in line:gmatch "()(%S+)()" do
    if #word > columns - hang and not word:find "[\x80-\xff]" then
      local before = line:sub(at, from - 1)
      if before:find "%S" then put(before) end
      out[#out + 1] = (#word + hang <= columns and lead or "") .. word
      at = behind
    end
  end
  put(line:sub(at))
  return out
end

---A text of several lines, each wrapped with what is behind its beginning below it.
---@param text string
---@param columns integer
---@return string
function M.text(text, columns)
  return (text:gsub("[^\n]+", function(line) return table.concat(M.hanging(line, columns), "\n") end))
end

return M
