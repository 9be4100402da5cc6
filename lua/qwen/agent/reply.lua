-- Folds deltas into a message that is valid at every moment: a cut reply is a reply. It shows nothing and runs nothing.
local message = require "qwen.session.message"
local sys = require "sys.os"

local Reply = {}
Reply.__index = Reply

---A reply of nothing so far.
---@param model string? id
---@return table reply
function Reply.new(model)
  return setmetatable({ id = sys.uuid(), model = model, parts = {}, calls = {}, pieces = nil, open = nil }, Reply)
end

-- Pieces of one text are kept in a list and joined when somebody looks, so that a long answer costs linear time. Full lists are
-- joined at once: thousands of live little strings would be work for the collector.
local MOST = 500

local function settle(self)
  if self.open and self.pieces then
    self.joined[#self.joined + 1] = table.concat(self.pieces, "", 1, self.count)
    self.open[self.field] = (self.open[self.field] or "") .. table.concat(self.joined)
    self.pieces, self.count, self.joined = {}, 0, {}
  end
end

local function open_part(self, part, field)
  settle(self)
  self.open, self.field, self.pieces, self.count, self.joined = part, field, {}, 0, {}
  self.parts[#self.parts + 1] = part
end

local function add_piece(self, text)
  local count = self.count + 1
  self.pieces[count], self.count = text, count
  if count == MOST then
    self.joined[#self.joined + 1] = table.concat(self.pieces)
    self.count = 0 -- the slots are written over
  end
end

local function add_call(self, delta)
  local index = delta.index or #self.calls + 1
  local call = self.calls[index]
  if not call then
    call = { type = "call", id = delta.id or "", name = delta.name or "", args = "" }
    self.calls[index] = call
    open_part(self, call, "args")
  elseif self.open ~= call then
    settle(self)
    self.open, self.field, self.pieces, self.count, self.joined = call, "args", {}, 0, {}
  end
  if delta.id and call.id == "" then call.id = delta.id end
  if delta.name and call.name == "" then call.name = delta.name end
  if delta.data then call.data = delta.data end
  if delta.args then add_piece(self, delta.args) end
end

-- The last thinking that nothing sealed yet.
local function open_thinking(self)
  for i = #self.parts, 1, -1 do
    local part = self.parts[i]
    if part.type == "think" then return not part.signature and not part.data and part or nil end
  end
end

-- Text goes on where thinking is open. A signature or a vendor's data without text seals the thinking before it, also when an
-- answer came between (they may arrive last); without such thinking it is a part of its own.
local function add_thinking(self, delta)
  local open = self.open
  if delta.taken then -- what was said so far was thinking
    settle(self)
    for _, part in ipairs(self.parts) do part.type = part.type == "text" and "think" or part.type end
    self.open, self.pieces = nil, nil
    return
  end
  if delta.text then
    if not open or open.type ~= "think" or open.signature or open.data then open_part(self, { type = "think", text = "" }, "text") end
    add_piece(self, delta.text)
  end
  if not (delta.signature or delta.data) then return end
  local part = delta.text and self.open or open_thinking(self)
  if not part then
    part = { type = "think", text = "" }
    self.parts[#self.parts + 1] = part
  end
  part.signature, part.data = delta.signature or part.signature, delta.data or part.data
end

local function add_usage(self, usage)
  self.usage = self.usage or {}
  for key, value in pairs(usage) do self.usage[key] = value end
end

local function copies(parts)
  local out = {}
  for i, part in ipairs(parts) do
    out[i] = {}
    for key, value in pairs(part) do out[i][key] = value end
  end
  return out
end

---Takes one delta.
---@param delta Delta
function Reply:add(delta)
  local kind = delta.type
  if kind == "text" then
    local open, data = self.open, delta.data
    if not open or open.type ~= "text" or open.data then open_part(self, { type = "text", text = "" }, "text") end
    add_piece(self, delta.text)
    if data then self.open.data = data end
  elseif kind == "think" then
    add_thinking(self, delta)
  elseif kind == "call" then
    add_call(self, delta)
  elseif kind == "usage" then
    add_usage(self, delta.usage)
  elseif kind == "stop" then
    self.stop, self.word = delta.reason, delta.word
  elseif kind == "restart" then
    self.parts, self.calls, self.open, self.pieces, self.usage, self.stop, self.word = copies(self.first or {}), {}, nil, nil, nil, nil, nil
  elseif kind == "error" then
    self.stop, self.err = "error", delta.err
  end
end

---What comes from now on goes on where the limit of length has cut the reply; a restart goes back to here.
function Reply:go_on()
  settle(self)
  if self.open and self.open.type == "call" then
    table.remove(self.parts)
    self.calls, self.open, self.pieces = {}, nil, nil
  end
  self.first, self.stop = copies(self.parts), nil
end

---The message so far. A call that was cut while its arguments came stays out: nobody could answer it.
---@param stop StopReason? overrides the reason, for a cancelled reply
---@return Message
function Reply:message(stop)
  settle(self)
  stop = stop or self.stop or "error"
  local parts, calls = {}, 0
  for _, part in ipairs(self.parts) do
    local cut = part.type == "call" and (stop == "cancelled" or stop == "error" or stop == "length" and part == self.open)
    if part.type == "call" and not cut then
      calls = calls + 1
      if part.id == "" then part.id = "call_" .. sys.uuid():gsub("-", ""):sub(1, 24) end
      if part.name == "" then -- the name may still come; until then the call is one of a tool that is not there
        part = { type = "call", id = part.id, name = "unknown", args = part.args, data = part.data }
      end
    end
    if not cut and not (part.type == "text" and part.text == "" and not part.data) then parts[#parts + 1] = part end
  end
  if calls > 0 and (stop == "end" or stop == "length") then stop = "calls" end
  return message.assistant(parts, { id = self.id, model = self.model, stop = stop, word = self.word, err = self.err, usage = self.usage })
end

return Reply
