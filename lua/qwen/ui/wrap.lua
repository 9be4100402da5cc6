-- Text with styled parts as rows that fit: broken at spaces, painted afterwards, so that no escape sequence is ever counted. Pure.
-- A content is {text, spans}, without tabs: a span gives the bytes `from` to `to` the style `names`; spans are in order and apart from each other.
local style = require "qwen.ui.style"
local term = require "sys.term"

local M = {}

---Tabs as spaces, so that the width is known.
---@param line string
---@return string
function M.untab(line)
  return (line:gsub("\t", "    "))
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

return M
