-- sys.http and sys.secret against a server that misbehaves: every failure has its kind and words, nothing leaks, nothing hangs.
local t = dofile "tests/check.lua"
local wait = dofile "tests/wait.lua"
local fs, http, json, proc, secret, task = require "sys.fs", require "sys.http", require "sys.json", require "sys.proc", require "sys.secret",
  require "sys.task"

local folder = fs.mkdtemp "http-"
local cert, key = folder .. "/cert.pem", folder .. "/key.pem"

local function run(...)
  local p <close> = assert(proc.open { argv = { ... }, stderr = "stdout" })
  local out = {}
  for text in function() return (p:read()) end do out[#out + 1] = text end
  return table.concat(out), p:wait()
end

run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
  "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert)

local server <close> = assert(proc.open { argv = { "python3", "tests/fake/http_faults.py", cert, key }, stdin = "pipe", stderr = "inherit" })
local said = ""
while not said:find "\n" do said = said .. assert(server:read(), "the server did not start") end
local port, tls_port, deaf_port = said:match "(%d+) (%d+) (%d+)"
local base, tls = "http://127.0.0.1:" .. port, "https://localhost:" .. tls_port
local value = "sk-live-0123456789abcdef"
local token = assert(secret.new("token", value, { base, tls }))

local function open(path, fields)
  local request = { url = path:find "^http" and path or base .. path }
  for name, field in pairs(fields or {}) do request[name] = field end
  return http.open(request)
end

local function body(path, fields)
  local stream <close> = assert(open(path, fields))
  return assert(stream:all())
end

-- the plain way
do
  local s <close> = assert(open "/ok")
  t.eq(s.status, 200, "status")
  t.eq(s.headers["content-type"], "text/plain", "headers in lower case")
  t.eq(s.url, base .. "/ok", "final address")
  t.eq(s:all(), "hello", "body")
  t.eq({ s:read() }, {}, "nil after the end, again and again")
  t.eq({ s:event() }, {}, "nil after the end, as events")
end

do
  local s <close> = assert(open("/echo", { headers = { ["X-B"] = "2", ["x-a"] = "1", ["X-Empty"] = "", ["content-type"] = "application/json" },
    body = { '{"a":', "[1,", "2]}" } }))
  local seen = json.decode(s:all())
  t.match(seen.head, "^POST /echo HTTP/1.1\r\n", "a body makes it a POST")
  t.eq(seen.body, '{"a":[1,2]}', "body from a list")
  t.match(seen.head, "Accept%-Encoding: [^\r]*gzip[^\r]*br", "asks for compression")
  t.match(seen.head, "\r\ncontent%-type: application/json\r\nx%-a: 1\r\nX%-B: 2\r\nX%-Empty:", "headers in sorted order, an empty one too")
  t.ok(not seen.head:find "Expect", "no waiting for 100 Continue")
  t.ok(not seen.head:find "urlencoded", "no invented content type")
  t.eq(s.headers["x-one"], "a, b", "repeated headers are joined")
  t.eq(json.decode(body("/echo", { body = ("x"):rep(3 << 20) })).body, ("x"):rep(3 << 20), "a large body")
  t.match(json.decode(body("/echo", { method = "DELETE" })).head, "^DELETE ", "another method")
  t.match(json.decode(body("/echo", { method = "PUT", body = "x" })).head, "^PUT .*Content%-Length: 1", "another method with a body")
  t.match(json.decode(body("/echo", { method = "POST" })).head, "^POST .*Content%-Length: 0", "a POST without a body")
  t.eq(body("/ok", { method = "HEAD" }), "", "HEAD has no body")
end
t.eq(body "/early-hints", "final", "interim answers are skipped")
t.eq(body "/brotli", "hello", "brotli")
do
  local s <close> = assert(open "/packed")
  t.eq({ s:event() }, { "packed", "message" }, "gzip, as an event")
end

-- answers that are failures for somebody else
do
  local s <close> = assert(open "/denied")
  t.eq({ s.status, s:all() }, { 401, "no such key: " .. value }, "the body of a 401")
  local u <close> = assert(open "/unchanged")
  t.eq({ u.status, u:all(), u.headers.etag }, { 304, "", "x" }, "304")
end

-- connections are kept
do
  local before = tonumber(body "/count")
  for _ = 1, 5 do body "/ok" end
  t.eq(tonumber(body "/count"), before, "seven requests on one connection")
  local effects = select(2, body("/effects-after?0"):gsub("%a+", ""))
  t.eq(body "/good-bye", "bye", "a server that closes")
  local s, e = open("/echo", { body = "x" })
  if not s then -- the end of the connection was not here yet when the request left: only the caller may send it again
    t.err(s, e, "network", "a kept connection that goes at this moment")
    s = assert(open("/echo", { body = "x" }))
  end
  t.match(json.decode(s:all()).head, "^POST", "a kept connection that is gone is replaced, for a POST too")
  s:close()
  t.match(body("/effects-after?" .. effects), "^%a+$", "and arrives once")
end

-- wrong use is raised, wrong data is returned
t.fails(function() http.open {} end, "field 'url'")
t.fails(function() http.open { url = 1 } end, "'url' must be a string")
t.fails(function() http.open { url = base, headers = { a = 1 } } end, "header 'a' must be text")
t.fails(function() http.open { url = base, headers = { a = { {} } } } end, "header 'a' must be text")
for name, text in pairs { lf = "a\nb", crlf = "a\r\nX-Evil: 1", nul = "a\0b" } do
  local s, e = open("/ok", { headers = { ["x-a"] = text } })
  t.err(s, e, "usage", name .. " in a header")
  s, e = open("/ok", { headers = { ["x-a"] = { "a", text } } })
  t.err(s, e, "usage", name .. " in a piece of a header")
end
for _, name in ipairs { "", "a b", "a:b", "a\r\nb", "content-length", "Transfer-Encoding" } do
  local s, e = open("/ok", { headers = { [name] = "1" } })
  t.err(s, e, "usage", "header name " .. name)
end
for _, url in ipairs { "", "nothing", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://a b/", "http://a\nb/" } do
  local s, e = http.open { url = url }
  t.err(s, e, "usage", "address " .. url)
end
do
  local s, e = open("/ok", { method = "GET /x HTTP/1.1\r\nX: y" })
  t.err(s, e, "usage", "method")
end

-- the network fails
local function fails(kind, pattern, path, fields, name)
  local s, e = open(path, fields)
  t.err(s, e, kind, name or path)
  t.match(e and e.message, pattern, name or path)
  return e
end
t.eq(fails("network", "127.0.0.1:1: Connection refused: check", "http://127.0.0.1:1/").code, "ECONNREFUSED", "the system's name")
fails("network", "cannot find the host of no%-such%-host%.invalid", "http://no-such-host.invalid/")
fails("network", "connection to 127.0.0.1:%d+ was cut", "/reset")
fails("protocol", "127.0.0.1:%d+", "/nonsense")
-- A request that may have been carried out goes out once, also on a connection that was used before: only the caller tries again.
for name, fields in pairs {
  text = { body = "x" }, pieces = { body = { "x", "y" } }, long = { body = ("x"):rep(1 << 20) }, empty = { body = "" },
  ["no body"] = { method = "POST" }, put = { method = "PUT", body = "x" }, patch = { method = "PATCH", body = "x" },
  ["put without a body"] = { method = "PUT" }, delete = { method = "DELETE" }, ["delete with a body"] = { method = "DELETE", body = "x" },
} do
  local effects = select(2, body("/effects-after?0"):gsub("%a+", ""))
  fails("network", "was cut", "/swallowed", fields, name .. ": an answer that never came")
  local kept = fields.body and #fields.body > 0 -- on a connection that was used before; others never go out on such a one
  t.eq(body("/effects-after?" .. effects), kept and "used" or "new", name .. ": arrived once")
end
-- Heads that break the rules: a value of one header never holds bytes of anything else, and what is no status is no answer.
for _, head in ipairs {
  "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", "HTTP/1.1 200 OK\r\nA\0: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
  "HTTP/1.1 200 OK\r\n\rA: b\r\n\r\n", "HTTP/1.1 200 OK\r\n\r: \0\0\0\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n",
  "HTTP/1.1 200 OK\r\n\r\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\27[31m\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\127\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
  "HTTP/1.1 200 OK\r\n: \0: \0\r\n\r\n", "HTTP/20 1. 01OK\r\n\r\n", "HTTP/1.1 000 OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/2 1 OK\r\n\r\n",
  "HTTP/1.1 1000 OK\r\n\r\n", "HTTP/1.1 -1 OK\r\n\r\n",
} do
  local hex = head:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  fails("protocol", "127.0.0.1:%d+", "/bytes-of?" .. hex, nil, ("%q"):format(head))
end
fails("timeout", "did not begin to answer within 0.1 s", "/silent", { first_timeout = 0.1 })
fails("timeout", "longer than 0.1 s", "/silent", { total_timeout = 0.1 })
do
  local s <close> = wait.with_limit(function(limit) return open("/silent-body", { first_timeout = limit }) end)
  local _, e = s:read()
  t.err(nil, e, "timeout", "headers alone are not yet an answer")
  t.match(e.message, "did not begin", "the first limit holds until the body begins")
end
for _, how in ipairs { "read", "event" } do
  local s <close> = assert(open("/stall", { idle_timeout = 0.1 }))
  t.ok(s[how](s), "what came before the stall")
  local v, e = s[how](s)
  t.err(v, e, "timeout", "stall, " .. how)
  t.match(e.message, "sent nothing for 0.1 s", how)
  t.eq(e.code, "idle_timeout", how)
  v, e = s[how](s)
  t.err(v, e, "timeout", "a failure stays, " .. how)
end
for _, path in ipairs { "/cut", "/cut-chunk" } do
  local s <close> = assert(open(path))
  t.eq({ s:event() }, { "whole", "message" }, path)
  local v, e = s:event()
  t.err(v, e, "network", "half an event is not an event: " .. path)
  local r <close> = assert(open(path))
  v, e = r:all()
  t.err(v, e, "network", "all of half a body: " .. path)
end
do
  local s <close> = assert(open "/reset-body")
  local e
  repeat
    local data
    data, e = s:event()
  until not data
  t.err(nil, e, "network", "reset in mid-stream")
  t.match(e.message, "was cut: .*reset by peer", "the system's reason")
end

-- limits
t.eq(body "/many-headers?98", "x", "100 header lines")
fails("protocol", "more than 100 header lines", "/many-headers?99")
fails("protocol", "more than 64 KiB of headers", "/fat-headers")
do
  local s <close> = assert(open "/bomb")
  local v, e = s:all(1 << 30)
  t.err(v, e, "too_long", "bomb")
  t.match(e.message, "200 times its size", "bomb")
  local s2 <close> = assert(open("/ok", { max_body = 4 }))
  v, e = s2:all()
  t.err(v, e, "too_long", "max_body")
  local s3 <close> = assert(open("/ok", { max_body = 5 }))
  t.eq(s3:all(5), "hello", "exactly the limits")
  local s4 <close> = assert(open "/ok")
  v, e = s4:all(4)
  t.err(v, e, "too_long", "limit of all")
  local s5 <close> = assert(open "/bad-gzip")
  v, e = s5:all()
  t.err(v, e, "protocol", "not what it says it is")
  local s6 <close> = assert(open "/endless-line")
  v, e = s6:event()
  t.err(v, e, "protocol", "endless line")
  t.match(e.message, "a line of an event stream that is longer than 1 MiB", "endless line")
end

-- not a stream
for path, pattern in pairs {
  ["/html"] = "text/html %(status 200%) instead of an event stream.*It begins: <!DOCTYPE html> <html> %[31m Sign in, please: <secret token>",
} do
  local s <close> = assert(open(path))
  local v, e = s:event()
  t.err(v, e, "protocol", path)
  t.match(e.message, pattern, path)
  t.ok(#s:all() > 10, "the body can still be read: " .. path)
end
for path, want in pairs { ["/json-error"] = '{"error": {"message": "model not found"}}', ["/untyped"] = '\r\n{"error": 1}' } do
  local s <close> = assert(open(path))
  t.eq({ s:event() }, { want, "whole" }, "JSON is one event: " .. path)
  t.eq({ s:event() }, {}, "and all")
end

-- streams
do
  local s <close> = assert(open "/byte-by-byte")
  t.eq({ s:event() }, { "x\u{20ac}y\nz", "a", "7" }, "every byte in its own packet")
  t.eq({ s:event() }, { "last", "message", "7" }, "the last event without its empty line")
  local at_end = table.pack(s:event())
  t.eq({ at_end.n, at_end[1] == nil, at_end[2] == nil, at_end[3] }, { 4, true, true, "7" },
    "the end, and where it was")
  local n, bytes = 0, 0
  local many <close> = assert(open "/events?20000")
  for data, name in function() return many:event() end do
    n, bytes = n + 1, bytes + #data
    if name ~= "delta" then t.eq(name, "delta") end
  end
  t.eq(n, 20000, "20,000 events")
  t.ok(bytes > 3000000, "whole")
end
do
  local seen = {}
  local tasks = {}
  for i = 1, 2 do
    tasks[i] = task.spawn(function()
      local s <close> = assert(open "/paired")
      for data in function() return s:event() end do seen[#seen + 1] = data end
    end)
  end
  for _, each in ipairs(tasks) do t.ok(each:join(), "parallel stream") end
  table.sort(seen) -- the server sends no second event before both streams are there
  t.eq(seen, { "first", "first", "second", "second" }, "two streams at once")
end

-- cancelling
do
  local opened = task.queue()
  local reader = task.spawn(function()
    local s <close> = assert(open "/stall")
    s:event()
    opened:put(true)
    s:event()
  end)
  opened:get()
  local before = tonumber(body "/closed?0")
  reader:cancel()
  t.eq(tonumber(body("/closed?" .. before + 1)), before + 1, "cancelling in mid-stream closes the connection")
  local waiting = task.spawn(function() open "/silent" end)
  task.sleep(0)
  body "/ok"
  waiting:cancel()
  t.eq(tonumber(body("/closed?" .. before + 2)), before + 2, "so does cancelling before the answer")
  local s = assert(open "/stall")
  local other = task.spawn(function() return select(2, s:event()), select(2, s:event()) end)
  task.sleep(0)
  s:close()
  s:close()
  local ok, _, e = other:join()
  t.ok(ok, "a reader of a closed stream wakes")
  t.err(nil, e, "cancelled", "and is told so")
  assert(open "/stall")
  collectgarbage()
  collectgarbage()
  t.eq(tonumber(body("/closed?" .. before + 4)), before + 4, "a forgotten stream is closed by the collector")
end

-- backpressure
do
  local s <close> = assert(open "/big?64")
  local taken = tonumber(body "/big-sent")
  t.ok(taken < 24 << 20, "the server is held back while nobody reads: " .. taken)
  local n = 0
  for bytes in function() return s:read() end do n = n + #bytes end
  t.eq(n, 64 << 20, "and everything arrives")
  local all <close> = assert(open "/big?8")
  t.eq(#all:all(), 8 << 20, "all() takes more than the buffer of a stream")
  local late <close> = wait.with_limit(function(limit) return open("/big?64", { total_timeout = limit }) end)
  body "/big-sent"
  local e
  repeat
    local bytes
    bytes, e = late:read()
  until not bytes
  t.err(nil, e, "timeout", "the limit of the whole counts while the transfer rests")
  local rested <close> = assert(open "/fat-events?5")
  for _ = 1, 5 do body "/ok" end
  for i = 0, 4 do
    local line = string.char(97 + i):rep(900000)
    t.ok(rested:event() == line .. "\n" .. line .. "\n" .. line, "an event larger than the buffer of a stream: " .. i)
  end
  t.eq({ rested:event() }, {}, "and the end")
  local packed <close> = assert(open "/packed-events?40000")
  for _ = 1, 5 do body "/ok" end
  n = 0
  for _ in function() return packed:event() end do n = n + 1 end
  t.eq(n, 40000, "compressed events that had to rest")
end

-- secrets
t.eq(tostring(token), "<secret token>", "prints without the value")
t.eq(("%s"):format(token), "<secret token>", "formats without the value")
t.eq({ token:name(), token:hint() }, { "token", "sk-...cdef" }, "name and hint")
t.eq(token:origins(), { base, tls }, "origins")
for name, fn in pairs {
  concat = function() return "x" .. token end, concat2 = function() return token .. token end, len = function() return #token end,
  eq = function() return token == secret.new("b", "another value", {}) end, lt = function() return token < "x" end,
  le = function() return token <= token end } do
  t.fails(fn, "a secret cannot be", name)
end
t.fails(function() json.encode { token } end, "", "json")
t.eq(getmetatable(token), "locked", "metatable")
t.eq(secret.redact("a " .. value .. " b"), "a <secret token> b", "redact")
t.eq(secret.redact "nothing", "nothing", "redact nothing")
do
  local narrow = assert(token:bind { tls })
  t.eq(narrow:origins(), { tls }, "narrower")
  local v, e = token:bind { "https://evil.example" }
  t.err(v, e, "denied", "not wider")
  v, e = narrow:bind { base }
  t.err(v, e, "denied", "not back")
  v, e = secret.new("x", "two\nlines", {})
  t.err(v, e, "usage", "line break")
  t.ok(not e.message:find "lines", "the words do not hold the value")
  t.eq(secret.env("path", "NO_SUCH_VARIABLE", {}), nil, "unset variable")
  t.eq(tostring(secret.env("path", "PATH", {})), "<secret path>", "variable")
end

local function bearer(path, fields)
  fields = fields or {}
  fields.headers = { Authorization = { "Bearer ", fields.token or token }, ["x-api-key"] = fields.token or token }
  fields.token = nil
  return open(path, fields)
end
do
  local s <close> = assert(bearer "/echo")
  t.ok(json.decode(s:all()).head:find("Authorization: Bearer " .. value .. "\r\nx-api-key: " .. value, 1, true), "sent to its origin")
  local r <close> = assert(bearer "/to-ok")
  t.eq({ r.status, r.headers.location, r:all() }, { 302, "/echo", "moved" }, "a redirect is returned, not followed")
  local v, e = bearer("/to-ok", { follow = true })
  t.err(v, e, "usage", "follow with a secret")
  local form <close> = assert(open("/echo", { body = { "grant=refresh&token=", token } }))
  local sealed = assert(form:sealed({ "body" }, "echo", { base }))
  t.eq(tostring(sealed.body), "<secret echo>", "an answer whose field is never text")
  t.eq(sealed.body:hmac("sha1", ""), secret.new("same", "grant=refresh&token=" .. value, {}):hmac("sha1", ""), "the secret was joined to the body")
  t.match(sealed.head, "^POST /echo", "the rest is there")
  v, e = open(tls .. "/", { body = { token:bind { base } } })
  t.err(v, e, "denied", "a body with a secret of another origin")
  local page <close> = assert(open "/html")
  v, e = page:sealed({ "body" }, "x", { base })
  t.err(v, e, "protocol", "sealed, but no JSON")
  local function denied(url, pattern, which)
    local before = tonumber(body "/count")
    v, e = bearer(url, { token = which })
    t.err(v, e, "denied", url)
    t.match(e and e.message, pattern, url)
    t.ok(not tostring(e):find(value, 1, true), "without the value")
    t.eq(tonumber(body "/count"), before, "nothing was connected: " .. url)
  end
  denied("http://localhost:" .. port .. "/echo", "not sent to http://localhost:%d+: it belongs to http://127.0.0.1:%d+, https://localhost")
  denied("https://127.0.0.1:" .. port .. "/echo", "not sent to https://127.0.0.1")
  denied("http://127.0.0.1:" .. port .. "@evil.example/", "not sent to http://evil.example:80: it belongs to http://127.0.0.1")
  local plain = assert(secret.new("plain", "0123456789abcdef", { "http://example.test" }))
  denied("http://example.test/", "use an https:// address", plain)
  v, e = bearer("/echo", { proxy = "http://proxy.example:1" })
  t.err(v, e, "denied", "a proxy would read it")
  local odd = assert(secret.new("odd", "sk-odd-value-0001", { "http://127.1:" .. port, "http://127.0.0.1:" .. port }))
  local o <close> = assert(bearer("http://2130706433:" .. port .. "/echo", { token = odd }))
  t.eq(o.status, 200, "another spelling of the same origin, as curl reads it")
end

-- redirects without a secret
t.match(json.decode(body("/to-ok", { follow = true })).head, "^GET /echo", "followed")
t.eq(body "/to-ok", "moved", "not followed by itself")
fails("protocol", "protocol that is not allowed", "/to-file", { follow = true })
fails("protocol", "redirected too often", "/to-itself", { follow = true })

-- TLS
if tls_port ~= "0" then
  local e = fails("network", "no secure connection to localhost:%d+: .*certificate", tls .. "/ok")
  t.match(e.message, "signed by itself.*%-%-ca FILE", "what to do")
  t.eq(body(tls .. "/ok", { ca = cert }), "hello", "own certificate")
  t.eq(body(tls .. "/ok", { insecure = true }), "hello", "no check")
  fails("network", "no secure connection", tls .. "/ok", nil, "the check is back")
  fails("missing", "/no/such/file", tls .. "/ok", { ca = "/no/such/file" })
  fails("protocol", "protocol that is not allowed", tls .. "/to-plain", { ca = cert, follow = true }, "https is not left for http")
  fails("network", "no secure connection", "https://127.0.0.1:" .. port .. "/ok", nil, "TLS to a plain server")
  e = fails("timeout", "no connection to 127.0.0.1:%d+ within 0.1 s", "https://127.0.0.1:" .. deaf_port, { connect_timeout = 0.1 })
  t.eq(e.code, "connect_timeout", "which limit")
end

-- HTTP/2; the server is outside the PATH of some users.
local nghttpd = proc.which "nghttpd" or fs.stat "/usr/sbin/nghttpd" and "/usr/sbin/nghttpd"
if nghttpd then
  local free = run("python3", "-c", "import socket; print(socket.create_server(('127.0.0.1', 0)).getsockname()[1])"):match "%d+"
  fs.write(folder .. "/events", ("event: d\ndata: {}\n\n"):rep(100000))
  fs.write(folder .. "/big", ("x"):rep(16 << 20))
  local _ <close> = assert(proc.open { argv = { nghttpd, "-a", "127.0.0.1", "-d", folder, free, key, cert }, stdout = "null", stderr = "inherit" })
  local function two(path)
    return wait.until_true(function() -- it says nowhere when it is ready
      local s, e = http.open { url = "https://localhost:" .. free .. path, ca = cert }
      assert(s or e.code == "ECONNREFUSED", e)
      return s
    end)
  end
  local rested <close> = two "/big"
  local counts = {}
  for i = 1, 3 do
    counts[i] = task.spawn(function()
      local s <close> = two "/events"
      local n = 0
      for _ in function() return s:event() end do n = n + 1 end
      return n
    end)
  end
  for _, each in ipairs(counts) do t.eq({ each:join() }, { true, 100000 }, "HTTP/2, several streams on a connection, one at rest") end
  t.eq(#rested:all(16 << 20), 16 << 20, "HTTP/2, after the rest")
else
  t.skip "HTTP/2: nghttpd is not installed; run: vendor/install test"
end

-- proxies
do
  local seen = body("http://example.test/x", { proxy = "http://user:hunter22@127.0.0.1:" .. port })
  t.match(seen, "^GET http://example.test/x HTTP/1.1", "through the proxy")
  t.match(seen, "Proxy%-Authorization: Basic", "with its password")
  local s, e = http.open { url = "https://example.test/x", proxy = "http://user:hunter22@127.0.0.1:" .. port }
  t.err(s, e, "network", "a proxy that refuses")
  t.ok(not tostring(e):find "hunter22", "password not shown")
  s, e = http.open { url = "http://example.test/x", proxy = "odd://user:hunter22@127.0.0.1:" .. port }
  t.ok(s == nil and not tostring(e):find "hunter22", "password not shown: " .. tostring(e))
  local script = folder .. "/env.lua"
  fs.write(script, [[
    local http = require "sys.http"
    for _, url in ipairs { "http://example.test/x", "http://127.0.0.1:1/" } do
      local s, e = http.open { url = url }
      print(s and s:all():match "^[^\r]*" or e.kind)
    end
    print(http.open { url = "http://example.test/x", proxy = "" } == nil)]])
  local function with(name)
    return (run("/usr/bin/env", "-u", "http_proxy", "-u", "HTTP_PROXY", "-u", "all_proxy", "-u", "no_proxy", name .. "=" .. base,
      os.getenv "QWEN", "lua", script))
  end
  for _, name in ipairs { "http_proxy", "HTTP_PROXY", "ALL_PROXY" } do
    t.eq(with(name), "GET http://example.test/x HTTP/1.1\nnetwork\ntrue\n", name .. " decides, but not for loopback or against ''")
  end
end

-- a connection opened ahead of use
do
  local through = { url = "http://example.test/x", proxy = base }
  local before = tonumber(body "/count")
  http.warm(through)
  http.warm { url = base .. "/ok" }
  http.warm { url = "nonsense" }
  repeat until tonumber(body "/count") > before
  local now = tonumber(body "/count")
  t.eq(body(through.url, through):match "^%u+", "GET", "after warming")
  t.ok(now <= before + 1, "loopback is not warmed")
end

-- addresses and the framer
t.eq(http.parse_url "HTTPS://API.Example.com/v1/x?y=1#z",
  { scheme = "https", host = "api.example.com", port = 443, path = "/v1/x", origin = "https://api.example.com:443", loopback = false, private = false, public = true,
    exposed = false }, "address")
for link, want in pairs { ["../y?z"] = "https://a.org/y?z", ["?q"] = "https://a.org/b/c?q", ["//c.org"] = "https://c.org/" } do
  t.eq(http.join("https://a.org/b/c", link), want, link)
end
t.eq(http.parse_url("http://[::1]:8080").loopback, true, "loopback")
t.err(nil, select(2, http.parse_url "nothing"), "usage", "not an address")
do
  local feed = http.sse()
  t.eq(feed "data: a\n\nda", { { data = "a", event = "message" } }, "framer")
  t.eq(feed "ta: b\nid: 1\n\n", { { data = "b", event = "message", id = "1" } }, "framer, cut")
  t.eq(feed "retry: 20\ndata: r\n\n", { { data = "r", event = "message", id = "1", retry = 20 } },
    "framer, retry")
  t.eq(feed "data: c", {}, "framer, open")
  t.eq(feed(nil), { { data = "c", event = "message", id = "1", retry = 20 } }, "framer, end")
  local v, e = http.sse()(("x"):rep((1 << 20) + 1))
  t.err(v, e, "protocol", "framer, endless line")
end

-- What would make the libraries write the secrets of a connection to a file, or read settings and code, counts only when it is asked
-- for; commands of ours still get it.
do
  local program = dofile "tests/program.lua"
  local log, conf = folder .. "/keys.log", folder .. "/openssl.cnf"
  assert(fs.write(conf, "openssl_conf = x\n[x]\nssl_conf = y\n[y]\nsystem_default = z\n[z]\nMinProtocol = nonsense\n"))
  local place = program.place { ["tls.lua"] = ([[
    local s <close> = assert(require("sys.http").open { url = %q, ca = %q })
    print(s:all(), os.getenv "SSLKEYLOGFILE", qwen.proc.run { argv = { "sh", "-c", "echo $SSLKEYLOGFILE" } }.out)]]):format(tls .. "/ok", cert) }
  for _, asked in ipairs { false, "1" } do
    local r = program.run(place, { "lua", "tls.lua" }, { env = { SSLKEYLOGFILE = log, OPENSSL_CONF = not asked and conf, QWEN_TLS_ENV = asked } })
    t.eq(r.out, ("hello\t%s\t%s\n\n"):format(log, log), r.err)
    t.eq(fs.stat(log) ~= nil, asked == "1", "secrets of the connection in a file")
  end
end
fs.remove_tree(folder)
t.done()
