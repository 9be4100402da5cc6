-- All protocols alike: bytes of requests (tests/cases/requests), streams that break or refuse, and one task with a tool from end to end.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json, os = require "sys.fs", require "sys.json", require "sys.os"
local Reply = require "qwen.agent.reply"
local provider_of = require "qwen.model.provider_of"

local folder = "tests/cases/requests/"

local function bytes_of(request) return table.concat(request.body) end

local platform = os.platform()
local program_words = ("qwen/%s (%s; %s)"):format(qwen.version, platform.system, platform.arch)

-- NAME.in: a model and a view; NAME.want: method, URL, headers, then the body. A vendor's file is found as for any model: NAME begins with it.
local seen = {}
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    local case = json.decode(assert(fs.read(folder .. entry.name)))
    local vendor, provider = provider_of.name(case.model), assert(provider_of.of(case.model))
    t.eq(name:sub(1, #vendor), vendor, name .. ": whose it is")
    local request = provider.request(case.model, case.view)
    local head = ("%s %s\n%s\n"):format(request.method, request.url, json.encode(request.headers))
    local at, last_at = head:find(program_words, 1, true)
    if at then head = head:sub(1, at - 1) .. "PROGRAM" .. head:sub(last_at + 1) end
    t.eq(head .. bytes_of(request) .. "\n", fs.read(folder .. name .. ".want"), name)
    t.ok(json.decode(bytes_of(request)), name .. " is JSON")
    t.eq(bytes_of(provider.request(case.model, case.view)), bytes_of(request), name .. ": the same bytes again")
    if provider.protocol == vendor then seen[vendor] = true end
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
  gemini = { error = { code = 503, message = "busy", status = "UNAVAILABLE" } },
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
    return decode("anthropic", { { type = "content_block_start", index = 0, content_block = { type = "text", text = "x" } },
      { type = "message_delta", delta = { stop_reason = word, stop_details = details } } })
  end
  for word, reason in pairs { end_turn = "end", max_tokens = "length", model_context_window_exceeded = "length", refusal = "refusal", later = "end" } do
    local m = stopped(word)
    t.eq({ m.stop, m.word }, { reason, word }, word)
  end
  local _, deltas = stopped("refusal", { explanation = "not this" })
  t.eq({ deltas[2].type, deltas[2].text }, { "note", "not this" }, "a refusal in words")
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

-- Gemini.
do
  local function parts(...) return { candidates = { { content = { parts = { ... } } } } } end
  local function stopped(word, ...) return { candidates = { { content = { parts = { ... } }, finishReason = word, finishMessage = "because" } } } end
  for word, reason in pairs { STOP = "end", MAX_TOKENS = "length", SAFETY = "filter", RECITATION = "filter", LATER = "end" } do
    local m = decode("gemini", { parts { text = "x" }, stopped(word) })
    t.eq({ m.stop, m.word, m.parts[1].text }, { reason, reason == "filter" and word .. ", because" or word, "x" }, word)
  end
  local m = decode("gemini", { { promptFeedback = { blockReason = "OTHER", blockReasonMessage = "not this" } } })
  t.eq({ m.stop, m.word }, { "filter", "OTHER, not this" }, "a prompt that is refused")
  for _, words in ipairs { { "STOP" }, { "STOP", { text = "hm", thought = true } }, { "MALFORMED_FUNCTION_CALL", { text = "x" } } } do
    m = decode("gemini", { stopped(table.unpack(words)) })
    t.eq({ m.stop, m.err.kind, m.err.retries }, { "error", "overloaded", 1 }, words[1] .. " with nothing is asked for once more")
  end
  m = decode("gemini", { parts({ text = "a", thought = true }, { text = "b", thoughtSignature = "s1" }, { text = "c" }, { text = "", thoughtSignature = "s2" }),
    parts({ functionCall = { name = "ls", args = { p = 1 } }, thoughtSignature = "s3" }, { functionCall = { name = "ls" } }), stopped "STOP" })
  t.eq({ m.stop, m.parts[1], m.parts[2], m.parts[3] }, { "calls", { type = "think", text = "a" }, { type = "text", text = "b", data = { thoughtSignature = "s1" } },
    { type = "text", text = "c", data = { thoughtSignature = "s2" } } }, "signatures stay on their parts")
  t.eq({ m.parts[4].args, m.parts[4].data, m.parts[5].args }, { '{"p":1}', { thoughtSignature = "s3" }, "{}" }, "parallel calls that come whole")
  local function piece(path, value, more) return { jsonPath = path, stringValue = value, willContinue = more } end
  local function call(pieces, more, name) return parts { functionCall = { name = name, partialArgs = pieces, willContinue = more } } end
  m = decode("gemini", { call(nil, true, "edit"), call({ piece("$.edits[0].new", "a", true) }, true), call({ piece("$.edits[0].new", "b") }, true),
    call({ piece("$['edits'][1].new", "c"), { jsonPath = "$.n", numberValue = 2 }, { jsonPath = "$.all", boolValue = false }, { jsonPath = "$.no", nullValue = "NULL_VALUE" } }, true),
    call(), stopped "STOP" })
  t.eq({ m.parts[1].name, m.parts[1].args }, { "edit", '{"all":false,"edits":[{"new":"ab"},{"new":"c"}],"n":2,"no":null}' }, "arguments in pieces")
  for _, path in ipairs { "$", "", "[99999999999]", "$.a[-1]", "$.a.b", "x[y]", "$[1].a" } do
    m = decode("gemini", { call({ piece("$.a", "1"), piece(path, "2") }, false, "f"), stopped "STOP" })
    t.ok(json.decode(m.parts[1].args) or m.parts[1].args == "", "a strange path: " .. path .. ": " .. m.parts[1].args)
  end
  local strange = { "null", "5", '"x"', "[]", "{}", "[5]", "[null]", "[[]]", "[{}]", "true", "1e400" }
  for _, place in ipairs { "%s", '{"candidates":%s}', '{"candidates":[%s]}', '{"candidates":[{"content":%s,"finishReason":%s}]}', '{"usageMetadata":%s}',
    '{"candidates":[{"content":{"parts":%s}}]}', '{"candidates":[{"content":{"parts":[{"text":%s,"thought":%s,"thoughtSignature":%s}]}}]}', '{"promptFeedback":%s}',
    '{"candidates":[{"content":{"parts":[{"functionCall":%s}]}}]}', '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":%s,"partialArgs":%s}}]}}]}',
    '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","partialArgs":[{"jsonPath":"$.a","stringValue":%s,"numberValue":%s}]}}]}}]}', '{"error":%s}',
    '{"promptFeedback":{"blockReason":%s}}', '{"usageMetadata":{"promptTokenCount":%s}}' } do
    for _, value in ipairs(strange) do
      local ok, got = pcall(decode, "gemini", { (place:gsub("%%s", value)), stopped("STOP", { text = "t" }) })
      t.ok(ok and pcall(json.encode, got), place .. " " .. value .. ": " .. tostring(got))
    end
  end
end

-- A task with a tool against the scripted server: the call goes out, its result and what the service wants back go in.
local variables = {
  ["openai-responses"] = { key = "OPENAI_API_KEY", url = "OPENAI_BASE_URL", header = "authorization", value = "Bearer k" },
  anthropic = { key = "ANTHROPIC_API_KEY", url = "ANTHROPIC_BASE_URL", header = "x-api-key", value = "k" },
  gemini = { key = "GEMINI_API_KEY", url = "GOOGLE_GEMINI_BASE_URL", header = "x-goog-api-key", value = "k" },
  ["vertex-ai"] = { key = "GOOGLE_API_KEY", url = "GOOGLE_VERTEX_BASE_URL", header = "x-goog-api-key", value = "k", recording = "gemini" },
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
  gemini = function(body)
    local answer, result = body.contents[2].parts, body.contents[3].parts[1].functionResponse
    t.eq({ #answer, answer[1].thoughtSignature, answer[1].functionCall.id, result.id }, { 1, "sig", "g1", "g1" }, "call, signature and result")
    return result.response.output, { input_tokens = 246, output_tokens = 18, cache_read_input_tokens = 200, total_tokens = 264 }
  end,
}
-- An answer that a filter ended is told in one line.
for event, line in pairs {
  ['{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"SAFETY","finishMessage":"because"}]}'] = ": SAFETY, because\n",
  ['{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}'] = ": PROHIBITED_CONTENT\n",
} do
  local place = program.place { ["answer.sse"] = "data: " .. event .. "\n\n" }
  local server <close> = fake.start { { sse = place.cwd .. "/answer.sse" } }
  local r = program.run(place, { "--auth-type", "gemini", "-m", "m", "hi" }, { env = { GEMINI_API_KEY = "k", GOOGLE_GEMINI_BASE_URL = server.url } })
  t.eq({ r.code, r.err }, { 0, "qwen: the service's content filter ended the answer" .. line }, r.out)
end
do
  local server <close> = fake.start { { text = "" }, { text = "", think = "hm" }, { text = "" }, { text = "a" } }
  local function ask() return program.run(program.place(), { "-m", "m", "hi" }, { env = { OPENAI_API_KEY = "k", OPENAI_BASE_URL = server.url } }) end
  local r = ask()
  t.eq({ r.code, r.out }, { 1, "" }, "nothing is not silence, nor is thinking")
  t.match(r.err, "it says nothing", "and says so")
  r = ask()
  t.eq({ r.code, r.out, #server:requests() }, { 0, "a\n", 4 }, "it is asked for once more")
end
-- After [DONE] the answer is over, whether or not the body ends; where the end follows at once, the connection is used again.
do
  local server <close> = fake.start { { text = "a", fault = "stall", after = "[DONE]" } }
  local r = program.run(program.place(), { "-m", "m", "hi" }, { env = { OPENAI_API_KEY = "k", OPENAI_BASE_URL = server.url } })
  t.eq({ r.code, r.out, r.err }, { 0, "a\n", "" }, "a body that stays open")
  local cut <close> = fake.start { { text = "a", fault = "reset", after = '"finish_reason":"stop"' } }
  r = program.run(program.place(), { "-m", "m", "hi" }, { env = { OPENAI_API_KEY = "k", OPENAI_BASE_URL = cut.url } })
  t.eq({ r.code, r.out }, { 0, "a\n" }, "a connection that breaks behind the reason " .. r.err)
  local file = program.place { ["only.txt"] = "x" }
  local tools <close> = fake.start { { calls = { { name = "read_file", arguments = { file_path = "only.txt" } } } }, { text = "b" } }
  r = program.run(file, { "-m", "m", "hi" }, { env = { OPENAI_API_KEY = "k", OPENAI_BASE_URL = tools.url } })
  local asked = tools:requests()
  t.eq({ r.code, asked[1].connection }, { 0, asked[2] and asked[2].connection }, "one connection")
end
for name, own in pairs(variables) do
  local place = program.place { ["only.txt"] = "" }
  local function recording(which)
    local path = ("%s/%s.sse"):format(place.root, which)
    local text = assert(fs.read(("%s%s-%s.sse"):format(folder, own.recording or name, which))):gsub("FOLDER", place.cwd)
    assert(fs.write(path, text, { fsync = false }))
    return { sse = path }
  end
  local server <close> = fake.start { recording "call", recording "answer" }
  local r = program.run(place, { "--auth-type", name, "-m", "m", "-o", "json", "what is here?" }, { env = { [own.key] = "k", [own.url] = server.url } })
  t.eq({ r.code, r.err }, { 0, "" }, name)
  local events, asked = json.decode(r.out), server:requests()
  t.eq(#asked, 2, name .. ": two requests")
  t.eq(asked[1].headers[own.header], own.value, name .. ": the key")
  local result, usage = last[own.recording or name](asked[2].body)
  t.match(result, "only.txt", name .. ": the tool's result")
  t.eq({ events[#events].result, events[#events].usage }, { "One file.", usage }, name .. ": answer and usage")
end


-- Address and headers are steps of every protocol.
for _, name in ipairs { "openai", "openai-responses", "anthropic", "gemini" } do
  local P = qwen.shipped("providers/" .. name)
  local url = P.url
  local model = { id = "claude-sonnet-4-0", base_url = "https://x", config = { customHeaders = { ["X-Own"] = "2" } } }
  local view = { system = "", messages = {}, tools = {}, max_tokens = 9 }
  t.eq(P.request(model, view).url, url(model), name)
  function P.url(m) return m.base_url .. "/team" end
  function P.headers(m, v) return { ["X-Team"] = m.id .. v.max_tokens, ["X-Own"] = "1" } end
  local request = P.request(model, view)
  t.eq({ request.url, request.headers["X-Team"], request.headers["X-Own"] }, { "https://x/team", "claude-sonnet-4-09", "2" }, name)
end

-- What Gemini did by itself goes back as it came, in its place.
do
  local parts = { { toolCall = { toolType = "FILE_SEARCH", id = "s" }, thoughtSignature = "a" }, { toolResponse = { id = "s" }, thoughtSignature = "b" },
    { text = "Paris" }, { text = "", thoughtSignature = "c" } }
  local events = {}
  for i, part in ipairs(parts) do events[i] = { candidates = { { content = { parts = { part } }, finishReason = i == #parts and "STOP" or nil } } } end
  local provider, m = qwen.shipped "providers/gemini", (decode("gemini", events))
  local request = provider.request({ id = "m", base_url = "https://x", config = {} }, { system = "", messages = { m }, tools = {} })
  local back = json.decode(bytes_of(request)).contents[1].parts
  t.eq({ back[1], back[2], back[3].text, back[#back].thoughtSignature }, { parts[1], parts[2], "Paris", "c" }, "the service's own search")
  m.model = "other"
  t.eq(#json.decode(bytes_of(provider.request({ id = "m", base_url = "https://x", config = {} }, { system = "", messages = { m }, tools = {} }))).contents[1].parts,
    1, "another model's stay here")
end

t.done()
