-- A stream made of a function that gives the next bytes: the interface of an HttpStream for tapes, whichever way they run.
local err = require "qwen.err"

---@param facts {status: integer, headers: table, url: string}
---@param read fun(): string?, Err? as HttpStream.read
---@param close fun()
---@return HttpStream
return function(facts, read, close)
  local stream = { status = facts.status, headers = facts.headers, url = facts.url }
  local framer, events, at, ended = require("sys.http").sse(), {}, 0, false

  function stream.read() return read() end

  function stream.all(_, limit)
    local pieces, size = {}, 0
    while true do
      local bytes, e = read()
      if e then return nil, e end
      if not bytes then return table.concat(pieces) end
      size = size + #bytes
      if limit and size > limit then return nil, err("too_long", ("the answer is larger than %d bytes"):format(limit)) end
      pieces[#pieces + 1] = bytes
    end
  end

  function stream.event()
    while true do
      at = at + 1
      local event = events[at]
      if event then return event.data, event.event, event.id end
      if ended then return nil end
      local bytes, e = read()
      if not e then events, e = framer(bytes) end
      if e then return nil, e end
      at, ended = 0, bytes == nil
    end
  end

  function stream.close() close() end
  return setmetatable(stream, { __close = close })
end
