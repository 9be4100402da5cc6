-- What a stream offers on top of read(): the whole rest, or one server-sent event after the other, as the network's own does.
-- For streams that are made in Lua; where their bytes come from is theirs.
local err = require "qwen.util.err"
local http = require "sys.http"
local secret = require "sys.secret"
local text = require "qwen.util.text"
local phrase = require("qwen.util.translate").phrase

local REST, SEALED, FIRST_WORDS = 8 * 1024 * 1024, 1024 * 1024, 120

local field_names = { data = true, event = true, id = true, retry = true, error = true }

-- What bytes begin: "stream", "whole" for JSON, "other"; nil where more bytes decide. The content type, which is often wrong, only says
-- what is unlike both.
local function form_of(stream, bytes, last)
  local rest = bytes:match "^\xef?\xbb?\xbf?[\r\n ]*(.*)$"
  if rest == "" then return last and "stream" or nil end
  if rest:find "^[{%[]" then return "whole" end
  if rest:find "^<" then return "other" end
  local kind, field = (stream.headers["content-type"] or ""):lower(), rest:match "^(%l*):"
  if kind:find("event-stream", 1, true) or field == "" or field_names[field] then return "stream" end
  return (last or #rest > 8 or not rest:find "^%l+$") and "other" or nil
end

-- The failure in words where that is no event stream.
local function not_events(stream, bytes)
  local kind = (stream.headers["content-type"] or ""):lower()
  local words = secret.redact(text.utf8(bytes)):gsub("[%c%s]+", " "):sub(1, FIRST_WORDS)
  return err("protocol", phrase("%s sent %s (status %d) instead of an event stream; check the base "
    .. "URL and the model. It begins: %s", stream.url, kind ~= "" and kind
    or phrase "something else", stream.status, words), { status = stream.status })
end

---Adds all(), sealed(), event() and closing to a table that has read() and close().
---@param stream table
---@return HttpStream
return function(stream)
  local frames, events, at, ended, begun, first = http.sse(), {}, 0, false, false, ""

  function stream:all(limit)
    local pieces, size = {}, 0
    limit = limit or REST
    while true do
      local bytes, e = self:read()
      if e then return nil, e end
      if not bytes then return table.concat(pieces) end
      size = size + #bytes
      if size > limit then
        return nil, err("too_long", phrase("the answer of %s is larger than %d bytes, the most that is read "
          .. "here; is the address right?", self.url, limit), { code = "max_body" })
      end
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
      if not begun then
        local form
        first, bytes = first .. (bytes or ""), bytes and "" or nil
        form = form_of(self, first, not bytes)
        if form == "other" then return nil, not_events(self, first) end
        if form == "whole" then
          local rest, problem = self:all()
          if not rest then return nil, problem end
          ended = true
          return first .. rest, "whole"
        end
        if form then bytes, begun = first, true end
      end
      events, e = frames(bytes)
      if not events then return nil, e end
      at, ended = 0, bytes == nil
    end
  end

  return setmetatable(stream, { __close = function() stream:close() end })
end
