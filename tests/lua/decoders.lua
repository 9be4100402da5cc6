-- What providers of a person's own share with ours: a decoder that tells an answer, headers, requests; and what happens when theirs gives
-- something wrong: told with file, line, field and what was expected, and the text before it stays.
require "qwen.api"
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local http, json = require "sys.http", require "sys.json"
local Reply = require "qwen.agent.reply"
local wire = qwen.wire

-- An answer, event by event: its message in short.
local function fold(read, events, steps)
  local decode, reply, out = wire.decoder({}, read, steps) { config = {} }, Reply.new "m", {}
  for i = 1, #events + 1 do
    local event = events[i]
    decode(type(event) == "table" and json.encode(event) or event, nil, out)
    for k = 1, #out do
      reply:add(out[k])
      out[k] = nil
    end
  end
  local m, words = reply:message(), {}
  for k, part in ipairs(m.parts) do words[k] = part.type == "call" and ("%s(%s)"):format(part.name, part.args) or part.type .. ":" .. part.text end
  return { table.concat(words, " | "), m.stop, m.err and m.err.message or m.word, m.usage }
end

local function read(answer, event)
  answer:think(event.thought)
  answer:text(event.say, "say")
  if event.ask then answer:call(event.ask, event.with) end
  if event.failed then answer:fail(event.failed) end
  if event.read then answer:usage { input = event.read, output = event.written } end
  if event.done then answer:stop("end", event.done) end
end

local DONE = { done = "yes" }
t.eq(fold(read, { { say = "a" }, { say = "b" }, { say = 'c"' }, { say = "d" }, DONE }), { 'text:abc"d', "end", "yes" }, "text")
t.eq(fold(read, { { thought = "hm" }, { say = "a" }, DONE }), { "think:hm | text:a", "end", "yes" }, "thinking")
t.eq(fold(read, { { say = 5 }, { say = {} }, { say = json.null }, { say = "a" }, DONE }), { "text:a", "end", "yes" }, "text is text")
t.eq(fold(read, { { ask = "f", with = { x = 1 } }, { ask = "g", with = '{"y":2}' }, DONE }), { 'f({"x":1}) | g({"y":2})', "calls", "yes" }, "calls")
t.eq(fold(read, { { say = "a", read = 3 }, { read = 4, written = "two" }, DONE }), { "text:a", "end", "yes", { input = 4 } }, "usage")
t.eq(fold(read, { { say = "a" } }), { "text:a", "error", "the answer ended before the service said that it was complete" }, "cut")
t.eq(fold(read, { { say = "a" }, "[DONE]" }), { "text:a", "end" }, "the end without a reason")
t.match(fold(read, { { say = "a" }, "<html>" })[3], "not JSON: <html>")
t.match(fold(read, { { say = "a" }, { error = { message = "no more", code = 503 } } })[3], "no more", "an error in the stream")
t.match(fold(read, { { say = "a" }, { failed = "no idea" } })[3], "no idea")
t.eq(fold(read, { DONE }, { finish = function(answer) answer:stop("length", "cut") end }), { "", "length", "cut" }, "the last word")
t.fails(function() wire.decoder(read) end, "made of %(P, function")

