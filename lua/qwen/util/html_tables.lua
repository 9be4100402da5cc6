-- Tables of data on a web page: their rows as Markdown.
local M = {}

local WIDEST = 60 -- columns

---@return table
function M.new() return { rows = {}, columns = 0, span = 1 } end

---@param data table
function M.row(data) data.rows[#data.rows + 1] = {} end

---@param data table
---@param span integer? columns that it takes
function M.open_cell(data, span)
  if #data.rows == 0 then M.row(data) end
  data.span = math.max(1, math.min(span or 1, WIDEST))
end

---@param data table
---@param text string
function M.add(data, text)
  local row = data.rows[#data.rows]
  for i = 1, data.span do
    if #row >= WIDEST then
      row[#row] = row[#row] == "" and text or row[#row] .. " " .. text
      break
    end
    row[#row + 1] = i == 1 and text:gsub("%s+", " "):gsub("|", "\\|") or ""
  end
  if #row > data.columns then data.columns = #row end
end

-- The columns that have a word: a cell may claim to be wider than all others together.
local function used(data)
  local out, seen = {}, {}
  for _, row in ipairs(data.rows) do
    for i, cell in ipairs(row) do seen[i] = seen[i] or cell:find "%S" ~= nil end
  end
  for i = 1, data.columns do out[#out + 1] = seen[i] and i or nil end
  return out
end

-- A row as a line, or nil for one without a word.
local function line_of(row, columns)
  if not table.concat(row):find "%S" then return nil end
  local cells = {}
  for i, column in ipairs(columns) do cells[i] = row[column] or "" end
  return "| " .. table.concat(cells, " | ") .. " |"
end

---The table as blocks of lines: one, or one for each row where it has a single column.
---@param data table
---@return string[][]
function M.blocks(data)
  local lines, out, columns = {}, {}, used(data)
  for _, row in ipairs(data.rows) do
    local line = line_of(row, columns)
    if line and #columns == 1 then
      out[#out + 1] = { (row[columns[1]]:gsub("\\|", "|")) }
    elseif line then
      lines[#lines + 1] = line
      if #lines == 1 then lines[2] = "|" .. (" --- |"):rep(#columns) end
    end
  end
  if lines[1] then out[#out + 1] = lines end
  return out
end

return M
