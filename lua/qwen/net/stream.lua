-- What a stream offers on top of read(): the whole rest, or one server-sent event after the other, as the network's own does.
-- For streams that are made in Lua; where their bytes come from is theirs.
local err = require "qwen.util.err"
local http = require "sys.http"
local secret = require "sys.secret"
local text = require "qwen.util.text"

local REST, SEALED, FIRST_WORDS = 32 * 1024 * 1024, 1024 * 1024, 120

-- A failure in words when the head or the first bytes say that this is no event stream.
local function not_events(stream, bytes)
  local kind = (stream.headers["content-type"] or ""):lower()
  if not (kind:find "json" or kind:find "html" or bytes:find "^[\xef\xbb\xbf%s]*[{%[<]") then return nil end
  local words = secret.redact(text.utf8(bytes)):gsub("[%c%s]+", " "):sub(1, FIRST_WORDS)
  return err("protocol", ("%s sent %s (status %d) instead of an event stream; check the base URL and the model. It begins: %s")
    :format(stream.url, kind ~= "" and kind or "something else", stream.status, words), { status = stream.status })
end

---Adds all(), sealed(), event() and closing to a table that has read() and close().
---@param stream table
---@return HttpStream
return function(stream)
  local frames, events, at, ended, begun = http.sse(), {}, 0, false, false

  function stream:all(limit)
    local pieces, size = {}, 0
    limit = limit or REST
    while true do
      local bytes, e = self:read()
      if e then return nil, e end
      if not bytes then return table.concat(pieces) end
      size = size + #bytes
      if size > limit then return nil, err("too_long", ("the answer of %s is larger than %d bytes"):format(self.url, limit)) end
      pieces[#pieces + 1] = bytes
    end
  end

  if not stream.sealed then
    function stream:sealed(fields, name, origins, limit)
      local bytes, e = self:all(limit or SEALED)
      if not bytes then return nil, e end
      return secret.seal(bytes, fields, name, origins)
    end
  end

  function stream:event()
    while true do
      at = at + 1
      local event = events[at]
      if event then return event.data, event.event, event.id end
      if ended then return nil end
      local bytes, e = self:read()
      if e then return nil, e end
      if bytes and not begun then e = not_events(self, bytes) end
      if e then return nil, e end
      begun = true
      events, e = frames(bytes)
      if not events then return nil, e end
      at, ended = 0, bytes == nil
    end
  end

  return setmetatable(stream, { __close = function() stream:close() end })
end
