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
  ["openai-responses"] = { type = "error", code = "server_error", message = "busy" },
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

-- OpenAI responses.
do
  local name = "openai-responses"
  local function stopped(kind, response)
    return decode(name, { { type = "response.output_text.delta", delta = "x" }, { type = "response." .. kind, response = response } })
  end
  local m = stopped("incomplete", { status = "incomplete", incomplete_details = { reason = "max_output_tokens" } })
  t.eq({ m.stop, m.word }, { "length", "max_output_tokens" }, "cut by the limit")
  t.eq(stopped("incomplete", { incomplete_details = { reason = "content_filter" } }).stop, "filter", "filtered")
  m = stopped("failed", { error = { code = "rate_limit_exceeded", message = "slow" } })
  t.eq({ m.stop, m.err.kind, m.parts[1].text }, { "error", "limit", "x" }, "a failure keeps what came")
  m = decode(name, { { type = "response.refusal.delta", delta = "I will not" }, { type = "response.completed", response = { status = "completed" } } })
  t.eq({ m.stop, m.word, m.parts[1].text }, { "refusal", "completed", "I will not" }, "a refusal in words")
  local function call(index, id, arguments)
    return { type = "response.output_item.done", output_index = index, item = { type = "function_call", call_id = id, name = "ls", arguments = arguments } }
  end
  m = decode(name, { call(0, "a", "{}"), call(1, "b", '{"p":1}'), { type = "response.completed", response = {} } })
  t.eq({ m.stop, m.parts[1].args, m.parts[2].id, m.parts[2].args }, { "calls", "{}", "b", '{"p":1}' }, "calls that come whole")
  -- Reasoning that led to nothing is not sent: the service would refuse it.
  local P = qwen.shipped("providers/" .. name)
  local thought = { type = "think", text = "", data = { reasoning = { id = "r", summary = {}, encrypted_content = "e" } } }
  local answer = { role = "assistant", model = "m", parts = { thought, { type = "text", text = "x" }, thought } }
  local items = P.encode_message({ id = "m" }, answer)
  t.eq({ #items, items[1].type, items[2].content }, { 2, "reasoning", "x" }, "reasoning stands before what it led to")
  local call_part = { type = "call", id = "c", name = "ls", args = "" }
  items = P.encode_message({ id = "m" }, { role = "assistant", model = "m", parts = { call_part, { type = "text", text = "x" }, thought, call_part } })
  t.eq({ items[1].type, items[2].type, items[3].type, items[4].type }, { "message", "function_call", "reasoning", "function_call" }, "no text between calls")
  t.match(json.encode(items[3]), '"summary":%[%]', "an empty list stays a list")
end

-- A task with a tool against the scripted server: the call goes out, its result and what the service wants back go in.
local variables = {
  ["openai-responses"] = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", header = "authorization", value = "Bearer k" },
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", header = "x-api-key", value = "k" },
}
local last = {
  ["openai-responses"] = function(body)
    local input = body.input
    t.eq(input[2], { type = "reasoning", id = "rs_1", summary = { { type = "summary_text", text = "I list" } }, encrypted_content = "gAAA" },
      "reasoning goes back")
    t.eq({ input[3].call_id, input[4].call_id }, { "call_1", "call_1" }, "call and result")
    return input[4].output, { input_tokens = 246, output_tokens = 18, cache_read_input_tokens = 200, total_tokens = 264 }
  end,
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
