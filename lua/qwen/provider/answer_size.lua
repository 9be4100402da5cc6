-- How much an answer may come to, so that one without an end is an error and not all the memory.
local err = require "qwen.util.err"
local phrase = require("qwen.util.translate").phrase

-- Of text every byte counts, each call counts for something, and of events that bring nothing, or data
-- in the service's own form, half the bytes count: they may be kept. No model says a tenth of that.
local A_CALL = 512
local LARGE = 256 * 1024 -- bytes of an event

local M = { MOST = 4 * 1024 * 1024 }

---What an event adds to the answer.
---@param data string the event
---@param deltas Delta[] what it brought
---@return integer
function M.of(data, deltas)
  if #data > LARGE then collectgarbage() end -- some of those would be more than all else in the run
  local n = deltas[1] and 0 or #data // 2
  for i = 1, #deltas do
    local delta = deltas[i]
    n = n + #(delta.text or delta.args or "")
    if delta.name or delta.data then n = n + A_CALL + #data // 2 end
  end
  return n
end

---Whether an answer is too large.
---@param said integer what its decoded events added
---@param run {template: JsonTemplate?}? of its decoder: reads the others
---@return boolean
function M.beyond(said, run)
  local taken = run and run.template and run.template:taken() or 0
  return said + taken > M.MOST
end

---The delta that ends an answer that is too large.
---@param stream HttpStream
---@return Delta
function M.endless(stream)
  return { type = "error", err = err("protocol",
    phrase("%s sent an answer without end (more than %d MB of text, or %d MB in all), and it was stopped; "
      .. "check the base URL and the model", stream.url:match "^%a+://[^/]*", M.MOST >> 20, M.MOST >> 19)) }
end

return M
