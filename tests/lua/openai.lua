-- Chat completions: bytes of requests (tests/cases/openai), what is kept between turns, every quirk of streams, error answers, models.
local t = dofile "tests/check.lua"
local fs, json = require "sys.fs", require "sys.json"
local Reply = require "qwen.agent.reply"
local make_stream = require "qwen.net.stream"
local message = require "qwen.session.message"

local function fresh() return qwen.shipped "providers/openai" end
local P = fresh()

-- Requests: a model and a view in, bytes out.
local folder, seen = "tests/cases/openai", 0
local function bytes_of(request) return table.concat(request.body) end
for _, entry in ipairs(assert(fs.list(folder))) do
  local name = entry.name:match "^(.*)%.in$"
  if name then
    seen = seen + 1
    local case = json.decode(assert(fs.read(folder .. "/" .. entry.name)))
    local request = P.request(case.model, case.view)
    t.eq(bytes_of(request) .. "\n", fs.read(folder .. "/" .. name .. ".want"), name)
    t.ok(json.decode(bytes_of(request)) ~= nil, name .. " is JSON")
    t.eq(bytes_of(fresh().request(case.model, case.view)), bytes_of(request), name .. ": the same bytes again")
    t.eq({ request.method, request.url }, { "POST", "https://example.com/v1/chat/completions" }, name)
  end
end
t.ok(seen > 15, seen .. " cases")

local function model_of(fields)
  local model = { id = "m", base_url = "https://example.com/v1", config = {} }
  for key, value in pairs(fields or {}) do model[key] = value end
  return model
end

do
  local request = P.request(model_of { config = { customHeaders = { ["X-A"] = "1", Accept = "x" } } }, { system = "", messages = {}, tools = {} })
  t.eq(request.headers, { ["Content-Type"] = "application/json", Accept = "x", ["X-A"] = "1" }, "headers of the user's win")
end

