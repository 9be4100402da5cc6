-- A table as rows: columns shrink until they fit, cells wrap, and where not even that fits, each row
-- becomes a list of "head: cell".
local style = require "qwen.ui.render.style"
local term = require "sys.term"
local wrap = require "qwen.ui.render.wrap"

local LEAST, BETWEEN = 6, 3 -- columns that a cell keeps; " │ "
local LONG_WORD = 20 -- columns of a word that is not broken

-- For each column the width of its widest line, and of its widest word, broken where it is long.
local function measures(rows)
  local most, least = {}, {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      most[i], least[i] = most[i] or 1, least[i] or 1
      for line in cell.text:gmatch "[^\n]+" do most[i] = math.max(most[i], term.width(line)) end
      for word in cell.text:gmatch "%S+" do
        least[i] = math.max(least[i], math.min(term.width(word), LONG_WORD))
      end
    end
  end
  return most, least
end

local function sum_of(widths)
  local sum = 0
  for _, width in ipairs(widths) do sum = sum + width end
  return sum
end

-- The widths of the columns: all get what their words need, and of the rest each as much as it lacks.
-- nil when not even a few columns fit.
local function fitted(most, least, width)
  local room = width - BETWEEN * (#most - 1)
  if sum_of(most) <= room then return most end
  if sum_of(least) > room then
    for i, w in ipairs(least) do least[i] = math.min(w, LEAST) end
    if sum_of(least) > room then return nil end
  end
  local spare, lacking, out = room - sum_of(least), sum_of(most) - sum_of(least), {}
  for i, w in ipairs(least) do out[i] = w + (most[i] - w) * spare // lacking end
  return out
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
  local most, least = measures(rows)
  local widths = fitted(most, least, width)
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
