-- Running programs to their end: `sys.proc` and `run`. Judging whether a program may run is not done here.
local proc = require "sys.proc"
local task = require "sys.task"

local M = { open = proc.open, which = proc.which }

---Runs a program and waits until its pipes are at their end and it has exited.
---@param options table ProcOptions and: input (text for stdin), limit (bytes kept of each stream, default 16 MiB), on_output(chunk, "out"|"err")
---@return table? result {code, signal, timed_out, out, err, truncated, pid}
---@return Err?
function M.run(options)
  if options.input then
    local copy = {}
    for key, value in pairs(options) do copy[key] = value end
    copy.stdin = "pipe"
    options = copy
  end
  local child <close>, err = proc.open(options)
  if not child then return nil, err end
  local writer
  if options.input then
    writer = task.spawn(function()
      if child:write(options.input) then child:close_stdin() end
    end)
  end
  local limit = options.limit or 16 * 1024 * 1024
  local kept = { out = {}, err = {} }
  local size = { out = 0, err = 0 }
  local truncated = false
  while true do
    local chunk, from = child:read()
    if not chunk then break end
    if options.on_output then options.on_output(chunk, from) end
    local room = limit - size[from]
    if #chunk > room then
      truncated = true
      chunk = chunk:sub(1, room)
    end
    if #chunk > 0 then
      kept[from][#kept[from] + 1] = chunk
      size[from] = size[from] + #chunk
    end
  end
  local result = child:wait()
  if writer then writer:cancel() end
  result.pid = child:pid()
  result.out, result.err, result.truncated = table.concat(kept.out), table.concat(kept.err), truncated
  return result
end

return M
