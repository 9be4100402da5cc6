-- The listener for a browser that comes back: what it takes, what it refuses by itself, ports, several at once, slow and hostile clients.
local t = dofile "tests/check.lua"
local wait = dofile "tests/wait.lua"
local fs = require "sys.fs"
local http, listen, proc, task = require "sys.http", require "sys.listen", require "qwen.util.process", require "sys.task"

do -- whether a port is taken, without the HTTP part
  local listener <close> = assert(listen.open { ports = { 0 }, path = "/back" })
  local port = listener:port()
  t.eq({ listen.taken(port), listen.taken(0), listen.taken(65536) }, { true, false, false })
  listener:close()
  t.eq(listen.taken(port), false, "nobody listens there any more")
end

local function open(ports) return assert(listen.open { ports = ports or { 0 }, path = "/back" }) end

-- Sends raw bytes and gives what came back until the connection ended.
local function raw(port, bytes)
  local script = "import socket,sys\ns=socket.create_connection(('127.0.0.1',int(sys.argv[1])))\ns.sendall(sys.stdin.buffer.read())\n"
    .. "d=b''\nwhile True:\n b=s.recv(65536)\n if not b: break\n d+=b\nsys.stdout.buffer.write(d)\n"
  local r = assert(proc.run { argv = { "python3", "-c", script, tostring(port) }, input = bytes })
  return r.out
end

do
  local l <close> = open()
  local port = l:port()
  t.ok(port > 0, "a port")
  local answer = task.spawn(function()
    local stream <close> = assert(http.open { url = ("http://127.0.0.1:%d/back?code=a%%20b&state=x"):format(port) })
    return stream.status, stream.headers, stream:all()
  end)
  t.eq(l:next(wait.PATIENCE), "code=a%20b&state=x", "the query")
  l:answer(200, "<p>done")
  local _, status, headers, body = answer:join()
  t.eq({ status, body, headers["content-type"], headers["cache-control"] }, { 200, "<p>done", "text/html; charset=utf-8", "no-store" })
  t.eq(l:next(0), nil, "no other")
  l:answer(200, "nobody") -- nothing waits
  local host = "Host: localhost:" .. port .. "\r\n"
  for _, case in ipairs {
    { "GET /back HTTP/1.1\r\n\r\n", 400, "no host" }, { "GET /back HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "another host: rebinding" },
    { "GET /back HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, "without our port" }, { "GET /back HTTP/1.1\r\n" .. host .. host .. "\r\n", 400, "two hosts" },
    { "GET /back HTTP/1.1\r\n" .. host .. "Origin: https://evil.example\r\n\r\n", 403, "another origin" }, { "GET /back HTTP/1.1\r\n" .. host .. "Origin: null\r\n\r\n", 403, "no origin at all" },
    { "POST /back HTTP/1.1\r\n" .. host .. "\r\n", 405, "another method" }, { "GET /favicon.ico HTTP/1.1\r\n" .. host .. "\r\n", 404, "another path" },
    { "GET /back/ HTTP/1.1\r\n" .. host .. "\r\n", 404, "nearly the path" }, { "GET http://localhost/back HTTP/1.1\r\n" .. host .. "\r\n", 404, "an absolute target" },
    { "GET /back\1 HTTP/1.1\r\n" .. host .. "\r\n", 400, "a control character" }, { "GET /back\0 HTTP/1.1\r\n" .. host .. "\r\n", 400, "a zero byte" },
    { "GET /back HTTP/2\r\n" .. host .. "\r\n", 400, "another version" }, { "GET /back HTTP/1.1 x\r\n" .. host .. "\r\n", 400, "more words" },
    { "GET /back HTTP/1.1\r\nno colon\r\n" .. host .. "\r\n", 400, "no header" }, { "GET /back HTTP/1.1\r\n" .. host .. "\r\nbody", 400, "a body" },
    { "GET /back?" .. ("x"):rep(8182), 400, "too long" }, { "\r\n\r\n", 405, "nothing" },
  } do
    t.match(raw(port, case[1]), "^HTTP/1.1 " .. case[2] .. " ", case[3])
    t.eq(l:next(0), nil, case[3])
  end
  local good = task.spawn(raw, port, "GET /back?1 HTTP/1.0\r\nhOST:  127.0.0.1:" .. port .. " \r\nOrigin: http://localhost:" .. port .. "\r\n\r\n")
  t.eq(l:next(wait.PATIENCE), "1", "our own origin, any case")
  l:answer(400, "no")
  t.match(select(2, good:join()), "^HTTP/1.1 400 .*no$", "our own answer")
end

-- Ports: the next one when one is taken; none; a listener that is closed while somebody waits.
do
  local first <close> = open()
  local second <close> = open { first:port(), 0 }
  t.ok(second:port() ~= first:port(), "the next port")
  local none, e = listen.open { ports = { first:port() }, path = "/" }
  t.err(none, e, "network")
  t.match(e.message, "no port of this machine is free .*%(1 tried%)")
  t.err((listen.open { ports = {}, path = "/" }), select(2, listen.open { ports = {}, path = "/" }), "network")
  for _, bad in ipairs { {}, { ports = { 0 } }, { ports = { -1 }, path = "/" }, { ports = { "x" }, path = "/" }, { ports = { 0 }, path = ("x"):rep(200) } } do
    t.fails(function() listen.open(bad) end, "bad argument #1")
  end
  local third = open()
  local waiting = task.spawn(function() return third:next(wait.PATIENCE) end)
  task.sleep(0)
  third:close()
  local ok, query = waiting:join()
  t.eq({ ok, query }, { true, nil }, "closed while waiting")
  t.fails(function() third:port() end, "closed")
end

-- Many that never finish do not hold it up for good, and nothing is left behind.
do
  local l <close> = open()
  local script = "import socket,sys\na=[socket.create_connection(('127.0.0.1',int(sys.argv[1]))) for _ in range(40)]\n"
    .. "[s.sendall(b'GET /back') for s in a[:16]]\nprint('there',flush=True)\nsys.stdin.read()\n"
  local child <close> = assert(proc.open { argv = { "python3", "-c", script, tostring(l:port()) }, stdin = "pipe" })
  t.match(child:read(), "there")
  t.eq(l:next(0.01), nil)
  child:close_stdin()
  child:wait()
  local good = task.spawn(raw, l:port(), "GET /back?ok HTTP/1.1\r\nHost: localhost:" .. l:port() .. "\r\n\r\n")
  t.eq(l:next(wait.PATIENCE), "ok", "when they are gone it goes on")
  l:answer(200, "")
  good:join()
  local before = #assert(fs.list "/proc/self/fd")
  for _ = 1, 50 do open():close() end
  task.sleep(0)
  t.ok(#assert(fs.list "/proc/self/fd") <= before + 1, "no descriptor is left")
end
t.done()
