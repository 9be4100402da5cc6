-- What the decoders of all protocols share: an answer that is told piece by piece, events as JSON, and how a stream ends. Runs of events
-- that differ in one text are read without decoding each.
local err = require "qwen.util.err"
local json = require "sys.json"

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

---An error inside a stream, read like the body of an error answer; a code that is a number stands for the status.
---@param e any what the service put where an error stands
---@param read (fun(status: integer, headers: table, body: string): Err)? default qwen.failure
---@return Err
function M.failed(e, read)
  e = type(e) == "table" and e or { message = e }
  local code = type(e.code) ~= "userdata" and e.code or nil
  local words = { message = M.text(e.message), type = M.text(e.type) or M.text(e.status), code = M.text(code) }
  if not words.message then words.message = words.code or words.type or "the service gave no reason" end
  local status = math.tointeger(tonumber(code)) or 0
  return (read or require "qwen.provider.failure")(status >= 400 and status < 600 and status or 0, {}, json.encode { error = words })
end

local Answer = {}
Answer.__index = Answer

---Any delta.
---@param delta Delta
function Answer:add(delta)
  self.count = self.count + 1
  self.out[#self.out + 1] = delta
end

local function say(answer, kind, text, key)
  if type(text) ~= "string" or text == "" then return end
  local count, out = answer.count, answer.out
  answer.said, answer.kind, answer.key, answer.count = text, kind, key, count + 1
  if kind == "text" and answer.split then
    if answer.split(text, out) then answer.split = nil end -- it has nothing more to do
    return
  end
  local delta = count == 0 and answer.pieces[kind] or { type = kind }
  delta.text = text
  out[#out + 1] = delta
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

---What went wrong: an error of ours, or what the service put where an error stands.
---@param e any
function Answer:fail(e)
  self.failed = true
  self:add { type = "error", err = err.is(e) and e or M.failed(e, self.provider.failure) }
end

local function finish(answer, last)
  if answer.ended then return end
  answer.ended = true
  if answer.split then answer.split(nil, answer.out) end
  if last and not answer.failed then last(answer) end
  local reason = answer.reason or answer.done and "end" or nil
  if answer.failed then
    reason = answer.word and "error"
  elseif reason == "end" and answer.calls > 0 then
    reason = "calls"
  elseif not reason then
    answer:fail(err("network", "the answer ended before the service said that it was complete"))
  end
  if reason then answer:add { type = "stop", reason = reason, word = answer.word } end
end

---A provider's `decoder`. An event is JSON; its `error` is a failure, `[DONE]` an end without a reason, and a stream that ends without
---either was cut. One delta serves a run of texts: it is good until the next event.
---@param provider table whose `failure` reads errors
---@param read fun(answer: Answer, event: table, name: string?) tells the answer what an event means; name: of the event, where the stream has them
---@param steps {begin: (fun(answer: Answer, model: Model))?, finish: (fun(answer: Answer))?}? before the first event; after the last one of
---a stream that did not fail
---@return fun(model: Model): fun(data: string?, name: string?, out: Delta[]), {template: JsonTemplate, delta: Delta?} while there is a delta, an event that
---fits the template is this delta with another text
function M.decoder(provider, read, steps)
  if type(provider) ~= "table" or type(read) ~= "function" then error("a decoder is made of (P, function(answer, event) ... end)", 2) end
  local begin, last = steps and steps.begin, steps and steps.finish
  return function(model)
    local pieces, used = { text = { type = "text" }, think = { type = "think" } }, { type = "usage", usage = {} }
    local answer = setmetatable({ provider = provider, calls = 0, count = 0, pieces = pieces, used = used }, Answer)
    if begin then begin(answer, model) end
    local template, learnt = json.template(), nil
    local known, run = template.read, { template = template }
    local function decode(data, name, out)
      local text = data and name == learnt and known(template, data)
      if text then
        local one = run.delta
        if one then
          one.text = text
          out[#out + 1] = one
          return
        end
        answer.out, answer.count = out, 0
        say(answer, "text", text, answer.key)
        if not answer.split then run.delta = pieces.text end
        return
      end
      answer.out = out
      if data == nil then return finish(answer, last) end
      if data == "[DONE]" then
        answer.done = true
        return
      end
      local event = json.decode(data)
      if type(event) ~= "table" then return answer:fail(err("protocol", "the service sent an event that is not JSON: " .. data:sub(1, 120))) end
      answer.count, answer.key, answer.tell = 0, nil, false
      if event.error and event.error ~= json.null then answer:fail(event.error) end
      read(answer, event, name)
      if answer.key and answer.count == 1 and not answer.reason then
        template:learn(data, answer.key, answer.said, name)
        learnt, run.delta = name, not (answer.split and answer.kind == "text") and pieces[answer.kind] or nil
      end
      if answer.tell then out[#out + 1] = used end
    end
    return decode, run
  end
end

return M
