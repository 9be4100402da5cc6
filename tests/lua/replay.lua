-- Recordings: what is recorded plays back the same, nothing secret is on them, and a recording from elsewhere is checked before it plays.
local t = dofile "tests/check.lua"
local fs, json, secret, task = require "sys.fs", require "sys.json", require "sys.secret", require "sys.task"
local Recorder, Player = require "qwen.net.record", require "qwen.net.replay"
local make_stream = require "qwen.net.stream"

local folder = assert(fs.mkdtemp((os.getenv "TMPDIR" or "/tmp") .. "/tape-"))
local path = folder .. "/tape"

-- A stream of these pieces; an error among them breaks it.
local function stream_of(pieces, fields)
  local at = 0
  local stream = { status = 200, headers = { ["content-type"] = "text/event-stream" }, url = "https://example.com/v1/x" }
  for name, value in pairs(fields or {}) do stream[name] = value end
  function stream.read()
    at = at + 1
    if type(pieces[at]) == "table" then return nil, pieces[at] end
    return pieces[at]
  end
  function stream.close() at = #pieces end
  return make_stream(stream)
end

local function lines()
  local out = {}
  for line in assert(fs.read(path)):gmatch "[^\n]+" do out[#out + 1] = json.decode(line) end
  return out
end

local function request_of(fields)
  local request = { method = "POST", url = "https://example.com/v1/x", headers = {}, body = { "{", "}" } }
  for name, value in pairs(fields or {}) do request[name] = value end
  return request
end

local function record(exchanges)
  local recorder = assert(Recorder.new(path))
  for _, exchange in ipairs(exchanges) do
    local stream = recorder:wrap(request_of(exchange.request), stream_of(exchange.pieces, exchange.fields))
    repeat local bytes = stream:read() until not bytes
    stream:close()
  end
end

-- What is read passes through as it comes; the recording gives the same bytes and events.
do
  local pieces = { "data: on", "e\n\ndata: \xc3", "\xa9\n", "\n\xff\xfe\ndata: [DONE]" }
  local recorder = assert(Recorder.new(path))
  local stream = recorder:wrap(request_of(), stream_of(pieces))
  for i, piece in ipairs(pieces) do t.eq(stream:read(), piece, "piece " .. i .. " at once") end
  t.eq(stream:read(), nil, "the end")
  t.eq(fs.stat(path).mode, 384, "a recording is private")
  local player = assert(Player.open(path))
  t.eq(assert(player:play(request_of())):all(), table.concat(pieces), "the same bytes")
  local events = {}
  local played = assert(Player.open(path)):play(request_of())
  t.eq({ played.status, played.headers["content-type"], played.url }, { 200, "text/event-stream", "https://example.com/v1/x" }, "its head")
  for data, name in played.event, played do events[#events + 1] = name .. ":" .. data end
  t.eq(events, { "message:one", "message:é", "message:[DONE]" }, "its events")
  local first = lines()[1]
  t.eq({ first.type, first.method, first.url, first.body }, { "request", "POST", "https://example.com/v1/x", "{}" }, "the request")
end

-- A broken connection plays back broken; one that was left ends where it was left.
do
  record { { pieces = { "data: a\n\n", require "qwen.util.err"("network", "reset by peer") } } }
  local stream = assert(Player.open(path)):play(request_of())
  t.eq(stream:event(), "a", "what came before")
  local data, e = stream:event()
  t.err(data, e, "network", "then the same failure")
  t.eq(e.message, "reset by peer", "in the same words")
  local recorder = assert(Recorder.new(path))
  local left = recorder:wrap(request_of(), stream_of { "data: a\n\nda", "ta: b\n\n" })
  left:event()
  left:close()
  t.eq(assert(Player.open(path)):play(request_of()):all(), "data: a\n\nda", "an answer that was left")
end

-- Secrets.
do
  local key = "sk-live-0123456789abcdef"
  do
    local handle = assert(secret.new("K", key, { "https://example.com" }))
    record { {
      request = { headers = { Authorization = { "Bearer ", handle }, ["X-Team"] = "red" }, body = '{"q":"' .. key .. '"}' },
      fields = { headers = { ["set-cookie"] = "session=abc123", ["x-echo"] = key } },
      pieces = { "the key " .. key:sub(1, 9), key:sub(10) .. " is wrong\n", "\xff" .. key .. "\n", '"\\"' .. key },
    } }
  end
  local text = fs.read(path)
  t.ok(not text:find(key, 1, true), "the key is nowhere")
  t.ok(not text:find(key:sub(1, 9), 1, true) and not text:find(key:sub(10), 1, true), "nor its halves, where the answer was cut in it")
  t.ok(not text:find("abc123", 1, true), "nor a cookie")
  for _, line in ipairs(lines()) do
    if line.base64 then t.ok(not require("sys.os").unbase64(line.base64):find(key, 1, true), "nor in what is no text") end
  end
  local first = lines()[1]
  t.eq({ first.headers.Authorization, first.headers["X-Team"] }, { "Bearer <secret K>", "red" }, "headers")

  -- Nothing else holds the key while the answer comes.
  local recorder = assert(Recorder.new(path))
  local stream = recorder:wrap(request_of { headers = { Authorization = { "Bearer ", (assert(secret.new("K", key, { "https://example.com" }))) } } },
    stream_of { "no " .. key .. "\n" })
  collectgarbage()
  collectgarbage()
  stream:read()
  t.ok(not fs.read(path):find(key, 1, true), "the key is known as long as its answer is read")

  record { { request = { url = "https://me:pw123456@example.com/v1/x?a=1&api_key=plainkey1&b=2&access_token=plaintok2",
    headers = { ["X-Api-Key"] = "plain-text-3", Authorization = { "Bearer ", "plain-text-4" }, ["x-max-tokens"] = "5" } }, pieces = {} } }
  local plain = lines()[1]
  t.eq(plain.url, "https://example.com/v1/x?a=1&api_key=<removed>&b=2&access_token=<removed>", "credentials in an address")
  t.eq({ plain.headers["X-Api-Key"], plain.headers.Authorization, plain.headers["x-max-tokens"] }, { "<removed>", "<removed>", "5" }, "and in headers as text")
end

-- Another request than the recording's.
do
  record { { pieces = { "a\n" } }, { request = { method = "GET", url = "https://example.com/v1/models?x=1" }, pieces = { "b\n" } } }
  local player = assert(Player.open(path))
  t.eq(player:play(request_of { url = "http://127.0.0.1:1/v1/x?other" }):all(), "a\n", "host and query may differ")
  local stream, e = player:play(request_of())
  t.err(stream, e, "protocol", "method and path may not")
  t.match(e.message, "exchange 2 was GET /v1/models, this run asks POST /v1/x", "in words")
  stream, e = player:play(request_of())
  t.err(stream, e, "protocol", "one more than there are")
  t.match(e.message, "has 2 whole exchanges; this run makes one more %(POST /v1/x%)")
end

-- Time.
do
  local recording = table.concat({
    '{"n":1,"type":"request","method":"POST","url":"https://example.com/v1/x"}', '{"n":1,"type":"response","status":200,"headers":{}}',
    '{"n":1,"type":"chunk","ms":20,"text":"a"}', '{"n":1,"type":"chunk","ms":60,"text":"b"}', '{"n":1,"type":"end","ms":60}',
  }, "\n")
  -- On a clock of the test's own, which goes on by what is slept.
  local clock, now, sleep = 0, task.now, task.sleep
  task.now = function() return clock end
  task.sleep = function(seconds) clock = clock + seconds end
  local function length(speed)
    local before = clock
    t.eq(assert(Player.from(recording, { speed = speed })):play(request_of()):all(), "ab")
    return math.floor((clock - before) * 1e6 + 0.5)
  end
  t.eq({ length(1), length(2) }, { 60000, 30000 }, "in real time, and twice as fast, in microseconds")
  task.now, task.sleep = now, sleep
  local slow <close> = assert(Player.from((recording:gsub('"ms":%d+', '"ms":3600000')), { speed = 0 })):play(request_of())
  t.eq(slow:all(), "ab", "at once, whatever the recording says")
end

-- What is no event stream is told as such, recorded or not.
for body, kind in pairs { ["<html>Sign in</html>"] = "text/html; charset=utf-8", ["not found"] = "text/plain", ["database: gone"] = "", ["da"] = "text/html" } do
  local data, e = stream_of({ body }, { headers = { ["content-type"] = kind } }):event()
  t.err(data, e, "protocol", body)
  t.match(e.message, "instead of an event stream", body)
end
for body, kind in pairs { ['{"a":1}'] = "application/json", [" \n[1]"] = "text/event-stream", ["{}"] = "" } do
  local stream = stream_of({ body }, { headers = { ["content-type"] = kind } })
  t.eq({ stream:event() }, { body, "whole" }, "JSON is one event: " .. body)
  t.eq({ stream:event() }, {}, "and all")
end
t.eq(stream_of({ ": {\n\nda", "ta: {}\n\n" }):event(), "{}", "events may hold JSON")

-- Limits and hostile recordings.
do
  local stream = stream_of { ("x"):rep(10), "y" }
  t.err(nil, select(2, stream:all(10)), "too_long", "a limit")
  local head = '{"n":1,"type":"request","method":"POST","url":"https://example.com/v1/x"}\n'
  for name, line in pairs {
    ["no JSON"] = "nonsense", ["no object"] = "[1]", ["a number"] = "5", ["no number"] = '{"type":"end"}', ["another type"] = '{"n":1,"type":"x"}',
    ["half a number"] = '{"n":1.5,"type":"end"}', ["a text for a number"] = '{"n":"1","type":"end"}', ["no status"] = '{"n":1,"type":"response"}',
    ["no bytes"] = '{"n":1,"type":"chunk"}', ["wrong base64"] = '{"n":1,"type":"chunk","base64":"*"}', ["no address"] = '{"n":1,"type":"request"}',
    ["null"] = '{"n":1,"type":null}',
  } do
    local player, e = Player.from(head .. line, nil, "bad")
    t.err(player, e, "usage", name)
    t.match(e and e.message, "^bad:2 is not a line of a recording", name)
  end
  local player = assert(Player.from(head .. '{"n":1,"type":"response","status":200,"headers":5}\n{"n":1,"type":"broken","error":{"kind":"nonsense","message":7}}'))
  local bytes, e = assert(player:play(request_of())):read()
  t.err(bytes, e, "network", "an unknown kind of failure")
  local cut = assert(Player.from(head))
  t.err(nil, select(2, cut:play(request_of())), "protocol", "a recording without the answer")
  t.err(nil, select(2, Player.open(folder .. "/nothing")), "missing", "no recording")
  t.err(nil, select(2, Recorder.new(folder .. "/no/such/tape")), "missing", "no place for a recording")
end

-- A full disk ends the recording, once, and not the work.
do
  local told = {}
  local recorder = assert(Recorder.new(path, function(text) told[#told + 1] = text end))
  recorder.file = { write = function() return nil, require "qwen.util.err"("broken", "no space left") end, close = function() end }
  local stream = recorder:wrap(request_of(), stream_of { "a\n", "b\n" })
  t.eq(stream:all(), "a\nb\n", "the answer comes all the same")
  t.eq(told, { "the recording ends here: no space left" }, "and the person is told once")
end

fs.remove_tree(folder)
t.done()
