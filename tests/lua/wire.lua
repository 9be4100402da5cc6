-- Every stream of every protocol decodes to what is expected: whole, cut in two at every byte, and one byte at a time. Every error answer is
-- read into its kind. tests/cases/wire holds streams that we wrote; recordings of real services beside the repository are read where they are.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local Reply = require "qwen.agent.reply"
local message = require "qwen.session.message"
local framer = require("sys.http").sse

local model = { id = "m", base_url = "http://x/v1", config = {} }

local function decode_pieces(provider, pieces)
  local frames, decode, reply, out = framer(), provider.decoder(model), Reply.new("m"), {}
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
  local reasoning, calls, kept, signatures = {}, {}, json.array {}, 0
  for _, part in ipairs(m.parts) do
    if part.type == "think" then reasoning[#reasoning + 1] = part.text end
    if part.signature or part.data then kept[#kept + 1] = { signature = part.signature, data = part.data } end
    if part.signature or part.data and (part.data.part or part.data).thoughtSignature then signatures = signatures + 1 end
    if part.type == "call" then
      local arguments = part.args == "" and {} or json.decode(part.args)
      calls[#calls + 1] = { id = part.id, name = part.name, arguments = arguments == nil and part.args or arguments }
    end
  end
  return { text = message.text_of(m), reasoning = table.concat(reasoning), tool_calls = calls, finish_reason = reply.word, usage = reply.usage,
    signatures = signatures, kept = kept, stop = m.stop, error = m.err or json.null }
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

-- Only what the expectation names is compared: readers of recordings found no usage where a service hides it, and none asked Anthropic for
-- thinking. A call without an id or a name gets one from us.
local function as_wanted(got, want)
  local usage, used = nil, got.usage or {}
  if type(want.usage) == "table" then
    usage = {}
    for key in pairs(want.usage) do usage[key] = used[key] end
  end
  got.usage = usage
  for _, key in ipairs { "signatures", "kept", "stop" } do
    if want[key] == nil then got[key] = nil end
  end
  local failure = got.error
  got.error = nil
  if want.error then -- the fields of ours that it names
    got.error = {}
    for key in pairs(want.error) do got.error[key] = failure[key] end
  end
  for i, call in ipairs(got.tool_calls) do
    local wanted = want.tool_calls[i] or {}
    if wanted.id == json.null and call.id:find "^call_" then call.id = nil end
    if wanted.name == json.null and call.name == "unknown" then call.name = nil end
  end
  return got
end

-- Where the recording's own reader took less than what was sent: four parts of it have a name, and the pieces of arguments between them
-- ("partialArgs", "willContinue") have none; it counted each of those as a call without name and arguments.
local null = json.null
local ours = {
  ["chunks-google-stream-no-args-tool-call"] = { tool_calls = { { id = null, name = "read_theme", arguments = {} },
    { id = null, name = "read_screen", arguments = { id = "A" } }, { id = null, name = "read_screen", arguments = { id = "B" } },
    { id = null, name = "read_screen", arguments = { id = "C" } } } },
}

local cuts = 0

local OURS = { "text", "reasoning", "tool_calls", "finish_reason", "usage", "stop" }

local function read_stream(provider, path, bytes, is_ours)
  local wanted = json.decode(assert(fs.read(path .. ".expected.json")))
  for key, value in pairs(ours[path:match "[^/]+$"] or {}) do wanted[key] = value end
  if is_ours then
    for _, key in ipairs(OURS) do t.ok(wanted[key] ~= nil, path .. " expects " .. key) end
    t.eq(wanted.error ~= nil, wanted.stop == "error", path .. " expects an error where it stops with one")
  end
  local want = without_null(wanted)
  local function result(pieces)
    return as_wanted(result_of(decode_pieces(provider, pieces)), wanted)
  end
  t.eq(result { bytes }, want, path)
  cuts = cuts + (cut_everywhere(bytes, path) or 0)
  local single = {}
  for i = 1, #bytes do single[i] = bytes:sub(i, i) end
  t.eq(result(single), want, path .. " byte by byte")
end

local kinds = { [400] = "protocol", [401] = "auth", [402] = "limit", [403] = "auth", [404] = "missing", [413] = "too_long", [429] = "limit" }

local function read_error(provider, path, body)
  local theirs, about = json.decode(body).error, fs.read(path .. ".meta.json")
  local meta = about and json.decode(about) or { status = theirs.code }
  local status = math.tointeger(meta.status)
  local e = provider.failure(status, meta.response_headers or {}, body)
  t.eq({ e.kind, e.status }, { status >= 500 and "overloaded" or kinds[status], status }, path)
  t.ok(e.code == theirs.code or e.code == (tostring(theirs.code):gsub("%.0$", "")), path .. " has the service's code: " .. tostring(e.code))
  t.ok(e.message:find(theirs.message, 1, true), path .. " in the service's words: " .. e.message)
  local delay = body:match '"retryDelay":%s*"([%d.]+)s"'
  if delay then t.eq(e.retry_after, tonumber(delay), path .. " when to ask again") end
end

-- An error answer of ours: the fields of our error that it names, and words that the message holds.
local function read_our_error(provider, path, body)
  local meta, want = json.decode(assert(fs.read(path .. ".meta.json"))), json.decode(assert(fs.read(path .. ".expected.json")))
  local e = provider.failure(math.tointeger(meta.status), meta.response_headers, body)
  local words, got = want.words, {}
  want.words = nil
  for key in pairs(want) do got[key] = e[key] end
  t.eq(got, without_null(want), path)
  t.eq(e.status, math.tointeger(meta.status), path .. ": the status")
  if words then t.ok(e.message:find(words, 1, true), path .. " in the service's words: " .. e.message) end
end

local function read_folder(folder, provider, is_ours)
  local streams, errors = 0, 0
  for _, entry in ipairs(assert(fs.list(folder))) do
    local stream, answer = entry.name:match "^(.*)%.sse$", entry.name:match "^(.*)%.json$"
    local path = folder .. "/" .. (stream or answer or "")
    if stream then
      streams = streams + 1
      read_stream(provider, path, assert(fs.read(path .. ".sse")), is_ours)
    elseif answer and not answer:find "%.expected$" and not answer:find "%.meta$" then
      errors = errors + 1;
      (is_ours and read_our_error or read_error)(provider, path, assert(fs.read(path .. ".json")))
    end
  end
  print(("%s: %d streams, %d error answers read"):format(folder, streams, errors))
  t.ok(streams > 0, folder .. ": streams were read")
  return errors
end

local recorded = { openai = "openai-chat", anthropic = "anthropic-messages", ["openai-responses"] = "openai-responses", gemini = "gemini" }
local has_recordings = fs.list "../shared/wire" ~= nil
for name, folder in pairs(recorded) do
  local provider = qwen.shipped("providers/" .. name)
  t.ok(read_folder("tests/cases/wire/" .. name, provider, true) > 0, name .. ": error answers were read")
  if has_recordings then read_folder("../shared/wire/" .. folder, provider, false) end
end
print(cuts .. " cuts")
t.done()
