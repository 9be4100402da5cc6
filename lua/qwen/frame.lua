-- Reads the one text that changes in a run of JSON events that are otherwise the same, without decoding each of them.
-- A stream of deltas is thousands of such events: the frame around the text is learnt from one that was decoded in full, and an
-- event with the same frame and no quote, backslash or control character between is the same object with another text.
local find, sub = string.find, string.sub

local Frame = {}
Frame.__index = Frame

---A frame for one stream.
---@return table frame
function Frame.new()
  return setmetatable({ prefix = false, suffix = false }, Frame)
end

---The text of an event that has the frame; nil when it must be decoded.
---@param data string
---@return string?
function Frame:read(data)
  local prefix = self.prefix
  if not prefix or find(data, prefix, 1, true) ~= 1 then return nil end
  local from, suffix = #prefix + 1, self.suffix
  local stop = find(data, '[%c"\\]', from)
  if stop and stop > from and #data - stop + 1 == #suffix and find(data, suffix, stop, true) == stop then return sub(data, from, stop - 1) end
end

---Learns from an event that was decoded and held nothing but this text.
---@param data string
---@param key string the JSON key before the text: "content"
---@param text string
function Frame:learn(data, key, text)
  self.prefix = false
  if find(text, '[%c"\\]') then return end
  local lead = '"' .. key .. '":"' -- as services write it; others are decoded each time
  local first, last = find(data, lead, 1, true)
  if not first or find(data, lead, last, true) or sub(data, last + 1, last + #text + 1) ~= text .. '"' then return end
  self.prefix, self.suffix = sub(data, 1, last), sub(data, last + #text + 1)
end

return Frame
