-- An answer that a decoder tells piece by piece: text, thinking, calls, usage, how it ends. Halves of characters are put together, and what
-- went wrong is read into an error.
local err = require "qwen.util.err"
local json = require "sys.json"
local phrase = require("qwen.util.translate").phrase

local M = {}

---A whole number, or nil.
---@param value any
---@return integer?
function M.integer(value)
  return type(value) == "number" and math.tointeger(value) or nil
end

---Text that is not empty, or nil.
---@param value any
---@return string?
function M.text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

---An error inside a stream, read like the body of an error answer; the status that it names stands for one.
---@param e any what the service put where an error stands
---@param read (fun(status: integer, headers: table, body: string): Err)? default qwen.failure
---@return Err
function M.failed(e, read)
  local found = require("qwen.provider.error_body").of(e)
  local words = found.text or found.codes[1] or "the service gave no reason"
  local ok, body = pcall(json.encode, { error = found.object })
  if not ok or not found.text or type(e) ~= "table" then body = json.encode { error = { message = words, code = found.codes[1], type = found.codes[2] } } end
  return (read or require "qwen.provider.failure")(found.status or 0, {}, body)
end

---An answer that the service itself calls bad, or that says nothing; another try may bring a good one.
---@param word string
---@param why string?
---@return Err
function M.spoilt(word, why)
  local what = why or "it says nothing"
  return err("overloaded", phrase("the service gave an answer that cannot be used (%s): %s", word, what), { code = word, retries = 1 })
end

---An answer without a word and without a call. Its thinking may be on the screen already; another try is made all the same.
---@param word string
---@return Err
function M.empty(word)
  local e = M.spoilt(word)
  e.unsaid = true
  return e
end

local Answer = {}
Answer.__index = Answer

