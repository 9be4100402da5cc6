-- Every call has an id of its own in the whole conversation; some models count anew in each answer.
local sys = require "sys.os"

local M = {}

local ids = setmetatable({}, { __mode = "k" }) -- by list of messages; [1]: how many of them were looked at

---Gives calls whose id is there already another one.
---@param messages Message[] before the answer
---@param calls CallPart[] of the answer
function M.own(messages, calls)
  local taken = ids[messages] or { 0 }
  ids[messages] = taken
  for i = taken[1] + 1, #messages do
    for _, part in ipairs(messages[i].role == "assistant" and messages[i].parts or {}) do
      if part.type == "call" then taken[part.id] = true end
    end
  end
  taken[1] = #messages
  for _, call in ipairs(calls) do
    if taken[call.id] then call.id = "call_" .. sys.uuid():gsub("-", ""):sub(1, 24) end
    taken[call.id] = true
  end
end

return M
