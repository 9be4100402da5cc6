-- Messages of the Language Server Protocol as bytes: a header with Content-Length, then JSON. What
-- comes is hostile input: its size is judged before it is kept.
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase
local text = require "qwen.util.text"

local M = {}

local MOST_HEADER, MOST_BODY = 4096, 16 * 1024 * 1024

---The bytes of a message.
---@param body string JSON
---@return string
function M.write(body)
  return ("Content-Length: %d\r\n\r\n%s"):format(#body, body)
end

local function refused(words) return err("protocol", words) end

-- The length that a header names.
local function length_of(header)
  local size
  for line in header:gmatch "[^\r\n]+" do
    local name, value = line:match "^([%w-]+):(.*)$"
    if not name then
      return nil, refused(phrase "what it sent is no message of a language server")
    end
    value = text.trim(value)
    if name:lower() == "content-length" then size = value:match "^%d+$" and tonumber(value) end
  end
  if not size then return nil, refused(phrase "a message has no length") end
  if size > MOST_BODY then
    return nil, refused(phrase("a message is larger than %d MB", MOST_BODY >> 20))
  end
  return math.tointeger(size)
end

---A reader of a stream: takes pieces cut anywhere, gives the messages that are whole.
---@return fun(chunk: string): string[]?, Err? nil and why: the stream cannot be read any more
function M.reader()
  local pieces, held, size = {}, 0, nil -- size: of the message whose header was read
  return function(chunk)
    pieces[#pieces + 1], held = chunk, held + #chunk
    if size and held < size then return {} end
    local bytes, at, out = table.concat(pieces), 1, {}
    while true do
      if not size then
        local first, last = bytes:find("\r\n\r\n", at, true)
        if (first or #bytes) - at > MOST_HEADER then
          return nil, refused(phrase "a header does not end")
        end
        if not first then break end
        local e
        size, e = length_of(bytes:sub(at, first - 1))
        if not size then return nil, e end
        at = last + 1
      end
      if #bytes - at + 1 < size then break end
      out[#out + 1] = bytes:sub(at, at + size - 1)
      at, size = at + size, nil
    end
    local rest = bytes:sub(at)
    pieces, held = { rest }, #rest
    return out
  end
end

return M