do -- a run of events is one delta; events of another name are not taken for it
  local names = {}
  local decode, out = wire.decoder({}, function(answer, event, name)
    names[#names + 1] = name
    answer[name == "thought" and "think" or "text"](answer, event.x, "x")
  end) { config = {} }, {}
  for i, name in ipairs { "said", "said", "said", "thought", "thought", "said" } do decode(('{"x":"%d"}'):format(i), name, out) end
  t.eq(names, { "said", "thought", "said" }, "which were decoded")
  t.ok(out[1] == out[2] and out[2] == out[6] and out[4] == out[5], "one delta a run")
  t.eq({ out[1].type, out[4].type, out[5].text }, { "text", "think", "5" })
end

do -- a stream of the network passes over such events by itself: the same name, and nothing else in them
  local function event(name, data) return ("event: %s\ndata: %s\n\n"):format(name, data) end
  local texts = event("a", '{"x":"1"}') .. event("a", '{"x":"2"}') .. event("b", '{"x":"3"}') .. event("a", '{"x":"\\n"}') .. event("a", '{"x":"5"}'):rep(3)
  local server <close> = fake.start { { body = texts, type = "text/event-stream" } }
  local stream <close> = assert(http.open { url = server.url, method = "POST" })
  local template = json.template()
  t.eq({ stream:event(template) }, { '{"x":"1"}', "a" }, "nothing is learnt")
  template:learn('{"x":"1"}', "x", "1", "a")
  t.eq({ stream:event(template) }, { "2", template }, "the text, and what it was read by")
  t.eq({ stream:event(template) }, { '{"x":"3"}', "b" }, "of another name")
  t.eq({ stream:event(template) }, { '{"x":"\\n"}', "a" }, "not plain")
  t.eq({ stream:event() }, { '{"x":"5"}', "a" }, "nobody asked")
  t.fails(function() stream:event "x" end, "a template expected")
  template:learn('{"y":"1"}', "x", "1", "a")
  t.eq({ stream:event(template) }, { '{"x":"5"}', "a" }, "what could not be learnt is forgotten")
  template:learn('{"x":"5"}', "x", "5")
  t.eq({ stream:event(template) }, { '{"x":"5"}', "a" }, "learnt without a name, as from no stream")
end

-- Headers.
t.eq(wire.on_top({ A = "1", b = "2" }, { a = "3", c = "4" }), { a = "3", b = "2", c = "4" }, "in whatever case")
t.eq(wire.on_top({ ["anthropic-beta"] = "x,y" }, { ["Anthropic-Beta"] = "z, y" }), { ["Anthropic-Beta"] = "z, y,x" }, "lists are joined")
t.eq(wire.on_top({ A = "1" }), { A = "1" })
do
  local model = { id = "claude-sonnet-4-0", base_url = "http://x", config = { customHeaders = { ["anthropic-beta"] = "context-1m", Accept = "*/*" } } }
  local request = qwen.shipped("providers/anthropic").request(model, { system = "", messages = {}, tools = {}, max_tokens = 9 })
  t.eq({ request.headers["anthropic-beta"], request.headers.Accept }, { "context-1m,interleaved-thinking-2025-05-14", "*/*" }, "Anthropic's and the person's")
  t.eq(wire.post(model, "/talk", { a = 1 }).url, "http://x/talk")
  t.eq(table.concat(wire.post(model, "http://y/z", { '{"a"', ":1}" }).body), '{"a":1}')
end

-- Decoders that are wrong, in the real program.
local HEAD = 'local P = { summary = "mine", protocol = "mine", events = qwen.wire.lines }\n' .. [[
function P.request(model) return qwen.wire.post(model, "/talk", { model = model.id }) end
]]
local SETTINGS = '{"modelProviders":{"mine":[{"id":"m","baseUrl":"%s"}]},"security":{"auth":{"selectedType":"mine"}},"model":{"name":"m"}}'

local function try(code)
  local server <close> = fake.start { { body = '{"say":"Half"}\n{"say":"x"}\n{"done":true}\n' } }
  local place = program.place { ["~/.qwen/providers/mine.lua"] = HEAD .. code .. "\nreturn P\n", ["~/.qwen/settings.json"] = SETTINGS:format(server.url) }
  return program.run(place, { "-p", "hi" })
end

-- `last` is what the decoder does with the second event.
local function wrong(last, pattern, code)
  local r = try(code or ([[
function P.decoder()
  return function(data, _, out)
    if data and data:find "Half" then out[#out + 1] = { type = "text", text = "Half" } else %s end
  end
end]]):format(last))
  t.eq({ r.code, r.out:match "^Half" }, { 1, not code and "Half" or nil }, last or code)
  t.match(r.err, pattern, last or code)
  if not code then t.match(r.err, "what came of the answer is kept", last) end
end

local AT = "the provider mine is wrong: ~/.qwen/providers/mine.lua:3: the decoder is wrong: it gave "
wrong('out[1] = "x"', AT .. "a string; a delta is a table")
wrong('out[1] = { text = "x" }', AT .. "a delta whose type is nil; it must be text, think")
wrong('out[1] = { type = "txt" }', AT .. "a delta whose type is txt; it must be")
wrong('out[1] = { type = "text", text = 5 }', AT .. "a delta of type text whose field 'text' is '5'; it must be a text")
wrong('out[1] = { type = "text" }', AT .. "a delta of type text without a field 'text'")
wrong('out[1] = { type = "text", txt = "x" }', AT .. "a delta of type text without a field 'text', but with 'txt'")
wrong('out[1] = { type = "call", name = "f", index = "one" }', AT .. "a delta of type call whose field 'index' is 'one'; it must be a whole number from 1")
wrong('out[1] = { type = "call", index = 1, args = {} }', AT .. "a delta of type call whose field 'args' is a table; it must be a text")
wrong('out[1] = { type = "usage", usage = { input = "7" } }', AT .. "a delta of type usage whose field 'usage' is a table; it must be a table of whole numbers, and")
wrong('out[1] = { type = "stop", reason = "stop" }', AT .. "a delta of type stop whose field 'reason' is 'stop'; it must be one of end, calls")
wrong('out[1] = { type = "error", err = "boom" }', AT .. "a delta of type error whose field 'err' is 'boom'; it must be a qwen.err")
wrong('return { type = "text", text = "x" }', "mine.lua:3: the decoder is wrong: it gave back a table; append it: out")
wrong("error 'no idea'", "the provider mine is wrong: .*mine.lua:5: no idea")
wrong("while true do end", "the provider mine is wrong: .*mine.lua:5: stopped after %d+ ms of computing")
wrong(nil, "the provider mine is wrong: .*it gave back a string, not a function", 'function P.decoder() return "x" end')
wrong(nil, "~/.qwen/providers/mine.lua:3: field 'decoder' must be a function, not a table", "P.decoder = {}")
wrong(nil, "the provider mine is wrong: events gave a number, not a text", "P.decoder = qwen.wire.decoder(P, print)\nfunction P.events() return function() return 5 end end")
wrong(nil, "the provider mine is wrong: .*mine.lua:4: no line", "P.decoder = qwen.wire.decoder(P, print)\nfunction P.events() return function() error 'no line' end end")
wrong(nil, "the provider mine is wrong: .*mine.lua:4: .*attempt to index a nil value %(field 'b'%)",
  "P.decoder = qwen.wire.decoder(P, function(answer, event)\n  answer:text(event.b.c) end)")
t.done()