---Any delta.
---@param delta Delta
function Answer:add(delta)
  self.count = self.count + 1
  self.out[#self.out + 1] = delta
end

local HALF = "\xED[\xA0-\xBF]"
local UNKNOWN = "\u{FFFD}"

-- The character of which a service sent one half at the end of a text and the other at the beginning of the next.
local function pair(high, low)
  local _, a, b = high:byte(1, 3)
  local _, c, d = low:byte(1, 3)
  return utf8.char(0x10000 + ((a & 0x0F) << 6 | b & 0x3F) * 0x400 + ((c & 0x0F) << 6 | d & 0x3F))
end

-- The text with its half character made whole; `slot` says what it belongs to. Half of one at its end waits for the next text.
local function whole_text(answer, slot, text)
  local half, low = answer.half, text:match "^\xED[\xB0-\xBF][\x80-\xBF]"
  if half and half.slot ~= slot then
    answer:end_half()
    half = nil
  end
  answer.half = nil
  if low then
    text = (half and pair(half.bytes, low) or UNKNOWN) .. text:sub(4)
  elseif half then
    text = UNKNOWN .. text
  end
  local high = text:match "\xED[\xA0-\xAF][\x80-\xBF]$"
  if not high then return text end
  answer.half = { slot = slot, bytes = high }
  return text:sub(1, -4)
end

-- Hands text to what looks for marks in it. It says whether all that comes is passed on as it is (true), or what has none of the bytes
-- that it names is (a text of them), or nothing is.
local function split(answer, text, out)
  local state, first = answer.split(text, out), #out
  answer.free = type(state) == "string" and state or nil
  if state == true then answer.split = nil end
  for i = 1, first do
    local delta = out[i]
    if delta.taken then
      answer.spoke = false
    elseif delta.type == "text" and not answer.spoke and delta.text:find "%S" then
      answer.spoke = true
    end
  end
end

local function say(answer, kind, text, key)
  if type(text) ~= "string" or text == "" then return end
  if answer.half or text:find(HALF) then
    text = whole_text(answer, kind, text)
    if text == "" then return end
  end
  local count, out = answer.count, answer.out
  answer.said, answer.kind, answer.key, answer.count = text, kind, key, count + 1
  if kind == "text" and answer.split then return split(answer, text, out) end
  if kind == "text" and not answer.spoke and text:find "%S" then answer.spoke = true end
  local delta = count == 0 and answer.pieces[kind] or { type = kind }
  delta.text = text
  out[#out + 1] = delta
end

-- The other half of a character did not come.
function Answer:end_half()
  local half = self.half
  self.half = nil
  if not half then return end
  if type(half.slot) == "number" then self:more(half.slot, UNKNOWN) else say(self, half.slot, UNKNOWN) end
end

---A piece of the answer's text; anything else is passed over. `key`: its field, where an event that has nothing to tell but this text, and
---differs from others in it and in numbers only, need not be decoded.
---@param text any
---@param key string?
function Answer:text(text, key)
  say(self, "text", text, key)
end

---A piece of thinking; as text.
---@param text any
---@param key string?
function Answer:think(text, key)
  say(self, "think", text, key)
end

---A call begins. What of it may come later is nil.
---@param name any
---@param args any a piece of JSON text, or a table: all of them
---@param id any
---@param data table? what is the service's own
---@return integer index
function Answer:call(name, args, id, data)
  local index = self.calls + 1
  self.calls = index
  self:add { type = "call", index = index, id = M.text(id), name = M.text(name), args = "", data = data }
  if args then self:more(index, args) end
  return index
end

---A call goes on.
---@param index integer
---@param args any as in `call`
---@param name string?
---@param id string?
function Answer:more(index, args, name, id)
  if type(args) == "table" then
    local ok, words = pcall(json.encode, args)
    args = ok and words or ""
  elseif type(args) == "string" and (self.half or args:find(HALF)) then
    args = whole_text(self, index, args)
  end
  local out = self.out
  out[#out + 1], self.count = { type = "call", index = index, id = id, name = name, args = type(args) == "string" and args or "" }, self.count + 1
end

---What the answer cost so far: whole numbers; those that are not told again stay.
---@param usage table<string, any>
function Answer:usage(usage)
  local all = self.used.usage
  for name, value in pairs(usage) do all[name] = M.integer(value) or all[name] end
  self.tell = next(all) ~= nil
end

---Why the answer ends, to be told at the end of the stream: "end" is "calls" where it has some.
---@param reason StopReason
---@param word string? the service's own word for it
function Answer:stop(reason, word)
  self.reason, self.word = reason, word
end

---The answer has come whole: what follows in the stream is not of it, and is not waited for.
function Answer:over()
  self.done, self.run.over = true, true
end

---What went wrong: an error of ours, or what the service put where an error stands.
---@param e any
function Answer:fail(e)
  self.failed = true
  self:add { type = "error", err = err.is(e) and e or M.failed(e, self.provider.failure) }
end

---Its end: what is still held is told, then why it ends.
---@param last (fun(answer: Answer))?
function Answer:finish(last)
  local answer = self
  if answer.ended then return end
  answer.ended = true
  answer:end_half()
  if answer.split then split(answer, nil, answer.out) end
  if last and not answer.failed then last(answer) end
  local reason = answer.reason or answer.done and "end" or nil
  if not answer.failed and reason == "end" and answer.calls == 0 and not answer.spoke then
    answer:fail(M.empty(answer.word or "end"))
  end
  if answer.failed then
    reason = answer.word and "error"
  elseif reason == "end" and answer.calls > 0 then
    reason = "calls"
  elseif not reason then
    answer:fail(err("network", phrase "the answer ended before the service said that it was complete"))
  end
  if reason then answer:add { type = "stop", reason = reason, word = answer.word } end
end

---An answer of nothing so far. `run` is what its decoder shows of itself.
---@param provider table whose `failure` reads errors
---@param model Model
---@param run table
---@return Answer
function M.new(provider, model, run)
  local pieces, used = { text = { type = "text" }, think = { type = "think" } }, { type = "usage", usage = {} }
  return setmetatable({ provider = provider, model = model, calls = 0, count = 0, pieces = pieces, used = used, run = run }, Answer)
end

return M
