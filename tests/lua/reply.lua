-- Folding deltas: the message is valid after every one of them, and what is cut is left out rather than guessed.
local t = dofile "tests/check.lua"
local Reply = require "qwen.agent.reply"
local err = require "qwen.util.err"

local function text(s) return { type = "text", text = s } end
local function think(s) return { type = "think", text = s } end
local function call(index, fields)
  fields.type, fields.index = "call", index
  return fields
end
local function stop(reason, word) return { type = "stop", reason = reason, word = word } end

local function fold(deltas, how)
  local reply = Reply.new "m"
  for _, delta in ipairs(deltas) do reply:add(delta) end
  return reply:message(how), reply
end

local function parts(deltas, how) return (fold(deltas, how)).parts end

t.eq(parts { text "a", text "b", stop "end" }, { { type = "text", text = "ab" } }, "text")
t.eq(parts { think "a", think "b", text "c", think "d", stop "end" },
  { { type = "think", text = "ab" }, { type = "text", text = "c" }, { type = "think", text = "d" } }, "thinking and text in their order")
t.eq(parts { text "", stop "end" }, {}, "nothing said")
t.eq(parts { call(1, { id = "a", name = "f", args = '{"x"' }), call(2, { id = "b", name = "g", args = "" }), call(1, { args = ":1}" }), stop "calls" },
  { { type = "call", id = "a", name = "f", args = '{"x":1}' }, { type = "call", id = "b", name = "g", args = "" } }, "calls that come in turns")
t.eq(parts { call(1, { name = "f" }), call(1, { id = "late", args = "{}" }), stop "calls" }, { { type = "call", id = "late", name = "f", args = "{}" } }, "a late id")

t.eq(parts { call(1, { id = "a", args = "{}" }), stop "calls" }, { { type = "call", id = "a", name = "unknown", args = "{}" } }, "a name that never came")

-- One table may serve many deltas.
do
  local reply, delta = Reply.new "m", { type = "text" }
  for i = 1, 2500 do
    delta.text = "w" .. i .. " "
    reply:add(delta)
    if i % 700 == 0 then reply:message() end
  end
  local want = {}
  for i = 1, 2500 do want[i] = "w" .. i .. " " end
  t.eq(reply:message().parts[1].text, table.concat(want), "a long text, looked at in between")
end

-- What seals thinking.
t.eq(parts { think "a", { type = "think", signature = "s" }, think "b", stop "end" },
  { { type = "think", text = "a", signature = "s" }, { type = "think", text = "b" } }, "a signature ends its thinking")
t.eq(parts { think "a", text "t", { type = "think", data = { x = 1 } }, stop "end" },
  { { type = "think", text = "a", data = { x = 1 } }, { type = "text", text = "t" } }, "data that comes last belongs to the thinking before")
t.eq(parts { text "t", { type = "think", data = { x = 1 } }, text "u", stop "end" },
  { { type = "text", text = "tu" }, { type = "think", text = "", data = { x = 1 } } }, "data without thinking is a part of its own")
t.eq(parts { { type = "think", data = { x = 1 } }, { type = "think", data = { x = 2 } }, stop "end" },
  { { type = "think", text = "", data = { x = 1 } }, { type = "think", text = "", data = { x = 2 } } }, "and is not mixed with the next")

-- Usage: the last one wins, what is absent stays absent.
do
  local m = fold { { type = "usage", usage = { input = 5 } }, { type = "usage", usage = { input = 7, output = 2 } }, stop "end" }
  t.eq(m.usage, { input = 7, output = 2 }, "usage")
  t.eq(fold({ text "a", stop "end" }).usage, nil, "no usage is no zero")
end

-- Stop reasons.
do
  local m = fold { call(1, { id = "a", name = "f", args = "{}" }), stop("end", "stop") }
  t.eq({ m.stop, m.word }, { "calls", "stop" }, "calls decide, the service's word is kept")
  m = fold { text "a" }
  t.eq(m.stop, "error", "an answer that nobody ended")
  local e = err("network", "reset")
  m = fold { text "a", call(1, { id = "a", name = "f", args = "{}" }), { type = "error", err = e } }
  t.eq({ m.stop, m.err, #m.parts }, { "error", e, 1 }, "a failure keeps the text and runs nothing")
  m = fold({ text "a", call(1, { id = "a", name = "f", args = "{" }) }, "cancelled")
  t.eq({ m.stop, #m.parts }, { "cancelled", 1 }, "so does cancelling")
  m = fold { call(1, { id = "a", name = "f", args = "{}" }), call(2, { id = "b", name = "g", args = '{"cut' }), stop "length" }
  t.eq({ m.stop, #m.parts, m.parts[1].id }, { "calls", 1, "a" }, "the call that was cut by the limit stays out")
  m = fold { call(1, { id = "a", name = "f", args = '{"cut' }), stop "length" }
  t.eq({ m.stop, #m.parts }, { "length", 0 }, "also when it is the only one")
end

-- Valid at every moment, the same message all the time.
do
  local reply, id, call_id = Reply.new "m", nil, nil
  local deltas = { think "a", text "b", call(1, { args = "" }), call(1, { name = "f", args = "{" }), call(1, { args = "}" }), stop "calls" }
  for i, delta in ipairs(deltas) do
    reply:add(delta)
    local m = reply:message()
    t.eq({ m.role, m.model, m.id }, { "assistant", "m", id or m.id }, "after delta " .. i)
    id = m.id
    for _, part in ipairs(m.parts) do
      t.ok(part.type ~= "call" or part.id ~= "" and part.name ~= "", "its parts after delta " .. i)
      call_id = part.type == "call" and part.id or call_id
    end
  end
  t.match(call_id, "^call_%x+$", "an id where none came")
  t.eq({ reply:message().parts[3].id, reply:message().parts[3].name }, { call_id, "f" }, "that stays the same, with the name that came late")
end

t.done()
