-- A table as rows: columns shrink until they fit, cells wrap, and where not even that fits, each row becomes a list of "head: cell".
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local wrap = require "qwen.ui.render.wrap"

local LEAST, BETWEEN = 6, 3 -- columns a shrunk cell keeps; " │ "

local function natural(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      for line in cell.text:gmatch "[^\n]+" do widths[i] = math.max(widths[i] or 1, term.width(line)) end
      widths[i] = widths[i] or 1
    end
  end
  return widths
end

-- Takes columns from the widest until all fit; nil when they cannot.
local function fitted(widths, width)
  local room, sum = width - BETWEEN * (#widths - 1), 0
  for _, w in ipairs(widths) do sum = sum + w end
  while sum > room do
    local widest, second = 1, 0
    for i, w in ipairs(widths) do
      if w > widths[widest] then widest = i end
    end
    for i, w in ipairs(widths) do
      if i ~= widest and w > second then second = w end
    end
    local to = math.max(LEAST, math.min(widths[widest] - 1, math.max(second, widths[widest] - (sum - room))))
    if to >= widths[widest] then return nil end
    sum = sum - widths[widest] + to
    widths[widest] = to
  end
  return widths
end

local function aligned(text, columns, width, align)
  local space = math.max(width - columns, 0)
  local left = align == "right" and space or align == "center" and space // 2 or 0
  return (" "):rep(left) .. text .. (" "):rep(space - left)
end

-- One row of the table: as many rows of the screen as its longest cell.
local function add_row(out, row, widths, base)
  local cells, columns, height = {}, {}, 1
  for i, width in ipairs(widths) do
    if row[i] then cells[i], columns[i] = wrap.rows(row[i], width, base) end
    height = math.max(height, #(cells[i] or {}))
  end
  for line = 1, height do
    local parts = {}
    for i, width in ipairs(widths) do
      local text = cells[i] and cells[i][line]
      parts[i] = aligned(text or "", text and columns[i][line] or 0, width, row[i] and row[i].align)
    end
    out[#out + 1] = table.concat(parts, " " .. style.paint("rule", "│") .. " "):gsub("%f[ ] +$", "")
  end
end

local function as_list(rows, width)
  local out, head = {}, rows[1] or {}
  for n = 2, #rows do
    if n > 2 then out[#out + 1] = "" end
    for i, cell in ipairs(rows[n]) do
      local title = head[i] and head[i].text or ""
      local shift = #title + 2
      local content = { text = title .. ": " .. cell.text, spans = { { from = 1, to = shift - 1, names = "strong" } } }
      for _, span in ipairs(cell.spans) do
        content.spans[#content.spans + 1] = { from = span.from + shift, to = span.to + shift, names = span.names }
      end
      for _, row in ipairs((wrap.rows(content, width))) do out[#out + 1] = row end
    end
  end
  return out
end

---The rows of a table; the first one is its head.
---@param rows table[][] contents of wrap.lua, with `align`
---@param width integer
---@return string[]
return function(rows, width)
  local widths = fitted(natural(rows), width)
  if not widths or style.reader() then return as_list(rows, width) end
  local out, lines = {}, {}
  for n, row in ipairs(rows) do
    add_row(out, row, widths, n == 1 and "strong" or "")
    if n == 1 then
      for i, w in ipairs(widths) do lines[i] = ("─"):rep(w) end
      out[#out + 1] = style.paint("rule", table.concat(lines, "─┼─"))
    end
  end
  return out
end
