-- Every recorded chat-completions stream decodes to what is expected: whole, cut in two at every byte, and one byte at a time.
-- Every recorded error answer is read into its kind.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local Reply = require "qwen.agent.reply"
local message = require "qwen.message"
local openai = qwen.shipped "providers/openai"
local framer = require("sys.http").sse

local folder = "../shared/wire/openai-chat"
local entries = fs.list(folder)
if not entries then
  t.skip("no recordings at " .. folder)
  t.done()
  return
end

local model = { id = "m", base_url = "http://x/v1", config = {} }

local function decode_pieces(pieces)
  local frames, decode, reply, out = framer(), openai.decoder(model), Reply.new("m"), {}
  local function add()
    for i = 1, #out do
      reply:add(out[i])
      out[i] = nil
    end
  end
  local function take(events)
    for _, event in ipairs(events) do
      decode(event.data, event.event, out)
      add()
    end
  end
  for _, piece in ipairs(pieces) do take(frames(piece)) end
  take(frames(nil))
  decode(nil, nil, out)
  add()
  return reply:message(), reply
end

local function result_of(m, reply)
  local reasoning, calls = {}, {}
  for _, part in ipairs(m.parts) do
    if part.type == "think" then reasoning[#reasoning + 1] = part.text end
    if part.type == "call" then
      local arguments = part.args == "" and {} or json.decode(part.args)
      calls[#calls + 1] = { id = part.id, name = part.name, arguments = arguments == nil and part.args or arguments }
    end
  end
  local usage = reply.usage
  return { text = message.text_of(m), reasoning = table.concat(reasoning), tool_calls = calls, finish_reason = reply.word, usage = usage }
end

local function without_null(value)
  if value == json.null then return nil end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in pairs(value) do out[key] = without_null(item) end
  return out
end

-- The decoder sees whole events only, so a cut matters to the framing alone: each event, followed by the next, is cut in two at
-- every byte. A long stream repeats itself: of its middle every 20th event is taken.
local ENDS, EACH = 20, 20

local function cut_everywhere(bytes, name)
  local events, count = {}, 0
  for event in bytes:gmatch "(.-\r?\n\r?\n)" do events[#events + 1] = event end
  for k, event in ipairs(events) do
    if k <= ENDS or k > #events - ENDS or k % EACH == 0 then
      local window = event .. (events[k + 1] or "")
      local want = framer()(window)
      for i = 1, #event do
        local frames = framer()
        local got = frames(window:sub(1, i))
        for _, item in ipairs(frames(window:sub(i + 1))) do got[#got + 1] = item end
        local same = #got == #want
        for j = 1, #want do same = same and got[j].data == want[j].data and got[j].event == want[j].event end
        if not same then return t.ok(false, ("%s: event %d cut at %d"):format(name, k, i)) end
        count = count + 1
      end
    end
  end
  t.ok(#events > 0, name .. " has events")
  return count
end

local streams, cuts, errors = 0, 0, 0

local function read_stream(name, bytes)
  local want = without_null(json.decode(assert(fs.read(folder .. "/" .. name .. ".expected.json"))))
  local function result(pieces)
    local got = result_of(decode_pieces(pieces))
    if not want.usage then got.usage = nil end -- counted where the recording's reader did not look (x_groq)
    return got
  end
  t.eq(result { bytes }, want, name)
  cuts = cuts + (cut_everywhere(bytes, name) or 0)
  local single = {}
  for i = 1, #bytes do single[i] = bytes:sub(i, i) end
  t.eq(result(single), want, name .. " byte by byte")
end

local kinds = { [400] = "protocol", [401] = "auth", [402] = "limit", [403] = "auth", [404] = "missing", [413] = "too_long", [429] = "limit" }

local function read_error(name, body)
  local meta = json.decode(assert(fs.read(folder .. "/" .. name .. ".meta.json")))
  local e = openai.failure(math.tointeger(meta.status), meta.response_headers, body)
  local theirs = json.decode(body).error
  t.eq({ e.kind, e.status, e.code }, { meta.status >= 500 and "overloaded" or kinds[meta.status], meta.status, theirs.code }, name)
  t.ok(e.message:find(theirs.message, 1, true), name .. " in the service's words: " .. e.message)
end

for _, entry in ipairs(entries) do
  local stream, answer = entry.name:match "^(.*)%.sse$", entry.name:match "^(.*)%.json$"
  if stream then
    streams = streams + 1
    read_stream(stream, assert(fs.read(folder .. "/" .. entry.name)))
  elseif answer and not answer:find "%.expected$" and not answer:find "%.meta$" then
    errors = errors + 1
    read_error(answer, assert(fs.read(folder .. "/" .. entry.name)))
  end
end
print(("%d streams, %d cuts, %d error answers read"):format(streams, cuts, errors))
t.ok(streams > 0 and errors > 0, "streams and error answers were read")
t.done()
