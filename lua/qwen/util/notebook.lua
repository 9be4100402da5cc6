-- Jupyter notebooks: their cells as text for a model, and the change of one cell in which every other
-- byte of the file stays. Pure; it knows no files.
local json = require "sys.json"
local json_numbers = require "qwen.util.json_numbers"
local sys = require "sys.os"
local texts = require "qwen.util.text"

local M = {}

local MOST_OUTPUT = 4000 -- bytes of the outputs of a cell

-- What a field of lines holds: a text, or a list of texts.
local function joined(value)
  if type(value) == "string" then return value end
  if type(value) ~= "table" or value == json.null then return "" end
  local out = {}
  for i, line in ipairs(value) do out[i] = type(line) == "string" and line or "" end
  return table.concat(out)
end

local function object(value) return type(value) == "table" and value ~= json.null and value or {} end

---The cells of a notebook, in their order.
---@param text string
---@return table? notebook decoded; nil: it is none
function M.parse(text)
  text = text:gsub("^\xef\xbb\xbf", "")
  local notebook = json.decode(text, false, true) or json.decode(json_numbers(text), false, true)
  local cells = type(notebook) == "table" and notebook ~= json.null and notebook.cells
  if type(cells) ~= "table" or cells == json.null then return nil end
  if not cells[1] and (next(cells) or text:find '"cells"%s*:%s*{') then return nil end -- no list
  for _, cell in ipairs(cells) do
    if type(cell) ~= "table" or cell == json.null or type(cell.cell_type) ~= "string" then return nil end
  end
  return notebook
end

-- The name of a cell: its own id, or its place from 0.
local function name_of(cell, place)
  return type(cell.id) == "string" and cell.id ~= "" and cell.id or "cell-" .. place - 1
end

---The place of a cell by its id, or by its number from 0 as "cell-N".
---@param notebook table
---@param id string
---@return integer? nil: there is none
---@return boolean? several more than one is meant
function M.find(notebook, id)
  local found
  for i, cell in ipairs(notebook.cells) do
    if cell.id == id or id == "cell-" .. i - 1 then
      if found and found ~= i then return nil, true end
      found = i
    end
  end
  return found
end

---@param notebook table
---@param place integer
---@return {name: string, kind: string, source: string}
function M.cell(notebook, place)
  local cell = notebook.cells[place]
  return { name = name_of(cell, place), kind = cell.cell_type, source = joined(cell.source) }
end

local function language(notebook)
  local meta = object(notebook.metadata)
  local name = object(meta.language_info).name or object(meta.kernelspec).language
  return type(name) == "string" and name or "python"
end

