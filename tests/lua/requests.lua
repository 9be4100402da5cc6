-- All protocols alike: bytes of requests (tests/cases/requests), streams that break or refuse, and one task with a tool from end to end.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local Reply = require "qwen.agent.reply"

local folder = "tests/cases/requests/"

local function bytes_of(request) return table.concat(request.body) end

-- NAME.in: a model and a view; NAME.want: method, URL, headers, then the body.
local seen = {}
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    local case = json.decode(assert(fs.read(folder .. entry.name)))
    local provider = qwen.shipped("providers/" .. case.model.provider)
    local request = provider.request(case.model, case.view)
    local head = ("%s %s\n%s\n"):format(request.method, request.url, json.encode(request.headers))
    t.eq(head .. bytes_of(request) .. "\n", fs.read(folder .. name .. ".want"), name)
    t.ok(json.decode(bytes_of(request)), name .. " is JSON")
    t.eq(bytes_of(provider.request(case.model, case.view)), bytes_of(request), name .. ": the same bytes again")
    seen[case.model.provider] = true
  end
end

local function decode(name, events, config)
  local reply, out = Reply.new "m", {}
  local feed = qwen.shipped("providers/" .. name).decoder { id = "m", base_url = "https://example.com", config = config or {} }
  for _, event in ipairs(events) do feed(type(event) == "string" and event or json.encode(event), nil, out) end
  feed(nil, nil, out)
  for _, delta in ipairs(out) do reply:add(delta) end
  return reply:message(), out
end

-- What every protocol does with a stream that ends too early, says nothing readable, or brings an error.
local errors = {
  openai = { error = { message = "busy", code = 503 } },
  anthropic = { type = "error", error = { type = "overloaded_error", message = "busy" } },
}
for name in pairs(seen) do
  local m = decode(name, {})
  t.eq({ m.stop, m.err.kind }, { "error", "network" }, name .. ": no end")
  m = decode(name, { "<html>" })
  t.eq({ m.stop, m.err.kind }, { "error", "protocol" }, name .. ": no JSON")
  m = decode(name, { errors[name] })
  t.eq({ m.stop, m.err.kind }, { "error", "overloaded" }, name .. ": an error in the stream")
  t.match(m.err.message, "busy %(", name .. ": in the service's words")
  for _, odd in ipairs { "[]", "{}", "null", "1", '"x"', '{"type":1}', '{"type":"error","error":null}', '{"error":"words"}' } do
    t.eq(decode(name, { odd }).stop, "error", name .. ": " .. odd)
  end
end

-- Anthropic.
do
  local function stopped(word, details)
    return decode("anthropic", { { type = "message_delta", delta = { stop_reason = word, stop_details = details } } })
  end
  for word, reason in pairs { end_turn = "end", max_tokens = "length", model_context_window_exceeded = "length", refusal = "refusal", later = "end" } do
    local m = stopped(word)
    t.eq({ m.stop, m.word }, { reason, word }, word)
  end
  local _, deltas = stopped("refusal", { explanation = "not this" })
  t.eq({ deltas[1].type, deltas[1].text }, { "note", "not this" }, "a refusal in words")
  local function block(index, value, ...)
    local out = { { type = "content_block_start", index = index, content_block = value } }
    for _, delta in ipairs { ... } do out[#out + 1] = { type = "content_block_delta", index = index, delta = delta } end
    out[#out + 1] = { type = "content_block_stop", index = index }
    return table.unpack(out)
  end
  local events = { block(0, { type = "thinking", thinking = "", signature = "" }, { type = "signature_delta", signature = "s1" }) }
  for _, event in ipairs { block(1, { type = "redacted_thinking", data = "r1" }) } do events[#events + 1] = event end
  for _, event in ipairs { block(2, { type = "redacted_thinking", data = "r2" }) } do events[#events + 1] = event end
  for _, event in ipairs { block(3, { type = "tool_use", id = "a", name = "ls", input = { path = "/" } }) } do events[#events + 1] = event end
  events[#events + 1] = { type = "message_delta", delta = { stop_reason = "tool_use" } }
  t.eq(decode("anthropic", events).parts, {
    { type = "think", text = "", signature = "s1" }, { type = "think", text = "", data = { redacted_thinking = "r1" } },
    { type = "think", text = "", data = { redacted_thinking = "r2" } }, { type = "call", id = "a", name = "ls", args = '{"path":"/"}' },
  }, "thinking without text, and arguments at once")
end

-- A task with a tool against the scripted server: the call goes out, its result and what the service wants back go in.
local variables = {
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", header = "x-api-key", value = "k" },
}
local last = {
  anthropic = function(body)
    local answer, results = body.messages[2].content, body.messages[3].content
    t.eq(answer[1], { type = "thinking", thinking = "I list", signature = "sig" }, "thinking goes back")
    t.eq({ answer[2].type, answer[2].id, results[1].tool_use_id }, { "tool_use", "toolu_1", "toolu_1" }, "call and result")
    return results[1].content, { input_tokens = 246, output_tokens = 18, cache_read_input_tokens = 200, total_tokens = 264 }
  end,
}
for name, own in pairs(variables) do
  local place = program.place { ["only.txt"] = "" }
  local function recording(which)
    local path = ("%s/%s.sse"):format(place.root, which)
    local text = assert(fs.read(("%s%s-%s.sse"):format(folder, name, which))):gsub("FOLDER", place.cwd)
    assert(fs.write(path, text, { fsync = false }))
    return { sse = path }
  end
  local server <close> = fake.start { recording "call", recording "answer" }
  local r = program.run(place, { "--auth-type", name, "-m", "m", "-o", "json", "what is here?" }, { env = { [own.key] = "k", [own.url] = server.url } })
  t.eq({ r.code, r.err }, { 0, "" }, name)
  local events, asked = json.decode(r.out), server:requests()
  t.eq(#asked, 2, name .. ": two requests")
  t.eq(asked[1].headers[own.header], own.value, name .. ": the key")
  local result, usage = last[name](asked[2].body)
  t.match(result, "only.txt", name .. ": the tool's result")
  t.eq({ events[#events].result, events[#events].usage }, { "One file.", usage }, name .. ": answer and usage")
end

t.done()
