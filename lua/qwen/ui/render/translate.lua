-- English texts of the program in another language, by a table of texts: as they stand in our sources, `%s` and the like where something is
-- filled in. Knows no language; which table is taken is the business of words.lua. Linear in the text: nothing is tried twice.
local term = require "sys.term"

local M = {}

local MOST, DEPTH, HEAD = 600, 4, 4 -- bytes of a line that is looked at; of texts in texts; bytes that say which entries may fit

-- The pieces of a text between what is filled in, and what may stand there ("s", "d", ...).
local function parts_of(key)
  local pieces, kinds, piece, at = {}, {}, "", 1
  while true do
    local from, to, kind = key:find("%%[-0-9.]*([%a%%])", at)
    piece = piece .. key:sub(at, (from or 0) - 1)
    if not from then break end
    if kind == "%" then
      piece = piece .. "%"
    else
      pieces[#pieces + 1], kinds[#kinds + 1], piece = piece, kind, ""
    end
    at = to + 1
  end
  pieces[#pieces + 1] = piece
  return pieces, kinds
end

---A translator for a table of texts.
---@param texts table<string, string> in the value `%s` stands for the next of what is filled in, `%1` for the first, `%r` for what is no text of ours
---@return table
function M.new(texts)
  return setmetatable({ texts = texts }, { __index = M })
end

-- The entries with something to fill in, made when a text is first looked for that the table does not have as it stands.
local function index(self)
  self.by_head, self.others = {}, {}
  for key, value in pairs(self.texts) do
    local pieces, kinds = parts_of(key)
    if #kinds > 0 then
      local entry = { pieces = pieces, kinds = kinds, value = value, weight = #table.concat(pieces), key = key }
      local head = pieces[1]:sub(1, HEAD)
      local list = self.others
      if #head == HEAD then
        self.by_head[head] = self.by_head[head] or {}
        list = self.by_head[head]
      end
      list[#list + 1] = entry
    end
  end
  local function by_weight(a, b)
    if a.weight ~= b.weight then return a.weight > b.weight end
    return a.key < b.key
  end
  for _, list in pairs(self.by_head) do table.sort(list, by_weight) end
  table.sort(self.others, by_weight)
end

-- What stands in the places of an entry; nil when the text is another one. Each piece is taken where it comes first.
local function match(entry, text)
  local pieces, n = entry.pieces, #entry.pieces
  if text:sub(1, #pieces[1]) ~= pieces[1] or #text < entry.weight or pieces[n] ~= "" and text:sub(-#pieces[n]) ~= pieces[n] then return nil end
  local out, at, last = {}, #pieces[1] + 1, #text - #pieces[n]
  for i = 2, n do
    local from, to = last + 1, nil
    if i < n then from, to = text:find(pieces[i], at, true) end
    if not from or from < at or from > last + 1 then return nil end
    local found = text:sub(at, from - 1)
    if entry.kinds[i - 1] == "d" and not found:find "^%-?%d[%d,]*$" then return nil end
    out[i - 1], at = found, (to or last) + 1
  end
  return out
end

-- The translation filled in; what stands in its places may be a text of ours too.
local function fill(self, entry, found, depth)
  local n = 0
  local function put(i)
    return self:whole(found[i] or "", depth + 1) or found[i] or ""
  end
  return (entry.value:gsub("%%([%d%%sdr])", function(place)
    if place == "%" then return "%" end
    if place:find "%d" then return put(math.tointeger(tonumber(place))) end
    n = n + 1
    return place == "r" and found[n] or put(n)
  end))
end

---The translation of a text as a whole; nil when the table does not have it.
---@param text string
---@return string?
function M:whole(text, depth)
  depth = depth or 1
  if self.texts[text] then return self.texts[text] end
  if #text > MOST or depth > DEPTH or not text:find "%a" then return nil end
  if not self.others then index(self) end
  for _, list in ipairs { self.by_head[text:sub(1, HEAD)] or {}, self.others } do
    for _, entry in ipairs(list) do
      local found = match(entry, text)
      if found then return fill(self, entry, found, depth) end
    end
  end
end

-- The cells of a row, which stand two blanks or more apart: text, first column and the one behind the last.
local function cells_of(line)
  local at = 1
  return function()
    local from = line:find("%S", at)
    if not from then return nil end
    at = line:find("%s%s", from) or #line + 1
    local cell, first = line:sub(from, at - 1), term.width(line:sub(1, from - 1))
    return cell, first, first + term.width(cell)
  end
end

-- In how many lines a cell begins, or ends, at a column.
local function edges_of(text)
  local begins, ends = {}, {}
  for line in text:gmatch "[^\n]+" do
    for _, first, behind in cells_of(line) do
      begins[first], ends[behind] = (begins[first] or 0) + 1, (ends[behind] or 0) + 1
    end
  end
  return { begins = begins, ends = ends }
end

-- Each cell by itself; it keeps its column, or in a column whose cells end together its end.
local function cells(self, line, edges)
  local out, used, some = {}, 0, false
  for cell, first, behind in cells_of(line) do
    local said = self:whole(cell)
    local width = term.width(said or cell)
    if edges and edges.ends[behind] > edges.begins[first] then first = behind - width end
    local blanks = math.max(first - used, #out > 0 and 2 or 0)
    out[#out + 1] = (" "):rep(blanks) .. (said or cell)
    used, some = used + blanks + width, some or said ~= nil
  end
  return some and table.concat(out) or nil
end

---A line as it is shown: as a whole, without the blanks before it, or cell by cell. What is not known stays as it is.
---@param line string
---@param edges table? of the lines around it
---@return string
function M:line(line, edges)
  if #line > MOST or not line:find "%a" then return line end
  if self.texts[line] then return self.texts[line] end
  local indent, rest = line:match "^(%s*)(.-)%s*$"
  local said = rest:find "%s%s" and cells(self, line, edges)
  if said then return said end
  said = (#indent > 1 or rest:find "%s") and self:whole(rest) -- a single word may be anybody's
  return said and indent .. said or self:whole(line) or line
end

---A text of several lines, as it is shown.
---@param text string
---@return string
function M:lines(text)
  if self.texts[text] then return self.texts[text] end
  local edges = text:find("\n", 1, true) and #text <= MOST * 100 and edges_of(text) or nil
  return (text:gsub("[^\n]+", function(line) return self:line(line, edges) end))
end

return M
