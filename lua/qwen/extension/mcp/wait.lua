-- Waiting for the reply of a tool server: until a limit, and no longer than its silence may last.
local phrase = require("qwen.util.translate").phrase
local task = require "sys.task"

local M = {}

---Takes a report of progress: the call is not silent.
---@param client table with `heard` and `reports`, by id
---@param params any
function M.heard(client, params)
  local id = type(params) == "table" and math.tointeger(tonumber(params.progressToken) or nil)
  if not (id and client.heard[id]) then return end
  client.heard[id] = task.now()
  if client.reports[id] then client.reports[id](params) end
end

---Waits for a reply until the limit, and with `idle` no longer than that since the server last reported progress.
---@param client table
---@param id integer
---@param queue Queue
---@param limit number seconds
---@param idle number? seconds
---@return table? reply
---@return Phrase? waited how long, in words
function M.reply(client, id, queue, limit, idle)
  local now = task.now()
  local ends = now + limit
  client.heard[id] = now
  while true do
    local over = idle and math.min(ends, client.heard[id] + idle) or ends
    local reply = queue:get(math.max(over - now, 0))
    now = task.now()
    if reply or client.ended then return reply end
    if client.asked_now > 0 then -- the person is being asked: that is no silence
      ends, client.heard[id] = math.max(ends, now + 1), now
    end
    if now >= ends then return nil, phrase("%g s", limit) end
    if idle and now >= client.heard[id] + idle then return nil, phrase("%g s (mcp.toolIdleTimeoutMs)", idle) end
  end
end

return M
