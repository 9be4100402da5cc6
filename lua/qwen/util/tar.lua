-- Reading a tar archive (ustar and pax, as npm packs it) from memory: plain files only. What leads out of the
-- archive, links, devices and what passes the bounds is refused as a whole.
local err = require "qwen.util.err"
local tr = require("qwen.util.translate").tr

local M = {}

local BLOCK = 512

local function refused(problem) return nil, err("protocol", problem) end

local function text_at(header, from, length) return (header:sub(from, from + length - 1):match "^[^%z]*") end

-- A number in octal digits; numbers in another form are larger than anything we take.
local function number_at(header, from, length)
  local digits = text_at(header, from, length):match "^%s*([0-7]+)%s*$"
  return digits and tonumber(digits, 8) or nil
end

-- The sum of a header, its own field counted as blanks.
local function sum_fits(header)
  local said, sum = number_at(header, 149, 8), 8 * 32
  for i = 1, BLOCK do
    if i < 149 or i > 156 then sum = sum + header:byte(i) end
  end
  return said == sum
end

-- The records of a pax header: "LENGTH KEY=VALUE\n".
local function pax_of(text)
  local out, at = {}, 1
  while at <= #text do
    local length = text:match("^(%d+) ", at)
    local record = length and text:sub(at, at + tonumber(length) - 1)
    local key, value = (record or ""):match "^%d+ ([^=]+)=(.*)\n$"
    if not key or #record ~= tonumber(length) then return nil end
    out[key], at = value, at + #record
  end
  return out
end

local function name_of(header, pax, long)
  local prefix = header:sub(258, 262) == "ustar" and text_at(header, 346, 155) or ""
  local name = text_at(header, 1, 100)
  return pax.path or long or (prefix ~= "" and prefix .. "/" .. name or name)
end

---The files of an archive.
---@param bytes string
---@param most {files: integer, size: integer}
---@return {path: string, text: string, program: boolean}[]?, Err?
function M.read(bytes, most)
  local out, at, pax, long = {}, 1, {}, nil
  while at + BLOCK - 1 <= #bytes do
    local header = bytes:sub(at, at + BLOCK - 1)
    if not header:find "[^%z]" then return out end
    if not sum_fits(header) then return refused(tr "the archive is damaged: the sum of a header is wrong") end
    local kind, size = header:sub(157, 157), number_at(header, 125, 12)
    if pax.size then size = math.tointeger(tonumber(pax.size)) end
    if not size or size > most.size then return refused(tr "the archive holds a file that is too large") end
    local body = bytes:sub(at + BLOCK, at + BLOCK + size - 1)
    if #body < size then return refused(tr "the archive ends in the middle of a file") end
    at = at + BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK
    if kind == "x" then
      pax = pax_of(body)
      if not pax then return refused(tr "the archive is damaged: a header cannot be understood") end
    elseif kind == "L" then
      long = body:match "^[^%z]*"
    elseif kind == "0" or kind == "\0" then
      if #out >= most.files then return refused(tr("the archive holds more than %d files", most.files)) end
      out[#out + 1] = { path = name_of(header, pax, long), text = body,
        program = (number_at(header, 101, 8) or 0) & 64 ~= 0 }
      pax, long = {}, nil
    elseif kind == "5" then
      pax, long = {}, nil
    elseif kind ~= "g" then
      return refused(tr("the archive holds '%s', which is a link or no file; a package has files only",
        require("sys.text").visible(name_of(header, pax, long))))
    end
  end
  return refused(tr "the archive has no end")
end

return M
