-- Places in a text as a language server counts them (bytes or UTF-16 units of a line, from 0) and
-- as people and models do (lines and characters, from 1), and the names of files as addresses.
local M = {}

-- The characters of a line with the bytes of each; what is no UTF-8 counts byte by byte.
local function characters(line)
  return line:gmatch(utf8.len(line) and utf8.charpattern or ".")
end

local function units(character, encoding)
  if encoding == "utf-8" then return #character end
  return encoding == "utf-16" and #character == 4 and 2 or 1
end

---The unit at which a character begins; behind the end the end.
---@param line string
---@param character integer from 1
---@param encoding "utf-8"|"utf-16"|"utf-32"
---@return integer from 0
function M.unit_of(line, character, encoding)
  local unit, at = 0, 1
  for each in characters(line) do
    if at >= character then break end
    unit, at = unit + units(each, encoding), at + 1
  end
  return unit
end

---The character that a unit is in.
---@param line string
---@param unit integer from 0
---@param encoding "utf-8"|"utf-16"|"utf-32"
---@return integer from 1
function M.character_of(line, unit, encoding)
  local passed, at = 0, 1
  for each in characters(line) do
    passed = passed + units(each, encoding)
    if passed > unit then break end
    at = at + 1
  end
  return at
end

---The byte at which the character begins that a unit is in; behind the end the end.
---@param line string
---@param unit integer from 0
---@param encoding "utf-8"|"utf-16"|"utf-32"
---@return integer from 1
function M.byte_of(line, unit, encoding)
  local passed, byte = 0, 1
  for each in characters(line) do
    passed = passed + units(each, encoding)
    if passed > unit then break end
    byte = byte + #each
  end
  return byte
end

---A text in lines, without their ends.
---@param text string
---@return string[]
function M.lines(text)
  local out = {}
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do out[#out + 1] = line end
  return out
end

-- Where a name stands in a line as a whole word: its byte.
local function word_at(line, name)
  local from = 1
  while true do
    local first, last = line:find(name, from, true)
    if not first then return nil end
    local before, after = line:sub(first - 1, first - 1), line:sub(last + 1, last + 1)
    if not before:find "[%w_$]" and not after:find "[%w_$]" then return first end
    from = last + 1
  end
end

---Where a name stands in a text: in the line that is given, else in the nearest one that has it. Of
---`a.b` or `A::b` the last part is meant.
---@param lines string[]
---@param name string
---@param near integer? a line, from 1
---@return integer? line from 1
---@return integer? character from 1
function M.find(lines, name, near)
  local best, best_at, words = nil, nil, { name }
  for word in name:gmatch "[%w_$]+" do words[2] = word end
  for _, word in ipairs(words) do
    for i, line in ipairs(lines) do
      local nearer = not best or near and math.abs(i - near) < math.abs(best - near)
      local byte = nearer and word_at(line, word)
      if byte then best, best_at = i, (utf8.len(line:sub(1, byte - 1)) or byte - 1) + 1 end
    end
    if best then break end
  end
  return best, best_at
end

---The name of a file without its folder.
---@param path string
---@return string
function M.name(path) return path:match "^.*/(.*)$" or path end

---The address of a file.
---@param path string absolute
---@return string
function M.uri(path)
  return "file://" .. path:gsub("[^%w/._~-]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end)
end

---The file of an address; nil for what is none on this machine.
---@param uri any
---@return string?
function M.path(uri)
  if type(uri) ~= "string" then return nil end
  local path = uri:match "^file://(/.*)$" or uri:match "^file://localhost(/.*)$"
  if not path then return nil end
  path = path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  return not path:find("\0", 1, true) and path or nil
end

return M
