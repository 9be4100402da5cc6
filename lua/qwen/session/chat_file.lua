-- The records of a session file, read from its end towards its beginning: a long conversation
-- costs what its newest part costs. Which of them are the conversation is in chat_branch.lua.
local fs = require "sys.fs"
local json = require "sys.json"

local File = {}
File.__index = File

local BLOCK = 256 * 1024 -- bytes that are read at once
local LINE = 64 * 1024 * 1024 -- bytes of a line that is decoded; a longer one counts as lost
local OVERLAP = 64 -- bytes: a name and its id may lie across two blocks
-- Bytes and lines of the beginning that are looked at.
local HEAD, HEAD_MOST, HEAD_LINES = 64 * 1024, 1024 * 1024, 20

-- The bytes that are whole lines.
local function whole_lines(path, size)
  while size > 0 do
    local from = math.max(0, size - BLOCK)
    local block, e = fs.read_part(path, from, size - from)
    if not block then return nil, e end
    local at = block:match "^.*()\n"
    if at then return from + at end
    size = from
  end
  return 0
end

-- What stands behind an offset goes to a file beside this one.
local function move_rest(path, offset, size)
  local file, e = fs.append(path .. ".torn", 384)
  local ok = file ~= nil
  while ok and offset < size do
    local piece
    piece, e = fs.read_part(path, offset, math.min(BLOCK, size - offset))
    ok = piece ~= nil and piece ~= ""
    if ok then ok, e = file:write(piece) end
    offset = offset + #(piece or "")
  end
  if ok then ok, e = file:write "\n" end
  if file then file:close() end
  return ok, e
end

---A file to read. A last line that was not written whole is cut off and kept beside it; one that
---only lacks its end gets it.
---@param path string
---@param appender Appender? of the same file; without one nothing is repaired
---@return table?, Err?
function File.open(path, appender)
  local stat, e = fs.stat(path)
  local whole
  if stat then whole, e = whole_lines(path, stat.size) end
  if not whole then return nil, e end
  local size, ok = stat.size, true
  local rest = appender and whole < size and size - whole <= LINE
    and fs.read_part(path, whole, size - whole)
  if not appender then
    size = whole
  elseif rest and type(json.decode(rest)) == "table" then
    ok, e = appender:write "\n"
    size = size + 1
  elseif whole < size then
    ok, e = move_rest(path, whole, size)
    if ok then ok, e = fs.truncate(path, whole) end
    size = whole
  end
  if not ok then return nil, e end
  local at_end = { path = path, at = size, base = size, block = "", last = 0, ends = {} }
  return setmetatable(at_end, File)
end

-- An error stays in `err`: what is then given out is no longer the file.
local function part(self, from, count)
  local bytes, e = fs.read_part(self.path, from, count)
  self.err = self.err or e
  return bytes
end

-- `block` is what stands before the lines that were given out: its bytes from `base` on, up to
-- `last`; `ends` are the line ends in it.
local function load_block(self)
  local from = math.max(0, self.base - BLOCK)
  local block = part(self, from, self.base - from)
  if not block then return false end
  local ends, at = {}, block:find("\n", 1, true)
  while at do
    ends[#ends + 1] = at
    at = block:find("\n", at + 1, true)
  end
  self.base, self.block, self.last, self.ends = from, block, #block, ends
  return true
end

-- The pieces of a line, which were found from its end to its beginning.
local function joined(pieces)
  if #pieces == 1 then return pieces[1] end
  local out = {}
  for i = #pieces, 1, -1 do out[#out + 1] = pieces[i] end
  return table.concat(out)
end

-- The line before the last one that was given out, "" for one that is too long; nil at the
-- beginning.
local function line_before(self)
  if self.base == 0 and self.last == 0 then return nil end
  local pieces, size = {}, 0
  while true do
    local cut = table.remove(self.ends)
    local piece = self.block:sub((cut or 0) + 1, self.last)
    size = size + #piece
    if size <= LINE then pieces[#pieces + 1] = piece end
    self.last = cut and cut - 1 or 0
    self.at = self.base + (cut or 0)
    if cut or self.base == 0 then return size <= LINE and joined(pieces) or "" end
    if not load_block(self) then return nil end
  end
end

local function decoded(line)
  -- A crash of the system may leave NULs.
  if line:find("\0", 1, true) then line = line:gsub("%z+", "") end
  local record = line ~= "" and json.decode(line)
  return type(record) == "table" and record or nil
end

---The record of a line that was given out before.
---@param at integer where it begins
---@param size integer
---@return table?
function File:record_at(at, size)
  local line = part(self, at, size)
  return line and decoded(line)
end

---The record before the last one that was given out. What is no record is passed over.
---@return table? record nil at the beginning of the file, and where it cannot be read
---@return integer? bytes of its line
function File:record()
  while true do
    local line = line_before(self)
    if not line then return nil end
    local record = decoded(line)
    if record then return record, #line end
  end
end

-- Where the last record with an id begins to name itself, in a block; nil where there is none.
local function place_in(block, id)
  local found, at = nil, block:find('"' .. id .. '"', 1, true)
  while at do
    if block:sub(math.max(1, at - 20), at - 1):find '"uuid"%s*:%s*$' then found = at end
    at = block:find('"' .. id .. '"', at + 1, true)
  end
  return found
end

-- The end of the line that holds an offset.
local function end_of_line(self, offset)
  while true do
    local block = part(self, offset, BLOCK)
    if not block or block == "" then return nil end
    local at = block:find("\n", 1, true)
    if at then return offset + at end
    offset = offset + #block
  end
end

---The record with an id before the last one that was given out; the one before it follows. Stays
---where it is when there is none.
---@param id string
---@return table? record
---@return integer bytes of its line, or those that were searched in vain
function File:go_to(id)
  local was = {}
  for key, value in pairs(self) do was[key] = value end
  local upto = was.at
  while upto > 0 do
    local from = math.max(0, upto - BLOCK)
    local block = part(self, from, math.min(upto + #id + OVERLAP, was.at) - from)
    local place = block and place_in(block, id)
    local past = place and end_of_line(self, from + place - 1)
    if past then
      self.base, self.block, self.last, self.ends = past, "", 0, {}
      local record, size = self:record()
      if record and record.uuid == id then return record, size end
    end
    if not block then break end
    upto = place and from + place - 1 or from -- that was a text in another record
  end
  for key, value in pairs(was) do self[key] = value end
  return nil, was.at
end

---What a function makes of one of the first records of a file; nil where it makes nothing of them.
---@generic T
---@param path string
---@param wanted fun(record: table): T?
---@param most integer? bytes that are read for it
---@return T?
function File.first(path, wanted, most)
  local size = HEAD
  while size <= (most or HEAD_MOST) do
    local text = fs.read_part(path, 0, size) or ""
    local lines, whole = 0, #text < size
    for line, ending in text:gmatch "([^\n]+)(\n?)" do
      local record = (whole or ending ~= "") and json.decode(line)
      local found = type(record) == "table" and wanted(record)
      if found then return found end
      lines = lines + 1
      if lines == HEAD_LINES then return nil end
    end
    if whole then return nil end
    size = size * 4
  end
end

return File