-- A message and a tool are encoded once for a model.
do
  local own, model, made = fresh(), model_of(), 0
  local encode = own.encode_message
  function own.encode_message(...)
    made = made + 1
    return encode(...)
  end
  local view = { system = "s", tools = {}, messages = { message.user "a" } }
  local first = own.request(model, view)
  view.messages = { view.messages[1], message.assistant { { type = "text", text = "b" } }, message.user "c" }
  local second = own.request(model, view)
  t.eq(made, 3, "a turn encodes what is new")
  local beginning = bytes_of(first):match "^[^%]]*"
  t.eq(bytes_of(second):sub(1, #beginning), beginning, "the beginning stays the same")
  own.request(model_of { id = "other" }, view)
  t.eq(made, 6, "another model has bytes of its own")
end

-- A vendor's file amends one step.
do
  local vendor = fresh()
  local encode, body = vendor.encode_assistant, vendor.body
  function vendor.encode_assistant(model, m)
    local out = encode(model, m)
    if out then out.reasoning_content = "" end
    return out
  end
  function vendor.body(model, view)
    local fields = body(model, view)
    fields.metadata = { session = view.session }
    return fields
  end
  local sent = json.decode(bytes_of(vendor.request(model_of(), { system = "", tools = {}, session = "s1",
    messages = { message.user "a", message.assistant { { type = "text", text = "b" } } } })))
  t.eq({ sent.messages[2].reasoning_content, sent.metadata.session }, { "", "s1" }, "steps of a vendor are used")
  t.eq(json.decode(bytes_of(P.request(model_of(), { system = "", tools = {}, messages = {} }))).metadata, nil, "and harm nobody else")
end

-- Streams -----------------------------------------------------------------------------------------------------------

local function fold(events, model)
  local decode, reply, out = P.decoder(model or model_of()), Reply.new "m", {}
  local function take(data)
    decode(data, "message", out)
    for i = 1, #out do
      reply:add(out[i])
      out[i] = nil
    end
  end
  for _, event in ipairs(events) do take(type(event) == "table" and json.encode(event) or event) end
  take(nil)
  return reply:message()
end

local function delta(fields, finish) return { choices = { { index = 0, delta = fields, finish_reason = finish } } } end
local STOP = delta({}, "stop")

-- What a message says, in short: its parts, its stop.
local function short(m)
  local out = {}
  for i, part in ipairs(m.parts) do
    out[i] = part.type == "call" and ("%s:%s(%s)"):format(part.id:find "^call_%x+$" and "new" or part.id, part.name, part.args)
      or (part.type == "think" and "?" or "") .. part.text
  end
  return table.concat(out, " | "), m.stop, m.word
end

local function gives(name, events, want, stop, word, model)
  local text, how, its = short(fold(events, model))
  t.eq({ text, how, its }, { want, stop or "end", word }, name)
end

gives("text", { delta { role = "assistant", content = "" }, delta { content = "a" }, delta { content = "b" }, STOP, "[DONE]" }, "ab", "end", "stop")
gives("no end mark", { delta { content = "a" }, STOP }, "a", "end", "stop")
gives("no finish reason", { delta { content = "a" }, "[DONE]" }, "a", "end")
gives("neither", { delta { content = "a" } }, "a", "error")
gives("null everywhere", { '{"choices":[{"delta":{"content":null,"tool_calls":null,"refusal":null,"reasoning":null},"finish_reason":null}],"usage":null,"error":null}',
  delta { content = "a" }, "[DONE]" }, "a", "end")
gives("a whole message in place of a delta", { { choices = { { message = { role = "assistant", content = "a" }, finish_reason = "stop" } } } }, "a", "end", "stop")
gives("length", { delta { content = "a" }, delta({}, "length") }, "a", "length", "length")
gives("a filter", { delta { content = "a" }, delta({}, "content_filter") }, "a", "filter", "content_filter")
gives("a word nobody knows", { delta { content = "a" }, delta({}, "whatever") }, "a", "end", "whatever")
gives("a refusal", { delta { refusal = "I " }, delta { refusal = "cannot" }, STOP }, "I cannot", "refusal", "stop")
gives("no choices", { '{"choices":[]}', '{}', '{"choices":null}', delta { content = "a" }, STOP }, "a", "end", "stop")

gives("reasoning_content", { delta { reasoning_content = "a" }, delta { reasoning_content = "b" }, delta { content = "c" }, STOP }, "?ab | c", "end", "stop")
gives("reasoning", { delta { reasoning = "a" }, delta { reasoning = "b" }, delta { content = "c" }, STOP }, "?ab | c", "end", "stop")
gives("both at once", { delta { reasoning = "a", reasoning_content = "a" }, delta { content = "c" }, STOP }, "?a | c", "end", "stop")
gives("thinking and text in one event", { delta { reasoning_content = "a", content = "b" }, delta { reasoning_content = "c" }, STOP }, "?a | b | ?c", "end", "stop")
gives("a list of parts", { delta { content = { { type = "thinking", thinking = { { type = "text", text = "a" } } }, { type = "text", text = "b" } } }, STOP }, "?a | b", "end", "stop")

-- <think> tags, cut everywhere, when they are looked for.
do
  local marked, here = " \n<think>\nso < this </thin k></think>\n\n The <think>answer</think>", model_of { config = { thinkTags = true } }
  for i = 1, #marked do
    gives("think tags cut at " .. i, { delta { content = marked:sub(1, i) }, delta { content = marked:sub(i + 1) }, STOP },
      "?\nso < this </thin k> | The <think>answer</think>", "end", "stop", here)
  end
  local single = {}
  for c in marked:gmatch "." do single[#single + 1] = delta { content = c } end
  single[#single + 1] = STOP
  gives("think tags in single characters", single, "?\nso < this </thin k> | The <think>answer</think>", "end", "stop", here)
  gives("thinking that nobody closed", { delta { content = "<think>a</thi" }, delta({}, "length") }, "?a</thi", "length", "length", here)
  gives("only the beginning of a tag", { delta { content = "<thi" }, STOP }, "<thi", "end", "stop", here)
  gives("another tag", { delta { content = "<th" }, delta { content = "ing>" }, STOP }, "<thing>", "end", "stop", here)
  local untagged = "so < that\nand </th is</think>\n\nThe answer"
  local function anew() -- a model of which nothing is known yet
    local model = {}
    for key, value in pairs(here) do model[key] = value end
    return model
  end
  for i = 1, #untagged do
    gives("no opening tag, cut at " .. i, { delta { content = untagged:sub(1, i) }, delta { content = untagged:sub(i + 1) }, STOP },
      "?so < that\nand </th is | The answer", "end", "stop", anew())
  end
  local words = "Write `</think>`\nor </think> here, < or </thin"
  for i = 1, #words do
    gives("a closing tag in words, cut at " .. i, { delta { content = words:sub(1, i) }, delta { content = words:sub(i + 1) }, STOP }, words, "end", "stop", anew())
  end
  -- Known to answer so, by the entry or by an answer before, thinking is thinking from the start; without a closing tag it was the answer.
  local open = model_of { config = { thinkTags = "open" } }
  gives("thinking that is only closed", { delta { content = "so <" }, delta { content = " that</thi" }, delta { content = "nk>\n\nThe answer" }, STOP },
    "?so < that | The answer", "end", "stop", open)
  gives("with its opening tag all the same", { delta { content = "<think>a</think>b" }, STOP }, "?a | b", "end", "stop", open)
  gives("no thinking this time", { delta { content = "The " }, delta { content = "answer" }, STOP }, "?The answer | The answer", "end", "stop", open)
  gives("and so not guessed again", { delta { content = "The answer" }, STOP }, "The answer", "end", "stop", open)
  gives("not looked for elsewhere", { delta { content = "<think>a</think>b" }, STOP }, "<think>a</think>b", "end", "stop")
  gives("but when asked to", { delta { content = "<think>a</think>b" }, STOP }, "?a | b", "end", "stop", model_of { config = { thinkTags = true } })
end

-- Calls.
local function calls(...) return delta { tool_calls = { ... } } end
local function call(index, id, name, args) return { index = index, id = id, type = "function", ["function"] = { name = name, arguments = args } } end
local DONE = delta({}, "tool_calls")
gives("a call in pieces", { calls(call(0, "a", "f", "")), calls(call(0, nil, nil, '{"x"')), calls(call(0, nil, nil, ":1}")), DONE }, 'a:f({"x":1})', "calls", "tool_calls")
gives("parallel calls that come in turns", { calls(call(0, "a", "f", "{"), call(1, "b", "g", "{")), calls(call(1, nil, nil, "}")), calls(call(0, nil, nil, "}")), DONE },
  "a:f({}) | b:g({})", "calls", "tool_calls")
gives("index always 0", { calls(call(0, "a", "f", "{}")), calls(call(0, "b", "g", '{"x":')), calls(call(0, nil, nil, "1}")), DONE }, 'a:f({}) | b:g({"x":1})', "calls", "tool_calls")
gives("index always 0 and no ids", { calls(call(0, nil, "f", "{}")), calls(call(0, nil, "f", "{}")), DONE }, "new:f({}) | new:f({})", "calls", "tool_calls")
gives("no index", { calls(call(nil, "a", "f", "{")), calls(call(nil, nil, nil, "}")), calls(call(nil, "b", "g", "{}")), DONE }, "a:f({}) | b:g({})", "calls", "tool_calls")
gives("neither index nor id", { calls(call(nil, nil, "f", "{")), calls(call(nil, nil, nil, "}")), calls(call(nil, nil, "g", "{}")), DONE }, "new:f({}) | new:g({})", "calls", "tool_calls")
gives("id and name in every piece", { calls(call(0, "a", "f", "{")), calls(call(0, "a", "f", "}")), calls(call(0, "a", "f", "")), DONE }, "a:f({})", "calls", "tool_calls")
gives("the name in every piece, no id", { calls(call(0, nil, "f", '{"x"')), calls(call(0, nil, "f", ":1}")), calls(call(0, nil, "f", "")), DONE }, 'new:f({"x":1})', "calls", "tool_calls")
gives("a late id", { calls(call(0, nil, "f", "{")), calls(call(0, "a", nil, "}")), DONE }, "a:f({})", "calls", "tool_calls")
gives("null ids and empty names", { calls(call(0, "a", "f", "{")), calls(call(0, json.null, "", "}")), calls(call(0, "", json.null, "")), DONE }, "a:f({})", "calls", "tool_calls")
gives("arguments as an object", { calls(call(0, "a", "f", { y = { 1, 2 }, x = "1" })), DONE }, 'a:f({"x":"1","y":[1,2]})', "calls", "tool_calls")
gives("no arguments", { calls(call(0, "a", "f", json.null)), DONE }, "a:f()", "calls", "tool_calls")
gives("arguments that are no JSON stay as they came", { calls(call(0, "a", "f", "{'x': 1}")), DONE }, "a:f({'x': 1})", "calls", "tool_calls")
gives("stop though calls came", { calls(call(0, "a", "f", "{}")), STOP }, "a:f({})", "calls", "stop")
gives("calls without any end", { calls(call(0, "a", "f", "{}")) }, "a:f({})", "calls")
gives("a call that was cut", { calls(call(0, "a", "f", "{")) }, "", "error")
gives("the old form", { delta { function_call = { name = "f", arguments = "{" } }, delta { function_call = { arguments = "}" } }, delta({}, "function_call") }, "new:f({})", "calls", "function_call")
gives("text and a call", { delta { content = "a" }, calls(call(0, "a", "f", "{}")), DONE }, "a | a:f({})", "calls", "tool_calls")

-- Calls written as text, when asked for, cut everywhere.
do
  local asked = model_of { config = { textToolCalls = true, thinkTags = true } }
  local function written(name, text, want, stop)
    for i = 1, #text do
      gives(name .. " cut at " .. i, { delta { content = text:sub(1, i) }, delta { content = text:sub(i + 1) }, STOP }, want, stop, "stop", asked)
    end
    local single = {}
    for c in text:gmatch "." do single[#single + 1] = delta { content = c } end
    single[#single + 1] = STOP
    gives(name .. " in single characters", single, want, stop, "stop", asked)
  end
  written("JSON in tags", 'I look.\n<tool_call>\n{"name": "f", "arguments": {"x": "</a>"}}\n</tool_call>\n', 'I look.\n | new:f({"x":"</a>"})', "calls")
  written("two of them, after thinking", '<think>a</think><tool_call>{"name":"f","arguments":"{}"}</tool_call>\n<tool_call>{"name":"g","parameters":{}}</tool_call> b',
    "?a | new:f({}) | new:g({}) | b", "calls")
  written("functions with parameters", "<tool_call>\n<function=f>\n<parameter=a>\nx\ny\n</parameter>\n<parameter=n>\n1\n</parameter>\n</function>\n</tool_call>",
    'new:f({"a":"x\\ny","n":"1"})', "calls")
  written("a bare function", "ok <function=f><parameter=a>1</parameter></function>", 'ok  | new:f({"a":"1"})', "calls")
  written("a fence", '```json\n{"name":"f","arguments":{}}\n```', "new:f({})", "calls")
  written("a list of calls", '<tool_call>[{"name":"f","arguments":{}},{"function":{"name":"g"}}]</tool_call>', "new:f({}) | new:g({})", "calls")
  written("no closing tag", '<tool_call>{"name":"f","arguments":{}}', "new:f({})", "calls")
  written("a fence that is no call", 'a ```json\n{"x":1}\n``` b', 'a ```json\n{"x":1}\n``` b')
  written("a call that cannot be read", "<tool_call>{name:f}</tool_call>", "<tool_call>{name:f}</tool_call>")
  written("arithmetic", "1 <tool 2 <function 3 ``", "1 <tool 2 <function 3 ``")
  written("nothing but JSON", ' {"name":"f","arguments":{"x":1}}', 'new:f({"x":1})', "calls")
  local F, G = '{"name":"f","arguments":{}}', '{"name":"g","arguments":{}}'
  written("a call that is shown in a fence", "so:\n```xml\n<tool_call>" .. F .. "</tool_call>\n```\n`<tool_call>`" .. F, "so:\n```xml\n<tool_call>" .. F .. "</tool_call>\n```\n`<tool_call>`" .. F)
  written("a fence without a word", "```\n" .. F .. "\n```", "```\n" .. F .. "\n```")
  written("a file with a name", '```json\n{"name":"x","version":1}\n```\nso', '```json\n{"name":"x","version":1}\n```\nso')
  written("two fences", "```json\n" .. F .. "\n```\n\n```json\n" .. G .. "\n```\n", "new:f({}) | new:g({})", "calls")
  local between = "```json\n" .. F .. "\n```\nand\n```json\n" .. G .. "\n```\n"
  written("fences of prose", between, between)
  written("two in one", "<tool_call>" .. F .. "\n" .. G .. "</tool_call>a", "new:f({}) | new:g({}) | a", "calls")
  written("two functions in one", "<tool_call>\n<function=f>\n</function>\n<function=g>\n</function>\n</tool_call>", "new:f({}) | new:g({})", "calls")
  written("two bare ones", F .. "\n" .. G, "new:f({}) | new:g({})", "calls")
  written("JSON and words", F .. " so", F .. " so")
  written("the end tag in a value", '<tool_call>{"name":"f","arguments":{"x":"</tool_call>"}}</tool_call>a', 'new:f({"x":"</tool_call>"}) | a', "calls")
  written("the end of a function in a value", "<function=f><parameter=x>a </function> b</parameter></function>a", 'new:f({"x":"a </function> b"}) | a', "calls")
  written("cut in JSON", '<tool_call>{"name":"f","arguments":{"x":"ab', '<tool_call>{"name":"f","arguments":{"x":"ab')
  written("cut in a parameter", "<function=f><parameter=x>ab", "<function=f><parameter=x>ab")
  written("the tag alone", "write <tool_call> or <function= as you <like>", "write <tool_call> or <function= as you <like>")
  written("JSON that is an answer", '{"x":1}\n', '{"x":1}\n')
  -- What cannot be a call is shown at once, and what was done with a call is said, once.
  local function now(text, want, note)
    local split, out, words = qwen.wire.tool_call_splitter { f = true, g = true }, {}, {}
    split(text, out)
    for i, d in ipairs(out) do words[i] = d.type == "text" and d.text or d.type .. ":" .. (d.name or d.text) end
    t.eq(table.concat(words, "|"), want, text)
    if note then t.eq(#out, note) end
  end
  now("use <tool_call> tags", "use <tool_call> tags")
  now("see `<tool_call>` ", "see `<tool_call>` ")
  now('{"x": [1, ', '{"x": [1, ')
  now('```json\n{"x": 1', '```json\n{"x": 1')
  now("```lua\nlocal <tool_call>", "```lua\nlocal <tool_call>")
  now("a < b <t", "a < b ")
  local taken = "note:the model wrote its call of f as text; it is taken as a call (textToolCalls)"
  now("<tool_call>" .. F .. "</tool_call><tool_call>" .. F .. "</tool_call>", taken .. "|call:f|call:f")
  now("<tool_call>{x}</tool_call>", "note:the model wrote a call as text that cannot be read; it stays text|<tool_call>{x}</tool_call>")
  gives("beside a real one", { delta { content = '<tool_call>{"name":"f"}</tool_call>' }, calls(call(0, "a", "g", "{}")), DONE }, "new:f({}) | a:g({})", "calls", "tool_calls", asked)
  gives("not unless asked", { delta { content = '<tool_call>{"name":"f"}</tool_call>' }, STOP }, '<tool_call>{"name":"f"}</tool_call>', "end", "stop")
end

-- Usage, wherever it is.
local function usage(name, events, want) t.eq(fold(events).usage, want, name) end
local plain = { prompt_tokens = 7, completion_tokens = 3 }
usage("at the end", { delta { content = "a" }, STOP, { choices = json.array {}, usage = plain }, "[DONE]" }, { input = 7, output = 3 })
usage("in every event, the last wins", { { choices = {}, usage = { prompt_tokens = 1 } }, { choices = {}, usage = plain } }, { input = 7, output = 3 })
usage("Groq's place", { { choices = {}, x_groq = { usage = plain } } }, { input = 7, output = 3 })
usage("Moonshot's place", { { choices = { { delta = {}, finish_reason = "stop", usage = plain } } } }, { input = 7, output = 3 })
usage("details", { { usage = { prompt_tokens = 7, completion_tokens = 3, prompt_tokens_details = { cached_tokens = 4 }, completion_tokens_details = { reasoning_tokens = 2 } } } },
  { input = 7, output = 3, cached = 4, reasoning = 2 })
usage("DeepSeek's name", { { usage = { prompt_tokens = 7, prompt_cache_hit_tokens = 5 } } }, { input = 7, cached = 5 })
usage("absent", { delta { content = "a" }, '{"choices":[],"usage":null}', STOP }, nil)
usage("nonsense", { '{"usage":{"prompt_tokens":"7","completion_tokens":1.5,"prompt_tokens_details":[1]}}' }, nil)

-- reasoning_details are put together and go back as they came.
do
  local m = fold { delta { reasoning = "a", reasoning_details = { { type = "reasoning.text", text = "a", index = 0, format = "x" } } },
    delta { reasoning = "b", reasoning_details = { { type = "reasoning.text", text = "b", index = 0, signature = json.null } } },
    delta { reasoning_details = { { type = "reasoning.text", signature = "s", index = 0 } } },
    delta { reasoning_details = { { type = "reasoning.encrypted", data = "e", index = 1, id = "r" }, 5, json.null } },
    calls(call(0, "c", "f", "{}")), DONE }
  local want = { { type = "reasoning.text", text = "ab", index = 0, format = "x", signature = "s" }, { type = "reasoning.encrypted", data = "e", index = 1, id = "r" } }
  t.eq(m.parts[1], { type = "think", text = "ab", data = { reasoning_details = want } }, "details")
  local sent = json.decode(bytes_of(P.request(model_of(), { system = "", tools = {}, messages = { m } })))
  t.eq(sent.messages[1].reasoning_details, want, "and back")
  t.ok(pcall(json.encode, fold({ '{"choices":[{"delta":{"reasoning_details":[{"x":1e400}]}}]}', STOP }).parts), "what JSON cannot hold is not kept")
end

-- Failures in the stream.
local function fails(name, events, kind, words, text)
  local m = fold(events)
  t.eq({ m.stop, m.err and m.err.kind, short(m) }, { "error", kind, text or "", "error", m.word }, name)
  t.match(m.err and m.err.message, words, name)
end
fails("an error after text", { delta { content = "a" }, { error = { message = "Overloaded", code = 502 } } }, "overloaded", "^502 Overloaded", "a")
fails("a limit by its code", { { error = { message = "slow down", code = "rate_limit_exceeded" } } }, "limit", "slow down")
fails("a limit by its number", { { error = { message = "slow down", code = "429" } } }, "limit", "slow down")
fails("an error that is a text", { '{"error":"it broke"}' }, "protocol", "it broke")
fails("an error that says nothing", { '{"error":{"message":{"a":1},"code":[1],"type":null}}' }, "protocol", "gave no reason")
fails("an error with a choice", { { error = { message = "x", code = 500 }, choices = { { delta = { content = "" }, finish_reason = "error" } } } }, "overloaded", "^500 x")
fails("DashScope's throttling", { delta({ content = "Throttling: TPM" }, "error_finish") }, "overloaded", "Throttling: TPM")
fails("only the word", { delta { content = "a" }, delta({}, "error") }, "overloaded", "ended the answer with an error", "a")
fails("no JSON", { delta { content = "a" }, "<html>" }, "protocol", "not JSON: <html>", "a")
fails("cut", { delta { content = "a" } }, "network", "ended before", "a")

-- Nothing that a service sends raises.
do
  local values = { "null", "5", '"x"', "[]", "{}", "[5]", '["x"]', "[null]", "[[]]", "[{}]", "true", "1e400", "-1" }
  local places = { "%s", '{"choices":%s}', '{"choices":[%s]}', '{"choices":[{"delta":%s}]}', '{"choices":[{"message":%s}]}', '{"choices":[{"delta":{"content":%s}}]}',
    '{"choices":[{"delta":{"content":[{"type":"thinking","thinking":%s}]}}]}', '{"choices":[{"delta":{"reasoning":%s,"reasoning_details":%s}}]}',
    '{"choices":[{"delta":{"reasoning_details":[{"type":%s,"text":%s,"index":%s}]}}]}', '{"choices":[{"delta":{"tool_calls":%s}}]}',
    '{"choices":[{"delta":{"tool_calls":[{"index":%s,"id":%s,"function":%s}]}}]}', '{"choices":[{"delta":{"tool_calls":[{"index":%s,"function":{"name":%s,"arguments":%s}}]}}]}',
    '{"choices":[{"delta":{"function_call":%s}}]}', '{"choices":[{"delta":{"refusal":%s},"finish_reason":%s,"usage":%s}]}', '{"usage":%s}',
    '{"usage":{"prompt_tokens":%s,"prompt_tokens_details":%s}}', '{"x_groq":%s}', '{"x_groq":{"usage":%s}}', '{"error":%s}', '{"error":{"message":%s,"code":%s,"type":%s}}' }
  local n = 0
  for _, place in ipairs(places) do
    for _, value in ipairs(values) do
      local event = place:gsub("%%s", (value:gsub("%%", "%%%%")))
      local ok, m = pcall(fold, { event, event, delta { content = "t" }, event, STOP })
      n = n + 1
      if not t.ok(ok and pcall(json.encode, m), event .. ": " .. tostring(m)) then break end
    end
  end
  t.ok(n > 200, n .. " strange events")
end

-- A delta costs one small table at most: those of a run of text, or of thinking, are one and the same.
for _, key in ipairs { "content", "reasoning_content", "reasoning" } do
  local decode, first = P.decoder(model_of()), nil
  for i = 1, 5 do
    local out = {}
    decode(('{"id":"x","choices":[{"index":0,"delta":{"%s":"w%d"},"finish_reason":null}],"usage":null}'):format(key, i), nil, out)
    first = first or out[1]
    t.ok(#out == 1 and out[1] == first and out[1].text == "w" .. i, key .. " " .. i)
  end
end

-- Error answers -----------------------------------------------------------------------------------------------------

local function failure(status, body, headers) return P.failure(status, headers or {}, type(body) == "table" and json.encode(body) or body) end
for _, case in ipairs {
  { 401, "auth", "check the key" }, { 403, "auth", "model or region" }, { 402, "limit", "balance" }, { 404, "missing", "/v1" }, { 408, "timeout", "again" },
  { 413, "too_long", "compact" }, { 429, "limit", "wait" }, { 500, "overloaded", "later" }, { 502, "overloaded", "later" }, { 503, "overloaded", "later" },
  { 504, "overloaded", "later" }, { 529, "overloaded", "later" }, { 400, "protocol", "refused" }, { 422, "protocol", "refused" }, { 302, "protocol", "refused" },
} do
  local e = failure(case[1], { error = { message = "words of theirs", type = "x" } })
  t.eq({ e.kind, e.status }, { case[2], case[1] }, "status " .. case[1])
  t.match(e.message, "^" .. case[1] .. " words of theirs .*" .. case[3], "status " .. case[1])
end
t.eq(failure(400, { error = { message = "x", code = "context_length_exceeded" } }).kind, "too_long", "too long by code")
t.eq(failure(400, { error = { message = "This model's maximum context length is 8 tokens" } }).kind, "too_long", "too long by words")
t.eq({ failure(429, { error = { message = "x", code = "insufficient_quota" } }).kind, failure(429, { error = { message = "x", code = "insufficient_quota" } }).code },
  { "limit", "insufficient_quota" }, "a quota is no rate")
t.eq(failure(402, { error = { message = "x" } }).code, "insufficient_quota", "nor is a balance")
t.match(failure(404, { error = { message = "x", code = "model_not_found" } }).message, "model name; see: /model", "a model that is not there")
t.eq({ failure(401, { error = { message = "x", code = "rate_limit_exceeded" } }).kind }, { "auth" }, "the status says what is to be done")
for body, words in pairs {
  ['{"message":"m"}'] = "m", ['{"detail":"d"}'] = "d", ['{"detail":[{"loc":["body"],"msg":"field required"}]}'] = "field required", ['{"error":"e"}'] = "e",
  ['"bare"'] = "bare", ["plain words"] = "plain words", ["<html><style>p{}</style><h1>Bad</h1> <p>gateway</p></html>"] = "Bad gateway", [""] = "no explanation",
  ['[{"error":{"message":"in a list","status":"UNAVAILABLE"}}]'] = "in a list", ['{"error":null,"message":"m2"}'] = "m2", ["{}"] = "{}", ["null"] = "null", ["5"] = "5",
} do
  t.match(failure(500, body).message, "^500 " .. words, body)
end

local function wait(headers) return failure(429, "", headers).retry_after end
local function near(got, want, name) t.ok(got and math.abs(got - want) < 60, name .. ": " .. tostring(got)) end
t.eq(wait {}, nil, "no header, no wait")
t.eq(wait { ["retry-after"] = "7" }, 7, "seconds")
t.eq(wait { ["retry-after-ms"] = "1500", ["retry-after"] = "2" }, 1.5, "milliseconds")
near(wait { ["retry-after"] = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 900) }, 900, "a date")
t.eq(wait { ["retry-after"] = "Wed, 21 Oct 2015 07:28:00 GMT" }, 0, "a date that has passed")
t.eq(wait { ["retry-after"] = "soon" }, nil, "words")
t.eq(wait { ["retry-after"] = "-5" }, 0, "less than nothing")
t.eq(wait { ["x-ratelimit-remaining-requests"] = "0", ["x-ratelimit-reset-requests"] = "6m0s" }, 360, "a window that is used up")
t.eq(wait { ["x-ratelimit-remaining-tokens"] = "0", ["x-ratelimit-reset-tokens"] = "120ms" }, 0.12, "milliseconds of a window")
t.eq(wait { ["x-ratelimit-remaining-tokens"] = "5", ["x-ratelimit-reset-tokens"] = "120ms" }, nil, "a window with something left")
near(wait { ["x-ratelimit-remaining-requests"] = "0", ["x-ratelimit-reset-requests"] = tostring(os.time() + 900) }, 900, "seconds since 1970")
near(wait { ["x-ratelimit-remaining-requests"] = "0", ["x-ratelimit-reset-requests"] = ("%d000"):format(os.time() + 900) }, 900, "milliseconds since 1970")

-- Models ------------------------------------------------------------------------------------------------------------

do
  local asked
  local function ctx_of(status, body, problem)
    return { settings = { env = function() end }, transport = function(request)
      asked = request
      if problem then return nil, problem end
      local left = { body }
      return make_stream { status = status, headers = {}, url = request.url, read = function() return table.remove(left) end, close = function() end }
    end }
  end
  local here = model_of { base_url = "http://127.0.0.1:1/v1", provider = "openai" }
  for item, want in pairs {
    ['"max_context_length":131072'] = { 131072 }, -- Mistral
    ['"max_context_length":131072,"loaded_context_length":8192'] = { 8192 }, -- LM Studio
    ['"capabilities":{"limits":{"max_context_window_tokens":128000,"max_output_tokens":16384,"max_prompt_tokens":64000}}'] = { 64000, 16384 }, -- Copilot
    ['"meta":{"n_ctx_train":40960}'] = { 40960 }, -- llama.cpp
    ['"metadata":{"context_length":32768,"max_tokens":4096}'] = { 32768, 4096 }, -- DeepInfra
    ['"meta":null,"capabilities":["completion"],"metadata":5'] = {},
  } do
    local one = P.models(ctx_of(200, '{"data":[{"id":"x",' .. item .. "}]}"), here)[1]
    t.eq({ one.context, one.max_output }, want, item)
  end
  local list = P.models(ctx_of(200, '{"data":[{"id":"b","max_model_len":4096},{"id":"a","name":"A","context_length":8},{"x":1},5]}'), here)
  t.eq(list, { { id = "a", name = "A", context = 8 }, { id = "b", context = 4096 } }, "models")
  t.eq({ asked.method, asked.url }, { "GET", "http://127.0.0.1:1/v1/models" }, "asked for")
  t.eq(P.models(ctx_of(200, '[{"id":"a"}]'), here), { { id = "a" } }, "a bare list")
  t.err(nil, select(2, P.models(ctx_of(200, "<html>"), here)), "protocol", "no list")
  t.err(nil, select(2, P.models(ctx_of(401, "{}"), here)), "auth", "refused")
  t.err(nil, select(2, P.models(ctx_of(0, "", qwen.err("network", "x")), here)), "network", "nobody there")
  t.err(nil, select(2, P.models(ctx_of(200, "[]"), model_of { provider = "openai", from = "here" })), "auth", "no key for a service elsewhere")
end

-- The whole program with a model that writes its calls as text, numbers among them.
do
  local program, fake = dofile "tests/program.lua", dofile "tests/fake/fake.lua"
  local place = program.place { ["f"] = "one\ntwo\nthree\n" }
  local server <close> = fake.start {
    { text = { "<tool_call>\n<function=read_file>\n<parameter=file_path>\n", place.cwd .. "/f\n</parameter>\n<parameter=limit>\n1\n</para", "meter>\n</function>\n</tool_call>" } },
    { text = "done" },
  }
  assert(fs.mkdir(place.home .. "/.qwen"))
  assert(fs.write(place.home .. "/.qwen/settings.json", json.encode { modelProviders = { openai = { { id = "local", baseUrl = server.url,
    generationConfig = { textToolCalls = true } } } }, security = { auth = { selectedType = "openai" } }, model = { name = "local" } }))
  local r = program.run(place, { "read it" })
  t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
  t.match(r.err, "wrote its call of read_file as text", "a visible note")
  local messages = server:requests()[2].body.messages
  t.eq({ messages[3].tool_calls[1]["function"].name, messages[4].tool_call_id }, { "read_file", messages[3].tool_calls[1].id }, "a call and its result")
  t.ok(messages[4].content:find "one" and not messages[4].content:find "three", "with its limit as a number: " .. messages[4].content)
end

t.done()