-- One output as text: pictures and other data by their kind and size.
local function output_text(output)
  output = object(output)
  if output.output_type == "stream" then return joined(output.text) end
  if output.output_type == "error" then
    local trace = {}
    for i, line in ipairs(object(output.traceback)) do trace[i] = tostring(line) end
    local head = ("%s: %s"):format(tostring(output.ename or "Error"), tostring(output.evalue or ""))
    return trace[1] and head .. "\n" .. table.concat(trace, "\n") or head
  end
  local data, out, kinds = object(output.data), {}, {}
  local plain = joined(data["text/plain"])
  if plain ~= "" then out[1] = plain end
  for kind, value in pairs(data) do
    if kind ~= "text/plain" and (plain == "" or tostring(kind):find "^image/") then kinds[#kinds + 1] = { tostring(kind), #joined(value) } end
  end
  table.sort(kinds, function(a, b) return a[1] < b[1] end)
  for _, kind in ipairs(kinds) do out[#out + 1] = ("[%s, %s]"):format(kind[1], texts.human_bytes(kind[2])) end
  return table.concat(out, "\n")
end

local TITLES = { code = "Code cell", markdown = "Markdown cell", raw = "Raw cell" }

local function cell_text(cell, place, fence)
  local count = math.tointeger(cell.execution_count)
  local title = ("--- %s %s%s ---"):format(TITLES[cell.cell_type] or "Cell", name_of(cell, place), count and (" [%d]"):format(count) or "")
  if cell.cell_type ~= "code" then return title .. "\n" .. joined(cell.source) end
  local out = { title, "```" .. fence, joined(cell.source), "```" }
  local outputs = {}
  for _, output in ipairs(object(cell.outputs)) do
    local text = texts.trim_end(texts.clean(output_text(output)))
    if text ~= "" then outputs[#outputs + 1] = text end
  end
  if outputs[1] then
    out[#out + 1] = "Output:"
    out[#out + 1] = texts.head_tail(table.concat(outputs, "\n"), MOST_OUTPUT)
  end
  return table.concat(out, "\n")
end

---A notebook as text: each cell with its id, its source and its outputs.
---@param notebook table
---@return string
function M.render(notebook)
  local fence = language(notebook)
  local head = "Jupyter notebook (%s, %s); notebook_edit changes a cell"
  local out = { head:format(fence, texts.count(#notebook.cells, "cell")) }
  for i, cell in ipairs(notebook.cells) do out[#out + 1] = cell_text(cell, i, fence) end
  return table.concat(out, "\n\n") .. "\n"
end

-- Bytes ------------------------------------------------------------------------------------------------------------

-- The last byte of the value that begins at a byte of valid JSON.
local function value_end(text, at)
  local first, depth = text:sub(at, at), 0
  if not first:find '[{%["]' then return text:match("^[^,%]}%s]*()", at) - 1 end
  while true do
    local found = text:find('["{}%[%]]', at)
    local c = text:sub(found, found)
    if c == '"' then
      found = found + 1
      while true do
        found = text:find('[\\"]', found)
        if text:byte(found) == 34 then break end
        found = found + 2
      end
    else
      depth = depth + ((c == "{" or c == "[") and 1 or -1)
    end
    if depth == 0 then return found end
    at = found + 1
  end
end

-- The values of the object or list that begins at a byte: name, first byte of all, of the value, last.
local function parts(text, at)
  local out, named = {}, text:sub(at, at) == "{"
  at = at + 1
  while true do
    at = text:find("[^%s,]", at)
    if text:find("^[%]}]", at) then return out, at end
    local part = { at = at, from = at }
    if named then
      local stop = value_end(text, at)
      part.name = object(json.decode("[" .. text:sub(at, stop) .. "]"))[1]
      part.from = text:find("[^%s:]", stop + 1)
    end
    part.to = value_end(text, part.from)
    out[#out + 1], at = part, part.to + 1
  end
end

local function member(list, name)
  for i = #list, 1, -1 do
    if list[i].name == name then return list[i] end
  end
end

-- The blanks before a place that begins its line, with the line end before them; nil on one line.
local function own_line(text, at) return text:sub(1, at - 1):match "(\r?\n[ \t]*)$" end

-- How values are written in a file: `outer` is what begins a line of the cell, `unit` one level more.
local function style_of(text, cells, list)
  local outer = cells[1] and own_line(text, cells[1].at)
  local inner = list and list[1] and own_line(text, list[1].at)
  local before = own_line(text, member(parts(text, text:find "{"), "cells").at)
  local step = outer and before and #outer - #before or 1
  local unit = (inner and outer and inner:sub(#outer + 1)) or (outer and outer:sub(-step)) or " "
  return { outer = outer, inner = inner or outer and outer .. unit, unit = unit }
end

-- A text as the list of its lines, or as one text.
local function source_value(source, as_list, style)
  if not as_list then return json.encode(source) end
  local lines = {}
  for line in source:gmatch "[^\n]*\n?" do
    if line ~= "" then lines[#lines + 1] = json.encode(line) end
  end
  if not lines[1] then return "[]" end
  if not style.inner then return "[" .. table.concat(lines, ", ") .. "]" end
  local sep = style.inner .. style.unit
  return "[" .. sep .. table.concat(lines, "," .. sep) .. style.inner .. "]"
end

local function splice(text, from, to, new) return text:sub(1, from - 1) .. new .. text:sub(to + 1) end

-- Takes a value out, with the comma that belongs to it and the line that was only there for it.
local function without(text, list, index)
  local part, after, before = list[index], list[index + 1], list[index - 1]
  if after then return splice(text, part.at, after.at - 1, "") end
  if before then return splice(text, before.to + 1, part.to, "") end
  local lead = own_line(text, part.at) or ""
  local rest = text:match("^%s*()", part.to + 1)
  return splice(text, part.at - #lead, rest - 1, "")
end

-- Sets a member of the cell, or takes it away.
local function set(text, at, name, value, style)
  local list = parts(text, at)
  for i = #list, 1, -1 do -- of a name that stands twice the last counts
    if list[i].name == name then
      if value == nil then return without(text, list, i) end
      return splice(text, list[i].from, list[i].to, value)
    end
  end
  if value == nil then return text end
  local where = 1 -- before the first name that comes after it, as notebooks sort them
  while list[where] and list[where].name < name do where = where + 1 end
  local new = json.encode(name) .. ": " .. value
  local sep = style.inner or " "
  if list[where] then return splice(text, list[where].at, list[where].at - 1, new .. "," .. sep) end
  local last = list[#list]
  return splice(text, last.to + 1, last.to, "," .. sep .. new)
end

local function replaced(text, notebook, at, change, style)
  local cell = notebook.cells[change.place]
  local kind = change.kind or cell.cell_type
  local as_list = type(cell.source) == "table"
  text = set(text, at, "source", source_value(change.source, as_list, style), style)
  if kind ~= cell.cell_type then text = set(text, at, "cell_type", json.encode(kind), style) end
  if kind == "code" then
    text = set(text, at, "attachments", nil, style)
    text = set(text, at, "outputs", "[]", style)
    text = set(text, at, "execution_count", "null", style)
  else
    text = set(text, at, "outputs", nil, style)
    text = set(text, at, "execution_count", nil, style)
  end
  if cell.metadata == nil then text = set(text, at, "metadata", "{}", style) end
  return text
end

-- A cell of its own, with the names in the order in which notebooks sort them.
local function fresh_cell(notebook, change, style)
  local lead, kind = style.inner or "", change.kind or "code"
  local sep = style.inner or " "
  local major, minor = math.tointeger(notebook.nbformat) or 4, math.tointeger(notebook.nbformat_minor) or 0
  local id = (major > 4 or major == 4 and minor >= 5) and sys.uuid():sub(1, 8) or nil
  local neighbour = notebook.cells[change.place] or notebook.cells[1]
  local as_list = not neighbour or type(neighbour.source) ~= "string"
  local out = { '"cell_type": ' .. json.encode(kind) }
  if kind == "code" then out[#out + 1] = '"execution_count": null' end
  if id then out[#out + 1] = '"id": ' .. json.encode(id) end
  out[#out + 1] = '"metadata": {}'
  if kind == "code" then out[#out + 1] = '"outputs": []' end
  out[#out + 1] = '"source": ' .. source_value(change.source, as_list, style)
  return "{" .. lead .. table.concat(out, "," .. sep) .. (style.outer or "") .. "}", id
end

---The file with one cell changed.
---@param text string
---@param notebook table as `parse` gave it
---@param change {mode: "replace"|"insert"|"delete", place: integer?, source: string?, kind: string?} place: the cell, for insert
---the one before, 0 for none
---@return string
---@return string name of the cell
function M.edit(text, notebook, change)
  local root = parts(text, text:find "{")
  local from = member(root, "cells").from
  local cells, stop = parts(text, from)
  local target = cells[change.place]
  local style = style_of(text, cells, target and parts(text, target.at))
  if change.mode == "replace" then
    return replaced(text, notebook, target.at, change, style), name_of(notebook.cells[change.place], change.place)
  elseif change.mode == "delete" then
    return without(text, cells, change.place), name_of(notebook.cells[change.place], change.place)
  end
  local new, id = fresh_cell(notebook, change, style)
  local name = id or "cell-" .. change.place
  if target then return splice(text, target.to + 1, target.to, "," .. (style.outer or " ") .. new), name end
  if cells[1] then return splice(text, cells[1].at, cells[1].at - 1, new .. "," .. (style.outer or " ")), name end
  return splice(text, from + 1, stop - 1, new), name
end

return M
